#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Directories of the host in a real Linux, by 9p and by virtiofs: files read and written on both sides, whose they are,
and what may not be written; and the life of virtiofsd beside QEMU's."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys

import guest
import linux
import network
import tap

# Mounts each "TYPE:TAG:OPTIONS" of the command line, says what it reads there, writes, and says what came of it.
INIT = r"""
for word in $(cat /proc/cmdline); do case $word in domrun.*) export "${word#domrun.}";; esac; done
for share in $(echo $shares | tr + " "); do
  type=${share%%:*}; rest=${share#*:}; tag=${rest%%:*}
  mkdir /$tag
  mount -t $type -o ${rest#*:} $tag /$tag && echo "$tag: mounted"
  echo "$tag: read $(cat /$tag/from-host)"
  echo "of $tag" >/$tag/from-guest && chmod 640 /$tag/from-guest && chown 7:8 /$tag/from-guest && echo "$tag: written"
  mkdir /$tag/made
  echo "$tag: $(stat -c '%a %u %g' /$tag/from-guest)"
  stat -f -c "$tag: free %f" /$tag >/dev/null && echo "$tag: stat"
  mkfifo /$tag/pipe 2>/dev/null
done
echo "all seen"
read line
for share in $(echo $shares | tr + " "); do rest=${share#*:}; umount /${rest%%:*}; done
poweroff -f
"""

LINUX = """<domain type='qemu'>
  <name>linux-shares</name>
  <memory unit='MiB'>256</memory>
  <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet domrun.shares={shares}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    {devices}
    <serial type='pty'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""

NINE = "trans=virtio,version=9p2000.L"
BACKING = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"


def share(name, inside="", attributes=""):
    return (f"<filesystem type='mount' {attributes}>{inside}<source dir='{name}'/><target dir='{name}'/></filesystem>")


def virtiofs(name, inside="", driver=""):
    return share(name, f"<driver type='virtiofs' {driver}/>{inside}")


def prepare(directory, names, kernel="linux", drivers=("virtio_pci", "virtiofs")):
    found = linux.find_kernel(kernel)
    shutil.copy(found, directory.path / "vmlinuz")
    linux.make_initrd(directory.path / "initrd", found, INIT, drivers)
    for name in names:
        make_share(directory, name)


def make_share(directory, name):
    (directory.path / name).mkdir()
    (directory.path / name / "from-host").write_text(f"words for {name}\n")


def boot(directory, devices, shares, prefix=()):
    run = directory.run(LINUX.format(devices=devices, shares="+".join(shares)), "--console", prefix=prefix)
    run.expect("all seen")
    run.send(b"\n")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()
    return run.out.text


def seen(path):
    status = os.stat(path)
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


def virtiofsds(directory):
    return [pid for pid in directory.processes() if os.path.basename(guest.program(pid) or "") == "virtiofsd"]


def find_virtiofsd():
    for path in ("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd", "/usr/lib/virtiofsd"):
        if os.access(path, os.X_OK):
            return path
    raise tap.Skip("there is no virtiofsd")


def is_of_qemu(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return bool(re.search(r"FUSE|setgroups\(\) failed", said.stdout + said.stderr))


def need_virtiofsd():
    program = find_virtiofsd()
    if is_of_qemu(program) and not tap.is_root():
        raise tap.Skip("this virtiofsd needs root")
    # Its sandbox has namespaces.
    unshare = ["unshare", "-pmn"] if os.geteuid() == 0 else ["unshare", "-rpmn"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        raise tap.Skip("no namespaces can be made here")
    return program


def test_9p():
    """Each way of access, with what it means for who a file's owner is on the host; and what may only be read."""
    with guest.Directory() as directory:
        try:
            os.setxattr(directory.path, "user.domrun", b"1")
        except OSError as error:
            raise tap.Skip(f"{directory.path}: {error.strerror}") from error
        names = ["mapped", "squash", "fixed", "constant"]
        names += ["passed"] if os.geteuid() == 0 else []
        prepare(directory, names, kernel="generic", drivers=("virtio_pci", "9pnet_virtio", "9p"))
        devices = share("mapped", attributes="accessmode='mapped'")
        devices += share("squash", attributes="accessmode='squash' multidevs='remap'")
        devices += share("fixed", "<driver type='path' wrpolicy='immediate'/>",
                         "accessmode='mapped' fmode='604' dmode='705'")
        devices += share("constant", "<readonly/>", "accessmode='squash'")
        devices += share("passed") if "passed" in names else ""
        said = boot(directory, devices, [f"9p:{name}:{NINE}" for name in names])
        for name in names:
            assert f"{name}: read words for {name}" in said, said
            written = directory.path / name / "from-guest"
            assert written.exists() == (name != "constant"), name
            assert not written.exists() or written.read_text() == f"of {name}\n", said
        for name in ("mapped", "fixed"):
            assert f"{name}: 640 7 8" in said, said
        me = os.geteuid(), os.getegid()
        assert seen(directory.path / "mapped/from-guest") == (0o600, *me)
        assert seen(directory.path / "fixed/from-guest") == (0o604, *me)
        assert seen(directory.path / "fixed/made")[0] == 0o705
        assert "constant: written" not in said, said
        if "passed" in names:
            assert seen(directory.path / "passed/from-guest") == (0o640, 7, 8)


def test_virtiofs():
    """Some of them; the guest's file is on the host, and nothing of what is not shared is seen."""
    need_virtiofsd()
    with guest.Directory() as directory:
        names = ["one", "with,comma"] + (["chroot"] if os.geteuid() == 0 else [])
        prepare(directory, names)
        binary = "<binary xattr='on'><cache mode='none'/><thread_pool size='2'/><openfiles max='2000'/></binary>"
        devices = virtiofs("one", binary, driver="queue='512'") + virtiofs("with,comma", "<binary><cache mode='always'/></binary>")
        devices += virtiofs("chroot", "<binary><sandbox mode='chroot'/></binary>") if "chroot" in names else ""
        said = boot(directory, devices, [f"virtiofs:{name}:rw" for name in names])
        for name in names:
            assert f"{name}: read words for {name}" in said, said
            assert (directory.path / name / "from-guest").read_text() == f"of {name}\n"
            if os.geteuid() == 0:
                assert seen(directory.path / name / "from-guest") == (0o640, 7, 8), said


def hello(device, **keywords):
    keywords.setdefault("devices", "<serial type='stdio'/>" + device)
    return guest.hello_xml(**keywords).replace("<os>", BACKING + "<os>", 1)


def test_life():
    """A restart has another virtiofsd; its death is said once; it ends with whoever is killed. Nobody can find its
    socket."""
    need_virtiofsd()
    with guest.Directory() as directory:
        make_share(directory, "share")
        run = directory.run(hello(virtiofs("share"), lifecycle="<on_poweroff>restart</on_poweroff>"))
        run.expect("boot 1")
        first = virtiofsds(directory)
        assert first, run.said()
        assert not list(directory.runtime.rglob("fs-*"))
        run.send(b"p")
        guest.await_that(lambda: run.out.text.count("boot 1") == 2, run.said)
        second = virtiofsds(directory)
        assert second and not set(first) & set(second), (first, second)
        for pid in second:
            os.kill(pid, signal.SIGKILL)
        run.expect_error(r"virtiofsd has ended: the guest runs on without the directory \('fs0'\)")
        run.signal()
        assert run.wait() == 8, run.said()
        assert run.err.text.count("virtiofsd has ended") == 1, run.said()
        directory.assert_nothing_left()
    for victim in ("qemu", "domrun", "both"):
        with guest.Directory() as directory:
            make_share(directory, "share")
            run = directory.run(hello(virtiofs("share")), *(["--die-together"] if victim == "domrun" else []))
            run.expect("boot 1")
            qemu = run.qemu_pid()
            os.kill(qemu if victim == "qemu" else run.pid, signal.SIGKILL)
            run.wait()
            if victim == "both":
                os.kill(qemu, signal.SIGKILL)
            assert "runs on without" not in run.err.text, run.said()
            guest.await_that(lambda: not directory.processes(), lambda: f"{victim}: {directory.processes()}")


# An answer, a byte of which comes each two seconds.
DRIBBLES = """
import socket, sys, time
if sys.argv[1] != "--version":
    connection = socket.socket(fileno=3).accept()[0]
    connection.recv(12)
    while True:
        connection.send(b"x")
        time.sleep(2)
"""


def test_what_cannot_be():
    """What is missing, a virtiofsd that ends, one that hangs, and what this one does not have."""
    program = need_virtiofsd()
    with guest.Directory(patience=1) as directory:
        def refused(device, *words):
            run = directory.run(hello(device))
            assert run.wait() == 4, run.said()
            for word in words:
                assert re.search(word, run.err.text), run.said()
            directory.assert_nothing_left()

        refused(virtiofs("nothing"), r"<filesystem>/<source>: attribute 'dir': no such file: ")
        refused(share("nothing"), r"<filesystem>/<source>: attribute 'dir': no such file: ")
        make_share(directory, "share")
        refused(share("share/from-host"), r"a directory is expected, and '.*' is none")
        for name, script in (("ends", "echo no such luck; exit 3"), ("hangs", "echo well; exec sleep 1000000")):
            path = directory.path / name
            path.write_text(f"#!/bin/sh\n[ $1 = --version ] || {{ {script}; }}\n")
            path.chmod(0o755)
        refused(virtiofs("share", "<binary path='ends'/>"), "virtiofsd ended at its start\n  its last words: no such luck")
        refused(virtiofs("share", "<binary path='hangs'/>"),
                "virtiofsd did not answer within 10 seconds\n  its last words: well")
        path = directory.path / "dribbles"
        path.write_text(f"#!{sys.executable}\n{DRIBBLES}")
        path.chmod(0o755)
        refused(virtiofs("share", "<binary path='dribbles'/>"), "virtiofsd did not answer within 10 seconds")
        if is_of_qemu(program):
            refused(virtiofs("share", "<readonly/>"), "which has no <readonly>")
            refused(virtiofs("share", "<idmap><uid start='0' target='1000' count='1'/></idmap>"), "which has no <idmap>")
        else:
            refused(virtiofs("share", "<binary><lock posix='on'/></binary>"), "<lock posix='on'/>")


def _as_a_user(groups):
    program = find_virtiofsd()
    if os.geteuid() != 0:
        raise tap.Skip("this is not root, who can be another user")
    if not is_of_qemu(program):
        network.need_user_namespaces()
    with guest.Directory() as directory:
        network.own(directory)
        make_share(directory, "share")
        prefix = ["setpriv", "--reuid", str(network.USER), "--regid", str(network.USER), groups, "--"]
        run = directory.run(hello(virtiofs("share")), prefix=prefix)
        if not is_of_qemu(program):
            run.expect("boot 1")
            run.send(b"p")
            assert run.wait() == 0, run.said()
            directory.assert_nothing_left()
            return
        assert run.wait() == 4, run.said()
        assert "is QEMU's own virtiofsd, which needs root\n" in run.err.text, run.said()
        assert "accessmode='mapped'" in run.err.text, run.said()
        directory.assert_nothing_left()


def test_of_a_user():
    """QEMU's own virtiofsd says that it needs root, and what does not. The other one does without."""
    _as_a_user("--clear-groups")


def test_of_a_user_in_groups():
    _as_a_user(f"--groups={network.USER}")


def test_socket():
    """A virtiofsd of somebody else's."""
    program = need_virtiofsd()
    with guest.Directory() as directory:
        make_share(directory, "share")
        path = directory.path / "fs.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            process = subprocess.Popen([program, f"--fd={listener.fileno()}", "-o", f"source={directory.path}/share"],
                                       pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
        run = directory.run(hello("<filesystem type='mount'><driver type='virtiofs'/><source socket='fs.sock'/>"
                                  "<target dir='share'/></filesystem>"))
        run.expect("boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()
        process.wait(guest.PATIENCE)


if __name__ == "__main__":
    tap.main()
