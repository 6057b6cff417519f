#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a document says to QEMU itself reaches a running one, and the guest stays its supervisor's."""

import pathlib

import control
import guest
import tap

NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"


def qemu(name, inside):
    return f"<qemu:{name} xmlns:qemu='{NAMESPACE}'>{inside}</qemu:{name}>"


def commandline(*words, env=""):
    return qemu("commandline", "".join(f"<qemu:arg value='{word}'/>" for word in words) + env)


def test_arguments_and_environment():
    """They are last, in their order; the live XML has them."""
    with guest.Directory() as directory:
        extra = commandline("-smbios", "type=11,value=a b", "-snapshot",
                            env="<qemu:env name='DOMRUN_TEST_WORD' value='a b'/><qemu:env name='DOMRUN_TEST_EMPTY'/>")
        run = directory.run(guest.hello_xml(devices="<serial type='stdio'/>", lifecycle=extra))
        run.expect("boot 1")
        process = pathlib.Path(f"/proc/{run.qemu_pid()}")
        words = (process / "cmdline").read_bytes().split(b"\0")
        assert words[-4:] == [b"-smbios", b"type=11,value=a b", b"-snapshot", b""], words
        environment = (process / "environ").read_bytes().split(b"\0")
        assert b"DOMRUN_TEST_WORD=a b" in environment and b"DOMRUN_TEST_EMPTY=" in environment, environment
        live = directory.verb("dumpxml", "hello").out
        for element in ('<qemu:arg value="type=11,value=a b"/>', '<qemu:env name="DOMRUN_TEST_EMPTY"/>'):
            assert element in live, live
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def start_paused(directory, devices):
    run = directory.run(guest.hello_xml(devices=devices, lifecycle=commandline("-S")))
    control.wait_for_state(directory.runtime, "hello", "paused")
    run.expect_error("-S.*the guest stands still")
    return run


def assert_goes_on(directory, run):
    directory.verb("resume", "hello")
    run.expect("boot 1")
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def test_paused():
    with guest.Directory() as directory:
        run = start_paused(directory, "<serial type='stdio'/>")
        assert_goes_on(directory, run)


def test_paused_after_commands():
    """Where domrun itself holds the guest for a moment, it lets it not go."""
    with guest.Directory() as directory:
        run = start_paused(directory, "<serial type='stdio'/><graphics type='vnc' passwd='secret'/>")
        assert_goes_on(directory, run)


def test_override():
    """QEMU has what it says."""
    with guest.Directory() as directory:
        override = qemu("override", "<qemu:device alias='balloon0'><qemu:frontend><qemu:property "
                        "name='deflate-on-oom' type='bool' value='true'/></qemu:frontend></qemu:device>")
        run = directory.run(guest.hello_xml(devices="<serial type='stdio'/>", lifecycle=override))
        run.expect("boot 1")
        answer = directory.verb("qmp", "hello", '{"execute": "qom-get", "arguments": '
                                '{"path": "/machine/peripheral/balloon0", "property": "deflate-on-oom"}}').out
        assert "true" in answer, answer
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_refused_by_qemu():
    """Its own words end the error."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(lifecycle=commandline("-no-such-option")))
        assert run.wait() != 0
        run.expect_error("no-such-option: invalid option")
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
