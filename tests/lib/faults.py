# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs of domrun in which one system call fails, or is where domrun is killed: tests/inject-fault.c lets the call number N
fail. What was said then, with which exit code, what is left, and whether the next start works.

`make check` takes a part of all N, DOMRUN_FAULTS=all takes each."""

import errno
import json
import math
import os
import shutil
import subprocess
import threading

import guest
import tap

INJECT = guest.BUILD / "tests/inject-fault"
EMULATOR = guest.BUILD / "tests/quick-emulator"
ALL = os.environ.get("DOMRUN_FAULTS") == "all"
SANITIZED = "libasan" in subprocess.run(["ldd", guest.DOMRUN], stdout=subprocess.PIPE, text=True, check=False).stdout

CODES = range(1, 15)    # of domrun(1)
INTERNAL, NO_GUEST, STOPPED, RESTARTS = 1, 10, 8, 14
TEMPLATE = b"variables" * 1000

# Of the document of make(): from the start over a restart to the end.
RUN = ["run", "--root=run", "--secret=key=key", "--restart-limit=2/1000", "guest.xml"]

# How many numbers of a call `make check` tries, evenly spread: more of those that are made for many reasons.
SAMPLE = {"openat": 8, "write": 8, "fcntl": 6}
USUAL_SAMPLE = 2 if SANITIZED else 3

DOCUMENT = """<domain type='qemu'>
  <name>{name}</name>
  <uuid>6ba7b810-9dad-11d1-80b4-00c04fd430c9</uuid>
  <memory unit='MiB'>16</memory>
  {head}
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
    {devices}
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
    "landlock_restrict_self": "ENOMEM", "accept4": "EMFILE", "sendmsg": "ENOMEM", "recvmsg": "EIO", "sendto": "ENOMEM",
    "socketpair": "EMFILE",
}

# In place of which it may be killed; each can be counted, too.
KILLED_BEFORE = ("openat", "write", "renameat", "rename", "link", "linkat", "fsync", "mkdirat", "socket", "bind", "vfork", "execve",
                 "flock", "unlinkat", "unlink", "close", "dup2", "landlock_restrict_self", "sendto", "waitid")
CALLS = sorted({*ERRORS, *KILLED_BEFORE})

# Where no reason is told: a hang-up of QEMU or of a program beside it is one, whatever it was, and a file that cannot be
# looked at is not there.
WITHOUT_REASON = ("read(", "recvmsg(", "sendto(", "fstat(", "newfstatat(")

# What the guest's files are, which stay.
KEPT = {"log", "mark", "variables"}


def make(directory, name="faults", devices="", head=""):
    if not shutil.which("qemu-img"):
        raise tap.Skip("there is no qemu-img")
    here = directory.path
    (here / "code").write_bytes(bytes(1 << 16))
    (here / "template").write_bytes(TEMPLATE)
    (here / "key").write_bytes(b"a key")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "image", "1M"], cwd=here, check=True)
    directory.write("guest.xml", DOCUMENT.format(here=here, emulator=EMULATOR, name=name, devices=devices, head=head))


class Walk:
    """The calls of one command, which fail one after the other."""

    counted = {}                # how many there are of each call, of each command
    lock = threading.Lock()

    def __init__(self, directory, arguments, code, least_marks=0, offset=0):
        self.directory = directory
        self.arguments = arguments
        self.code = code                  # of one that has succeeded, when
        self.least_marks = least_marks    # so many runs of the emulator have left their marks
        self.offset = offset              # which part of all N is taken
        self.names = set(os.listdir(directory.path)) | KEPT
        self.about = ""                   # what the call that failed was about

    def execute(self, call=None, number=0, error="EIO"):
        """What it ended with, with that fault, or with none."""
        return self._await_end(self._execute(call, number, error))

    def _await_end(self, done):
        """One in the background is on its way to its end."""
        guest.await_that(lambda: not self.directory.processes(), lambda: f"a process is left after {done}")
        return done

    def _execute(self, call, number, error):
        """Of several calls, "openat,write", done.counts has how many there were."""
        report = self.directory.path / "report"
        prefix = [INJECT, call, str(number), error, report] if call else []
        done = self._run([*prefix, guest.DOMRUN, *self.arguments])
        if call:
            self._read(report, call, done)
        done.said = done.stderr.decode(errors="backslashreplace")
        return done

    def _run(self, words):
        return subprocess.run(words, env=self.directory.environment, cwd=self.directory.path, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=guest.PATIENCE, check=False)

    def _read(self, report, call, done):
        if done.returncode == 125:
            raise tap.Skip("system calls cannot be made to fail here (seccomp, user notification)")
        calls = call.split(",")
        *counts, self.about = report.read_text(errors="backslashreplace").split("\n", len(calls))
        done.counts = dict(zip(calls, map(int, counts)))
        report.unlink()

    def _key(self):
        document = (self.directory.path / "guest.xml").read_text().replace(str(self.directory.path), "")
        return (type(self).__name__, document, *self.arguments)

    def count(self, call):
        """How many there are where none fails; all calls are counted at once."""
        key = self._key()
        with self.lock:
            if key not in self.counted:
                done = self.execute(",".join(CALLS))
                self.check(done, "EIO")
                self.counted[key] = done.counts
        return self.counted[key][call]

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
        """One that has ended: what it said, and what it left. Returns whether the next start has something to show."""
        marks = self.take_marks()
        left = self.left()
        if done.returncode == self.code:
            assert marks >= self.least_marks, f"it ran {marks} times"
        else:
            assert done.returncode in CODES, "no exit code of domrun's"
            if "error: " not in self.about:
                assert "error: " in done.said, "it failed without a word"
                assert self.about.startswith(WITHOUT_REASON) or os.strerror(getattr(errno, error)) in done.said, "not the reason"
        # What could not be removed at the end is found by the next.
        if self.about.startswith("flock("):
            left = [path for path in left if not path.endswith("/lock")]
        assert done.returncode == self.code or not left, f"left: {left}"
        return done.returncode != self.code or left

    def check_again(self):
        again = self.execute()
        marks = self.take_marks()
        assert again.returncode == self.code and marks >= self.least_marks, f"the next: {again.returncode}, {again.said}"
        assert not self.left(), f"left by the next: {self.left()}"

    def numbers(self, call, sample, first):
        """Evenly spread, and others with another offset."""
        last = self.count(call)
        step = 1 if ALL else max(1, math.ceil((last + 1 - first) / (sample or SAMPLE.get(call, USUAL_SAMPLE))))
        return range(first + self.offset % step, last + 1, step)

    def walk(self, call, error, sample=None, first=1):
        for number in self.numbers(call, sample, first):
            done = self.execute(call, number, error)
            try:
                if self.check(done, error):
                    self.check_again()
            except AssertionError as assertion:
                raise AssertionError(f"{call} number {number} of {self.count(call)} fails with {error}: {self.about.strip()}\n"
                                     f"{assertion}\nexit code {done.returncode}\n{done.said}") from None
