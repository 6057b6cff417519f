#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A path may be that of a device of the host where a file is usual: /dev/null. It is used, or refused, but it stays what
it is: nothing replaces or removes it, and its mode and owner do not change."""

import contextlib
import os
import re
import stat
import subprocess

import guest
import tap

EMULATOR = guest.BUILD / "tests/quick-emulator"
NULL = os.makedev(1, 3)

FIRMWARE = """<domain type='qemu'>
  <name>nodes</name>
  <memory unit='MiB'>16</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <loader readonly='yes' type='pflash'>{here}/code</loader>
    <nvram template='{here}/template'>{here}/null</nvram>
  </os>
  <devices><emulator>{emulator}</emulator></devices>
</domain>
"""


@contextlib.contextmanager
def node():
    """A directory with a device `null` of its own, which is the same at the end."""
    if not tap.is_root():
        raise tap.Skip("needs root, to make a device")
    with guest.Directory() as directory:
        path = directory.path / "null"
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, NULL)
            path.chmod(0o666)
            path.read_bytes()
        except OSError:
            raise tap.Skip("devices cannot be made and opened here") from None
        before = path.lstat()
        yield directory
        after = path.lstat()
        for field in ("st_mode", "st_rdev", "st_ino", "st_uid", "st_gid", "st_nlink"):
            assert getattr(before, field) == getattr(after, field), (field, before, after)
        others = sorted(entry.name for entry in directory.path.iterdir() if entry.name.startswith("null."))
        assert not others, others
        directory.assert_nothing_left()


def run(directory, *arguments, **keywords):
    return subprocess.run([guest.DOMRUN, *arguments], env=directory.environment, cwd=directory.path, check=False,
                          timeout=guest.PATIENCE, text=True,
                          **{"stdin": subprocess.DEVNULL, "capture_output": True} | keywords)


def test_variables_of_a_firmware():
    """With and without --reset-nvram, which replaces a file."""
    for options in ([], ["--reset-nvram"]):
        with node() as directory:
            (directory.path / "code").write_bytes(bytes(1 << 16))
            (directory.path / "template").write_bytes(b"variables" * 1000)
            directory.write("guest.xml", FIRMWARE.format(here=directory.path, emulator=EMULATOR))
            done = run(directory, "run", *options, "guest.xml")
            if options:
                assert done.returncode == 4 and "null' is no file, and is not replaced by one" in done.stderr, done
                assert f"write the template to it: '{directory.path}/template'" in done.stderr, done


def test_log_of_a_console():
    """One that is full is replaced, and a device never is."""
    for limits in ([], ["--log-size=1K"], ["--log-size=1K", "--log-backups=0"]):
        with node() as directory:
            xml = guest.hello_xml(f"<serial type='pty'><log file='{directory.path}/null'/></serial>")
            it = directory.run(xml, "--console", *limits)
            it.expect("boot 1")
            it.send(b"n5000\n")
            it.expect(re.escape(guest.counting_bytes(5000)[-100:]))
            it.send(b"p")
            assert it.wait() == 0, it.said()


def test_console_and_disk():
    with node() as directory:
        devices = (f"<serial type='file'><source path='{directory.path}/null'/></serial>"
                   f"<disk type='file'><driver name='qemu' type='raw'/><source file='{directory.path}/null'/>"
                   "<target dev='vdb' bus='virtio'/></disk>")
        directory.write("guest.xml", guest.hello_xml(devices))
        run(directory, "run", "guest.xml")


def test_owner():
    """--chown gives a user the guest's own files, of which a device that is no disk is none."""
    with node() as directory:
        directory.path.chmod(0o711)
        devices = (f"<disk type='file'><driver name='qemu' type='raw'/><source file='{directory.path}/null'/>"
                   "<target dev='vdb' bus='virtio'/></disk>")
        directory.write("guest.xml", guest.hello_xml(devices))
        done = run(directory, "run", "--user=nobody", "--chown", "guest.xml")
        assert done.returncode == 4 and "null" in done.stderr, done


def test_state_of_a_tpm():
    with node() as directory:
        tpm = f"<tpm><backend type='emulator'><source type='file' path='{directory.path}/null'/></backend></tpm>"
        directory.write("guest.xml", guest.hello_xml(tpm))
        done = run(directory, "run", "guest.xml")
        assert done.returncode == 4 and "null" in done.stderr, done


def test_what_verbs_write():
    with node() as directory:
        it = directory.run(guest.hello_xml("<graphics type='vnc' port='-1'/>"))
        directory.await_state("hello")
        root = f"--root={directory.runtime}"
        run(directory, "screenshot", root, "hello", "null")
        run(directory, "dump", root, "hello", "null")
        done = run(directory, "init", "--output=null", "web")
        assert done.returncode == 2 and "is there already" in done.stderr, done
        directory.destroy("hello")
        assert it.wait() == 8, it.said()


def test_standard_streams():
    with node() as directory:
        directory.write("guest.xml", guest.hello_xml())
        for options in ([], ["--console"], ["--detach"]):
            with open(directory.path / "null", "r+b", buffering=0) as null:
                streams = {"stdin": null, "stdout": null, "stderr": null, "capture_output": False}
                if options == ["--detach"]:
                    assert run(directory, "run", *options, f"--root={directory.runtime}", "guest.xml", **streams).returncode == 0
                else:
                    process = subprocess.Popen([guest.DOMRUN, "run", *options, "--root", directory.runtime, "guest.xml"], stdin=null,
                                               stdout=null, stderr=null, env=directory.environment, cwd=directory.path)
                    directory.await_state("hello")
                directory.verb("destroy", "hello")
                if options != ["--detach"]:
                    assert process.wait(guest.PATIENCE) == 8


if __name__ == "__main__":
    tap.main()
