#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The supervisor against everything that goes wrong: a QEMU that misbehaves (tests/fake-qemu.py), a host that lacks
something, a supervisor that is killed. After each, nothing may be left: no process, no socket, no file."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time

import control
import guest
import tap

LIBRARIES = subprocess.run(["ldd", guest.DOMRUN], stdout=subprocess.PIPE, text=True, check=False).stdout
FAKE = guest.SOURCE / "tests/fake-qemu.py"


def emulator_xml(path, devices="<serial type='pty'/>", lifecycle="", features="<acpi/>", name="fake"):
    return f"""<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features>{features}</features>
  {lifecycle}
  <devices>
    <emulator>{path}</emulator>
    {devices}
  </devices>
</domain>
"""


def fake(directory, mode):
    """A program in @directory that is the fake QEMU in that mode."""
    path = directory.write(mode, f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(FAKE))} {mode} \"$@\"\n")
    path.chmod(0o755)
    return path


@contextlib.contextmanager
def running(mode, *options, keywords=None, patience=guest.PATIENT, **xml):
    """`domrun run` with the fake QEMU; in the end nothing may be left of it."""
    with guest.Directory(patience) as directory:
        run = directory.run(emulator_xml(fake(directory, mode), **xml), *options, **(keywords or {}))
        run.directory = directory.path
        yield run
        directory.assert_nothing_left()


def wait_for_start(run):
    """Until the fake QEMU, which says nothing else, has left its mark."""
    guest.await_that((run.directory / "starts").exists, lambda: f"QEMU was not started\n{run.said()}")


def expect_end(mode, code, *patterns, **keywords):
    with running(mode, **keywords) as run:
        actual = run.wait()
        assert actual == code, f"expected exit code {code}\n{run.said()}"
        for pattern in patterns:
            run.expect_error(pattern, patience=0)
        return run.err.text


# ---- The start fails: exit code 5, and QEMU's last words end the error ----


def test_dies_with_words():
    text = expect_end("dies-with-words", 5, r"domrun: error: QEMU failed to start \(exit status 1\): qemu: -device nonsense: "
                      r"'nonsense' is not a valid device\n  qemu: \\x1b\[31mred\\x1b\[0m and without a newline\n$")
    assert text.count("not a valid device") == 1, text


def test_aborts_at_once():
    expect_end("aborts-at-once", 5, r"QEMU failed to start \(killed by signal 6 \(Aborted\)\)\n$")


def test_ends_at_once_with_success():
    expect_end("ends-at-once", 5, r"QEMU failed to start \(exit status 0\)\n$")


def test_dies_after_greeting():
    expect_end("dies-after-greeting", 5, r"QEMU failed to start \(exit status 2\): qemu: no more\n$")


def test_hangs_up_before_greeting():
    expect_end("hangs-up", 5, "QEMU does not end: killing it", r"QEMU failed to start \(killed by signal 9")


def test_refuses_capabilities():
    expect_end("refuses-capabilities", 5, r"QEMU failed to start \(QMP command 'qmp_capabilities': not today\)")


def _not_qmp(mode):
    def test():
        expect_end(mode, 5, r"the connection to QEMU broke: not a QMP message", r"QEMU failed to start \(not a QMP message")
    return test


test_rubbish = _not_qmp("rubbish")
test_binary_rubbish = _not_qmp("binary-rubbish")
test_deep_nesting = _not_qmp("deep-nesting")
test_lone_surrogate = _not_qmp("lone-surrogate")
test_comment_in_json = _not_qmp("comment")
test_array = _not_qmp("array")
test_unfinished = _not_qmp("unfinished")
test_unknown_message = _not_qmp("unknown-message")


def test_huge_line():
    """It is given up, long before it fills the memory."""
    _not_qmp("huge-line")()


def test_not_a_program():
    with guest.Directory() as directory:
        path = directory.write("qemu", "not a program\n")
        path.chmod(0o755)
        run = directory.run(emulator_xml(path))
        assert run.wait() == 5, run.said()
        run.expect_error(r"cannot start '.*/qemu': cannot execute: Exec format error")
        directory.assert_nothing_left()


def test_no_such_emulator():
    with guest.Directory() as directory:
        run = directory.run(emulator_xml("/nowhere/qemu-system-x86_64"))
        assert run.wait() == 4, run.said()
        run.expect_error(r"guest.xml:[0-9]+: .*no such file: '/nowhere/qemu-system-x86_64'")
        run.expect_error("without <emulator>, QEMU is looked for in PATH")
        directory.assert_nothing_left()


# ---- A start that hangs is ended by signals ----


def _hanging_start(mode, signals, quit_timeout, is_given_up):
    """@is_given_up: QEMU did not end, and its time came to an end."""
    def test():
        with running(mode, f"--quit-timeout={quit_timeout}") as run:
            wait_for_start(run)
            run.signal(signals[0])
            run.signal_again(signals[1])
            assert run.wait() == 8, run.said()
            assert ("QEMU does not end: killing it" in run.err.text) == is_given_up, run.said()
    return test


test_hanging_start_is_ended = _hanging_start("hangs", [signal.SIGTERM, signal.SIGINT], 10000, False)
test_deaf_start_is_ended = _hanging_start("hangs-deaf", [signal.SIGTERM, signal.SIGINT], 10000, False)


# ---- The guest runs, and then ----


def test_messages_that_mean_nothing():
    with running("strange-but-harmless") as run:
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()


def _verb_before_the_answer(mode, hear):
    """What somebody asks for who has seen the guest's first words, before QEMU has told that it runs."""
    def test():
        with running(mode) as run:
            os.mkfifo(run.directory / "go")
            wait_for_start(run)
            client = control.Client(run.directory / "run", "fake")
            for command, arguments in (("reset", {}), ("qmp", {"execute": "query-version"}), ("suspend", {})):
                client.send(command, **arguments)
            # This one's answer says that those before were taken.
            assert client.execute("query-status")["state"] == "starting"
            (run.directory / "go").write_bytes(b"")
            hear(client, run)
    return test


def _is_done(client, run):
    answers = [client.read() for _ in range(3)]
    assert [answer.get("return") for answer in answers] == [{}, {}, {}], answers
    run.signal()
    assert run.wait() == 8, run.said()


def _is_refused(client, run):
    answers = [client.read() for _ in range(3)]
    assert {answer["error"]["class"] for answer in answers} == {"WrongState"}, answers
    assert run.wait() == 7, run.said()


test_verbs_before_qemu_says_that_the_guest_runs = _verb_before_the_answer("runs-before-it-says-so", _is_done)
test_verbs_before_qemu_dies = _verb_before_the_answer("dies-before-it-says-so", _is_refused)


def test_rubbish_when_ready():
    """It is skipped, and QMP goes on."""
    with running("rubbish-when-ready") as run:
        run.expect_error("what QEMU said is skipped: not a QMP message")
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        run.expect_error("asking the guest to power down")


def test_events_that_nest():
    """What was taken from QEMU can be told on, however it is asked for."""
    with guest.Directory() as directory:
        run = directory.run(emulator_xml(fake(directory, "nests-events")))
        run.expect_error("qemu: ready")
        directory.await_state("fake")
        follower = guest.Run(["events", "--root", str(directory.runtime), "--follow", "fake"], directory.environment,
                             directory.path)
        follower.expect('"depth":1016')
        lines = directory.verb("events", "fake").out.splitlines()
        assert sum('"depth":1016' in line for line in lines) == 1, [line[:200] for line in lines]
        assert not [line for line in lines if re.search('"depth":10[12][71-5]', line)], [line[:200] for line in lines]
        run.signal()
        assert run.wait() == 8, run.said()
        assert run.err.text.count("what QEMU said is skipped: not a QMP message") == 4, run.said()
        assert follower.wait() == 0, follower.said()
        assert '"depth":1016' in directory.verb("events", "fake").out
        directory.assert_nothing_left()


def test_answer_that_is_too_long():
    with running("long-answer") as run:
        run.expect_error("what QEMU said is skipped: not a QMP message: a line that is too long")
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        run.expect_error("asking the guest to power down")


def test_hangs_up_when_ready():
    """Nobody could control it any more."""
    expect_end("hangs-up-when-ready", 7, "QEMU has hung up and goes on: ending it",
               r"QEMU died: killed by signal 9", patience=1)


def test_dies_when_ready():
    expect_end("dies-when-ready", 7, r"domrun: error: QEMU died: exit status 3\n$")


def test_ended_by_somebody():
    """on_crash is for crashes: who ended QEMU on purpose wants it ended."""
    expect_end("ended-by-somebody", 7, r"somebody else ended QEMU", lifecycle="<on_crash>restart</on_crash>")


def test_panic():
    expect_end("panics", 6, "the guest has panicked")


def test_panic_before_anybody_listens():
    expect_end("panicked-before-ready", 6, "the guest has panicked")


def test_panic_of_a_qemu_that_does_not_quit():
    expect_end("panics-and-stays", 6, "QEMU does not end: killing it")


def _panics_and_dies(action):
    def test():
        # It stops its supervisor, which the sandbox keeps QEMU from.
        with running("panics-and-dies", "--no-sandbox=signals", lifecycle=f"<on_crash>{action}</on_crash>") as run:
            wait_for_start(run)
            (qemu,) = guest.children(run.pid)
            guest.await_that(lambda: guest.process_state(qemu) == "Z")
            run.signal(signal.SIGCONT)
            assert run.wait() == 6, run.said()
            run.expect_error("the guest has panicked")
            assert not re.search("is kept|memory", run.err.text), run.said()
            for path in (run.directory / "run").glob("*/*"):  # `preserve` leaves what is known of the guest
                path.unlink()
    return test


test_dead_qemu_is_not_preserved = _panics_and_dies("preserve")
test_dead_qemu_is_not_dumped = _panics_and_dies("coredump-destroy")


def test_resets_are_counted():
    with running("resets-three-times", "--verbose", patience=1) as run:
        run.expect_error(r"(?s)running -> running \(reset\).*running -> running \(reset\)")
        run.signal()
        assert run.wait() == 8, run.said()
        assert run.err.text.count("event RESET") == 3 and run.err.text.count("(reset)") == 2, run.said()


def test_dump_shows_how_far_it_is():
    """This one is at a quarter for ever."""
    with guest.Directory() as directory:
        run = directory.run(emulator_xml(fake(directory, "well-behaved"), name="web"))
        directory.await_state("web")
        command = ["dump", "--root", str(directory.runtime), "web"]
        quiet = guest.Run([*command, "first", "--verbose"], directory.environment, directory.path)
        quiet.expect_error(r"\A25 % of 4096 MiB\n25 % of 4096 MiB\n")
        assert "another file" in directory.verb("dump", "web", "second", code=12).err
        directory.verb("destroy", "web")
        assert run.wait() == 8 and quiet.wait() == 12, run.said()
        run = directory.run(emulator_xml(fake(directory, "well-behaved"), name="web"))
        directory.await_state("web")
        master, slave = os.openpty()
        dump = subprocess.Popen([guest.DOMRUN, *command, "third"], stderr=slave, cwd=directory.path,
                                env=dict(directory.environment, NO_COLOR="1"))
        terminal = guest.Stream(os.fdopen(master, "rb", buffering=0))
        os.close(slave)
        assert terminal.wait(lambda text: b"\r25 % of 4096 MiB\x1b[K\r25 %" in text), terminal.text
        directory.verb("destroy", "web")
        assert run.wait() == 8 and dump.wait() == 12
        assert terminal.wait(lambda text: re.search(rb"\r\x1b\[Kdomrun: error: ", text)), terminal.text
        directory.assert_nothing_left()


def test_no_reset_during_a_dump():
    """QEMU would not survive it. This one never ends writing."""
    with guest.Directory() as directory:
        run = directory.run(emulator_xml(fake(directory, "well-behaved"), name="web"))
        run.expect_error("qemu: ready")
        directory.await_state("web")
        directory.verb("reset", "web")
        dump = guest.Run(["dump", "--root", str(directory.runtime), "web", "memory"], directory.environment, directory.path)
        guest.await_that((directory.path / "memory").exists, dump.said)
        for verb in (["reset", "web"], ["qmp", "web", "system_reset"], ["qmp", "--hmp", "web", "system_reset"]):
            assert "memory is being written" in directory.verb(*verb, code=12).err, verb
        directory.verb("destroy", "web")
        assert run.wait() == 8, run.said()
        dump.wait()
        directory.assert_nothing_left()


def test_part_of_a_dump_is_none():
    with running("panics-and-dumps-nothing", "--dump-dir=dumps",
                 lifecycle="<on_crash>coredump-destroy</on_crash>") as run:
        assert run.wait() == 6, run.said()
        run.expect_error("writing the guest's memory to 'dumps/")
        assert not list((run.directory / "dumps").iterdir()), run.said()


def test_options_that_mean_nothing():
    for option in ("--shutdown-timeout=-1", "--quit-timeout=-1", "--bootloader-timeout=-1", "--restart-limit=-1/60",
                   "--shutdown-mode=agent",
                   "--restart-limit=5/-60", "--root="):
        with guest.Directory() as directory:
            run = directory.run(emulator_xml("/nowhere/qemu"), option)
            assert run.wait() == 2, f"{option}\n{run.said()}"
            run.expect_error(option.split("=")[0], patience=0)
    for verb in ("list", "domstate"):
        with guest.Directory() as directory:
            done = subprocess.run([guest.DOMRUN, verb, "--root=", *(["x"] if verb == "domstate" else [])],
                                  env=directory.environment, capture_output=True, text=True, check=False)
            assert done.returncode == 2 and "--root: the name" in done.stderr, done


def _hangs_while_closing(mode, ready):
    def test():
        with running(mode, "--quit-timeout=1") as run:
            run.expect_error(ready)
            run.signal()
            assert run.wait() == 8, run.said()
            run.expect_error("QEMU does not end: killing it")
    return test


test_stopped_qemu_that_hangs_while_closing = _hangs_while_closing("hangs-while-closing", "qemu: ready")
test_signal_to_a_qemu_that_hangs_while_closing = _hangs_while_closing("ends-and-hangs", "qemu: closing")


def test_internal_error():
    expect_end("internal-error", 7, "KVM could not go on: internal error")


def test_restarts_are_limited():
    with running("dies-when-ready", "--restart-limit=5/10000", lifecycle="<on_crash>restart</on_crash>") as run:
        assert run.wait() == 7, run.said()
        run.expect_error("QEMU died: exit status 3; starting it again")
        run.expect_error("ended 5 times within 10000 seconds: it is not restarted any more")
        assert (run.directory / "starts").read_bytes() == b"....."


def test_waiting_for_a_restart_ends_by_a_signal():
    with running("dies-when-ready", "--verbose", lifecycle="<on_crash>restart</on_crash>") as run:
        run.expect_error("waiting -> starting(.|\n)*waiting -> starting(.|\n)*-> waiting")
        run.signal()
        assert run.wait() == 8, run.said()


def test_power_button_is_pressed_again():
    with running("wants-two-presses") as run:
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        run.expect_error("pressed twice")


def test_no_acpi_is_said_at_once():
    with running("ignores-everything", features="<apic/>") as run:
        run.expect_error("qemu: ready")
        run.signal()
        run.expect_error("the guest has no <acpi/>")
        run.signal_again()
        run.expect_error("QEMU does not end: killing it")
        assert run.wait() == 8, run.said()


def test_what_qemu_says_is_safe_for_a_terminal():
    with running("floods-stderr") as run:
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        data = run.err.bytes
        assert data.count(b"y") >= 300000
        assert not [byte for byte in data if byte < 32 and byte != 10], "control characters reach the terminal"
        data.decode()


# ---- Consoles ----


def test_all_output_is_there_when_run_returns():
    with running("floods-console", devices="<serial type='stdio'/>") as run:
        assert run.wait() == 0, run.said()
        assert run.out.bytes == bytes(range(256)) * 4096, len(run.out.bytes)


def test_all_output_with_console_option():
    with running("floods-console", "--console", keywords={"stdin": subprocess.DEVNULL}) as run:
        assert run.wait() == 0, run.said()
        assert run.out.bytes == bytes(range(256)) * 4096, len(run.out.bytes)


def test_nobody_reads_the_terminal():
    expect_end("floods-console", 0, "serial0: /dev/pts/")


def test_log_gets_everything():
    with guest.Directory() as directory:
        log = directory.path / "log"
        log.write_bytes(b"old")
        xml = emulator_xml(fake(directory, "floods-console"), f"<serial type='pty'><log file='{log}'/></serial>")
        run = directory.run(xml)
        assert run.wait() == 0, run.said()
        assert log.read_bytes() == bytes(range(256)) * 4096, log.stat().st_size
        directory.assert_nothing_left()


def test_a_reader_that_stops_reading_holds_up_nobody_for_long():
    """With the other side of standard output open and never read, the guest still comes to its end."""
    with guest.Directory(patience=1) as directory:
        reader, writer = os.pipe()
        xml = emulator_xml(fake(directory, "floods-console"), "<serial type='stdio'/>")
        run = directory.run(xml, "--verbose", stdout=writer)
        os.close(writer)
        run.expect_error("standard output is not read")
        run.expect_error("-> draining")
        os.close(reader)
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_nobody_reads_the_messages():
    """A full pipe on standard error stops neither the guest nor its supervisor; then it is told what is missing."""
    with guest.Directory(patience=1) as directory:
        reader, writer = os.pipe()
        path = directory.write("guest.xml", emulator_xml(fake(directory, "floods-stderr-again")))
        process = subprocess.Popen([guest.DOMRUN, "run", "--root", str(directory.runtime), str(path)],
                                   cwd=directory.path, env=directory.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer)
        os.close(writer)
        text = b""
        try:
            guest.await_that((directory.path / "starts").exists, lambda: "the guest is held up")  # the flood is over
            os.set_blocking(reader, False)
            with contextlib.suppress(BlockingIOError):
                while data := os.read(reader, 65536):
                    text += data
            os.set_blocking(reader, True)
            process.send_signal(signal.SIGTERM)
            while data := os.read(reader, 65536):
                text += data
            assert process.wait(guest.PATIENCE) == 8, text
            assert re.search(rb"domrun: [0-9]+ lines were not shown\n", text), text
        finally:
            process.kill()
            os.close(reader)
        directory.assert_nothing_left()


def test_random_bytes_both_ways():
    """Input and output are binary, complete and in order; input is not taken faster than the guest takes it."""
    data = os.urandom(1 << 20)
    with running("echoes", devices="<serial type='stdio'/>") as run:
        writer = threading.Thread(target=run.process.stdin.write, args=(data,), daemon=True)
        writer.start()
        assert run.wait() == 0, run.said()
        assert run.out.bytes == data, f"{len(run.out.bytes)} bytes of {len(data)}"
        writer.join()


# ---- What QEMU inherits ----


def test_what_qemu_inherits():
    with guest.Directory() as directory:
        leak = os.open("/dev/zero", os.O_RDONLY)
        os.set_inheritable(leak, True)
        log = directory.path / "log"
        xml = emulator_xml(fake(directory, "prints-facts"),
                           f"<serial type='pty'/><serial type='file'><source path='{log}'/></serial>")
        directory.write("guest.xml", xml)
        process = subprocess.run([guest.DOMRUN, "run", "--root=run", "guest.xml"], env=directory.environment, cwd=directory.path,
                                 stdin=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=False)
        os.close(leak)
        assert process.returncode == 0, process
        facts = json.loads((directory.path / "facts").read_text())
        fds = facts["descriptors"]
        assert facts["sid"] == facts["pid"], "it has a session of its own"
        assert facts["no_new_privs"] == "1"
        assert facts["blocked"] == sum(1 << (number - 1) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)), \
            "what stops a job is the supervisor's"
        assert fds.pop("0") == "/dev/null"
        assert fds.pop("1") == fds.pop("2")
        assert str(log) in fds.values()
        assert sum(target.startswith("socket:") for target in fds.values()) == 2, fds
        assert sorted(map(int, fds)) == [3, 4, 5, 6, 7], fds
        assert pathlib.Path(fds["6"]).name.startswith("uuid-") and pathlib.Path(fds["7"]).name == "qemu", "its locks"
        directory.assert_nothing_left()


def test_closed_standard_descriptors():
    """A caller that closed them gets no socket or lock in their places."""
    with guest.Directory() as directory:
        directory.write("guest.xml", emulator_xml(fake(directory, "prints-facts")))
        command = f"exec {shlex.quote(guest.DOMRUN)} run --root=run guest.xml <&- >&- 2>&-"
        process = subprocess.run(["sh", "-c", command], env=directory.environment, cwd=directory.path)
        assert process.returncode == 0, process
        fds = json.loads((directory.path / "facts").read_text())["descriptors"]
        assert fds["0"] == "/dev/null" and sorted(map(int, fds)) == [0, 1, 2, 3, 4, 5, 6], fds
        directory.assert_nothing_left()


# ---- The host ----


def test_resource_that_cannot_be_had():
    """Those acquired before it are released again."""
    with guest.Directory() as directory:
        os.mkfifo(directory.path / "fifo")
        xml = emulator_xml(fake(directory, "well-behaved"), f"""<serial type='pty'/>
          <serial type='file'><source path='{directory.path}/fifo'/></serial>""")
        run = directory.run(xml)
        assert run.wait() == 4, run.said()
        run.expect_error(r"guest.xml:[0-9]+: error: <serial>/<source>: attribute 'path': cannot open '.*/fifo' for writing")
        directory.assert_nothing_left()


def test_a_directory_for_a_file():
    with guest.Directory() as directory:
        xml = emulator_xml(fake(directory, "well-behaved"),
                           f"<serial type='file'><source path='{directory.path}'/></serial>")
        run = directory.run(xml)
        assert run.wait() == 4, run.said()
        run.expect_error("is a directory")


def test_a_name_runs_once():
    with guest.Directory() as directory:
        xml = emulator_xml(fake(directory, "well-behaved"))
        first = directory.run(xml)
        first.expect_error("qemu: ready")
        second = directory.run(xml)
        assert second.wait() == 4, second.said()
        second.expect_error("the guest 'fake' is already running")
        other = directory.run(emulator_xml(directory.path / "well-behaved", name="other"))
        other.expect_error("qemu: ready")
        for run in first, other:
            run.signal()
            assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_of_many_starts_exactly_one_wins():
    with guest.Directory() as directory:
        directory.write("guest.xml", emulator_xml(fake(directory, "well-behaved")))
        arguments = ["run", "--root", str(directory.runtime), "guest.xml"]
        runs = [guest.Run(arguments, directory.environment, directory.path) for _ in range(8)]
        for run in runs:
            run.err.wait(lambda said: b"qemu: ready" in said or b"already running" in said)
        alive = [run for run in runs if b"qemu: ready" in run.err.bytes]
        assert len(alive) == 1, [run.said() for run in runs]
        alive[0].signal()
        codes = sorted(run.wait() for run in runs)
        assert codes == [4] * 7 + [8], [codes, *(run.said() for run in runs)]
        directory.assert_nothing_left()


def test_killed_supervisor_leaves_no_qemu_and_no_obstacle():
    with guest.Directory() as directory:
        run = directory.run(emulator_xml(fake(directory, "hangs-when-ready")), "--die-together")
        run.expect_error("qemu: ready")
        run.process.kill()
        assert run.wait() == -9
        assert list(directory.runtime.rglob("qmp-*")), "the test needs remains"
        run = directory.run(emulator_xml(fake(directory, "well-behaved")))
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


# ---- A QEMU that outlives its supervisor ----


UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@contextlib.contextmanager
def unsupervised(make_emulator, fills=False):
    """The directory and the pid of a QEMU of which the supervisor was killed; with @fills, when that could write nothing
    any more."""
    with guest.Directory(patience=1) as directory:
        xml = emulator_xml(make_emulator(directory)).replace("<memory", f"<uuid>{UUID}</uuid><memory", 1)
        run = directory.run(xml)
        run.expect_error("qemu: ready")
        directory.await_state("fake")
        qemu = int((directory.path / "pid").read_text())
        if fills:
            set_room(run, 0)
            directory.verb("shutdown", "--timeout=1000", "--then=destroy", "fake")
            assert list(directory.runtime.glob("*/state.old"))
        run.process.kill()
        assert run.process.wait() == -9
        yield directory, qemu, xml
        assert guest.process_state(qemu) in (None, "Z"), "it is still there"
        assert directory.verb("list", "--all", "--name").out == ""
        run = directory.run(emulator_xml(fake(directory, "well-behaved")))
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def without_exec(directory):
    """A wrapper, of which the real QEMU is a child: the kernel ends only the wrapper with the supervisor."""
    path = directory.write("wrapper", f"#!/bin/sh\n{fake(directory, 'outlives')} \"$@\"\nexit 1\n")
    path.chmod(0o755)
    return path


def test_name_of_an_unsupervised_qemu_is_taken():
    with unsupervised(lambda directory: fake(directory, "outlives")) as (directory, qemu, xml):
        (found,) = json.loads(directory.verb("list", "--json").out)
        assert (found["state"], found["reason"], found["qemu-pid"]) == ("unsupervised", "killed", qemu), found
        assert re.search(r"(?m)^ -  +fake  +unsupervised$", directory.verb("list").out), directory.verb("list").out
        assert directory.verb("domstate", "--reason", "fake").out == "unsupervised (killed)\n"
        assert "<name>fake</name>" in directory.verb("dumpxml", "fake").out
        for verb in (["suspend", "fake"], ["shutdown", "fake"], ["wait", "fake"], ["events", "fake"], ["forget", "fake"],
                     ["console", "fake"], ["qmp", "fake", "query-status"], ["destroy", "--graceful", "fake"]):
            error = directory.verb(*verb, code=12, patience=1).err
            assert verb[0] in ("forget", "destroy") or "its QEMU goes on\n  'domrun adopt fake' looks after it again" in error, (verb, error)
        run = directory.run(xml)
        assert run.wait() == 4, run.said()
        run.expect_error("the guest 'fake' still has its QEMU, though its supervisor was killed\n  'domrun adopt fake'")
        run = directory.run(xml.replace("<name>fake", "<name>other"))
        assert run.wait() == 4, run.said()
        run.expect_error(f"the uuid {UUID} is that of the guest 'fake'")
        assert guest.process_state(qemu) not in (None, "Z")
        directory.verb("destroy", "fake")


def test_unsupervised_qemu_that_is_stopped():
    with unsupervised(lambda directory: fake(directory, "outlives")) as (directory, qemu, _):
        guest.stop_process(qemu)
        directory.verb("destroy", UUID)


def test_unsupervised_qemu_of_a_wrapper():
    """What is written down is the wrapper's pid; who has the lock is known to the kernel."""
    with unsupervised(without_exec) as (directory, qemu, _):
        guest.await_that(lambda: directory.verb("domstate", "fake").out == "unsupervised\n")
        directory.verb("destroy", "fake")


def test_pid_of_another():
    """One that has the pid by now, and did not start when QEMU did, is let live."""
    with unsupervised(lambda directory: fake(directory, "outlives")) as (directory, qemu, _):
        with subprocess.Popen(["sleep", "1000"], env=directory.environment) as other:
            (path,) = directory.runtime.glob("*/state")
            state = json.loads(path.read_text())
            path.write_text(json.dumps(dict(state, **{"qemu-pid": other.pid})) + "\n")
            directory.verb("destroy", "fake")
            assert other.poll() is None
            other.kill()


def test_a_start_waits_for_an_unsupervised_qemu_to_end():
    """As long as it may be one that is ending; meanwhile somebody may end it."""
    with guest.Directory() as directory:
        first = directory.run(emulator_xml(fake(directory, "outlives")), "--die-together")
        directory.await_state("fake")
        first.process.kill()
        assert first.process.wait() == -9
        run = directory.run(emulator_xml(fake(directory, "well-behaved")))
        guest.await_that(lambda: guest.process_state(run.pid) == "S" and not guest.children(run.pid), run.said)
        assert directory.verb("domstate", "fake").out == "unsupervised\n"
        directory.verb("destroy", "fake")
        run.expect_error("qemu: ready")
        run.signal()
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


def test_a_user_cannot_make_the_superuser_kill():
    """Who may write a guest's directory names a process of another, and has it hold the lock."""
    if os.geteuid() != 0:
        raise tap.Skip("needs the superuser, and another user")
    with guest.Directory(patience=1) as directory:
        stale = directory.runtime / "0123456789abcdef"
        stale.mkdir(mode=0o700)
        (stale / "lock").touch()
        lock = os.open(stale / "qemu", os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(["sleep", "1000"], env=directory.environment, pass_fds=[lock]) as victim:
            os.close(lock)
            fields = pathlib.Path(f"/proc/{victim.pid}/stat").read_text().rpartition(")")[2].split()
            state = {"name": "mine", "state": "running", "pid": 1, "uuid": UUID, "qemu-pid": victim.pid, "qemu-start": int(fields[19])}
            (stale / "state").write_text(json.dumps(state) + "\n")
            for path in (directory.path, directory.runtime, stale, *stale.iterdir()):
                os.chown(path, 65534, 65534)
            error = directory.verb("destroy", UUID, code=12, patience=1).err
            assert "it is not known which process is its QEMU" in error, error
            assert victim.poll() is None
            victim.kill()


def has_asked(run):
    """Whether that client of a supervisor waits for it: it sleeps, and has its connection."""
    pid = run.process.pid
    try:
        links = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return guest.process_state(pid) == "S" and any(link.startswith("socket:") for link in links)


def test_end_of_a_wait_for_an_unsupervised_qemu():
    with guest.Directory(patience=1) as directory:
        run = directory.run(emulator_xml(fake(directory, "outlives")))
        run.expect_error("qemu: ready")
        directory.await_state("fake")
        waits = [guest.Run([*words, "--root", str(directory.runtime), "fake"], directory.environment, directory.path)
                 for words in (["wait"], ["events", "--follow"])]
        waits[1].expect("booted")
        guest.await_that(lambda: has_asked(waits[0]))
        control.Client(directory.runtime, "fake").execute("query-status")   # whom it answers after those before
        run.process.kill()
        for one in waits:
            assert one.wait() == 12, one.said()
            one.expect_error("its QEMU goes on")
        directory.verb("destroy", "fake")
        directory.assert_nothing_left()


def test_qemu_that_a_wrapper_leaves_behind():
    """In good order, too: the supervisor has killed the wrapper, and not what that has started."""
    with guest.Directory(patience=1) as directory:
        run = directory.run(emulator_xml(without_exec(directory)), "--quit-timeout=1")
        run.expect_error("qemu: ready")
        qemu = int((directory.path / "pid").read_text())
        directory.await_state("fake")
        directory.verb("destroy", "fake", code=12)
        assert guest.process_state(qemu) not in (None, "Z")
        assert directory.verb("domstate", "fake").out == "unsupervised\n"
        directory.verb("destroy", "fake")
        assert directory.verb("list", "--all", "--name").out == ""
        directory.assert_nothing_left()


# ---- No room for what is known of the guest ----


NO_ROOM = ["sh", "-c", "ulimit -f 0; exec \"$@\"", "sh"]


def _nothing_can_be_written(*options):
    """The first state is a condition of the start."""
    def test():
        with guest.Directory() as directory:
            run = directory.run(emulator_xml(fake(directory, "well-behaved")), *options, prefix=NO_ROOM)
            assert run.wait() == 4, run.said()
            run.expect_error(r"error: cannot write the file 'state' of the guest: File too large\n"
                             r"  it is to be in '.*/run/[0-9a-f]{16}'; make room there, or name another place: --root=DIR")
            assert not list(directory.runtime.iterdir()), list(directory.runtime.rglob("*"))
            directory.assert_nothing_left()
    return test


test_nothing_can_be_written = _nothing_can_be_written()
test_nothing_can_be_written_in_the_background = _nothing_can_be_written("--detach")


def test_full_file_system():
    """Whatever there is no room for any more: blocks, or one file more."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        raise tap.Skip("no file system can be mounted here")
    script = """mount -t tmpfs -o "$1",mode=700 none run || exit 99; shift
                head -c 100000 /dev/zero >run/full 2>/dev/null; "$@"; code=$?; ls -A run; exit $code"""
    for option in ("size=4k", *(f"nr_inodes={number}" for number in range(2, 8))):
        with guest.Directory() as directory:
            xml = emulator_xml(fake(directory, "well-behaved"), devices="")
            run = directory.run(xml, "--detach", prefix=["unshare", "-m", "sh", "-c", script, "sh", option])
            assert run.wait() == 4, (option, run.said())
            assert "No space left on device" in run.err.text, (option, run.said())
            assert run.out.text.split() in (["full"], []), (option, run.said())
            directory.assert_nothing_left()


def set_room(run, size):
    resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_room_that_comes_to_an_end():
    """It is told once; who wants to know asks the supervisor, until there is room again."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(name="web"), prefix=["setsid"])
        directory.await_state("web")
        (state,) = directory.runtime.glob("*/state")
        set_room(run, 0)
        for verb, word in (("suspend", "paused"), ("resume", "running"), ("suspend", "paused")):
            directory.verb(verb, "web")
            assert directory.verb("domstate", "web").out == word + "\n"
            (found,) = json.loads(directory.verb("list", "--json").out)
            assert (found["name"], found["state"]) == ("web", word), found
            assert not state.exists(), "what is not true any more is not believed"
        (state.parent / "live.xml").unlink()
        assert "<name>web</name>" in directory.verb("dumpxml", "web").out
        for verb in (["dominfo", "web"], ["domblklist", "web"], ["ttyconsole", "web"], ["domid", found["uuid"]],
                     ["wait", "web", "paused"], ["events", "web"], ["log", "web"]):
            directory.verb(*verb)
        run.expect_error("cannot write the file 'state' of the guest: File too large in '.*'; until there is room, "
                         "domrun's commands ask this supervisor")
        assert run.err.text.count("cannot write the file") == 1, run.said()
        set_room(run, resource.RLIM_INFINITY)
        directory.verb("resume", "web")
        assert json.loads(state.read_text())["state"] == "running"
        assert not (state.parent / "state.old").exists()
        set_room(run, 0)
        directory.verb("suspend", "web")
        run.expect_error("(?s)cannot write the file.*cannot write the file")
        directory.verb("destroy", "web")
        assert run.wait() == 8, run.said()
        assert not list(directory.runtime.iterdir()), "there was no room for a trace"
        directory.assert_nothing_left()


def test_unsupervised_qemu_without_a_state():
    """What could be written last tells who it is."""
    with unsupervised(lambda directory: fake(directory, "outlives"), fills=True) as (directory, qemu, _):
        (found,) = json.loads(directory.verb("list", "--json").out)
        assert (found["state"], found["name"], found["qemu-pid"]) == ("unsupervised", "fake", qemu), found
        directory.verb("destroy", "fake")


def test_no_restart_beside_a_qemu_that_is_left():
    """The wrapper was killed, and what it has started was not: a second copy would be one too many."""
    with guest.Directory(patience=1) as directory:
        run = directory.run(emulator_xml(without_exec(directory), lifecycle="<on_crash>restart</on_crash>"))
        directory.await_state("fake")
        qemu = int((directory.path / "pid").read_text())
        (wrapper,) = guest.children(run.pid)
        os.kill(wrapper, signal.SIGKILL)
        assert run.wait() == 4, run.said()
        run.expect_error("error: a process of the QEMU that has ended is still there\n  'domrun destroy fake' ends it")
        assert guest.process_state(qemu) not in (None, "Z")
        assert directory.verb("domstate", "fake").out == "unsupervised\n"
        directory.verb("destroy", "fake")
        directory.assert_nothing_left()


def test_long_paths_and_names():
    """Nothing depends on what fits into a socket's address."""
    with guest.Directory() as directory:
        root = directory.runtime / ("long" * 30) / ("longer" * 20)
        xml = emulator_xml(fake(directory, "well-behaved"), name="n" * 200)
        run = directory.run(xml, f"--root={root}")
        run.expect_error("qemu: ready")
        assert list(root.rglob("qmp-*"))
        run.signal()
        assert run.wait() == 8, run.said()
        assert list(root.iterdir()) == list(directory.traces())
        directory.assert_nothing_left()


def test_root_that_others_may_change():
    with guest.Directory() as directory:
        xml = emulator_xml(fake(directory, "well-behaved"))
        for mode, words in ((0o777, "can be changed by everybody"), (0o770, "can be changed by a group")):
            directory.runtime.chmod(mode)
            run = directory.run(xml)
            assert run.wait() == 4, run.said()
            assert words in run.err.text and "chmod go-w" in run.err.text, run.said()
        directory.runtime.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(directory.runtime, 65534, 65534)
            run = directory.run(xml)
            assert run.wait() == 4, run.said()
            assert "belongs to another user" in run.err.text, run.said()
            assert directory.verb("list", "--name").out == "", "to look is no risk"


def test_too_few_descriptors():
    """Whatever cannot be opened, the reason is the same."""
    with guest.Directory() as directory:
        xml = emulator_xml(fake(directory, "well-behaved"))
        for number in range(6, 14):
            run = directory.run(xml, prefix=["sh", "-c", f"ulimit -n {number}; exec \"$@\"", "sh"])
            code = run.wait()
            assert code != 0 and "Too many open files" in run.err.text, f"{number} descriptors\n{run.said()}"
        directory.assert_nothing_left()


def test_burst_of_signals_at_the_end():
    """However many come, and however late: the exit code stays what it is."""
    with running("well-behaved") as run:
        run.expect_error("qemu: ready")
        while run.process.poll() is None:
            run.signal()
        assert run.wait() == 8, run.said()


def test_root_that_cannot_be_made():
    with guest.Directory() as directory:
        directory.write("file", "")
        run = directory.run(emulator_xml(fake(directory, "well-behaved")), f"--root={directory.path}/file/root")
        assert run.wait() == 4, run.said()
        run.expect_error("cannot make the directory '.*/file/root'")


def _little_memory(mode):
    """Neither messages nor lines nor consoles grow without a limit."""
    def test():
        with running(mode) as run:
            peak = 0
            while run.process.poll() is None and b"qemu: ready" not in run.err.bytes:
                status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
                peak = max([peak, *map(int, re.findall(r"VmHWM:\s+([0-9]+)", status))])
                time.sleep(0.01)
            run.signal()
            run.wait()
            assert 0 < peak < (400 if "libasan" in LIBRARIES else 48) * 1024, f"{peak} KiB"
    return test


test_little_memory_for_a_huge_line = _little_memory("huge-line")
test_little_memory_for_messages = _little_memory("floods-stderr")


if __name__ == "__main__":
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tap.main(jobs=4)
