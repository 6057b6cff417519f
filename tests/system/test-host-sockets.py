#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `domrun check` finds out about the devices, FIFOs, sockets and ports of a guest's character devices and displays
before QEMU starts: what is missing, what is something else, and what is taken."""

import os
import socket
import subprocess

import guest
import network
import tap


def check(devices, *words):
    """The document with @devices passes, or, where there are @words, is refused for a reason that has them."""
    with guest.Directory() as directory:
        path = directory.write("guest.xml", guest.hello_xml(devices))
        done = subprocess.run([guest.DOMRUN, "check", path], capture_output=True, text=True, timeout=guest.PATIENCE,
                              check=False, stdin=subprocess.DEVNULL, env=dict(os.environ, LC_ALL="C.UTF-8"))
    assert done.returncode == (4 if words else 0), f"exit code {done.returncode}: {done.stderr}"
    for word in words:
        assert word in done.stderr, f"'{word}' is not in: {done.stderr}"


def serial(kind, source):
    return f"<serial type='{kind}'><source {source}/></serial>"


def test_device():
    check(serial("dev", "path='/dev/null'"))
    check(serial("dev", "path='/nonexistent/ttyS0'"), "no such file: '/nonexistent/ttyS0'")
    check(serial("dev", "path='/etc/passwd'"), "'/etc/passwd' is not a character device")


def test_pipe():
    with guest.Directory() as directory:
        path = directory.path / "fifo"
        check(serial("pipe", f"path='{path}'"), f"there is no FIFO '{path}'", f"'{path}.in'", "mkfifo")
        os.mkfifo(f"{path}.in")
        check(serial("pipe", f"path='{path}'"), f"there is no FIFO '{path}'")
        os.mkfifo(f"{path}.out")
        check(serial("pipe", f"path='{path}'"))
        os.unlink(f"{path}.out")
        os.mkfifo(path)
        check(serial("pipe", f"path='{path}'"))


def test_socket_to_connect_to():
    with guest.Directory() as directory, socket.socket(socket.AF_UNIX) as server:
        path = directory.path / "server"
        check(serial("unix", f"mode='connect' path='{path}'"), f"no such file: '{path}'")
        server.bind(str(path))
        check(serial("unix", f"mode='connect' path='{path}'"))
        check(serial("unix", "mode='connect' path='/etc/passwd'"), "'/etc/passwd' is not a socket")


def test_socket_to_listen_on():
    with guest.Directory() as directory:
        path = directory.path / "a socket"
        listens = serial("unix", f"mode='bind' path='{path}'")
        check(listens)
        check(serial("unix", f"mode='bind' path='{path}/below'"), "there is no directory ")
        path.write_text("precious")
        check(listens, f"'{path}' is there, and is not a socket")
        check(f"<graphics type='vnc' socket='{path}'/>", f"'{path}' is there, and is not a socket")
        assert path.read_text() == "precious"
        path.unlink()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            check(listens, f"another program listens on '{path}'")
        check(listens)      # left behind by a program that has ended


def test_tcp_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        listens = serial("tcp", f"mode='bind' host='127.0.0.1' service='{port}'")
        check(listens, f"cannot listen on '127.0.0.1' port '{port}': ", "Address already in use")
        check(serial("tcp", f"mode='bind' host='0.0.0.0' service='{port}'"), "Address already in use")
        check(serial("tcp", f"mode='connect' host='127.0.0.1' service='{port}'"))
    check(listens)
    check(serial("tcp", "mode='bind' host='192.0.2.1' service='4555'"), "Cannot assign requested address")
    check(serial("tcp", "mode='bind' host='no.such.host.invalid' service='4555'"))     # names are not looked up


def test_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        sources = f"""<serial type='udp'><source mode='bind' host='127.0.0.1' service='{port}'/>
                      <source mode='connect' host='127.0.0.1' service='9'/></serial>"""
        check(sources, f"cannot listen on '127.0.0.1' port '{port}': ")
    check(sources)


def try_bind(server, port):
    try:
        server.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_vnc_port():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port = next(port for port in range(6900, 7900) if try_bind(server, port))
        server.listen()
        check(f"<graphics type='vnc' port='{port}'/>", f"cannot listen on '127.0.0.1' port '{port}': ")
        check(f"<graphics type='vnc' port='{port}' autoport='yes'/>")
    check(f"<graphics type='vnc' port='{port}'/>")


if __name__ == "__main__":
    network.enter_if_possible()     # no other program takes the ports
    tap.main()
