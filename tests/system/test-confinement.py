#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What QEMU cannot do on the host: by QMP, and by a program in its place. And what of its plan it still can."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import guest
import tap
from attempts import attempt, attempt_beside, listening, need


def test_nothing_is_possible():
    need("files", "tcp", "signals")
    found = attempt()
    assert not found, found


def test_without_a_sandbox():
    """The attempts are such that they would succeed."""
    found = attempt("--no-sandbox=all")
    expected = {"read", "write", "append", "truncate", "create", "temporary", "mkdir", "symlink", "hardlink", "fifo", "unlink",
                "list", "kill", "connect", "bind", "abstract", "socket", "execute"}
    if os.geteuid() == 0:
        expected |= {"environ", "descriptor", "shadow", "usr"} | ({"cron"} if os.path.isdir("/etc/cron.d") else set())
    assert found >= expected, expected - found
    assert "environment" not in found and "privileges" not in found, found


OF_THE_SUPERVISOR = {"ptrace", "mem", "environ", "descriptor", "pidfd"}


def test_supervisor_without_a_sandbox():
    """What it knows is its own all the same, but for the superuser, and with any part of Landlock's in force."""
    user = 65534 if os.geteuid() == 0 else None
    if user and (not shutil.which("setpriv") or
                 subprocess.run(["setpriv", f"--reuid={user}", guest.DOMRUN, "--version"], capture_output=True, check=False).returncode):
        raise tap.Skip("another user cannot run this domrun")
    for options in (["--no-sandbox=all"], ["--no-sandbox=files,signals"], ["--no-sandbox=files"], ["--no-sandbox=signals"]):
        found = attempt(*options, user=user)
        assert not found & OF_THE_SUPERVISOR, (options, found)
        assert len(found) > 1, "the attempts are such that they would succeed"


def test_parts():
    """Each can be left out alone."""
    need("files", "tcp", "signals")
    found = attempt("--no-sandbox=signals")
    assert found == {"kill", "abstract"}, found
    found = attempt("--no-sandbox=tcp")
    assert found == {"connect", "bind"}, found
    found = attempt("--no-sandbox=files")
    assert "read" in found and not found & {"kill", "connect", "bind", "abstract", "ptrace", "mem"}, found


def test_ports_of_the_plan():
    """A guest's own network connects to wherever the guest wants; it listens on what is forwarded, and on nothing else."""
    need("tcp")
    network = "<interface type='user'><model type='virtio'/></interface>"
    found = attempt(devices=network)
    assert found == {"connect"}, found


def test_socket_of_a_display():
    """It is made in a directory of its own: what else the guest has in its own stays out of QEMU's reach."""
    need("files")
    display = "<graphics type='vnc'><listen type='socket'/></graphics><video><model type='vga'/></video>"
    found = attempt(devices=display)
    assert not found, found
    found = attempt("--no-sandbox=files", devices=display)
    assert found >= {"control", "state", "beside"}, found


# What the program can do where there are no rules about files; that it is root, or not, makes no difference to the others.
FILES = {"read", "write", "append", "truncate", "create", "temporary", "mkdir", "symlink", "hardlink", "fifo", "unlink", "list",
         "socket", "execute", "home", "shadow", "cron", "usr", "terminal", "memory", "tun", "sysctl", "rename", "environ"}

BESIDE = {
    "swtpm": "<tpm model='tpm-tis'><backend type='emulator' version='2.0'><source type='file' path='{shared}/state'/></backend></tpm>",
    "dbus-daemon": "<graphics type='dbus'/><video><model type='vga'/></video>",
    "passt": "<interface type='user'><backend type='passt'/><model type='virtio'/></interface>",
    "virtiofsd": "<filesystem type='mount'><driver type='virtiofs'/><binary path='{place}/virtiofsd'>SANDBOX</binary>"
                 "<source dir='{shared}'/><target dir='tag'/></filesystem>",
}


def test_swtpm():
    need("files", "tcp", "signals")
    device = BESIDE["swtpm"]
    found = attempt_beside("swtpm", device)
    assert not found, found
    found = attempt_beside("swtpm", device, "--no-sandbox=files")
    assert found <= FILES and "read" in found, found
    found = attempt_beside("swtpm", device, "--no-sandbox=all")
    assert found >= {"read", "write", "connect", "bind", "abstract", "kill"} and "environment" not in found, found


def test_dbus_daemon():
    need("files", "tcp", "signals")
    found = attempt_beside("dbus-daemon", BESIDE["dbus-daemon"])
    assert not found, found
    found = attempt_beside("dbus-daemon", BESIDE["dbus-daemon"], "--no-sandbox=tcp,signals,limits")
    assert found >= {"connect", "bind", "abstract", "kill"} and not found & FILES, found


def test_virtiofsd():
    """Files are a matter of its own namespaces, unless it is to have none."""
    need("files", "tcp", "signals")
    memory = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
    found = attempt_beside("virtiofsd", BESIDE["virtiofsd"].replace("SANDBOX", "<sandbox mode='chroot'/>"), head=memory)
    assert not found - {"files"}, found
    found = attempt_beside("virtiofsd", BESIDE["virtiofsd"].replace("SANDBOX", ""), head=memory)
    assert not found - FILES - {"files"}, found


def test_passt():
    need("signals")
    found = attempt_beside("passt", BESIDE["passt"])
    assert not found - FILES - {"files", "connect", "bind"}, found


def test_bootloader():
    """It reads, and writes where temporary files are."""
    need("files", "tcp", "signals")
    if os.path.expanduser("~").startswith(("/tmp", "/var/tmp")):
        raise tap.Skip("the home directory is where temporary files are")
    found = attempt_beside("bootloader", "", head="<bootloader>{place}/bootloader</bootloader>", where=os.path.expanduser("~"))
    assert found <= {"read", "list", "home", "shadow", "memory", "temporary", "execute"}, found


# A filter of system calls (seccomp) by which landlock_create_ruleset, 444, is one that nobody knows.
OLD_KERNEL = """
import ctypes, os, struct, sys
code = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7fff0000)]
program = b"".join(struct.pack("=HBBI", *one) for one in code)
kept = ctypes.create_string_buffer(program)
filter = struct.pack("@HP", len(code), ctypes.addressof(kept))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_kernel_without_landlock():
    """It is said once, and the guest runs; or it does not."""
    prefix = [sys.executable, "-c", OLD_KERNEL]
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(), "--console", prefix=prefix)
        run.expect("boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        assert run.err.text.count("Landlock") == 1 and run.err.text.count("warning") == 1, run.said()
        run.expect_error("warning: this kernel's Landlock lacks parts of QEMU's sandbox: files, tcp, signals\n")
        run = directory.run(guest.hello_xml(), "--require-sandbox", prefix=prefix)
        assert run.wait() == 4, run.said()
        run.expect_error("error: --require-sandbox: this kernel's Landlock lacks parts of QEMU's sandbox: files, tcp, signals\n")
        run = directory.run(guest.hello_xml(), "--console", "--require-sandbox", "--no-sandbox=files,tcp,signals", prefix=prefix)
        run.expect("boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_what_is_in_force():
    """`check` says it before, `dominfo` while the guest runs."""
    need("files", "tcp", "signals")
    with guest.Directory() as directory:
        directory.write("guest.xml", guest.hello_xml())

        def check(*options):
            return subprocess.run([guest.DOMRUN, "check", *options, "guest.xml"], cwd=directory.path, capture_output=True, text=True,
                                  check=True)
        assert check().stdout == "sandbox: files, tcp, signals, calls, limits\n"
        less = check("--no-sandbox=tcp,limits")
        assert less.stdout == "sandbox: files, signals, calls\n" and "--no-sandbox=tcp: QEMU can use any TCP port" in less.stderr
        assert check("--no-sandbox=all", "--quiet").stdout == ""
        run = directory.run(guest.hello_xml(), "--no-sandbox=tcp")
        directory.await_state("hello")
        assert "Sandbox:        files, signals, calls, limits\n" in directory.verb("dominfo", "hello").out
        directory.destroy("hello")
        run.wait()


# What no machine for tests has, and tests/golden-start.py therefore cannot find: of a golden case, a line of its access.
LINES = {
    "audio/oss": "write /dev/dsp0",
    "audio/file": "create '@DIR@/a, b.wav'",
    "bootloader/alone": "bootloader: execute /",
    "filesystem/virtiofs": "virtiofsd: all /srv/export",
    "graphics/dbus-gl": "write /dev/dri",
    "graphics/egl-headless": "write /dev/dri",
    "hostdev/mdev": "write /dev/vfio",
    "hostdev/pci": "write /dev/vfio",
    "hostdev/scsi-host": "write /dev/vhost-scsi",
    "hostdev/usb-address": "write /dev/bus/usb",
    "input/evdev": "write /dev/input/by-id/usb-kbd-event-kbd",
    "interface/user-passt-all-ports": "passt: connect any",
    "interface/vdpa": "write /dev/vhost-vdpa-0",
    "launchSecurity/sev": "write /dev/sev",
    "memory-device/sgx-epc": "write /dev/sgx_vepc",
    "parallel/dev": "write /dev/parport0",
    "smartcard/host": "read /etc/pki/nssdb",
    "tpm/passthrough": "write /dev/tpm7",
    "tpm/source-file": "swtpm: create /srv/tpm.state",
    "video/virtio-blob": "write /dev/udmabuf",
    "vsock/address": "write /dev/vhost-vsock",
}


def test_devices_of_the_host():
    golden = pathlib.Path(os.environ.get("DOMRUN_SRCDIR", guest.BUILD / "..")) / "tests/golden"
    for case, line in LINES.items():
        path = (golden / f"{case}.xml").resolve()
        done = subprocess.run([guest.DOMRUN, "argv", "--access", "--seed=", path.name], cwd=path.parent, capture_output=True,
                              text=True, check=True)
        assert line.replace("@DIR@", str(path.parent)) in done.stdout.splitlines(), f"{case}: {line}\n{done.stdout}"


def test_warnings():
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(), "--no-sandbox=files,limits", "--emulator=/bin/false")
        run.wait()
        run.expect_error("warning: --no-sandbox=files: QEMU can open every file that this user can")
        run.expect_error("warning: --no-sandbox=limits: ")
        def argv(option):
            return subprocess.run([guest.DOMRUN, "argv", "guest.xml", option], cwd=directory.path, capture_output=True, text=True,
                                  check=False)
        assert argv("--no-sandbox=calls").stdout.count("-sandbox off") == 1
        assert "unknown part 'file' (known: files, tcp, signals, calls, limits, all)" in argv("--no-sandbox=file").stderr


# ---- QEMU itself, by QMP ----

VIDEO = "<serial type='pty'/><graphics type='vnc' port='-1'/><video><model type='vga'/></video><controller type='usb'/>"


class Attacked:
    """The built-in guest in the background, with a file beside its own that it has no business with."""

    def __init__(self, directory, port):
        self.directory = directory
        self.port = port
        self.secret = directory.write("secret", "secret" * 1024)
        self.tree = directory.path / "tree"
        self.tree.mkdir()
        self.own = directory.path / "own.img"
        self.own.write_bytes(bytes(1 << 20))

    def start(self, *options):
        disk = (f"<disk type='file'><driver type='raw'/><source file='{self.own}'/><target dev='vdb' bus='virtio'/></disk>")
        run = self.directory.run(guest.hello_xml(VIDEO + disk, name="attacked"), "--detach", *options)
        assert run.wait() == 0, run.said()

    def qmp(self, command, **arguments):
        request = json.dumps({"execute": command, "arguments": arguments})
        return self._verb("qmp", "attacked", request)

    def hmp(self, line):
        return self._verb("qmp", "--hmp", "attacked", line)

    def _verb(self, name, *arguments):
        done = subprocess.run([guest.DOMRUN, name, "--root", str(self.directory.runtime), *arguments], capture_output=True,
                              text=True, env=self.directory.environment, check=False)
        return done.stdout + done.stderr


def attacks(it):
    """What is tried, by name: what QEMU says of it."""
    secret, new = str(it.secret), str(it.directory.path / "new")
    ports = iter(range(it.port + 1, it.port + 100))

    def listen():
        return {"type": "inet", "data": {"host": "127.0.0.1", "port": str(next(ports))}}
    yield "read an image", it.qmp("blockdev-add", driver="file", filename=secret, **{"node-name": "read", "read-only": True})
    yield "write an image", it.qmp("blockdev-add", driver="file", filename=secret, **{"node-name": "write"})
    yield "vvfat", it.qmp("blockdev-add", driver="vvfat", dir=str(it.tree), **{"node-name": "fat", "read-only": True})
    yield "chardev file", it.qmp("chardev-add", id="file", backend={"type": "file", "data": {"out": new}})
    yield "chardev pty", it.qmp("chardev-add", id="pty", backend={"type": "pty", "data": {}})
    inet = {"type": "inet", "data": {"host": "127.0.0.1", "port": str(it.port)}}
    yield "chardev connect", it.qmp("chardev-add", id="tcp", backend={"type": "socket", "data": {"addr": inet, "server": False}})
    yield "chardev listen", it.qmp("chardev-add", id="listen", backend={
        "type": "socket", "data": {"addr": listen(), "server": True, "wait": False}})
    unix = {"type": "unix", "data": {"path": new}}
    yield "chardev unix", it.qmp("chardev-add", id="unix", backend={
        "type": "socket", "data": {"addr": unix, "server": True, "wait": False}})
    yield "memory of a file", it.qmp("object-add", id="memory", size=4096, **{"qom-type": "memory-backend-file", "mem-path": secret})
    yield "secret", it.qmp("object-add", id="secret", file=secret, **{"qom-type": "secret"})
    yield "random", it.qmp("object-add", id="random", filename=secret, **{"qom-type": "rng-random"})
    yield "rom", it.qmp("device_add", driver="e1000", id="rom", romfile=secret)
    yield "nbd", it.qmp("nbd-server-start", addr=listen())
    yield "screendump", it.qmp("screendump", filename=new)
    yield "dump", it.qmp("dump-guest-memory", paging=False, protocol=f"file:{new}")
    yield "pmemsave", it.qmp("pmemsave", val=0, size=4096, filename=new)
    yield "netdev", it.qmp("netdev_add", type="socket", id="socket", listen=f"127.0.0.1:{next(ports)}")
    yield "hostfwd", it.qmp("netdev_add", type="user", id="user", hostfwd=[{"str": f"tcp:127.0.0.1:{next(ports)}-:22"}])
    yield "logfile", it.hmp(f"logfile {new}")
    yield "gdbserver", it.hmp(f"gdbserver tcp:127.0.0.1:{next(ports)}")


WORDS = ("Permission denied", "Operation not permitted", "ould not", "ailed", "annot", "can't", "error:")


def test_hint():
    """Where QEMU is denied something at its start, the sandbox may be why."""
    need("files")
    with guest.Directory() as directory:
        document = guest.hello_xml().replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>")
        arguments = "<qemu:commandline><qemu:arg value='-object'/><qemu:arg value='secret,id=s,file=secret'/></qemu:commandline></domain>"
        directory.write("secret", "secret")
        run = directory.run(document.replace("</domain>", arguments))
        assert run.wait() == 5, run.said()
        run.expect_error("secret.*Permission denied(.|\n)*--no-sandbox=files,tcp runs without")


def test_attacks_by_qmp():
    need("files", "tcp")
    with guest.Directory() as directory, listening() as port:
        it = Attacked(directory, port)
        before = it.secret.read_bytes()
        it.start()
        for name, said in attacks(it):
            assert any(word in said for word in WORDS), f"{name}: {said}"
            assert not (directory.path / "new").exists(), name
            assert directory.verb("domstate", "attacked").out == "running\n", name
        assert it.secret.read_bytes() == before
        assert '"error"' not in it.qmp("blockdev-add", driver="file", filename=str(it.own), **{"node-name": "again", "read-only": True})
        migrate = it.qmp("migrate", uri=f"tcp:127.0.0.1:{port}")
        guest.await_that(lambda: "failed" in it.qmp("query-migrate"), lambda: migrate + it.qmp("query-migrate"))
        directory.destroy("attacked")


def test_attacks_without_a_sandbox():
    """They are such that they would succeed."""
    with guest.Directory() as directory, listening() as port:
        it = Attacked(directory, port)
        it.start("--no-sandbox=files,tcp")
        failed = {}
        for name, said in attacks(it):
            if any(word in said for word in WORDS):
                failed[name] = said
            for path in directory.path.glob("new"):
                path.unlink()
        assert not failed, failed
        directory.destroy("attacked")


if __name__ == "__main__":
    tap.main()
