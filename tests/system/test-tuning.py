#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest may have of the host, and what is asked of it: limits in control groups, the balloon's statistics."""

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


if __name__ == "__main__":
    tap.main()
