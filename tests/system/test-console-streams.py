#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles that connect to a server, and again when it is lost."""

import contextlib
import signal
import socket

import control
import guest
import tap


def unix_xml(path, timeout=1):
    return f"<serial type='unix'><source path='{path}'><reconnect enabled='yes' timeout='{timeout}'/></source></serial>"


@contextlib.contextmanager
def running(devices, lifecycle="<on_poweroff>destroy</on_poweroff>"):
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices(directory), lifecycle))
        run.directory = directory
        yield run
        directory.assert_nothing_left()


def listen(address, family=socket.AF_UNIX):
    listener = socket.socket(family)
    listener.settimeout(guest.PATIENCE)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen()
    return listener


def accept(listener):
    connection, _ = listener.accept()
    connection.settimeout(guest.PATIENCE)
    return connection


def read_until(connection, end):
    data = b""
    while not data.endswith(end):
        some = connection.recv(4096)
        assert some, f"the connection ended after {data!r}"
        data += some
    return data


def attach(run):
    """A viewer beside the server, as `domrun console` has it."""
    control.wait_for_state(run.directory.runtime, "hello", "running")
    client = control.Client(run.directory.runtime, "hello")
    client.execute("console")
    viewer = socket.socket(fileno=client.fds.pop())
    viewer.settimeout(guest.PATIENCE)
    client.close()
    return viewer


def test_a_server_that_comes_late_and_comes_again():
    with running(lambda directory: unix_xml(directory.path / "server")) as run:
        path = str(run.directory.path / "server")
        run.expect_error(r"serial0: '.*/server': No such file or directory; it is tried again and again")
        viewer = attach(run)
        read_until(viewer, b"boot 1\r\n")
        with listen(path) as listener, accept(listener) as connection:
            assert read_until(connection, b"boot 1\r\n") == b"hello from domrun, boot 1\r\n"
            run.expect_error("serial0: connected")
        run.expect_error(r"serial0: '.*/server': the connection has ended")
        # What is printed now, it gets when it is back; what it had, it does not get again.
        (run.directory.path / "server").unlink()
        viewer.sendall(b"n200\n")
        printed = guest.counting_bytes(200) + b"\r\n"
        assert read_until(viewer, b"\r\n") == printed
        with listen(path) as listener, accept(listener) as connection:
            assert read_until(connection, b"\r\n") == printed
            connection.sendall(b"p")
            assert run.wait() == 0, run.said()
        viewer.close()


def test_a_name_with_several_addresses_and_telnet():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    devices = f"""<serial type='tcp'><source mode='connect' host='localhost' service='{port}'>
      <reconnect enabled='yes' timeout='1'/></source><protocol type='telnet'/></serial>"""
    with listen(("127.0.0.1", port), socket.AF_INET) as listener, running(lambda directory: devices) as run:
        connection = accept(listener)
        read_until(connection, b"boot 1\r\n")
        # IAC DO ECHO, IAC SB NAWS ... IAC SE, IAC NOP: none of their letters is a command to the guest.
        connection.sendall(b"\xff\xfd\x01\xff\xfa\x1fphrc\xff\xf0\xff\xf1n3\n")
        assert read_until(connection, b"\r\n") == guest.counting_bytes(3) + b"\r\n"
        connection.sendall(b"p")
        assert run.wait() == 0, run.said()
        connection.close()


def test_the_connection_outlives_qemu():
    with guest.Directory() as directory:
        with listen(str(directory.path / "server")) as listener:
            run = directory.run(guest.hello_xml(unix_xml(directory.path / "server"), "<on_poweroff>restart</on_poweroff>"))
            connection = accept(listener)
            read_until(connection, b"boot 1\r\n")
            connection.sendall(b"p")
            assert read_until(connection, b"boot 1\r\n") == b"hello from domrun, boot 1\r\n"
            run.signal(signal.SIGTERM)
            assert run.wait() == 8, run.said()
            assert connection.recv(4096).endswith(b"power button\r\n")
            assert connection.recv(4096) == b""
            connection.close()
        directory.assert_nothing_left()


def test_an_end_while_nobody_is_there():
    # 192.0.2.0/24 (RFC 5737) leads nowhere; on loopback nobody listens.
    for host, port in (("127.0.0.1", 1), ("192.0.2.1", 7)):
        devices = f"""<serial type='tcp'><source mode='connect' host='{host}' service='{port}'>
          <reconnect enabled='yes' timeout='60'/></source></serial>"""
        with running(lambda directory, devices=devices: devices) as run:
            viewer = attach(run)
            read_until(viewer, b"boot 1\r\n")
            viewer.sendall(b"p")
            assert run.wait() == 0, run.said()
            viewer.close()


if __name__ == "__main__":
    tap.main()
