#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An emulator that misbehaves, for the tests of the supervisor.

    fake-qemu.py MODE [QEMU's arguments]

It takes the arguments that QEMU would get, finds its QMP and console sockets in them, and does what MODE says: each
is a function below. A test makes a program of it by a small script, which the XML names as its emulator.
"""

import ctypes
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import sys
import threading
import time


def sockets(arguments):
    """Maps the id of each socket chardev to its descriptor."""
    found = {}
    for value in arguments:
        match = re.match(r"socket,id=([^,]*),fd=([0-9]+)", value)
        if match:
            found[match[1]] = int(match[2])
    return found


ANSWERS = {
    "query-status": {"status": "running", "running": True},
    "query-dump": {"status": "active", "completed": 1 << 30, "total": 4 << 30},
}


class Qmp:
    def __init__(self, arguments):
        listener = socket.socket(fileno=sockets(arguments)["charmonitor"])
        self.socket = listener.accept()[0]
        self.lines = self.socket.makefile("rb")

    def send(self, message):
        self.raw(json.dumps(message).encode() + b"\r\n")

    def raw(self, data):
        self.socket.sendall(data)

    def greet(self):
        self.send({"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""},
                           "capabilities": ["oob"]}})

    def command(self):
        """The next command, or None at the end."""
        line = self.lines.readline()
        return json.loads(line) if line else None

    def answer(self, command, result=None):
        self.send({"return": {} if result is None else result, "id": command["id"]})

    def negotiate(self):
        self.greet()
        command = self.command()
        assert command["execute"] == "qmp_capabilities", command
        self.answer(command)

    def event(self, name, **data):
        self.send({"timestamp": {"seconds": 0, "microseconds": 0}, "event": name, "data": data})

    def obey(self, deaf_to=()):
        """Answers commands until it is told to quit; those of @deaf_to get no answer, and have no effect."""
        while command := self.command():
            if command["execute"] in deaf_to:
                continue
            self.answer(command, ANSWERS.get(command["execute"]))
            if command["execute"] == "quit":
                self.event("SHUTDOWN", guest=False, reason="host-qmp-quit")
                return
            if command["execute"] == "system_powerdown":
                self.event("SHUTDOWN", guest=True, reason="guest-shutdown")
                return


def ready(arguments):
    qmp = Qmp(arguments)
    qmp.negotiate()
    return qmp


def hang():
    while True:
        time.sleep(1000)


def count_start():
    """A byte for each start, in a file of the working directory."""
    with open("starts", "ab") as file:
        file.write(b".")


# ---- Modes: the start fails ----


def dies_with_words(arguments):
    print("qemu: -device nonsense: 'nonsense' is not a valid device", file=sys.stderr)
    print("qemu: \x1b[31mred\x1b[0m and without a newline", end="", file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)


def aborts_at_once(arguments):
    os.abort()


def ends_at_once(arguments):
    os._exit(0)


def dies_after_greeting(arguments):
    Qmp(arguments).greet()
    print("qemu: no more", file=sys.stderr, flush=True)
    os._exit(2)


def hangs_up(arguments):
    Qmp(arguments).socket.shutdown(socket.SHUT_RDWR)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang()


def refuses_capabilities(arguments):
    qmp = Qmp(arguments)
    qmp.greet()
    command = qmp.command()
    qmp.send({"error": {"class": "GenericError", "desc": "not today"}, "id": command["id"]})
    hang()


def says_before_greeting(data):
    def mode(arguments):
        qmp = Qmp(arguments)
        try:
            qmp.raw(data)
        except OSError:  # the other side has seen enough
            pass
        hang()
    return mode


def huge_line(arguments):
    qmp = Qmp(arguments)
    try:
        while True:
            qmp.raw(b'"' + b"x" * (1 << 20))
    except OSError:
        pass
    hang()


def hangs(arguments):
    count_start()
    hang()


def hangs_deaf(arguments):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    count_start()
    hang()


# ---- Modes: the guest runs first ----


def resets_three_times(arguments):
    """Twice at once, as SeaBIOS makes it, and once after a while."""
    qmp = ready(arguments)
    reset = json.dumps({"timestamp": {"seconds": 0, "microseconds": 0}, "event": "RESET",
                        "data": {"guest": True, "reason": "guest-reset"}}).encode() + b"\r\n"
    qmp.answer(qmp.command(), [])
    qmp.answer(qmp.command(), ANSWERS["query-status"])
    qmp.raw(reset + reset)
    time.sleep(1.5)
    qmp.raw(reset)
    qmp.obey()


def runs_before_it_says_so(then):
    """The guest runs, and QEMU's answer that it does comes when somebody opens the pipe `go`."""
    def mode(arguments):
        qmp = ready(arguments)
        qmp.answer(qmp.command(), [])
        status = qmp.command()
        count_start()
        with open("go", "rb"):
            then(qmp, status)
    return mode


def says_so(qmp, status):
    qmp.answer(status, ANSWERS["query-status"])
    qmp.obey()


def dies(qmp, status):
    os._exit(3)


def well_behaved(arguments):
    qmp = ready(arguments)
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.obey()


def strange_but_harmless(arguments):
    """Messages that mean nothing, and answers that nobody asked for, between those that count."""
    qmp = ready(arguments)
    for message in ({"event": "X", "data": []}, {"event": "SHUTDOWN_NOT"}, {"return": 1}, {"return": {}, "id": "a"},
                    {"return": {}, "id": 1e300}, {"error": [], "id": 77}, {"event": "\ud83d\ude00", "data": {"a": None}},
                    {"event": "RESET", "data": {"guest": 7}}, {"event": "STOP", "data": {}}):
        qmp.send(message)
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.obey()


def nests_events(arguments):
    """Events as deep as they are taken (MESSAGE_INNER_DEPTH of src/qmp/message.h), and deeper."""
    qmp = ready(arguments)
    for _ in range(2):  # what is not understood would be taken for an answer to these
        qmp.answer(qmp.command(), {"status": "running"})
    for depth in (1016, 1017, 1021, 1024, 1025):
        inner = depth - 2
        qmp.raw(b'{"event":"DEEP","data":{"depth":%d,"x":%s}}\n' % (depth, b"[" * inner + b"]" * inner))
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.obey()


def says_when_ready(data):
    def mode(arguments):
        qmp = ready(arguments)
        qmp.command()
        qmp.raw(data)
        print("qemu: ready", file=sys.stderr, flush=True)
        qmp.obey()
    return mode


def hangs_up_when_ready(arguments):
    qmp = ready(arguments)
    qmp.socket.shutdown(socket.SHUT_RDWR)
    hang()


def dies_when_ready(arguments):
    count_start()
    qmp = ready(arguments)
    qmp.command()
    os._exit(3)


def panics(arguments):
    qmp = ready(arguments)
    qmp.event("GUEST_PANICKED", action="pause")
    qmp.event("STOP")
    qmp.obey()


def panics_and_dies(arguments):
    """Both while its supervisor does not look."""
    qmp = ready(arguments)
    supervisor = os.getppid()
    os.kill(supervisor, signal.SIGSTOP)
    while ") T " not in pathlib.Path(f"/proc/{supervisor}/stat").read_text():
        time.sleep(0.01)
    qmp.event("GUEST_PANICKED", action="pause")
    count_start()
    os._exit(4)


def panics_and_dumps_nothing(arguments):
    """It begins to write the memory, and ends before that is done."""
    qmp = ready(arguments)
    qmp.event("GUEST_PANICKED", action="pause")
    while command := qmp.command():
        qmp.answer(command)
        if command["execute"] == "dump-guest-memory":
            os._exit(4)


def panics_and_stays(arguments):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    qmp = ready(arguments)
    qmp.event("GUEST_PANICKED", action="pause")
    qmp.obey(deaf_to=["quit"])
    hang()


def panicked_before_ready(arguments):
    """The event came before anybody could hear it; only the status tells."""
    qmp = ready(arguments)
    while command := qmp.command():
        qmp.answer(command, {"status": "guest-panicked", "running": False})
        if command["execute"] == "quit":
            return


def names_foreign_threads(arguments):
    """As the threads that run the guest: its supervisor, and what is no thread."""
    qmp = ready(arguments)
    foreign = [{"cpu-index": 0, "thread-id": os.getppid()}, {"cpu-index": 0, "thread-id": "1"}, {"cpu-index": -1,
               "thread-id": os.getpid()}, {"cpu-index": 1 << 40, "thread-id": 1 << 33}, {"thread-id": 1}, 7, []]
    while command := qmp.command():
        qmp.answer(command, {"query-cpus-fast": foreign, "query-iothreads": foreign}.get(
            command["execute"], ANSWERS.get(command["execute"])))
        if command["execute"] == "quit":
            return


def internal_error(arguments):
    qmp = ready(arguments)
    qmp.event("STOP")
    while command := qmp.command():
        qmp.answer(command, {"status": "internal-error", "running": False})
        if command["execute"] == "quit":
            return


def refuses_commands(arguments):
    qmp = ready(arguments)
    while command := qmp.command():
        if command["execute"] == "quit":
            return
        qmp.send({"error": {"class": "GenericError", "desc": "not today"}, "id": command["id"]})


def watchdog_poweroff(arguments):
    """QEMU 7.2 ends at once, without a SHUTDOWN."""
    qmp = ready(arguments)
    for _ in range(2):
        qmp.answer(qmp.command(), {"status": "running"})
    qmp.event("WATCHDOG", action="poweroff")


def watchdog_pause(arguments):
    qmp = ready(arguments)
    qmp.event("WATCHDOG", action="pause")
    qmp.event("STOP")
    while command := qmp.command():
        qmp.answer(command, {"status": "watchdog", "running": False})
        if command["execute"] == "quit":
            return


def watchdog_dump(arguments):
    """Its memory is written when the file "go" is there; then it is let go on, and powers off when it is asked to."""
    qmp = ready(arguments)
    for _ in range(2):
        qmp.answer(qmp.command(), {"status": "running"})
    qmp.event("WATCHDOG", action="pause")
    qmp.event("STOP")
    while command := qmp.command():
        qmp.answer(command)
        if command["execute"] == "dump-guest-memory":
            while not os.path.exists("go"):
                time.sleep(0.01)
            qmp.event("DUMP_COMPLETED", result={"status": "completed", "completed": 1, "total": 1})
        elif command["execute"] == "cont":
            qmp.event("RESUME")
        elif command["execute"] == "system_powerdown":
            qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
            return


def dies_when_asked_for_threads(arguments):
    """With both questions on their way, where both were asked at once."""
    qmp = ready(arguments)
    while command := qmp.command():
        if command["execute"] == "query-cpus-fast":
            os._exit(3)
        qmp.answer(command)


def ended_by_somebody(arguments):
    qmp = ready(arguments)
    qmp.event("SHUTDOWN", guest=False, reason="host-signal")


def ignores_everything(arguments):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    qmp = ready(arguments)
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.obey(deaf_to=["quit", "system_powerdown"])
    hang()


def hangs_when_ready(arguments):
    """It does not notice when nobody is at the other end any more."""
    qmp = ready(arguments)
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.command()
    hang()


def outlives(arguments):
    """It does not end with its supervisor, as one that a wrapper starts: the signal for that is taken back."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0  # PR_SET_PDEATHSIG
    pathlib.Path("pid").write_text(str(os.getpid()))
    qmp = ready(arguments)
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.obey(deaf_to=["system_powerdown"])
    hang()


def wants_two_presses(arguments):
    """A guest that misses the power button while it boots."""
    qmp = ready(arguments)
    print("qemu: ready", file=sys.stderr, flush=True)
    presses = 0
    while command := qmp.command():
        qmp.answer(command)
        presses += command["execute"] == "system_powerdown"
        if presses == 2:
            print("qemu: pressed twice", file=sys.stderr, flush=True)
            qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
            return


def hangs_while_closing(arguments):
    """It says that it ends, and then does not come to its end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    qmp = ready(arguments)
    print("qemu: ready", file=sys.stderr, flush=True)
    while command := qmp.command():
        qmp.answer(command)
        if command["execute"] == "system_powerdown":
            qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
            hang()


def ends_and_hangs(arguments):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    qmp = ready(arguments)
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
    print("qemu: closing", file=sys.stderr, flush=True)
    hang()


def floods_stderr(arguments):
    qmp = ready(arguments)
    os.write(2, b"\x1b[2J\x07" + b"y" * 300000 + b"\n\x00nul\n\xff\xfebad utf-8\n")
    print("qemu: ready", file=sys.stderr, flush=True)
    qmp.obey()


def floods_stderr_again(arguments):
    """More than a pipe holds; then it leaves its mark."""
    qmp = ready(arguments)
    for number in range(3000):
        os.write(2, b"%d %s\n" % (number, b"z" * 100))
    count_start()
    qmp.obey()


def floods_console(arguments):
    """One megabyte on its first console, and then the end."""
    console = socket.socket(fileno=sockets(arguments)["charserial0"]).accept()[0]
    qmp = ready(arguments)
    block = bytes(range(256)) * 256
    for _ in range(16):
        console.sendall(block)
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")


def echoes(arguments):
    """Returns what its console gets, a little slower than it comes, until it has had a megabyte."""
    console = socket.socket(fileno=sockets(arguments)["charserial0"]).accept()[0]
    qmp = ready(arguments)
    left = 1 << 20
    while left > 0:
        data = console.recv(min(left, 30000))
        left -= len(data)
        console.sendall(data)
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")


def first_console(arguments):
    return socket.socket(fileno=sockets(arguments)["charserial0"]).accept()[0]


def transfers(arguments):
    """Once somebody types something: sends 64 MiB on its console while it gets as many, and writes the digest of what it
    got into a file. Both sides make their bytes by chance from seeds that the other knows."""
    console = first_console(arguments)
    qmp = ready(arguments)
    threading.Thread(target=qmp.obey, daemon=True).start()
    console.recv(1)
    blocks = 64

    def send():
        generator = random.Random("out")
        for _ in range(blocks):
            console.sendall(generator.randbytes(1 << 20))

    sender = threading.Thread(target=send)
    sender.start()
    digest = hashlib.sha256()
    left = blocks << 20
    while left > 0:
        data = console.recv(min(left, 1 << 20))
        digest.update(data)
        left -= len(data)
    sender.join()
    pathlib.Path("digest").write_text(digest.hexdigest())
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
    os._exit(0)


def floods(arguments):
    """16 MiB on its console, once somebody has typed something."""
    console = first_console(arguments)
    qmp = ready(arguments)
    threading.Thread(target=qmp.obey, daemon=True).start()
    console.recv(1)
    for _ in range(16):
        console.sendall(bytes(range(256)) * (1 << 12))
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
    os._exit(0)


def echoes_lines(arguments):
    """Returns each line, up to one that says "end"."""
    console = first_console(arguments)
    qmp = ready(arguments)
    threading.Thread(target=qmp.obey, daemon=True).start()
    for line in console.makefile("rb"):
        if line == b"end\n":
            break
        console.sendall(line)
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")
    os._exit(0)


def prints_facts(arguments):
    """What it inherited, as one line of JSON on its standard output."""
    status = dict(line.split(":\t", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
    descriptors = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:  # that of the listing itself
            continue
        if ".so." not in target:  # Python's own: that of Debian's testing keeps libraries open
            descriptors[name] = target
    facts = {"pid": os.getpid(), "sid": os.getsid(0), "no_new_privs": status["NoNewPrivs"],
             "blocked": int(status["SigBlk"], 16), "descriptors": descriptors, "arguments": arguments}
    qmp = ready(arguments)
    pathlib.Path("facts").write_text(json.dumps(facts))
    qmp.event("SHUTDOWN", guest=True, reason="guest-shutdown")


MODES = {
    "dies-before-it-says-so": runs_before_it_says_so(dies),
    "runs-before-it-says-so": runs_before_it_says_so(says_so),
    "rubbish": says_before_greeting(b"HTTP/1.1 200 OK\r\n\r\n"),
    "binary-rubbish": says_before_greeting(bytes(range(256)) * 64 + b"\n"),
    "deep-nesting": says_before_greeting(b'{"QMP":' + b"[" * 1000000 + b"\n"),
    "lone-surrogate": says_before_greeting(b'{"QMP":{"x":"\\ud800"}}\n'),
    "comment": says_before_greeting(b'{/*"*/"QMP":{}}\n'),
    "array": says_before_greeting(b"[]\n"),
    "unfinished": says_before_greeting(b'{"QMP": {\n'),
    "unknown-message": says_before_greeting(b'{"hello": "there"}\n'),
    "long-answer": says_when_ready(b'{"return": "' + b"x" * (9 << 20) + b'", "id": 2}\n'),
    "rubbish-when-ready": says_when_ready(b"\x00\x01\x02 what is this\n"),
    **{name.replace("_", "-"): function for name, function in list(globals().items())
       if callable(function) and getattr(function, "__code__", None)
       and function.__code__.co_varnames[:1] == ("arguments",)},
}


if __name__ == "__main__":
    MODES[sys.argv[1]](sys.argv[2:])
