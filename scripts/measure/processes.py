# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that are started to be measured, and what they took."""

import contextlib
import os
import pathlib
import shlex
import statistics
import sys
import time


def fail(text):
    sys.exit(f"bench: {text}")


def spawn(command, **files):
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, files.get(name, null), number)
               for number, name in enumerate(("stdin", "stdout", "stderr"))]
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    os.close(null)
    return pid


def reap(pid, command):
    """What the ended process used; that it failed ends the run."""
    _, status, usage = os.wait4(pid, 0)
    if status:
        fail(f"{shlex.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    return usage


def processor_time(command):
    """Seconds of the processor that @command takes from its start to its end."""
    usage = reap(spawn(command), command)
    return usage.ru_utime + usage.ru_stime


def clock_time(command):
    """Seconds by the clock from its start to its end."""
    start = time.monotonic()
    reap(spawn(command), command)
    return time.monotonic() - start


class Guest:
    """A program that connects a built-in guest's console with its standard input and output, up to the first byte."""

    def __init__(self, command):
        self.command = command
        stdin, self._in = os.pipe()
        self._out, stdout = os.pipe()
        start = time.monotonic()
        self.pid = spawn(command, stdin=stdin, stdout=stdout)
        os.close(stdin)
        os.close(stdout)
        self._said = os.read(self._out, 1)
        self.start_seconds = time.monotonic() - start
        if not self._said:
            reap(self.pid, command)
            fail(f"{shlex.join(command)} ended before its guest said anything")
        self.read_until(b"\n")

    def send(self, data):
        os.write(self._in, data)

    def read_until(self, end):
        """Reads until the last that came is @end, or all has ended; returns how many bytes."""
        count, last = 0, b""
        while not last.endswith(end):
            some = os.read(self._out, 65536)
            if not some:
                break
            count, last = count + len(some), (last + some)[-len(end):]
        return count

    def end(self):
        """Has the guest power off. Returns the seconds until the program has ended."""
        start = time.monotonic()
        self.send(b"p")
        while os.read(self._out, 65536):
            pass
        reap(self.pid, self.command)
        seconds = time.monotonic() - start
        os.close(self._in)
        os.close(self._out)
        return seconds


def start_and_end(command):
    """Seconds by the clock to the first byte of the guest, and from when it powers off to the program's end."""
    guest = Guest(command)
    return guest.start_seconds, guest.end()


def pss(*pids):
    """KiB that belong to the processes, with their share of what they share."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def run_time(pid):
    """Seconds of the processor that the main thread of a process has taken, exactly."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def memory_available():
    """KiB."""
    return next(int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
                if line.startswith("MemAvailable:"))


class Pairs:
    """What two things took, in turn, so that neither the machine nor what else it does is in the ratio."""

    def __init__(self, one, other, count):
        one(), other()
        self.took = [(one(), other()) for _ in range(count)]

    @classmethod
    def of(cls, took):
        pairs = cls.__new__(cls)
        pairs.took = took
        return pairs

    @property
    def ratio(self):
        return statistics.median(a / b for a, b in self.took)

    @property
    def difference(self):
        return statistics.median(a - b for a, b in self.took)

    @property
    def medians(self):
        return [statistics.median(times) for times in zip(*self.took)]

    @property
    def fastest(self):
        """The ratio of the two fastest, which tells of a noisy machine where it is another."""
        one, other = [min(times) for times in zip(*self.took)]
        return one / other
