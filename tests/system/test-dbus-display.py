#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A display on a D-Bus of the guest's own: what a viewer finds there, and the life of dbus-daemon beside QEMU's."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import guest
import tap

SERIAL = "<serial type='stdio'/>"
DISPLAY = "<graphics type='dbus'/><video><model type='vga'/></video>"


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise tap.Skip(f"there is no {program}")
    listed = subprocess.run(["qemu-system-x86_64", "-display", "help"], capture_output=True, check=False).stdout
    if b"dbus" not in listed.split():
        raise tap.Skip("this QEMU has no display of type dbus")


def daemons(directory):
    found = []
    for pid in directory.processes():
        try:
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "dbus-daemon":
                found.append(pid)
        except OSError:
            pass
    return found


def start(directory, device=DISPLAY, *options):
    run = directory.run(guest.hello_xml(devices=SERIAL + device), *options)
    run.expect("hello")
    return run


def address_of(directory):
    xml = directory.verb("dumpxml", "hello").out
    return re.search(r"<graphics type=\"dbus\" address=\"([^\"]+)\"", xml)[1]


def ask(address, method, *arguments, path="/org/qemu/Display1/VM", code=0):
    result = subprocess.run(["gdbus", "call", "--address", address, "--dest", "org.qemu", "--object-path", path,
                             "--method", method, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == code, result
    return result.stdout


def power_off(directory, run):
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def test_viewer():
    """It finds the guest by its name, its screen, and can press keys; who is not this user finds nothing."""
    need("dbus-daemon", "gdbus")
    with guest.Directory() as directory:
        run = start(directory)
        address = address_of(directory)
        path = pathlib.Path(address.removeprefix("unix:path="))
        assert path.is_socket(), path
        assert path.parent.stat().st_mode & 0o077 == 0
        name = ask(address, "org.freedesktop.DBus.Properties.Get", "org.qemu.Display1.VM", "Name")
        assert "'hello'" in name, name
        width = ask(address, "org.freedesktop.DBus.Properties.Get", "org.qemu.Display1.Console", "Width",
                    path="/org/qemu/Display1/Console_0")
        assert int(re.search(r"uint32 (\d+)", width)[1]) > 0, width
        ask(address, "org.qemu.Display1.Keyboard.Press", "30", path="/org/qemu/Display1/Console_0")
        assert "dbus-daemon" not in run.said(), run.said()
        power_off(directory, run)
        assert not path.exists()


def test_reset():
    """The bus stays when the guest starts again, and is another one of the same address for another QEMU."""
    need("dbus-daemon", "gdbus")
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=SERIAL + DISPLAY, lifecycle="<on_poweroff>restart</on_poweroff>"))
        run.expect("boot 1")
        address, before = address_of(directory), daemons(directory)
        directory.verb("reset", "hello")
        run.expect("boot 2")
        assert daemons(directory) == before
        run.send(b"p")
        run.expect("(?s)boot 1.*boot 2.*boot 1")
        assert daemons(directory) != before
        assert address_of(directory) == address
        assert "'hello'" in ask(address, "org.freedesktop.DBus.Properties.Get", "org.qemu.Display1.VM", "Name")
        directory.destroy("hello")
        run.wait()
        directory.assert_nothing_left()


def test_dbus_daemon_dies():
    """The guest goes on, and it is said once."""
    need("dbus-daemon")
    with guest.Directory() as directory:
        run = start(directory)
        os.kill(daemons(directory)[0], signal.SIGKILL)
        run.expect_error(r"dbus-daemon has ended: the guest runs on without its display \('graphics0'\)")
        power_off(directory, run)
        assert run.err.text.count("dbus-daemon has ended") == 1, run.said()


def test_killed_supervisor():
    """Nobody is left when QEMU has ended, too."""
    need("dbus-daemon")
    with guest.Directory() as directory:
        run = start(directory)
        assert len(daemons(directory)) == 1
        qemu = run.qemu_pid()
        run.signal(signal.SIGKILL)
        run.wait()
        assert len(daemons(directory)) == 1, "it serves QEMU, which goes on"
        os.kill(qemu, signal.SIGKILL)
        guest.await_that(lambda: not directory.processes())
        start_again = start(directory)
        power_off(directory, start_again)


def test_no_dbus_daemon():
    """`check` and `run` say what is missing."""
    with guest.Directory() as directory:
        path = directory.write("hello.xml", guest.hello_xml(devices=SERIAL + DISPLAY))
        result = subprocess.run([guest.DOMRUN, "check", str(path)], capture_output=True, text=True, check=False,
                                env=dict(directory.environment, PATH=str(directory.path)))
        assert result.returncode == 4, result
        assert "attribute 'type': the program 'dbus-daemon' is not in PATH" in result.stderr, result


def test_sound():
    """What a sound card plays is on the bus, too."""
    need("dbus-daemon", "gdbus")
    with guest.Directory() as directory:
        run = start(directory, DISPLAY + "<sound model='ac97'/>")
        said = ask(address_of(directory), "org.freedesktop.DBus.Introspectable.Introspect", path="/org/qemu/Display1/Audio")
        assert "org.qemu.Display1.Audio" in said, said
        power_off(directory, run)


if __name__ == "__main__":
    tap.main()
