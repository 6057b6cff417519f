#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines of other architectures: each boots the firmware that it comes with, and ARM's a kernel of Debian's."""

import os
import pathlib
import shutil

import guest
import linux
import tap

GUESTS = pathlib.Path(os.environ.get("DOMRUN_GUESTS", guest.BUILD / "guests"))

XML = """<domain type='qemu'>
  <name>other</name>
  <memory unit='MiB'>{memory}</memory>
  <os{attributes}>
    <type arch='{arch}' machine='{machine}'>hvm</type>
    {os}
  </os>
  {parts}
  <devices>
    <disk type='file'><driver type='raw'/><source file='disk.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'/>
    <console type='stdio'/>
    {devices}
  </devices>
</domain>
"""


def boot(directory, arch, machine, says, memory=512, attributes="", os="", parts="", devices=""):
    emulator = "qemu-system-" + {"armv7l": "arm"}.get(arch, arch)
    if not shutil.which(emulator):
        raise tap.Skip(f"there is no {emulator}")
    with open(directory.path / "disk.img", "wb") as file:
        file.truncate(1024 * 1024)
    run = directory.run(XML.format(arch=arch, machine=machine, memory=memory, attributes=attributes, os=os, parts=parts,
                                   devices=devices))
    run.expect(says)
    return run


def end(directory, run):
    directory.destroy("other")
    assert run.wait() == 8, run.said()
    directory.assert_nothing_left()


def expect_firmware(*arguments, **keywords):
    with guest.Directory() as directory:
        end(directory, boot(directory, *arguments, **keywords))


def test_aarch64_boots_uefi():
    if not list(pathlib.Path("/usr/share/qemu/firmware").glob("*aarch64*.json")):
        raise tap.Skip("there is no UEFI firmware for aarch64 (package qemu-efi-aarch64)")
    # It finds the virtio disk on the PCI bus, and that there is nothing on it.
    expect_firmware("aarch64", "virt", r"BdsDxe: failed to load Boot\d+ \"UEFI Misc Device\"", attributes=" firmware='efi'",
                    os="<nvram>vars.fd</nvram>", parts="<features><acpi/></features><cpu mode='maximum'/>")


def test_riscv64_boots_opensbi():
    expect_firmware("riscv64", "virt", r"OpenSBI v")


def test_ppc64_boots_slof():
    """It finds the devices on the PCI bus."""
    expect_firmware("ppc64", "pseries", r"(?s)SLOF.*virtio \[ block \]")


def test_s390x_boots_its_loader():
    """It finds the disk by channel I/O, and that there is nothing on it; the supervisor hears that."""
    with guest.Directory() as directory:
        run = boot(directory, "s390x", "s390-ccw-virtio", r"(?s)Using virtio-blk.*zIPL load failed")
        run.expect_error("the guest has panicked")
        assert run.wait() == 6, run.said()
        directory.assert_nothing_left()


def find_installer():
    found = sorted((GUESTS / "installer-arm64").glob("usr/lib/debian-installer/images/*/arm64/text/debian-installer/arm64"))
    if not found:
        raise tap.Skip(f"there is no installer in {GUESTS}/installer-arm64; scripts/fetch-guests gets it")
    return found[0]


def test_aarch64_boots_linux():
    """Its shell sees the disk and the network card, and powers off."""
    images = find_installer()
    kernel = f"<kernel>{images}/linux</kernel><initrd>{images}/initrd.gz</initrd><cmdline>console=ttyAMA0 rdinit=/bin/sh</cmdline>"
    with guest.Directory() as directory:
        run = boot(directory, "aarch64", "virt", r"# ", memory=1024, os=kernel,
                   parts="<vcpu>2</vcpu><cpu mode='custom'><model>cortex-a57</model></cpu>")
        run.send(b"mount -t proc none /proc; mount -t sysfs none /sys; echo cpus=$(grep -c ^processor /proc/cpuinfo)\n")
        run.expect(r"cpus=2")
        run.send(b"cat /sys/bus/pci/devices/*/device | sort | uniq; echo e''nd\n")
        run.expect(r"(?s)0x10(00|41).*0x10(01|42).*\nend")
        run.send(b"poweroff -f\n")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


INIT = """
echo "disks: $(ls /sys/block) nets: $(ls /sys/class/net) pci: $(ls /sys/bus/pci/devices)."
poweroff -f
"""


def test_microvm_boots_linux():
    """Its devices have registers in memory, where ACPI says, and there is no PCI bus. Without KVM it has no clock that Linux
    could measure its own by."""
    with guest.Directory() as directory:
        linux.make_initrd(directory.path / "initrd", linux.find_kernel(), INIT,
                          ("virtio_mmio", "virtio_blk", "virtio_net"))
        kernel = (f"<kernel>{linux.find_kernel()}</kernel><initrd>initrd</initrd>"
                  "<cmdline>console=ttyS0 quiet tsc_early_khz=2000000</cmdline>")
        run = boot(directory, "x86_64", "microvm", r"(?s)disks: vda nets: eth0.*pci: \.", os=kernel, memory=256,
                   parts="<features><acpi/></features><cpu mode='maximum'/>")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
