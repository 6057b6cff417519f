#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can go wrong with interfaces of the host: at each point of failure, and however a guest ends, no tap device, no
process, no socket and no file may be left, and what was there before must be as it was.

All in namespaces of the test's own; the usual cases are in test-tap.py.
"""

import contextlib
import fcntl
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import sys

import guest
import network
import tap

FAKE = guest.SOURCE / "tests/fake-qemu.py"
SERIAL = "<serial type='stdio'/>"
BRIDGED = "<source bridge='br-domrun'/>"
SCRIPT_SECONDS = 30   # TAP_SCRIPT_SECONDS of host/tap.h


def shell(command):
    subprocess.run(command, shell=True, check=True)


def nic(body, kind="bridge", number=1):
    return f"<interface type='{kind}'><mac address='52:54:00:00:0b:{number:02x}'/>{body}</interface>"


class Scripts:
    """Programs that a test writes, and the log of their being run."""

    def __init__(self):
        self.directory = guest.Directory()
        self.log_path = self.directory.path / "log"

    def add(self, name, body=""):
        path = self.directory.write(name, f"#!/bin/sh\necho {name} $* >> {self.log_path}\n{body}\n")
        path.chmod(0o755)
        return path

    def log(self):
        return self.log_path.read_text().splitlines() if self.log_path.exists() else []


@contextlib.contextmanager
def scripts():
    made = Scripts()
    with made.directory:
        yield made


@contextlib.contextmanager
def running(*nics, options=(), lifecycle="", emulator="", prefix=(), user=False, is_inner=False):
    """The built-in guest with @nics; in the end the host must be as it was (@is_inner: who runs another around this
    one looks at that)."""
    with contextlib.nullcontext() if is_inner else network.nothing_left(), guest.Directory() as directory:
        if user:
            network.own(directory)
        xml = guest.hello_xml(devices=f"{emulator}{SERIAL}{''.join(nics)}", lifecycle=lifecycle)
        run = directory.run(xml, *options, prefix=prefix)
        run.directory = directory.path
        yield run
        directory.assert_nothing_left()


def power_off(run):
    run.send(b"p")
    assert run.wait() == 0, run.said()


def assert_fails(*nics, code=4, words=(), **keywords):
    with running(*nics, **keywords) as run:
        assert run.wait(SCRIPT_SECONDS + guest.PATIENCE) == code, run.said()
        for word in words:
            assert word in run.err.text, f"'{word}' is not in\n{run.said()}"
        return run.err.text


@contextlib.contextmanager
def device(name, how="mode tap", owner=""):
    """A device that somebody made to stay."""
    shell(f"ip tuntap add dev {name} {how} {owner}")
    try:
        yield
    finally:
        shell(f"ip tuntap del dev {name} {how}")


@contextlib.contextmanager
def device_in_use(name, flags):
    """A tap device of another program, which does not stay."""
    fd = os.open(network.TUN, os.O_RDWR)
    try:
        fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", name.encode(), flags | 0x1002))   # TUNSETIFF, a tap
        yield
    finally:
        os.close(fd)


# ---- Devices that are there already ----


def test_device_that_stays_is_attached_and_detached():
    with device("stays"), running(nic(BRIDGED + "<target dev='stays'/>")) as run:
        run.expect("boot 1")
        link = network.links()["stays"]
        assert link["master"] == "br-domrun" and "LOWER_UP" in link["flags"], link
        power_off(run)
        assert "master" not in network.links()["stays"], "it is still attached"


def test_device_that_stays_attached():
    with device("stays"):
        shell("ip link set stays master br-domrun")
        with running(nic(BRIDGED + "<target dev='stays'/>")) as run:
            run.expect("boot 1")
            power_off(run)
            assert network.links()["stays"]["master"] == "br-domrun"


def test_device_of_another_bridge():
    with device("stays"):
        shell("ip link add br-other type bridge; ip link set stays master br-other")
        assert_fails(nic(BRIDGED + "<target dev='stays'/>"), words=[
            "cannot attach 'stays' to the bridge 'br-domrun': it is attached to another one",
            "ip link set stays nomaster"])
        shell("ip link del br-other")


def test_device_with_many_queues_for_one():
    with device("stays", "mode tap multi_queue"), running(nic(BRIDGED + "<target dev='stays'/>")) as run:
        run.expect("boot 1")
        power_off(run)


def test_device_with_one_queue_for_many():
    with device("stays"):
        assert_fails(nic(BRIDGED + "<target dev='stays'/><model type='virtio'/><driver name='qemu' queues='2'/>"),
                     words=["guest.xml:14: error: <interface>/<target>: the tap device 'stays' has one queue only",
                            "ip tuntap add dev stays mode tap multi_queue"])


def test_device_without_frames():
    with device("stays", "mode tun"):
        assert_fails(nic(BRIDGED + "<target dev='stays'/>"), words=["'stays' is a tun device"])


def test_device_in_use():
    with device_in_use("theirs", flags=0):
        assert_fails(nic(BRIDGED + "<target dev='theirs'/>"),
                     words=["the tap device 'theirs' is in use by another program"])


def test_device_in_use_that_has_room():
    """The kernel would let anybody in; the frames of another guest would go to this one."""
    with device_in_use("theirs", flags=0x0100):
        assert_fails(nic(BRIDGED + "<target dev='theirs'/><model type='virtio'/><driver name='qemu' queues='2'/>"),
                     words=["the tap device 'theirs' is in use by another program"])


# ---- The start fails, or QEMU dies ----


def test_failure_after_the_first_of_two():
    """What was acquired is released in reverse order."""
    with scripts() as made:
        up, down, fails = made.add("up"), made.add("down"), made.add("fails", "echo no such thing >&2; exit 7")
        first = nic(f"<target dev='one'/><script path='{up}'/><downscript path='{down}'/>", "ethernet")
        second = nic(f"<target dev='two'/><script path='{fails}'/><downscript path='{down}'/>", "ethernet", 2)
        assert_fails(nic(BRIDGED, number=3), first, second,
                     words=[f"the script '{fails}' for 'two' ended with status 7", "its last words: no such thing"])
        assert made.log() == ["up one", "fails two", "down one"], made.log()


def test_script_that_is_no_program():
    with scripts() as made:
        path = made.directory.write("up", "no program\n")
        path.chmod(0o755)
        assert_fails(nic(f"<script path='{path}'/>", "ethernet"), words=[f"cannot start '{path}'"])


def test_qemu_does_not_start():
    with scripts() as made:
        up, down, qemu = made.add("up"), made.add("down"), made.add("qemu", "exit 1")
        assert_fails(nic(f"<target dev='one'/><script path='{up}'/><downscript path='{down}'/>", "ethernet"),
                     nic(BRIDGED), code=5, emulator=f"<emulator>{qemu}</emulator>", words=["QEMU failed to start"])
        assert [line.split()[0] for line in made.log()] == ["up", "qemu", "down"], made.log()


def test_qemu_is_killed():
    with scripts() as made:
        down = made.add("down", "echo cannot; exit 3")
        with running(nic(f"<script path='/bin/true'/><downscript path='{down}'/>", "ethernet"), nic(BRIDGED)) as run:
            run.expect("boot 1")
            os.kill(run.qemu_pid(), 9)
            assert run.wait() == 7, run.said()
            run.expect_error(f"the script '{down}' for 'vnet0' ended with status 3; its last words: cannot")
        assert made.log() == ["down vnet0"], made.log()


def test_restart_with_queues():
    """The same device, and no script in between. QEMU insists that all queues are switched on when it starts."""
    with scripts() as made:
        up, down = made.add("up", "echo hello from the script"), made.add("down")
        with running(nic(f"<target dev='lan%d'/><script path='{up}'/><downscript path='{down}'/><model type='virtio'/>"
                         "<driver name='qemu' queues='4'/>", "ethernet"),
                     lifecycle="<on_poweroff>restart</on_poweroff>") as run:
            run.expect("boot 1")
            run.expect_error("up: hello from the script")
            before = network.taps()
            assert list(before) == ["lan0"], before
            first = run.qemu_pid()
            run.send(b"p")
            run.expect("(?s)boot 1.*boot 1")
            assert run.qemu_pid() != first
            assert network.taps()["lan0"]["ifindex"] == before["lan0"]["ifindex"]
            assert made.log() == ["up lan0"], made.log()
            run.signal()
            assert run.wait() == 8, run.said()
        assert made.log() == ["up lan0", "down lan0"], made.log()


def test_supervisor_is_killed():
    """Nobody is left who could release anything, but the kernel."""
    with network.nothing_left(), guest.Directory() as directory:
        nics = nic(BRIDGED) + nic(BRIDGED + "<model type='virtio'/><driver name='qemu' queues='2'/>", number=2)
        run = directory.run(guest.hello_xml(devices=SERIAL + nics), "--die-together")
        run.expect("boot 1")
        assert sorted(network.taps()) == ["vnet0", "vnet1"]
        run.process.kill()
        run.wait()
        guest.await_that(lambda: not directory.processes() and not network.taps(),
                         lambda: f"{directory.processes()} {network.taps()}")


# ---- Scripts that hang ----


def test_stop_while_a_script_runs():
    with scripts() as made:
        up, down = made.add("up", "sleep 1000"), made.add("down")
        with running(nic(f"<script path='{up}'/><downscript path='{down}'/>", "ethernet"), nic(BRIDGED)) as run:
            guest.await_that(made.log, run.said)
            run.signal()
            assert run.wait() == 8, run.said()
            assert f"the script '{up}' for 'vnet0' was stopped" in run.err.text, run.said()
        assert made.log() == ["up vnet0"], made.log()


def test_scripts_that_hang():
    """Both at once: one for the start, and one for the end."""
    with scripts() as made:
        up, down = made.add("up", "sleep 1000 & sleep 1000"), made.add("down", "trap '' TERM; sleep 1000 & wait; wait")
        starting = nic(f"<target dev='up0'/><script path='{up}'/>", "ethernet")
        ending = nic(f"<target dev='down0'/><script path='/bin/true'/><downscript path='{down}'/>", "ethernet")
        with running(starting) as first, running(ending, is_inner=True) as second:
            second.expect("boot 1")
            second.send(b"p")
            assert first.wait(SCRIPT_SECONDS + guest.PATIENCE) == 4, first.said()
            assert f"the script '{up}' for 'up0' did not end within {SCRIPT_SECONDS} seconds" in first.err.text
            assert second.wait(SCRIPT_SECONDS + guest.PATIENCE) == 0, second.said()
            assert f"the script '{down}' for 'down0' did not end within {SCRIPT_SECONDS} seconds" in second.err.text


def test_script_that_leaves_a_daemon():
    """It has the script's output for ever; nobody waits for it."""
    with scripts() as made:
        up = made.add("up", f"sleep 1000 & echo $! > {made.directory.path}/pid")
        with network.nothing_left(), guest.Directory() as directory:
            run = directory.run(guest.hello_xml(devices=SERIAL + nic(f"<script path='{up}'/>", "ethernet")))
            run.expect("boot 1")
            daemon = int((made.directory.path / "pid").read_text())
            power_off(run)
            assert directory.processes() == [daemon], "it did not survive"
            os.kill(daemon, 9)


# ---- Rights ----


def test_helper_that_cannot_read_its_rules():
    prefix = network.as_user(network.TUN_FOR_ALL, network.SETUID, "echo allow br-domrun > /etc/qemu/bridge.conf",
                             "chmod 600 /etc/qemu/bridge.conf")
    assert_fails(nic(BRIDGED), prefix=prefix, user=True, words=[
        f"'{network.HELPER}' made no tap device on 'br-domrun': ended with status 1: failed to parse default acl file",
        "add the line 'allow br-domrun' to /etc/qemu/bridge.conf, which this user must be able to read"])


def test_helper_that_cannot_open_the_device():
    prefix = network.as_user(network.TUN_FOR_ALL, network.SETUID, "echo allow br-domrun > /etc/qemu/bridge.conf",
                             f"chmod 600 {network.TUN}")
    assert_fails(nic(BRIDGED), prefix=prefix, user=True,
                 words=[f"cannot open {network.TUN}", f"as root: chmod 666 {network.TUN}"])


def test_helper_that_may_not_gain_privileges():
    prefix = network.as_user(network.TUN_FOR_ALL, network.SETUID, options="--no-new-privs")
    assert_fails(nic(BRIDGED), prefix=prefix, user=True, words=["setuid programs have no effect here"])


def test_helper_for_queues():
    prefix = network.as_user(network.TUN_FOR_ALL, network.SETUID, "echo allow br-domrun > /etc/qemu/bridge.conf")
    assert_fails(nic(BRIDGED + "<model type='virtio'/><driver name='qemu' queues='2'/>"), prefix=prefix, user=True,
                 words=["more than one queue needs the right to make tap devices"])


def test_helper_for_a_name():
    prefix = network.as_user(network.TUN_FOR_ALL, network.SETUID, "echo allow br-domrun > /etc/qemu/bridge.conf")
    with running(nic(BRIDGED + "<target dev='lan0'/>"), prefix=prefix, user=True) as run:
        run.expect("boot 1")
        run.expect_error("the tap device is 'tap0' and not 'lan0': names take CAP_NET_ADMIN")
        assert list(network.taps()) == ["tap0"]
        power_off(run)


def test_root_without_the_capability():
    prefix = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", "--"]
    assert_fails(nic(BRIDGED), prefix=prefix, words=["root may not attach interfaces to 'br-domrun' here: CAP_NET_ADMIN",
                                                     "--cap-add=NET_ADMIN"])
    assert_fails(nic("", "ethernet"), prefix=prefix, words=["this user may not make tap devices (CAP_NET_ADMIN)"])


def test_device_of_the_user():
    """What root made for a user, the user can use, and nothing of it changes."""
    with device("mine", owner=f"user {network.USER}"):
        before = network.links()["mine"]["address"]
        prefix = network.as_user(network.TUN_FOR_ALL)
        with running(nic("<target dev='mine' managed='no'/>", "ethernet"), prefix=prefix, user=True) as run:
            run.expect("boot 1")
            power_off(run)
        assert network.links()["mine"]["address"] == before


# ---- What is looked up ----


def in_mounts(*steps):
    """A prefix for domrun: @steps happen in a mount namespace of its own."""
    return ["unshare", "-m", "sh", "-c", " && ".join([*steps, 'exec "$@"']), "sh"]


def test_network_that_libvirt_runs():
    definition = "<networkstatus><network><name>lan</name><bridge name='br-domrun' stp='on'/></network></networkstatus>"
    prefix = in_mounts("mount -t tmpfs none /run", "mkdir -p /run/libvirt/network",
                       f"echo {shlex.quote(definition)} > /run/libvirt/network/lan.xml")
    with running(nic("<source network='lan'/>", "network"), prefix=prefix) as run:
        run.expect("boot 1")
        assert network.taps()["vnet0"]["master"] == "br-domrun"
        power_off(run)


def test_network_whose_bridge_is_down():
    shell("ip link set br-domrun down")
    try:
        assert_fails(nic("<source network='lan'/>", "network"), options=["--network=lan=bridge:br-domrun"], words=[
            "the bridge 'br-domrun', which --network gives to the network 'lan', is down", "ip link set br-domrun up;"])
        assert_fails(nic("<source network='lan'/>", "network"), options=["--network=lan=bridge:br-none"], words=[
            "the bridge 'br-none', which --network gives to the network 'lan', is not there", "ip link add br-none"])
    finally:
        shell("ip link set br-domrun up")


def test_default_script():
    """Run where it is there; where it is not, the device is for somebody else to connect."""
    default = pathlib.Path("/etc/qemu-ifup")
    with scripts() as made:
        up = made.add("default")
        prefix = in_mounts(f"mount --bind {up} {default}") if default.exists() else ()
        with running(nic("", "ethernet"), prefix=prefix) as run:
            run.expect("boot 1")
            assert "UP" in network.taps()["vnet0"]["flags"]
            power_off(run)
        assert made.log() == (["default vnet0"] if prefix else []), made.log()


def vhost_nic(queues=1):
    return nic(BRIDGED + f"<model type='virtio'/><driver name='vhost' queues='{queues}'/>")


def test_vhost():
    """The descriptors that QEMU gets, with a null device in the place of the kernel's, which few machines have."""
    with scripts() as made:
        dev = made.directory.path / "dev"
        dev.mkdir()
        qemu = made.directory.write("qemu", f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {FAKE} prints-facts \"$@\"\n")
        qemu.chmod(0o755)
        prefix = in_mounts(f"mount -t tmpfs none {dev}", f"cp -a /dev/null /dev/zero /dev/urandom {dev}",
                           f"mkdir {dev}/net", f"cp -a {network.TUN} {dev}/net", f"mknod {dev}/vhost-net c 1 3",
                           f"mount --move {dev} /dev")
        with running(vhost_nic(queues=2), emulator=f"<emulator>{qemu}</emulator>", prefix=prefix) as run:
            assert run.wait() == 0, run.said()
            facts = (run.directory / "facts").read_text()
        assert facts.count('"/dev/vhost-net"') == 2 and facts.count('"/dev/net/tun"') == 2, facts
        assert r'\"vhost\":true' in facts and r'\"vhostfds\":\"' in facts and r'\"fds\":\"' in facts, facts


def test_vhost_that_the_host_lacks():
    if os.path.exists("/dev/vhost-net"):
        raise tap.Skip("needs hardware: this host has /dev/vhost-net")
    assert_fails(vhost_nic(), words=["no such file: '/dev/vhost-net'"])


if __name__ == "__main__":
    if not shutil.which("setpriv"):
        print("1..0 # SKIP needs setpriv (util-linux)")
        sys.exit(0)
    network.enter("ip link add br-domrun type bridge", "ip link set br-domrun up")
    tap.main()
