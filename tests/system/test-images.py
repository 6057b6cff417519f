#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Headers of images that name what their document does not: `run` and `check` refuse them before there is a QEMU."""

import json
import shutil
import subprocess

import guest
import tap


def document(image, image_format, more="", name="images"):
    disk = (f"<disk type='file'><driver type='{image_format}'/><source file='{image}'/><target dev='vdb' bus='virtio'/>{more}"
            "</disk><serial type='pty'/>")
    return guest.hello_xml(disk, name=name)


def create(directory, *arguments):
    if not shutil.which("qemu-img"):
        raise tap.Skip("there is no qemu-img")
    subprocess.run(["qemu-img", "create", "-q", *arguments], cwd=directory.path, check=True)


def refused(directory, xml, *words):
    """By both, with the same words."""
    run = directory.run(xml)
    assert run.wait() == 4, run.said()
    done = subprocess.run([guest.DOMRUN, "check", "guest.xml"], cwd=directory.path, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done
    for word in words:
        assert word in run.err.text and word in done.stderr, run.said() + done.stderr


def accepted(directory, xml, name="images"):
    run = directory.run(xml, "--detach")
    assert run.wait() == 0, run.said()
    directory.destroy(name)
    return run.err.text


def test_json():
    """A description can say anything: another protocol, a device, a file that is written."""
    with guest.Directory() as directory:
        directory.write("secret", "secret" * 1000)
        description = "json:" + json.dumps({"driver": "raw", "file": {"driver": "file", "filename": str(directory.path / "secret")}})
        create(directory, "-f", "qcow2", "-u", "-b", description, "-F", "raw", "top.qcow2", "1M")
        refused(directory, document("top.qcow2", "qcow2"), "top.qcow2' names as its backing file 'json:", "which is not a file by its path",
                "say it in <backingStore>")
        accepted(directory, document("top.qcow2", "qcow2", "<backingStore/>"))


def test_protocol():
    with guest.Directory() as directory:
        create(directory, "-f", "qcow2", "-u", "-b", "nbd://localhost:10809/x", "-F", "raw", "base.qcow2", "1M")
        create(directory, "-f", "qcow2", "-u", "-b", "base.qcow2", "-F", "qcow2", "top.qcow2", "1M")
        refused(directory, document("top.qcow2", "qcow2"), "base.qcow2' names as its backing file 'nbd://localhost:10809/x'")


def test_guessed_format():
    with guest.Directory() as directory:
        create(directory, "-f", "qcow2", "base.qcow2", "1M")
        create(directory, "-f", "raw", "base.img", "1M")
        # Of the first format, which has no word for the backing file's.
        create(directory, "-f", "qcow", "-u", "-b", "base.qcow2", "-F", "qcow2", "top.qcow", "1M")
        create(directory, "-f", "qcow", "-u", "-b", "base.img", "-F", "raw", "raw.qcow", "1M")
        refused(directory, document("top.qcow", "qcow"), "top.qcow' does not tell the format of its backing file", "which looks like 'qcow2'")
        assert "which is taken for 'raw'" in accepted(directory, document("raw.qcow", "qcow", "<readonly/>"))


def test_extents():
    """A descriptor of VMDK is text that names files, which are read and written."""
    descriptor = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="monolithicFlat"

# Extent description
RW 2048 FLAT "{extent}" 0

ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "2"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
ddb.adapterType = "ide"
"""
    with guest.Directory() as directory:
        for name in ("disk-flat.vmdk", "victim.img"):
            (directory.path / name).write_bytes(bytes(1 << 20))
        directory.write("disk.vmdk", descriptor.format(extent="disk-flat.vmdk"))
        accepted(directory, document("disk.vmdk", "vmdk"))
        for extent in ("victim.img", "/etc/passwd", "../disk-flat.vmdk"):
            directory.write("disk.vmdk", descriptor.format(extent=extent))
            refused(directory, document("disk.vmdk", "vmdk"), "disk.vmdk' wants to read and write '", "as its extent, which the document does not name")


def test_device():
    """What is neither a file nor a disk is no image, whatever format a header gives it."""
    with guest.Directory() as directory:
        for path in ("/dev/zero", str(directory.path)):
            create(directory, "-f", "qcow2", "-u", "-b", path, "-F", "raw", "top.qcow2", "1M")
            refused(directory, document("top.qcow2", "qcow2"), f"top.qcow2' needs its backing file '{path}': ",
                    "neither a file nor a block device")


def test_long_chain():
    with guest.Directory() as directory:
        create(directory, "-f", "raw", "0.img", "1M")
        below = ("0.img", "raw")
        for number in range(1, 67):
            create(directory, "-f", "qcow2", "-u", "-b", below[0], "-F", below[1], f"{number}.qcow2", "1M")
            below = (f"{number}.qcow2", "qcow2")
        refused(directory, document("66.qcow2", "qcow2"), "more than 64 images under it")
        accepted(directory, document("10.qcow2", "qcow2"))


if __name__ == "__main__":
    tap.main()
