#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`domrun init`: documents that `check` finds nothing wrong with, and that run; what it takes from osinfo-db, of which this
test has a small one of its own."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree

import guest
import tap

HELLO = "hello from domrun, boot "
IMAGE = guest.IMAGE


def system(identity, short, family, body=""):
    return f"""<libosinfo version="0.0.1">
  <os id="http://example.org/{identity}">
    <short-id>{short}</short-id>
    <name>{short.title()} of the test &amp; more</name>
    {f'<family>{family}</family>' if family else ''}
    {body}
  </os>
</libosinfo>
"""


VIRTIO = """<devices>
      <device id="http://pcisig.com/pci/1af4/1001"/>
      <device id="http://pcisig.com/pci/1af4/1000"/>
    </devices>"""
RESOURCES = """<resources arch="all">
      <minimum><n-cpus>1</n-cpus><ram>268435456</ram></minimum>
      <recommended><ram>1073741824</ram></recommended>
    </resources>"""
DERIVED = """<derives-from id="http://example.org/tux/1"/>"""
WINDOWS = """<firmware arch="x86_64" type="efi"/>
    <firmware arch="x86_64" type="bios" supported="false"/>"""


def make_database(directory):
    folder = directory.path / "osinfo/os/example.org"
    folder.mkdir(parents=True)
    (folder / "tux-1.xml").write_text(system("tux/1", "tux1", "linux", VIRTIO + RESOURCES))
    (folder / "tux-2.xml").write_text(system("tux/2", "tux2", "", DERIVED))
    (folder / "panes-11.xml").write_text(system("panes/11", "panes11", "winnt", WINDOWS + RESOURCES))
    (folder / "loop-1.xml").write_text(system("loop/1", "loop1", "linux", '<derives-from id="http://example.org/loop/1"/>'))
    (folder / "broken-1.xml").write_text("<libosinfo><os><short-id>broken1</short-id>")
    directory.environment["OSINFO_SYSTEM_DIR"] = str(directory.path / "osinfo")


def init(directory, *words, code=0):
    made = subprocess.run([guest.DOMRUN, "init", *words], env=directory.environment, cwd=directory.path, capture_output=True,
                          text=True, check=False)
    assert made.returncode == code, (words, made.returncode, made.stderr)
    return made.stderr if code else made.stdout


def test_document_that_runs():
    with guest.Directory() as directory:
        assert init(directory, "--type=qemu", "--memory=64M", "--vcpus=1", f"--disk={IMAGE},format=raw,readonly", "--graphics=none",
                    "--output=web.xml", "web") == ""
        said = subprocess.run([guest.DOMRUN, "check", "web.xml"], env=directory.environment, cwd=directory.path,
                              capture_output=True, text=True, check=True)
        assert "error" not in said.stderr and "warning" not in said.stderr, said.stderr
        run = guest.Run(["run", "--console", "--root", str(directory.runtime), "web.xml"], directory.environment, directory.path)
        run.expect(HELLO + "1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_file_is_not_overwritten():
    with guest.Directory() as directory:
        directory.write("web.xml", "mine")
        assert init(directory, "--output=web.xml", "web", code=2) == \
            "domrun: error: --output: 'web.xml' is there already, and is left as it is\n"
        assert (directory.path / "web.xml").read_text() == "mine"


def facts(text):
    root = ElementTree.fromstring(text)
    return {
        "title": root.findtext("title"), "memory": root.findtext("memory"), "firmware": root.find("os").get("firmware"),
        "disk": root.find("devices/disk/target").get("bus"), "nic": root.find("devices/interface/model").get("type"),
        "clock": root.find("clock").get("offset") if root.find("clock") is not None else None,
        "tpm": root.find("devices/tpm") is not None, "hyperv": root.find("features/hyperv") is not None,
    }


def test_operating_systems():
    with guest.Directory() as directory:
        make_database(directory)
        linux = {"memory": "1024", "firmware": None, "disk": "virtio", "nic": "virtio", "clock": None, "tpm": False, "hyperv": False}
        assert facts(init(directory, "--os=tux1", "--type=kvm", "a")) == {"title": "Tux1 of the test & more", **linux}
        assert facts(init(directory, "--os=tux2", "--type=qemu", "a")) == {"title": "Tux2 of the test & more", **linux}
        assert facts(init(directory, "--os=panes11", "--type=kvm", "a")) == {
            "title": "Panes11 of the test & more", "memory": "1024", "firmware": "efi", "disk": "sata", "nic": "e1000e",
            "clock": "localtime", "tpm": True, "hyperv": True}
        text = init(directory, "--os=panes11", "--type=qemu", "--disk=a.img", "--disk=b.img,bus=virtio", "--cdrom=c.iso", "a")
        targets = [(target.get("dev"), target.get("bus")) for target in ElementTree.fromstring(text).iter("target") if target.get("bus")]
        assert targets == [("sda", "sata"), ("vda", "virtio"), ("sdb", "sata")], targets
        assert facts(init(directory, "--os=loop1", "a"))["disk"] == "sata"  # it derives from itself, and has no drivers


def test_documents_are_accepted():
    with guest.Directory() as directory:
        make_database(directory)
        for words in (["--os=tux2"], ["--os=panes11"], ["--arch=x86_64", "--firmware=efi"], ["--arch=aarch64"], ["--network=none"],
                      ["--graphics=spice"], ["--forward=2222:22"], ["--network=bridge:br0"], ["--set=vcpu=7", "--unset=//rng"]):
            for kind in ("kvm", "qemu"):
                (directory.path / "a.xml").write_text(init(directory, f"--type={kind}", *words, "a <&> -- b"))
                said = subprocess.run([guest.DOMRUN, "argv", "--strict", "a.xml"], env=directory.environment, cwd=directory.path,
                                      capture_output=True, text=True, check=False)
                # What this host lacks is a warning.
                assert said.returncode == 0 or re.search("no such firmware|has no UEFI", said.stderr), (kind, words, said.stderr)


REFUSED = [
    (["--os=tux3", "a"], 4, "osinfo-db has no operating system 'tux3'\n  did you mean 'tux"),
    (["--os=broken1", "a"], 3, "not well-formed XML"),
    (["--arch=s390x", "a"], 2, "--arch: unknown value 's390x' (known: x86_64, aarch64)"),
    (["--firmware=uboot", "a"], 2, "--firmware: unknown value 'uboot' (known: bios, efi)"),
    (["--arch=aarch64", "--firmware=bios", "a"], 2, "--firmware: ARM's machine 'virt' has no BIOS"),
    (["--type=xen", "a"], 2, "--type: unknown value 'xen' (known: kvm, qemu)"),
    (["--graphics=gtk", "a"], 2, "--graphics: unknown value 'gtk' (known: vnc, spice, sdl, none)"),
    (["--memory=much", "a"], 2, "--memory: 'much' is no size"),
    ([], 2, "expected one NAME, got 0\n  'domrun init web > web.xml' makes a document for a guest 'web'"),
    (["--output=/nowhere/a.xml", "a"], 4, "cannot make '/nowhere/a.xml': No such file or directory"),
]


def test_refusals():
    with guest.Directory() as directory:
        make_database(directory)
        for words, code, said in REFUSED:
            assert said in init(directory, *words, code=code), (words, init(directory, *words, code=code))
        directory.environment["OSINFO_SYSTEM_DIR"] = "/nowhere"
        assert "this host has no osinfo-db\n  the package osinfo-db has it" in init(directory, "--os=tux1", "a", code=4)


if __name__ == "__main__":
    tap.main()
