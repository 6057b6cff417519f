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


LIMITED = "<memtune><hard_limit unit='G'>4</hard_limit></memtune><os>"
NOT_TODAY = "the guest runs without its limits: systemd gives no scope: busctl ended with status 1: Call failed: not today\n"


class Systemd:
    """systemd's answer, which comes when the test wants it."""

    def __init__(self, directory):
        if subprocess.run(["unshare", "-m", "sh", "-c", SYSTEMD, "sh", "true"], capture_output=True, check=False).returncode:
            raise tap.Skip("needs root, mount namespaces and control groups of version 2")
        self.prefix = ["unshare", "-m", "sh", "-c", SYSTEMD, "sh"]
        self._go, self._log = directory.path / "go", directory.path / "log"
        self._busctl = directory.write("busctl", f"""#!/bin/sh
            echo "$*" >>{self._log}
            until [ -e {self._go} ]; do sleep 0.1; done
            echo 'Call failed: not today' >&2
            exit 1
            """)
        self._busctl.chmod(0o755)
        directory.environment["PATH"] = f"{directory.path}:{os.environ['PATH']}"

    def asked(self):
        return self._log.read_text().splitlines() if self._log.exists() else []

    def answer(self):
        self._go.write_text("")

    def clear(self):
        for made in (self._go, self._log, self._busctl):
            made.unlink()


def test_scope():
    """systemd is asked for one while the guest runs. As long as it has not answered the guest runs on, and what it says
    is told."""
    with guest.Directory() as directory:
        systemd = Systemd(directory)
        xml = guest.hello_xml("<serial type='stdio'/>", "<on_poweroff>restart</on_poweroff>")
        run = directory.run(xml.replace("<os>", LIMITED), prefix=systemd.prefix)
        for boot in (1, 2):
            run.expect("(?s)" + f".*{HELLO}1" * boot)
            guest.await_that(lambda boot=boot: len(systemd.asked()) == boot, run.said)
            assert f" PIDs au 1 {run.qemu_pid()} MemoryMax t 4294967296 0" in systemd.asked()[-1], systemd.asked()
            assert "limits" not in run.err.text, run.said()
            if boot == 1:   # it ends while systemd has not answered
                run.send(b"p")
        systemd.answer()
        guest.await_that(lambda: NOT_TODAY in run.err.text, run.said)
        run.signal()
        run.wait()
        systemd.clear()
        directory.assert_nothing_left()


def test_scope_of_a_guest_in_the_background():
    """Who waits for its start hears what systemd says."""
    with guest.Directory() as directory:
        systemd = Systemd(directory)
        run = directory.run(guest.hello_xml().replace("<os>", LIMITED), "--detach", prefix=systemd.prefix)
        directory.await_state("hello")
        assert run.process.poll() is None
        systemd.answer()
        assert run.wait() == 0 and NOT_TODAY in run.err.text, run.said()
        directory.destroy("hello")
        systemd.clear()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
