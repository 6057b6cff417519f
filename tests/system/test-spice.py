#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SPICE under real QEMU: its ports, what a viewer is answered, passwords, TLS; and the socket of a guest's channel."""

import contextlib
import json
import pathlib
import re
import shutil
import socket
import ssl
import stat
import struct
import subprocess
import xml.etree.ElementTree as ET

import guest
import tap

SERIAL = "<serial type='pty'/>"
SPICE = SERIAL + "<graphics type='spice' autoport='yes'/>"
HELLO = "hello from domrun, boot "


@contextlib.contextmanager
def running(devices, *options, name="web", **keywords):
    """A guest that runs, of which nothing may be left in the end."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices, name=name, **keywords), *options, prefix=["setsid"])
        directory.await_state(name)
        yield directory, run
        directory.destroy(name)
        run.wait()
        directory.assert_nothing_left()


def display_of(directory, name="web"):
    (display,) = json.loads(directory.verb("domdisplay", "--json", name).out)
    return display


def live(directory, name="web"):
    return ET.fromstring(directory.verb("dumpxml", name).out)


def greet(connection):
    """What the server answers to a viewer that asks for the main channel: the error of SpiceLinkReply."""
    message = struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
    connection.sendall(struct.pack("<4sIII", b"REDQ", 2, 2, len(message)) + message)
    magic, major, _, size = struct.unpack("<4sIII", connection.recv(16, socket.MSG_WAITALL))
    assert (magic, major) == (b"REDQ", 2), (magic, major)
    answer = b""
    while len(answer) < size:
        answer += connection.recv(size - len(answer))
    return struct.unpack("<I", answer[:4])[0]


def greet_tls(port, authority):
    context = ssl.create_default_context(cafile=authority)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT         # Python 3.13 wants extensions that the test's lacks
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            message = struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
            connection.sendall(struct.pack("<4sIII", b"REDQ", 2, 2, len(message)) + message)
            return connection.recv(4)


def test_port():
    with running(SPICE) as (directory, run):
        display = display_of(directory)
        assert display["kind"] == "spice" and display["host"] == "127.0.0.1", display
        assert directory.verb("domdisplay", "web").out == f"spice://127.0.0.1:{display['port']}\n"
        assert live(directory).find("devices/graphics").get("port") == str(display["port"])
        with socket.create_connection(("127.0.0.1", display["port"])) as connection:
            assert greet(connection) == 0
        assert "no display of type vnc" in directory.verb("vncdisplay", "web", code=12).err


def test_ports_differ():
    with running(SPICE) as (directory, run), running(SPICE, name="other") as (other, _):
        assert display_of(directory)["port"] != display_of(other, "other")["port"]


def test_restart_keeps_the_port():
    with running(SPICE, lifecycle="<on_poweroff>restart</on_poweroff>") as (directory, run):
        before = display_of(directory)["port"]
        pid = run.qemu_pid()
        console = guest.Run(["console", "--root", str(directory.runtime), "web"], directory.environment, directory.path)
        console.expect(HELLO)
        console.send(b"p")
        guest.await_that(lambda: json.loads(directory.verb("dominfo", "--json", "web").out)["restarts"] == 1)
        directory.await_state("web")
        assert run.qemu_pid() != pid
        assert display_of(directory)["port"] == before


def test_port_that_another_takes_meanwhile():
    with guest.Directory() as directory:
        script = directory.write("qemu", f"""#!/bin/sh
if [ ! -e "{directory.path}/lost" ]; then
  touch "{directory.path}/lost"
  echo "Spice: reds_init_socket: binding socket to 127.0.0.1:5900 failed" >&2
  exit 1
fi
exec {shutil.which('qemu-system-x86_64')} "$@"
""")
        script.chmod(0o755)
        run = directory.run(guest.hello_xml(SPICE, name="web"), f"--emulator={script}", prefix=["setsid"])
        run.expect_error("the port for SPICE went to another program")
        directory.await_state("web")
        assert display_of(directory)["port"] >= 5900
        directory.destroy("web")
        run.wait()
        directory.assert_nothing_left()


def test_password():
    devices = SERIAL + "<graphics type='spice' autoport='yes' passwd='a b/c'/>"
    with running(devices) as (directory, run):
        assert json.loads(directory.verb("qmp", "web", "query-spice").out)["auth"] == "spice"
        shown = directory.verb("domdisplay", "--include-password", "web").out
        assert re.fullmatch(r"spice://127\.0\.0\.1:\d+\?password=a%20b%2Fc\n", shown), shown
        assert "a b" not in directory.verb("domdisplay", "web").out
        assert b"a b/c" not in pathlib.Path(f"/proc/{run.qemu_pid()}/cmdline").read_bytes()


def make_certificates(directory):
    """An authority, and what it says of this host."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    directory.mkdir()
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority",
            "-keyout", "ca-key.pem", "-out", "ca-cert.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server-key.pem",
            "-out", "server.csr")
    (directory / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca-cert.pem", "-CAkey", "ca-key.pem",
            "-CAcreateserial", "-extfile", "names", "-out", "server-cert.pem")


def test_tls():
    if not shutil.which("openssl"):
        raise tap.Skip("there is no openssl, which makes the certificates")
    with guest.Directory() as directory:
        certificates = directory.path / "certificates"
        make_certificates(certificates)
        devices = SERIAL + "<graphics type='spice' autoport='yes' defaultMode='secure'/>"
        run = directory.run(guest.hello_xml(devices, name="web"), f"--certificates={certificates}", prefix=["setsid"])
        directory.await_state("web")
        display = display_of(directory)
        assert "port" not in display, display
        assert directory.verb("domdisplay", "web").out == f"spice://127.0.0.1?tls-port={display['tls-port']}\n"
        assert live(directory).find("devices/graphics").get("tlsPort") == str(display["tls-port"])
        assert greet_tls(display["tls-port"], certificates / "ca-cert.pem") == b"REDQ"
        directory.destroy("web")
        run.wait()
        directory.assert_nothing_left()


def test_socket():
    with guest.Directory() as directory:
        path = directory.path / "spice.sock"
        devices = SERIAL + f"<graphics type='spice'><listen type='socket' socket='{path}'/></graphics>"
        run = directory.run(guest.hello_xml(devices, name="web"), prefix=["setsid"])
        directory.await_state("web")
        assert directory.verb("domdisplay", "web").out == f"spice+unix://{path}\n"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            assert greet(connection) == 0
        directory.destroy("web")
        run.wait()


def check_sockets_of_domrun(directory):
    paths = {listen.get("socket") for listen in live(directory).iter("listen")}
    assert {pathlib.Path(path).name for path in paths} == {"spice.sock", "vnc0.sock"}, paths
    displays = json.loads(directory.verb("domdisplay", "--json", "--all", "web").out)
    assert {display["path"] for display in displays} == paths, (displays, paths)
    for path in paths:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
        assert stat.S_IMODE(pathlib.Path(path).stat().st_mode) & 0o077 == 0, path


def test_socket_of_domrun():
    """A document that names no file finds one in the guest's directory, also after a restart."""
    devices = SERIAL + "".join(f"<graphics type='{kind}'><listen type='socket'/></graphics>" for kind in ("spice", "vnc"))
    with running(devices, lifecycle="<on_poweroff>restart</on_poweroff>") as (directory, _):
        check_sockets_of_domrun(directory)
        console = guest.Run(["console", "--root", str(directory.runtime), "web"], directory.environment, directory.path)
        console.expect(HELLO)
        console.send(b"p")
        guest.await_that(lambda: json.loads(directory.verb("dominfo", "--json", "web").out)["restarts"] == 1)
        directory.await_state("web")
        check_sockets_of_domrun(directory)


def test_channels():
    devices = SPICE + """<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
        <redirdev bus='usb' type='spicevmc'/>"""
    with running(devices) as (directory, run):
        agent, _ = live(directory).findall("devices/channel")
        path = pathlib.Path(agent.find("source").get("path"))
        assert agent.find("source").get("mode") == "bind"
        assert stat.S_ISSOCK(path.stat().st_mode) and path.parent.parent == directory.runtime, path
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
        assert agent.find("address").attrib == {"type": "virtio-serial", "controller": "0", "bus": "0", "port": "1"}
        names = {one["label"] for one in json.loads(directory.verb("qmp", "web", "query-chardev").out)}
        assert {"charchannel0", "charchannel1", "charredir0"} <= names, names
    assert not path.exists()


def test_qemu_without_spice():
    with guest.Directory() as directory:
        script = directory.write("qemu", "#!/bin/sh\necho 'qemu: -spice port=5900: spice support is disabled' >&2\nexit 1\n")
        script.chmod(0o755)
        run = directory.run(guest.hello_xml(SPICE, name="web"), f"--emulator={script}", prefix=["setsid"])
        run.expect_error("has no SPICE\n  --graphics=vnc")
        assert run.wait() != 0
        directory.assert_nothing_left()


def test_without_spice():
    with running(SPICE + "<redirdev bus='usb' type='spicevmc'/>", "--graphics=vnc") as (directory, run):
        run.expect_error("VNC takes the place of 'spice'")
        assert directory.verb("domdisplay", "web").out.startswith("vnc://127.0.0.1:")
        assert live(directory).find("devices/graphics").get("type") == "vnc"
        assert live(directory).find("devices/redirdev") is None


if __name__ == "__main__":
    tap.main()
