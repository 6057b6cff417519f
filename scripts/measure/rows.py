# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured of one domrun, each beside what it takes at least. A function takes the Bench and adds figures to it."""

import dataclasses
import json
import os
import pathlib
import re
import select
import statistics
import subprocess
import threading
import time
import tty

import documents
import processes

FLOOR = """
#include <glib.h>
#include <libxml/parser.h>

int main(void)
{
  xmlInitParser();
  g_free(g_strdup("x"));
  return 0;
}
"""

ARGV_BOUND, START_BOUND, END_BOUND = 1.3, 1.05, 10
IDLE_BOUND = 2048  # KiB
CONSOLE_BYTES = 1000000


@dataclasses.dataclass
class Figure:
    row: str
    what: str
    value: float
    unit: str
    beside: str = ""            # what it is compared with, in turn
    other: float = None         # what that took
    ratio: float = None
    bound: float = None         # of the ratio, or where there is none of the value
    note: str = ""

    @property
    def is_kept(self):
        return self.bound is None or (self.value if self.ratio is None else self.ratio) <= self.bound

    def line(self):
        """A row of the table."""
        def amount(number):
            return f"{number:.{2 if number < 100 else 0}f} {self.unit}" if number is not None else ""
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        bound = "" if self.bound is None else f"{'kept' if self.is_kept else 'MISSED'}: {self.bound:g}"
        if self.ratio is None and bound:
            bound += f" {self.unit}"
        other = f"{self.beside}: {amount(self.other)}" if self.other is not None else self.beside
        return "| " + " | ".join([self.what, amount(self.value), other, ratio, bound, self.note]) + " |"


HEADER = "| what | domrun | beside | ratio | bound | |\n|---|---|---|---|---|---|"


class Bench:
    """One run: the programs, a scratch directory, and what was found."""

    def __init__(self, options, directory, domrun, against):
        self.options, self.directory, self.domrun, self.against = options, pathlib.Path(directory), domrun, against
        self.figures, self.series, self.notes = [], {}, []
        self.image = str((pathlib.Path(domrun).parent / "tests/guest/guest.img").resolve())
        self._floor = None

    def add(self, *arguments, **named):
        figure = Figure(*arguments, **named)
        self.figures.append(figure)
        print(figure.line(), flush=True)

    def add_pairs(self, row, what, pairs, beside, bound=None):
        one, other = pairs.medians
        self.add(row, what, one * 1e3, "ms", beside, other * 1e3, pairs.ratio, None if self.against else bound,
                 f"of the fastest {pairs.fastest:.2f}")

    def say(self, text):
        self.notes.append(text)
        print(text, flush=True)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def run_command(self, document, program=None, options=()):
        return [program or self.domrun, "run", "--quiet", "--console", f"--root={self.directory / 'run'}", *options, document]

    @property
    def floor(self):
        """A program that only links libxml2 and GLib and calls one function of each."""
        if not self._floor:
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libxml-2.0", "glib-2.0"], check=True, text=True,
                                   capture_output=True).stdout.split()
            source, self._floor = self.write("floor.c", FLOOR), str(self.directory / "floor")
            subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", self._floor, source, *flags], check=True)
        return [self._floor]

    def raw_qemu(self, document, chardev="stdio,signal=off,"):
        """QEMU with the arguments that domrun prints, and its serial port where @chardev says."""
        words = self.exact_words(document)
        return [word.replace("pty,", chardev, 1) if word.startswith("pty,") else word for word in words]

    def exact_words(self, document):
        printed = subprocess.run([self.domrun, "argv", "--quiet", "--json", document], check=True, stdout=subprocess.PIPE)
        return json.loads(printed.stdout)


def measure_version(bench):
    one = [bench.domrun, "--version"]
    other, name = ([bench.against, "--version"], "the other build") if bench.against else (bench.floor, "floor")
    pairs = processes.Pairs(lambda: processes.processor_time(one), lambda: processes.processor_time(other), bench.options.pairs)
    bench.add_pairs("version", "`domrun --version`, processor", pairs, name)


def argv_documents(bench):
    for name, text, what in (("small", documents.SMALL, "a small document"), ("usual", documents.USUAL, "a usual document"),
                             ("500", documents.disks(500), "500 disks")):
        yield bench.write(f"{name}.xml", text), f"`argv` of {what}, processor", name


def measure_argv(bench):
    for document, what, name in argv_documents(bench):
        one = [bench.domrun, "argv", "--quiet", document]
        other, beside = (([bench.against, *one[1:]], "the other build") if bench.against else (bench.floor, "floor"))
        pairs = processes.Pairs(lambda: processes.processor_time(one), lambda: processes.processor_time(other),
                                bench.options.pairs)
        bench.add_pairs("argv", what, pairs, beside, ARGV_BOUND if name != "500" else None)


def measure_guest(bench):
    """The start, the end and what the supervisor has then, of pairs with QEMU itself."""
    document = bench.write("guest.xml", documents.built_in_guest(bench.image))
    one = bench.run_command(document)
    other, beside = ((bench.run_command(document, bench.against), "the other build") if bench.against
                     else (bench.raw_qemu(document), "QEMU alone"))
    took = processes.Pairs(lambda: processes.start_and_end(one), lambda: processes.start_and_end(other),
                           bench.options.pairs).took
    bench.add_pairs("guest", "`run` to the guest's first byte", processes.Pairs.of([(a[0], b[0]) for a, b in took]), beside,
                    START_BOUND)
    ends = processes.Pairs.of([(a[1], b[1]) for a, b in took])
    bench.add("guest", "from the guest's end to that of `run`", max(0, ends.difference * 1e3), "ms",
              f"more than {beside}", bound=END_BOUND)
    if not bench.against:
        fast = bench.run_command(document, options=["--fast-boot"])
        bench.add_pairs("guest", "`run --fast-boot` to the guest's first byte", processes.Pairs(
            lambda: processes.start_and_end(fast)[0], lambda: processes.start_and_end(other)[0], bench.options.few), beside)


def measure_memory(bench):
    document = bench.write("guest.xml", documents.built_in_guest(bench.image))
    idle, used, took = [], [], []
    for _ in range(bench.options.few):
        guest = processes.Guest(bench.run_command(document))
        idle.append(settled(guest.pid))
        before = processes.run_time(guest.pid)
        guest.send(f"n{CONSOLE_BYTES}\n".encode())
        guest.read_until(b"\r\n")
        used.append(settled(guest.pid))
        took.append(processes.run_time(guest.pid) - before)
        guest.end()
    bench.add("memory", "supervisor, idle (PSS)", statistics.median(idle), "KiB", bound=IDLE_BOUND)
    bench.add("memory", "after a million bytes of console (PSS)", statistics.median(used), "KiB", bound=IDLE_BOUND)
    bench.add("memory", "processor for a million bytes of console", statistics.median(took) * 1e3, "ms")


def settled(pid):
    """PSS when it no longer changes."""
    last = processes.pss(pid)
    while True:
        time.sleep(0.2)
        now = processes.pss(pid)
        if abs(now - last) <= 4:
            return now
        last = now


class Terminal:
    """A guest's console on a pty whose name a program has told on @stream."""

    def __init__(self, command, stream, pattern):
        read, write = os.pipe()
        self.command, self.pid = command, processes.spawn(command, **{stream: write})
        os.close(write)
        said = b""
        while not (found := re.search(pattern, said)):
            some = os.read(read, 4096)
            if not some:
                processes.fail(f"{command} told no terminal: {said!r}")
            said += some
        threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(read, 4096), b"")], daemon=True).start()
        self.fd = os.open(found[1], os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)

    def throughput(self):
        """Seconds for CONSOLE_BYTES of the guest's, from the first to the last."""
        os.write(self.fd, b"n%d\n" % CONSOLE_BYTES)
        count, start = 0, None
        while count < CONSOLE_BYTES:
            select.select([self.fd], [], [])
            count += len(os.read(self.fd, 65536))
            start = start or time.monotonic()
        seconds = time.monotonic() - start
        os.write(self.fd, b"p")
        processes.reap(self.pid, self.command)
        os.close(self.fd)
        return seconds


def measure_console(bench):
    document = bench.write("guest.xml", documents.built_in_guest(bench.image))
    quiet = [bench.domrun, "run", f"--root={bench.directory / 'run'}", document]
    raw = bench.raw_qemu(document, chardev="pty,")

    def ours(program=bench.domrun):
        return Terminal([program, *quiet[1:]], "stderr", rb"serial0: (/dev/pts/\d+)").throughput()

    def theirs():
        if bench.against:
            return ours(bench.against)
        return Terminal(raw, "stdout", rb"redirected to (/dev/pts/\d+)").throughput()
    pairs = processes.Pairs(ours, theirs, bench.options.few)
    bench.add_pairs("console", "a million bytes through the console's pty", pairs,
                    "the other build" if bench.against else "QEMU's own pty")
