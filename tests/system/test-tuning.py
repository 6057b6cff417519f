#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest may have of the host, and what is asked of it: limits in control groups, the balloon's statistics."""

import os
import pathlib
import re
import subprocess

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


# A host that systemd runs, and whose control groups are not this process's to divide.
SYSTEMD = """mount -t tmpfs none /run && mkdir -p /run/systemd/system &&
    if [ -d /sys/fs/cgroup/unified ]; then mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup; fi &&
    if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then exec "$@"; else exit 77; fi"""


def test_scope():
    """systemd is asked for one while the guest runs. As long as it has not answered the guest runs on, and what it says
    is told."""
    if subprocess.run(["unshare", "-m", "sh", "-c", SYSTEMD, "sh", "true"], capture_output=True, check=False).returncode:
        raise tap.Skip("needs root, mount namespaces and control groups of version 2")
    with guest.Directory() as directory:
        go = directory.path / "go"
        log = directory.path / "log"
        busctl = directory.write("busctl", f"""#!/bin/sh
            echo "$*" >>{log}
            until [ -e {go} ]; do sleep 0.1; done
            echo 'Call failed: not today' >&2
            exit 1
            """)
        busctl.chmod(0o755)
        directory.environment["PATH"] = f"{directory.path}:{os.environ['PATH']}"
        xml = guest.hello_xml("<serial type='stdio'/>", "<on_poweroff>restart</on_poweroff>")
        run = directory.run(xml.replace("<os>", "<memtune><hard_limit unit='G'>4</hard_limit></memtune><os>"),
                            prefix=["unshare", "-m", "sh", "-c", SYSTEMD, "sh"])
        for boot in (1, 2):
            run.expect("(?s)" + f".*{HELLO}1" * boot)
            guest.await_that(lambda boot=boot: log.exists() and len(log.read_text().splitlines()) == boot, run.said)
            assert f" PIDs au 1 {run.qemu_pid()} MemoryMax t 4294967296 0" in log.read_text().splitlines()[-1], log.read_text()
            assert "limits" not in run.err.text, run.said()
            if boot == 1:   # it ends while systemd has not answered
                run.send(b"p")
        go.write_text("")
        guest.await_that(lambda: "the guest runs without its limits: systemd gives no scope: busctl ended with status 1: Call "
                         "failed: not today\n" in run.err.text, run.said)
        run.signal()
        run.wait()
        for made in (go, log, busctl):
            made.unlink()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
