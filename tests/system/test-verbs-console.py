#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""domrun console: attached to a running guest, with a terminal and without, alone and with others."""

import contextlib
import hashlib
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import termios

import guest
import tap

HELLO = "hello from domrun, boot "
PTY = "<serial type='pty'/>"


@contextlib.contextmanager
def running(devices=PTY, patience=guest.PATIENT, **keywords):
    with guest.Directory(patience) as directory:
        run = directory.run(guest.hello_xml(devices, name="web", **keywords), prefix=["setsid"])
        directory.await_state("web")
        yield directory, run
        directory.destroy("web")
        run.wait()
        directory.assert_nothing_left()


def attach(directory, *arguments, **keywords):
    return guest.Run(["console", "--root", str(directory.runtime), "web", *arguments], directory.environment,
                     directory.path, **keywords)


def links_of(pid):
    """What its descriptors are, from 0 on."""
    links = []
    for fd in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return links


class Terminal:
    """`domrun console` on a terminal of its own, as a person has it."""

    def __init__(self, directory, *arguments):
        self.master, slave = pty.openpty()
        self.file = os.fdopen(self.master, "r+b", buffering=0)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen([guest.DOMRUN, "console", "--root", str(directory.runtime), "web", *arguments],
                                        stdin=slave, stdout=slave, stderr=slave,
                                        env=dict(directory.environment, TERM="xterm"),
                                        start_new_session=True,
                                        preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0))
        self.stream = guest.Stream(self.file)

    def expect(self, pattern):
        match = self.stream.wait(re.compile(pattern.encode()).search)
        assert match, f"waited for {pattern!r} in vain; came: {self.stream.text[-2000:]!r}"

    def send(self, data):
        os.write(self.master, data)

    def expect_end(self, code=0):
        actual = self.process.wait(guest.PATIENCE)
        assert actual == code or (code is None and actual != 0), self.stream.text[-2000:]
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is as it was"
        os.close(self.slave)


def test_shows_what_was_printed_before():
    with running() as (directory, run):
        earlier = attach(directory, stdin=subprocess.DEVNULL)
        earlier.expect(HELLO + "1")
        earlier.signal(signal.SIGTERM)
        earlier.wait()
        console = attach(directory)
        console.expect(HELLO + "1")
        console.send(b"n1000\n")
        console.expect(re.escape(guest.counting_bytes(1000)))
        console.send(b"p")
        assert console.wait() == 0
        assert run.wait() == 0
        assert console.err.text == "", "nothing is said where nobody reads it"


def test_end_of_input_ends_nothing():
    with running() as (directory, run):
        console = attach(directory, stdin=subprocess.DEVNULL)
        console.expect(HELLO + "1")
        directory.verb("reset", "web")
        console.expect(HELLO + "2")
        directory.verb("destroy", "web")
        assert console.wait() == 0


def test_several_watch_and_all_may_write():
    with running() as (directory, run):
        first, second = attach(directory), attach(directory)
        for console in (first, second):
            console.expect(HELLO + "1")
        first.send(b"n100\n")
        second.expect(re.escape(guest.counting_bytes(100)))
        second.send(b"n200\n")
        first.expect(re.escape(guest.counting_bytes(200)))
        first.process.stdin.close()
        first.signal(signal.SIGTERM)
        assert first.wait() == 8
        second.send(b"n300\n")
        second.expect(re.escape(guest.counting_bytes(300)))
        with open(directory.verb("ttyconsole", "web").out.strip(), "wb", buffering=0) as terminal:
            terminal.write(b"n400\n")
        second.expect(re.escape(guest.counting_bytes(400)))


def test_device_by_alias():
    with running(PTY + PTY) as (directory, run):
        console = attach(directory, "serial0")
        console.expect(HELLO + "1")
        missing = directory.verb("console", "web", "serial9", code=12)
        assert "serial9" in missing.err
        second = Terminal(directory, "serial1")
        second.expect("connected to 'serial1' of 'web'")
        directory.verb("destroy", "web")
        second.expect_end()
        assert HELLO not in second.stream.text, second.stream.text
        assert console.wait() == 0


def test_no_console():
    with running("<serial type='null'/>") as (directory, run):
        assert "console" in directory.verb("console", "web", code=12).err


def test_stays_over_a_restart():
    with running(lifecycle="<on_crash>restart</on_crash>") as (directory, run):
        console = attach(directory)
        console.expect(HELLO + "1")
        os.kill(run.qemu_pid(), signal.SIGKILL)
        console.expect(f"(?s){HELLO}1.*{HELLO}1")
        console.send(b"n100\n")
        console.expect(re.escape(guest.counting_bytes(100)))


def test_all_bytes():
    """Ten times what any buffer on the way holds."""
    with running() as (directory, run):
        console = attach(directory)
        console.expect(HELLO + "1")
        console.send(b"n2000000\n")
        console.expect(re.escape(guest.counting_bytes(2000000)[-300:]) + b"\r\n")
        expected = hashlib.sha256(guest.counting_bytes(2000000)).hexdigest()
        start = console.out.bytes.index(guest.counting_bytes(300))
        assert hashlib.sha256(console.out.bytes[start:start + 2000000]).hexdigest() == expected


def test_reader_that_does_not_read_stops_nobody():
    with running(patience=1) as (directory, run):
        reading, writing = os.pipe()
        sleeper = subprocess.Popen([guest.DOMRUN, "console", "--root", str(directory.runtime), "web"],
                                   stdin=subprocess.DEVNULL, stdout=writing, env=directory.environment)
        os.close(writing)
        assert select.select([reading], [], [], guest.PATIENCE)[0], "it is not connected"
        console = attach(directory)
        console.expect(HELLO + "1")
        console.send(b"n1000000\n")
        console.expect(re.escape(guest.counting_bytes(1000000)[-300:]) + b"\r\n")
        sleeper.send_signal(signal.SIGTERM)
        assert sleeper.wait(guest.PATIENCE) == 8, "it can be ended all the same"
        os.close(reading)


def test_output_that_cannot_be_written():
    with running() as (directory, run):
        with open("/dev/full", "wb") as full:
            console = attach(directory, stdin=subprocess.DEVNULL, stdout=full)
            assert console.wait() == 1, console.said()
        assert "cannot write to standard output: No space left on device" in console.err.text, console.said()


def test_options_of_virsh():
    with running(PTY + PTY) as (directory, run):
        first, second = (directory.verb("ttyconsole", "web", alias).out for alias in ("serial0", "serial1"))
        assert directory.verb("ttyconsole", "web").out == first != second
        assert directory.verb("ttyconsole", "--devname=serial1", "web").out == second
        directory.verb("ttyconsole", "--devname=serial9", "web", code=12)
        directory.verb("ttyconsole", "--devname=serial1", "web", "serial1", code=2)
        console = attach(directory, "--force", "--devname", "serial0")
        console.expect(HELLO + "1")
        assert "serial9" in directory.verb("console", "--devname=serial9", "web", code=12).err


def test_closed_standard_output():
    """No socket comes in its place."""
    with running() as (directory, run):
        for verb in ("console", "events --follow"):
            command = f"exec {shlex.quote(guest.DOMRUN)} {verb} --root {shlex.quote(str(directory.runtime))} web <&- >&- 2>&-"
            process = subprocess.Popen(["sh", "-c", command], env=directory.environment)
            socket = guest.await_that(lambda: [link for link in links_of(process.pid) if link.startswith("socket:")])
            assert socket and links_of(process.pid)[:3] == ["/dev/null"] * 3, links_of(process.pid)
            process.terminate()
            process.wait()


def test_output_that_ends():
    with running() as (directory, run):
        reading, writing = os.pipe()
        console = subprocess.Popen([guest.DOMRUN, "console", "--root", str(directory.runtime), "web"],
                                   stdin=subprocess.DEVNULL, stdout=writing, env=directory.environment)
        os.close(writing)
        os.close(reading)
        console.wait(guest.PATIENCE)


def test_terminal():
    with running() as (directory, run):
        terminal = Terminal(directory)
        terminal.expect(r"connected to 'serial0' of 'web'; Ctrl\+\] leaves the console\r\n")
        terminal.expect(HELLO + "1")
        terminal.send(b"n100\n")
        terminal.expect(re.escape(guest.counting_bytes(100).decode()))
        terminal.send(b"\x03\x1a\x1c")  # Ctrl-C and its kin are the guest's
        terminal.send(b"n200\n")
        terminal.expect(re.escape(guest.counting_bytes(200).decode()))
        terminal.send(b"\x1d")
        terminal.expect(r"\x1b\[\?1047l.*\x1b\[0m\x1b\[\?25hleft 'serial0' of 'web'")
        assert terminal.stream.text.count("leaves the console") == 1
        terminal.expect_end()
        assert run.process.poll() is None, "the guest runs on"


def test_terminal_when_the_guest_ends():
    with running() as (directory, run):
        terminal = Terminal(directory)
        terminal.expect(HELLO + "1")
        terminal.send(b"p")
        terminal.expect("the guest has ended")
        terminal.expect_end()


def _put_back_by(number, code):
    def test():
        with running() as (directory, run):
            terminal = Terminal(directory)
            terminal.expect(HELLO + "1")
            terminal.process.send_signal(number)
            terminal.expect_end(code)
    test.__name__ = f"terminal after {number.name}"
    return test


test_terminal_after_sigterm = _put_back_by(signal.SIGTERM, 8)
test_terminal_after_sighup = _put_back_by(signal.SIGHUP, 8)
test_terminal_after_a_crash = _put_back_by(signal.SIGSEGV, None)  # the sanitizers have a code of their own


if __name__ == "__main__":
    tap.main()
