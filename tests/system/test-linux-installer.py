#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's installer, up to its first screen on the serial console, and then told to stop.

It does not know the power button at that point; so the first SIGTERM does nothing, and the second ends it.
scripts/fetch-guests gets the installer.
"""

import os
import pathlib
import re
import signal

import guest
import tap

GUESTS = pathlib.Path(os.environ.get("DOMRUN_GUESTS", guest.BUILD / "guests"))

XML = """<domain type='qemu'>
  <name>debian-installer</name>
  <memory unit='MiB'>1024</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{images}/linux</kernel>
    <initrd>{images}/initrd.gz</initrd>
    <cmdline>console=ttyS0 ---</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <on_reboot>destroy</on_reboot>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='disk.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""


def find_images():
    found = sorted((GUESTS / "installer").glob("usr/lib/debian-installer/images/*/amd64/text/debian-installer/amd64"))
    if not found:
        raise tap.Skip(f"there is no installer in {GUESTS}/installer; scripts/fetch-guests gets it")
    return found[0]


def shown(data):
    """The words on the screen: what is left without the terminal's control sequences."""
    text = re.sub(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][0-9A-B]|[=>78cM])", b" ", data)
    return re.sub(rb"\s+", b" ", text)


def test_installer_comes_up_and_is_stopped():
    with guest.Directory() as directory:
        images = find_images()
        with open(directory.path / "disk.img", "wb") as file:
            file.truncate(64 * 1024 * 1024)

        run = directory.run(XML.format(images=images), "--console")
        found = run.out.wait(lambda data: b"Select a language" in (screen := shown(data)) and b"English" in screen)
        assert found, f"the language choice never came\n{run.said()}"

        run.signal(signal.SIGTERM)
        run.expect_error("asking the guest to power down")
        run.signal_again()
        run.expect_error("telling QEMU to quit")
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
