#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--fast-boot: the BIOS does not wait for USB devices that come late, and finds and boots those that are there at once."""

import guest
import tap

MODELS = ("piix3-uhci", "piix4-uhci", "ehci", "pci-ohci", "nec-xhci", "qemu-xhci")


def usb_disk(model, hub=False):
    """The built-in guest, on a disk at a controller, or at a hub of it."""
    xml = guest.hello_xml(f"""<controller type='usb' index='0' model='{model}'/>
                              {"<hub type='usb'><address type='usb' bus='0' port='1'/></hub>" if hub else ""}
                              <serial type='pty'/>""")
    return xml.replace("<target dev='vda' bus='virtio'/>", f"<target dev='sda' bus='usb'/>"
                       f"<address type='usb' bus='0' port='{'1.1' if hub else '1'}'/>")


def boot(xml):
    with guest.Directory() as directory:
        run = directory.run(xml, "--fast-boot", "--console")
        run.expect("hello from domrun, boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        said = [line for line in run.err.text.splitlines() if not line.startswith("serial0: ")]
        assert not said, f"QEMU's warning of the setting is nothing to tell: {said}"
        directory.assert_nothing_left()


def test_disk_at_each_controller():
    for model in MODELS:
        boot(usb_disk(model))


def test_disk_at_a_hub():
    for model in ("piix3-uhci", "qemu-xhci"):
        boot(usb_disk(model, hub=True))


def test_nothing_at_usb():
    boot(guest.hello_xml())


if __name__ == "__main__":
    tap.main()
