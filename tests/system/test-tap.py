#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Interfaces with a tap device: what the host has while a guest runs, and when it has ended. All in a network
namespace of the test's own, with a bridge that nothing else is connected to."""

import json
import os
import re
import subprocess

import guest
import network
import tap

SERIAL = "<serial type='stdio'/>"


def nic(body, kind="bridge"):
    return SERIAL + f"<interface type='{kind}'><mac address='52:54:00:00:0a:01'/>{body}</interface>"


BRIDGED = "<source bridge='br-domrun'/>"


class Started:
    """The built-in guest with @devices; in the end nothing may be left of it."""

    def __init__(self, devices, *options, lifecycle=""):
        self.directory = guest.Directory()
        self.run = self.directory.run(guest.hello_xml(devices=devices, lifecycle=lifecycle), *options)

    def __enter__(self):
        return self.run

    def __exit__(self, *exception):
        if not any(exception):
            self.directory.assert_nothing_left()
        self.directory.__exit__(*exception)
        if not any(exception):
            guest.await_that(lambda: not network.taps(), lambda: f"tap devices are left: {list(network.taps())}")


def only_tap():
    found = network.taps()
    assert len(found) == 1, f"the tap devices are {list(found)}"
    return next(iter(found.values()))


def power_off(run):
    run.send(b"p")
    code = run.wait()
    assert code == 0, run.said()


def assert_refused(devices, *words):
    with Started(devices) as run:
        assert run.wait() == 4, run.said()
        for word in words:
            assert word in run.err.text, f"'{word}' is not in: {run.err.text}"


def test_bridge():
    with Started(nic(BRIDGED)) as run:
        run.expect("boot 1")
        device = only_tap()
        assert device["ifname"] == "vnet0", device["ifname"]
        assert device["master"] == "br-domrun", device
        assert device["address"] == "fe:54:00:00:0a:01", device["address"]
        assert device["mtu"] == 1400, device["mtu"]
        assert "UP" in device["flags"], device["flags"]
        power_off(run)


def rows(started):
    """What domiflist says of the one interface, and its live XML."""
    started.directory.await_state("hello")
    (row,) = json.loads(started.directory.verb("domiflist", "--json", "hello").out)
    return row, started.directory.verb("dumpxml", "hello").out


def test_verbs_tell_the_device():
    """The name that the kernel gave, and the back end that --network chose."""
    network_nic = nic("<source network='lan'/>", "network")
    for devices, option in ((nic(BRIDGED), None), (network_nic, "--network=lan=bridge:br-domrun")):
        started = Started(devices, *[option] if option else [])
        with started as run:
            row, xml = rows(started)
            assert row["interface"] == "vnet0", row
            assert re.search(r'<target dev="vnet0"/>', xml), xml
            assert option is None or '<source network="lan" bridge="br-domrun"/>' in xml, xml
            power_off(run)
    started = Started(network_nic, "--network=lan=user")
    with started as run:
        row, xml = rows(started)
        assert (row["type"], row["source"], row["interface"]) == ("user", None, None), row
        assert '<interface type="user">' in xml and 'network="lan"' not in xml, xml
        power_off(run)


def test_bridge_with_name_and_mtu():
    with Started(nic(BRIDGED + "<target dev='lan0'/><mtu size='1300'/><model type='virtio'/>")) as run:
        run.expect("boot 1")
        device = only_tap()
        assert (device["ifname"], device["mtu"]) == ("lan0", 1300), device
        power_off(run)


def test_name_of_a_running_guest_is_not_kept():
    with Started(nic(BRIDGED + "<target dev='vnet7'/>")) as run:
        run.expect("boot 1")
        assert only_tap()["ifname"] == "vnet0"
        power_off(run)


def test_queues():
    with Started(nic(BRIDGED + "<model type='virtio'/><driver name='qemu' queues='2'/>")) as run:
        run.expect("boot 1")
        assert only_tap()["linkinfo"]["info_data"]["multi_queue"] is True
        power_off(run)


def test_network_by_option():
    with Started(nic("<source network='lan'/>", "network"), "--network=lan=bridge:br-domrun") as run:
        run.expect("boot 1")
        assert only_tap()["master"] == "br-domrun"
        power_off(run)


def test_network_that_nobody_knows():
    assert_refused(nic("<source network='lan'/>", "network"), "nobody knows the bridge of network 'lan'",
                   "--network=lan=bridge:BRIDGE")


def test_default_network_that_is_not_active():
    assert_refused(nic("<source network='default'/>", "network"), "the network 'default' is not active",
                   "virsh net-start default", "--network=default=user")


def test_bridge_that_is_not_there():
    assert_refused(nic("<source bridge='br-nowhere'/>"), "the host has no bridge 'br-nowhere'")


def test_bridge_that_is_none():
    assert_refused(nic("<source bridge='lo'/>"), "'lo' is not a bridge")


def test_name_that_is_taken():
    subprocess.run("ip link add taken type bridge", shell=True, check=True)
    try:
        assert_refused(nic(BRIDGED + "<target dev='taken'/>"), "a network device 'taken' already, which is not a tap device")
    finally:
        subprocess.run("ip link del taken", shell=True, check=True)


def test_scripts():
    with guest.Directory() as elsewhere:
        for name in ("up", "down"):
            elsewhere.write(name, f"#!/bin/sh\necho \"$0 $*\" >> {elsewhere.path}/log\n").chmod(0o755)
        with Started(nic(f"<target dev='lan0'/><script path='{elsewhere.path}/up'/>"
                         f"<downscript path='{elsewhere.path}/down'/>", "ethernet")) as run:
            run.expect("boot 1")
            assert "UP" in only_tap()["flags"]
            assert (elsewhere.path / "log").read_text() == f"{elsewhere.path}/up lan0\n"
            power_off(run)
        assert (elsewhere.path / "log").read_text().endswith(f"{elsewhere.path}/down lan0\n")


def test_script_that_fails():
    with guest.Directory() as elsewhere:
        elsewhere.write("up", "#!/bin/sh\necho no bridge for $1 >&2\nexit 7\n").chmod(0o755)
        assert_refused(nic(f"<script path='{elsewhere.path}/up'/>", "ethernet"), "for 'vnet0' ended with status 7",
                       "its last words: no bridge for vnet0")


def test_script_that_is_not_there():
    assert_refused(nic("<script path='/nonexistent/up'/>", "ethernet"), "no such file: '/nonexistent/up'")


def test_existing():
    subprocess.run("ip tuntap add dev kept mode tap && ip link set kept up", shell=True, check=True)
    try:
        directory = guest.Directory()
        with directory:
            run = directory.run(guest.hello_xml(devices=nic("<target dev='kept' managed='no'/>", "ethernet")))
            run.expect("boot 1")
            assert "LOWER_UP" in only_tap()["flags"], "QEMU has not opened it"
            power_off(run)
            directory.assert_nothing_left()
        assert list(network.taps()) == ["kept"]
    finally:
        subprocess.run("ip tuntap del dev kept mode tap", shell=True, check=True)


def test_existing_that_is_not_there():
    assert_refused(nic("<target dev='kept' managed='no'/>", "ethernet"), "the host has no tap device 'kept'")


def test_guest_that_is_killed():
    with Started(nic(BRIDGED)) as run:
        run.expect("boot 1")
        os.kill(run.qemu_pid(), 9)
        assert run.wait() == 7, run.said()


def test_supervisor_that_is_killed():
    directory = guest.Directory()
    with directory:
        run = directory.run(guest.hello_xml(devices=nic(BRIDGED)), "--die-together")
        run.expect("boot 1")
        run.process.kill()
        run.process.wait()
        run.err.wait_end()
        guest.await_that(lambda: not directory.processes() and not network.taps(),
                         lambda: f"{directory.processes()} {network.taps()}")


def test_adopted():
    """The device is QEMU's while nobody looks after the guest; its end, and what another QEMU gets, is the next
    supervisor's matter."""
    with guest.Directory() as directory:
        said = directory.write("said", "")
        for name in ("up", "down"):
            directory.write(name, f"#!/bin/sh\necho {name} \"$1\" >>'{said}'\n").chmod(0o755)
        devices = nic(f"<script path='{directory.path}/up'/><downscript path='{directory.path}/down'/>", "ethernet")
        run = directory.run(guest.hello_xml(devices=devices, lifecycle="<on_poweroff>restart</on_poweroff>"))
        run.expect("boot 1")
        directory.await_state("hello")
        before = only_tap()["ifindex"]
        run.process.kill()
        run.process.wait()
        guest.await_that(lambda: directory.verb("domstate", "hello").out == "unsupervised\n", run.said)
        assert only_tap()["ifindex"] == before and "LOWER_UP" in only_tap()["flags"], only_tap()
        run = guest.Run(["adopt", "--root", str(directory.runtime), "--verbose", "hello"], directory.environment, directory.path)
        run.expect_error(r"-> running \(adopted\)")
        (row,) = json.loads(directory.verb("domiflist", "--json", "hello").out)
        assert row["interface"] == "vnet0", row
        assert only_tap()["ifindex"] == before and said.read_text() == "up vnet0\n", said.read_text()
        run.send(b"p")
        run.expect("boot 1")
        assert said.read_text() == "up vnet0\ndown vnet0\nup vnet0\n", said.read_text()
        run.signal()
        assert run.wait() == 8, run.said()
        assert said.read_text() == "up vnet0\ndown vnet0\nup vnet0\ndown vnet0\n", said.read_text()
        assert not network.taps()
        directory.assert_nothing_left()


def left_by_a_killed_supervisor(directory, devices, finder, check_before, check_after):
    """@finder is who finds the remains."""
    run = directory.run(guest.hello_xml(devices=devices.replace(SERIAL, "<serial type='pty'/>")), "--die-together")
    directory.await_state("hello")
    check_before()
    run.process.kill()
    run.process.wait()
    guest.await_that(lambda: not directory.processes(), lambda: f"{directory.processes()}")
    # a process that is gone from the list may have threads that still hold the device
    guest.await_that(lambda: not any("LOWER_UP" in tap["flags"] for tap in network.taps().values()), lambda: f"{network.taps()}")
    finder()
    if directory.processes():
        directory.destroy("hello")
    check_after()


def finders(directory):
    return lambda: directory.verb("list"), lambda: directory.verb("run", "--detach", "guest.xml")


def test_device_that_a_killed_supervisor_left():
    """One that was there before is out of the bridge again, and down as it was."""
    subprocess.run("ip tuntap add dev kept mode tap", shell=True, check=True)
    before = network.taps()["kept"]["address"]

    def is_used():
        device = network.taps()["kept"]
        assert device["master"] == "br-domrun" and "UP" in device["flags"], device
        assert device["mtu"] == 1300 and device["address"] == "fe:54:00:00:0a:01", device

    def is_given_up():
        device = network.taps()["kept"]
        assert "master" not in device and "UP" not in device["flags"], device
        assert device["mtu"] == 1500 and device["address"] == before, device

    try:
        with guest.Directory() as directory:
            for finder in finders(directory):
                left_by_a_killed_supervisor(directory, nic(BRIDGED + "<target dev='kept'/><mtu size='1300'/>"), finder, is_used, is_given_up)
            directory.assert_nothing_left()
    finally:
        subprocess.run("ip tuntap del dev kept mode tap", shell=True, check=True)


def test_script_that_a_killed_supervisor_did_not_run():
    with guest.Directory() as directory:
        said = directory.write("said", "")
        script = directory.write("down", f"#!/bin/sh\necho \"$1\" >>'{said}'\n")
        script.chmod(0o755)
        devices = nic(f"<script path='/bin/true'/><downscript path='{script}'/>", "ethernet")
        for finder in finders(directory):
            said.write_text("")

            def find(finder=finder):
                finder()
                assert said.read_text() == "vnet0\n", said.read_text()

            left_by_a_killed_supervisor(directory, devices, find, lambda: None, lambda: None)
        guest.await_that(lambda: not network.taps(), lambda: f"{network.taps()}")
        directory.assert_nothing_left()


def test_restart_keeps_the_device():
    with Started(nic(BRIDGED), lifecycle="<on_poweroff>restart</on_poweroff>") as run:
        run.expect("boot 1")
        before, first = only_tap()["ifindex"], run.qemu_pid()
        run.send(b"p")
        run.expect("(?s)boot 1.*boot 1")
        assert run.qemu_pid() != first
        assert only_tap()["ifindex"] == before
        run.signal()
        assert run.wait() == 8, run.said()


def started_as_user(*steps):
    """As Started, with network.as_user()'s @steps before."""
    prefix = network.as_user(network.TUN_FOR_ALL, *steps)
    started = Started.__new__(Started)
    started.directory = guest.Directory()
    network.own(started.directory)
    started.run = started.directory.run(guest.hello_xml(devices=nic(BRIDGED)), prefix=prefix)
    return started


def test_user_without_setuid_helper():
    with started_as_user() as run:
        assert run.wait() == 4, run.said()
        assert f"chmod u+s {network.HELPER}" in run.err.text, run.said()


def test_user_without_rule():
    with started_as_user(network.SETUID) as run:
        assert run.wait() == 4, run.said()
        assert "add the line 'allow br-domrun' to /etc/qemu/bridge.conf" in run.err.text, run.said()


def test_user_with_denial():
    with started_as_user(network.SETUID, "printf 'allow br-domrun\\ndeny all\\n' > /etc/qemu/bridge.conf") as run:
        assert run.wait() == 4, run.said()
        assert "/etc/qemu/bridge.conf denies it" in run.err.text, run.said()


def test_user_with_helper():
    with started_as_user(network.SETUID, "printf '# rules\\nallow br-domrun\\n' > /etc/qemu/bridge.conf") as run:
        run.expect("boot 1")
        device = only_tap()
        assert device["master"] == "br-domrun", device
        power_off(run)


if __name__ == "__main__":
    network.enter("ip link add br-domrun mtu 1400 type bridge", "ip link set br-domrun up")
    tap.main()
