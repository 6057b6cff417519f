# SPDX-License-Identifier: LGPL-2.1-or-later
"""`domrun run` under test: started with XML that the test wrote, watched, and looked after when it has ended.

    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(), "--console")
        run.expect("boot 1")
        run.send(b"p")
        assert run.wait() == 0
        directory.assert_nothing_left()

A process belongs to a test if it has the test's QEMU_DOMRUN_TEST_ID in its environment, however it was orphaned.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid

import tap

BUILD = pathlib.Path(os.environ.get("DOMRUN_BUILDDIR", "build")).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]
DOMRUN = os.environ.get("DOMRUN", str(BUILD / "domrun"))
IMAGE = BUILD / "tests/guest/guest.img"

PATIENCE = tap.PATIENCE
PATIENTLY = ("--timeout", str(int(PATIENCE)))    # for the verbs that have it

# DOMRUN_PATIENCE of all that tests start: domrun gives up nobody who is only slow. A test that is about giving up
# makes its Directory with a small one.
PATIENT = 40


def await_that(condition, explain=lambda: "waited in vain"):
    """Waits until @condition() is true, and returns what it is; else fails with what @explain() says."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)
    return found


def process_state(pid):
    """"T" for one that is stopped, "Z" for one that has ended, other letters of proc(5), or None: there is none."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def program(pid):
    """The path of what it executes, or None."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def children(pid):
    """The pids of the processes that it has started, or adopted, and not reaped."""
    return list(map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def stop_process(pid):
    """As SIGSTOP, which takes effect some time after kill(2) has returned."""
    os.kill(pid, signal.SIGSTOP)
    await_that(lambda: process_state(pid) == "T", lambda: f"process {pid} is not stopped")


def hello_xml(devices="<serial type='pty'/>", lifecycle="", features="<acpi/><apic/>", name="hello"):
    """The built-in guest (tests/guest/guest.S) with a panic device and @devices."""
    if not IMAGE.exists():
        raise tap.Skip("configure has found no assembler of x86 for the built-in guest")
    return f"""<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features>{features}</features>
  {lifecycle}
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='{IMAGE}'/>
      <target dev='vda' bus='virtio'/>
      <readonly/>
    </disk>
    {devices}
    <panic model='isa'/>
  </devices>
</domain>
"""


def counting_bytes(count):
    """What the built-in guest prints for n@count, before CR LF."""
    pattern = bytes(range(32, 32 + 95))
    return (pattern * (count // 95 + 1))[:count]


class Stream:
    """All that came from a file descriptor so far; a thread reads it, so that the other side never waits."""

    def __init__(self, file):
        self._file = file
        self._bytes = b""
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                some = os.read(self._file.fileno(), 65536)
            except (OSError, ValueError):  # EIO: the other side of a pty has closed
                some = b""
            with self._changed:
                self._bytes += some
                self._ended = not some
                self._changed.notify_all()
                if not some:
                    return

    @property
    def bytes(self):
        with self._changed:
            return self._bytes

    @property
    def text(self):
        return self.bytes.decode(errors="backslashreplace")

    def wait(self, is_enough, patience=PATIENCE):
        """Waits until @is_enough of all bytes so far is true, and returns what it is. Of much, which takes time to look
        at, not each piece that comes is a reason to look again."""
        deadline = time.monotonic() + patience
        while True:
            with self._changed:
                some, ended = self._bytes, self._ended
            begin = time.monotonic()
            if found := is_enough(some):
                return found
            looked = time.monotonic()
            if ended or looked >= deadline:
                return None
            time.sleep(min(2 * (looked - begin), 1))
            with self._changed:
                self._changed.wait_for(lambda: self._ended or len(self._bytes) > len(some), max(0, deadline - time.monotonic()))

    def wait_end(self, patience=PATIENCE):
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, patience)


def _command(pid):
    """Its command line, for messages."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="backslashreplace")
    except OSError:
        return "one that has ended"


class Run:
    """One domrun process."""

    def __init__(self, arguments, environment, directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, prefix=()):
        self.process = subprocess.Popen([*prefix, DOMRUN, *arguments], stdin=stdin, stdout=stdout,
                                        stderr=subprocess.PIPE, env=environment, cwd=directory, bufsize=0)
        self.out = Stream(self.process.stdout) if stdout == subprocess.PIPE else None
        self.err = Stream(self.process.stderr)
        self.runtime = pathlib.Path(environment["XDG_RUNTIME_DIR"])
        self.signals = 0    # how many it was sent

    @property
    def pid(self):
        return self.process.pid

    def said(self):
        """What it wrote so far, for messages."""
        out = self.out.text if self.out else ""
        return f"exit code {self.process.poll()}\nstdout: {out[-4000:]}\nstderr: {self.err.text[-4000:]}"

    def send(self, data):
        self.process.stdin.write(data)

    def expect(self, pattern, stream=None, patience=PATIENCE):
        """Waits until the regular expression @pattern is found on standard output (or @stream); returns the match."""
        compiled = re.compile(pattern if isinstance(pattern, bytes) else pattern.encode())
        match = (stream or self.out).wait(compiled.search, patience)
        assert match, f"waited for {pattern!r} in vain\n{self.said()}"
        return match

    def expect_error(self, pattern, patience=PATIENCE):
        return self.expect(pattern, self.err, patience)

    def signal_again(self, number=signal.SIGTERM):
        """A further wish: what comes within a second of the last signal is none. The log says when that was noticed."""
        def noticed():
            texts = [path.read_text(errors="replace") for path in self.runtime.rglob("log")]
            return len(re.findall(r"Z domrun: (?:Terminated|Interrupt|Hangup)$", "\n".join(texts), re.MULTILINE))
        await_that(lambda: self.process.poll() is not None or noticed() >= self.signals, self.said)
        time.sleep(1.01)
        with contextlib.suppress(ProcessLookupError):
            self.signal(number)

    def signal(self, number=signal.SIGTERM):
        self.signals += 1
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """Waits for its end and returns its exit code."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {patience} s\n{self.said()}") from None
        for stream in (self.out, self.err):
            if stream:
                assert stream.wait_end(), f"ended, but somebody still has its output open\n{self.said()}"
        return code

    def qemu_pid(self):
        """The pid of its QEMU."""
        pids = [child for child in children(self.pid)
                if pathlib.Path(f"/proc/{child}/comm").read_text().startswith("qemu-system")]
        assert len(pids) == 1, f"its QEMU processes are {pids}\n{self.said()}"
        return pids[0]


class Directory:
    """A directory for one test, which is also the runtime directory of what the test runs."""

    def __init__(self, patience=PATIENT):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="domrun-"))
        self.runtime = self.path / "run"
        self.temporary = self.path / "tmp"
        self.runtime.mkdir(mode=0o700)
        self.temporary.mkdir()
        self.id = str(uuid.uuid4())
        # What QEMU and the programs beside it inherit is a short list: what begins with QEMU_ is on it.
        self.environment = dict(os.environ, QEMU_DOMRUN_TEST_ID=self.id, XDG_RUNTIME_DIR=str(self.runtime),
                                TMPDIR=str(self.temporary), LC_ALL="C.UTF-8", DOMRUN_PATIENCE=str(patience))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, text):
        path = self.path / name
        path.write_text(text)
        return path

    def run(self, xml, *options, **keywords):
        """Starts `domrun run` with @xml, which becomes guest.xml here."""
        self.write("guest.xml", xml)
        return Run(["run", "--root", str(self.runtime), *options, "guest.xml"], self.environment, self.path, **keywords)

    def verb(self, name, *arguments, code=0, stdin=b"", prefix=(), patience=PATIENT):
        """Runs another domrun command on the guests of this directory, which has to end with @code; returns what it
        wrote (.out, .err). Its @patience is not that of `run`."""
        result = subprocess.run([*prefix, DOMRUN, name, "--root", str(self.runtime), *arguments], input=stdin,
                                capture_output=True, env=dict(self.environment, DOMRUN_PATIENCE=str(patience)),
                                cwd=self.path, timeout=PATIENCE)
        result.out = result.stdout.decode(errors="backslashreplace")
        result.err = result.stderr.decode(errors="backslashreplace")
        assert result.returncode == code, \
            f"{name} {arguments}: exit code {result.returncode}, not {code}\n{result.out}{result.err}"
        return result

    def destroy(self, name):
        """Ends the guest, if it has not ended, and does not wait for `domrun run`."""
        subprocess.run([DOMRUN, "destroy", "--root", str(self.runtime), "--", name], capture_output=True,
                       env=dict(self.environment, DOMRUN_PATIENCE=str(PATIENT)), timeout=PATIENCE)

    def await_state(self, name, state="running"):
        """Waits until the guest is found, is looked after, and in that state."""
        await_that(lambda: any(one["name"] == name and one["state"] != "unsupervised"
                               for one in json.loads(self.verb("list", "--json").out)),
                   lambda: f"no guest '{name}'")
        self.verb("wait", *PATIENTLY, "--", name, state)

    def processes(self):
        """The pids of all that was started here and has not ended."""
        marker = f"QEMU_DOMRUN_TEST_ID={self.id}".encode()
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if marker in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def traces(self):
        """The directories of what is left of guests that have ended: one a name, where that name's guest was, with
        these files and with no other."""
        for state in self.runtime.rglob("state"):
            found = json.loads(state.read_text())
            if found["state"] != "ended":
                continue
            directory = state.parent
            names = sorted(path.name for path in directory.iterdir())
            if found.get("reason") == "unsupervised":    # whoever noticed that has no events of it
                names.append("events")
            assert sorted(set(names)) == ["events", "lock", "log", "state"], f"a trace with {names}"
            assert directory.name == hashlib.sha256(found["name"].encode()).hexdigest()[:16], f"{found}: in {directory}"
            for path in directory.iterdir():
                assert path.stat().st_mode & 0o777 == 0o600, f"{path} can be read by others"
            with open(directory / "lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield directory

    def assert_nothing_left(self):
        """After the end: no process, no socket, no file, but the traces of guests that have ended."""
        await_that(lambda: not self.processes(), lambda: f"processes are left: {list(map(_command, self.processes()))}")
        traces = set(self.traces())
        files = [str(path) for base in (self.runtime, self.temporary) for path in base.rglob("*")
                 if not path.is_dir() and path.parent not in traces]
        assert not files, f"files are left: {files}"
