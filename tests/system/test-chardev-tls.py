#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Serial ports by TCP with TLS: of a guest that listens, and of one that connects."""

import socket
import ssl

import certificates
import guest
import tap


def serial(mode, port):
    return f"<serial type='tcp'><source mode='{mode}' host='localhost' service='{port}' tls='yes'/></serial>"


def context(directory, purpose, who):
    made = ssl.SSLContext(purpose)
    made.load_verify_locations(directory.path / "pki/ca-cert.pem")
    if who:
        made.load_cert_chain(directory.path / f"pki/{who}-cert.pem", directory.path / f"pki/{who}-key.pem")
    return made


def talk(connection, run, directory):
    """The guest says hello on its serial port, or answers there, and powers off when it is told to."""
    connection.settimeout(guest.PATIENCE)
    for byte in b"n3\n":                                   # in a record each: QEMU 7.2 leaves the rest of one in its TLS
        connection.sendall(bytes([byte]))
    said = b""
    while b' !"' not in said:
        try:
            some = connection.recv(4096)
        except TimeoutError:
            some = b""
        assert some, f"{said}\n{run.said()}"
        said += some
    connection.sendall(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_server():
    """Who has a certificate of the authority is let in, and nobody else is."""
    with guest.Directory() as directory:
        certificates.make(directory.path / "pki")
        port = free_port()
        run = directory.run(guest.hello_xml(devices=serial("bind", port)), "--certificates=pki")
        directory.await_state("hello")
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"p" * 100)
            guest.await_that(lambda: is_closed(plain))
        with socket.create_connection(("127.0.0.1", port)) as plain:
            try:
                stranger = context(directory, ssl.PROTOCOL_TLS_CLIENT, None).wrap_socket(plain, server_hostname="localhost")
                stranger.sendall(b"p")
                assert stranger.recv(1) == b""
            except OSError:
                pass
        with context(directory, ssl.PROTOCOL_TLS_CLIENT, "client").wrap_socket(
                socket.create_connection(("127.0.0.1", port)), server_hostname="localhost") as connection:
            talk(connection, run, directory)


def is_closed(connection):
    connection.settimeout(1)
    try:
        return connection.recv(100) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_client():
    """The guest looks at the server's certificate, and shows its own."""
    with guest.Directory() as directory, socket.socket() as listener:
        certificates.make(directory.path / "pki")
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        tls = context(directory, ssl.PROTOCOL_TLS_SERVER, "server")
        tls.verify_mode = ssl.CERT_REQUIRED
        run = directory.run(guest.hello_xml(devices=serial("connect", listener.getsockname()[1])), "--certificates=pki")
        with tls.wrap_socket(listener.accept()[0], server_side=True) as connection:
            talk(connection, run, directory)


def test_other_server():
    """A server with another's certificate is talked to by no guest."""
    with guest.Directory() as directory, socket.socket() as listener:
        certificates.make(directory.path / "pki")
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        tls = context(directory, ssl.PROTOCOL_TLS_SERVER, "client")   # of another name, and of a client
        run = directory.run(guest.hello_xml(devices=serial("connect", listener.getsockname()[1])), "--certificates=pki")
        with listener.accept()[0] as plain:
            try:
                with tls.wrap_socket(plain, server_side=True) as connection:
                    assert connection.recv(1) == b""
            except OSError:
                pass
        directory.await_state("hello")                    # with nobody at its port
        directory.destroy("hello")
        run.wait()
        directory.assert_nothing_left()


def test_no_certificates():
    """`check` and `run` name the directory that is not there."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices=serial("bind", free_port())), "--certificates=none")
        assert run.wait() == 4, run.said()
        assert "attribute 'tls': no such" in run.err.text, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
