#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest outlives its supervisor, and gets another: `domrun adopt`, `domrun run --adopt`. In each test the supervisor is
killed, something happens meanwhile, and another takes over, to whom it has to be as if nothing had been."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import guest
import tap

HELLO = b"hello from domrun, boot 1\r\n"
LOGGED = "<serial type='pty'><log file='{log}'/></serial>"


class Guest:
    """A guest of a directory, whose supervisor is killed and followed by others."""

    def __init__(self, directory, devices=LOGGED, lifecycle="", options=(), name="hello", **keywords):
        self.directory, self.name, self.console = directory, name, None
        self.log = directory.path / "serial.log"
        self.xml = guest.hello_xml(devices.format(log=self.log), lifecycle, name=name, **keywords)
        self.run = directory.run(self.xml, *options)
        self.await_printed(HELLO)
        directory.await_state(name)
        self.qemu = self.state()["qemu-pid"]

    def await_printed(self, text):
        guest.await_that(lambda: self.log.exists() and text in self.log.read_bytes(), self.run.said)

    def state(self):
        return json.loads(self.directory.verb("domstate", "--json", self.name).out)

    def kill_supervisor(self):
        os.kill(self.state()["pid"], signal.SIGKILL)
        self.run.process.wait()
        guest.await_that(lambda: self.state()["state"] == "unsupervised", self.run.said)

    def adopt(self, *options, wait=True):
        """As `adopt` does, in the foreground; waits until it looks after the guest."""
        self.hang_up()
        self.run = guest.Run(["adopt", "--root", str(self.directory.runtime), *options, self.name],
                             self.directory.environment, self.directory.path)
        if wait:
            guest.await_that(self.is_adopted, self.run.said)
        return self.run

    def is_adopted(self):
        """Whether it is looked after by self.run, or by what that has left in the background."""
        if self.run.process.poll() is not None:
            return True
        state = self.state()
        return state["pid"] == self.run.pid and state["state"] != "starting"

    def type(self, data):
        """While nobody looks: as the next supervisor would, at the socket where QEMU listens. The connection stays, since
        what was sent may be lost with it, until hang_up()."""
        self.hang_up()
        self.console = socket.socket(socket.AF_UNIX)
        path, = self.directory.runtime.rglob("console-*")
        self.console.connect(os.path.relpath(path))
        self.console.sendall(data)

    def hang_up(self):
        if self.console:
            self.console.close()
        self.console = None

    def await_qemu_state(self, status):
        """Asks QEMU itself, while nobody else is connected."""
        def ask():
            with socket.socket(socket.AF_UNIX) as qmp:
                path, = self.directory.runtime.rglob("qmp-*")
                qmp.connect(os.path.relpath(path))
                lines = qmp.makefile("rw")
                lines.readline()
                for command in ("qmp_capabilities", "query-status"):
                    lines.write(json.dumps({"execute": command}) + "\n")
                    lines.flush()
                    while "return" not in (answer := json.loads(lines.readline())):
                        pass
                return answer["return"]["status"]
        guest.await_that(lambda: ask() == status, lambda: f"QEMU is {ask()}, not {status}")

    def ends(self, code, left=True):
        """The supervisor ends with @code, and nothing is left of the guest."""
        assert self.run.wait() == code, self.run.said()
        assert guest.process_state(self.qemu) in (None, "Z"), "its QEMU is left"
        if left:
            self.directory.assert_nothing_left()


@contextlib.contextmanager
def running(*arguments, **keywords):
    with guest.Directory() as directory:
        here = os.getcwd()
        os.chdir(directory.path)    # the path of a socket has to be short
        try:
            yield Guest(directory, *arguments, **keywords)
        finally:
            os.chdir(here)


def cpu_time(pid):
    """In clock ticks."""
    return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))


def test_console_and_end():
    """The guest runs on without a supervisor; the next has its consoles, with what was logged, and its end."""
    with running() as it:
        it.kill_supervisor()
        assert guest.process_state(it.qemu) not in (None, "Z")
        assert re.search(r"(?m)^ -  +hello +unsupervised$", it.directory.verb("list").out)
        assert it.directory.verb("domstate", "--reason", "hello").out == "unsupervised (killed)\n"
        run = it.adopt("--console")
        run.expect(re.escape(HELLO))
        run.send(b"n100\n")
        run.expect(re.escape(guest.counting_bytes(100)))
        state = it.state()
        assert (state["state"], state["reason"], state["qemu-pid"], state["pid"]) == ("running", "adopted", it.qemu, run.pid)
        run.send(b"p")
        it.ends(0)
        assert it.log.read_bytes().startswith(HELLO) and guest.counting_bytes(100) in it.log.read_bytes()


def test_nobody_reads_meanwhile():
    """What the guest prints goes nowhere then, and the guest is not stopped by it; QEMU does not spin."""
    with running() as it:
        it.kill_supervisor()
        it.type(b"n100000\n")
        assert it.console.recv(10)
        run = it.adopt("--console")
        run.send(b"n50\n")    # when it is through with that, of which some went to nobody
        run.expect(re.escape(guest.counting_bytes(50) + b"\r\n"))
        it.kill_supervisor()
        before = cpu_time(it.qemu)
        time.sleep(1)
        used = (cpu_time(it.qemu) - before) / os.sysconf("SC_CLK_TCK")
        assert used < 0.5, f"QEMU used {used} s in a second in which nothing happened"
        it.adopt().signal()
        it.ends(8)


def test_ladder_and_verbs():
    with running() as it:
        it.kill_supervisor()
        it.adopt()
        assert "starting -> running (booted)" in it.directory.verb("log", "hello").out, "the log goes on"
        it.directory.verb("suspend", "hello")
        it.directory.await_state("hello", "paused")
        it.directory.verb("resume", "hello")
        it.directory.await_state("hello")
        assert f'id="{it.run.pid}"' in it.directory.verb("dumpxml", "hello").out
        it.directory.verb("reset", "hello")
        it.await_printed(b"boot 2")
        it.run.signal()
        it.ends(8)


def test_verbs_say_what_to_do():
    with running() as it:
        it.kill_supervisor()
        assert "<name>hello</name>" in it.directory.verb("dumpxml", "hello").out
        for verb in ("suspend", "shutdown", "console", "qmp"):
            err = it.directory.verb(verb, "hello", *(["query-status"] if verb == "qmp" else []), code=12).err
            assert "is unsupervised" in err and "'domrun adopt hello'" in err, err
        again = it.directory.run(it.xml)
        assert again.wait() == 4
        again.expect_error("'domrun adopt hello'")
        assert again.wait() == 4
        it.directory.verb("destroy", "hello")
        assert guest.process_state(it.qemu) in (None, "Z")
        it.directory.assert_nothing_left()


def test_what_cannot_be_adopted():
    with running() as it:
        err = it.directory.verb("adopt", "hello", code=4).err
        assert "has a supervisor" in err, err
        err = it.directory.verb("adopt", "nobody", code=10).err
        assert "no guest 'nobody'" in err, err
        it.directory.verb("destroy", "hello")
        it.run.wait()
        err = it.directory.verb("adopt", "hello", code=10).err
        assert "has ended (destroyed)" in err, err


def test_detach():
    with running(options=["--detach"]) as it:
        for _ in range(2):
            it.kill_supervisor()
            run = it.adopt("--detach")
            assert run.wait() == 0, run.said()
            assert it.state()["reason"] == "adopted"
        it.directory.verb("shutdown", "hello")
        guest.await_that(lambda: not it.directory.processes(), it.run.said)
        it.directory.assert_nothing_left()


def test_run_adopts():
    """`run --adopt` starts a guest that is not there, and adopts one that is."""
    with running(options=["--adopt"]) as it:
        it.kill_supervisor()
        it.run = it.directory.run(it.xml, "--adopt", "--verbose")
        it.run.expect_error(r"-> running \(adopted\)")
        assert it.state()["qemu-pid"] == it.qemu
        it.run.signal()
        it.ends(8)


def test_again_and_again():
    with running() as it:
        for _ in range(10):
            it.kill_supervisor()
            it.adopt()
        run = it.run
        with open(os.open(it.directory.verb("ttyconsole", "hello").out.strip(), os.O_RDWR | os.O_NOCTTY), "r+b", buffering=0) as tty:
            tty.write(b"p")
            it.ends(0)
        assert "starting" not in run.err.text


def test_two_at_once():
    """One wins, and the others say so."""
    with running() as it:
        it.kill_supervisor()
        all_of_them = [it.adopt(wait=False) for _ in range(4)]
        guest.await_that(lambda: len([one for one in all_of_them if one.process.poll() is None]) == 1,
                         lambda: "\n".join(one.said() for one in all_of_them))
        for one in all_of_them:
            if one.process.poll() is None:
                it.run = one
            else:
                assert one.wait() == 4, one.said()
                one.expect_error("has a supervisor")
        it.directory.await_state("hello")
        it.run.signal()
        it.ends(8)


def test_stopped_qemu():
    """Nobody waits for a QEMU that stands, and it is the adopter's all the same."""
    with running() as it:
        guest.stop_process(it.qemu)
        it.kill_supervisor()
        run = it.adopt(wait=False)
        guest.await_that(lambda: it.state()["state"] == "starting", run.said)
        os.kill(it.qemu, signal.SIGCONT)
        it.directory.await_state("hello")
        run.signal()
        it.ends(8)


def test_stopped_qemu_is_destroyed():
    with running() as it:
        guest.stop_process(it.qemu)
        it.kill_supervisor()
        run = it.adopt(wait=False)
        guest.await_that(lambda: it.state()["state"] == "starting", run.said)
        it.directory.verb("destroy", "hello")
        it.ends(8)


# ---- Who asks just then ----


def verb_in_background(it, *arguments):
    return guest.Run([arguments[0], "--root", str(it.directory.runtime), *arguments[1:]], it.directory.environment, it.directory.path)


def test_who_waits_goes_on_with_the_next():
    """Who waits for a guest, or follows its events, sees its supervisor's end and that there is another in one look."""
    with running() as it:
        waiting = verb_in_background(it, "wait", "hello")
        following = verb_in_background(it, "events", "--follow", "hello")
        following.expect('"reason":"booted"')
        guest.await_that(lambda: is_subscribed(waiting), waiting.said)
        for asking in (waiting, following):
            guest.stop_process(asking.pid)
        it.kill_supervisor()
        it.adopt()
        for asking in (waiting, following):
            os.kill(asking.pid, signal.SIGCONT)
        following.expect('"reason":"adopted"')
        it.directory.verb("reset", "hello")
        it.run.signal()
        assert it.run.wait() == 8, it.run.said()
        assert waiting.wait() == 0 and waiting.out.text == "ended (stopped), exit code 8\n", waiting.said()
        following.expect('"state":"ended"')
        assert following.wait() == 0, following.said()
        assert following.err.text == "" and "booted" in following.out.text, following.said()


def is_subscribed(run):
    """It has asked all that it asks, and sleeps until there is an answer or an event."""
    sockets = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{run.pid}/fd").iterdir() if entry.name not in "012"]
    return any(link.startswith("socket:") for link in sockets) and guest.process_state(run.pid) == "S"


def test_supervisor_that_is_killed_before_it_answers():
    """The guest has not ended with it; and who is greeted by nobody looks for the next."""
    with running() as it:
        supervisor = it.state()["pid"]
        guest.stop_process(supervisor)
        asking = verb_in_background(it, "suspend", "hello")
        guest.await_that(lambda: is_subscribed(asking), asking.said)
        it.kill_supervisor()
        assert asking.wait() == 12, asking.said()
        asking.expect_error("is unsupervised")
        it.adopt()
        guest.stop_process(it.run.pid)
        asking = verb_in_background(it, "suspend", "hello")
        guest.await_that(lambda: is_subscribed(asking), asking.said)
        guest.stop_process(asking.pid)
        it.kill_supervisor()
        it.adopt()
        os.kill(asking.pid, signal.SIGCONT)
        assert asking.wait() == 0, asking.said()
        it.directory.await_state("hello", "paused")
        it.run.signal()
        it.directory.destroy("hello")
        it.ends(8)


class Adopter:
    """Who has the lock of a guest whose supervisor was killed, and is not at its socket yet."""

    def __init__(self, it):
        self.state = it.state()
        self.lock, = it.directory.runtime.rglob("lock")
        self.file = open(self.lock, "r+b")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(guest.PATIENCE)
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def unlink(self):
        (self.lock.parent / "control").unlink()

    def listen(self):
        self.listener.bind(os.path.relpath(self.lock.parent / "control"))
        self.listener.listen()

    def answer(self):
        """One that asks for the state."""
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rw") as lines:
            lines.write(json.dumps({"domrun": {"version": "0"}}) + "\n")
            lines.flush()
            for line in lines:
                asked = json.loads(line)
                answer = self.state | {"pid": os.getpid(), "state": "running"} if asked["execute"] == "query-status" else {}
                lines.write(json.dumps({"return": answer, "id": asked["id"]}) + "\n")
                lines.flush()

    def go(self):
        self.unlink()
        self.listener.close()
        self.file.close()


def await_retries(run):
    """That it looks again and again, sleeping in between."""
    def sleeps():
        status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
        return int(re.search(r"(?m)^voluntary_ctxt_switches:\s+(\d+)", status)[1])
    first = sleeps()
    guest.await_that(lambda: run.process.poll() is not None or sleeps() >= first + 10, run.said)


def test_lock_without_a_socket():
    """Between the lock and the socket of an adopter there is one that refuses, then none, then the new one."""
    for when in ("refuses", "is not there"):
        with running() as it:
            it.kill_supervisor()
            adopter = Adopter(it)
            waiting = verb_in_background(it, "wait", "hello", "running")
            await_retries(waiting)
            adopter.unlink()
            if when == "is not there":
                await_retries(waiting)
            adopter.listen()
            adopter.answer()
            assert waiting.wait() == 0, f"the socket {when}: {waiting.said()}"
            adopter.go()
            it.adopt().signal()
            it.ends(8)


def lifecycle(poweroff="destroy", reboot="restart", crash="destroy"):
    return f"<on_poweroff>{poweroff}</on_poweroff><on_reboot>{reboot}</on_reboot><on_crash>{crash}</on_crash>"


def test_power_off_meanwhile():
    """QEMU ends, and so has the guest: whoever looks finds that."""
    with running() as it:
        it.kill_supervisor()
        it.type(b"p")
        guest.await_that(lambda: guest.process_state(it.qemu) in (None, "Z"))
        guest.await_that(lambda: "hello" not in it.directory.verb("list").out)
        state = json.loads(it.directory.verb("domstate", "--json", "hello").out)
        assert (state["state"], state["reason"]) == ("ended", "unsupervised"), state
        err = it.directory.verb("adopt", "hello", code=10).err
        assert "has ended (unsupervised)" in err, err
        it.directory.assert_nothing_left()


def test_end_is_told_once():
    with running() as it:
        it.kill_supervisor()
        os.kill(it.qemu, signal.SIGKILL)
        guest.await_that(lambda: guest.process_state(it.qemu) in (None, "Z"))
        err = it.directory.verb("list", "--all").err
        assert "has ended while nobody looked after it" in err, err
        result = it.directory.verb("list", "--all")
        assert not result.err and re.search("hello +ended", result.out), result
        again = it.directory.run(it.xml, "--adopt", "--console")
        again.expect(re.escape(HELLO))
        again.send(b"p")
        assert again.wait() == 0, again.said()
        it.directory.assert_nothing_left()


def test_power_off_meanwhile_restarts():
    with running(lifecycle=lifecycle(poweroff="restart")) as it:
        it.kill_supervisor()
        it.type(b"p")
        it.await_qemu_state("shutdown")
        run = it.adopt("--verbose", wait=False)
        run.expect_error(r"-> running \(restarted\)")
        state = it.state()
        assert state["restarts"] == 1 and state["qemu-pid"] != it.qemu, state
        it.qemu = state["qemu-pid"]
        it.kill_supervisor()    # the next is started by one that has adopted the last
        it.adopt()
        assert it.state()["restarts"] == 1
        it.run.signal()
        it.ends(8)


def test_power_off_meanwhile_is_preserved():
    with running(lifecycle=lifecycle(poweroff="preserve")) as it:
        it.kill_supervisor()
        it.type(b"p")
        it.await_qemu_state("shutdown")
        it.adopt()
        assert (it.state()["state"], it.state()["reason"]) == ("preserved", "power-off")
        it.kill_supervisor()    # a preserved guest is adopted, too
        it.adopt()
        assert (it.state()["state"], it.state()["reason"]) == ("preserved", "power-off")
        it.directory.verb("destroy", "hello")
        it.ends(0)


def test_reboot_that_was_preserved():
    with running(lifecycle=lifecycle(reboot="preserve")) as it:
        with open(os.open(it.directory.verb("ttyconsole", "hello").out.strip(), os.O_RDWR | os.O_NOCTTY), "r+b", buffering=0) as tty:
            tty.write(b"r")
            it.directory.await_state("hello", "preserved")
        it.kill_supervisor()
        it.adopt()
        assert (it.state()["state"], it.state()["reason"]) == ("preserved", "reboot")
        it.directory.verb("destroy", "hello")
        it.ends(9)


def _panic(action, code):
    def test():
        with running(lifecycle=lifecycle(crash=action)) as it:
            it.kill_supervisor()
            it.type(b"c")
            it.await_qemu_state("guest-panicked")
            run = it.adopt("--verbose", wait=False)
            run.expect_error("the guest has panicked")
            if action == "restart":
                run.expect_error(r"-> running \(restarted\)")
                it.qemu = it.state()["qemu-pid"]
                run.signal()
            elif action == "preserve":
                it.directory.await_state("hello", "preserved")
                it.directory.verb("destroy", "hello")
            it.ends(code)
    return test


test_panic_meanwhile = _panic("destroy", 6)
test_panic_meanwhile_restarts = _panic("restart", 8)
test_panic_meanwhile_is_preserved = _panic("preserve", 6)


def test_qemu_killed_under_its_second_supervisor():
    with running(lifecycle=lifecycle(crash="restart")) as it:
        it.kill_supervisor()
        run = it.adopt("--verbose")
        os.kill(it.qemu, signal.SIGKILL)
        run.expect_error(r"QEMU died: of its status only the supervisor was told.*starting it again")
        run.expect_error(r"-> running \(restarted\)")
        it.qemu = it.state()["qemu-pid"]
        os.kill(it.qemu, signal.SIGKILL)    # its own child now
        run.expect_error("QEMU died: killed by signal 9")
        guest.await_that(lambda: it.state()["restarts"] == 2)
        it.directory.await_state("hello")
        run.signal()
        assert run.wait() == 8, run.said()


def _document(change):
    """Whatever becomes of the document, the guest stays what it is, and starts again as it was."""
    def test():
        with running(lifecycle=lifecycle(poweroff="restart")) as it:
            it.kill_supervisor()
            change(it.directory.path / "guest.xml")
            run = it.adopt("--verbose", "--console")
            run.expect(re.escape(HELLO))
            run.send(b"p")
            run.expect_error(r"-> running \(restarted\)")
            assert "<name>hello</name>" in it.directory.verb("dumpxml", "hello").out
            it.qemu = it.state()["qemu-pid"]
            run.signal()
            it.ends(8)
    return test


test_document_that_is_gone = _document(lambda path: path.unlink())
test_document_that_has_changed = _document(lambda path: path.write_text("<domain/>"))


def test_document_of_standard_input():
    with guest.Directory() as directory:
        log = directory.path / "serial.log"
        xml = guest.hello_xml(LOGGED.format(log=log))
        run = guest.Run(["run", "--root", str(directory.runtime), "--detach", "-"], directory.environment, directory.path)
        run.send(xml.encode())
        run.process.stdin.close()
        assert run.wait() == 0, run.said()
        os.kill(json.loads(directory.verb("domstate", "--json", "hello").out)["pid"], signal.SIGKILL)
        guest.await_that(lambda: directory.verb("domstate", "hello").out == "unsupervised\n")
        run = guest.Run(["adopt", "--root", str(directory.runtime), "hello"], directory.environment, directory.path)
        guest.await_that(lambda: directory.verb("domstate", "hello").out == "running\n", run.said)
        run.signal()
        assert run.wait() in (0, 8), run.said()
        directory.assert_nothing_left()


PASSWORD = "<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='geheim12'/>"


def _password(changes):
    """It is in no file of the adoption; where the document is still the same, a restart has it from there."""
    def test():
        with running(LOGGED + PASSWORD, lifecycle(poweroff="restart")) as it:
            for name in ("run", "resources"):
                path, = it.directory.runtime.rglob(name)
                assert b"geheim12" not in path.read_bytes(), path.read_text()
            it.kill_supervisor()
            if changes:
                it.directory.write("guest.xml", "<domain/>")
            run = it.adopt("--verbose", "--console")
            run.send(b"p")
            run.expect_error(r"-> running \(restarted\)")
            assert ("lets nobody in" in run.err.text or "let nobody in" in run.err.text) == changes, run.said()
            it.qemu = it.state()["qemu-pid"]
            run.signal()
            it.ends(8)
    return test


test_password_is_read_again = _password(changes=False)
test_password_that_is_gone = _password(changes=True)


def test_changes_of_the_command_line():
    """They are in the document that is kept, once; what is secret of them is not."""
    changes = ["--memory=24M", "--set", "//graphics/@passwd=geheim12", "--set=title=geheim12"]
    with running(LOGGED + PASSWORD.replace(" passwd='geheim12'", ""), options=changes) as it:
        path, = it.directory.runtime.rglob("run")
        record = json.loads(path.read_text())
        assert "geheim12" not in " ".join(record["words"]) and 'passwd="geheim12"' not in record["document"], record
        it.kill_supervisor()
        it.adopt()
        xml = it.directory.verb("dumpxml", "hello").out
        assert xml.count("<graphics") == 1 and "<title>geheim12</title>" in xml, xml
        it.run.signal()
        it.ends(8)


def test_generated_by_chance():
    """What --random has drawn stays."""
    with running(options=["--random"]) as it:
        uuid = it.state()["uuid"]
        it.kill_supervisor()
        it.adopt()
        assert it.state()["uuid"] == uuid
        it.run.signal()
        it.ends(8)


def test_die_together():
    with running(options=["--die-together"]) as it:
        os.kill(it.run.pid, signal.SIGKILL)
        it.run.process.wait()
        guest.await_that(lambda: guest.process_state(it.qemu) in (None, "Z"))
        again = it.directory.run(it.xml, "--console")    # waits for the end of that QEMU
        again.expect(re.escape(HELLO))
        again.send(b"p")
        assert again.wait() == 0, again.said()
        it.directory.assert_nothing_left()


def test_another_name_at_each_restart():
    """Whoever adopts it goes on under the next."""
    with running(lifecycle=lifecycle(poweroff="rename-restart")) as it:
        for number in (1, 2):
            it.kill_supervisor()
            run = it.adopt("--verbose", "--console")
            run.send(b"p")
            run.expect_error(f"the guest goes on as 'hello-{number}'")
            run.expect_error(r"-> running \(restarted\)")
            it.name = f"hello-{number}"
            it.qemu = it.state()["qemu-pid"]
        run.signal()
        assert run.wait() == 8, run.said()
        for name in ("hello", "hello-1"):
            assert it.directory.verb("domstate", name).out == "preserved\n"
            it.directory.verb("destroy", name)
        it.directory.assert_nothing_left()


def test_what_qemu_says():
    """Nobody hears it for a while, QEMU goes on, and then it is heard again."""
    with running() as it:
        it.kill_supervisor()
        run = it.adopt()
        with open(f"/proc/{it.qemu}/fd/2", "w", encoding="ascii") as words:
            words.write("a word of QEMU's\n")
        run.expect_error("a word of QEMU's\n")
        run.signal()
        it.ends(8)


def test_killed_while_it_starts():
    """A guest that has not run yet is started by who adopts it."""
    with guest.Directory() as directory:
        # A QEMU that stands from its first instruction on: it is stopped before it has answered.
        fake = directory.write("qemu", f"#!/bin/sh\n>'{directory.path}/here'\nkill -STOP $$\nexec qemu-system-x86_64 \"$@\"\n")
        fake.chmod(0o755)
        xml = guest.hello_xml("<serial type='stdio'/>" + PASSWORD).replace("<devices>", f"<devices><emulator>{fake}</emulator>")
        run = directory.run(xml)
        guest.await_that((directory.path / "here").exists, run.said)
        guest.await_that(lambda: list(directory.runtime.rglob("resources")), run.said)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        guest.await_that(lambda: directory.verb("domstate", "hello").out == "unsupervised\n")
        state, = directory.runtime.rglob("state")
        stopped = json.loads(state.read_text())["qemu-pid"]
        fake.write_text("#!/bin/sh\nexec qemu-system-x86_64 \"$@\"\n")
        run = guest.Run(["adopt", "--root", str(directory.runtime), "hello"], directory.environment, directory.path)
        run.expect_error("")
        guest.await_that(lambda: json.loads(directory.verb("domstate", "--json", "hello").out)["state"] == "starting")
        os.kill(stopped, signal.SIGCONT)
        run.expect_error("it is started again")
        run.expect(re.escape(HELLO))
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_adopter_that_cannot():
    """One that fails leaves all as it was."""
    with running() as it:
        it.kill_supervisor()
        log = it.log.read_bytes()
        it.log.unlink()
        it.log.mkdir()
        run = it.adopt(wait=False)
        assert run.wait() == 4, run.said()
        assert it.state()["state"] == "unsupervised"
        it.log.rmdir()
        it.log.write_bytes(log)
        it.adopt().signal()
        it.ends(8)


def test_uuid_is_still_taken():
    """Also by a guest whose second supervisor has it from a QEMU that has ended since."""
    with running(lifecycle=lifecycle(poweroff="restart")) as it:
        uuid = it.state()["uuid"]
        other = guest.hello_xml(name="other").replace("<name>", f"<uuid>{uuid}</uuid><name>")

        def refused():
            run = it.directory.run(other)
            assert run.wait() == 4, run.said()
            assert f"the uuid {uuid} is that of the guest 'hello'" in run.err.text, run.said()

        it.kill_supervisor()
        refused()
        run = it.adopt("--verbose", "--console")
        refused()
        run.send(b"p")
        run.expect_error(r"-> running \(restarted\)")
        refused()
        it.qemu = it.state()["qemu-pid"]
        run.signal()
        it.ends(8)


def test_sockets_are_hidden():
    """Who may connect to them is who may look into the directory; the kernel's list of sockets does not tell."""
    with running() as it:
        names = [path.name for path in it.directory.runtime.rglob("*-*") if path.is_socket()]
        assert len(names) == 2 and all(re.fullmatch(r"(qmp|console)-\d+-[0-9a-f]{32}", name) for name in names), names
        known = pathlib.Path("/proc/net/unix").read_text()
        assert not any(name in known for name in names)
        it.run.signal()
        it.ends(8)


if __name__ == "__main__":
    tap.main()
