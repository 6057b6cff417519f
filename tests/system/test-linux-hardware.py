#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a real Linux sees of the hardware that documents describe: disks on every bus that Debian's cloud kernel has a
driver for, in their order, with sizes, serial numbers and write protection; interfaces with their MAC addresses; serial
ports; every PCI device at its address; and the boot order, as the firmware is told it (fw_cfg "bootorder").
"""

import re
import shutil

import guest
import linux
import tap

DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_scsi", "ata_piix", "sd_mod", "sr_mod", "qemu_fw_cfg")

INIT = """
for name in $(ls /sys/block); do
  case $name in
    ram*|loop*|dm*) continue ;;
  esac
  serial=$(cat /sys/block/$name/serial 2>/dev/null)
  echo "block $name size $(cat /sys/block/$name/size) ro $(cat /sys/block/$name/ro) serial <$serial> at $(readlink /sys/block/$name)"
done
for name in $(ls /sys/class/net); do
  [ $name = lo ] || echo "net $name $(cat /sys/class/net/$name/address)"
done
for path in /sys/bus/pci/devices/*; do
  echo "pci $(basename $path) $(cat $path/vendor):$(cat $path/device)"
done
for i in 0 1 2 3; do
  [ "$(cat /sys/class/tty/ttyS$i/type)" != 4 ] || echo "serial $i: uart:16550A port:$(printf %08X $(cat /sys/class/tty/ttyS$i/port))"
done
tr '\\0' '\\n' < /sys/firmware/qemu_fw_cfg/by_name/bootorder/raw | sed 's/^/boot /'
echo "uuid $(cat /sys/class/dmi/id/product_uuid)"
echo "product $(cat /sys/class/dmi/id/product_name) serial $(cat /sys/class/dmi/id/product_serial)"
echo "text $(cat /sys/firmware/qemu_fw_cfg/by_name/opt/org.example/text/raw)"
[ -e /sys/bus/acpi/devices/QEMUVGID:00 ] && echo "genid there"
echo "all seen"
read answer     # what the serial port has not sent is lost at the end
poweroff -f
"""

HEAD = """<domain type='qemu'>
  <name>linux-hardware</name>
  <uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>
  <memory unit='MiB'>192</memory>
  <os>
    <type arch='x86_64' machine='{machine}'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet</cmdline>
    <smbios mode='sysinfo'/>
  </os>
  <genid/>
  <sysinfo type='smbios'>
    <system>
      <entry name='product'>Some, guest</entry>
      <entry name='serial'>ds=nocloud</entry>
    </system>
  </sysinfo>
  <sysinfo type='fwcfg'>
    <entry name='opt/org.example/text'>of two, words</entry>
  </sysinfo>
  <features><acpi/><apic/></features>
  <on_reboot>destroy</on_reboot>
  <devices>
"""

PC = """
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <disk type='file'><source file='d2.img'/><target dev='vdb'/></disk>
    <disk type='file'><source file='d1.img'/><target dev='vda'/><serial>ROOT-1</serial><boot order='2'/></disk>
    <disk type='file'><source file='d3.img'/><target dev='vdc'/><readonly/></disk>
    <disk type='file'><source file='d4.img'/><target dev='hda'/><boot order='1'/></disk>
    <disk type='file' device='cdrom'><source file='d5.img'/><target dev='hdc'/></disk>
    <disk type='file'><source file='d6.img'/><target dev='sda' bus='scsi'/><serial>SCSI-6</serial></disk>
    <interface type='user'><mac address='52:54:00:00:00:0a'/><model type='virtio'/></interface>
    <interface type='user'><mac address='52:54:00:00:00:0b'/><model type='virtio'/><boot order='3'/></interface>
    <serial type='null'><target port='2'/></serial>
    <serial type='pty'><target port='0'/></serial>
    <graphics type='vnc' port='-1'/>
  </devices>
</domain>
"""

Q35 = """
    <disk type='file'><source file='d1.img'/><target dev='vda'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:0a'/><model type='virtio'/></interface>
    <interface type='user'><mac address='52:54:00:00:00:0b'/><model type='rtl8139'/></interface>
    <serial type='pty'/>
    <graphics type='vnc' port='-1'/>
  </devices>
</domain>
"""


FORTY = """
    <controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0x8' hotplug='off'/></controller>
    <controller type='pci' index='2' model='pcie-root-port'/>
    <controller type='pci' index='3' model='pcie-root-port'/>
    <controller type='scsi' index='0' model='virtio-scsi'><driver queues='2'/></controller>
    {disks}
    <serial type='pty'/>
  </devices>
</domain>
""".format(disks="\n    ".join(
    f"<disk type='file'><source file='d{number % 6 + 1}.img'/><target dev='sd{chr(97 + number % 26) * (number // 26 + 1)}' "
    f"bus='scsi'/><readonly/><serial>N{number}</serial>"
    f"<address type='drive' controller='0' bus='0' target='{number}' unit='0'/></disk>" for number in range(40)))


def boot(document):
    """Runs @document with the init above; what the guest said."""
    with guest.Directory() as directory:
        kernel = linux.find_kernel()
        shutil.copy(kernel, directory.path / "vmlinuz")
        linux.make_initrd(directory.path / "initrd", kernel, INIT, DRIVERS)
        for number in range(1, 7):     # each disk is told by its size, in MiB
            with open(directory.path / f"d{number}.img", "wb") as file:
                file.truncate(number * 1024 * 1024)
        run = directory.run(document, "--console")
        run.expect("all seen")
        run.send(b"\n")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()
        return run.out.text


def assert_lines(said, lines):
    for line in lines:
        assert re.search(line, said), f"'{line}' is not in\n{said}"


def block(name, mib, read_only=0, serial="", place=""):
    return rf"block {name} size {mib * 2048} ro {read_only} serial <{serial}> at .*{place}"


def test_pc():
    said = boot(HEAD.format(machine="pc") + PC)
    assert_lines(said, [
        # targets give the order, whatever the order of the elements
        block("vda", 1, serial="ROOT-1"), block("vdb", 2), block("vdc", 3, read_only=1),
        # which of two drivers comes first is Linux's own affair
        block("sd[ab]", 4, place="0000:00:01.1/ata1/"), block("sr0", 5, read_only=1, place="0000:00:01.1/ata2/"),
        block("sd[ab]", 6, place="0000:00:05.0/"),
        "net eth0 52:54:00:00:00:0a", "net eth1 52:54:00:00:00:0b",
        "pci 0000:00:01.2 0x8086:0x7020",                 # PIIX3 USB
        "pci 0000:00:02.0 0x1013:0x00b8",                 # the display, in its own slot
        "pci 0000:00:03.0 0x1af4:0x1000", "pci 0000:00:04.0 0x1af4:0x1000",     # interfaces
        "pci 0000:00:05.0 0x1af4:0x1004",                 # virtio-scsi
        "pci 0000:00:06.0 0x1af4:0x1001", "pci 0000:00:07.0 0x1af4:0x1001", "pci 0000:00:08.0 0x1af4:0x1001",
        "pci 0000:00:09.0 0x1af4:0x1002",                 # balloon
        "serial 0: uart:16550A port:000003F8", "serial 2: uart:16550A port:000003E8",
        "uuid 4dea22b3-1d52-d8f3-2516-782e98ab3fa0", "product Some, guest serial ds=nocloud", "text of two, words",
        "genid there",
    ])
    assert "serial 1:" not in said, said
    order = [line.removeprefix("boot ").strip() for line in said.splitlines() if line.startswith("boot ")]
    places = [re.search("/(ide@1,1|scsi@6|ethernet@4)/", entry)[1] for entry in order if entry.startswith("/pci")]
    assert places == ["ide@1,1", "scsi@6", "ethernet@4"], order


def test_q35():
    said = boot(HEAD.format(machine="q35") + Q35)
    assert_lines(said, [
        block("vda", 1), "net eth0 52:54:00:00:00:0a",
        "pci 0000:00:01.0 0x1013:0x00b8",                 # the display
        "pci 0000:00:02.0 0x1b36:0x000c", "pci 0000:00:02.1 0x1b36:0x000c",     # root ports, eight to a slot
        "pci 0000:00:1f.2 0x8086:0x2922",                 # the AHCI of the board
        "pci 0000:01:00.0 0x1b36:0x000e",                 # a bridge to conventional PCI, for
        "pci 0000:02:02.0 0x10ec:0x8139|pci 0000:02:01.0 0x10ec:0x8139",
        "uuid 4dea22b3-1d52-d8f3-2516-782e98ab3fa0", "product Some, guest serial ds=nocloud", "text of two, words",
        "genid there",
    ])


def test_forty_disks():
    """On one virtio-scsi controller, on q35 with root ports of the document."""
    said = boot(HEAD.format(machine="q35") + FORTY)
    for number in range(40):
        assert re.search(rf"block sd[a-z]+ size {(number % 6 + 1) * 2048} ro 1 .*:{number}:0/block/", said), said
    # The ports that the document names, and no more: for the controller, USB and the balloon.
    assert_lines(said, ["pci 0000:00:01.0 0x1b36:0x000c", "pci 0000:00:01.2 0x1b36:0x000c", "pci 0000:01:00.0 0x1af4:0x1048"])
    assert "pci 0000:00:01.3" not in said, said


if __name__ == "__main__":
    tap.main()
