#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""UEFI guests: the firmware that the host's descriptors name boots, and its variables are the guest's own."""

import pathlib

import guest
import tap


def uefi_xml(os_attributes=" firmware='efi'", os_elements=""):
    if not list(pathlib.Path("/usr/share/qemu/firmware").glob("*x86_64*.json")):
        raise tap.Skip("there is no UEFI firmware for x86_64 (package ovmf)")
    return f"""<domain type='qemu'>
  <name>uefi</name>
  <memory unit='MiB'>256</memory>
  <os{os_attributes}>
    <type arch='x86_64' machine='q35'>hvm</type>
    {os_elements}
    <nvram>vars.fd</nvram>
  </os>
  <features><acpi/></features>
  <devices><serial type='stdio'/></devices>
</domain>"""


def boot(directory, xml, *options):
    """Boots until the firmware speaks, and ends it."""
    run = directory.run(xml, *options)
    run.expect(r"BdsDxe: ")
    return run


def end(directory, run):
    directory.destroy("uefi")
    assert run.wait() == 8
    directory.assert_nothing_left()


def test_secure_boot_refuses_what_nobody_signed():
    """The descriptors put a firmware with Secure Boot and enrolled keys first; its own shell is not signed."""
    with guest.Directory() as directory:
        xml = uefi_xml(os_elements="<firmware><feature enabled='yes' name='secure-boot'/>"
                                   "<feature enabled='yes' name='enrolled-keys'/></firmware>")
        run = directory.run(xml)
        run.expect(r"BdsDxe: failed to start .*Security Violation")
        end(directory, run)


def test_variables_are_made_once_and_kept():
    """What the firmware writes into them is there at the next start, and gone after --reset-nvram."""
    xml = uefi_xml(os_elements="<firmware><feature enabled='no' name='secure-boot'/></firmware>")
    with guest.Directory() as directory:
        variables = directory.path / "vars.fd"
        end(directory, boot(directory, xml))
        assert variables.stat().st_mode & 0o777 == 0o600, oct(variables.stat().st_mode)
        written = variables.read_bytes()
        inode = variables.stat().st_ino
        assert b"B\0o\0o\0t\0O\0r\0d\0e\0r\0" in written, "the firmware has written no boot order"
        end(directory, boot(directory, xml))
        assert variables.stat().st_ino == inode, "the variables were made anew"
        end(directory, boot(directory, xml, "--reset-nvram"))
        assert variables.stat().st_ino != inode, "the variables were not made anew"
        assert sorted(path.name for path in directory.path.glob("vars*")) == ["vars.fd"]


def test_loader_without_a_template():
    """Nobody knows the template of a loader of one's own: the error says what was looked for, and QEMU never starts."""
    with guest.Directory() as directory:
        (directory.path / "CODE.fd").write_bytes(bytes(4096))
        run = directory.run(uefi_xml("", "<loader readonly='yes' type='pflash'>CODE.fd</loader>"))
        assert run.wait() == 4, run.said()
        run.expect_error(r"nobody knows the template.*/usr/share/qemu/firmware(?s:.*)<nvram template='FILE'/>")
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
