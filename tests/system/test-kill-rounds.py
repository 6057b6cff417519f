#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rounds of kill -9: of whichever of our processes chance names, while a guest starts, runs, is started again, is adopted
and ends. After each the commands are right about what there is, nothing is left, and the next start works; and never are there two
QEMUs of one name, which a thread looks for all the time.

`make check` does 20 rounds; DOMRUN_KILL_ROUNDS says another number, DOMRUN_KILL_SEED repeats what was done (as far as
chance, and not the machine's speed, decided)."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import guest
import network
import tap

ROUNDS = int(os.environ.get("DOMRUN_KILL_ROUNDS", "20"))
SEED = os.environ.setdefault("DOMRUN_KILL_SEED", str(random.randrange(1 << 32)))    # that of the program started again, too
NAME = "kill-rounds"
BRIDGE = "br-kill"

HAS_TAP = os.geteuid() == 0 and os.access(network.TUN, os.R_OK | os.W_OK) and shutil.which("ip") is not None

# Of `run`: how the guest ended, that its name was taken, that QEMU was killed before or after it ran, that it was stopped.
RUN_CODES = {0, 4, 5, 6, 7, 8, 14}
# Of who adopts, besides: that there is nothing to adopt any more.
ADOPT_CODES = RUN_CODES | {10, 12}
# Of verbs: done, no such guest, no answer any more, refused.
VERB_CODES = {0, 4, 10, 11, 12}


def devices():
    found = ["<serial type='pty'/>", "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
             "<graphics type='vnc'><listen type='socket'/></graphics>"]
    if HAS_TAP:
        found.append(f"<interface type='bridge'><source bridge='{BRIDGE}'/><model type='virtio'/></interface>")
    if shutil.which("swtpm") and shutil.which("swtpm_setup"):
        found.append("<tpm><backend type='emulator'><source type='dir' path='tpm'/></backend></tpm>")
    return "".join(found)


class Watcher(threading.Thread):
    """Looks at all processes of the test, again and again, for QEMUs of the name: the most that there were at once."""

    def __init__(self, directory):
        super().__init__(daemon=True)
        self.marker = f"QEMU_DOMRUN_TEST_ID={directory.id}\0".encode()
        self.most = 0
        self.looks = 0
        self.seen = set()
        self.is_over = False

    def run(self):
        while not self.is_over:
            found = {entry.name for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and self._is_qemu(entry)}
            self.seen |= found
            # One that has ended between the looks at two is none; those that are there both before and after are.
            found = {name for name in found if self._is_qemu(pathlib.Path("/proc") / name)} if len(found) > 1 else found
            self.most = max(self.most, len(found))
            self.looks += 1
            time.sleep(0.005)

    def _is_qemu(self, entry):
        """A process that has begun to end has no command line any more."""
        try:
            return f"guest={NAME},".encode() in (entry / "cmdline").read_bytes() and self.marker in (entry / "environ").read_bytes()
        except OSError:
            return False


class Rounds:
    def __init__(self, directory):
        self.directory = directory
        self.chance = random.Random(SEED)
        self.runs = []          # those that are under way, or have ended
        self.n_adopted = 0
        self.told = []          # what was done in this round
        self.start_time = 1.0
        directory.write("guest.xml", guest.hello_xml(devices(), name=NAME, lifecycle="<on_crash>restart</on_crash>"))

    def tell(self, text):
        self.told.append(text)

    def start(self, *options):
        self._run(["run", "--verbose", *(options or self.chance.choice(((), ("--adopt",))))], "--restart-limit=0", "guest.xml")

    def adopt(self):
        """Who was too early finds a supervisor."""
        if self.chance.random() < 0.3:
            self.start("--adopt")
        else:
            self._run(["adopt", "--verbose"], NAME)

    def _run(self, words, *more):
        if self.chance.random() < 0.5:
            words.append("--detach")
        self.tell(" ".join(words))
        self.runs.append(subprocess.Popen([guest.DOMRUN, *words, "--root", str(self.directory.runtime), *more],
                                          env=self.directory.environment, cwd=self.directory.path, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=open(self._messages(), "wb")))

    def _messages(self):
        return self.directory.path / f"messages-{len(self.runs)}"

    def verb(self, *arguments):
        return subprocess.run([guest.DOMRUN, arguments[0], "--root", str(self.directory.runtime), *arguments[1:]],
                              env=self.directory.environment, cwd=self.directory.path, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=guest.PATIENCE, check=False)

    def verb_in_background(self, *arguments):
        self.tell(" ".join(arguments))
        return subprocess.Popen([guest.DOMRUN, arguments[0], "--root", str(self.directory.runtime), *arguments[1:]],
                                env=self.directory.environment, cwd=self.directory.path, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def state(self):
        done = self.verb("domstate", NAME)
        return done.stdout.strip() if done.returncode == 0 else None

    def await_running(self):
        """Or that it does not come to that, since somebody was killed."""
        guest.await_that(lambda: self.state() == "running" or all(run.poll() is not None for run in self.runs),
                         lambda: f"it does not run: {self.state()}\n{self.said()}")

    def sleep(self, longest):
        duration = self.chance.uniform(0, longest)
        self.tell(f"after {duration:.3f} s")
        time.sleep(duration)

    def kill_supervisor(self):
        with contextlib.suppress(ProcessLookupError, TypeError):     # it may have ended by itself
            os.kill(json.loads(self.verb("domstate", "--json", NAME).stdout or "{}").get("pid"), signal.SIGKILL)
            self.tell("kill -9 the supervisor")

    def change_hands(self):
        """Once or more often, and by two at once now and then."""
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            self.kill_supervisor()
            self.sleep(0.02)
            for _ in range(self.chance.choice((1, 1, 1, 2))):
                self.adopt()
            self.sleep(0.3)

    def kill_some(self):
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            pids = sorted(self.directory.processes())
            if not pids:
                return
            victim = self.chance.choice(pids)
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                self.tell(f"kill -9 {pathlib.Path(f'/proc/{victim}/comm').read_text().strip()} of {len(pids)}")
                os.kill(victim, signal.SIGKILL)
            if self.chance.random() < 0.5:
                self.sleep(0.05)

    def said(self):
        texts = [path.read_text(errors="replace")[-1500:] for path in sorted(self.directory.path.glob("messages-*"))]
        return f"seed {SEED}: {'; '.join(self.told)}\n" + "\n--\n".join(texts)

    def settle(self):
        """Until there is nobody any more: who is found by the commands is ended by them."""
        def is_over():
            listed = self.verb("list", "--name")
            assert listed.returncode == 0 and listed.stdout in ("", f"{NAME}\n"), f"{listed}\n{self.said()}"
            if listed.stdout:
                done = self.verb("destroy", NAME)
                assert done.returncode in VERB_CODES, f"{done}\n{self.said()}"
            for run in self.runs:
                run.poll()
            return not self.directory.processes()
        guest.await_that(is_over, lambda: f"processes are left: {list(map(guest._command, self.directory.processes()))}\n{self.said()}")
        for run in self.runs:
            codes = ADOPT_CODES if "adopt" in run.args[1] or "--adopt" in run.args else RUN_CODES
            assert run.wait() in codes | {-signal.SIGKILL, 128 + signal.SIGKILL, 1}, f"{run.args}: {run.returncode}\n{self.said()}"
        self.n_adopted += sum(b"(adopted)" in path.read_bytes() for path in self.directory.path.glob("messages-*"))

    def check_nothing_left(self):
        assert self.verb("list", "--name").stdout == "", self.said()
        try:
            self.directory.assert_nothing_left()
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()}") from None
        if HAS_TAP:
            guest.await_that(lambda: not network.taps(), lambda: f"{network.taps()} is left\n{self.said()}")
        left = [path.name for path in self.directory.path.glob("tpm/*") if path.name not in (".lock", "tpm-00.permall", "tpm2-00.permall")]
        assert not left, f"{left}\n{self.said()}"

    def start_and_end(self):
        """As if nothing had been."""
        begin = time.monotonic()
        run = subprocess.run([guest.DOMRUN, "run", "--root", str(self.directory.runtime), "--detach", "guest.xml"],
                             env=self.directory.environment, cwd=self.directory.path, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=guest.PATIENCE, check=False)
        assert run.returncode == 0, f"the next start: {run.returncode} {run.stderr}\n{self.said()}"
        self.start_time = time.monotonic() - begin
        assert self.state() == "running", self.said()
        done = self.verb("destroy", NAME)
        assert done.returncode == 0, f"{done}\n{self.said()}"

    def one(self):
        self.told, self.runs = [], []
        for path in self.directory.path.glob("messages-*"):
            path.unlink()
        self.start()
        verbs = []
        when = self.chance.choice(("start", "start", "run", "restart", "stop", "verb", "adopt", "adopt", "adopt"))
        if when == "start":
            self.sleep(1.2 * self.start_time)
        else:
            self.await_running()
        if when == "restart":
            for pid in self.directory.processes():
                with contextlib.suppress(OSError):
                    if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("qemu-system"):
                        self.tell("kill -9 QEMU")
                        os.kill(pid, signal.SIGKILL)
            self.sleep(self.start_time)
        elif when == "adopt":
            verbs += [self.verb_in_background(*words) for words in (("wait", NAME), ("events", "--follow", NAME))]
            self.change_hands()
        elif when == "stop":
            verbs.append(self.verb_in_background(self.chance.choice(("shutdown", "destroy")), NAME))
            self.sleep(0.3)
        elif when == "verb":
            verbs.append(self.verb_in_background(*self.chance.choice((
                ("suspend", NAME), ("reset", NAME), ("reboot", NAME), ("dumpxml", NAME), ("events", "--follow", NAME),
                ("qmp", NAME, "query-version")))))
            self.sleep(0.1)
        self.kill_some()
        if self.chance.random() < 0.5:      # at once, beside what is ending
            self.start()
            if self.chance.random() < 0.3:
                self.sleep(self.start_time)
                self.kill_some()
        self.settle()
        for verb in verbs:
            assert verb.wait(guest.PATIENCE) in VERB_CODES | {-signal.SIGKILL}, f"{verb.args}: {verb.returncode}\n{self.said()}"
        self.check_nothing_left()
        self.start_and_end()
        self.check_nothing_left()


def test_rounds():
    tap.diagnostics(f"DOMRUN_KILL_SEED={SEED} DOMRUN_KILL_ROUNDS={ROUNDS}")
    with guest.Directory() as directory:
        # Who looks for leaks is a process, and who waits for it waits for ever when that is killed.
        directory.environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        watcher = Watcher(directory)
        watcher.start()
        rounds = Rounds(directory)
        rounds.start_and_end()
        for _ in range(ROUNDS):
            rounds.one()
            assert watcher.most <= 1, f"{watcher.most} QEMUs of one name\n{rounds.said()}"
        watcher.is_over = True
        watcher.join()
        tap.diagnostics(f"{len(watcher.seen)} QEMUs were seen in {watcher.looks} looks, at most {watcher.most} at once; "
                        f"{rounds.n_adopted} guests changed hands")
        assert watcher.seen and watcher.most == 1


if __name__ == "__main__":
    if HAS_TAP:
        network.enter(f"ip link add {BRIDGE} type bridge", f"ip link set {BRIDGE} up")
    tap.main()
