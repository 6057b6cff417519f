#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens when a guest's watchdog has run out, for each action: the built-in guest lets its ib700 run out."""

import control
import guest
import tap


def start(directory, action, *options):
    xml = guest.hello_xml(devices=f"<serial type='stdio'/><watchdog model='ib700' action='{action}'/>")
    run = directory.run(xml, *options)
    run.expect("boot 1")
    run.send(b"w")
    return run


def assert_goes_on(directory, run):
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def test_reset():
    with guest.Directory() as directory:
        run = start(directory, "reset")
        run.expect("boot 2")
        assert_goes_on(directory, run)


def test_shutdown():
    """As by the power button."""
    with guest.Directory() as directory:
        run = start(directory, "shutdown")
        run.expect("power button")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_poweroff():
    """It has an exit code of its own."""
    with guest.Directory() as directory:
        run = start(directory, "poweroff")
        assert run.wait() == 13, run.said()
        directory.assert_nothing_left()


def test_pause():
    """The guest stands until somebody lets it go on."""
    with guest.Directory() as directory:
        run = start(directory, "pause")
        control.wait_for_state(directory.runtime, "hello", "paused", "watchdog")
        directory.verb("resume", "hello")
        assert_goes_on(directory, run)


def test_dump():
    """The memory is written, and the guest goes on by itself."""
    with guest.Directory() as directory:
        dumps = directory.path / "dumps"
        run = start(directory, "dump", f"--dump-dir={dumps}")
        run.expect_error("the guest's memory is written")
        (core,) = dumps.iterdir()
        assert core.read_bytes()[:4] == b"\x7fELF", core.read_bytes()[:4]
        control.wait_for_state(directory.runtime, "hello", "running")
        assert_goes_on(directory, run)


def test_dump_that_fails():
    """It is told, and the guest goes on."""
    with guest.Directory() as directory:
        run = start(directory, "dump", f"--dump-dir={directory.write('file', '')}/below")
        run.expect_error("could not be written")
        control.wait_for_state(directory.runtime, "hello", "running")
        assert_goes_on(directory, run)


def test_none():
    with guest.Directory() as directory:
        assert_goes_on(directory, start(directory, "none"))


def test_inject_nmi():
    with guest.Directory() as directory:
        assert_goes_on(directory, start(directory, "inject-nmi"))


if __name__ == "__main__":
    tap.main()
