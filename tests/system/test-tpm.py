#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TPM that swtpm emulates: what a real Linux sees of it and leaves in it, where its state is kept, and the life of
swtpm beside QEMU's."""

import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess

import guest
import linux
import network
import tap

SERIAL = "<serial type='stdio'/>"
SECRET = "6dd3e4a5-1d76-44ce-961f-f119f5aad935"

# Defines a word that the TPM keeps, where there is none (TPM2_NV_ReadPublic, TPM2_NV_DefineSpace), and says whether
# there was; then what key the manufacturer gave it (TPM2_ReadPublic of the endorsement key).
INIT = r"""
ask() {
  printf "$1" >/command
  exec 3<>/dev/tpm0
  dd if=/command bs=4096 count=1 >&3 2>/dev/null
  dd bs=4096 count=1 <&3 2>/dev/null >/answer
  exec 3>&-
}
code() { hexdump -s 6 -n 4 -e '4/1 "%02x"' /answer; }
echo "version $(cat /sys/class/tpm/tpm0/tpm_version_major) $(ls /sys/class/tpm/tpm0 | tr '\n' ' ')"
ask '\x80\x01\x00\x00\x00\x0e\x00\x00\x01\x69\x01\x50\x00\x20'
echo "word: $(code)"
ask '\x80\x02\x00\x00\x00\x2d\x00\x00\x01\x2a\x40\x00\x00\x01\x00\x00\x00\x09\x40\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x0e\x01\x50\x00\x20\x00\x0b\x00\x06\x00\x06\x00\x00\x00\x08'
echo "defined: $(code)"
ask '\x80\x01\x00\x00\x00\x0e\x00\x00\x01\x73\x81\x01\x00\x01'
echo "key: $(code) $(sha256sum </answer | cut -c 1-32)"
echo "all seen"
read line
poweroff -f
"""

LINUX = """<domain type='qemu'>
  <name>linux-tpm</name>
  <memory unit='MiB'>192</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    {devices}
    <serial type='pty'/>
  </devices>
</domain>
"""


def need_swtpm():
    for program in ("swtpm", "swtpm_setup"):
        if not shutil.which(program):
            raise tap.Skip(f"there is no {program}")


def tpm(inside="", attributes="version='2.0'", model="tpm-tis", path="tpm"):
    """With its state in the test's own directory."""
    source = f"<source type='dir' path='{path}'/>" if path else ""
    return f"<tpm model='{model}'><backend type='emulator' {attributes}>{source}{inside}</backend></tpm>"


def hello(device, **keywords):
    return guest.hello_xml(devices=SERIAL + device, **keywords)


def swtpms(directory):
    found = []
    for pid in directory.processes():
        try:
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "swtpm":
                found.append(pid)
        except OSError:
            pass
    return found


def power_off(directory, run):
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def assert_is_kept(path, names):
    """Nobody else can look at it, and no part of the work is left."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {one.name for one in path.iterdir()} == {".lock", *names}, list(path.iterdir())
    for name in names:
        assert stat.S_IMODE((path / name).stat().st_mode) & 0o077 == 0, name


def boot_linux(directory, device):
    run = directory.run(LINUX.format(devices=device), "--console")
    run.expect("all seen")
    run.send(b"\n")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()
    said = run.out.text
    return (re.search(r"version (\d)", said)[1], re.search("word: (.*)", said)[1].strip(),
            re.search("defined: (.*)", said)[1].strip(), re.search("key: 00000000 (.*)", said)[1].strip(), said)


def test_linux():
    """What the guest has written, and the keys of the manufacturer, are there at the next start, by the other interface,
    too; another guest has others."""
    need_swtpm()
    kernel = linux.find_kernel()
    with guest.Directory() as directory:
        shutil.copy(kernel, directory.path / "vmlinuz")
        linux.make_initrd(directory.path / "initrd", kernel, INIT, ("virtio_pci",))
        banks = "<active_pcr_banks><sha256/><sha384/></active_pcr_banks>"
        version, word, defined, key, said = boot_linux(directory, tpm(banks))
        assert (version, word, defined) == ("2", "0000018b", "00000000"), said
        assert "pcr-sha384" in said and "pcr-sha512" not in said, said
        _, word, defined, same_key, said = boot_linux(directory, tpm(model="tpm-crb"))
        assert (word, defined) == ("00000000", "0000014c"), said
        assert same_key == key
        assert "pcr-sha384" in said, said
        _, word, _, other_key, said = boot_linux(directory, tpm("<active_pcr_banks><sha512/></active_pcr_banks>", path="2"))
        assert word == "0000018b" and other_key != key, said
        assert "pcr-sha512" in said and "pcr-sha256" not in said, said
        assert_is_kept(directory.path / "tpm", ["tpm2-00.permall"])


def test_version_1_2():
    need_swtpm()
    with guest.Directory() as directory:
        run = directory.run(hello(tpm(attributes="")))
        run.expect("boot 1")
        assert 'version="1.2"' in directory.verb("dumpxml", "hello").out
        power_off(directory, run)
        assert_is_kept(directory.path / "tpm", ["tpm-00.permall"])


def test_file():
    need_swtpm()
    with guest.Directory() as directory:
        device = tpm("<source type='file' path='tpm.state'/>", path="")
        for _ in range(2):
            run = directory.run(hello(device))
            run.expect("boot 1")
            power_off(directory, run)
        assert [path.name for path in directory.path.glob("tpm*")] == ["tpm.state"]
        assert stat.S_IMODE((directory.path / "tpm.state").stat().st_mode) & 0o077 == 0


def test_reset_and_restart():
    """A reset has the same swtpm, another QEMU another; SIGTERM to all of the job leaves it to the guest."""
    need_swtpm()
    with guest.Directory() as directory:
        run = directory.run(hello(tpm(), lifecycle="<on_poweroff>restart</on_poweroff>"))
        run.expect("boot 1")
        (first,) = swtpms(directory)
        os.kill(first, signal.SIGTERM)
        run.send(b"r")
        run.expect("boot 2")
        assert swtpms(directory) == [first]
        run.send(b"p")
        guest.await_that(lambda: run.out.text.count("boot 1") == 2, run.said)
        (second,) = swtpms(directory)
        assert second != first
        run.signal()
        assert run.wait() == 8, run.said()
        assert "swtpm" not in run.err.text, run.said()
        directory.assert_nothing_left()


def test_killed():
    """swtpm ends with whoever is killed."""
    need_swtpm()
    for victim in ("qemu", "domrun", "both"):
        with guest.Directory() as directory:
            run = directory.run(hello(tpm()), *(["--die-together"] if victim == "domrun" else []))
            run.expect("boot 1")
            qemu = run.qemu_pid()
            os.kill(qemu if victim == "qemu" else run.pid, signal.SIGKILL)
            run.wait()
            if victim == "both":
                os.kill(qemu, signal.SIGKILL)
            assert "runs on without" not in run.err.text, run.said()
            guest.await_that(lambda: not directory.processes(), lambda: f"{victim}: {directory.processes()}")


def test_adopted():
    """swtpm serves QEMU whoever looks after it, and its death is told; a restart has another."""
    need_swtpm()
    with guest.Directory() as directory:
        run = directory.run(hello(tpm(), lifecycle="<on_poweroff>restart</on_poweroff>"))
        run.expect("boot 1")
        directory.await_state("hello")
        first = swtpms(directory)
        run.process.kill()
        run.process.wait()
        guest.await_that(lambda: directory.verb("domstate", "hello").out == "unsupervised\n", run.said)
        assert swtpms(directory) == first and first
        run = guest.Run(["adopt", "--root", str(directory.runtime), "--verbose", "hello"], directory.environment, directory.path)
        run.expect_error(r"-> running \(adopted\)")
        run.send(b"p")
        run.expect("boot 1")
        second = swtpms(directory)
        assert len(second) == 1 and second != first, (first, second)
        directory.await_state("hello")
        run.process.kill()
        run.process.wait()
        guest.await_that(lambda: directory.verb("domstate", "hello").out == "unsupervised\n", run.said)
        run = guest.Run(["adopt", "--root", str(directory.runtime), "--verbose", "hello"], directory.environment, directory.path)
        run.expect_error(r"-> running \(adopted\)")
        os.kill(second[0], signal.SIGKILL)
        run.expect_error(r"swtpm has ended: the guest runs on without its TPM \('tpm0'\)")
        run.signal()
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_swtpm_dies():
    """The guest goes on, and it is said once."""
    need_swtpm()
    with guest.Directory() as directory:
        run = directory.run(hello(tpm()))
        run.expect("boot 1")
        os.kill(swtpms(directory)[0], signal.SIGKILL)
        run.expect_error(r"swtpm has ended: the guest runs on without its TPM \('tpm0'\)")
        run.send(b"n3\n")
        run.expect(b' !"')
        power_off(directory, run)
        assert run.err.text.count("swtpm has ended") == 1, run.said()


def test_swtpm_hangs():
    """It is waited for, and ended."""
    with guest.Directory(patience=1) as directory:
        (directory.path / "bin").mkdir()
        (directory.path / "tpm").mkdir()
        (directory.path / "tpm/tpm2-00.permall").write_text("something")
        script = directory.path / "bin/swtpm"
        script.write_text("#!/bin/sh\necho thinking\nexec sleep 1000000\n")
        script.chmod(0o755)
        directory.environment["PATH"] = f"{directory.path}/bin:{os.environ['PATH']}"
        run = directory.run(hello(tpm()))
        assert run.wait() == 4, run.said()
        assert re.search(r"guest.xml:\d+: error: <tpm>/<backend>: swtpm did not answer within 10 seconds\n"
                         "  its last words: thinking", run.err.text), run.said()
        directory.assert_nothing_left()
        run = directory.run(hello(tpm()))                # nor does anybody who wants to stop wait for it
        guest.await_that(lambda: [pid for pid in directory.processes() if guest.program(pid).endswith("/sleep")], run.said)
        run.signal()
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_swtpm_holds_up_the_end():
    """QEMU waits for it without a bound, and domrun does not."""
    need_swtpm()
    with guest.Directory(patience=1) as directory:
        run = directory.run(hello(tpm()))
        run.expect("boot 1")
        guest.stop_process(swtpms(directory)[0])
        run.send(b"p")
        assert run.wait(guest.PATIENCE + 60) == 0, run.said()
        assert "QEMU does not end: swtpm, which it may wait for, is killed ('tpm0')" in run.err.text, run.said()
        directory.assert_nothing_left()


def test_swtpm_never_stops_talking():
    """Nor is one waited for longer that says something all the time."""
    with guest.Directory(patience=1) as directory:
        (directory.path / "bin").mkdir()
        (directory.path / "tpm").mkdir()
        (directory.path / "tpm/tpm2-00.permall").write_text("something")
        script = directory.path / "bin/swtpm"
        script.write_text("#!/bin/sh\nexec yes thinking\n")
        script.chmod(0o755)
        directory.environment["PATH"] = f"{directory.path}/bin:{os.environ['PATH']}"
        run = directory.run(hello(tpm()))
        assert run.wait() == 4, run.said()
        assert re.search(r"error: <tpm>/<backend>: swtpm did not answer within 10 seconds\n"
                         "  its last words: thinking; thinking", run.err.text), run.said()
        directory.assert_nothing_left()


def test_secret():
    """The passphrase is on no command line; with another one the state is left as it is."""
    need_swtpm()
    with guest.Directory() as directory:
        device = tpm(f"<encryption secret='{SECRET}'/>")
        directory.write("right", "a passphrase that is longer than 32 bytes")
        directory.write("wrong", "another one")
        run = directory.run(hello(device), f"--secret={SECRET}=right")
        run.expect("boot 1")
        for pid in directory.processes():
            for name in ("cmdline", "environ"):
                assert b"a passphrase" not in pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
        power_off(directory, run)
        before = (directory.path / "tpm/tpm2-00.permall").read_bytes()
        for options in ([f"--secret={SECRET}=wrong"], []):
            run = directory.run(hello(device if options else tpm()), *options)
            assert run.wait() == 4, run.said()
            assert "swtpm cannot use the state of the TPM in" in run.err.text, run.said()
            assert not options or f"is the secret '{SECRET}' that by which it was made?" in run.err.text, run.said()
            directory.assert_nothing_left()
            assert (directory.path / "tpm/tpm2-00.permall").read_bytes() == before
        run = directory.run(hello(device), f"--secret={SECRET}=right")
        run.expect("boot 1")
        power_off(directory, run)


def test_state_is_in_use():
    need_swtpm()
    with guest.Directory() as directory:
        run = directory.run(hello(tpm()))
        run.expect("boot 1")
        other = directory.run(hello(tpm(), name="other"))
        assert other.wait() == 4, other.said()
        assert f"the state of a TPM in '{directory.path}/tpm' is in use by another guest" in other.err.text, other.said()
        power_off(directory, run)


def test_profile():
    """Of a new TPM, where swtpm has such."""
    need_swtpm()
    knows = b"cmdarg-profile" in subprocess.run(["swtpm_setup", "--print-capabilities"], capture_output=True, check=True).stdout
    with guest.Directory() as directory:
        run = directory.run(hello(tpm("<profile source='custom' removeDisabled='check'/>")))
        if knows:
            run.expect("boot 1")
            power_off(directory, run)
        else:
            assert run.wait() == 4, run.said()
            assert "<tpm>/<backend>: this swtpm_setup knows no profiles\n" in run.err.text, run.said()
            directory.assert_nothing_left()
            assert not list((directory.path / "tpm").glob("*"))


def as_user(directory):
    network.own(directory)
    os.chown(directory.path / "run", network.USER, network.USER)
    return ["setpriv", "--reuid", str(network.USER), "--regid", str(network.USER), "--clear-groups", "--"]


def test_of_a_user():
    """Kept under the guest's uuid where files of guests are, or, where that is not wanted, nowhere."""
    need_swtpm()
    with guest.Directory() as directory:
        prefix = as_user(directory) if os.geteuid() == 0 else ()
        directory.environment["XDG_STATE_HOME"] = str(directory.path / "state of mine")
        directory.environment.pop("XDG_CONFIG_HOME", None)
        kept = directory.path / "state of mine/domrun/tpm"
        run = directory.run(hello(tpm(path="", attributes="version='2.0' persistent_state='no'")), prefix=prefix)
        run.expect("boot 1")
        power_off(directory, run)
        assert not kept.exists()
        for _ in range(2):
            run = directory.run(hello(tpm(path="")), prefix=prefix)
            run.expect("boot 1")
            uuid = re.search("<uuid>(.*)</uuid>", directory.verb("dumpxml", "hello", prefix=prefix).out)[1]
            power_off(directory, run)
            assert [path.name for path in kept.iterdir()] == [uuid]
            assert_is_kept(kept / uuid, ["tpm2-00.permall"])


def test_what_is_missing():
    """Each program's package is named, by check and run; who has a TPM already needs no swtpm_setup."""
    need_swtpm()
    with guest.Directory() as directory:
        binaries = directory.path / "bin"
        binaries.mkdir()
        (binaries / "qemu-system-x86_64").symlink_to(shutil.which("qemu-system-x86_64"))
        for name in ("swtpm_cert", "certtool"):            # of swtpm-tools, and what that depends on
            (binaries / name).symlink_to(shutil.which(name) or "nothing")
        directory.environment["PATH"] = str(binaries)
        for name, package in (("swtpm", "swtpm"), ("swtpm_setup", "swtpm-tools")):
            run = directory.run(hello(tpm()))
            assert run.wait() == 4, run.said()
            assert re.search(rf"<tpm>/<backend>: attribute 'type': the program '{name}' is not in PATH\n"
                             rf"  install the package {package}\n", run.err.text), run.said()
            (binaries / name).symlink_to(shutil.which(name, path=os.environ["PATH"]))
        run = directory.run(hello(tpm()))
        run.expect("boot 1")
        power_off(directory, run)
        (binaries / "swtpm_setup").unlink()
        run = directory.run(hello(tpm()))
        run.expect("boot 1")
        power_off(directory, run)


def test_setup_is_stopped():
    """In the middle of making a TPM: nothing is left that the next start would take for one."""
    need_swtpm()
    file = "<tpm><backend type='emulator' version='2.0'><source type='file' path='state'/></backend></tpm>"
    for number, device, scratch in ((signal.SIGTERM, tpm(), "tpm/.domrun-new"), (signal.SIGKILL, tpm(), "tpm/.domrun-new"),
                                    (signal.SIGKILL, file, "state.domrun-new")):
        with guest.Directory() as directory:
            run = directory.run(hello(device))
            guest.await_that(lambda: (directory.path / scratch).exists() and
                             any("swtpm_setup" in (guest.program(pid) or "") for pid in directory.processes()), run.said)
            run.signal(number)
            run.wait()
            guest.await_that(lambda: not directory.processes(), lambda: f"{directory.processes()}")
            assert not (directory.path / "tpm/tpm2-00.permall").exists()
            assert not (directory.path / "state").exists()
            run = directory.run(hello(device))
            run.expect("boot 1")
            power_off(directory, run)
            assert not (directory.path / scratch).exists()
            if device != file:
                assert_is_kept(directory.path / "tpm", ["tpm2-00.permall"])


def test_setup_of_a_block_device_is_stopped():
    """What is there already is filled in place: what swtpm_setup needs meanwhile goes with the guest's directory."""
    need_swtpm()
    file = "<tpm><backend type='emulator' version='2.0'><source type='file' path='state'/></backend></tpm>"
    with guest.Directory() as directory:
        directory.write("state", "")
        run = directory.run(hello(file))
        guest.await_that(lambda: list(directory.runtime.rglob("swtpm_setup*")), run.said)
        run.signal(signal.SIGKILL)
        run.wait()
        guest.await_that(lambda: not directory.processes(), lambda: f"{directory.processes()}")
        assert not list(directory.temporary.iterdir()), list(directory.temporary.iterdir())
        directory.write("state", "")
        run = directory.run(hello(file))
        run.expect("boot 1")
        power_off(directory, run)


def test_names_of_others():
    """What somebody has in the directory, or where a link there leads, is not touched."""
    need_swtpm()
    with guest.Directory() as directory:
        for name in ("tpm/new", "elsewhere"):
            (directory.path / name).mkdir(parents=True)
            (directory.path / name / "letter").write_text("mine")
        (directory.path / "tpm/.domrun-new").symlink_to("../elsewhere")
        run = directory.run(hello(tpm()))
        assert run.wait() == 4, run.said()
        assert f"cannot make the directory '{directory.path}/tpm/.domrun-new': something else has that name" in run.err.text, \
            run.said()
        (directory.path / "tpm/.domrun-new").unlink()
        run = directory.run(hello(tpm()))
        run.expect("boot 1")
        power_off(directory, run)
        for name in ("tpm/new", "elsewhere"):
            assert (directory.path / name / "letter").read_text() == "mine"


def test_external():
    """An emulator of somebody else's, which stays."""
    need_swtpm()
    with guest.Directory() as directory:
        (directory.path / "mine").mkdir()
        listener = directory.path / "tpm.sock"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(listener))
            server.listen()
            process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={directory.path}/mine",
                                        "--ctrl", f"type=unixio,fd={server.fileno()}"], pass_fds=[server.fileno()])
        run = directory.run(hello(f"<tpm model='tpm-crb'><backend type='external'><source type='unix' mode='connect' "
                                  f"path='{listener}'/></backend></tpm>"))
        run.expect("boot 1")
        power_off(directory, run)
        process.kill()
        process.wait()


if __name__ == "__main__":
    tap.main(jobs=3)    # three wait for what takes its time, and do nothing meanwhile
