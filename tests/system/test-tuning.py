#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest may have of the host, and what is asked of it: limits in control groups, the balloon's statistics."""

import os
import pathlib

import guest
import tap

HELLO = "hello from domrun, boot "


def test_balloon_statistics():
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='stdio'/><memballoon model='virtio'><stats period='7'/></memballoon>"))
        run.expect(HELLO + "1")
        directory.await_state("hello")
        said = directory.verb("qmp", "hello", '{"execute": "qom-get", "arguments": {"path": "/machine/peripheral/balloon0", '
                              '"property": "guest-stats-polling-interval"}}').out
        assert "7" in said, said
        run.send(b"p")
        assert run.wait() == 0, run.said()


LIMITS = """<memtune><hard_limit unit='G'>4</hard_limit></memtune><cputune><quota>50000</quota><emulator_quota>90000</emulator_quota>
</cputune>"""


def controllers():
    """What of control groups of version 2 this process could be given."""
    try:
        own = next(line[3:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        return pathlib.Path("/sys/fs/cgroup" + own, "cgroup.controllers").read_text().split()
    except (OSError, StopIteration):
        return []


def test_limits_that_cannot_be():
    if controllers() or os.path.exists("/run/systemd/system"):
        raise tap.Skip("this host could limit a guest")
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='stdio'/>").replace("<os>", LIMITS + "<os>"))
        run.expect(HELLO + "1")
        run.expect_error("guest.xml:4: the guest runs without its limits: ")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
