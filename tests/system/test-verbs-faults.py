#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs when things are not as they should be: a QEMU or a supervisor that hangs, remains of one that was killed,
odd names, another user."""

import contextlib
import json
import os
import pathlib
import signal
import socket
from xml.sax.saxutils import escape

import guest
import tap

DEVICES = "<serial type='pty'/><graphics type='vnc' port='-1' autoport='yes'/><video><model type='vga'/></video>"


@contextlib.contextmanager
def running(name="web", patience=guest.PATIENT, **keywords):
    """A guest that runs, of which nothing may be left in the end; @patience is its supervisor's, with QEMU."""
    with guest.Directory(patience) as directory:
        run = directory.run(guest.hello_xml(DEVICES, name=escape(name), **keywords), prefix=["setsid"])
        directory.await_state(name)
        yield directory, run
        directory.destroy(name)
        run.wait()
        directory.assert_nothing_left()


FROM_DISK = [["list"], ["dominfo", "web"], ["domstate", "web"], ["domid", "web"], ["domuuid", "web"],
             ["dumpxml", "web"], ["domblklist", "web"], ["domiflist", "web"], ["log", "web"]]
FROM_SUPERVISOR = [["ttyconsole", "web"], ["vncdisplay", "web"], ["domdisplay", "web"], ["events", "web"]]
FROM_QEMU = [["suspend", "web"], ["resume", "web"], ["reset", "web"], ["qmp", "web", "query-status"],
             ["screenshot", "web", "picture"], ["send-key", "web", "a"], ["dump", "web", "memory"]]


# ---- What hangs ----


def test_qemu_hangs():
    """Each verb ends although QEMU never does anything more: the supervisor gives it up, and kills it in the end."""
    with running(patience=1) as (directory, run):
        qemu = run.qemu_pid()
        guest.stop_process(qemu)
        for verb in FROM_DISK + FROM_SUPERVISOR:
            directory.verb(*verb)
        for verb in FROM_QEMU + [["destroy", "--graceful", "web"]]:
            error = directory.verb(*verb, code=11).err
            assert "QEMU does not answer" in error, error
        assert guest.process_state(qemu) == "T"
        directory.verb("destroy", "web")


def test_qemu_that_hung_goes_on():
    with running(patience=5) as (directory, run):
        guest.stop_process(run.qemu_pid())
        directory.verb("suspend", "web", code=11)
        os.kill(run.qemu_pid(), signal.SIGCONT)
        directory.verb("wait", *guest.PATIENTLY, "web", "paused")
        directory.verb("resume", "web")


def test_supervisor_hangs():
    """What the disk tells is told all the same; who needs the supervisor gives it up."""
    with running() as (directory, run):
        guest.stop_process(run.pid)
        for verb in FROM_DISK:
            directory.verb(*verb)
        for verb in FROM_SUPERVISOR + FROM_QEMU + [["destroy", "web"], ["shutdown", "web"], ["wait", "web"]]:
            error = directory.verb(*verb, code=11, patience=1).err
            assert "supervisor of 'web'" in error, error
        os.kill(run.pid, signal.SIGCONT)


# ---- What is left ----


def test_remains_of_a_killed_supervisor():
    with running() as (directory, run):
        qemu = run.qemu_pid()
        run.signal(signal.SIGKILL)
        run.wait()
        os.kill(qemu, signal.SIGKILL)
        guest.await_that(lambda: json.loads(directory.verb("list", "--json").out) == [], run.said)
        assert directory.verb("domstate", "--reason", "web").out == "ended (unsupervised)\n"
        directory.assert_nothing_left()    # whoever finds the remains removes them
        directory.verb("forget", "web")
        assert not any(directory.runtime.iterdir())


def is_connected(run):
    with contextlib.suppress(OSError):
        return any(os.readlink(entry).startswith("socket:") for entry in pathlib.Path(f"/proc/{run.pid}/fd").iterdir()
                   if entry.name not in "012")
    return False


def test_wait_for_a_guest_whose_supervisor_is_killed():
    """That it ended well is not said; who had asked nothing yet when it was killed finds no guest."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(DEVICES, name="web"), "--die-together")
        directory.await_state("web")
        waits = [guest.Run(["wait", "--root", str(directory.runtime), "web", *words], directory.environment, directory.path)
                 for words in ((), ("paused",))]
        for wait in waits:
            guest.await_that(lambda: is_connected(wait), wait.said)
        run.process.kill()
        run.wait()
        assert (waits[0].wait(), waits[0].out.text) in ((0, "ended (killed)\n"), (10, "")), waits[0].said()
        assert waits[1].wait() == 10 or "ended (killed) and was not 'paused'" in waits[1].err.text, waits[1].said()
        guest.await_that(lambda: json.loads(directory.verb("list", "--json").out) == [], run.said)
        directory.assert_nothing_left()


def test_stale_directory():
    """With whatever somebody has put into it."""
    with guest.Directory() as directory:
        stale = directory.runtime / "0123456789abcdef"
        stale.mkdir()
        (stale / "lock").touch()
        (stale / "state").write_text('{"name":"old","state":"running","pid":1}\n')
        (stale / "control").touch()
        (stale / "sub/sub").mkdir(parents=True)
        (stale / "sub/sub/file").touch()
        assert directory.verb("list", "--all", "--name").out == "old\n"
        assert sorted(path.name for path in stale.iterdir()) == ["lock", "state"]
        (old,) = json.loads(directory.verb("list", "--all", "--json").out)
        assert (old["state"], old["reason"]) == ("ended", "unsupervised"), old


def test_preserved_remains():
    with guest.Directory() as directory:
        kept = directory.runtime / "0123456789abcdef"
        kept.mkdir()
        (kept / "lock").touch()
        (kept / "state").write_text('{"name":"old","state":"preserved","reason":"panic","pid":1,"exit-code":6}\n')
        (kept / "live.xml").write_text("<domain><name>old</name></domain>\n")
        (kept / "log").write_text("the last words\n")
        assert directory.verb("list", "--name").out == ""
        assert directory.verb("list", "--all", "--name").out == "old\n"


def test_broken_directories():
    with guest.Directory() as directory:
        for number, text in enumerate(["", "{", "[]", '{"name":"x"}', "\0", '{"name":"x","state":"running","pid":"1"}']):
            broken = directory.runtime / f"{number:016x}"
            broken.mkdir()
            (broken / "lock").touch()
            (broken / "state").write_text(text)
        other = directory.runtime / "not-a-guest"
        other.mkdir()
        pipe = directory.runtime / f"{99:016x}"
        pipe.mkdir()
        os.mkfifo(pipe / "state")
        os.mkfifo(pipe / "lock")
        assert directory.verb("list", "--all", "--name").out == ""
        assert other.exists(), "what is none of ours stays"


def test_a_look_makes_no_start_fail():
    with guest.Directory() as directory:
        for number in range(5):
            looks = [guest.Run(["list", "--root", str(directory.runtime)], directory.environment, directory.path)
                     for _ in range(4)]
            run = directory.run(guest.hello_xml("<serial type='stdio'/>", name="web"), prefix=["setsid"])
            run.expect("boot 1")
            run.send(b"p")
            assert run.wait() == 0, run.said()
            assert all(look.wait() == 0 for look in looks)
        directory.assert_nothing_left()


# ---- Names ----


def _name(name):
    def test():
        with running(name) as (directory, run):
            assert directory.verb("list", "--name").out == name + "\n"
            (one,) = json.loads(directory.verb("list", "--json").out)
            assert one["name"] == name
            table = directory.verb("list").out
            assert len(table.splitlines()) == 3 and "\x1b" not in table, "no name can forge a table"
            assert directory.verb("domstate", "--", name).out == "running\n"
            directory.verb("suspend", "--", name)
            directory.verb("domstate", "--", name + "x", code=10)
    test.__name__ = f"name {name[:20]}"
    return test


def test_name_like_an_option():
    with guest.Directory() as directory:
        for name in ("--json", "-f"):
            run = directory.run(guest.hello_xml(DEVICES, name=name), prefix=["setsid"])
            assert run.wait() == 3 and "begins with a dash" in run.err.text, run.said()
        directory.assert_nothing_left()


test_name_with_spaces = _name("my  web server")
test_name_like_a_hidden_file = _name(".state")
test_name_with_quotes = _name("a'b\"c`$(d)%s%n\\")
test_name_beyond_ascii = _name("Grüße-猫")
test_name_like_json = _name('"},{"name":"forged')
test_name_long = _name("x" * 200)


def test_long_path():
    """Longer than the address of a socket can be."""
    with guest.Directory() as directory:
        directory.runtime = directory.runtime / ("long" * 40) / ("path" * 40)
        run = directory.run(guest.hello_xml(DEVICES, name="web"), prefix=["setsid"])
        directory.await_state("web")
        directory.verb("suspend", "web")
        directory.verb("destroy", "web")
        run.wait()


def test_message_with_an_odd_name():
    with guest.Directory() as directory:
        error = directory.verb("domstate", "a\x1b[31m\nb", code=10).err
        assert "\x1b" not in error and "\\x1b" in error, error


# ---- Another user ----


def test_another_user():
    if os.geteuid() != 0:
        raise tap.Skip("only root can become another user")
    with running() as (directory, run):
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chmod(directory.path, 0o755)
        for verb in (["domstate", "web"], ["destroy", "web"], ["console", "web"]):
            result = directory.verb(*verb, code=4, prefix=nobody)
            assert "Permission denied" in result.err
        # And where the directories would let them through, the supervisor does not.
        (guest_directory,) = [path for path in directory.runtime.iterdir() if path.is_dir()]
        assert guest_directory.stat().st_mode & 0o777 == 0o700
        assert (guest_directory / "control").stat().st_mode & 0o777 == 0o600
        for path in (directory.runtime, guest_directory):
            path.chmod(0o755)
        for path in guest_directory.iterdir():
            path.chmod(0o666)
        result = directory.verb("suspend", "web", code=12, prefix=nobody)
        assert "belongs to another user" in result.err, result.err
        assert directory.verb("domstate", "web").out == "running\n"
        for path in guest_directory.iterdir():
            path.chmod(0o600)


def test_control_socket_with_rubbish():
    with running() as (directory, run):
        (path,) = directory.runtime.glob("*/control")
        for rubbish in (b"\n" * 1000, b"{" * 10000 + b"\n", b"\xff" * 70000, b'{"execute":' + b'"x' * 1000 + b"\n",
                        b'{"execute":"shutdown","arguments":{"timeout":1e999}}\n',
                        b'{"execute":"shutdown","arguments":{"timeout":NaN}}\n'):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                with contextlib.suppress(OSError):
                    connection.sendall(rubbish)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
        assert directory.verb("domid", "web").out == f"{run.pid}\n"
        directory.verb("qmp", "web", "query-status")


# What a command may not be given, and what the error names.
REFUSED = [("query-status", {"x": 1}, "unknown argument 'x'"), ("dumpxml", {"mode": "acpi"}, "unknown argument 'mode'"),
           ("query-consoles", {"": None}, "unknown argument ''"), ("query-events", {"kept": True}, "'kept'"),
           ("subscribe", {"kept": "yes"}, "'kept': \"yes\" is not true or false"),
           ("shutdown", {"mode": []}, "'mode': [] is not one of: acpi, agent, quit"),
           ("shutdown", {"mode": "hard"}, "acpi, agent, quit"), ("shutdown", {"mode": None}, "'mode': null"),
           ("shutdown", {"timeout": -1e300}, "'timeout': -1e+300 is not an integer from 0 to"),
           ("shutdown", {"then": "destroy"}, "'then' needs a 'timeout'"),
           ("shutdown", {"timeout": -1}, "'timeout'"), ("shutdown", {"timeout": 2**31}, "'timeout'"),
           ("shutdown", {"timeout": 2**64 - 1}, "'timeout'"), ("shutdown", {"timeout": "5"}, "'timeout'"),
           ("shutdown", {"tiemout": 5}, "did you mean 'timeout'?"), ("reboot", {"mode": "quit"}, "'mode'"),
           ("reboot", {"timeout": 5}, "unknown argument 'timeout'"), ("reset", {"x": 1}, "'x'"),
           ("destroy", {"graceful": {}}, "'graceful': {} is not true or false"), ("destroy", {"graceful": 0}, "'graceful'"),
           ("destroy", {"force": True}, "'force'"), ("suspend", {"x": 1}, "'x'"), ("resume", {"x": 1}, "'x'"),
           ("console", {"device": {}}, "'device'"), ("console", {"device": ""}, "'device'"), ("qmp", {}, "'execute'"),
           ("qmp", {"execute": 7}, "'execute'"), ("qmp", {"execute": "quit", "arguments": []}, "'arguments'"),
           ("qmp", {"execute": "quit", "slow": 1}, "'slow'"), ("qmp", {"execute": "quit", "id": 1}, "'id'"),
           ("dump", {}, "'path' is missing: an absolute path"), ("dump", {"path": 7}, "'path'"),
           ("dump", {"path": "x"}, "'path'"), ("dump", {"path": "/tmp/x", "format": []}, "'format'"),
           ("screenshot", {"head": -1}, "'head'"), ("screenshot", {"head": 1e99}, "'head'"),
           ("screenshot", {"device": 3}, "'device'"), ("send-key", {}, "'keys' is missing"),
           ("send-key", {"keys": []}, "'keys'"), ("send-key", {"keys": ["a", None]}, "'keys'"),
           ("send-key", {"keys": [1.5]}, "'keys'"), ("send-key", {"keys": ["a"], "holdtime": -1}, "'holdtime'"),
           ("send-key", {"keys": ["a"], "holdtime": "1"}, "'holdtime'")]


def test_arguments_that_are_refused():
    """Nothing happens to the guest then."""
    with running() as (directory, run):
        (path,) = directory.runtime.glob("*/control")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            lines = connection.makefile("rw")
            lines.readline()
            for command, arguments, text in REFUSED:
                lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
                lines.flush()
                answer = json.loads(lines.readline())
                assert answer.get("error", {}).get("class") == "BadArgument", (command, arguments, answer)
                assert text in answer["error"]["desc"], (command, arguments, answer)
            for command in ({"execute": "shutdown", "argument": {}}, {"execute": ["shutdown"]}, {"id": 1},
                            {"execute": "shutdown", "arguments": []}, {"execute": "shutdown", "arguments": None}):
                lines.write(json.dumps(command) + "\n")
                lines.flush()
                assert json.loads(lines.readline())["error"]["class"] == "BadArgument", command
        assert json.loads(directory.verb("domstate", "--json", "web").out)["reason"] == "booted"
        assert directory.verb("qmp", "web", '{"execute":"query-status","id":1}').out
        assert "unknown argument 'x'" in directory.verb("qmp", "web", '{"execute":"query-status","x":1}', code=2).err


if __name__ == "__main__":
    tap.main()
