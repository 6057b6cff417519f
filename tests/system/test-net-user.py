#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ports of the host that lead into the guest, by QEMU's own network and by passt; and passt's life beside QEMU's.

passt takes its addresses from a device of this test's own network namespace, which leads nowhere.
"""

import contextlib
import hashlib
import http.server
import os
import pathlib
import shutil
import socket
import threading
import urllib.request

import guest
import network
import tap

SERIAL = "<serial type='stdio'/>"
FORWARD = "<portForward proto='tcp' address='127.0.0.1'><range start='2080' to='80'/></portForward>"
PASST = "<backend type='passt'/>"


def need_passt():
    if not shutil.which("passt"):
        raise tap.Skip("there is no passt")
    network.need_user_namespaces()


def nic(body):
    return f"<interface type='user'><mac address='52:54:00:00:0c:01'/>{body}<model type='virtio'/></interface>"


def passts(directory):
    found = []
    for pid in directory.processes():
        try:
            if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("passt"):
                found.append(pid)
        except OSError:
            pass
    return found


@contextlib.contextmanager
def serving():
    """A web server on 127.0.0.1; yields its port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello from the host")

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def assert_answers(xml, address, gateway):
    """The guest fetches something of the host, by which passt knows its address too, and then has something to fetch."""
    with network.linux_files() as files, serving() as port, network.Guests() as guests:
        run = guests.start(network.linux_xml("linux", nic(xml), files, address=address, serve=80,
                                             url=f"http://{gateway}:{port}/"))
        run.expect("all done")
        assert f"fetched: {hashlib.sha256(b'hello from the host').hexdigest()}" in run.out.text, run.said()
        with urllib.request.urlopen("http://127.0.0.1:2080/hello", timeout=guest.PATIENCE) as answer:
            assert answer.read() == b"hello from the guest\n"
        guests.finish()


def test_forward_by_qemu():
    assert_answers(FORWARD, "10.0.2.15/24", "10.0.2.2")


def test_forward_by_passt():
    need_passt()
    assert_answers(PASST + "<ip family='ipv4' address='10.8.0.15' prefix='24'/>" + FORWARD, "10.8.0.15/24", "10.8.0.2")


def test_passt_starts_again():
    """The port is free for the next one."""
    need_passt()
    with network.nothing_left(), guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=SERIAL + nic(PASST + FORWARD),
                                            lifecycle="<on_poweroff>restart</on_poweroff>"))
        for boot in range(3):
            run.expect("boot 1")
            guest.await_that(lambda: len(passts(directory)) == 1, run.said)
            assert network.is_listening(2080)
            if boot < 2:
                run.send(b"p")
                guest.await_that(lambda: run.out.text.count("boot 1") == boot + 2, run.said)
        run.signal()
        run.wait()
        guest.await_that(lambda: not passts(directory), run.said)


def test_passt_is_killed():
    need_passt()
    with network.nothing_left(), guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=SERIAL + nic(PASST + FORWARD)))
        run.expect("boot 1")
        (pid,) = passts(directory)
        os.kill(pid, 9)
        guest.await_that(lambda: "the other end of 'hostnet0', passt, has ended" in run.err.text, run.said)
        run.send(b"p")
        assert run.wait() == 0, run.said()


def test_supervisor_is_killed():
    """passt ends with the connection."""
    need_passt()
    with network.nothing_left(), guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=SERIAL + nic(PASST + FORWARD)))
        run.expect("boot 1")
        qemu = run.qemu_pid()
        run.process.kill()
        run.wait()
        assert passts(directory), "QEMU goes on with it"
        os.kill(qemu, 9)
        guest.await_that(lambda: not directory.processes(), lambda: f"{directory.processes()}")


def test_port_is_taken():
    for backend in ("", PASST):
        with socket.create_server(("127.0.0.1", 2080)), guest.Directory() as directory:
            run = directory.run(guest.hello_xml(devices=SERIAL + nic(backend + FORWARD)))
            assert run.wait() == 4, run.said()
            assert "<portForward>: cannot listen on '127.0.0.1' port '2080': Address already in use" in run.err.text, \
                run.said()
            directory.assert_nothing_left()


def test_passt_refuses():
    need_passt()
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=SERIAL + nic(PASST + "<source dev='nothing'/>")))
        assert run.wait() == 4, run.said()
        assert "passt ended with status 1\n  its last words: Invalid interface name" in run.err.text, run.said()
        directory.assert_nothing_left()


def test_passt_of_a_user():
    """Neither domrun nor passt needs any right."""
    need_passt()
    with network.nothing_left(), guest.Directory() as directory:
        network.own(directory)
        prefix = ["setpriv", "--reuid", str(network.USER), "--regid", str(network.USER), "--clear-groups", "--"]
        log = f"<backend type='passt' logFile='{directory.path}/passt.log'/>"
        run = directory.run(guest.hello_xml(devices=SERIAL + nic(log + FORWARD)), prefix=prefix)
        run.expect("boot 1")
        assert network.is_listening(2080)
        assert (directory.path / "passt.log").stat().st_uid == network.USER
        run.send(b"p")
        assert run.wait() == 0, run.said()
        guest.await_that(lambda: not directory.processes(), run.said)


def test_no_passt():
    with guest.Directory() as directory:
        (directory.path / "bin").mkdir()
        for program in ("qemu-system-x86_64",):
            (directory.path / "bin" / program).symlink_to(shutil.which(program))
        directory.environment["PATH"] = str(directory.path / "bin")
        run = directory.run(guest.hello_xml(devices=SERIAL + nic(PASST)))
        assert run.wait() == 4, run.said()
        assert "the program 'passt' is not in PATH" in run.err.text, run.said()


if __name__ == "__main__":
    network.enter("ip link add up0 type veth peer name up1", "ip address add 10.8.0.1/24 dev up0", "ip link set up0 up",
                  "ip link set up1 up", "ip route add default via 10.8.0.2")
    tap.main()
