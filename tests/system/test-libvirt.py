#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""domrun-libvirt: libvirt's own virsh, unchanged, finds, starts, watches and ends guests of domrun's; and a client that is
none of libvirt's gets errors in the protocol's own form, or loses its connection, and nothing else happens."""

import contextlib
import json
import os
import pty
import re
import shutil
import socket
import struct
import subprocess
import threading
import urllib.parse

import guest
import tap

PROGRAM = guest.DOMRUN + "-libvirt"
REMOTE, QEMU, KEEPALIVE = 0x20008086, 0x20008087, 0x6b656570
CALL, REPLY, MESSAGE, STREAM = range(4)
OK, ERROR, CONTINUE = range(3)
NO_SUPPORT, ARGUMENT, DENIED, RPC, NO_DOMAIN = 3, 8, 29, 39, 42


# ---- By virsh ----

def virsh(directory, *arguments, code=0, readonly=False):
    if not shutil.which("virsh"):
        raise tap.Skip("there is no virsh (libvirt-clients)")
    command = urllib.parse.quote(os.path.abspath(PROGRAM), safe="")
    root = urllib.parse.quote(str(directory.runtime), safe="")
    environment = {name: value for name, value in directory.environment.items() if not name.startswith("LIBVIRT_")}
    done = subprocess.run(["virsh", *(["-r"] if readonly else []), "-c", f"qemu+ext:///session?command={command}&root={root}",
                           *arguments], env=environment, cwd=directory.path, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=guest.PATIENCE, check=False)
    assert done.returncode == code, f"virsh {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.strip() + (done.stderr.strip() if code else "")


@contextlib.contextmanager
def created(xml=None):
    """A guest that virsh has created."""
    with guest.Directory() as directory:
        directory.write("guest.xml", xml or guest.hello_xml("<serial type='pty'/>"))
        assert virsh(directory, "create", "guest.xml") == "Domain 'hello' created from guest.xml"
        # virsh leaves out of the environment what tells the processes of a test.
        emulator = json.loads(directory.verb("domstate", "--json", "hello").out)["qemu-pid"]
        try:
            yield directory
        finally:
            directory.destroy("hello")
        guest.await_that(lambda: guest.process_state(emulator) in (None, "Z"), lambda: "its QEMU is left")
        guest.await_that(lambda: not directory.processes(), lambda: f"these are left: {directory.processes()}")
        directory.assert_nothing_left()


def test_virsh_finds_it():
    with created() as directory:
        state = json.loads(directory.verb("domstate", "--json", "hello").out)
        assert virsh(directory, "list", "--name") == virsh(directory, "list", "--all", "--name") == "hello"
        assert virsh(directory, "list", "--inactive", "--name") == virsh(directory, "list", "--state-paused", "--name") == ""
        for what in ("hello", state["uuid"], str(state["pid"])):
            assert virsh(directory, "domstate", what) == "running"
        assert virsh(directory, "domid", "hello") == str(state["pid"]) and virsh(directory, "domuuid", "hello") == state["uuid"]
        assert virsh(directory, "domname", state["uuid"]) == "hello"
        info = dict(re.findall(r"^([^:]+): +(.*)$", virsh(directory, "dominfo", "hello"), re.MULTILINE))
        assert (info["State"], info["CPU(s)"], info["Persistent"], info["Autostart"]) == ("running", "1", "no", "disable"), info
        assert re.fullmatch(r"\d+ KiB", info["Max memory"]) and info["Max memory"] == info["Used memory"] != "0 KiB", info
        stats = dict(re.findall(r"^ +([a-z.]+)=(\d+)$", virsh(directory, "domstats", "hello"), re.MULTILINE))
        assert stats["state.state"] == stats["vcpu.current"] == "1" and int(stats["cpu.time"]) > 0, stats
        assert f'{stats["balloon.maximum"]} KiB' == info["Max memory"], stats
        assert "state.state=1" in virsh(directory, "domstats", "--state") and "cpu.time" not in virsh(directory, "domstats", "--state")
        assert "failed to get domain 'other'" in virsh(directory, "domstate", "other", code=1)


def test_virsh_ends_it():
    with created() as directory:
        for verb, said, state in (("suspend", "suspended", "paused"), ("resume", "resumed", "running"), ("reset", "was reset", "running")):
            assert virsh(directory, verb, "hello") == f"Domain 'hello' {said}"
            assert virsh(directory, "domstate", "hello") == state
        assert virsh(directory, "list", "--state-running", "--name") == "hello"
        assert virsh(directory, "destroy", "hello") == "Domain 'hello' destroyed"
        guest.await_that(lambda: virsh(directory, "list", "--name") == "", lambda: virsh(directory, "list"))
        virsh(directory, "create", "guest.xml")
        assert virsh(directory, "shutdown", "hello") == "Domain 'hello' is being shutdown"      # it may take no notice, or end


def test_virsh_of_the_host():
    with guest.Directory() as directory:
        assert "QEMU 9.0.0" in virsh(directory, "version")
        assert virsh(directory, "hostname") == socket.gethostname() and virsh(directory, "list", "--name") == ""
        assert "CPU(s):" in virsh(directory, "nodeinfo") and "<arch name='x86_64'>" in virsh(directory, "capabilities")
        assert virsh(directory, "uri").startswith("qemu+ext:///session?")
        directory.assert_nothing_left()


def test_virsh_and_secrets():
    xml = guest.hello_xml("<serial type='pty'/><graphics type='vnc' autoport='yes' passwd='geheim12'/><video><model type='vga'/></video>")
    with created(xml) as directory:
        assert "geheim12" not in virsh(directory, "dumpxml", "hello") and "<name>hello" in virsh(directory, "dumpxml", "hello")
        assert "geheim12" in virsh(directory, "dumpxml", "--security-info", "hello")
        with Client(directory) as client:
            client.open(readonly=True)
            xml = client.call(14, client.find("hello") + struct.pack(">I", 1))
            assert b"<name>hello" in xml and b"geheim12" not in xml
        assert re.fullmatch(r":\d+", virsh(directory, "vncdisplay", "hello"))
        assert "image/png" in virsh(directory, "screenshot", "hello", "picture.png")
        assert (directory.path / "picture.png").read_bytes().startswith(b"\x89PNG")
        assert "VM status: running" in virsh(directory, "qemu-monitor-command", "hello", "--hmp", "info status")
        assert json.loads(virsh(directory, "qemu-monitor-command", "hello", '{"execute":"query-status"}'))["return"]["running"]
        assert "nonsense" in virsh(directory, "qemu-monitor-command", "hello", '{"execute":"nonsense"}', code=1)


def test_virsh_is_told_why():
    with guest.Directory() as directory:
        directory.write("broken.xml", "<domain")
        directory.write("wrong.xml", guest.hello_xml("<serial type='pty'/>").replace("<serial type='pty'/>", "<serial type='ptty'/>"))
        assert "not well-formed XML" in virsh(directory, "create", "broken.xml", code=1)
        assert "error: <serial>: attribute 'type': unknown value 'ptty'" in virsh(directory, "create", "wrong.xml", code=1)
        directory.assert_nothing_left()
    with created() as directory:
        assert "the guest 'hello' is already running" in virsh(directory, "create", "guest.xml", code=1)
        assert "read only" in virsh(directory, "destroy", "hello", code=1, readonly=True)


def test_virsh_console():
    with created() as directory:
        if not shutil.which("virsh"):
            raise tap.Skip("there is no virsh (libvirt-clients)")
        master, slave = pty.openpty()
        command, root = (urllib.parse.quote(text, safe="") for text in (os.path.abspath(PROGRAM), str(directory.runtime)))
        process = subprocess.Popen(["virsh", "-c", f"qemu+ext:///session?command={command}&root={root}", "console", "hello"],
                                   stdin=slave, stdout=slave, stderr=slave, env=directory.environment, start_new_session=True)
        os.close(slave)
        with os.fdopen(master, "r+b", 0) as terminal:
            stream = guest.Stream(terminal)
            assert stream.wait(lambda said: b"hello from domrun, boot 1" in said), stream.text
            terminal.write(b"p")            # it powers off
            assert process.wait(guest.PATIENCE) == 0, stream.text


# ---- By a client that is none of libvirt's ----

def text(value):
    data = value.encode()
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


class Client:
    def __init__(self, directory):
        self.ours, its = socket.socketpair()
        self.ours.settimeout(guest.PATIENCE)
        self.process = subprocess.Popen([PROGRAM, "--root", str(directory.runtime)], stdin=its, stdout=its,
                                        env=directory.environment)
        its.close()
        self.serial = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.ours.close()
        code = self.process.wait(guest.PATIENCE)
        assert code == 0 or exception[0], f"it ended with {code}"

    def send(self, procedure, payload=b"", program=REMOTE, version=1, kind=CALL, status=OK):
        self.serial += 1
        body = struct.pack(">IIIIII", program, version, procedure, kind, self.serial, status) + payload
        self.ours.sendall(struct.pack(">I", len(body) + 4) + body)

    def _read(self, length):
        data = b""
        while len(data) < length:
            some = self.ours.recv(length - len(data))
            if not some:
                raise EOFError
            data += some
        return data

    def receive(self):
        """(status, payload) of the next packet."""
        length, = struct.unpack(">I", self._read(4))
        _, _, procedure, kind, serial, status = struct.unpack(">IIIIII", self._read(24))
        return (procedure, kind, serial, status), self._read(length - 28)

    def call(self, procedure, payload=b"", **keywords):
        self.send(procedure, payload, **keywords)
        (found, kind, serial, status), answer = self.receive()
        assert (found, kind, serial) == (procedure, REPLY, self.serial), (found, kind, serial)
        assert status == OK, answer
        return answer

    def refuse(self, code, procedure, payload=b"", **keywords):
        """It is answered by an error with that number; returns its text."""
        self.send(procedure, payload, **keywords)
        (_, kind, serial, status), answer = self.receive()
        assert (kind, serial, status) == (REPLY, self.serial, ERROR), answer
        number, _, there, length = struct.unpack(">IIII", answer[:16])
        said = answer[16:16 + length].decode()
        assert (number, there) == (code, 1), (number, said)
        return said

    def open(self, readonly=False):
        self.call(66)
        self.call(1, struct.pack(">I", 1) + text("qemu:///session") + struct.pack(">I", readonly))

    def find(self, name):
        return self.call(23, text(name))

    def is_dropped(self):
        try:
            return not self.ours.recv(1)
        except ConnectionResetError:
            return True


def test_errors_have_the_protocols_form():
    with guest.Directory() as directory, Client(directory) as client:
        assert "not open" in client.refuse(RPC, 59)
        client.open()
        assert "open already" in client.refuse(RPC, 1, struct.pack(">II", 0, 0))
        assert "no procedure 4711" in client.refuse(NO_SUPPORT, 4711)
        assert "no program 0x1" in client.refuse(RPC, 1, program=1)
        assert "no version 2" in client.refuse(RPC, 59, version=2)
        assert "type 1" in client.refuse(RPC, 59, kind=REPLY)
        assert "ends in the middle" in client.refuse(ARGUMENT, 23)
        assert "ends in the middle" in client.refuse(ARGUMENT, 23, struct.pack(">I", 100) + b"abc\0")
        assert "too long" in client.refuse(ARGUMENT, 23, struct.pack(">I", 0xffffffff))
        assert "not UTF-8" in client.refuse(ARGUMENT, 23, struct.pack(">I", 4) + b"\xff\xfe\xfd\xfc")
        assert "4 bytes too many" in client.refuse(ARGUMENT, 59, b"\0\0\0\0")
        assert "no guest 'x'" in client.refuse(NO_DOMAIN, 23, text("x"))
        assert "no guest" in client.refuse(NO_DOMAIN, 14, text("x") + b"\0" * 16 + struct.pack(">iI", -1, 0))
        client.send(1, program=KEEPALIVE, kind=MESSAGE)
        (procedure, kind, serial, status), payload = client.receive()
        assert (procedure, kind, serial, status, payload) == (2, MESSAGE, 0, OK, b""), "no answer to a ping"
        client.call(2)
        assert client.is_dropped()


def test_no_packets():
    for data in (b"GET / HTTP/1.1\r\n\r\n", struct.pack(">I", 27) + b"x" * 23, struct.pack(">I", 0xffffffff), struct.pack(">I", 0)):
        with guest.Directory() as directory, Client(directory) as client:
            client.ours.sendall(data)
            assert client.is_dropped(), data
    with guest.Directory() as directory, Client(directory) as client:
        client.ours.sendall(struct.pack(">I", 100) + b"half of it")      # and away


def test_readonly():
    with created() as directory, Client(directory) as client:
        client.open(readonly=True)
        hello = client.find("hello")
        for procedure, rest in ((12, b""), (234, b"\0\0\0\0"), (28, b""), (33, b""), (34, b""), (245, b"\0\0\0\0"),
                                (201, struct.pack(">II", 0, 0))):
            assert "may only read" in client.refuse(DENIED, procedure, hello + rest)
        assert "may only read" in client.refuse(DENIED, 10, text("<domain/>") + b"\0\0\0\0")
        assert "may only read" in client.refuse(DENIED, 1, hello + text("{}") + b"\0\0\0\0", program=QEMU)
        assert struct.unpack(">II", client.call(212, hello + b"\0\0\0\0"))[0] == 1


def test_stream_is_left():
    """The client goes away in the middle of a console, and the guest has its next."""
    with created() as directory:
        for _ in range(3):
            with Client(directory) as client:
                client.open()
                client.call(201, client.find("hello") + struct.pack(">II", 0, 0))
                (procedure, kind, serial, status), data = client.receive()
                assert (procedure, kind, serial, status) == (201, STREAM, client.serial, CONTINUE) and data, data
        with Client(directory) as client:
            client.open()
            client.call(201, client.find("hello") + struct.pack(">II", 0, 0))
            serial = client.serial
            client.receive()
            client.serial -= 1
            client.send(201, kind=STREAM, status=OK)     # it has finished
            (_, kind, found, status), data = client.receive()
            assert (kind, found, status, data) == (STREAM, serial, OK, b""), (kind, found, status, data)
            assert client.call(59)


def test_client_that_does_not_read():
    """It waits, and the program takes no more of it; when it reads, nothing is lost."""
    with created() as directory, Client(directory) as client:
        client.open()
        hello, before = client.find("hello"), client.serial
        sender = threading.Thread(target=lambda: [client.send(14, hello + b"\0\0\0\0") for _ in range(20000)], daemon=True)
        sender.start()
        sent = -1
        while sent != client.serial:        # until it is not taken any more
            sent = client.serial
            sender.join(1)
        assert sender.is_alive() and client.serial < before + 15000, "all was taken"
        for serial in range(before + 1, before + 20001):
            (_, kind, found, status), answer = client.receive()
            assert (kind, found, status) == (REPLY, serial, OK) and b"<name>hello" in answer
        sender.join(guest.PATIENCE)
        assert client.call(59)


if __name__ == "__main__":
    tap.main()
