#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Linux, booted directly: Debian's cloud kernel with an initramfs made here of busybox and the drivers.

Its init says on the serial console what it sees of a virtio disk and a user NIC, uses both, and powers off.
scripts/fetch-guests gets the kernel.
"""

import os
import pathlib
import re
import shutil
import subprocess

import guest
import tap

GUESTS = pathlib.Path(os.environ.get("DOMRUN_GUESTS", guest.BUILD / "guests"))
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net")
DISK_SIZE = 3 * 1024 * 1024
MAC = "52:54:00:12:34:56"

INIT = """#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
for module in $(cat /modules/order); do insmod /modules/$module.ko; done
echo "kernel command line: $(cat /proc/cmdline)"
echo "memory: $(sed -n 's/MemTotal: *//p' /proc/meminfo)"
echo "processors: $(grep -c ^processor /proc/cpuinfo)"
echo "disk: $(cat /sys/block/vda/size) sectors, read-only $(cat /sys/block/vda/ro)"
echo "disk begins with: $(head -c 12 /dev/vda)"
echo "written by the guest" | dd of=/dev/vda bs=512 seek=1 conv=fsync 2>/dev/null
echo "interface: $(cat /sys/class/net/eth0/address)"
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ping -c 1 -W 5 10.0.2.2 >/dev/null && echo "gateway: answers"
echo "all seen"
poweroff -f
"""

XML = """<domain type='qemu'>
  <name>linux-direct</name>
  <memory unit='MiB'>192</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet domrun.test="two words, a comma"</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <on_reboot>destroy</on_reboot>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='disk, with a comma.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <mac address='52:54:00:12:34:56'/>
      <model type='virtio'/>
    </interface>
    <serial type='pty'/>
    <console type='pty'/>
  </devices>
</domain>
"""


def find_kernel():
    kernels = sorted((GUESTS / "linux/boot").glob("vmlinuz-*"))
    if not kernels:
        raise tap.Skip(f"there is no kernel in {GUESTS}/linux; scripts/fetch-guests gets one")
    return kernels[0]


def order_of_modules(directory):
    """The files of DRIVERS and of all that they depend on, in the order of loading."""
    files = {path.stem.replace("-", "_"): path for path in directory.rglob("*.ko")}
    ordered = []

    def add(name):
        if name not in files or files[name] in ordered:   # a driver that is not a file is built in
            return
        depends = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
        for other in depends[1].decode().split(",") if depends else []:
            add(other)
        ordered.append(files[name])

    for driver in DRIVERS:
        add(driver)
    return ordered


def make_initrd(target, kernel):
    """An initramfs of busybox, the modules and INIT."""
    busybox = shutil.which("busybox", path="/bin:/usr/bin")
    if not busybox:
        raise tap.Skip("there is no busybox (package busybox-static)")
    root = target.parent / "root"
    for name in ("bin", "proc", "sys", "dev", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(busybox, root / "bin/busybox")
    modules = order_of_modules(GUESTS / "linux/lib/modules" / kernel.name.removeprefix("vmlinuz-"))
    for module in modules:
        shutil.copy(module, root / "modules" / module.name)
    (root / "modules/order").write_text(" ".join(module.stem for module in modules))
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    files = "\0".join(str(path.relative_to(root)) for path in root.rglob("*"))
    with open(target, "wb") as file:
        subprocess.run(["cpio", "--null", "--create", "--format=newc", "--quiet"], cwd=root, input=files.encode(),
                       stdout=file, check=True)


def make_disk(path):
    raw = path.parent / "disk.raw"
    with open(raw, "wb") as file:
        file.write(b"hello, guest")
        file.truncate(DISK_SIZE)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(path)], check=True)


def read_disk(path):
    raw = path.parent / "after.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(path), str(raw)], check=True)
    return raw.read_bytes()


def test_linux_sees_its_disk_and_its_interface():
    with guest.Directory() as directory:
        kernel = find_kernel()
        disk = directory.path / "disk, with a comma.qcow2"
        shutil.copy(kernel, directory.path / "vmlinuz")
        make_initrd(directory.path / "initrd", kernel)
        make_disk(disk)

        run = directory.run(XML, "--console")
        run.expect("all seen", patience=180)
        assert run.wait() == 0, run.said()

        said = run.out.text
        for line in ('kernel command line: .*console=ttyS0 panic=-1 quiet domrun.test="two words, a comma"',
                     "memory: 1[5-9][0-9]{4} kB", "processors: 2", "disk begins with: hello, guest",
                     f"disk: {DISK_SIZE // 512} sectors, read-only 0", f"interface: {MAC}", "gateway: answers"):
            assert re.search(line, said), f"'{line}' is not in\n{said}"
        assert read_disk(disk)[512:].startswith(b"written by the guest\n"), "what the guest wrote is not on its disk"
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
