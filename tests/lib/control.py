# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the control socket (docs/control.md), for tests that look at what a supervisor answers."""

import array
import hashlib
import json
import pathlib
import socket

import guest


def directory_of(runtime, name):
    """The runtime directory of the guest @name below @runtime."""
    return pathlib.Path(runtime) / hashlib.sha256(name.encode()).hexdigest()[:16]


def state_of(runtime, name):
    """What its file `state` says, or None."""
    try:
        return json.loads((directory_of(runtime, name) / "state").read_text())
    except FileNotFoundError:
        return None


def wait_for_state(runtime, name, state, reason=None):
    def find():
        found = state_of(runtime, name)
        return found if found and found["state"] == state and reason in (None, found["reason"]) else None
    return guest.await_that(find, lambda: f"waited for '{name}' to be {state} ({reason}): {state_of(runtime, name)}")


class Refused(Exception):
    """An answer that is an error: its class and description."""


class Client:
    def __init__(self, runtime, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(guest.PATIENCE)
        self.socket.connect(str(directory_of(runtime, name) / "control"))
        self.buffer = b""
        self.fds = []
        self.events = []
        assert "domrun" in (self.read() or {}), "hung up instead of a greeting"

    def read(self):
        """The next message; None where the other side hung up."""
        while b"\n" not in self.buffer:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(65536, 1024)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data
            for _, _, payload in ancillary:
                fds = array.array("i")
                fds.frombytes(payload)
                self.fds += fds
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def send(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")

    def execute(self, command, **arguments):
        self.send(command, **arguments)
        while True:
            message = self.read()
            assert message is not None, "hung up"
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise Refused(message["error"]["class"], message["error"]["desc"])
            else:
                return message["return"]

    def refused(self, command, **arguments):
        """The class and description of the error that it answers with."""
        try:
            result = self.execute(command, **arguments)
        except Refused as refused:
            return refused.args
        raise AssertionError(f"'{command}' was not refused: {result}")

    def wait_for_event(self, **wanted):
        """Reads until an event has these members of its data."""
        while True:
            message = self.events.pop(0) if self.events else self.read()
            assert message is not None, f"hung up before {wanted}"
            data = message.get("data") or {}
            if all(data.get(key) == value for key, value in wanted.items()):
                return message

    def wait_for_end(self):
        while self.read() is not None:
            pass

    def close(self):
        self.socket.close()
