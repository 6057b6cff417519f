#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`domrun check` finds what `run` would find: machines that QEMU lacks, emulators that are none, images that another
guest uses, backing files that are missing; and what `run` makes of QEMU's refusal has the same words."""

import contextlib
import fcntl
import os
import pathlib
import struct
import subprocess

import guest
import tap

DISK = """<disk type='file' device='disk'>
      <driver name='qemu' type='{format}'/>
      <source file='{file}'/>
      <target dev='vd{letter}' bus='virtio'/>
      {more}
    </disk>"""


def disk(file, image_format="raw", letter="b", more=""):
    return DISK.format(file=file, format=image_format, letter=letter, more=more)


def create(directory, name, image_format, *options):
    subprocess.run(["qemu-img", "create", "-q", "-f", image_format, *options, name, "1M"], cwd=directory.path, check=True)
    return directory.path / name


def check(directory, xml, *options):
    """Exit code and findings."""
    directory.write("checked.xml", xml)
    done = subprocess.run([guest.DOMRUN, "check", *options, "checked.xml"], cwd=directory.path, env=directory.environment,
                          capture_output=True, timeout=guest.PATIENCE, text=True)
    return done.returncode, done.stderr


def expect(directory, xml, code, *texts, options=()):
    actual, said = check(directory, xml, *options)
    assert actual == code, f"exit code {actual}, not {code}\n{said}"
    for text in texts:
        assert text in said, f"not said: {text}\n{said}"
    return said


def test_image_that_is_not_there_is_told_once():
    with guest.Directory() as directory:
        said = expect(directory, guest.hello_xml(disk("none.qcow2", "qcow2")), 4, f"no such file: '{directory.path}/none.qcow2'")
        assert said.count("none.qcow2") == 1, said


# ---- Keys and hosts of SSH ----

def test_usual_places_of_ssh():
    """What QEMU's driver looks into by itself may be named; it is the user's, and so it follows HOME."""
    source = """<disk type='network'><driver name='qemu' type='raw'/><source protocol='ssh' name='/a'><host name='example.org'/>
        <identity username='me' keyfile='{home}/.ssh/id_ed25519'/><knownHosts path='{home}/.ssh/known_hosts'/></source>
        <target dev='vdb' bus='virtio'/></disk>"""
    with guest.Directory() as directory:
        directory.environment["HOME"] = str(directory.path)
        expect(directory, guest.hello_xml(source.format(home=directory.path)), 0)
        expect(directory, guest.hello_xml(source.format(home="/home/of/another")), 3,
               "QEMU cannot be told of the key '/home/of/another/.ssh/id_ed25519'", "'IdentityFile /home/of/another/.ssh")


# ---- Firmware ----


def test_directory_of_the_variables():
    loaders = sorted(pathlib.Path("/usr/share/OVMF").glob("OVMF_CODE*.fd"))
    if not loaders:
        raise tap.Skip("there is no UEFI firmware")
    with guest.Directory() as directory:
        os_text = "<os><type arch='x86_64' machine='q35'>hvm</type>"
        xml = guest.hello_xml().replace("<os><type arch='x86_64' machine='pc'>hvm</type>", f"""{os_text}
            <loader readonly='yes' type='pflash'>{loaders[0]}</loader><nvram>nowhere/vars.fd</nvram>""")
        expect(directory, xml, 4, f"cannot make '{directory.path}/nowhere/vars.fd': there is no directory")
        (directory.path / "nowhere").mkdir()
        expect(directory, xml, 0)


# ---- Networks ----


def test_more_forwarded_ports_than_a_number_holds():
    """Their sum is 2 to the power of 32, and one that fits."""
    with guest.Directory() as directory:
        ranges = "<range start='1' end='65535'/>" * 65537 + "<range start='5'/>"
        xml = guest.hello_xml(f"<interface type='user'><portForward proto='tcp'>{ranges}</portForward></interface>")
        expect(directory, xml, 3, "port by port, and at most 1000")


# ---- Machines and emulators ----


def test_machine_that_is_missing():
    with guest.Directory() as directory:
        xml = guest.hello_xml().replace("machine='pc'", "machine='pc-q35-99.0'")
        expect(directory, xml, 4, "checked.xml:4: error: <os>/<type>: attribute 'machine': ", "has no machine 'pc-q35-99.0'",
               "the nearest that it has is 'pc-q35-", "--machine=pc-q35-")
        expect(directory, xml, 0, options=["--machine=q35"])
        run = directory.run(xml)
        assert run.wait() == 5, run.said()
        run.expect_error(r"guest\.xml:4: error: <os>/<type>: attribute 'machine': '.*' has no machine 'pc-q35-99\.0'\n"
                         r"  the nearest that it has is 'pc-q35-")
        directory.assert_nothing_left()


def test_run_on_another_machine():
    with guest.Directory() as directory:
        xml = guest.hello_xml("<serial type='stdio'/>").replace("machine='pc'", "machine='pc-i440fx-99.0'")
        run = directory.run(xml, "--machine=pc")
        run.expect("boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_emulator_that_is_none():
    with guest.Directory() as directory:
        xml = guest.hello_xml("<emulator>/bin/true</emulator>")
        expect(directory, xml, 4, "<emulator>: '/bin/true' is no emulator of QEMU")
        expect(directory, guest.hello_xml(), 4, "'/bin/true' is no emulator of QEMU", options=["--emulator=/bin/true"])
        expect(directory, guest.hello_xml(), 4, "no such file: '/nowhere/qemu'", options=["--emulator=/nowhere/qemu"])
        expect(directory, xml, 0, options=["--emulator=qemu-system-x86_64"])


def test_emulator_of_another_distribution():
    with guest.Directory() as directory:
        if os.path.exists("/usr/bin/kvm-spice"):
            raise tap.Skip("/usr/bin/kvm-spice is there")
        xml = guest.hello_xml("<emulator>/usr/bin/kvm-spice</emulator><serial type='stdio'/>")
        expect(directory, xml, 0, "warning: <emulator>: there is no '/usr/bin/kvm-spice' on this host; '", "takes its place")
        run = directory.run(xml)
        run.expect("boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        expect(directory, xml.replace("/usr/bin/kvm-spice", "/opt/qemu/bin/kvm"), 4, "no such file: '/opt/qemu/bin/kvm'")


def test_relative_emulator():
    """Relative to the user's directory, also of a guest in the background, which stands elsewhere."""
    with guest.Directory() as directory:
        wrapper = directory.write("my-qemu", "#!/bin/sh\nexec qemu-system-x86_64 \"$@\"\n")
        wrapper.chmod(0o755)
        directory.write("guest.xml", guest.hello_xml())
        directory.verb("run", "--detach", "--emulator=./my-qemu", "guest.xml")
        directory.verb("destroy", "hello")
        directory.assert_nothing_left()


# ---- Images ----


def test_image_of_another_guest():
    with guest.Directory() as directory:
        image = create(directory, "disk.img", "raw")
        xml = guest.hello_xml(disk(image), name="first")
        run = directory.run(xml)
        directory.await_state("first")
        holder = rf"'{image}' is in use by process {run.qemu_pid()} (qemu-system-"
        second = guest.hello_xml(disk(image), name="second")
        expect(directory, second, 4, "<disk>/<source>: attribute 'file': " + holder, "guest 'first')")
        expect(directory, guest.hello_xml(disk(image, more="<readonly/>")), 4, holder)
        expect(directory, guest.hello_xml(disk(image, more="<shareable/>")), 4, holder)
        directory.write("second.xml", second)
        late = directory.verb("run", "second.xml", code=5)
        assert holder in late.err and "second.xml:" in late.err, late.err
        directory.destroy("first")
        run.wait()
        expect(directory, second, 0)


def test_image_that_is_shared():
    with guest.Directory() as directory:
        image = create(directory, "disk.img", "raw")
        run = directory.run(guest.hello_xml(disk(image, more="<shareable/>"), name="first"))
        directory.await_state("first")
        expect(directory, guest.hello_xml(disk(image, more="<shareable/>"), name="second"), 0)
        expect(directory, guest.hello_xml(disk(image), name="second"), 4, "is in use by")
        directory.destroy("first")
        run.wait()


@contextlib.contextmanager
def lock(path, byte):
    """A lock as QEMU takes them. It is given back, since a process that another test is about to start may still have the
    file open."""
    def change(kind):
        fcntl.fcntl(file, 37, struct.pack("hhqqi4x", kind, os.SEEK_SET, byte, 1, 0))  # F_OFD_SETLK

    with open(path, "rb") as file:
        change(fcntl.F_RDLCK)
        try:
            yield
        finally:
            change(fcntl.F_UNLCK)


def test_each_lock():
    with guest.Directory() as directory:
        image = create(directory, "disk.img", "raw")
        for byte, read, write, shared in ((101, 4, 4, 0), (201, 0, 4, 4), (200, 4, 4, 4), (100, 0, 0, 0), (999, 0, 0, 0)):
            with lock(image, byte):
                for more, code in (("<readonly/>", read), ("", write), ("<shareable/>", shared)):
                    actual, said = check(directory, guest.hello_xml(disk(image, more=more)))
                    assert actual == code, f"byte {byte}, {more}: exit code {actual}\n{said}"


def test_backing_file_that_is_missing():
    with guest.Directory() as directory:
        create(directory, "base.img", "raw")
        create(directory, "middle.qcow2", "qcow2", "-b", "base.img", "-F", "raw")
        image = create(directory, "top.qcow2", "qcow2", "-b", "middle.qcow2", "-F", "qcow2")
        xml = guest.hello_xml(disk(image, "qcow2"))
        said = expect(directory, xml, 0)
        assert "warning" not in said, said
        (directory.path / "base.img").unlink()
        expect(directory, xml, 4, f"<disk>/<source>: attribute 'file': '{directory.path}/middle.qcow2' needs its backing file "
               f"'{directory.path}/base.img': No such file or directory")
        # What the document says counts in place of the header.
        expect(directory, guest.hello_xml(disk(image, "qcow2", more="<backingStore/>")), 0)
        run = directory.run(guest.hello_xml(disk(image, "qcow2", more="<backingStore/>"), name="own"))
        directory.await_state("own")
        directory.destroy("own")
        run.wait()


def test_format_that_is_another():
    with guest.Directory() as directory:
        qcow2 = create(directory, "one.qcow2", "qcow2")
        raw = create(directory, "two.img", "raw")
        expect(directory, guest.hello_xml(disk(qcow2)), 0, "warning: <disk>/<source>: attribute 'file': "
               f"'{qcow2}' begins as an image of format 'qcow2', and the guest gets it raw, as the document says")
        expect(directory, guest.hello_xml(disk(raw, "qcow2")), 4, f"'{raw}' is not an image of format 'qcow2'")
        expect(directory, guest.hello_xml(disk(qcow2, "vmdk")), 4, "it is one of format 'qcow2'")


def test_backing_format_that_nobody_tells():
    with guest.Directory() as directory:
        create(directory, "base.img", "raw")
        image = create(directory, "top.qcow", "qcow", "-b", "base.img", "-F", "raw")
        expect(directory, guest.hello_xml(disk(image, "qcow")), 0, "does not tell the format of its backing file")


STORE = "<dataStore type='file'><format type='raw'/><source file='{path}'/></dataStore></source>"


def test_data_elsewhere():
    """The document says where the data of an image is, and that counts in place of the header."""
    with guest.Directory() as directory:
        image = create(directory, "tables.qcow2", "qcow2", "-o", "data_file=data.img")
        plain = create(directory, "plain.qcow2", "qcow2")
        data, moved = directory.path / "data.img", directory.path / "moved.img"

        def with_store(path, store):
            return guest.hello_xml(disk(path, "qcow2").replace(f"<source file='{path}'/>", f"<source file='{path}'>"
                                                               + STORE.format(path=store)), name="store")
        expect(directory, guest.hello_xml(disk(image, "qcow2")), 4,
               f"'{image}' wants to read and write '{data}' as its data file, which the document does not name",
               f"<dataStore type='file'><source file='{data}'/></dataStore>")
        expect(directory, with_store(image, data), 0)
        data.rename(moved)
        expect(directory, with_store(image, data), 4, "<dataStore>/<source>: attribute 'file': no such file")
        expect(directory, with_store(image, moved), 0)
        expect(directory, with_store(plain, moved), 4, f"'{plain}' has its data in itself, and the document names a <dataStore>",
               "leave <dataStore> away")
        run = directory.run(with_store(image, moved))
        directory.await_state("store")
        expect(directory, with_store(plain, moved), 4, f"'{moved}' is in use by")
        directory.destroy("store")
        run.wait()
        directory.assert_nothing_left()


def test_circle():
    """An image that is written over itself: QEMU refuses it; the look at it ends."""
    with guest.Directory() as directory:
        image = create(directory, "one.qcow2", "qcow2")
        subprocess.run(["qemu-img", "rebase", "-u", "-b", "one.qcow2", "-F", "qcow2", str(image)], check=True)
        check(directory, guest.hello_xml(disk(image, "qcow2")))


if __name__ == "__main__":
    tap.main(jobs=2)
