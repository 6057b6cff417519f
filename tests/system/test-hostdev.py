#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of the host: a guest starts without those that are optional, and not without the others."""

import guest
import tap

# Nobody has these.
USB = "<hostdev type='usb'><source {attributes}><vendor id='0xffff'/><product id='0xfffe'/></source></hostdev>"
USB_ADDRESS = "<hostdev type='usb'><source {attributes}><address bus='999' device='999'/></source></hostdev>"
PCI = "<hostdev type='pci' managed='{managed}'><source><address domain='0xffff' bus='0xff' slot='0x1f' function='7'/></source></hostdev>"
SCSI = "<hostdev type='scsi'><source><adapter name='scsi_host9999'/><address bus='0' target='4' unit='8'/></source></hostdev>"
MDEV = ("<hostdev type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source>"
        "</hostdev>")


def run(directory, devices):
    return directory.run(guest.hello_xml(devices=f"<serial type='stdio'/>{devices}"))


def test_optional():
    """One by what it is QEMU goes on looking for; one by its place is left out, with a warning."""
    with guest.Directory() as directory:
        optional = "startupPolicy='optional'"
        one = run(directory, USB.format(attributes=optional) + USB_ADDRESS.format(attributes=optional))
        one.expect("boot 1")
        one.expect_error("the host has no USB device 999:999 .*: the guest starts without it")
        devices = directory.verb("qmp", "hello", '{"execute": "qom-list", "arguments": {"path": "/machine/peripheral"}}').out
        assert "hostdev0" in devices and "hostdev1" not in devices, devices
        one.send(b"p")
        assert one.wait() == 0, one.said()
        directory.assert_nothing_left()


def refused(devices, message):
    with guest.Directory() as directory:
        one = run(directory, devices)
        assert one.wait() == 4, one.said()
        one.expect_error(message)
        directory.assert_nothing_left()


def test_usb_missing():
    refused(USB.format(attributes=""), "the host has no USB device ffff:fffe")


def test_usb_address_missing():
    refused(USB_ADDRESS.format(attributes=""), "the host has no USB device 999:999")


def test_pci_missing():
    refused(PCI.format(managed="no"), "the host has no PCI device ffff:ff:1f.7")


def test_pci_managed_missing():
    refused(PCI.format(managed="yes"), "the host has no PCI device ffff:ff:1f.7")


def test_scsi_missing():
    refused(SCSI, "the host has no SCSI device 9999:0:4:8")


def test_mdev_missing():
    refused(MDEV, "the host has no mediated device c2177883")


if __name__ == "__main__":
    tap.main()
