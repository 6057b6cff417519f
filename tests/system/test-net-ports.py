#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""macvtap devices, and what is asked of a port: limits, VLANs, isolation, Open vSwitch. In a network namespace of the
test's own, with a pair of veths whose ends are up0, below the macvtap devices, and up1, the other side."""

import array
import fcntl
import http.server
import json
import os
import re
import shlex
import shutil
import socket
import struct
import subprocess
import threading

import guest
import network
import tap

SERIAL = "<serial type='stdio'/>"
BRIDGED = "<source bridge='br-domrun'/>"


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def tc(*words):
    return subprocess.run(["tc", *words], check=True, capture_output=True, text=True).stdout


def nic(body, kind="bridge", number=1):
    return f"<interface type='{kind}'><mac address='52:54:00:00:0d:{number:02x}'/>{body}</interface>"


def direct(mode, body="", number=1):
    return nic(f"<source dev='up0' mode='{mode}'/><model type='virtio'/>{body}", "direct", number)


def macvtaps():
    return {name: link for name, link in network.links().items()
            if link.get("linkinfo", {}).get("info_kind") == "macvtap"}


class Started:
    """The built-in guest; in the end nothing may be left of it."""

    def __init__(self, devices, environment=None, prefix=()):
        self._left = network.nothing_left()
        self.directory = guest.Directory()
        self.directory.environment.update(environment or {})
        self._devices = devices
        self._prefix = prefix

    def __enter__(self):
        self._left.__enter__()
        run = self.directory.run(guest.hello_xml(devices=SERIAL + self._devices), prefix=self._prefix)
        return run

    def __exit__(self, *exception):
        if not any(exception):
            self.directory.assert_nothing_left()
        self.directory.__exit__(*exception)
        return self._left.__exit__(*exception)


def power_off(run):
    run.send(b"p")
    assert run.wait() == 0, run.said()


# ---- macvtap ----


def test_frames_between_guests_and_host():
    with network.linux_files() as files, network.Guests() as guests:
        for number in (1, 2):
            body = "<driver queues='2' name='qemu'/>" if number == 1 else ""
            guests.start(network.linux_xml(f"linux-{number}", direct("bridge", body, number), files,
                                           address=f"10.9.0.{number}/24", peers=[f"10.9.0.{3 - number}", "10.9.0.9"]))
        guests.finish()
        for number, run in enumerate(guests.runs, 1):
            for peer in (3 - number, 9):
                assert f"answer from 10.9.0.{peer}\r\n" in run.out.text, run.said()


def test_modes():
    for mode, kernel in (("vepa", "vepa"), ("bridge", "bridge"), ("private", "private"), ("passthrough", "passthru")):
        before = network.links()["up0"]["address"]
        with Started(direct(mode, "<target dev='mine'/><mtu size='1300'/>" if mode == "private" else "")) as run:
            run.expect("boot 1")
            ((name, link),) = macvtaps().items()
            assert name == ("mine" if mode == "private" else "macvtap0"), name
            assert link["linkinfo"]["info_data"]["mode"] == kernel, link
            assert link["address"] == "52:54:00:00:0d:01" and "UP" in link["flags"], link
            assert link["mtu"] == (1300 if mode == "private" else 1500), link
            below = network.links()["up0"]["address"]
            assert below == ("52:54:00:00:0d:01" if mode == "passthrough" else before), below
            power_off(run)
        assert network.links()["up0"]["address"] == before
        assert not macvtaps()


def test_live_name():
    started = Started(direct("bridge"))
    with started as run:
        run.expect("boot 1")
        started.directory.await_state("hello")
        (row,) = json.loads(started.directory.verb("domiflist", "--json", "hello").out)
        assert (row["interface"], row["source"], row["type"]) == ("macvtap0", "up0", "direct"), row
        power_off(run)


def test_supervisor_is_killed():
    """Whoever finds the remains deletes the device, and gives the address back."""
    before = network.links()["up0"]["address"]
    with network.nothing_left(), guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=SERIAL + direct("passthrough")), "--die-together")
        run.expect("boot 1")
        run.process.kill()
        run.wait()
        guest.await_that(lambda: not directory.processes(), lambda: f"{directory.processes()}")
        assert list(macvtaps()) == ["macvtap0"]
        # A process that is gone from the list may not have let go of its lock yet: then it is the next who finds that.
        guest.await_that(lambda: directory.verb("list") and not macvtaps(), lambda: f"{macvtaps()}")
        assert network.links()["up0"]["address"] == before


def test_no_parent():
    with Started(nic("<source dev='nothing' mode='bridge'/>", "direct")) as run:
        assert run.wait() == 4, run.said()
        assert "the host has no network device 'nothing'" in run.err.text, run.said()


def test_name_is_taken():
    with Started(direct("bridge", "<target dev='up1'/>")) as run:
        assert run.wait() == 4, run.said()
        assert "the host has a network device 'up1' already" in run.err.text, run.said()


# ---- Bridges ----


def test_isolated():
    with Started(nic(BRIDGED + "<port isolated='yes'/>")) as run:
        run.expect("boot 1")
        assert network.taps()["vnet0"]["linkinfo"]["info_slave_data"]["isolated"] is True
        power_off(run)


def test_isolated_port_of_an_administrator():
    """A part of the bridge that was one before is not changed."""
    ip("tuntap", "add", "dev", "stays0", "mode", "tap")
    ip("link", "set", "stays0", "master", "br-domrun")
    with Started(nic(BRIDGED + "<target dev='stays0'/><port isolated='yes'/>")) as run:
        assert run.wait() == 4, run.said()
        assert "'stays0' is a port of 'br-domrun' already" in run.err.text, run.said()
    assert network.taps()["stays0"]["linkinfo"]["info_slave_data"]["isolated"] is False
    with Started(nic(BRIDGED + "<target dev='stays0'/>")) as run:
        run.expect("boot 1")
        power_off(run)
    assert network.taps()["stays0"]["master"] == "br-domrun"
    ip("link", "set", "stays0", "nomaster")
    with Started(nic(BRIDGED + "<target dev='stays0'/><port isolated='yes'/>")) as run:
        run.expect("boot 1")
        assert network.taps()["stays0"]["linkinfo"]["info_slave_data"]["isolated"] is True
        power_off(run)
    assert "master" not in network.taps()["stays0"]
    ip("link", "delete", "stays0")


def test_vlan_on_a_bridge_that_knows_none():
    with Started(nic(BRIDGED + "<vlan><tag id='42'/></vlan>")) as run:
        assert run.wait() == 4, run.said()
        assert "the bridge 'br-domrun' does not look at VLANs" in run.err.text, run.said()
        assert "--ignore=vlan" in run.err.text, run.said()


def vlans(name):
    (port,) = json.loads(subprocess.run(["bridge", "-json", "vlan", "show", "dev", name], check=True, capture_output=True,
                                        text=True).stdout)
    return {vlan["vlan"]: sorted(vlan.get("flags", [])) for vlan in port["vlans"]}


def test_vlans():
    if subprocess.run(["ip", "link", "set", "br-domrun", "type", "bridge", "vlan_filtering", "1"], capture_output=True,
                      check=False).returncode != 0:
        raise tap.Skip("needs hardware: a kernel whose bridges know VLANs")
    native = ["Egress Untagged", "PVID"]
    for tags, expected in (("<vlan><tag id='42'/></vlan>", {42: native}),
                           ("<vlan trunk='yes'><tag id='42'/></vlan>", {42: []}),
                           ("<vlan><tag id='42'/><tag id='43' nativeMode='untagged'/></vlan>", {42: [], 43: native})):
        with Started(nic(BRIDGED + tags)) as run:
            run.expect("boot 1")
            assert vlans("vnet0") == expected, vlans("vnet0")
            power_off(run)
    ip("link", "set", "br-domrun", "type", "bridge", "vlan_filtering", "0")


# ---- Networks that libvirt defines on this host ----


def defined(definition):
    """A prefix for domrun: a network 'lan' of that definition runs."""
    script = f"""mount -t tmpfs none /run && mkdir -p /run/libvirt/network &&
        echo {shlex.quote(definition)} >/run/libvirt/network/lan.xml && exec "$@\""""
    return ["unshare", "-m", "sh", "-c", script, "sh"]


def test_network_of_a_device():
    """It has no bridge, but devices of the host."""
    definition = "<network><name>lan</name><forward mode='private'><interface dev='up0'/></forward></network>"
    with Started(nic("<source network='lan'/>", "network"), prefix=defined(definition)) as run:
        run.expect("boot 1")
        ((name, link),) = macvtaps().items()
        assert (name, link["link"], link["linkinfo"]["info_data"]["mode"]) == ("macvtap0", "up0", "private"), link
        power_off(run)


def test_portgroup():
    """One of the network's, with limits; the isolation is all of the network's."""
    definition = """<networkstatus><network><name>lan</name><bridge name='br-domrun'/><port isolated='yes'/>
        <portgroup name='slow'><bandwidth><inbound average='100'/></bandwidth></portgroup>
        <portgroup name='fast' default='yes'><bandwidth><inbound average='10000'/></bandwidth></portgroup>
        </network></networkstatus>"""
    for source, rate in (("network='lan' portgroup='slow'", "800Kbit"), ("network='lan'", "80Mbit")):
        with Started(nic(f"<source {source}/>", "network"), prefix=defined(definition)) as run:
            run.expect("boot 1")
            found = tc("class", "show", "dev", "vnet0")
            assert f"rate {rate} " in found, found
            assert network.taps()["vnet0"]["linkinfo"]["info_slave_data"]["isolated"] is True
            power_off(run)
    other = guest.hello_xml(devices=nic("<source network='lan' portgroup='other'/>", "network"))
    with guest.Directory() as directory:
        run = directory.run(other, prefix=defined(definition))
        assert run.wait() == 3 and "network 'lan' has none of that name" in run.err.text, run.said()


# ---- Limits ----

LIMITS = "<bandwidth><inbound average='100' peak='200' burst='64'/></bandwidth>"


def test_limit_is_reached():
    """A guest that fetches a file is held up."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(500_000))

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("10.9.1.9", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with network.linux_files() as files, network.Guests() as guests:
        run = guests.start(network.linux_xml("linux", nic(BRIDGED + "<model type='virtio'/>" + LIMITS), files,
                                             address="10.9.1.1/24", url=f"http://10.9.1.9:{server.server_port}/"))
        run.expect("fetched: ")
        (htb,) = [one for one in json.loads(tc("-s", "-json", "qdisc", "show", "dev", "vnet0")) if one["kind"] == "htb"]
        assert htb["overlimits"] > 0 and htb["bytes"] > 500_000, htb
        assert "rate 800Kbit ceil 1600Kbit" in tc("class", "show", "dev", "vnet0"), tc("class", "show", "dev", "vnet0")
        guests.finish()
    server.shutdown()
    server.server_close()


def test_limits_of_a_device_that_stays():
    ip("tuntap", "add", "dev", "stays0", "mode", "tap")
    with Started(nic(BRIDGED + "<target dev='stays0'/>" + LIMITS)) as run:
        run.expect("boot 1")
        assert "htb" in tc("qdisc", "show", "dev", "stays0")
        power_off(run)
    assert "htb" not in tc("qdisc", "show", "dev", "stays0")
    ip("link", "delete", "stays0")


def rx_frames(name):
    """By the ioctl of ethtool(8): struct ethtool_coalesce has its command, rx_coalesce_usecs, rx_max_coalesced_frames."""
    values = array.array("I", [0x0000000e] + [0] * 22)   # ETHTOOL_GCOALESCE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8946, struct.pack("16sP16x", name.encode(), values.buffer_info()[0]))   # SIOCETHTOOL
    return values[2]


def test_coalesce():
    """A device that stays has it, its address and its MTU as before in the end; of one that is somebody else's only the
    frames are touched."""
    coalesce = "<coalesce><rx><frames max='7'/></rx></coalesce>"
    ip("tuntap", "add", "dev", "stays0", "mode", "tap")
    before = network.taps()["stays0"]
    for body, kind in ((BRIDGED + "<target dev='stays0'/><mtu size='1300'/>", "bridge"),
                       ("<target dev='stays0' managed='no'/>", "ethernet")):
        with Started(nic(body + coalesce, kind)) as run:
            run.expect("boot 1")
            assert rx_frames("stays0") == 7
            now = network.taps()["stays0"]
            assert (now["mtu"], now["address"]) == ((1300, "fe:54:00:00:0d:01") if kind == "bridge" else
                                                    (before["mtu"], before["address"])), now
            power_off(run)
        now = network.taps()["stays0"]
        assert (rx_frames("stays0"), now["mtu"], now["address"]) == (0, before["mtu"], before["address"]), now
    ip("link", "delete", "stays0")


def test_limits_of_an_administrator():
    """What is there before is not taken away at the end, and limits the guest instead."""
    ip("tuntap", "add", "dev", "stays0", "mode", "tap")
    tc("qdisc", "add", "dev", "stays0", "root", "handle", "7:", "htb")
    with Started(nic(BRIDGED + "<target dev='stays0'/>" + LIMITS)) as run:
        run.expect("boot 1")
        assert "what goes to the guest through 'stays0' is not limited: " in run.err.text, run.said()
        power_off(run)
    assert "htb 7:" in tc("qdisc", "show", "dev", "stays0")
    ip("link", "delete", "stays0")


def test_limits_of_a_device_that_is_not_managed():
    ip("tuntap", "add", "dev", "stays0", "mode", "tap")
    ip("link", "set", "stays0", "up")
    with Started(nic("<target dev='stays0' managed='no'/>" + LIMITS, "ethernet")) as run:
        run.expect("boot 1")
        assert "htb" in tc("qdisc", "show", "dev", "stays0")
        power_off(run)
    assert "htb" not in tc("qdisc", "show", "dev", "stays0")
    ip("link", "delete", "stays0")


def test_stop_while_limits_are_set():
    with guest.Directory() as tools:
        program = tools.write("tc", f"#!/bin/sh\n[ $2 = del ] && exit\necho >{tools.path}/is-called\nexec sleep 1000\n")
        program.chmod(0o755)
        with Started(nic(BRIDGED + LIMITS), {"PATH": f"{tools.path}:{os.environ['PATH']}"}) as run:
            guest.await_that((tools.path / "is-called").exists, run.said)
            run.signal()
            assert run.wait() == 8, run.said()


def test_limits_that_cannot_be():
    """The guest runs, and it is told why."""
    with guest.Directory() as tools:
        (tools.path / "tc").write_text("#!/bin/sh\necho 'Error: not today\nWe have an error' >&2\nexit 2\n")
        (tools.path / "tc").chmod(0o755)
        with Started(nic(BRIDGED + LIMITS), {"PATH": f"{tools.path}:{os.environ['PATH']}"}) as run:
            run.expect("boot 1")
            assert "what goes to the guest through 'vnet0' is not limited: not today\n" in run.err.text, run.said()
            power_off(run)


# ---- Open vSwitch ----

SWITCH = """<virtualport type='openvswitch'>
  <parameters profileid='menial' interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/>
</virtualport>
<vlan trunk='yes'><tag id='42'/><tag id='123' nativeMode='tagged'/></vlan>"""


class Switch:
    """ovs-vsctl(8), as a program of this test's: it writes down what it is told, and @body says how it ends."""

    def __init__(self, body="case $* in *port-to-br*) exit 1;; esac"):
        self._tools = guest.Directory()
        self._log = self._tools.path / "log"
        self.tell(body)
        self.environment = {"PATH": f"{self._tools.path}:{os.environ['PATH']}"}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._tools.__exit__(*exception)

    def tell(self, body):
        program = self._tools.write("ovs-vsctl", f"#!/bin/sh\necho \"$@\" >>{self._log}\n{body}\n")
        program.chmod(0o755)

    def log(self):
        return self._log.read_text().splitlines() if self._log.exists() else []

    def has(self, word):
        return any(word in line.split() for line in self.log())


def test_openvswitch():
    with Switch() as switch:
        with Started(nic("<source bridge='ovs0'/>" + SWITCH), switch.environment) as run:
            run.expect("boot 1")
            assert "master" not in network.taps()["vnet0"]
            power_off(run)
        assert switch.log() == [
            "--timeout=5 -- --may-exist add-port ovs0 vnet0 vlan_mode=native-tagged tag=123 trunks=42,123 -- set Interface "
            'vnet0 external-ids:attached-mac="52:54:00:00:0d:01" external-ids:iface-status=active '
            'external-ids:iface-id="09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f" external-ids:port-profile="menial"',
            "--timeout=5 -- --if-exists del-port vnet0"], switch.log()


def test_openvswitch_that_fails():
    """It may have added the port all the same."""
    with Switch("case $* in *add-port*) echo 'no bridge named ovs0' >&2; exit 1;; esac") as switch:
        with Started(nic("<source bridge='ovs0'/>" + SWITCH), switch.environment) as run:
            assert run.wait() == 4, run.said()
            assert "cannot attach 'vnet0' to the Open vSwitch bridge 'ovs0': no bridge named ovs0" in run.err.text, \
                run.said()
        assert switch.log()[-1] == "--timeout=5 -- --if-exists del-port vnet0", switch.log()


def test_openvswitch_that_hangs():
    """Who does not want to wait for it need not; what it may have done is taken back."""
    with Switch("case $* in *add-port*) exec sleep 1000;; esac") as switch:
        with Started(nic("<source bridge='ovs0'/>" + SWITCH), switch.environment) as run:
            guest.await_that(lambda: switch.has("add-port"), run.said)
            run.signal()
            assert run.wait() == 8, run.said()
        assert switch.log()[-1] == "--timeout=5 -- --if-exists del-port vnet0", switch.log()


def test_supervisor_is_killed_while_openvswitch_adds_the_port():
    with network.nothing_left(), guest.Directory() as directory, \
            Switch("case $* in *add-port*) kill -9 $PPID; exit;; esac") as switch:
        directory.environment.update(switch.environment)
        run = directory.run(guest.hello_xml(devices=SERIAL + nic("<source bridge='ovs0'/>" + SWITCH)))
        run.wait()
        guest.await_that(lambda: directory.verb("list") and switch.has("del-port"), switch.log)
        assert "vnet0" in switch.log()[-1], switch.log()


def test_port_of_another_guest():
    """Who finds the remains of a killed supervisor leaves alone what has the same name by now."""
    with network.nothing_left(), guest.Directory() as directory, Switch() as switch:
        directory.environment.update(switch.environment)
        device = nic("<source bridge='ovs0'/><target dev='mine'/>" + SWITCH)
        run = directory.run(guest.hello_xml(devices=SERIAL + device), "--die-together")
        run.expect("boot 1")
        run.process.kill()
        run.wait()
        guest.await_that(lambda: not directory.processes() and not network.taps(), lambda: f"{directory.processes()}")
        other = guest.hello_xml(devices=SERIAL + device).replace("<name>hello</name>", "<name>other</name>")
        other = directory.run(other)
        other.expect("boot 1")
        assert not switch.has("del-port"), switch.log()
        guest.await_that(lambda: re.search("hello +ended", directory.verb("list", "--all").out), lambda: directory.verb("list").out)
        assert not switch.has("del-port"), switch.log()
        power_off(other)
        assert switch.has("del-port")


def test_port_of_an_administrator():
    """A device that stays, and is a port of the switch already, remains that. What it may reach is not the guest's to
    say."""
    ip("tuntap", "add", "dev", "stays0", "mode", "tap")
    body = "<source bridge='ovs0'/><target dev='stays0'/><virtualport type='openvswitch'/>"
    with Switch("case $* in *port-to-br*) echo ovs0;; esac") as switch:
        with Started(nic(body), switch.environment) as run:
            run.expect("boot 1")
            power_off(run)
        with Started(nic(body + "<vlan><tag id='42'/></vlan>"), switch.environment) as run:
            assert run.wait() == 4, run.said()
            assert "'stays0' is a port of 'ovs0' already" in run.err.text, run.said()
        switch.tell("echo ovs1")
        with Started(nic(body), switch.environment) as run:
            assert run.wait() == 4, run.said()
            assert "it is attached to another one" in run.err.text, run.said()
        assert not switch.has("add-port") and not switch.has("del-port"), switch.log()
        switch.tell("case $* in *port-to-br*) exit 1;; esac")
        with Started(nic(body), switch.environment) as run:
            run.expect("boot 1")
            power_off(run)
        assert switch.has("add-port") and switch.has("del-port"), switch.log()
    ip("link", "delete", "stays0")


if __name__ == "__main__":
    network.enter("ip link add up0 type veth peer name up1", "ip address add 10.9.0.9/24 dev up1", "ip link set up0 up",
                  "ip link set up1 up", "ip link add br-domrun type bridge", "ip address add 10.9.1.9/24 dev br-domrun",
                  "ip link set br-domrun up")
    if not shutil.which("tc"):
        print("1..0 # SKIP there is no tc")
    else:
        tap.main()
