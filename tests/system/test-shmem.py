#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory that guests share, in a file of /dev/shm: both see what is written there, it stays when they end, and a file that
is too small, or somebody's link, is refused before the start. A server of such memory gives it to the guest."""

import contextlib
import json
import os
import pathlib
import socket
import struct
import threading
import uuid

import guest
import tap

MODEL = "<model type='ivshmem-{}'/>"


def shmem(name, inside):
    return f"<serial type='stdio'/><shmem name='{name}'>{inside}</shmem>"


@contextlib.contextmanager
def memory():
    """The name of a file of this test alone."""
    path = pathlib.Path("/dev/shm") / f"domrun-{uuid.uuid4()}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def read_byte(directory, name):
    """The first byte of the memory, as the guest would read it."""
    for bus in json.loads(directory.verb("qmp", name, "query-pci").out):
        for device in bus["devices"]:
            if device["qdev_id"] == "shmem0":
                address = max(device["regions"], key=lambda region: region["size"])["address"]
    said = directory.verb("qmp", "--hmp", name, f"xp /1xb {address}").out
    return int(said.split()[1], 16)


def test_two_guests():
    with guest.Directory() as directory, memory() as path:
        runs = []
        for name in ("one", "two"):
            xml = guest.hello_xml(devices=shmem(path.name, MODEL.format("plain") + "<size unit='M'>1</size>"), name=name)
            runs.append(directory.run(xml))
            runs[-1].expect("boot 1")
        assert path.stat().st_size == 1 << 20
        with open(path, "r+b") as file:
            file.write(b"\x5a")
        assert [read_byte(directory, name) for name in ("one", "two")] == [0x5a, 0x5a]
        for run in runs:
            run.send(b"p")
            assert run.wait() == 0, run.said()
        directory.assert_nothing_left()
        assert path.read_bytes()[:1] == b"\x5a", "the memory is the others', too: it stays"


def test_what_is_refused():
    with guest.Directory() as directory, memory() as path:
        xml = guest.hello_xml(devices=shmem(path.name, MODEL.format("plain")))
        path.write_bytes(bytes(1000))
        run = directory.run(xml)
        assert run.wait() == 4, run.said()
        run.expect_error("has 1000 bytes, less than the 4096 KiB that are wanted")
        path.unlink()
        target = directory.write("target", "")
        path.symlink_to(target)
        run = directory.run(xml)
        assert run.wait() == 4, run.said()
        run.expect_error("it is a symbolic link")
        assert target.stat().st_size == 0
        directory.assert_nothing_left()


def serve(listener):
    """One client: the version of the protocol, its number, the memory."""
    connection = listener.accept()[0]
    descriptor = os.memfd_create("shared")
    os.truncate(descriptor, 1 << 20)
    os.pwrite(descriptor, b"\xa5", 0)
    with connection:
        connection.sendall(struct.pack("<qq", 0, 0))
        socket.send_fds(connection, [struct.pack("<q", -1)], [descriptor])
        os.close(descriptor)
        connection.recv(1)


def test_server():
    with guest.Directory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = directory.path / "server"
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        run = directory.run(guest.hello_xml(devices=shmem("x", MODEL.format("doorbell") + f"<server path='{path}'/>")))
        run.expect("boot 1")
        assert read_byte(directory, "hello") == 0xa5
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()
        assert path.exists(), "the socket is the server's"


def test_no_server():
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=shmem("x", MODEL.format("doorbell") + "<server path='/nowhere'/>")))
        assert run.wait() == 4, run.said()
        run.expect_error("no such file: '/nowhere'")
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
