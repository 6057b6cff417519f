#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`domrun run --detach`, and the user who waits for it."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess

import guest
import tap


@contextlib.contextmanager
def starting():
    """A detached start with a QEMU that does not come to its point."""
    with guest.Directory() as directory:
        path = directory.write("fake", f"#!/bin/sh\n>'{directory.path}/here'\nexec sleep 1000\n")
        path.chmod(0o755)
        xml = guest.hello_xml().replace("<devices>", f"<devices><emulator>{path}</emulator>")
        run = directory.run(xml, "--detach", "--quit-timeout=1")
        guest.await_that((directory.path / "here").exists, run.said)
        yield run
        code = run.wait()
        assert code == 8, f"{code}: {run.said()}"
        directory.assert_nothing_left()


def _stops_the_start(number):
    def test():
        with starting() as run:
            run.signal(number)
            run.expect_error("QEMU does not answer yet")
            run.signal_again(number)
    return test


test_ctrl_c_stops_the_start = _stops_the_start(signal.SIGINT)
test_sigterm_stops_the_start = _stops_the_start(signal.SIGTERM)
test_hang_up_stops_the_start = _stops_the_start(signal.SIGHUP)


def test_signal_while_the_guest_boots():
    """The copy has it, and asks the guest to power down as soon as it runs: its end is waited for."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(), "--detach", "--shutdown-timeout=1")
        run.expect_error("serial0: ")
        run.signal(signal.SIGINT)
        assert run.wait() in (0, 8), run.said()
        if run.wait() == 8:
            directory.assert_nothing_left()
        else:  # it ran already
            directory.destroy("hello")


def test_lets_go_of_the_caller():
    """What the caller has passed on, its lock for example, is not kept, nor the directory that it stands in."""
    with guest.Directory() as directory:
        directory.write("guest.xml", guest.hello_xml())
        reader, writer = os.pipe()
        lock = os.open(directory.path / "caller.lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.run([guest.DOMRUN, "run", "--detach", "--root=run", "guest.xml"], env=directory.environment,
                                 cwd=directory.path, pass_fds=[writer, lock], capture_output=True, timeout=guest.PATIENCE)
        assert process.returncode == 0, process
        os.close(writer)
        os.close(lock)
        ready, _, _ = select.select([reader], [], [], guest.PATIENCE)
        assert ready and os.read(reader, 1) == b"", "the pipe is held open"
        other = os.open(directory.path / "caller.lock", os.O_RDWR)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for pid in directory.processes():
            assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert len(directory.processes()) == 2
        directory.verb("destroy", "hello")
        directory.assert_nothing_left()


def test_stdio_is_refused():
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='stdio'/>"), "--detach")
        assert run.wait() == 2, run.said()
        run.expect_error(r"guest\.xml:\d+: error: <serial>.*'serial0' is on standard input and output(.|\n)*type='pty'")
        directory.assert_nothing_left()


if __name__ == "__main__":
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    tap.main(jobs=3)
