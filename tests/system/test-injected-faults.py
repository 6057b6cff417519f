#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each system call that domrun makes on the way to a guest, while it runs and at its end, fails once: what is said then,
with which exit code, what is left, and whether the next start works. The same of verbs, and with too little memory.

tests/inject-fault.c lets the call number N fail; N goes from the first call to where there is none. `make check` takes a
part of all N, DOMRUN_FAULTS=all takes each."""

import errno
import json
import math
import os
import shutil
import subprocess

import guest
import tap

INJECT = guest.BUILD / "tests/inject-fault"
EMULATOR = guest.BUILD / "tests/quick-emulator"
ALL = os.environ.get("DOMRUN_FAULTS") == "all"
SANITIZED = "libasan" in subprocess.run(["ldd", guest.DOMRUN], stdout=subprocess.PIPE, text=True, check=False).stdout

CODES = range(1, 15)    # of domrun(1)
INTERNAL, NO_GUEST, RESTARTS = 1, 10, 14
TEMPLATE = b"variables" * 1000

# How many numbers of a call `make check` tries, evenly spread: more of those that are made for many reasons.
SAMPLE = {"openat": 8, "write": 8, "fcntl": 6}
USUAL_SAMPLE = 2 if SANITIZED else 3

DOCUMENT = """<domain type='qemu'>
  <name>{name}</name>
  <uuid>6ba7b810-9dad-11d1-80b4-00c04fd430c9</uuid>
  <memory unit='MiB'>16</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <loader readonly='yes' type='pflash'>{here}/code</loader>
    <nvram template='{here}/template'>{here}/variables</nvram>
  </os>
  <on_poweroff>restart</on_poweroff>
  <devices>
    <emulator>{emulator}</emulator>
    <disk type='file'>
      <driver name='qemu' type='qcow2'/>
      <source file='{here}/image'>
        <encryption format='luks'><secret type='passphrase' usage='key'/></encryption>
      </source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'><log file='{here}/log'/></serial>
    <serial type='file'><source path='{here}/mark'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='spice' port='-1'/>
  </devices>
</domain>
"""

# What each call fails with; one that this machine has not (open where there is openat) is never made.
ERRORS = {
    "open": "EMFILE", "openat": "EMFILE", "socket": "EMFILE", "bind": "ENOSPC", "listen": "ENOMEM", "connect": "EACCES",
    "fork": "EAGAIN", "vfork": "EAGAIN", "clone": "EAGAIN", "clone3": "EAGAIN", "execve": "ENOMEM", "write": "ENOSPC",
    "mmap": "ENOMEM", "ioctl": "EIO", "rename": "ENOSPC", "renameat": "ENOSPC", "renameat2": "ENOSPC", "fsync": "EIO",
    "mkdir": "EROFS", "mkdirat": "ENOSPC", "link": "ENOSPC", "linkat": "ENOSPC", "pidfd_open": "EMFILE",
    "memfd_create": "EMFILE", "flock": "ENOLCK", "fcntl": "EMFILE", "pipe2": "EMFILE", "signalfd4": "EMFILE",
    "eventfd2": "EMFILE", "prctl": "EPERM", "setsid": "EPERM", "dup2": "EMFILE", "dup3": "EMFILE", "read": "EIO",
    "newfstatat": "EIO", "fstat": "EIO", "fchmod": "EPERM", "lseek": "EINVAL", "setsockopt": "EINVAL", "getdents64": "EIO",
    "prlimit64": "EPERM", "landlock_create_ruleset": "ENOMEM", "landlock_add_rule": "ENOMEM",
    "landlock_restrict_self": "ENOMEM", "accept4": "EMFILE", "sendmsg": "ENOMEM", "recvmsg": "EIO",
}

# Where no reason is told: a hang-up of QEMU is one, whatever it was, and a file that cannot be looked at is not there.
WITHOUT_REASON = ("read(", "recvmsg(", "fstat(", "newfstatat(")

# What the guest's files are, which stay.
KEPT = {"log", "mark", "variables"}


def make(directory, name="faults"):
    if not shutil.which("qemu-img"):
        raise tap.Skip("there is no qemu-img")
    here = directory.path
    (here / "code").write_bytes(bytes(1 << 16))
    (here / "template").write_bytes(TEMPLATE)
    (here / "key").write_bytes(b"a key")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "image", "1M"], cwd=here, check=True)
    directory.write("guest.xml", DOCUMENT.format(here=here, emulator=EMULATOR, name=name))


class Walk:
    """The calls of one command, which fail one after the other."""

    def __init__(self, directory, arguments, code, least_marks=0):
        self.directory = directory
        self.arguments = arguments
        self.code = code                  # of one that has succeeded, when
        self.least_marks = least_marks    # so many runs of the emulator have left their marks
        self.names = set(os.listdir(directory.path)) | KEPT
        self.about = ""                   # what the call that failed was about

    def execute(self, call=None, number=0, error="EIO"):
        """What it ended with, with that fault, or with none; .count is the number of these calls."""
        return self._await_end(self._execute(call, number, error))

    def _await_end(self, done):
        """One in the background is on its way to its end."""
        guest.await_that(lambda: not self.directory.processes(), lambda: f"a process is left after {done}")
        return done

    def _execute(self, call, number, error):
        report = self.directory.path / "report"
        prefix = [INJECT, call, str(number), error, report] if call else []
        done = subprocess.run([*prefix, guest.DOMRUN, *self.arguments], env=self.directory.environment, cwd=self.directory.path,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=guest.PATIENCE, check=False)
        if call:
            if done.returncode == 125:
                raise tap.Skip("system calls cannot be made to fail here (seccomp, user notification)")
            count, self.about = report.read_text(errors="backslashreplace").split("\n", 1)
            done.count = int(count)
            report.unlink()
        done.said = done.stderr.decode(errors="backslashreplace")
        return done

    def take_marks(self):
        """How often the guest ran; and what it has written is removed, so that each try begins with the same."""
        mark = self.directory.path / "mark"
        marks = mark.stat().st_size if mark.exists() else 0
        variables = self.directory.path / "variables"
        assert not variables.exists() or variables.read_bytes() == TEMPLATE, "half of the firmware's variables"
        for name in KEPT:
            (self.directory.path / name).unlink(missing_ok=True)
        return marks

    def left(self):
        """What is in the runtime directory, beside traces of a guest, and what is beside that."""
        traces = {path for trace in self.directory.runtime.glob("*/state") if json.loads(trace.read_text())["state"] == "ended"
                  for path in trace.parent.iterdir() if path.name in ("events", "lock", "log", "state")}
        left = [str(path) for base in (self.directory.runtime, self.directory.temporary) for path in base.rglob("*")
                if not path.is_dir() and path not in traces]
        return left + [name for name in os.listdir(self.directory.path) if name not in self.names]

    def check(self, done, error):
        """One that has ended: what it said, and what it left."""
        marks = self.take_marks()
        if done.returncode == self.code:
            assert marks >= self.least_marks, f"it ran {marks} times"
        else:
            assert done.returncode in CODES, "no exit code of domrun's"
            if "error: " not in self.about:
                assert "error: " in done.said, "it failed without a word"
                assert self.about.startswith(WITHOUT_REASON) or os.strerror(getattr(errno, error)) in done.said, "not the reason"
        # What could not be removed at the end is found by the next.
        assert done.returncode == self.code or not self.left(), f"left: {self.left()}"

    def check_again(self):
        again = self.execute()
        marks = self.take_marks()
        assert again.returncode == self.code and marks >= self.least_marks, f"the next: {again.returncode}, {again.said}"
        assert not self.left(), f"left by the next: {self.left()}"

    def walk(self, call, error):
        counted = self.execute(call)
        self.check(counted, error)
        step = 1 if ALL else max(1, math.ceil(counted.count / SAMPLE.get(call, USUAL_SAMPLE)))
        for number in range(1, counted.count + 1, step):
            done = self.execute(call, number, error)
            try:
                self.check(done, error)
                self.check_again()
            except AssertionError as assertion:
                raise AssertionError(f"{call} number {number} of {counted.count} fails with {error}: {self.about.strip()}\n"
                                     f"{assertion}\nexit code {done.returncode}\n{done.said}") from None


RUN = ["run", "--root=run", "--secret=key=key", "--restart-limit=2/1000", "guest.xml"]


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

    def __init__(self, directory, arguments):
        super().__init__(directory, [arguments[0], "--root=run", *arguments[1:]], 0)
        self.answer = self.execute().stdout

    def _await_end(self, done):
        return done

    def check(self, done, error):
        if done.returncode == 0:
            assert done.stdout == self.answer, f"another answer: {done.stdout}"
        else:
            assert done.returncode in CODES and done.returncode != NO_GUEST, "there is that guest"
            assert "error: " in done.said or "error: " in self.about, "it failed without a word"

    def check_again(self):
        """It changes nothing."""


QUESTIONS = [["list", "--all"], ["list", "--json"], ["domstate", "--reason", "stays"], ["dominfo", "stays"], ["domid", "stays"],
             ["domuuid", "stays"], ["dumpxml", "stays"], ["domblklist", "stays"], ["ttyconsole", "stays"], ["domdisplay", "stays"],
             ["events", "stays"], ["log", "stays"], ["wait", "stays", "running"], ["qmp", "stays", "query-status"]]


def test_questions():
    with guest.Directory(patience=1) as directory:
        make(directory, name="stays")
        run = directory.run((directory.path / "guest.xml").read_text(), "--secret=key=key")
        directory.await_state("stays")
        for arguments in QUESTIONS:
            for call in ("openat", "read", "socket", "connect", "sendmsg", "getdents64", "fcntl", "flock", "write"):
                Question(directory, arguments).walk(call, ERRORS[call])
        directory.destroy("stays")
        run.wait()
        directory.assert_nothing_left()


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


CALLS_BEFORE_WHICH_IT_IS_KILLED = ("openat", "write", "renameat", "rename", "link", "linkat", "fsync", "mkdirat", "socket", "bind",
                                   "vfork", "execve", "flock", "unlinkat", "unlink", "close", "dup2", "landlock_restrict_self",
                                   "sendto", "waitid")


def test_variables_are_written_before_they_have_a_name():
    with guest.Directory(patience=1) as directory:
        make(directory)
        done = Walk(directory, RUN, RESTARTS)._execute("fsync", 1, "EIO")
        assert done.returncode == 4 and done.count == 1, done.said
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
            assert done.returncode == RESTARTS and done.count == 2, (done.count, done.said)


def test_killed():
    """As by the superuser, the kernel when memory is short, or a power failure as far as files go: nothing is half."""
    with guest.Directory(patience=1) as directory:
        make(directory)
        for call in CALLS_BEFORE_WHICH_IT_IS_KILLED:
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
