#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that boot from a disk on a server: NBD, also with TLS, HTTP, iSCSI and vhost-user, from servers on this machine's
loopback."""

import contextlib
import http.server
import os
import shutil
import subprocess
import threading

import certificates
import guest
import network
import tap

XML = """<domain type='qemu'>
  <name>served</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  <devices>
    <disk type='network'>
      <driver name='qemu' type='raw'/>
      <source {source}</source>
      <target dev='vda' bus='virtio'/>
      {more}
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""


def boot(directory, source, *options, more=""):
    run = directory.run(XML.format(source=source, more=more), "--console", *options)
    run.expect("hello from domrun")
    run.send(b"p")
    assert run.wait() == 0, run.said()
    directory.assert_nothing_left()


def refuse(directory, source, words, *options, code=5):
    run = directory.run(XML.format(source=source, more=""), *options)
    assert run.wait() == code, run.said()
    run.expect_error(words)
    directory.assert_nothing_left()


@contextlib.contextmanager
def nbd(directory, *options):
    """A server of a copy of the built-in guest; it is ready when qemu-nbd has gone into the background."""
    if not shutil.which("qemu-nbd"):
        raise tap.Skip("there is no qemu-nbd")
    shutil.copyfile(guest.IMAGE, directory.path / "image")
    pid_file = directory.path / "nbd.pid"
    subprocess.run(["qemu-nbd", "--fork", "--persistent", "--shared=8", f"--pid-file={pid_file}", "--format=raw", *options,
                    "image"], cwd=directory.path, check=True)
    try:
        yield
    finally:
        os.kill(int(pid_file.read_text()), 15)


def test_nbd():
    with guest.Directory() as directory, nbd(directory, "--bind=127.0.0.1", "--port=10810", "--export-name=an export"):
        boot(directory, "protocol='nbd' name='an export'><host name='127.0.0.1' port='10810'/>")


def test_nbd_socket():
    with guest.Directory() as directory, nbd(directory, f"--socket={directory.path}/nbd.sock"):
        boot(directory, "protocol='nbd'><host transport='unix' socket='nbd.sock'/>")


def test_nbd_is_written():
    """What the guest writes is on the server, at once or when its cache is flushed at the end."""
    with guest.Directory() as directory, nbd(directory, f"--socket={directory.path}/nbd.sock"):
        run = directory.run(XML.format(source="protocol='nbd'><host transport='unix' socket='nbd.sock'/>", more=""), "--detach")
        assert run.wait() == 0, run.said()
        device = "/machine/peripheral/virtio-disk0/virtio-backend"
        directory.verb("qmp", "--hmp", "served", f'qemu-io -d {device} "write -P 0x5a 0 512"')
        guest.await_that(lambda: "wrote 512/512" in directory.verb("log", "served").out,
                         lambda: directory.verb("log", "served").out)
        directory.destroy("served")
        assert (directory.path / "image").read_bytes()[:512] == b"\x5a" * 512


def test_nbd_without_socket():
    with guest.Directory() as directory:
        refuse(directory, "protocol='nbd'><host transport='unix' socket='nbd.sock'/>",
               r"guest\.xml:9: .*<host>: attribute 'socket': no such file", code=4)


def test_nbd_without_server():
    with guest.Directory() as directory:
        refuse(directory, "protocol='nbd'><host name='127.0.0.1' port='10811'/>", "Connection refused")


@contextlib.contextmanager
def vhost_user(directory):
    """The built-in guest as a disk of qemu-storage-daemon's; it is ready when that has gone into the background."""
    if not shutil.which("qemu-storage-daemon"):
        raise tap.Skip("there is no qemu-storage-daemon")
    shutil.copyfile(guest.IMAGE, directory.path / "image")
    pid_file = directory.path / "daemon.pid"
    subprocess.run(["qemu-storage-daemon", "--blockdev", "driver=file,node-name=image,filename=image", "--export",
                    "type=vhost-user-blk,id=x,node-name=image,writable=on,addr.type=unix,addr.path=disk.sock",
                    f"--pidfile={pid_file}", "--daemonize"], cwd=directory.path, check=True)
    try:
        yield
    finally:
        os.kill(int(pid_file.read_text()), 15)


def test_vhost_user():
    with guest.Directory() as directory, vhost_user(directory):
        xml = XML.replace("type='network'", "type='vhostuser'").replace(
            "  <os>", "  <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>\n  <os>")
        run = directory.run(xml.format(source="type='unix' path='disk.sock'>", more=""), "--console")
        run.expect("hello from domrun")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


TARGET = "iqn.2020-01.example:disk"


@contextlib.contextmanager
def iscsi(directory):
    """A target of tgt's with the built-in guest as its unit 1, for who knows the password."""
    if os.geteuid() != 0 or not shutil.which("tgtd"):
        raise tap.Skip("needs hardware: an iSCSI target, and root (package tgt, which would be a service of this machine)")
    (directory.path / "image").write_bytes(guest.IMAGE.read_bytes().ljust(1 << 20, b"\0"))
    control = ["-C", str(os.getpid() % 30000)]

    def admin(*arguments, check=True):
        done = subprocess.run(["tgtadm", *control, "--lld", "iscsi", *arguments], check=check, capture_output=True)
        return done.returncode == 0

    daemon = subprocess.Popen(["tgtd", "-f", *control, "--iscsi", "portal=127.0.0.1:10813"], stderr=subprocess.DEVNULL)
    try:
        guest.await_that(lambda: daemon.poll() is not None or admin("--op", "show", "--mode", "sys", check=False))
        if daemon.poll() is not None:
            raise tap.Skip("needs hardware: an iSCSI target; tgtd does not start here")
        admin("--op", "new", "--mode", "target", "--tid", "1", "-T", TARGET)
        admin("--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", str(directory.path / "image"))
        admin("--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL")
        admin("--op", "new", "--mode", "account", "--user", "me", "--password", "open sesame 12")
        admin("--op", "bind", "--mode", "account", "--tid", "1", "--user", "me")
        yield
    finally:
        daemon.kill()
        daemon.wait()


def test_iscsi():
    """With CHAP; a wrong password is refused."""
    with guest.Directory() as directory, iscsi(directory):
        (directory.path / "right").write_text("open sesame 12")
        (directory.path / "wrong").write_text("open sesame 13")
        source = f"protocol='iscsi' name='{TARGET}/1'><host name='127.0.0.1' port='10813'/>" \
            "<auth username='me'><secret type='iscsi' usage='target'/></auth>"
        boot(directory, source, "--secret=target=right")
        refuse(directory, source, "(?i)login failed|auth", "--secret=target=wrong")


def test_nbd_tls():
    """The server is who its certificate says, and wants the client's; another name is refused, and so is one that is
    talked to in clear."""
    with guest.Directory() as directory:
        certificates.make(directory.path / "pki")
        with nbd(directory, "--bind=127.0.0.1", "--port=10812", "--tls-creds=tls", "--export-name=x", "--object",
                 f"tls-creds-x509,id=tls,endpoint=server,verify-peer=on,dir={directory.path}/pki"):
            host = "<host name='127.0.0.1' port='10812'/>"
            options = ("--certificates=pki",)
            boot(directory, f"protocol='nbd' name='x' tls='yes' tlsHostname='localhost'>{host}", *options)
            refuse(directory, f"protocol='nbd' name='x' tls='yes' tlsHostname='other'>{host}",
                   "Certificate does not match the hostname other", *options)
            refuse(directory, f"protocol='nbd' name='x'>{host}", "TLS")
            refuse(directory, f"protocol='nbd' name='x' tls='yes'>{host}", "attribute 'tls': no such file", "--certificates=none",
                   code=4)


class Handler(http.server.BaseHTTPRequestHandler):
    """One file at /a%20disk.img?key=b, in parts, for who has the cookies."""

    protocol_version = "HTTP/1.1"
    content = b""
    asked = []

    def _answer(self, has_body):
        self.asked.append((self.path, self.headers.get("Cookie")))
        start, end = 0, len(self.content)
        if wanted := self.headers.get("Range"):
            start, end = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
            end = min(end + 1, len(self.content))
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(self.content)}")
        self.end_headers()
        if has_body:
            self.wfile.write(self.content[start:end])

    def do_HEAD(self):
        self._answer(False)

    def do_GET(self):
        self._answer(True)

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def http_server():
    arguments = ["qemu-system-x86_64", "-display", "none", "-blockdev", "driver=http,node-name=x,url=http://127.0.0.1:1/"]
    if b"Unknown driver" in subprocess.run(arguments, capture_output=True, check=False).stderr:
        raise tap.Skip("this QEMU has no HTTP (package qemu-block-extra)")
    Handler.content = guest.IMAGE.read_bytes()
    Handler.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


COOKIES = "<cookies><cookie name='one'>1</cookie><cookie name='secret'>hidden-word</cookie></cookies>"


def test_http():
    """The guest reads what it asks for; the cookies reach the server, and are in no argument."""
    with guest.Directory() as directory, http_server() as port:
        source = f"protocol='http' name='/a disk.img' query='key=b'><host name='127.0.0.1' port='{port}'/>{COOKIES}"
        run = directory.run(XML.format(source=source, more="<readonly/>"), "--console")
        run.expect("hello from domrun")
        with open(f"/proc/{run.qemu_pid()}/cmdline", "rb") as line:
            assert b"hidden-word" not in line.read()
        directory.await_state("served")
        usual, inactive, secret = (directory.verb("dumpxml", *options, "served").out
                                   for options in ([], ["--inactive"], ["--security-info"]))
        assert "cookie" not in usual and "cookie" not in inactive and "hidden-word</cookie>" in secret, usual
        run.send(b"p")
        assert run.wait() == 0, run.said()
        assert set(Handler.asked) == {("/a%20disk.img?key=b", "one=1; secret=hidden-word")}, Handler.asked
        directory.assert_nothing_left()


def test_http_transient():
    """A guest may write to what can only be read, and it is forgotten."""
    with guest.Directory() as directory, http_server() as port:
        boot(directory, f"protocol='http' name='x'><host name='127.0.0.1' port='{port}'/>", more="<transient/>")


network.enter_if_possible()
tap.main()
