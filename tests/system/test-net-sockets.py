#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks without a device on the host: each kind of socket carries frames between two Linux guests, and the user's
network reaches a server on the host's loopback."""

import contextlib
import hashlib
import http.server
import os
import threading

import guest
import network
import tap


def interface(kind, number, source=""):
    return f"""<interface type='{kind}'>
      <mac address='52:54:00:00:09:{number:02x}'/>
      {source}
      <model type='virtio'/>
    </interface>"""


def start(guests, files, number, kind, source):
    return guests.start(network.linux_xml(f"linux-{number}", interface(kind, number, source), files,
                                          address=f"10.9.0.{number}/24", peers=[f"10.9.0.{3 - number}"]))


def finish(guests):
    guests.finish()
    for number, run in enumerate(guests.runs, 1):
        assert f"answer from 10.9.0.{3 - number}\r\n" in run.out.text, run.said()


def test_mcast():
    source = "<source address='230.0.0.1' port='5558'/>"
    with network.linux_files() as files, network.Guests() as guests:
        for number in (1, 2):
            start(guests, files, number, "mcast", source)
        finish(guests)


def test_server_and_client():
    source = "<source address='127.0.0.1' port='5559'/>"
    with network.linux_files() as files, network.Guests() as guests:
        start(guests, files, 1, "server", source)
        guest.await_that(lambda: network.is_listening(5559), guests.runs[0].said)
        start(guests, files, 2, "client", source)
        finish(guests)


def test_udp():
    with network.linux_files() as files, network.Guests() as guests:
        for number in (1, 2):
            start(guests, files, number, "udp", f"<source address='127.0.0.1' port='{5560 + number}'>"
                  f"<local address='127.0.0.1' port='{5563 - number}'/></source>")
        finish(guests)


@contextlib.contextmanager
def serving(content):
    """A web server on 127.0.0.1 that has one file; yields its port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_user():
    """The host is 10.0.2.2 to the guest."""
    content = os.urandom(1 << 20)
    with serving(content) as port, network.linux_files() as files, network.Guests() as guests:
        run = guests.start(network.linux_xml("linux", interface("user", 1), files, address="10.0.2.15/24",
                                             peers=["10.0.2.2"], url=f"http://10.0.2.2:{port}/file"))
        guests.finish()
        assert f"fetched: {hashlib.sha256(content).hexdigest()}" in run.out.text, run.said()


if __name__ == "__main__":
    network.enter()
    tap.main()
