#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How guests are stopped, run in the background, and looked after: the ladder and its times, --detach, service managers,
containers, and commands of the control socket to a QEMU that does not answer."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

import control
import guest
import tap

HELLO = "hello from domrun, boot "
FAKE = guest.SOURCE / "tests/fake-qemu.py"
STDIO = "<serial type='stdio'/>"


@contextlib.contextmanager
def running(*options, keywords=None, patience=guest.PATIENT, **xml):
    xml.setdefault("devices", STDIO)
    with guest.Directory(patience) as directory:
        run = directory.run(guest.hello_xml(**xml), *options, **(keywords or {}))
        run.directory = directory
        yield run
        directory.assert_nothing_left()


def expect_exit(run, code):
    actual = run.wait()
    assert actual == code, f"expected exit code {code}\n{run.said()}"


# ---- The ladder ----


def test_guest_that_ignores_the_button():
    with running("--shutdown-timeout=1") as run:
        run.expect(HELLO + "1")
        run.send(b"in3\n")
        run.expect(r' !"')
        started = time.monotonic()
        run.signal()
        run.expect_error("after 1 seconds QEMU is told to quit")
        run.expect_error("the guest does not power down: telling QEMU to quit")
        expect_exit(run, 8)
        assert time.monotonic() - started >= 1, run.said()


def test_no_acpi_goes_to_the_next_step():
    with running("--shutdown-timeout=1", features="<apic/>") as run:
        run.expect(HELLO + "1")
        run.signal()
        run.expect_error("the guest has no <acpi/>, so it cannot be asked to power down; after 1 seconds")
        run.expect_error("telling QEMU to quit")
        expect_exit(run, 8)


def test_zero_is_no_limit():
    """Nobody who does not power down is ended before a second signal."""
    with running("--shutdown-timeout=0") as run:
        run.expect(HELLO + "1")
        run.send(b"in3\n")
        run.expect(r' !"')
        run.signal()
        run.expect_error("asking the guest to power down; a second signal ends it")
        assert json.loads(run.directory.verb("list", "--json").out)[0]["state"] == "shutting-down"
        run.directory.verb("destroy", "hello")
        expect_exit(run, 8)


def test_nobody_is_asked():
    with running("--shutdown-mode=quit") as run:
        run.expect(HELLO + "1")
        run.signal()
        run.expect_error("telling QEMU to quit")
        expect_exit(run, 8)
        assert "power button" not in run.out.text


def test_qemu_that_hangs_is_killed():
    with running("--shutdown-timeout=1", "--quit-timeout=1") as run:
        run.expect(HELLO + "1")
        os.kill(run.qemu_pid(), signal.SIGSTOP)
        run.signal()
        run.expect_error("telling QEMU to quit(.|\n)*QEMU does not end: killing it")
        expect_exit(run, 8)


def test_who_ended_it():
    """A run in the foreground says so, but not to who did it himself."""
    for end, words in ((lambda run: run.directory.verb("destroy", "hello"), "ended by 'domrun destroy'"),
                       (lambda run: run.directory.verb("shutdown", "hello"), "ended by 'domrun shutdown'"),
                       (lambda run: run.directory.verb("shutdown", "--mode=quit", "hello"), "ended by 'domrun shutdown'"),
                       (lambda run: run.signal(), "ended by SIGTERM"), (lambda run: run.signal(signal.SIGINT), None)):
        with running() as run:
            run.expect(HELLO + "1")
            end(run)
            expect_exit(run, 8)
            said = re.findall("ended by .*", run.err.text)
            assert said == ([words] if words else []), run.said()


def test_shutdown_by_command():
    with running() as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        client.execute("shutdown")
        run.expect("power button")
        client.wait_for_end()
        expect_exit(run, 8)


def test_reboot_by_command():
    """It powers off, and is started again, whatever on_poweroff says."""
    with running() as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        client.execute("subscribe")
        client.execute("reboot")
        run.expect(f"(?s)power button.*{HELLO}1")
        client.wait_for_event(state="running", reason="restarted")
        run.send(b"p")
        expect_exit(run, 0)


def test_reboot_of_a_guest_that_does_not_listen():
    with running("--shutdown-timeout=1") as run:
        run.expect(HELLO + "1")
        run.send(b"in3\n")
        run.expect(r' !"')
        client = control.Client(run.directory.runtime, "hello")
        client.execute("reboot")
        run.expect_error("the guest does not power down: it is not started again, and runs on")
        run.send(b"p")
        expect_exit(run, 0)


def test_reset_by_command_is_no_end():
    """A while later, the guest's own reset is one again."""
    with running(lifecycle="<on_reboot>destroy</on_reboot>", patience=5) as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        client.execute("reset")
        run.expect(HELLO + "[23]")
        while run.process.poll() is None:
            boots = run.out.text.count(HELLO)
            with contextlib.suppress(BrokenPipeError):
                run.send(b"r")
            run.out.wait(lambda data: data.count(HELLO.encode()) > boots)
        expect_exit(run, 9)


def test_shutdown_of_a_paused_guest():
    with running() as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        client.execute("suspend")
        assert client.execute("query-status")["reason"] == "user"
        run.signal()
        run.expect("power button")
        expect_exit(run, 8)


# ---- A QEMU that does not answer ----


def test_every_command_is_answered_although_qemu_hangs():
    with running(patience=1) as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        qemu = run.qemu_pid()
        guest.stop_process(qemu)
        for command, arguments in (("suspend", {}), ("reset", {}), ("qmp", {"execute": "query-status"}),
                                   ("send-key", {"keys": ["a"]})):
            assert client.refused(command, **arguments)[0] == "NoAnswer", command
        for command in ("query-status", "query-consoles", "query-display", "dumpxml", "console", "query-events"):
            client.execute(command)
        os.close(client.fds.pop())
        assert guest.process_state(qemu) == "T"
        client.execute("destroy")
        client.wait_for_end()
        expect_exit(run, 8)


def test_no_more_commands_for_a_qemu_that_hangs():
    """256 wait for it, however many clients they are of; the next is refused at once, and has no effect."""
    with running() as run:
        run.expect(HELLO + "1")
        qemu = run.qemu_pid()
        guest.stop_process(qemu)
        clients = [control.Client(run.directory.runtime, "hello") for _ in range(6)]
        counts = (63, 63, 63, 63, 4)
        for client, count in zip(clients, counts):
            for _ in range(count):
                client.send("qmp", execute="query-status", slow=True)
            client.execute("query-status")  # the answer says that those before were taken
        for command, arguments in (("suspend", {}), ("resume", {}), ("reset", {}), ("qmp", {"execute": "query-status"}),
                                   ("send-key", {"keys": ["a"]})):
            assert clients[5].refused(command, **arguments) == (
                "NoAnswer", "QEMU does not answer, and too many commands wait for it already"), command
        assert clients[5].execute("query-status")["state"] == "running"
        os.kill(qemu, signal.SIGCONT)
        for client, count in zip(clients, counts):
            for _ in range(count):
                assert client.read()["return"]["running"], "what was taken is carried out"
        clients[5].execute("suspend")
        clients[5].execute("resume")
        run.send(b"p")
        expect_exit(run, 0)


def test_what_makes_no_sense_is_refused():
    with running() as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        assert client.refused("nonsense")[0] == "CommandNotFound"
        assert client.refused("console", device="serial9") == (
            "DeviceNotFound", "the guest has no console 'serial9' (known: serial0)")
        assert client.refused("shutdown", mode="hard")[0] == "BadArgument"
        assert client.refused("dump", path="relative")[0] == "BadArgument"
        assert client.refused("dump", path="/proc/nowhere")[0] == "GenericError"
        assert client.refused("send-key", keys=[{}])[0] == "BadArgument"
        assert client.refused("send-key", keys=["nokey"])[0] == "GenericError"
        assert client.refused("qmp")[0] == "BadArgument"
        assert client.refused("qmp", execute="nonsense")[1] == "The command nonsense has not been found"
        assert client.refused("screenshot")[0] == "GenericError", "there is no display"
        exists = run.directory.write("exists", "")
        assert client.refused("dump", path=str(exists))[1].endswith("File exists")
        run.send(b"p")
        expect_exit(run, 0)


def test_commands_while_qemu_ends():
    """One that QEMU owes an answer when it is killed."""
    with running(lifecycle="<on_crash>restart</on_crash>") as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        pid = run.qemu_pid()
        guest.stop_process(pid)
        client.send("qmp", execute="query-status", slow=True)
        assert client.execute("query-status")["qemu-pid"] == pid, "the answer to the second comes first"
        os.kill(pid, signal.SIGKILL)
        assert client.read()["error"] == {"class": "GenericError", "desc": "QEMU has ended"}
        run.expect(f"(?s){HELLO}1.*{HELLO}1")
        run.send(b"p")
        expect_exit(run, 0)


# ---- In the background ----


def detach(directory, xml, *options):
    """`domrun run --detach`: when it returns, the guest runs."""
    run = directory.run(xml, "--detach", *options, stdin=subprocess.DEVNULL)
    return run.wait(), run


def test_detach():
    with guest.Directory() as directory:
        code, run = detach(directory, guest.hello_xml())
        assert code == 0, run.said()
        state = control.state_of(directory.runtime, "hello")
        assert state["state"] == "running" and state["pid"] != run.pid, state
        assert os.getsid(state["pid"]) == state["pid"]
        for fd in range(3):
            assert os.readlink(f"/proc/{state['pid']}/fd/{fd}") == "/dev/null"
        assert re.match(r"serial0: /dev/pts/[0-9]+\n$", run.err.text), run.said()
        code, second = detach(directory, guest.hello_xml())
        assert code == 4, second.said()
        second.expect_error("the guest 'hello' is already running")
        client = control.Client(directory.runtime, "hello")
        client.execute("shutdown")
        client.wait_for_end()
        directory.assert_nothing_left()


def test_detach_says_why_it_fails():
    with guest.Directory() as directory:
        code, run = detach(directory, guest.hello_xml().replace("machine='pc'", "machine='pc-i440fx-99.0'"))
        assert code == 5, run.said()
        run.expect_error("guest.xml:[0-9]+: error: .*has no machine 'pc-i440fx-99.0'(.|\n)*--machine=")
        code, run = detach(directory, guest.hello_xml(), "--console")
        assert code == 2, run.said()
        directory.assert_nothing_left()


def test_of_many_detached_starts_exactly_one_wins():
    with guest.Directory() as directory:
        directory.write("guest.xml", guest.hello_xml())
        arguments = ["run", "--detach", "--root", str(directory.runtime), "guest.xml"]
        runs = [guest.Run(arguments, directory.environment, directory.path) for _ in range(6)]
        codes = sorted(run.wait() for run in runs)
        assert codes == [0, 4, 4, 4, 4, 4], codes
        client = control.Client(directory.runtime, "hello")
        client.execute("destroy")
        client.wait_for_end()
        directory.assert_nothing_left()


# ---- Service managers and containers ----


def _notifies(abstract):
    def test():
        with guest.Directory() as directory:
            name = f"@domrun-{directory.id}" if abstract else str(directory.path / "notify")
            receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            receiver.settimeout(guest.PATIENCE)
            receiver.bind(name.replace("@", "\0"))
            directory.environment["NOTIFY_SOCKET"] = name
            run = directory.run(guest.hello_xml(STDIO))
            texts = []
            while not texts or not texts[-1].startswith("READY=1"):
                texts.append(receiver.recv(4096).decode())
            assert f"MAINPID={run.pid}" in texts[-1] and "STATUS=running" in texts[-1], texts
            assert b"NOTIFY_SOCKET" not in pathlib.Path(f"/proc/{run.qemu_pid()}/environ").read_bytes()
            run.expect(HELLO + "1")
            run.signal()
            while not texts[-1].startswith("STOPPING=1"):
                texts.append(receiver.recv(4096).decode())
            expect_exit(run, 8)
            os.remove(name) if not abstract else None
            directory.assert_nothing_left()
    return test


test_notify_socket = _notifies(abstract=False)
test_notify_abstract_socket = _notifies(abstract=True)


def new_namespace():
    """The command for a namespace of processes. Root needs none of users, and could make none in a chroot."""
    unshare = ["unshare", "-pf" if os.geteuid() == 0 else "-pfr", "--mount-proc"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        raise tap.Skip("namespaces of processes cannot be made here")
    return [*unshare, "--kill-child=SIGKILL"]


def test_first_process_of_a_container():
    """Without HOME; processes that others leave are reaped, and SIGTERM is obeyed."""
    unshare = new_namespace()
    with guest.Directory() as directory:
        directory.environment.pop("HOME", None)
        directory.write("guest.xml", guest.hello_xml(STDIO))
        script = "(sh -c 'sleep 0.1 & exit' & sh -c '(sleep 0.2; >done) & exit') & exec \"$@\""
        run = guest.Run(["run", "--root", str(directory.runtime), "guest.xml"], directory.environment, directory.path,
                        prefix=[*unshare, "sh", "-c", script, "sh"])
        run.expect(HELLO + "1")
        guest.await_that((directory.path / "done").exists)
        # By what it is: its path is another one in another namespace of a chroot.
        (supervisor,) = [pid for pid in directory.processes() if os.path.samefile(f"/proc/{pid}/exe", guest.DOMRUN)]
        guest.await_that(lambda: len(guest.children(supervisor)) == 1, lambda: f"left: {guest.children(supervisor)}")
        os.kill(supervisor, signal.SIGTERM)
        run.expect("power button")
        expect_exit(run, 8)
        directory.assert_nothing_left()


def test_password_before_the_first_instruction():
    """The guest starts once QEMU has the password; where QEMU refuses it, it does not start."""
    devices = STDIO + "<graphics type='vnc' autoport='yes' passwd='secret'/><video><model type='vga'/></video>"
    with running(devices=devices) as run:
        run.expect(HELLO + "1")
        client = control.Client(run.directory.runtime, "hello")
        assert client.execute("qmp", execute="query-vnc")["auth"] == "vnc"
        assert "secret" not in (control.directory_of(run.directory.runtime, "hello") / "log").read_text()
        run.send(b"p")
        expect_exit(run, 0)
    with guest.Directory() as directory:
        path = directory.write("fake", f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(FAKE))} refuses-commands \"$@\"\n")
        path.chmod(0o755)
        run = directory.run(guest.hello_xml(devices).replace("<devices>", f"<devices><emulator>{path}</emulator>"))
        expect_exit(run, 5)
        run.expect_error("QEMU failed to start .QMP command 'set_password': not today")
        directory.assert_nothing_left()


def test_log_of_a_run():
    with running() as run:
        run.expect(HELLO + "1")
        log = control.directory_of(run.directory.runtime, "hello") / "log"
        text = log.read_text()
        assert re.search(r"(?m)^[0-9-]+T[0-9:.]+Z domrun: starting -> running \(booted\)$", text), text
        assert log.stat().st_mode & 0o777 == 0o600
        assert run.err.text == "", "the state is told only to those who want it"
        run.send(b"p")
        expect_exit(run, 0)


if __name__ == "__main__":
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    tap.main(jobs=2)
