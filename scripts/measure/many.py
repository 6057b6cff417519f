# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many: guests at once, and devices in a document. What one more costs must not rise with how many there are. By the clock a
guest's start takes longer beside many others, which run; so it is the supervisor's time of the processor that is asked."""

import json
import os
import pathlib
import statistics
import subprocess
import time

import documents
import processes

PER_GUEST = 48 * 1024    # KiB, QEMU's and ours; half of what is free is taken at most
RISE = 1.6               # what one of many may cost more than one of few; by the square it would be 4 and more
PSS_BOUND = 1024         # KiB of the supervisor, among ten and more


def guest_counts(bench):
    """Those that were asked for and that the memory is there for."""
    room = processes.memory_available() // 2 // PER_GUEST
    counts = [count for count in bench.options.guests if count <= room]
    if len(counts) < len(bench.options.guests):
        bench.say(f"guests: no more than {room}, by the memory that is free")
    return counts


class Guests:
    """Those that run under a directory of their own."""

    def __init__(self, bench):
        self.bench, self.root, self.count = bench, bench.directory / "many", 0
        self.prefix = f"bench-{os.getpid()}-"

    def command(self, verb, *words):
        return [self.bench.domrun, verb, f"--root={self.root}", *words]

    def start_up_to(self, count):
        """Starts guests until there are @count. Returns seconds by the clock for each of them."""
        paths = []
        for number in range(self.count, count):
            name = f"{self.prefix}{number}"
            paths.append(self.bench.write(f"{name}.xml", documents.built_in_guest(self.bench.image, name)))
        start = time.monotonic()
        for path in paths:
            processes.reap(processes.spawn(command := self.command("run", "--quiet", "--detach", path)), command)
        seconds = (time.monotonic() - start) / len(paths)
        self.count = count
        return seconds

    def pids(self):
        """Of the supervisors, and of the QEMUs."""
        supervisors, emulators = [], []
        for status in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = status.read_bytes().split(b"\0")
            except OSError:
                continue
            if f"--root={self.root}".encode() in words:
                supervisors.append(int(status.parent.name))
            elif any(word.startswith(f"guest={self.prefix}".encode()) for word in words):
                emulators.append(int(status.parent.name))
        return supervisors, emulators

    def list_seconds(self, times):
        return statistics.median(processes.clock_time(self.command("list")) for _ in range(times))

    def end(self):
        printed = subprocess.run(self.command("list", "--json"), stdout=subprocess.PIPE, check=True).stdout
        for guest in json.loads(printed):
            command = self.command("destroy", guest["name"])
            processes.reap(processes.spawn(command), command)


def usual_scheduling():
    """Emulated guests that have a processor for themselves would hold each other up. Returns what it was."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return before


def measure_guests(bench):
    guests, points, known, before = Guests(bench), [], set(), usual_scheduling()
    try:
        for count in guest_counts(bench):
            each = guests.start_up_to(count)
            time.sleep(1)
            supervisors, emulators = guests.pids()
            if len(supervisors) < count:
                processes.fail(f"of {count} guests {len(supervisors)} run")
            took = [processes.run_time(pid) for pid in set(supervisors) - known]
            known |= set(supervisors)
            pss, theirs = processes.pss(*supervisors) / count, processes.pss(*emulators) / count
            seconds = guests.list_seconds(bench.options.few)
            points.append({"count": count, "start_ms": each * 1e3, "processor_ms": statistics.median(took) * 1e3,
                           "pss_kib": pss, "qemu_pss_kib": theirs, "list_ms": seconds * 1e3})
            bench.add("guests", f"{count} guest{'s' if count > 1 else ''}: start of each", each * 1e3, "ms", note=
                      f"{1 / each:.1f} a second; `list` takes {seconds * 1e3:.1f} ms; a supervisor took "
                      f"{points[-1]['processor_ms']:.1f} ms of the processor and has {pss:.0f} KiB (PSS), QEMU {theirs:.0f} KiB")
    finally:
        guests.end()
        os.sched_setscheduler(0, *before)
    bench.series["guests"] = points
    if points:
        few = next((point for point in points if point["count"] >= 10), points[0])
        add_growth(bench, "processor for a guest's start", few, points[-1], "processor_ms")
        add_growth(bench, "a guest's supervisor", few, points[-1], "pss_kib", "KiB")
        list_each = [dict(point, list_ms=point["list_ms"] / point["count"]) for point in points if point["count"] >= 50]
        if list_each:
            add_growth(bench, "a guest in `list`", list_each[0], list_each[-1], "list_ms")


def add_growth(bench, what, few, many, key, unit="ms"):
    if many["count"] > few["count"]:
        bench.add("growth", f"{what}, one of {many['count']}", many[key], unit, f"one of {few['count']}", few[key],
                  many[key] / few[key], RISE)


def measure_growth(bench):
    """The processor's time for each disk, over a document without one, taken in turn. What ran last decides what the
    processor's caches have, so before each the same is run."""
    paths = {count: bench.write(f"disks-{count}.xml", documents.disks(count)) for count in (0, *bench.options.devices)}
    took = {count: [] for count in paths}
    for _ in range(bench.options.pairs):
        for count, path in paths.items():
            processes.processor_time([bench.domrun, "--version"])
            took[count].append(processes.processor_time([bench.domrun, "argv", "--quiet", path]))
    points = [{"count": count, "device_ms": max(0, statistics.median(
        many - none for many, none in zip(took[count], took[0])) * 1e3 / count)} for count in bench.options.devices]
    bench.series["devices"] = points
    measurable = [point for point in points if point["count"] >= 100]
    if measurable:
        few, many = [dict(point, device_ms=point["device_ms"] * 1e3) for point in (measurable[0], measurable[-1])]
        add_growth(bench, "a disk in `argv`", few, many, "device_ms", "us")
