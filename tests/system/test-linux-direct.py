#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Linux, booted directly: Debian's cloud kernel with an initramfs made here of busybox and the drivers.

Its init says on the serial console what it sees of a virtio disk and a user NIC, uses both, and powers off.
scripts/fetch-guests gets the kernel.
"""

import re
import shutil
import subprocess

import guest
import linux
import tap

DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net")
DISK_SIZE = 3 * 1024 * 1024
MAC = "52:54:00:12:34:56"

INIT = """
echo "kernel command line: $(cat /proc/cmdline)"
echo "memory: $(sed -n 's/MemTotal: *//p' /proc/meminfo)"
echo "processors: $(grep -c ^processor /proc/cpuinfo)"
echo "disk: $(cat /sys/block/vda/size) sectors, read-only $(cat /sys/block/vda/ro)"
echo "disk begins with: $(head -c 12 /dev/vda)"
echo "written by the guest" | dd of=/dev/vda bs=512 seek=1 conv=fsync 2>/dev/null
echo "interface: $(cat /sys/class/net/eth0/address)"
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ping -c 1 -W 100 10.0.2.2 >/dev/null && echo "gateway: answers"
echo "all seen"
read answer     # what the serial port has not sent is lost at the end
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
        kernel = linux.find_kernel()
        disk = directory.path / "disk, with a comma.qcow2"
        shutil.copy(kernel, directory.path / "vmlinuz")
        linux.make_initrd(directory.path / "initrd", kernel, INIT, DRIVERS)
        make_disk(disk)

        run = directory.run(XML, "--console")
        run.expect("all seen")
        run.send(b"\n")
        assert run.wait() == 0, run.said()

        said = run.out.text
        for line in ('kernel command line: .*console=ttyS0 panic=-1 quiet domrun.test="two words, a comma"',
                     "memory: 1[4-9][0-9]{4} kB", "processors: 2", "disk begins with: hello, guest",
                     f"disk: {DISK_SIZE // 512} sectors, read-only 0", f"interface: {MAC}", "gateway: answers"):
            assert re.search(line, said), f"'{line}' is not in\n{said}"
        assert read_disk(disk)[512:].startswith(b"written by the guest\n"), "what the guest wrote is not on its disk"
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
