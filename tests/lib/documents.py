# SPDX-License-Identifier: LGPL-2.1-or-later
"""The documents that are measured, by the clock (scripts/bench) and by instructions (tests/test-instructions.py)."""

import growth

SMALL = """<domain type='qemu'>
  <name>small</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file'><source file='/dev/null'/><target dev='vda' bus='virtio'/></disk>
    <serial type='pty'/>
  </devices>
</domain>
"""

# About what virt-install makes for a server.
USUAL = """<domain type='qemu'>
  <name>usual</name>
  <memory unit='MiB'>512</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/></features>
  <cpu mode='maximum'/>
  <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/></clock>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='/dev/null'/><target dev='vda' bus='virtio'/>
    </disk>
    <controller type='usb' model='qemu-xhci' ports='15'/>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
    <serial type='pty'/>
    <input type='tablet' bus='usb'/>
    <graphics type='vnc' port='-1' autoport='yes'/>
    <video><model type='vga'/></video>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""

CONSOLE = "<serial type='pty'/>"


def disks(count):
    """@count disks, which know their place, so that no machine has too few slots."""
    units = "".join(f"<disk type='file'><source file='/disks/{i}'/><target dev='sd{growth.letters(i)}' bus='scsi'/>"
                    f"<address type='drive' controller='0' target='{i // 64}' unit='{i % 64}'/></disk>\n" for i in range(count))
    return f"""<domain type='qemu'>
  <name>disks</name>
  <memory unit='MiB'>512</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    {units}
  </devices>
</domain>
"""


def built_in_guest(image, name="bench", console=CONSOLE):
    """It boots from @image, tests/guest/guest.img of a build."""
    return f"""<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{image}'/><target dev='vda' bus='virtio'/><readonly/>
    </disk>
    {console}
    <panic model='isa'/>
  </devices>
</domain>
"""
