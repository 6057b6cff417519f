#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which file a guest reads, where its image is written over others. The guest boots from a qcow2 image that holds
nothing: what it says tells which of two base images it found below."""

import json
import shutil
import subprocess
import time

import guest
import tap

TOP = """<domain type='qemu'>
  <name>backing</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  <devices>
    <disk type='file'>
      <driver name='qemu' type='qcow2'/>
      <source file='top.qcow2'/>
      {chain}
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""

NAMED = """<backingStore type='file'>
  <format type='qcow2'/><source file='middle.qcow2'/>
  <backingStore type='file'><format type='raw'/><source file='named.img'/><backingStore/></backingStore>
</backingStore>"""

OPEN = "<backingStore type='file'><format type='qcow2'/><source file='middle.qcow2'/></backingStore>"


def create(directory, name, backing, image_format):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", backing, "-F", image_format, name, str(guest.IMAGE.stat().st_size)],
                   cwd=directory.path, check=True)


def make_images(directory):
    """The headers say: top.qcow2 over header.img, middle.qcow2 over header.img."""
    if not shutil.which("qemu-img"):
        raise tap.Skip("there is no qemu-img")
    image = guest.IMAGE.read_bytes()
    assert b"hello from domrun" in image
    for name, word in (("named.img", b"named."), ("header.img", b"header")):
        (directory.path / name).write_bytes(image.replace(b"hello from domrun", b"hello from " + word))
    create(directory, "middle.qcow2", "header.img", "raw")
    create(directory, "top.qcow2", "header.img", "raw")


def boot(directory, chain, expected):
    run = directory.run(TOP.format(chain=chain), "--console")
    run.expect(f"hello from {expected}")
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def test_chain_of_the_document():
    with guest.Directory() as directory:
        make_images(directory)
        before = {name: (directory.path / name).read_bytes() for name in ("named.img", "middle.qcow2")}
        boot(directory, NAMED, "named.")
        for name, content in before.items():
            assert (directory.path / name).read_bytes() == content, f"{name} was written"


def test_header_where_the_document_says_nothing():
    with guest.Directory() as directory:
        make_images(directory)
        boot(directory, "", "header")


def test_header_below_the_last_image_of_the_document():
    with guest.Directory() as directory:
        make_images(directory)
        boot(directory, OPEN, "header")


def test_end_of_the_chain():
    """An empty <backingStore/>: the image stands alone, and there is nothing to boot from."""
    with guest.Directory() as directory:
        make_images(directory)
        run = directory.run(TOP.format(chain="<backingStore/>"), "--detach")
        assert run.wait() == 0, run.said()
        nodes = json.loads(directory.verb("qmp", "backing", "query-named-block-nodes").out)
        assert not any("header.img" in json.dumps(node["image"]["filename"]) for node in nodes), nodes
        directory.destroy("backing")


def test_missing_backing_file():
    with guest.Directory() as directory:
        make_images(directory)
        (directory.path / "named.img").unlink()
        run = directory.run(TOP.format(chain=NAMED))
        assert run.wait() == 4, run.said()
        run.expect_error(r"guest\.xml:12: .*<backingStore>/<backingStore>/<source>: attribute 'file': no such file")


def test_backing_file_that_another_disk_writes():
    with guest.Directory() as directory:
        make_images(directory)
        other = "<target dev='vda'/></disk><disk type='file'><source file='named.img'/>"
        run = directory.run(TOP.format(chain=NAMED + other).replace("<target dev='vda' bus='virtio'/>",
                                                                    "<target dev='vdb' bus='virtio'/>"))
        assert run.wait() == 4, run.said()
        run.expect_error(r"named\.img' is the same file as .*, and one of the two is written")


def test_live_xml_is_absolute():
    with guest.Directory() as directory:
        make_images(directory)
        run = directory.run(TOP.format(chain=NAMED), "--detach")
        assert run.wait() == 0, run.said()
        xml = directory.verb("dumpxml", "backing").out
        for name in ("top.qcow2", "middle.qcow2", "named.img"):
            assert f"<source file=\"{directory.path / name}\"" in xml, xml
        directory.destroy("backing")


def qemu_io(directory, name, command, expected):
    """Reads or writes what is on top of the disk, in QEMU, which says how it went in its log."""
    directory.verb("qmp", "--hmp", name, f'qemu-io disk-0-overlay "{command}"')
    guest.await_that(lambda: expected in directory.verb("log", name).out, lambda: directory.verb("log", name).out)


def test_transient():
    """What is written can be read back, and is gone when the guest has ended; two guests may have one image."""
    with guest.Directory() as directory:
        make_images(directory)
        before = (directory.path / "top.qcow2").read_bytes()
        xml = TOP.format(chain=NAMED).replace("<target", "<transient/><target")
        for name in ("one", "two"):
            run = directory.run(xml.replace("backing</name>", f"{name}</name>"), "--detach")
            assert run.wait() == 0, run.said()
        qemu_io(directory, "one", "write -P 0x5a 0 512", "wrote 512/512")
        qemu_io(directory, "one", "read -P 0x5a 0 512", "read 512/512")
        qemu_io(directory, "two", "read -P 0x5a 0 512", "verification failed")
        for name in ("one", "two"):
            directory.destroy(name)
        assert (directory.path / "top.qcow2").read_bytes() == before
        directory.assert_nothing_left()


def test_five_deep():
    """Each image holds nothing and names the next in its header; the document names all, or the first alone."""
    with guest.Directory() as directory:
        make_images(directory)
        names = ["header.img", *(f"{number}.qcow2" for number in range(1, 5)), "top.qcow2"]
        for below, name in zip(names, names[1:]):
            create(directory, name, below, "raw" if below == "header.img" else "qcow2")
        boot(directory, "", "header")
        chain = "<backingStore/>"
        for name in names[:-1]:
            image_format = "raw" if name == "header.img" else "qcow2"
            chain = f"<backingStore type='file'><format type='{image_format}'/><source file='{name}'/>{chain}</backingStore>"
        boot(directory, chain, "header")


def test_throttled():
    """What is read beyond the first tenth of a second's share has to wait for its time."""
    with guest.Directory() as directory:
        make_images(directory)
        tune = "<iotune><total_bytes_sec>1048576</total_bytes_sec><read_iops_sec>5000</read_iops_sec></iotune><target"
        run = directory.run(TOP.format(chain="").replace("<target", tune), "--detach")
        assert run.wait() == 0, run.said()
        limits = json.loads(directory.verb("qmp", "backing", "qom-get", "path=/objects/disk-0-limits", "property=limits").out)
        assert {key: value for key, value in limits.items() if value and "length" not in key} == \
            {"bps-total": 1048576, "iops-read": 5000}, limits
        begun = time.monotonic()
        for _ in range(3):
            device = "/machine/peripheral/virtio-disk0/virtio-backend"
            directory.verb("qmp", "--hmp", "backing", f'qemu-io -d {device} "read 0 1M"')
        guest.await_that(lambda: directory.verb("log", "backing").out.count("read 1048576/1048576") == 3,
                         lambda: directory.verb("log", "backing").out)
        assert time.monotonic() - begun > 1.8
        directory.destroy("backing")


VOLUME = """<domain type='qemu'>
  <name>backing</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  <devices>
    <disk type='volume'>
      <driver name='qemu' type='raw'/>
      <source pool='my pool' volume='named.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""


def boot_volume(directory, *options):
    run = directory.run(VOLUME, "--console", *options)
    run.expect("hello from named.")
    run.send(b"p")
    assert run.wait() == 0, run.said()


def test_volume():
    """The pool is the user's own, of libvirt's, or is said; and one of other things than files is none."""
    with guest.Directory() as directory:
        make_images(directory)
        boot_volume(directory, "--pool=my pool=.")
        run = directory.run(VOLUME)
        assert run.wait() == 4, run.said()
        run.expect_error("attribute 'pool': nobody knows the pool 'my pool'(?s:.*)--pool=my pool=DIR")
        pools = directory.path / "config/libvirt/storage"
        pools.mkdir(parents=True)
        directory.environment["XDG_CONFIG_HOME"] = str(directory.path / "config")
        definition = f"<pool type='dir'><name>my pool</name><target><path>{directory.path}</path></target></pool>"
        (pools / "my pool.xml").write_text(definition)
        boot_volume(directory)
        (pools / "my pool.xml").write_text(definition.replace("dir", "iscsi"))
        assert directory.run(VOLUME).wait() == 4
        directory.assert_nothing_left()


tap.main()
