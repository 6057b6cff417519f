#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""UEFI guests: the firmware that the host's descriptors name boots, and its variables are the guest's own."""

import json
import pathlib
import re
import shutil
import subprocess

import guest
import linux
import tap

NOT_SECURE = "<firmware><feature enabled='no' name='secure-boot'/></firmware>"
DISK = "<disk type='file'><driver type='raw'/><source file='disk.img'/><target dev='vda' bus='virtio'/></disk>"

CMDLINE = "console=ttyS0 quiet"

INIT = """
mount -t efivarfs none /sys/firmware/efi/efivars
variable=/sys/firmware/efi/efivars/Domrun-7f2b6d1e-0f55-4a4e-8f0a-5d8d1f3c9b11
if [ -e $variable ]; then
  echo "uefi: there was one: $(tail -c +5 $variable)"
else
  echo "uefi: there was none"
fi
printf '\\7\\0\\0\\0kept' > $variable
read answer
poweroff -f
"""


def uefi_xml(os_attributes=" firmware='efi'", os_elements="", devices=""):
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
  <devices><serial type='stdio'/>{devices}</devices>
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


def make_initrd(directory):
    linux.make_initrd(directory.path / "initrd", linux.find_kernel(), INIT, ("efivarfs",))


def make_system_disk(directory):
    """A disk from which firmware boots Linux."""
    boot_directory = directory.path / "partition/EFI/BOOT"
    boot_directory.mkdir(parents=True)
    make_initrd(directory)
    linux.make_unified(boot_directory / "BOOTX64.EFI", linux.find_kernel(), directory.path / "initrd", CMDLINE)
    node = {"driver": "raw", "file": {"driver": "vvfat", "dir": str(directory.path / "partition"), "fat-type": 16}}
    subprocess.run(["qemu-img", "convert", "-O", "raw", "json:" + json.dumps(node), "disk.img"], cwd=directory.path,
                   check=True)


def expect_variables_to_be_kept(directory, xml):
    """Linux finds the firmware, and what it writes into a variable is there at the next start."""
    for said in "there was none", "there was one: kept":
        run = directory.run(xml)
        run.expect(f"uefi: {said}")
        run.send(b"\n")
        assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def test_secure_boot_refuses_what_nobody_signed():
    """The descriptors put a firmware with Secure Boot and enrolled keys first."""
    with guest.Directory() as directory:
        make_system_disk(directory)
        run = directory.run(uefi_xml(os_elements="<firmware><feature enabled='yes' name='secure-boot'/>"
                                                 "<feature enabled='yes' name='enrolled-keys'/></firmware>",
                                     devices=DISK))
        run.expect(r"BdsDxe: failed to (load|start) (?s:.*)(Security Violation|Access Denied)")
        end(directory, run)


def test_kernel_of_a_disk():
    with guest.Directory() as directory:
        make_system_disk(directory)
        expect_variables_to_be_kept(directory, uefi_xml(os_elements=NOT_SECURE, devices=DISK))


def test_kernel_of_the_document():
    """<kernel> beside UEFI."""
    with guest.Directory() as directory:
        shutil.copy(linux.find_kernel(), directory.path / "vmlinuz")
        make_initrd(directory)
        expect_variables_to_be_kept(directory, uefi_xml(
            os_elements=f"{NOT_SECURE}<kernel>vmlinuz</kernel><initrd>initrd</initrd><cmdline>{CMDLINE}</cmdline>"))


def test_live_document_names_what_was_chosen():
    """And gives the same guest again."""
    xml = uefi_xml(os_elements="<firmware><feature enabled='yes' name='secure-boot'/></firmware>")
    with guest.Directory() as directory:
        run = boot(directory, xml)
        live = directory.verb("dumpxml", "uefi").out
        assert re.search(r'<loader type="pflash" readonly="yes" secure="yes">/.*</loader>', live), live
        assert re.search(r'<nvram template="/.*">/.*/vars.fd</nvram>', live), live
        assert '<smm state="on"/>' in live, live
        end(directory, run)
        directory.write("live.xml", live)
        plain, again = (subprocess.run([guest.DOMRUN, "argv", "--seed=x", name], cwd=directory.path, check=True, text=True,
                                       capture_output=True).stdout for name in ("guest.xml", "live.xml"))
        assert re.findall("-machine .*|pflash.*", plain) == re.findall("-machine .*|pflash.*", again), plain + again


def test_variables_are_made_once_and_kept():
    """What the firmware writes into them is there at the next start, and gone after --reset-nvram."""
    xml = uefi_xml(os_elements=NOT_SECURE)
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
