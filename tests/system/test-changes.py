#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes for one run, under real QEMU: the guest has them, `dumpxml` shows them, and the file does not."""

import json
import re
import socket

import guest
import tap

HELLO = "hello from domrun, boot "


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_guest_has_what_the_options_say():
    port = free_port()
    with guest.Directory() as directory:
        directory.write("more.img", "x" * 1024)
        directory.write("cd.iso", "y" * 2048)
        xml = guest.hello_xml("<serial type='stdio'/><graphics type='vnc' autoport='yes'/>")
        run = directory.run(xml, "--set=name=changed", "--memory=48M", "--vcpus=2", "--disk=more.img,serial=extra",
                            "--cdrom=cd.iso", "--network=user", f"--forward={port}:7", "--graphics=none")
        run.expect(HELLO + "1")
        live = directory.verb("dumpxml", "changed").out
        for pattern in (r"<name>changed</name>", r"<memory unit='KiB'>49152</memory>|<memory unit=\"KiB\">49152</memory>",
                        r"<vcpu>2</vcpu>", r"<serial>extra</serial>", f"{re.escape(str(directory.path))}/cd.iso",
                        rf"<range start=.{port}. to=.7./>"):
            assert re.search(pattern, live), f"{pattern} is not in {live}"
        assert "<graphics" not in live
        blocks = json.loads(directory.verb("qmp", "changed", "query-block").out)
        files = {block["inserted"]["file"] for block in blocks if "inserted" in block}
        assert {f"{directory.path}/more.img", f"{directory.path}/cd.iso"} <= files, files
        assert json.loads(directory.verb("qmp", "changed", "query-memory-size-summary").out)["base-memory"] == 48 << 20
        assert len(json.loads(directory.verb("qmp", "changed", "query-cpus-fast").out)) == 2
        with socket.create_connection(("127.0.0.1", port)):
            pass  # QEMU's network listens there
        directory.verb("destroy", "changed")
        run.wait()
        assert (directory.path / "guest.xml").read_text() == xml, "the file was changed"
        directory.assert_nothing_left()


def test_restart_has_them_again():
    """The plan is translated anew for it."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='stdio'/>", lifecycle="<on_poweroff>restart</on_poweroff>"),
                            "--set=name=changed", "--memory=40")
        run.expect(HELLO + "1")
        run.send(b"p")
        run.expect(f"(?s){HELLO}1.*{HELLO}1")
        summary = json.loads(directory.verb("qmp", "changed", "query-memory-size-summary").out)
        assert summary["base-memory"] == 40 << 20, summary
        directory.verb("destroy", "changed")
        run.wait()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
