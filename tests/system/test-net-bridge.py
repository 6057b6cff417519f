#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Linux guests on one bridge: they ping each other through tap devices, of which nothing is left at the end.

The bridge is one of this test's own network namespace. What else there is to say of tap devices is in test-tap.py, and
of what can go wrong in test-net-faults.py.
"""

import network
import tap


def interface(number, body="", queues=1):
    return f"""<interface type='bridge'>
      <mac address='52:54:00:00:09:{number:02x}'/>
      <source bridge='br-domrun'/>
      <model type='virtio'/>
      <driver name='qemu' queues='{queues}'/>
      {body}
    </interface>"""


def start(guests, files, number, count, **keywords):
    """Guest @number of @count, which is to ping all others."""
    peers = [f"10.9.0.{other}" for other in range(1, count + 1) if other != number]
    nic = interface(number, keywords.pop("body", ""), keywords.pop("queues", 1))
    return guests.start(network.linux_xml(f"linux-{number}", nic, files, address=f"10.9.0.{number}/24", peers=peers,
                                          **keywords))


def assert_answers(run, number, count):
    for other in range(1, count + 1):
        if other != number:
            assert f"answer from 10.9.0.{other}\r\n" in run.out.text, run.said()


def test_two_guests():
    """One of them with two queues and its own name."""
    with network.linux_files() as files, network.Guests() as guests:
        start(guests, files, 1, 2, queues=2, body="<target dev='first'/>")
        start(guests, files, 2, 2)
        for number, run in enumerate(guests.runs, 1):
            run.expect(f"eth0: 52:54:00:00:09:0{number} mtu 1500")
        taps = network.taps()
        assert sorted(taps) == ["first", "vnet0"], list(taps)
        assert all(link["master"] == "br-domrun" for link in taps.values()), taps
        guests.finish()
        for number, run in enumerate(guests.runs, 1):
            assert_answers(run, number, 2)


def test_three_guests():
    """Large packets, as large as the bridge's MTU allows, go through as well."""
    with network.linux_files() as files, network.Guests() as guests:
        for number in (1, 2, 3):
            start(guests, files, number, 3, memory=96, size=8000, body="<mtu size='9000'/>")
        guests.finish()
        for number, run in enumerate(guests.runs, 1):
            assert f"eth0: 52:54:00:00:09:0{number} mtu 9000" in run.out.text, run.said()
            assert_answers(run, number, 3)


if __name__ == "__main__":
    network.enter("ip link add br-domrun type bridge", "ip link set br-domrun up")
    tap.main()
