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


if __name__ == "__main__":
    tap.main()
