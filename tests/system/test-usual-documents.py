#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whole documents as installers write them, with all that these add unasked, boot and leave nothing behind."""

import guest
import tap

TIMERS = "<timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/>"
PORTS = "<controller type='pci' model='pcie-root'/>" + "<controller type='pci' model='pcie-root-port'/>" * 14
SPICE = """
    <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
    <graphics type='spice' port='-1' tlsPort='-1' autoport='yes'><image compression='off'/></graphics>
    <redirdev bus='usb' type='spicevmc'/>
    <redirdev bus='usb' type='spicevmc'/>"""

LINUX = (
    PORTS
    + SPICE
    + """
    <controller type='usb' model='qemu-xhci' ports='15'/>
    <interface type='network'><source network='default'/><model type='virtio'/></interface>
    <console type='pty'/>
    <channel type='unix'><source mode='bind'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='tablet' bus='usb'/>
    <sound model='ich9'/>
    <video><model type='virtio'/></video>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"""
)

OLD_WINDOWS = """
    <disk type='file' device='cdrom'><target dev='hdb' bus='ide'/><readonly/></disk>
    <disk type='file' device='floppy'><target dev='fda' bus='fdc'/></disk>
    <controller type='usb' model='ich9-ehci1'/>
    <controller type='usb' model='ich9-uhci1'><master startport='0'/></controller>
    <controller type='usb' model='ich9-uhci2'><master startport='2'/></controller>
    <controller type='usb' model='ich9-uhci3'><master startport='4'/></controller>
    <interface type='network'><source network='default'/><model type='rtl8139'/></interface>
    <console type='pty'/>
    <input type='tablet' bus='usb'/>
    <graphics type='vnc' port='-1'/>
    <sound model='ac97'/>
    <video><model type='vga'/></video>"""


def boot(name, machine, disk, clock, devices):
    if not guest.IMAGE.exists():
        raise tap.Skip("configure has found no assembler of x86 for the built-in guest")
    xml = f"""<domain type='qemu'>
  <name>{name}</name>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
      <libosinfo:os id='http://example.org/{name}'/>
    </libosinfo:libosinfo>
  </metadata>
  <memory>65536</memory>
  <currentMemory>65536</currentMemory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='{machine}'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/><vmport state='off'/></features>
  <clock offset='{clock}'>{TIMERS}</clock>
  <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='own.img'/>{disk}</disk>
    {devices}
  </devices>
</domain>
"""
    with guest.Directory() as directory:
        # One that is written on is in no other test's guest.
        (directory.path / "own.img").write_bytes(guest.IMAGE.read_bytes())
        run = directory.run(xml, "--network=default=user", prefix=["setsid"])
        directory.await_state(name)
        console = guest.Run(["console", "--root", str(directory.runtime), name], directory.environment, directory.path)
        console.expect("hello from domrun, boot ")
        console.send(b"p")
        assert run.wait() == 0, run.err
        directory.assert_nothing_left()


def test_linux():
    disk = "<target dev='vda' bus='virtio'/><shareable/>"
    boot("linux-of-today", "q35", disk, "utc", LINUX)


def test_old_windows():
    disk = "<target dev='hda' bus='ide'/><shareable/>"
    boot("windows-of-old", "pc", disk, "localtime", OLD_WINDOWS)


if __name__ == "__main__":
    tap.main()
