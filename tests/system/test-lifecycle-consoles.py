#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles under load: 64 MiB of random bytes both ways, readers that never read, come and go, and several at once. A
fake QEMU (tests/fake-qemu.py) stands for the guest, since a serial port under TCG would take minutes."""

import contextlib
import hashlib
import os
import random
import re
import select
import shlex
import signal
import socket
import sys
import threading

import control
import guest
import tap

FAKE = guest.SOURCE / "tests/fake-qemu.py"
SIZE = 64 << 20


@contextlib.contextmanager
def running(mode, devices="<serial type='pty'/>", *options, patience=guest.PATIENT):
    with guest.Directory(patience) as directory:
        path = directory.write(mode, f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(FAKE))} {mode} \"$@\"\n")
        path.chmod(0o755)
        run = directory.run(guest.hello_xml(devices).replace("<devices>", f"<devices><emulator>{path}</emulator>"),
                            *options)
        run.directory = directory
        yield run
        directory.assert_nothing_left()


def pty_path(run):
    return run.expect_error(r"(?m)^serial0: (/dev/pts/[0-9]+)\n")[1].decode()


def attach(run):
    """A viewer of the first console, as `domrun console` has it."""
    control.wait_for_state(run.directory.runtime, "hello", "running")
    client = control.Client(run.directory.runtime, "hello")
    client.execute("console")
    viewer = socket.socket(fileno=client.fds.pop())
    viewer.settimeout(guest.PATIENCE)
    client.close()
    return viewer


def read_digest(read, size):
    digest = hashlib.sha256()
    while size > 0:
        data = read(min(size, 1 << 20))
        assert data, f"{size} bytes are missing"
        digest.update(data)
        size -= len(data)
    return digest.hexdigest()


def random_blocks(seed):
    """The same bytes each time; test and fake QEMU count on it."""
    generator = random.Random(seed)
    for _ in range(SIZE >> 20):
        yield generator.randbytes(1 << 20)


def digest_of(seed):
    digest = hashlib.sha256()
    for block in random_blocks(seed):
        digest.update(block)
    return digest.hexdigest()


def both_ways(run, read, write):
    """The guest sends its bytes while it gets others, and writes into a file the digest of what it got."""
    digests = []
    reader = threading.Thread(target=lambda: digests.append(read_digest(read, SIZE)))
    reader.start()
    write(b"g")
    for block in random_blocks("in"):
        view = memoryview(block)
        while view:
            view = view[write(view):]
    reader.join()
    assert digests == [digest_of("out")], "what the guest sent"
    assert run.wait() == 0, run.said()
    assert (run.directory.path / "digest").read_text() == digest_of("in"), "what the guest got"


def test_64_mib_both_ways_through_a_terminal():
    with running("transfers") as run:
        fd = os.open(pty_path(run), os.O_RDWR | os.O_NOCTTY)
        both_ways(run, lambda size: os.read(fd, size), lambda view: os.write(fd, view))
        os.close(fd)


def test_one_of_several_at_a_terminal_leaves():
    with running("echoes-lines") as run:
        path = pty_path(run)
        stays, *others = [os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) for _ in range(4)]
        for fd in others:
            os.close(fd)
        with attach(run) as viewer:
            viewer.send(b"hello\n")
            assert viewer.recv(4096)
            assert select.select([stays], [], [], guest.PATIENCE)[0], "it has left, too, as far as domrun knows"
        os.close(stays)
        run.signal()
        run.signal_again()
        run.signal_again()
        run.wait()


def test_64_mib_both_ways_through_a_viewer():
    with running("transfers") as run:
        with attach(run) as viewer:
            both_ways(run, viewer.recv, viewer.send)


def test_readers_that_never_read_hold_up_nobody_for_long():
    """A viewer, a terminal and one that reads: the last one gets everything, and a log as well."""
    with guest.Directory() as other:
        log = other.path / "log"
        with running("floods", f"<serial type='pty'><log file='{log}'/></serial>", "--log-size=0",
                     patience=2) as run:
            sleeper = os.open(pty_path(run), os.O_RDONLY | os.O_NOCTTY)
            with attach(run) as silent, attach(run) as viewer:
                viewer.send(b"go\n")
                assert read_digest(viewer.recv, 16 << 20) == hashlib.sha256(bytes(range(256)) * (16 << 12)).hexdigest()
                assert run.wait() == 0, run.said()
                assert len(silent.recv(1 << 20)) > 0, "its first bytes are there for it"
            os.close(sleeper)
        assert log.read_bytes() == bytes(range(256)) * (16 << 12), log.stat().st_size


def _logged(directory, *options, log="<log file='{log}'/>", count=300000, prefix=()):
    """Runs the built-in guest, which prints @count bytes, and returns its exit code and all that was said."""
    path = directory.path / "log"
    run = directory.run(guest.hello_xml(f"<serial type='pty'>{log.format(log=path)}</serial>"), "--console", *options,
                        prefix=prefix)
    run.expect("boot 1")
    run.send(b"n%d\np" % count)
    return run


def _logs(directory):
    """Its logs by their names, oldest first."""
    paths = sorted(directory.path.glob("log*"), key=lambda path: -int(path.suffix[1:] or -1))
    return {path.name: path.read_bytes() for path in paths}


def test_log_is_replaced_at_its_size():
    with guest.Directory() as directory:
        run = _logged(directory, "--log-size=100K", "--log-backups=5")
        assert run.wait() == 0, run.said()
        logs = _logs(directory)
        assert list(logs) == ["log.1", "log.0", "log"], {name: len(data) for name, data in logs.items()}
        assert all(len(data) <= 100 << 10 for data in logs.values())
        assert b"".join(logs.values()) == run.out.bytes

        run = _logged(directory, "--log-size=100K", "--log-backups=1", log="<log file='{log}' append='on'/>")
        assert run.wait() == 0, run.said()
        again = _logs(directory)
        assert again["log.1"] == logs["log.1"], "older ones are left alone"
        assert (again["log.0"] + again["log"]) == (logs["log"] + run.out.bytes)[-len(again["log.0"] + again["log"]):]


def test_log_that_is_never_replaced():
    with guest.Directory() as directory:
        run = _logged(directory, "--log-size=0")
        assert run.wait() == 0, run.said()
        assert _logs(directory) == {"log": run.out.bytes}


def test_log_sizes_that_are_none():
    with guest.Directory() as directory:
        for option in ("--log-size=many", "--log-size=-1", "--log-size=2MB", "--log-size=",
                       "--log-size=99999999999999999999G", "--log-backups=-1", "--log-backups=1001"):
            run = directory.run(guest.hello_xml(), option)
            assert run.wait() == 2 and option.split("=")[0] in run.err.text, f"{option}: {run.said()}"


def test_limit_of_file_sizes():
    """What the supervisor may not write is lost and told, and the guest runs on."""
    with guest.Directory() as directory:
        run = _logged(directory, "--log-size=0", prefix=["bash", "-c", "ulimit -f 64; exec \"$@\"", "bash"])
        assert run.wait() == 0, run.said()
        assert run.err.text.count("cannot be written: File too large") == 1, run.said()
        assert len(_logs(directory)["log"]) == 64 << 10
        assert len(run.out.bytes) > 300000


def test_log_that_is_a_link():
    with guest.Directory() as directory:
        common = directory.path / "common"
        common.mkdir()
        common.chmod(0o1777)
        (common / "log").symlink_to(directory.path / "victim")
        xml = guest.hello_xml(f"<serial type='pty'><log file='{common}/log'/></serial>")
        run = directory.run(xml)
        assert run.wait() == 4 and "symbolic link" in run.err.text, run.said()
        assert not (directory.path / "victim").exists()
        common.chmod(0o755)
        (directory.path / "victim").touch()
        run = directory.run(xml)
        guest.await_that(lambda: b"boot 1" in (directory.path / "victim").read_bytes(), run.said)
        directory.destroy("hello")
        run.wait()


def test_viewers_that_come_and_go():
    with running("echoes-lines") as run:
        keeper = attach(run)
        for number in range(40):
            with attach(run) as viewer:
                viewer.send(b"viewer %d\n" % number)
                data = b""
                while b"viewer %d\n" % number not in data:
                    data += viewer.recv(65536)
        pid = control.state_of(run.directory.runtime, "hello")["pid"]
        guest.await_that(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= 25,
                         lambda: "descriptors of viewers that have gone are left")
        keeper.send(b"end\n")
        data = b""
        while more := keeper.recv(65536):
            data += more
        assert re.findall(rb"viewer (\d+)\n", data) == [b"%d" % number for number in range(40)]
        assert run.wait() == 0, run.said()


def test_viewer_that_types_and_hangs_up():
    """What was typed before is the guest's."""
    with running("echoes-lines") as run:
        viewer = attach(run)
        viewer.send(b"x" * 3000 + b"\nend\n")
        viewer.close()
        assert run.wait() == 0, run.said()


if __name__ == "__main__":
    tap.main()
