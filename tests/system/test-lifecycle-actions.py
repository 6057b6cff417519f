#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""on_poweroff, on_reboot and on_crash times destroy, restart, preserve and rename-restart, and the core dumps of
on_crash, under real QEMU: what the guest printed, how `run` ended, where its console was, and what was left."""

import contextlib
import os
import shlex
import signal
import sys

import control
import guest
import tap

HELLO = "hello from domrun, boot "
FAKE = guest.SOURCE / "tests/fake-qemu.py"

# What the built-in guest is told, and the exit code when that is the end.
EVENTS = {"on_poweroff": (b"p", 0, "power-off"), "on_reboot": (b"r", 9, "reboot"), "on_crash": (b"c", 6, "panic")}


def end(run):
    """Skips the ladder."""
    run.signal()
    run.signal_again()


class Watched:
    """A guest with its console and a client of its control socket that follows its events."""

    def __init__(self, directory, run):
        self.directory = directory
        self.run = run
        self.path = run.expect_error(r"(?m)^serial0: (/dev/pts/[0-9]+)\n")[1].decode()
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_NOCTTY), "r+b", buffering=0)
        self.terminal = file
        self.stream = guest.Stream(file)
        self.connect("hello")

    def connect(self, name):
        control.wait_for_state(self.directory.runtime, name, "running")
        self.client = control.Client(self.directory.runtime, name)
        self.client.execute("subscribe", kept=True)

    def expect(self, text):
        self.run.expect(text, self.stream)

    def type(self, data):
        self.terminal.write(data)

    def pid(self):
        return self.client.execute("query-status")["qemu-pid"]

    def state(self, name="hello"):
        return control.state_of(self.directory.runtime, name)

    def expect_exit(self, code):
        actual = self.run.wait()
        assert actual == code, f"expected exit code {code}\n{self.run.said()}"


@contextlib.contextmanager
def watched(*options, left=(), **actions):
    """The built-in guest with these lifecycle @actions; in the end nothing may be left of it but @left: names of
    guests that are preserved, with their state, live XML, log and last events."""
    lifecycle = "".join(f"<{name}>{action}</{name}>" for name, action in actions.items())
    with guest.Directory() as directory:
        xml = guest.hello_xml(lifecycle=lifecycle)
        yield Watched(directory, directory.run(xml, *options))
        for name in left:
            remains = control.directory_of(directory.runtime, name)
            assert sorted(path.name for path in remains.iterdir()) == \
                ["definition.xml", "events", "live.xml", "lock", "log", "state"], name
            state = control.state_of(directory.runtime, name)
            assert state["state"] == "preserved" and state["name"] == name and "qemu-pid" not in state, state
            assert f"<name>{name}</name>" in (remains / "live.xml").read_text()
            for path in remains.iterdir():
                path.unlink()
        directory.assert_nothing_left()


# ---- The twelve ----


def _destroy(event):
    def test():
        with watched(**{event: "destroy"}) as it:
            letter, code, reason = EVENTS[event]
            it.expect(HELLO + "1")
            it.type(letter)
            it.client.wait_for_event(state="ended", reason=reason)
            it.client.wait_for_end()
            it.expect_exit(code)
    return test


def _restart(event):
    """A new QEMU on the same terminal, held open meanwhile; on_reboot is a reset in the same one."""
    def test():
        with watched(**{event: "restart"}) as it:
            letter, _, reason = EVENTS[event]
            it.expect(HELLO + "1")
            first = it.pid()
            it.type(letter)
            if event == "on_reboot":
                it.expect(HELLO + "2")
                assert it.pid() == first
                it.client.wait_for_event(state="running", reason="reset")
            else:
                it.client.wait_for_event(state="restarting", reason=reason)
                it.client.wait_for_event(state="running", reason="restarted")
                it.expect(f"(?s){HELLO}1.*{HELLO}1")
                status = it.client.execute("query-status")
                assert status["qemu-pid"] != first and status["restarts"] == 1, status
            assert it.client.execute("query-consoles")[0]["path"] == it.path
            it.client.execute("destroy")
            it.expect_exit(8)
    return test


def _preserve(event):
    """QEMU stays, paused, and can be looked at, until somebody ends it; the exit code is that of the guest's end."""
    def test():
        with watched(**{event: "preserve"}) as it:
            letter, code, reason = EVENTS[event]
            it.expect(HELLO + "1")
            it.type(letter)
            it.client.wait_for_event(state="preserved", reason=reason)
            state = control.wait_for_state(it.directory.runtime, "hello", "preserved")
            assert state["exit-code"] == code and state["qemu-pid"] == it.run.qemu_pid(), state
            assert it.client.execute("qmp", execute="query-status")["running"] is False
            assert f"<source path=\"{it.path}\"/>" in it.client.execute("dumpxml")
            core = it.directory.path / "core"
            it.client.execute("dump", path=str(core))
            assert core.read_bytes()[:4] == b"\x7fELF" and core.stat().st_mode & 0o777 == 0o600
            assert it.client.execute("console")["device"] == "serial0"
            with os.fdopen(it.client.fds.pop(), "rb", buffering=0) as console:
                assert HELLO.encode() in console.read(65536), "what is kept comes first"
            assert it.client.refused("resume")[0] == "WrongState"
            if event == "on_crash":
                it.run.signal()
            else:
                it.client.execute("destroy")
            it.expect_exit(code)
    return test


def _rename(event):
    def test():
        with watched(left=["hello"], **{event: "rename-restart"}) as it:
            letter, _, reason = EVENTS[event]
            it.expect(HELLO + "1")
            it.type(letter)
            it.expect(f"(?s){HELLO}1.*{HELLO}1")
            it.client.wait_for_end()
            left = it.state()
            assert left["state"] == "preserved" and left["reason"] == reason, left
            it.connect("hello-1")
            with open(f"/proc/{it.pid()}/cmdline", "rb") as file:
                assert b"guest=hello-1,debug-threads=on" in file.read()
            assert "<name>hello-1</name>" in it.client.execute("dumpxml")
            assert it.client.execute("query-consoles")[0]["path"] == it.path
            it.client.execute("shutdown", mode="quit")
            it.expect_exit(8)
    return test


for _event in EVENTS:
    for _action, _make in {"destroy": _destroy, "restart": _restart, "preserve": _preserve,
                           "rename_restart": _rename}.items():
        globals()[f"test_{_event}_{_action}"] = _make(_event)


def test_mixed_actions():
    """Where one action preserves, QEMU stays at each end; the others are carried out all the same."""
    with watched(on_poweroff="destroy", on_reboot="preserve") as it:
        it.expect(HELLO + "1")
        it.type(b"p")
        it.expect_exit(0)
    with watched(on_poweroff="preserve", on_reboot="destroy") as it:
        it.expect(HELLO + "1")
        it.type(b"t")
        it.expect_exit(9)


# ---- Core dumps ----


def _dump(action, ends):
    def test():
        with watched("--dump-dir=dumps", on_crash=action) as it:
            it.expect(HELLO + "1")
            it.type(b"c")
            it.run.expect_error("the guest's memory is written")
            cores = list((it.directory.path / "dumps").iterdir())
            assert len(cores) == 1 and cores[0].name.startswith("hello-"), cores
            assert cores[0].read_bytes()[:4] == b"\x7fELF" and cores[0].stat().st_size > 16 << 20
            if not ends:
                it.expect(f"(?s){HELLO}1.*{HELLO}1")
                it.type(b"p")
            it.expect_exit(6 if ends else 0)
    return test


test_coredump_destroy = _dump("coredump-destroy", True)
test_coredump_restart = _dump("coredump-restart", False)


def test_coredump_of_a_long_name():
    """A guest may have a name as long as a file's."""
    name = "x" * 240
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(name=name, lifecycle="<on_crash>coredump-destroy</on_crash>"),
                            "--console", "--dump-dir=dumps")
        run.expect("boot 1")
        run.send(b"c")
        assert run.wait() == 6, run.said()
        (core,) = (directory.path / "dumps").iterdir()
        assert core.name.startswith("x" * 220) and core.name.endswith("Z.core"), core
        directory.assert_nothing_left()


def test_coredump_that_cannot_be_written():
    with watched("--dump-dir=/proc/nowhere", on_crash="coredump-destroy") as it:
        it.expect(HELLO + "1")
        it.type(b"c")
        it.expect_exit(6)
        it.run.expect_error("could not be written: cannot make the file '/proc/nowhere/hello-.*")


# ---- QEMU dies ----


def _killed(action, code, left=()):
    def test():
        with watched(left=left, on_crash=action) as it:
            it.expect(HELLO + "1")
            os.kill(it.pid(), signal.SIGSEGV)
            if code is None:
                it.expect(f"(?s){HELLO}1.*{HELLO}1")
                it.type(b"p")
            it.expect_exit(code or 0)
            if code:
                it.run.expect_error(r"QEMU died: killed by signal 11")
    return test


test_killed_destroy = _killed("destroy", 7)
test_killed_restart = _killed("restart", None)
test_killed_preserve = _killed("preserve", 7, left=["hello"])
test_killed_rename_restart = _killed("rename-restart", None, left=["hello"])
test_killed_coredump_destroy = _killed("coredump-destroy", 7)


def test_what_is_preserved_stays_until_the_next_start():
    with watched(on_crash="preserve") as it:
        os.kill(it.pid(), signal.SIGKILL)
        it.expect_exit(7)
        assert "QEMU died: killed by signal 9" in it.state()["message"]
        log = (control.directory_of(it.directory.runtime, "hello") / "log").read_text()
        assert " -> draining (qemu-died)" in log, log
        again = it.directory.run(guest.hello_xml())
        control.wait_for_state(it.directory.runtime, "hello", "running")
        end(again)
        assert again.wait() == 8


def _fake(mode):
    def prepare(directory, xml):
        path = directory.write(mode, f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(FAKE))} {mode} \"$@\"\n")
        path.chmod(0o755)
        return xml.replace("<devices>", f"<devices><emulator>{path}</emulator>")
    return prepare


def test_internal_error_preserve():
    """A fake QEMU says it: no TCG guest can bring it about."""
    with guest.Directory() as directory:
        xml = guest.hello_xml(lifecycle="<on_crash>preserve</on_crash>")
        run = directory.run(_fake("internal-error")(directory, xml))
        state = control.wait_for_state(directory.runtime, "hello", "preserved")
        assert state["reason"] == "internal-error" and state["exit-code"] == 7, state
        run.signal()
        assert run.wait() == 7, run.said()
        directory.assert_nothing_left()


def test_signal_while_a_watchdog_dumps():
    """The guest is asked to power down as soon as it goes on."""
    with guest.Directory() as directory:
        run = directory.run(_fake("watchdog-dump")(
            directory, guest.hello_xml("<serial type='pty'/><watchdog model='ib700' action='dump'/>")), "--dump-dir=dumps")
        run.expect_error("writing the guest's memory to")
        run.signal()
        run.expect_error("a second signal ends that")
        directory.write("go", "")
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_watchdog():
    """One that switches the guest off has an exit code of its own; one that pauses it leaves it to be looked at."""
    with guest.Directory() as directory:
        run = directory.run(_fake("watchdog-poweroff")(directory, guest.hello_xml()))
        assert run.wait() == 13, run.said()
        run = directory.run(_fake("watchdog-pause")(directory, guest.hello_xml()))
        control.wait_for_state(directory.runtime, "hello", "paused", "watchdog")
        end(run)
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_names_that_are_taken_are_not_used():
    with watched(left=["hello", "hello-2"], on_crash="rename-restart") as it:
        other = it.directory.run(guest.hello_xml(name="hello-1"))
        control.wait_for_state(it.directory.runtime, "hello-1", "running")
        it.expect(HELLO + "1")
        it.type(b"c")
        control.wait_for_state(it.directory.runtime, "hello-2", "running")
        it.expect(f"(?s){HELLO}1.*{HELLO}1")
        it.type(b"c")
        control.wait_for_state(it.directory.runtime, "hello-3", "running")
        for run in it.run, other:
            end(run)
            assert run.wait() == 8, run.said()


# ---- Restarts ----


def test_limit_of_restarts():
    with watched("--restart-limit=2/10000", on_poweroff="restart") as it:
        it.expect(HELLO + "1")
        it.type(b"p")
        it.expect(f"(?s){HELLO}1.*{HELLO}1")
        it.type(b"p")
        it.expect_exit(14)
        it.run.expect_error("the guest ended 2 times within 10000 seconds: it is not restarted any more")


def test_restart_keeps_the_port_of_vnc():
    """Although the ports before it are free by then. On an address of its own: another test's guest could take the port
    between two QEMUs of this one."""
    with guest.Directory() as directory:
        devices = "<serial type='pty'/><graphics type='vnc' autoport='yes' listen='127.0.0.77'/><video><model type='vga'/></video>"
        first = directory.run(guest.hello_xml(devices, name="first"))
        control.wait_for_state(directory.runtime, "first", "running")
        it = Watched(directory, directory.run(guest.hello_xml(devices, "<on_crash>restart</on_crash>")))
        port = it.client.execute("query-display")[0]["port"]
        end(first)
        assert first.wait() == 8
        it.expect(HELLO + "1")
        it.type(b"c")
        it.client.wait_for_event(state="running", reason="restarted")
        assert it.client.execute("query-display")[0]["port"] == port
        assert f"port=\"{port}\"" in it.client.execute("dumpxml")
        it.client.execute("destroy")
        it.expect_exit(8)
        directory.assert_nothing_left()


if __name__ == "__main__":
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    tap.main(jobs=2)
