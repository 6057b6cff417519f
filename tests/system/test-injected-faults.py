#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each system call that domrun makes on the way to a guest, while it runs and at its end, fails once: what is said then,
with which exit code, what is left, and whether the next start works (tests/lib/faults.py). The same of verbs, and with too
little memory."""

import os
import shutil
import subprocess

import control
import guest
import tap
from faults import ALL, CODES, ERRORS, INTERNAL, KILLED_BEFORE, NO_GUEST, RESTARTS, RUN, SANITIZED, STOPPED, TEMPLATE, Walk, make


def _life(call, error):
    """From the start over a restart to the end."""
    def test():
        with guest.Directory(patience=1) as directory:
            make(directory)
            Walk(directory, RUN, RESTARTS, least_marks=2).walk(call, error)
    return test


for _call, _error in ERRORS.items():
    # The memory that a sanitizer needs is none of the program's; without it mmap() is what GLib and libc fall back from.
    if _call != "mmap" or not SANITIZED:
        globals()[f"test_{_call}"] = _life(_call, _error)


def _commands(arguments):
    def test():
        with guest.Directory(patience=1) as directory:
            make(directory)
            for call in ("openat", "read", "write", "fcntl", "flock", "getdents64", "landlock_create_ruleset", "vfork"):
                Walk(directory, arguments, 0).walk(call, ERRORS[call])
    return test


test_check = _commands(["check", "--secret=key=key", "guest.xml"])
test_argv = _commands(["argv", "--secret=key=key", "guest.xml"])


def test_detached():
    """Two processes: who waits learns how it came."""
    with guest.Directory(patience=1) as directory:
        make(directory)
        for call in ("openat", "clone", "vfork", "pipe2", "fcntl", "setsid", "dup3", "signalfd4"):
            Walk(directory, [RUN[0], "--detach", *RUN[1:]], 0, least_marks=1).walk(call, ERRORS[call])


class Question(Walk):
    """A verb that asks about a guest: a fault is told, or has no effect on the answer."""

    def __init__(self, directory, arguments, offset):
        super().__init__(directory, [arguments[0], "--root=run", *arguments[1:]], 0, offset=offset)
        self.answer = self.execute().stdout

    def _await_end(self, done):
        return done

    def check(self, done, error):
        if done.returncode == 0:
            assert done.stdout == self.answer, f"another answer: {done.stdout}"
        else:
            assert done.returncode in CODES and done.returncode != NO_GUEST, "there is that guest"
            assert "error: " in done.said or "error: " in self.about, "it failed without a word"
        return False    # it changes nothing


QUESTIONS = [["list", "--all"], ["list", "--json"], ["domstate", "--reason", "stays"], ["dominfo", "stays"], ["domid", "stays"],
             ["domuuid", "stays"], ["dumpxml", "stays"], ["domblklist", "stays"], ["ttyconsole", "stays"], ["domdisplay", "stays"],
             ["events", "stays"], ["log", "stays"], ["wait", "stays", "running"], ["qmp", "stays", "query-status"]]


def test_questions():
    with guest.Directory(patience=1) as directory:
        make(directory, name="stays")
        run = directory.run((directory.path / "guest.xml").read_text(), "--secret=key=key")
        directory.await_state("stays")
        for offset, arguments in enumerate(QUESTIONS):    # they have much in common, and each takes other numbers of it
            for call in ("openat", "read", "socket", "connect", "sendmsg", "getdents64", "fcntl", "flock", "write"):
                Question(directory, arguments, offset).walk(call, ERRORS[call], sample=1)
        directory.destroy("stays")
        run.wait()
        directory.assert_nothing_left()


class Served(Walk):
    """A supervisor that somebody talks to, before and after its guest was started again: who asks has an answer, an error or
    a hang-up, and the next is served, unless it was QEMU that could not be talked to any more."""

    ASKED = [("query-status", {}), ("query-consoles", {}), ("console", {}), ("query-display", {}), ("dumpxml", {}),
             ("subscribe", {"kept": True}), ("query-events", {}), ("qmp", {"execute": "query-status"})]

    def __init__(self, directory, asked, offset=0):
        super().__init__(directory, ["run", "--root=run", "--secret=key=key", "--restart-limit=0", "guest.xml"], STOPPED,
                         least_marks=2 if asked else 1, offset=offset)
        self.asked = asked

    def _key(self):
        return (*super()._key(), bool(self.asked))

    def _run(self, words):
        with subprocess.Popen(words, env=self.directory.environment, cwd=self.directory.path, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            out, err = guest.Stream(process.stdout), guest.Stream(process.stderr)
            try:
                self._talk(process)
            except BaseException:
                process.kill()
                raise
            code = process.wait(guest.PATIENCE)
            return subprocess.CompletedProcess(words, code, out.wait_end() and out.bytes, err.wait_end() and err.bytes)

    def _await_running(self, process, restarts):
        def look():
            """The file, and where that could not be written the supervisor, tells it."""
            state = control.state_of(self.directory.runtime, "stays") or {}
            if not state and self.asked:
                answer = self._ask("query-status")
                state = answer if isinstance(answer, dict) else {}
            return process.poll() is not None or state.get("state") == "running" and state["restarts"] >= restarts
        guest.await_that(look, lambda: f"it does not run: {control.state_of(self.directory.runtime, 'stays')}")

    def _ask(self, command, **arguments):
        """Returns the answer, or None where it hung up."""
        client = None
        try:
            client = control.Client(self.directory.runtime, "stays")
            return client.execute(command, **arguments)
        except (OSError, AssertionError) as error:
            assert not isinstance(error, TimeoutError), f"no answer to {command}"
            return None
        except control.Refused as refused:
            return refused.args
        finally:
            for fd in client.fds if client else ():
                os.close(fd)
            if client:
                client.close()

    def _talk(self, process):
        self._await_running(process, 0)
        for command, arguments in self.asked:
            self._ask(command, **arguments)
        if self.asked:
            while process.poll() is None and self._ask("reboot") is None:    # until it was heard
                pass
            self._await_running(process, 1)
            for command, arguments in self.asked:
                self._ask(command, **arguments)
        while process.poll() is None and self._ask("destroy") is None:
            pass


def test_served():
    """What fails is one of the calls of the talks, and not of the start."""
    with guest.Directory(patience=1) as directory:
        make(directory, name="stays", head="<features><acpi/></features>")
        for offset, call in enumerate(("accept4", "read", "sendmsg", "write", "openat", "fcntl", "socketpair", "renameat", "lseek", "mmap")):
            if call != "mmap" or not SANITIZED:
                Served(directory, Served.ASKED, offset).walk(call, ERRORS[call], first=Served(directory, []).count(call) + 1)


class Killed(Walk):
    """The process that makes the call is killed in place of that."""

    def __init__(self, directory, arguments, code, least_marks, old=None):
        self.old = old                    # what the firmware's variables are before; None: there are none
        super().__init__(directory, arguments, code, least_marks)

    def _execute(self, call, number, error):
        if self.old:
            (self.directory.path / "variables").write_bytes(self.old)
        return super()._execute(call, number, error)

    def _await_end(self, done):
        """A QEMU that goes on is found by its name, and ended; the guest may power off before."""
        if done.returncode == -9 and self.directory.verb("list", "--name").out:
            self.directory.destroy("faults")
        return super()._await_end(done)

    def take_marks(self):
        variables = self.directory.path / "variables"
        if variables.exists() and self.old and variables.read_bytes() == self.old:
            variables.unlink()
        return super().take_marks()

    def check(self, done, error):
        marks = self.take_marks()
        assert done.returncode in (-9, *CODES), "no exit code of domrun's"
        assert done.returncode != self.code or marks >= self.least_marks
        assert self.directory.verb("list", "--name").out == "", "a guest is listed that does not run"
        # One that is whole has its name for a moment before that of the old one, and is replaced by the next.
        whole = self.directory.path / "variables.new"
        if whole.exists() and whole.read_bytes() == TEMPLATE:
            self.names.add("variables.new")
        left = [path for path in self.left() if not path.startswith(str(self.directory.runtime))]
        assert not left, f"left beside the runtime directory: {left}"
        return done.returncode != self.code


def test_variables_are_written_before_they_have_a_name():
    with guest.Directory(patience=1) as directory:
        make(directory)
        done = Walk(directory, RUN, RESTARTS)._execute("fsync", 1, "EIO")
        assert done.returncode == 4 and done.counts == {"fsync": 1}, done.said
        assert not (directory.path / "variables").exists()


def test_state_of_a_tpm_is_written_before_it_has_its_name():
    """What swtpm_setup has made is, once it stands where swtpm looks, on the disk."""
    if not shutil.which("swtpm_setup"):
        raise tap.Skip("there is no swtpm_setup")
    for source in ("<source type='dir' path='{here}/state'/>", "<source type='file' path='{here}/state'/>"):
        with guest.Directory() as directory:
            make(directory)
            xml = (directory.path / "guest.xml").read_text()
            tpm = source.format(here=directory.path)
            directory.write("guest.xml", xml.replace("<serial", f"<tpm><backend type='emulator'>{tpm}</backend></tpm><serial", 1))
            walk = Walk(directory, RUN, RESTARTS)
            done = walk._execute("fsync", 2, "EIO")     # after that of the firmware's variables
            assert done.returncode == 4 and "Input/output error" in done.said and "/state" in done.said, done.said
            assert not [path for path in directory.path.glob("state*") if not path.is_dir()], "a state is there"
            assert not list(directory.path.glob("state/*")), "a state is there"
            walk.take_marks()
            done = walk._execute("fsync", 0, "EIO")
            assert done.returncode == RESTARTS and done.counts == {"fsync": 2}, (done.counts, done.said)


def test_killed():
    """As by the superuser, the kernel when memory is short, or a power failure as far as files go: nothing is half."""
    with guest.Directory(patience=1) as directory:
        make(directory)
        for call in KILLED_BEFORE:
            Killed(directory, RUN, RESTARTS, least_marks=2).walk(call, "KILL")


def test_killed_while_variables_are_made_anew():
    with guest.Directory(patience=1) as directory:
        make(directory)
        for call in ("openat", "write", "rename", "link", "linkat", "fsync", "unlink", "close"):
            Killed(directory, [RUN[0], "--reset-nvram", *RUN[1:]], RESTARTS, least_marks=2, old=b"old variables" * 1000).walk(call, "KILL")


def test_little_memory():
    """What there is no memory for ends the program with a word, as if it were killed: QEMU with it, and what is left is
    found by the next start. Before main() the loader and libraries are asked."""
    if SANITIZED:
        return      # they take terabytes of addresses
    with guest.Directory(patience=1) as directory:
        make(directory)
        walk = Walk(directory, RUN, RESTARTS, least_marks=2)

        def run(kibibytes):
            done = subprocess.run(["sh", "-c", 'ulimit -v "$0"; exec "$@"', str(kibibytes), guest.DOMRUN, *RUN],
                                  env=directory.environment, cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=guest.PATIENCE, check=False)
            return done.returncode, done.stderr.decode(errors="backslashreplace")

        too_little, enough = 1 << 10, 1 << 20
        while enough - too_little > 16:
            middle = (too_little + enough) // 2
            if run(middle)[0] in (127, -6):
                too_little = middle
            else:
                enough = middle
        seen = set()
        while RESTARTS not in seen:
            code, said = run(enough)
            walk.take_marks()
            assert code in (127, -6) or code in CODES and "error: " in said, (enough, code, said)
            assert code != INTERNAL or said.endswith("domrun: error: out of memory\n"), said
            guest.await_that(lambda: not directory.processes(), lambda: f"{enough} KiB: a process is left")
            walk.check_again()
            seen.add(code)
            enough += 1 if ALL else 16
        assert INTERNAL in seen, seen


if __name__ == "__main__":
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    tap.main(jobs=2)
