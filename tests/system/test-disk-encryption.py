#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that boot from encrypted images, whose passphrase is in a file, comes by a descriptor, or is one of libvirt's
secrets; and that it is seen nowhere else."""

import base64
import os
import pathlib
import shutil
import subprocess

import guest
import tap

UUID = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
PASSPHRASE = b"never seen, anywhere"

XML = """<domain type='qemu'>
  <name>encrypted</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  {more}
  <devices>
    <disk type='file'>
      <driver name='qemu' type='{format}'/>
      <source file='image'>
        <encryption format='luks'><secret type='passphrase' {secret}/></encryption>
      </source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""


def xml(image_format="raw", secret=f"uuid='{UUID}'", more=""):
    return XML.format(format=image_format, secret=secret, more=more)


def make(directory, image_format="raw"):
    """The built-in guest, encrypted with little work for the key."""
    if not shutil.which("qemu-img"):
        raise tap.Skip("there is no qemu-img")
    (directory.path / "key").write_bytes(PASSPHRASE)
    name, prefix = ("luks", "") if image_format == "raw" else ("qcow2", "encrypt.")
    options = f"{prefix}key-secret=key,{prefix}iter-time=10" + (",encrypt.format=luks" if prefix else "")
    for _ in range(100):                                   # it measures how fast it is, and a clock may be coarse
        done = subprocess.run(["qemu-img", "convert", "--object", "secret,id=key,file=key", "-f", "raw", "-O", name,
                               "-o", options, str(guest.IMAGE), "image"], cwd=directory.path, capture_output=True, check=False)
        if b"Unable to get accurate CPU usage" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr
    assert b"hello from domrun" not in (directory.path / "image").read_bytes()


def assert_unseen(directory, pid):
    """Neither the words nor their encoding are in QEMU's arguments, in its environment or in a file of domrun's."""
    for path in (f"/proc/{pid}/cmdline", f"/proc/{pid}/environ", *directory.runtime.rglob("*")):
        path = pathlib.Path(path)
        content = path.read_bytes() if path.is_file() else b""
        assert PASSPHRASE not in content and base64.b64encode(PASSPHRASE) not in content, path


def boot(directory, document, *options, **keywords):
    run = directory.run(document, "--console", *options, **keywords)
    run.expect("hello from domrun")
    assert_unseen(directory, run.qemu_pid())
    run.send(b"p")
    assert run.wait() == 0, run.said()
    assert PASSPHRASE.decode() not in run.said()
    directory.assert_nothing_left()


def test_file():
    with guest.Directory() as directory:
        make(directory)
        boot(directory, xml(), f"--secret={UUID}=key")


def test_qcow2():
    with guest.Directory() as directory:
        make(directory, "qcow2")
        boot(directory, xml("qcow2", "usage='my disk'"), "--secret=my disk=key")


def test_descriptor():
    """A pipe, which can be read once: by domrun, and by no QEMU."""
    with guest.Directory() as directory:
        make(directory)
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE)
        os.close(writer)
        run = directory.run(xml(), "--detach", f"--secret={UUID}=fd:0", stdin=reader)
        os.close(reader)
        assert run.wait() == 0, run.said()
        directory.destroy("encrypted")
        directory.assert_nothing_left()


def test_started_again():
    """Each QEMU of a guest that is started again has it."""
    with guest.Directory() as directory:
        make(directory)
        run = directory.run(xml(more="<on_poweroff>restart</on_poweroff>"), "--console", f"--secret={UUID}=key")
        for count in (1, 2):
            run.expect(f"(?s:(?:hello from domrun.*){{{count}}})")
            run.send(b"p")
        run.expect("(?s:(?:hello from domrun.*){3})")
        directory.destroy("encrypted")
        run.wait()
        directory.assert_nothing_left()


def define(directory, kind="volume", element="volume", usage="/my/disk"):
    """A secret of libvirt's, as it keeps those of a user."""
    secrets = directory.path / "config/libvirt/secrets"
    secrets.mkdir(parents=True)
    (secrets / f"{UUID}.xml").write_text(f"<secret ephemeral='no' private='yes'><uuid>{UUID}</uuid>"
                                         f"<usage type='{kind}'><{element}>{usage}</{element}></usage></secret>")
    (secrets / f"{UUID}.base64").write_bytes(base64.b64encode(PASSPHRASE))
    (secrets / "other.xml").write_text("<secret><usage/></secret>")
    (secrets / "broken.xml").write_text("<secret>")
    directory.environment["XDG_CONFIG_HOME"] = str(directory.path / "config")


def test_secret_of_libvirt():
    with guest.Directory() as directory:
        make(directory)
        define(directory)
        boot(directory, xml(secret=f"uuid='{UUID.upper()}'"))
        boot(directory, xml(secret="usage='/my/disk'"))


def test_secret_of_libvirt_for_something_else():
    with guest.Directory() as directory:
        make(directory)
        define(directory, "ceph", "name")
        run = directory.run(xml(secret="usage='/my/disk'"))
        assert run.wait() == 4, run.said()
        run.expect_error("nobody has the secret '/my/disk'")
        directory.assert_nothing_left()


def test_secret_of_nobody():
    with guest.Directory() as directory:
        make(directory)
        run = directory.run(xml())
        assert run.wait() == 4, run.said()
        run.expect_error(rf"<secret>: nobody has the secret '{UUID}'(?s:.*)--secret={UUID}=FILE")
        directory.assert_nothing_left()


def test_wrong_secret():
    with guest.Directory() as directory:
        make(directory)
        (directory.path / "wrong").write_bytes(b"something else")
        run = directory.run(xml(), f"--secret={UUID}=wrong")
        assert run.wait() == 5, run.said()
        run.expect_error("Invalid password")
        directory.assert_nothing_left()


def test_missing_file():
    with guest.Directory() as directory:
        make(directory)
        run = directory.run(xml(), f"--secret={UUID}=missing")
        assert run.wait() == 4, run.said()
        run.expect_error("cannot read the secret '.*' in '.*/missing': No such file or directory")
        directory.assert_nothing_left()


def test_fifo():
    """Nobody waits for one who would write into it."""
    with guest.Directory() as directory:
        make(directory)
        os.mkfifo(directory.path / "fifo")
        run = directory.run(xml(), f"--secret={UUID}=fifo")
        assert run.wait() == 4, run.said()
        run.expect_error(f"the secret '.*' in '.*/fifo' is not in a regular file\n  .*--secret={UUID}=fd:N")
        directory.assert_nothing_left()


def test_check():
    """An image that is not encrypted, with a passphrase, is told before the start."""
    with guest.Directory() as directory:
        make(directory)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "image", "1M"], cwd=directory.path, check=True)
        path = directory.write("guest.xml", xml())
        result = subprocess.run([guest.DOMRUN, "check", f"--secret={UUID}=key", str(path)], capture_output=True, text=True,
                                cwd=directory.path, env=directory.environment, check=False)
        assert result.returncode == 4 and "is not an image of format 'luks'" in result.stderr, result


tap.main()
