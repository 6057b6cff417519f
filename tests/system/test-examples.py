#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples of data/examples: each is a document of which nothing is unknown or without effect, and those whose guests
can be replaced by the built-in one run with it."""

import os
import pathlib
import re
import shutil
import subprocess

import guest
import tap

SOURCE = pathlib.Path(os.environ.get("DOMRUN_SRCDIR", pathlib.Path(__file__).resolve().parents[2])) / "data/examples"
EXAMPLES = sorted(SOURCE.glob("*.xml"))
HELLO = "hello from domrun, boot "

# What a host may lack, and what takes `domrun run`.
OF_THE_HOST = re.compile("no such file|VFIO locks |the host has no|this host has no|no such firmware|a command line cannot carry it|"
                         "'kvm' needs /dev/kvm|is not in PATH|may not read")


def test_each_is_understood():
    assert len(EXAMPLES) >= 10, EXAMPLES
    for example in EXAMPLES:
        done = subprocess.run([guest.DOMRUN, "argv", "--strict", example], capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines()
                if not line.startswith("  ") and not line.startswith("domrun: ") and not OF_THE_HOST.search(line)]
        assert not said, (example.name, said)
        assert done.returncode == 0 or "firmware" in done.stderr, (example.name, done.stderr)
        assert f"<name>{example.stem}</name>" in example.read_text(), example


def run_example(directory, name, *options):
    """With the built-in guest on its disks, and without KVM."""
    text = (SOURCE / name).read_text()
    directory.write("guest.xml", text)
    for image in re.findall(r"<source file='([^']*)'/>", text):
        kind = "qcow2" if image.endswith(".qcow2") else "raw"
        subprocess.run(["qemu-img", "convert", "-O", kind, guest.IMAGE, directory.path / image], check=True)
    return directory.run(text, "--type=qemu", "--set=cpu/@mode=maximum", *options)


def need_images():
    if not guest.IMAGE.exists() or not shutil.which("qemu-img"):
        raise tap.Skip("there is no built-in guest, or no qemu-img")


def test_throw_away():
    """What the guest does to its disk is not there afterwards, and its end is the job's."""
    need_images()
    with guest.Directory() as directory:
        run = run_example(directory, "throw-away.xml")
        run.expect(HELLO + "1")
        before = (directory.path / "base.qcow2").read_bytes()
        run.send(b"r")
        assert run.wait() == 9, run.said()
        assert (directory.path / "base.qcow2").read_bytes() == before
        directory.assert_nothing_left()


def test_server():
    need_images()
    with guest.Directory() as directory:
        run = run_example(directory, "server.xml", "--unset=//portForward", "--console")
        run.expect(HELLO + "1")
        assert "org.qemu.guest_agent.0" in directory.verb("dumpxml", "server").out
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_jobs_name_what_there_is():
    """Each job runs domrun with options that it has, and ends the guest with the job."""
    jobs = sorted((SOURCE / "jobs").iterdir())
    assert len(jobs) >= 4, jobs
    known = set(re.findall(r"--[a-z-]+", subprocess.run([guest.DOMRUN, "run", "--help-all"], capture_output=True, text=True,
                                                        check=True).stdout))
    for job in jobs:
        lines = [line for line in job.read_text().splitlines() if not line.lstrip().startswith("#") and '"run"' in line or
                 "domrun run" in line and not line.lstrip().startswith("#")]
        used = re.findall(r"--[a-z-]+", " ".join(lines))
        assert "--die-together" in used and set(used) <= known, (job.name, used)


def run_slurm(directory):
    """The job of Slurm, with an srun that only starts what it is told."""
    for name, text in (("srun", 'exec "$@"'), ("domrun", f'exec "{os.path.abspath(guest.DOMRUN)}" "$@" --type=qemu')):
        directory.write(name, f"#!/bin/sh\n{text}\n")
        (directory.path / name).chmod(0o755)
    xml = directory.path / "guest.xml"
    xml.write_text(guest.hello_xml("<serial type='file'><source path='serial.log'/></serial>"))
    job = subprocess.Popen(["bash", SOURCE / "jobs/slurm.sh", xml], cwd=directory.path, stderr=subprocess.PIPE, text=True,
                           env=dict(directory.environment, PATH=f"{directory.path}:{os.environ['PATH']}", SLURM_JOB_ID="42"))
    return job


def test_slurm():
    """SIGTERM that only the batch shell gets powers the guest down; the code is domrun's, and nothing is left."""
    need_images()
    with guest.Directory() as directory:
        job = run_slurm(directory)
        log = directory.path / "serial.log"
        guest.await_that(lambda: log.exists() and HELLO + "1" in log.read_text(), lambda: "no guest")
        job.terminate()
        _, said = job.communicate(timeout=guest.PATIENCE)
        assert job.returncode == 8, (job.returncode, said)
        assert not list(directory.temporary.iterdir()), list(directory.temporary.iterdir())
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
