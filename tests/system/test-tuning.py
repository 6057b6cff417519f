#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest may have of the host, and what is asked of it: limits in control groups, the balloon's statistics."""

import pathlib
import re

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


def test_limits():
    """In a control group of its own, where this host can have one, and else without."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='stdio'/>").replace("<os>", LIMITS + "<os>"))
        run.expect(HELLO + "1")
        directory.await_state("hello")
        groups = pathlib.Path(f"/proc/{run.qemu_pid()}/cgroup")
        guest.await_that(lambda: re.search(r"^0::.*/domrun-[0-9a-f-]+(\.scope)?(/emulator)?$", groups.read_text(), re.MULTILINE)
                         or "guest.xml:4: the guest runs without its limits: " in run.err.text, run.said)
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
