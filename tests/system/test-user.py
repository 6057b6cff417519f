#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Root's guests as another user: whose rights QEMU and what serves it have, what that user may not have, and whose the
guest's own files are meanwhile and afterwards, however it ends."""

import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess

import attempts
import guest
import tap

NAME = "nobody"
SERIAL = "<serial type='stdio'/>"


def need_root():
    if os.geteuid() != 0:
        raise tap.Skip("only root can be another user")
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise tap.Skip(f"this host has no user {NAME}") from None


@contextlib.contextmanager
def place(**keywords):
    """A directory that other users can pass, with the guest's image and a disk of its own that is root's alone."""
    need_root()
    with guest.Directory(**keywords) as directory:
        for path in (directory.path, directory.runtime):
            path.chmod(0o711)
        directory.temporary.chmod(0o1777)
        if not guest.IMAGE.exists():
            raise tap.Skip("configure has found no assembler of x86 for the built-in guest")
        directory.image = directory.path / "guest.img"
        shutil.copy(guest.IMAGE, directory.image)
        directory.image.chmod(0o644)
        directory.own = directory.path / "own.img"
        directory.own.write_bytes(bytes(1 << 20))
        directory.own.chmod(0o600)
        yield directory


def disk(path, more=""):
    return (f"<disk type='file'><driver type='raw'/><source file='{path}'/><target dev='vdb' bus='virtio'/>{more}</disk>")


def hello(directory, devices="", name="hello", **keywords):
    xml = guest.hello_xml(SERIAL + devices, name=name, **keywords)
    return xml.replace(str(guest.IMAGE), str(directory.image))


def start(directory, xml, *options):
    run = directory.run(xml, *options)
    run.expect("boot 1")
    return run


def power_off(directory, run):
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def status(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def owner(path):
    found = path.stat()
    return found.st_uid, found.st_gid


def pids(directory, name):
    return [pid for pid in directory.processes() if os.path.basename(guest.program(pid) or "") == name]


def assert_is_of(pid, uid, gid, groups):
    found = status(pid)
    assert found["Uid"].split() == [str(uid)] * 4, found
    assert found["Gid"].split() == [str(gid)] * 4, found
    assert set(map(int, found["Groups"].split())) == set(groups), found
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(found[kind], 16) == 0, found
    assert found["NoNewPrivs"] == "1", found


# ---- As whom ----

def test_identity():
    """By a name, a name with a group, numbers; each with the groups that it has, and no right of root's."""
    user = need_root()
    groups = os.getgrouplist(NAME, user.pw_gid)
    daemon = pwd.getpwnam("daemon")
    for text, uid, gid, expected in ((NAME, user.pw_uid, user.pw_gid, groups),
                                     (f"{NAME}:daemon", user.pw_uid, daemon.pw_gid, os.getgrouplist(NAME, daemon.pw_gid)),
                                     ("54321:54322", 54321, 54322, [54322])):
        with place() as directory:
            directory.environment["SSH_AUTH_SOCK"] = "/of/root"
            run = start(directory, hello(directory), f"--user={text}")
            qemu = run.qemu_pid()
            assert_is_of(qemu, uid, gid, expected)
            variables = pathlib.Path(f"/proc/{qemu}/environ").read_text().split("\0")
            assert not [one for one in variables if one.startswith(("SSH_AUTH_SOCK=", "XDG_RUNTIME_DIR="))], variables
            assert f"HOME={user.pw_dir if uid == user.pw_uid else '/'}" in variables, variables
            limits = pathlib.Path(f"/proc/{qemu}/limits").read_text()
            assert re.search(r"Max processes +32768 ", limits) or int(re.search(r"Max processes +(\d+)", limits)[1]) < 32768, limits
            assert status(run.pid)["Uid"].split() == ["0"] * 4
            assert re.search(rf"(?m)^User: +{text.partition(':')[0]}$", directory.verb("dominfo", "hello").out)
            power_off(directory, run)


def test_by_the_environment():
    """A setting for all guests of root's, which an option overrides, and which nobody else's guests have."""
    user = need_root()
    with place() as directory:
        directory.environment["DOMRUN_USER"] = NAME
        run = start(directory, hello(directory))
        assert status(run.qemu_pid())["Uid"].split()[0] == str(user.pw_uid)
        power_off(directory, run)
        run = start(directory, hello(directory), "--user=root")
        assert status(run.qemu_pid())["Uid"].split()[0] == "0"
        power_off(directory, run)


def test_refused():
    with place() as directory:
        directory.write("guest.xml", hello(directory))

        def check(*options, prefix=()):
            return subprocess.run([*prefix, guest.DOMRUN, "check", *options, "guest.xml"], cwd=directory.path,
                                  capture_output=True, text=True, check=False)
        done = check("--user=no-such-user")
        assert done.returncode == 2 and "--user: this host has no user 'no-such-user'" in done.stderr, done
        done = check(f"--user={NAME}:no-such-group")
        assert done.returncode == 2 and "--user: this host has no group 'no-such-group'" in done.stderr, done
        done = check("--chown")
        assert done.returncode == 2 and "--chown: QEMU is run as this user" in done.stderr, done
        done = check(f"--user={NAME}")
        assert done.returncode == 0 and done.stdout.startswith(f"user: {NAME}\n"), done
        if os.access(guest.DOMRUN, os.X_OK):
            other = ["setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups", "--"]
            done = check(f"--user={NAME}", prefix=other)
            assert done.returncode in (2, 126, 127), done
            assert done.returncode != 2 or "--user: only root can run QEMU as another user" in done.stderr, done


# A host with a PCI device in group 14, a mediated one in group 15 and a SCSI device, of which the nodes are root's alone.
HOST = """
set -e
mount -t tmpfs none "$0"
cp -a /dev/null /dev/zero /dev/urandom "$0"
mkdir "$0/vfio"
mknod -m 666 "$0/vfio/vfio" c 1 3
for node in vfio/14 vfio/15 sg3; do mknod -m 600 "$0/$node" c 1 3; done
mount --bind "$0" /dev
mount -t tmpfs none /sys
mkdir -p /sys/bus/pci/devices/0000:01:00.0 /sys/bus/pci/drivers/vfio-pci /sys/bus/scsi/devices/0:0:4:8/scsi_generic/sg3
mkdir -p /sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804
ln -s ../../../../groups/14 /sys/bus/pci/devices/0000:01:00.0/iommu_group
ln -s ../../drivers/vfio-pci /sys/bus/pci/devices/0000:01:00.0/driver
ln -s ../../../../groups/15 /sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804/iommu_group
exec "$@"
"""

HOSTDEVS = {
    "/dev/vfio/14": "type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source>",
    "/dev/vfio/15": "type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source>",
    "/dev/sg3": "type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='4' unit='8'/></source>",
}


def test_devices_of_the_host():
    """The node that QEMU will open, and not only that by which all of VFIO is reached."""
    need_root()
    with place() as directory:
        (directory.path / "nodes").mkdir()
        prefix = ["unshare", "-m", "sh", "-c", HOST, directory.path / "nodes"]
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
            raise tap.Skip("no mount namespaces here, or no devices in them")
        for node, words in HOSTDEVS.items():
            directory.write("guest.xml", hello(directory, f"<hostdev mode='subsystem' {words}</hostdev>"))
            for user, is_told in ((NAME, True), ("root", False)):
                done = subprocess.run([*prefix, guest.DOMRUN, "check", f"--user={user}", "guest.xml"], capture_output=True, text=True,
                                      cwd=directory.path, env=directory.environment, check=False)
                told = f"'{NAME}', as whom QEMU is run, cannot read and write '{node}': Permission denied"
                assert (told in done.stderr) == is_told, (node, user, done.stderr)


def test_unreadable():
    """Each file that the user may not use is told, with what helps."""
    with place() as directory:
        document = hello(directory, disk(directory.own))
        run = directory.run(document, f"--user={NAME}")
        assert run.wait() == 4, run.said()
        run.expect_error(rf"guest.xml:\d+: error: <disk>/<source>: attribute 'file': '{NAME}', as whom QEMU is run, cannot read "
                         rf"'.*/own.img': Permission denied\n  --chown gives it to '{NAME}' while the guest runs \(mode 0600, ")
        directory.image.chmod(0o600)
        run = directory.run(hello(directory), f"--user={NAME}", "--chown")
        assert run.wait() == 4, run.said()
        run.expect_error(rf"cannot read '.*/guest.img': Permission denied\n  let that user .*: setfacl -m u:{NAME}:r '")
        directory.image.chmod(0o644)
        directory.path.chmod(0o700)
        run = directory.run(document, f"--user={NAME}", "--chown")
        assert run.wait() == 4, run.said()
        run.expect_error(rf"the directory '{directory.path}' bars the way \(mode 0700, .*\): setfacl -m u:{NAME}:x '")
        assert owner(directory.own) == (0, 0)
        directory.assert_nothing_left()


def test_its_own():
    """What the user may use anyway needs no --chown."""
    user = need_root()
    with place() as directory:
        os.chown(directory.own, user.pw_uid, -1)
        run = start(directory, hello(directory, disk(directory.own)), f"--user={NAME}")
        assert owner(directory.own) == (user.pw_uid, 0)
        power_off(directory, run)
        assert owner(directory.own) == (user.pw_uid, 0)


# ---- What serves it ----

def test_sockets():
    """Of displays: QEMU makes them in a directory of its user's, and root's viewers come to them."""
    user = need_root()
    devices = "<graphics type='vnc'><listen type='socket'/></graphics><video><model type='vga'/></video>"
    with place() as directory:
        run = start(directory, hello(directory, devices), f"--user={NAME}")
        path, = directory.runtime.rglob("vnc*.sock")
        assert owner(path)[0] == user.pw_uid and owner(path.parent)[0] == user.pw_uid
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            assert connection.recv(4) == b"RFB "
        power_off(directory, run)
    with place() as directory:
        directory.runtime.chmod(0o700)
        run = directory.run(hello(directory, devices), f"--user={NAME}")
        assert run.wait() == 4, run.said()
        run.expect_error(f"the directory '{directory.runtime}' bars the way")
        directory.assert_nothing_left()


def test_bus():
    user = need_root()
    if not shutil.which("dbus-daemon") or not shutil.which("gdbus"):
        raise tap.Skip("there is no dbus-daemon, or no gdbus")
    with place() as directory:
        run = start(directory, hello(directory, "<graphics type='dbus'/><video><model type='vga'/></video>"), f"--user={NAME}")
        daemon, = pids(directory, "dbus-daemon")
        assert_is_of(daemon, user.pw_uid, user.pw_gid, os.getgrouplist(NAME, user.pw_gid))
        path, = directory.runtime.rglob("dbus.sock")
        done = subprocess.run(["gdbus", "call", "--address", f"unix:path={path}", "--dest", "org.qemu", "--object-path",
                               "/org/qemu/Display1/VM", "--method", "org.freedesktop.DBus.Properties.Get", "org.qemu.Display1.VM",
                               "Name"], capture_output=True, text=True, check=False)
        assert "'hello'" in done.stdout, done
        power_off(directory, run)


def test_passt():
    user = need_root()
    if not shutil.which("passt"):
        raise tap.Skip("there is no passt")
    if subprocess.run(["setpriv", "--reuid", str(user.pw_uid), "--clear-groups", "unshare", "-U", "true"],
                      capture_output=True, check=False).returncode:
        raise tap.Skip(f"{NAME} may make no user namespace here, which passt needs")
    with place() as directory:
        device = "<interface type='user'><backend type='passt'/><model type='virtio'/></interface>"
        run = start(directory, hello(directory, device), f"--user={NAME}:daemon")
        passt = [pid for name in ("passt", "passt.avx2") for pid in pids(directory, name)]
        assert passt and all(status(pid)["Uid"].split() == [str(user.pw_uid)] * 4 for pid in passt), run.said()
        power_off(directory, run)


def tpm(path):
    return f"<tpm model='tpm-tis'><backend type='emulator' version='2.0'><source type='dir' path='{path}'/></backend></tpm>"


def test_tpm():
    """A new state is the user's; one of root's is for a time, with all that is made in it; one that goes with the guest."""
    user = need_root()
    if not shutil.which("swtpm") or not shutil.which("swtpm_setup"):
        raise tap.Skip("there is no swtpm")
    with place() as directory:
        state = directory.path / "state"
        run = start(directory, hello(directory, tpm(state)), f"--user={NAME}")
        swtpm, = pids(directory, "swtpm")
        assert status(swtpm)["Uid"].split() == [str(user.pw_uid)] * 4
        power_off(directory, run)
        assert {owner(path)[0] for path in (state, *state.iterdir())} == {user.pw_uid}
        for path in (state, *state.iterdir()):
            os.chown(path, 0, 0)
        run = directory.run(hello(directory, tpm(state)), f"--user={NAME}")
        assert run.wait() == 4, run.said()
        run.expect_error("cannot read and write '.*/state'")
        run = start(directory, hello(directory, tpm(state)), f"--user={NAME}", "--chown")
        assert {owner(path)[0] for path in (state, *state.iterdir())} == {user.pw_uid}
        power_off(directory, run)
        assert {owner(path) for path in (state, *state.iterdir())} == {(0, 0)}
        device = "<tpm model='tpm-tis'><backend type='emulator' version='2.0' persistent_state='no'/></tpm>"
        run = start(directory, hello(directory, device), f"--user={NAME}")
        power_off(directory, run)


def test_firmware_variables():
    """New ones are the user's for good, or, with --chown, for a time."""
    user = need_root()
    with place() as directory:
        shutil.copy(guest.IMAGE, directory.path / "template")
        (directory.path / "template").chmod(0o600)
        loader = directory.path / "loader"
        loader.write_bytes(bytes(1 << 20))
        variables = directory.path / "variables"

        def document():
            xml = hello(directory)
            return xml.replace("hvm</type>", f"hvm</type><loader readonly='yes' type='pflash'>{loader}</loader>"
                               f"<nvram template='{directory.path}/template'>{variables}</nvram>")
        for option, after in ((None, user.pw_uid), ("--chown", 0)):
            run = directory.run(document(), f"--user={NAME}", *([option] if option else []))
            directory.await_state("hello")
            assert owner(variables)[0] == user.pw_uid
            directory.destroy("hello")
            run.wait()
            directory.assert_nothing_left()
            assert owner(variables)[0] == after, option
            variables.unlink()


# ---- Whose the files are ----

def chowned(directory, *options, name="hello", **keywords):
    user = need_root()
    run = start(directory, hello(directory, disk(directory.own), name=name, **keywords), f"--user={NAME}", "--chown", *options)
    assert owner(directory.own) == (user.pw_uid, user.pw_gid)
    assert owner(directory.image) == (0, 0)
    return run


def test_chown():
    """Given back at the end, whoever it was before."""
    for before in ((0, 0), (12345, 23456)):
        with place() as directory:
            os.chown(directory.own, *before)
            run = chowned(directory)
            power_off(directory, run)
            assert owner(directory.own) == before


def await_given_back(directory):
    """By `list`. A process that ends has no environment any more, and its descriptors, the lock among them, for a moment."""
    def look():
        directory.verb("list")
        return owner(directory.own) == (0, 0)
    guest.await_that(look, lambda: f"it is {owner(directory.own)}'s")


def test_chown_after_kill():
    """Of QEMU; of both, and then whoever looks, starts or ends the guest gives it back."""
    with place() as directory:
        run = chowned(directory)
        os.kill(run.qemu_pid(), signal.SIGKILL)
        assert run.wait() == 7, run.said()
        assert owner(directory.own) == (0, 0)
        directory.assert_nothing_left()
    for verb in ("list", "run", "destroy"):
        with place() as directory:
            run = chowned(directory, "--die-together")
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
            guest.await_that(lambda found=directory: not found.processes(), lambda: "QEMU does not end")
            assert owner(directory.own) != (0, 0)
            if verb == "run":
                run = start(directory, hello(directory), "--die-together")
                assert owner(directory.own) == (0, 0)
                power_off(directory, run)
            else:
                directory.destroy("hello") if verb == "destroy" else None
                await_given_back(directory)
            directory.assert_nothing_left()


def adopt(directory):
    """Returns when it looks after the guest."""
    run = guest.Run(["adopt", "--root", str(directory.runtime), "hello"], directory.environment, directory.path)

    def is_there():
        state = json.loads(directory.verb("domstate", "--json", "hello").out)
        return state["pid"] == run.pid and state["state"] != "starting"
    guest.await_that(is_there, run.said)
    return run


def test_chown_outlives_the_supervisor():
    """QEMU has its files as long as it runs; who ends it, or looks after it then, gives them back."""
    for verb in ("destroy", "adopt", "kill"):
        with place() as directory:
            run = chowned(directory)
            qemu = run.qemu_pid()
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
            directory.verb("list")
            assert owner(directory.own) != (0, 0)
            if verb == "destroy":
                directory.verb("destroy", "hello")
            elif verb == "kill":
                os.kill(qemu, signal.SIGKILL)
            else:
                adopted = adopt(directory)
                assert owner(directory.own) != (0, 0)
                directory.destroy("hello")
                adopted.wait()
            await_given_back(directory)
            guest.await_that(lambda found=directory: not found.processes(), lambda: "QEMU does not end")


def test_a_restart_after_adoption():
    """Is by the same user, who has its files again."""
    user = need_root()
    with place() as directory:
        xml = guest.hello_xml("<serial type='pty'/>" + disk(directory.own), "<on_poweroff>restart</on_poweroff>")
        run = directory.run(xml.replace(str(guest.IMAGE), str(directory.image)), f"--user={NAME}", "--chown")
        directory.await_state("hello")
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        adopted = adopt(directory)
        console = guest.Run(["console", "--root", str(directory.runtime), "hello"], directory.environment, directory.path)
        console.send(b"p")
        guest.await_that(lambda: json.loads(directory.verb("dominfo", "--json", "hello").out)["restarts"] == 1)
        directory.await_state("hello")
        assert status(adopted.qemu_pid())["Uid"].split() == [str(user.pw_uid)] * 4
        assert owner(directory.own)[0] == user.pw_uid
        directory.destroy("hello")
        adopted.wait()
        assert owner(directory.own) == (0, 0)
        console.wait()
        directory.assert_nothing_left()


def test_chown_of_a_start_that_fails():
    with place() as directory:
        emulator = directory.path / "emulator"
        emulator.write_text("#!/bin/sh\nexit 1\n")
        emulator.chmod(0o755)
        run = directory.run(hello(directory, disk(directory.own)), f"--user={NAME}", "--chown", f"--emulator={emulator}")
        assert run.wait() == 5, run.said()
        assert owner(directory.own) == (0, 0)
        directory.assert_nothing_left()


def test_chown_goes_with_the_name():
    """rename-restart has another runtime directory, and the files are still given back."""
    with place() as directory:
        run = chowned(directory, "--die-together", lifecycle="<on_poweroff>rename-restart</on_poweroff>")
        run.send(b"p")
        directory.await_state("hello-1")
        guest.await_that(lambda: run.out.text.count("boot 1") == 2, run.said)
        assert owner(directory.own) != (0, 0)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        guest.await_that(lambda: not directory.processes(), lambda: "QEMU does not end")
        await_given_back(directory)


def test_what_is_not_given():
    """What is shared; what a link of somebody else's leads to; what has a second name; what another guest has."""
    user = need_root()
    with place() as directory:
        os.chown(directory.own, 0, user.pw_gid)
        directory.own.chmod(0o660)
        run = start(directory, hello(directory, disk(directory.own, "<shareable/>")), f"--user={NAME}", "--chown")
        assert owner(directory.own) == (0, user.pw_gid)
        power_off(directory, run)

    def refuse(directory, path, words):
        run = directory.run(hello(directory, disk(path)), f"--user={NAME}", "--chown")
        assert run.wait() == 4, run.said()
        run.expect_error(words)
        assert owner(directory.own) == (0, 0)
        directory.assert_nothing_left()
    with place() as directory:
        theirs = directory.path / "theirs"
        theirs.mkdir()
        os.chown(theirs, 12345, 12345)
        (theirs / "link").symlink_to(directory.own)
        refuse(directory, theirs / "link", "--chown: cannot give '.*/theirs/link' to another user: it is reached by a link")
        (theirs / "up").symlink_to(directory.path)
        refuse(directory, theirs / "up/own.img", "it is reached by a link that others than root can change")
        (directory.path / "second").hardlink_to(directory.own)
        refuse(directory, directory.own, "it has another name, too")
        (directory.path / "second").unlink()
        (directory.path / "link").symlink_to(directory.own)
        directory.path.chmod(0o755)
        run = start(directory, hello(directory, disk(directory.path / "link")), f"--user={NAME}", "--chown")
        assert owner(directory.own)[0] == user.pw_uid
        power_off(directory, run)
        assert owner(directory.own) == (0, 0)
    with place() as directory:
        first = chowned(directory, name="first")
        run = directory.run(hello(directory, disk(directory.own)), "--user=daemon", "--chown")
        assert run.wait() == 4, run.said()
        run.expect_error("'.*/own.img' belongs to another guest while that runs")
        assert owner(directory.own)[0] == user.pw_uid
        power_off(directory, first)
        assert owner(directory.own) == (0, 0)
    with place() as directory:
        first = start(directory, hello(directory, disk(directory.own), name="first"))
        run = directory.run(hello(directory, disk(directory.own)), f"--user={NAME}", "--chown")
        assert run.wait() == 4, run.said()
        run.expect_error(r"'.*/own.img' is in use by process \d+ \(qemu-system-x86, guest 'first'\)")
        assert owner(directory.own) == (0, 0)
        power_off(directory, first)


# ---- What it cannot ----

def test_attacks():
    """Nothing is possible to it, and without the sandbox nothing that is root's."""
    attempts.need("files", "tcp", "signals")
    need_root()
    found = attempts.attempt(f"--user={NAME}")
    assert not found, found
    found = attempts.attempt(f"--user={NAME}", "--no-sandbox=all")
    assert "connect" in found, found
    assert not found & {"kill", "ptrace", "mem", "environ", "descriptor", "pidfd", "shadow", "cron", "usr", "memory", "sysctl",
                        "write", "unlink", "create"}, found


if __name__ == "__main__":
    tap.main()
