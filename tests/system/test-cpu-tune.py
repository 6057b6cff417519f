#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads of QEMU that the document pins to CPUs and gives to schedulers, as the kernel shows them; and what a host or a
user cannot have."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import guest
import tap

HELLO = "hello from domrun, boot "
POLICIES = {os.SCHED_OTHER: "other", os.SCHED_BATCH: "batch", os.SCHED_IDLE: "idle", os.SCHED_FIFO: "fifo", os.SCHED_RR: "rr"}


def two_cpus():
    """The same twice, where this host has one: then there is less to see."""
    cpus = sorted(os.sched_getaffinity(0))
    return cpus[0], cpus[-1]


def xml(vcpu, tuning, lifecycle="", iothreads=""):
    tuning = f"{iothreads}<cputune>{tuning}</cputune>" if tuning else iothreads
    return guest.hello_xml("<serial type='stdio'/>", lifecycle).replace("<os>", f"{vcpu}{tuning}<os>")


def name_of(comm):
    """What QEMU calls its threads (-name debug-threads=on)."""
    if match := re.match(r"CPU ([0-9]+)/", comm):
        return f"vcpu{match[1]}"
    if match := re.match(r"IO iothread([0-9]+)", comm):
        return f"iothread{match[1]}"
    return "emulator"


def threads(run):
    """The threads of QEMU by name, each kind with the set of what its members have: (CPUs, scheduler)."""
    found = {}
    for task in pathlib.Path(f"/proc/{run.qemu_pid()}/task").iterdir():
        try:
            name = name_of((task / "comm").read_text())
            thread = int(task.name)
            has = (frozenset(os.sched_getaffinity(thread)), POLICIES[os.sched_getscheduler(thread)],
                   os.sched_getparam(thread).sched_priority)
        except (FileNotFoundError, ProcessLookupError):
            continue  # a worker that has ended
        found.setdefault(name, set()).add(has)
    return found


def without_guest(directory, verb, *options, code=0, prefix=()):
    """What `argv`, `check` or `run` says of the document, where no guest comes of it."""
    done = subprocess.run([*prefix, guest.DOMRUN, verb, *options, "guest.xml"], capture_output=True, text=True,
                          env=directory.environment, cwd=directory.path, timeout=guest.PATIENCE)
    assert done.returncode == code, f"{verb}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def cpus_of(run):
    return {name: {cpus for cpus, _, _ in has} for name, has in threads(run).items()}


def test_pins_also_after_a_restart():
    first, last = two_cpus()
    both = frozenset((first, last))
    with guest.Directory() as directory:
        run = directory.run(xml(f"<vcpu cpuset='{first},{last}'>3</vcpu>",
                                f"<vcpupin vcpu='0' cpuset='{last}'/><vcpupin vcpu='2' cpuset='{first}'/>"
                                f"<iothreadpin iothread='2' cpuset='{last}'/><emulatorpin cpuset='{first}'/>",
                                "<on_reboot>restart</on_reboot>", "<iothreads>2</iothreads>"), "--verbose")
        expected = {"vcpu0": {frozenset([last])}, "vcpu1": {both}, "vcpu2": {frozenset([first])}, "iothread1": {both},
                    "iothread2": {frozenset([last])}, "emulator": {frozenset([first])}}
        run.expect(HELLO + "1")
        before = run.qemu_pid()
        assert cpus_of(run) == expected, cpus_of(run)
        os.kill(before, 9)
        assert run.wait() == 7, run.said()
        directory.assert_nothing_left()
        run = directory.run(xml("<vcpu>1</vcpu>", f"<vcpupin vcpu='0' cpuset='{last}'/>",
                                "<on_crash>restart</on_crash>"))
        run.expect(HELLO + "1")
        expected = {"vcpu0": {frozenset([last])}, "emulator": {frozenset(os.sched_getaffinity(0))}}
        assert cpus_of(run) == expected, cpus_of(run)
        os.kill(run.qemu_pid(), 9)
        run.expect(HELLO + "1[^$]*" + HELLO + "1")
        assert cpus_of(run) == expected, cpus_of(run)
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_all_of_a_guest_on_one_cpu():
    _, last = two_cpus()
    with guest.Directory() as directory:
        run = directory.run(xml(f"<vcpu cpuset='{last}'>2</vcpu>", ""))
        run.expect(HELLO + "1")
        assert set.union(*cpus_of(run).values()) == {frozenset([last])}, cpus_of(run)
        run.send(b"p")
        assert run.wait() == 0, run.said()
        arguments = without_guest(directory, "argv", "--exact").stdout
        assert "-S" not in arguments.split(), arguments


def test_schedulers():
    with guest.Directory() as directory:
        run = directory.run(xml("<vcpu>3</vcpu>", "<vcpusched vcpus='1' scheduler='batch'/><vcpusched scheduler='idle'/>"
                                "<iothreadsched iothreads='1' scheduler='batch'/>", iothreads="<iothreads>2</iothreads>"))
        run.expect(HELLO + "1")
        found = {name: {scheduler for _, scheduler, _ in has} for name, has in threads(run).items()}
        assert found == {"vcpu0": {"idle"}, "vcpu1": {"batch"}, "vcpu2": {"idle"}, "iothread1": {"batch"}, "iothread2": {"other"},
                         "emulator": {"other"}}, found
        run.send(b"p")
        assert run.wait() == 0, run.said()


def can_be_real_time():
    own = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))
    except PermissionError:
        return False
    os.sched_setscheduler(0, *own)
    return True


REAL_TIME = "<iothreadsched scheduler='rr' priority='2'/><emulatorsched scheduler='fifo' priority='1'/>"


def test_real_time():
    if not can_be_real_time():
        return  # what such a user is told shows the next
    with guest.Directory() as directory:
        run = directory.run(xml("<vcpu>1</vcpu>", REAL_TIME, iothreads="<iothreads>1</iothreads>"))
        run.expect(HELLO + "1")
        found = {name: {(scheduler, priority) for _, scheduler, priority in has} for name, has in threads(run).items()}
        assert found["iothread1"] == {("rr", 2)} and found["vcpu0"] == {("other", 0)} and ("fifo", 1) in found["emulator"], found
        run.send(b"p")
        assert run.wait() == 0, run.said()


def test_real_time_without_the_right():
    prefix = ()
    if can_be_real_time():
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            raise tap.Skip("nobody can give up the right here")
        prefix = ("setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice")
    with guest.Directory() as directory:
        document = xml("<vcpu>1</vcpu>", REAL_TIME, iothreads="<iothreads>1</iothreads>")
        directory.write("guest.xml", document)
        for verb in ("check", "run"):
            said = without_guest(directory, verb, code=4, prefix=prefix).stderr
            assert "attribute 'scheduler': this user may not have threads scheduled so" in said, said
            assert "CAP_SYS_NICE" in said, said
        directory.assert_nothing_left()


def test_cpus_that_are_not_there():
    with guest.Directory() as directory:
        directory.write("guest.xml", xml("<vcpu>1</vcpu>", "<vcpupin vcpu='0' cpuset='16383'/>"))
        for verb in ("check", "run"):
            said = without_guest(directory, verb, code=4).stderr
            assert "<cputune>/<vcpupin>: attribute 'cpuset': this host has no CPU 16383 that domrun may use" in said, said
        directory.assert_nothing_left()


def test_threads_of_others_are_left_alone():
    """A QEMU that its guest has taken over names threads that are not its own."""
    _, last = two_cpus()
    with guest.Directory() as directory:
        fake = directory.write("fake", f"#!/bin/sh\nexec {shlex.quote(sys.executable)} "
                               f"{shlex.quote(str(guest.SOURCE / 'tests/fake-qemu.py'))} names-foreign-threads \"$@\"\n")
        fake.chmod(0o755)
        document = xml("<vcpu>1</vcpu>", f"<vcpupin vcpu='0' cpuset='{last}'/>", iothreads="<iothreads>1</iothreads>")
        run = directory.run(document.replace("<devices>", f"<devices><emulator>{fake}</emulator>"))
        directory.await_state("hello")
        assert os.sched_getaffinity(run.pid) == os.sched_getaffinity(0), os.sched_getaffinity(run.pid)
        directory.destroy("hello")
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_qemu_dies_when_it_is_asked_for_its_threads():
    """After one other command, with whose number the answers came in the order that freed too early; and how it ended is
    what is told."""
    _, last = two_cpus()
    with guest.Directory() as directory:
        fake = directory.write("fake", f"#!/bin/sh\nexec {shlex.quote(sys.executable)} "
                               f"{shlex.quote(str(guest.SOURCE / 'tests/fake-qemu.py'))} dies-when-asked-for-threads \"$@\"\n")
        fake.chmod(0o755)
        document = xml("<vcpu>1</vcpu>", f"<vcpupin vcpu='0' cpuset='{last}'/>", iothreads="<iothreads>1</iothreads>")
        run = directory.run(document.replace(
            "<devices>", f"<devices><emulator>{fake}</emulator><graphics type='vnc' port='-1' passwd='secret'/>"))
        assert run.wait() == 7, run.said()
        assert "QEMU died: exit status 3" in run.err.text and "QMP command" not in run.err.text, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
