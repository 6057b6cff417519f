#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of a guest under real QEMU: how it ends, what starts it again, and its consoles meanwhile. After each test
nothing may be left: no process, no socket, no file."""

import contextlib
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import termios
import time

import guest
import tap

STDIO = "<serial type='stdio'/>"
HELLO = "hello from domrun, boot "


def lifecycle(**actions):
    return "".join(f"<{name}>{action}</{name}>" for name, action in actions.items())


@contextlib.contextmanager
def running(*options, keywords=None, patience=guest.PATIENT, **xml):
    """The built-in guest; in the end nothing may be left of it."""
    xml.setdefault("devices", STDIO)
    with guest.Directory(patience) as directory:
        run = directory.run(guest.hello_xml(**xml), *options, **(keywords or {}))
        run.directory = directory.path
        yield run
        directory.assert_nothing_left()


def expect_exit(run, code):
    actual = run.wait()
    assert actual == code, f"expected exit code {code}\n{run.said()}"


class Terminal:
    """The other side of a guest's pty: opened as any program opens it."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.file = os.fdopen(self.fd, "r+b", buffering=0)
        self.stream = guest.Stream(self.file)


def pty_path(run, alias="serial0"):
    return run.expect_error(rf"(?m)^{alias}: (/dev/pts/[0-9]+)\n")[1].decode()


def await_text(path, text):
    guest.await_that(lambda: path.exists() and text in path.read_bytes(), lambda: f"waited for {text[-100:]} in {path}")


def read_available(fd, is_enough):
    data = b""
    deadline = time.monotonic() + guest.PATIENCE
    while not is_enough(data):
        ready, _, _ = select.select([fd], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"waited in vain; came: {data!r}"
        some = os.read(fd, 65536)
        assert some, f"ended too early; came: {data!r}"
        data += some
    return data


# ---- How a guest ends ----


def test_power_off():
    with running() as run:
        run.expect(HELLO + "1")
        run.send(b"p")
        expect_exit(run, 0)
        assert run.err.text == "", run.said()


def test_reset_is_a_reset_inside_qemu():
    with running() as run:
        run.expect(HELLO + "1")
        pid = run.qemu_pid()
        run.send(b"r")
        run.expect(HELLO + "2")
        assert run.qemu_pid() == pid
        run.send(b"t")
        run.expect(HELLO + "3")
        run.send(b"p")
        expect_exit(run, 0)


def test_reset_that_is_the_end():
    with running(lifecycle=lifecycle(on_reboot="destroy")) as run:
        run.expect(HELLO + "1")
        run.send(b"r")
        expect_exit(run, 9)


def test_triple_fault_that_is_the_end():
    with running(lifecycle=lifecycle(on_reboot="destroy")) as run:
        run.expect(HELLO + "1")
        run.send(b"t")
        expect_exit(run, 9)


def test_panic():
    with running() as run:
        run.expect(HELLO + "1")
        run.send(b"c")
        expect_exit(run, 6)
        run.expect_error("domrun: the guest has panicked")


def test_qemu_killed():
    with running() as run:
        run.expect(HELLO + "1")
        os.kill(run.qemu_pid(), signal.SIGKILL)
        expect_exit(run, 7)
        run.expect_error(r"domrun: error: QEMU died: killed by signal 9 \(Killed\)")


def test_qemu_ended_by_somebody_else():
    with running(lifecycle=lifecycle(on_crash="restart")) as run:
        run.expect(HELLO + "1")
        subprocess.run([guest.DOMRUN, "qmp", "--root", str(run.directory / "run"), "hello", "quit"], check=True,
                       capture_output=True, timeout=guest.PATIENCE)
        expect_exit(run, 7)
        run.expect_error("somebody else ended QEMU")


def test_signals_to_the_whole_job():
    """What stops a job comes to QEMU, too: it leaves that to the supervisor, and the guest powers down."""
    with running() as run:
        run.expect(HELLO + "1")
        qemu = run.qemu_pid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(qemu, number)
        run.send(b"n5\n")
        run.expect(re.escape(guest.counting_bytes(5)))
        run.signal()
        expect_exit(run, 8)
        run.expect_error("asking the guest to power down")


def test_killed_supervisor_leaves_no_qemu_that_stands():
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(STDIO), "--die-together")
        run.expect(HELLO + "1")
        os.kill(run.qemu_pid(), signal.SIGSTOP)
        run.signal(signal.SIGKILL)
        run.wait()
        deadline = time.monotonic() + guest.PATIENCE
        while left := directory.processes():
            assert time.monotonic() < deadline, f"processes are left: {left}"
            time.sleep(0.02)


def test_qemu_with_capabilities_outlives_its_supervisor():
    """The kernel takes the signal at the supervisor's end back from a program whose file has capabilities, and nobody but
    root sees what it has open: it is found by its pid."""
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    qemu = shutil.which("qemu-system-x86_64")
    if os.geteuid() != 0 or not shutil.which("setcap") or not qemu:
        raise tap.Skip("needs root, setcap, and another user")
    if subprocess.run([*nobody, "test", "-r", guest.IMAGE, "-a", "-x", guest.DOMRUN], check=False).returncode != 0:
        raise tap.Skip("another user cannot reach this build")
    with guest.Directory(patience=1) as directory:
        directory.path.chmod(0o755)
        os.chown(directory.runtime, 65534, 65534)
        copy = shutil.copy(qemu, directory.path / "qemu")
        if subprocess.run(["setcap", "cap_net_raw+ep", copy], capture_output=True, check=False).returncode != 0:
            raise tap.Skip("files have no capabilities here")
        run = directory.run(guest.hello_xml(), "--die-together", prefix=["unshare", "-m", "sh", "-c", "mount --bind \"$0\" \"$1\" && shift && exec \"$@\"",
                                                       str(copy), os.path.realpath(qemu), *nobody])
        directory.await_state("hello")
        pid = run.qemu_pid()
        run.process.kill()
        assert run.process.wait() == -9
        guest.await_that(lambda: directory.verb("domstate", "hello", prefix=nobody).out == "unsupervised\n")
        assert guest.process_state(pid) not in (None, "Z")
        directory.verb("destroy", "hello", prefix=nobody)
        assert guest.process_state(pid) in (None, "Z")
        assert not list(directory.runtime.iterdir())
        directory.assert_nothing_left()


def test_qemu_refuses_its_arguments():
    with guest.Directory() as directory:
        xml = guest.hello_xml(STDIO).replace("machine='pc'", "machine='pc-i440fx-99.0'")
        run = directory.run(xml)
        expect_exit(run, 5)
        run.expect_error("has no machine 'pc-i440fx-99.0'")
        directory.assert_nothing_left()


# ---- What starts it again ----


def _restarts(command, code, **actions):
    """@command ends QEMU, and a new one follows: the boot count begins anew, the process is another."""
    def test():
        with running(lifecycle=lifecycle(**actions)) as run:
            run.expect(HELLO + "1")
            first = run.qemu_pid()
            command(run)
            run.expect(f"(?s){HELLO}1.*{HELLO}1")
            assert run.qemu_pid() != first
            run.signal()
            run.signal_again()
            expect_exit(run, code)
    return test


test_power_off_that_restarts = _restarts(lambda run: run.send(b"p"), 8, on_poweroff="restart")
test_panic_that_restarts = _restarts(lambda run: run.send(b"c"), 8, on_crash="restart")
test_killed_qemu_that_restarts = _restarts(lambda run: os.kill(run.qemu_pid(), signal.SIGKILL), 8, on_crash="restart")


def test_restart_keeps_the_terminal_and_who_has_it_open():
    with running(devices="<serial type='pty'/>", lifecycle=lifecycle(on_crash="restart")) as run:
        path = pty_path(run)
        terminal = Terminal(path)
        run.expect(HELLO + "1", terminal.stream)
        os.write(terminal.fd, b"c")
        run.expect(f"(?s){HELLO}1.*{HELLO}1", terminal.stream)
        os.write(terminal.fd, b"n300\n")
        run.expect(re.escape(guest.counting_bytes(300)), terminal.stream)
        os.write(terminal.fd, b"p")
        expect_exit(run, 0)
        assert run.err.bytes.count(path.encode()) == 1, run.said()


def test_restart_goes_on_with_a_log():
    with guest.Directory() as directory:
        log = directory.path / "log"
        log.write_bytes(b"before\n")
        xml = guest.hello_xml(STDIO + f"<serial type='file'><source path='{log}'/></serial>",
                              lifecycle(on_crash="restart"))
        run = directory.run(xml)
        run.expect(HELLO + "1")
        log.write_bytes(b"by somebody else\n")
        run.send(b"c")
        run.expect(f"(?s){HELLO}1.*{HELLO}1")
        assert log.read_bytes() == b"by somebody else\n", "it is truncated at the first start only"
        run.send(b"p")
        expect_exit(run, 0)
        directory.assert_nothing_left()


# ---- Signals ----


def _asks_politely(number):
    def test():
        with running() as run:
            run.expect(HELLO + "1")
            run.signal(number)
            run.expect("power button")
            expect_exit(run, 8)
            run.expect_error("asking the guest to power down")
    return test


test_sigterm = _asks_politely(signal.SIGTERM)
test_sigint = _asks_politely(signal.SIGINT)
test_sighup = _asks_politely(signal.SIGHUP)


def test_second_signal_ends_a_guest_that_does_not_listen():
    with running("--shutdown-timeout=10000") as run:
        run.expect(HELLO + "1")
        run.send(b"i")
        run.send(b"n3\n")
        run.expect(r' !"')
        run.signal()
        run.expect_error("asking the guest to power down")
        run.signal_again()
        expect_exit(run, 8)
        assert "the guest does not power down" not in run.err.text, f"its time was waited for\n{run.said()}"


def test_signals_at_once_are_one_wish():
    """As Slurm sends its SIGTERM, twice, and a terminal that is closed SIGHUP beside it."""
    with running("--shutdown-timeout=10000", patience=guest.PATIENT) as run:
        run.expect(HELLO + "1")
        run.send(b"in3\n")
        run.expect(r' !"')
        guest.stop_process(run.pid)
        run.signal(signal.SIGTERM)
        run.signal(signal.SIGHUP)
        run.signal(signal.SIGINT)
        run.process.send_signal(signal.SIGCONT)
        log = next((run.directory / "run").glob("*/log"))
        guest.await_that(lambda: log.read_text().count("within a second of the last signal") == 2, run.said)
        run.send(b"n5\n")
        run.expect(re.escape(guest.counting_bytes(5)))
        assert "telling QEMU to quit" not in run.err.text, run.said()
        run.signal_again()
        run.expect_error("telling QEMU to quit")
        expect_exit(run, 8)


def test_signal_to_a_guest_that_hangs():
    with running() as run:
        run.expect(HELLO + "1")
        run.send(b"h")
        run.signal()
        run.expect_error("asking the guest to power down")
        run.signal_again()
        expect_exit(run, 8)


def test_signal_decides_over_restart():
    with running(lifecycle=lifecycle(on_poweroff="restart", on_crash="restart")) as run:
        run.expect(HELLO + "1")
        run.signal()
        expect_exit(run, 8)
        assert run.out.text.count(HELLO) == 1


def test_signal_without_acpi():
    with running(features="<apic/>") as run:
        run.expect(HELLO + "1")
        run.signal()
        run.expect_error("the guest has no <acpi/>, so it cannot be asked to power down")
        run.signal_again()
        expect_exit(run, 8)


def test_ctrl_c_does_not_reach_qemu():
    """A signal to the whole foreground process group, as a terminal sends it."""
    with running(keywords={"prefix": ["setsid"]}) as run:
        run.expect(HELLO + "1")
        os.killpg(run.pid, signal.SIGINT)
        run.expect("power button")
        expect_exit(run, 8)


# ---- Consoles ----


def test_stdio_prints_everything_before_run_returns():
    with running() as run:
        run.expect(HELLO + "1")
        run.send(b"n200000\np")
        expect_exit(run, 0)
        assert guest.counting_bytes(200000) in run.out.bytes, len(run.out.bytes)


def test_console_option_without_a_terminal():
    with running("--console", devices="<serial type='pty'/>", keywords={"stdin": subprocess.DEVNULL}) as run:
        run.expect(HELLO + "1")     # the end of standard input does not end the guest
        os.write(os.open(pty_path(run), os.O_WRONLY | os.O_NOCTTY), b"n1000\np")
        expect_exit(run, 0)
        assert guest.counting_bytes(1000) in run.out.bytes


def test_console_option_reads_standard_input():
    with running("--console", devices="<serial type='pty'/>") as run:
        run.expect(HELLO + "1")
        run.send(b"\x1dp")  # Ctrl+] leaves a terminal; here it is a byte like others
        expect_exit(run, 0)


def test_console_option_needs_a_console():
    with running("--console", devices="<serial type='null'/>") as run:
        expect_exit(run, 2)
        run.expect_error("--console: the guest has no console to connect to")
    with running("--console", devices="<serial type='pty'/><serial type='stdio'/>") as run:
        expect_exit(run, 2)
        run.expect_error("--console: standard input and output are taken by 'serial1'")


def test_terminal_keeps_what_was_printed_before_it_was_opened():
    with guest.Directory() as other, running(devices=f"<serial type='pty'><log file='{other.path}/log'/></serial>") as run:
        path = pty_path(run)
        await_text(other.path / "log", b"boot 1\r\n")
        first = os.open(path, os.O_RDWR | os.O_NOCTTY)
        read_available(first, lambda data: b"boot 1\r\n" in data)
        os.write(first, b"n20000\n")
        read_available(first, lambda data: guest.counting_bytes(20000) + b"\r\n" in data)
        os.close(first)
        second = Terminal(path)
        os.write(second.fd, b"n500\n")
        run.expect(re.escape(guest.counting_bytes(500)), second.stream)
        assert HELLO.encode() not in second.stream.bytes, "what was read once does not come again"
        os.write(second.fd, b"p")
        expect_exit(run, 0)


def test_terminal_that_nobody_reads_stops_no_guest():
    """More than it, the sockets and what is kept can hold, twice: once with nobody there, once with a sleeper."""
    with running(devices="<serial type='pty'/><serial type='stdio'/>", patience=1) as run:
        path = pty_path(run)
        sleeper = os.open(path, os.O_RDWR | os.O_NOCTTY)
        os.write(sleeper, b"n400000\np")
        expect_exit(run, 0)
        os.close(sleeper)


def test_late_reader_gets_the_last_64_kib():
    with guest.Directory() as directory:
        log = directory.path / "log"
        run = directory.run(guest.hello_xml(f"<serial type='pty'><log file='{log}'/></serial>"))
        path = pty_path(run)
        writer = os.open(path, os.O_WRONLY | os.O_NOCTTY)
        os.write(writer, b"n300000\n")
        os.close(writer)
        printed = guest.counting_bytes(300000)
        await_text(log, printed)
        terminal = Terminal(path)
        run.expect(re.escape(printed[-60000:]), terminal.stream)
        os.write(terminal.fd, b"p")
        expect_exit(run, 0)
        directory.assert_nothing_left()


def test_last_words_reach_a_terminal():
    """What is printed right before the end is not thrown away with the terminal."""
    with running(devices="<serial type='pty'/>") as run:
        terminal = Terminal(pty_path(run))
        run.expect(HELLO + "1", terminal.stream)
        os.write(terminal.fd, b"n3000\np")
        expect_exit(run, 0)
        assert terminal.stream.wait_end()
        assert guest.counting_bytes(3000) in terminal.stream.bytes, len(terminal.stream.bytes)


def test_last_words_wait_for_a_terminal_that_is_read_late():
    with running("--verbose", devices="<serial type='pty'/>") as run:
        terminal = os.open(pty_path(run), os.O_RDWR | os.O_NOCTTY)
        os.write(terminal, b"n3000\np")
        run.expect_error("-> draining")
        data = read_available(terminal, lambda data: guest.counting_bytes(3000) in data)
        assert HELLO.encode() in data
        os.close(terminal)
        expect_exit(run, 0)


def test_terminal_is_raw():
    with running(devices="<serial type='pty'/>") as run:
        terminal = Terminal(pty_path(run))
        _, output, _, local, _, _, _ = termios.tcgetattr(terminal.fd)
        assert not output & termios.OPOST and not local & (termios.ECHO | termios.ICANON | termios.ISIG)
        os.write(terminal.fd, b"p")
        expect_exit(run, 0)


def test_file_gets_what_is_printed():
    with guest.Directory() as directory:
        log = directory.path / "log"
        log.write_text("old\n")
        run = directory.run(guest.hello_xml(f"<serial type='file'><source path='{log}'/></serial>"))
        await_text(log, b"boot 1")
        assert log.read_text().startswith(HELLO)
        run.signal()
        expect_exit(run, 8)
        run = directory.run(guest.hello_xml(f"<serial type='file'><source path='{log}' append='on'/></serial>"))
        guest.await_that(lambda: log.read_text().count(HELLO) == 2, run.said)
        run.signal()
        expect_exit(run, 8)
        directory.assert_nothing_left()


# ---- The user's terminal ----


class Session:
    """`domrun run` with a terminal of its own, as a user has it."""

    def __init__(self, directory, *options, devices="<serial type='pty'/>"):
        path = directory.write("guest.xml", guest.hello_xml(devices))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory.path)
            os.execve(guest.DOMRUN, ["domrun", "run", f"--root={directory.runtime}", *options, str(path)],
                      directory.environment)
        self.mode = termios.tcgetattr(self.fd)

    def read_until(self, text):
        return read_available(self.fd, lambda data: text in data)

    def wait(self):
        data = b""
        while True:
            try:
                data += os.read(self.fd, 65536)
            except OSError:  # its last descriptor is closed
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), data

    def is_raw(self):
        return not termios.tcgetattr(self.fd)[3] & termios.ICANON


def test_terminal_is_raw_while_the_console_is_connected():
    with guest.Directory() as directory:
        session = Session(directory, "--console")
        session.read_until(b"boot 1\r\n")
        assert session.is_raw()
        mode = termios.tcgetattr(session.fd)
        assert not mode[3] & (termios.ECHO | termios.ISIG) and not mode[1] & termios.OPOST
        os.write(session.fd, b"\x03n100\n")  # Ctrl-C is the guest's
        session.read_until(guest.counting_bytes(100))
        keep = os.open(os.ptsname(session.fd) if hasattr(os, "ptsname") else f"/proc/{session.pid}/fd/0",
                       os.O_RDWR | os.O_NOCTTY)
        os.write(session.fd, b"p")
        assert os.waitstatus_to_exitcode(os.waitpid(session.pid, 0)[1]) == 0
        assert termios.tcgetattr(keep) == session.mode, "it is as it was"
        directory.assert_nothing_left()


def test_escape_leaves_the_console():
    with guest.Directory() as directory:
        session = Session(directory, "--console")
        said = session.read_until(b"boot 1\r\n")
        path = re.search(rb"serial0: (/dev/pts/[0-9]+)", said)[1].decode()
        os.write(session.fd, b"n100\n\x1d")
        session.read_until(b"left 'serial0'; the guest runs on")
        assert not session.is_raw()
        terminal = Terminal(path)
        os.write(terminal.fd, b"n50\n")
        assert terminal.stream.wait(lambda data: guest.counting_bytes(50) in data)
        os.write(session.fd, b"\x03")  # Ctrl-C is the supervisor's again
        code, _ = session.wait()
        assert code == 8
        directory.assert_nothing_left()


def test_terminal_is_put_back_after_a_crash():
    with guest.Directory() as directory:
        session = Session(directory, "--console")
        session.read_until(b"boot 1\r\n")
        keep = os.open(f"/proc/{session.pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
        assert session.is_raw()
        os.kill(session.pid, signal.SIGSEGV)
        assert os.waitpid(session.pid, 0)[1] != 0
        assert termios.tcgetattr(keep) == session.mode
        os.close(keep)


def test_stdio_terminal_keeps_ctrl_c():
    with guest.Directory() as directory:
        session = Session(directory, devices=STDIO)
        session.read_until(b"boot 1\r\n")
        assert session.is_raw()
        os.write(session.fd, b"\x03")
        code, data = session.wait()
        assert code == 8 and b"power button" in data, data
        directory.assert_nothing_left()


def test_stop_and_continue():
    """Ctrl-Z and fg: the terminal is the shell's meanwhile."""
    with guest.Directory() as directory:
        session = Session(directory, "--console")
        session.read_until(b"boot 1\r\n")
        os.kill(session.pid, signal.SIGTSTP)
        assert os.WIFSTOPPED(os.waitpid(session.pid, os.WUNTRACED)[1])
        assert not session.is_raw()
        os.kill(session.pid, signal.SIGCONT)
        guest.await_that(session.is_raw)
        os.write(session.fd, b"p")
        assert session.wait()[0] == 0
        directory.assert_nothing_left()


def test_hang_up_of_the_terminal():
    """Its last master is closed: SIGHUP."""
    with guest.Directory() as directory:
        session = Session(directory, "--console")
        session.read_until(b"boot 1\r\n")
        os.close(session.fd)
        code = os.waitstatus_to_exitcode(os.waitpid(session.pid, 0)[1])
        assert code == 8, code
        directory.assert_nothing_left()


def test_sockets_are_private():
    """Who can connect to a serial port or a display owns the guest."""
    with guest.Directory() as directory:
        sockets = [directory.path / "serial", directory.path / "vnc"]
        xml = guest.hello_xml(f"""<serial type='unix'><source mode='bind' path='{sockets[0]}'/></serial>
          <graphics type='vnc' socket='{sockets[1]}'/>""")
        run = directory.run(xml, prefix=["sh", "-c", "umask 0; exec \"$@\"", "sh"])
        directory.await_state("hello")
        for path in sockets:
            assert path.stat().st_mode & 0o077 == 0, f"{path}: {path.stat().st_mode:o}"
        directory.destroy("hello")
        run.wait()


if __name__ == "__main__":
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    tap.main(jobs=2)
