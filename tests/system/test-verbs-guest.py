#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs for running guests under real QEMU: what they print, for people and for programs, and what they do."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

import control
import guest
import tap

DEVICES = """<serial type='pty'/><serial type='pty'><alias name='ua-second'/></serial>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
    <graphics type='vnc' port='-1' autoport='yes'/><video><model type='vga'/></video>"""
HELLO = "hello from domrun, boot "
UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@contextlib.contextmanager
def running(name="web", devices=DEVICES, **keywords):
    """A guest that runs, of which nothing may be left in the end."""
    with guest.Directory() as directory:
        xml = guest.hello_xml(devices, name=name, **keywords).replace("<memory", f"<uuid>{UUID}</uuid><memory", 1)
        run = directory.run(xml, prefix=["setsid"])
        directory.await_state(name)
        yield directory, run
        directory.destroy(name)
        run.wait()
        directory.assert_nothing_left()


def type_into(directory, data, answer=None):
    """Types at the console of the guest, which prints @answer, if there is one."""
    console = guest.Run(["console", "--root", str(directory.runtime), "web"], directory.environment, directory.path)
    console.expect(HELLO)
    console.send(data)
    if answer:
        console.expect(answer)


def start_waiting(directory, *arguments):
    """`domrun wait` that has found the guest and its supervisor."""
    run = guest.Run(["wait", "--root", str(directory.runtime), *arguments], directory.environment, directory.path)
    guest.await_that(lambda: any(is_socket(path) for path in pathlib.Path(f"/proc/{run.pid}/fd").iterdir()), run.said)
    return run


def is_socket(path):
    try:
        return os.readlink(path).startswith("socket:")
    except OSError:
        return False


def rows(table):
    """The cells of a table, without header and rule."""
    return [re.split(r" {2,}", line.strip()) for line in table.splitlines()[2:]]


# ---- What is known of a guest ----


def test_list():
    with running() as (directory, run):
        listed = directory.verb("list").out
        assert listed.splitlines()[0].split() == ["Id", "Name", "State"]
        assert rows(listed) == [[str(run.pid), "web", "running"]]
        assert directory.verb("list", "--name").out == "web\n"
        assert directory.verb("list", "--uuid").out == UUID + "\n"
        assert directory.verb("list", "--id", "--name").out == f"{run.pid} web\n"
        (one,) = json.loads(directory.verb("list", "--json").out)
        assert (one["name"], one["uuid"], one["state"], one["pid"]) == ("web", UUID, "running", run.pid)
        assert one["qemu-pid"] == run.qemu_pid()


def test_list_by_state():
    with running() as (directory, run):
        xml = guest.hello_xml(name="\u4ed6").replace("<memory", "<title>Mail server</title><memory", 1)
        directory.write("other.xml", xml)
        directory.verb("run", "--detach", "other.xml")
        directory.verb("suspend", "web")
        for options, names in (([], ["web", "\u4ed6"]), (["--all"], ["web", "\u4ed6"]), (["--inactive"], []),
                               (["--state-running"], ["\u4ed6"]), (["--state-paused"], ["web"]), (["--state-other"], []),
                               (["--state-running", "--state-paused"], ["web", "\u4ed6"]), (["--state-shutoff"], [])):
            assert directory.verb("list", "--name", *options).out.split() == names, options
        titles = [row[3] for row in rows(directory.verb("list", "--title", "--table").out)]
        assert titles == ["-", "Mail server"], titles
        directory.verb("destroy", "\u4ed6")
        for option in ("--inactive", "--state-shutoff"):
            assert directory.verb("list", "--name", option).out == "\u4ed6\n"
        assert [row[3] for row in rows(directory.verb("list", "--all", "--title").out)] == ["-", "-"]
        directory.verb("list", "--name", "--title", code=2)
        lines = directory.verb("list", "--all").out.splitlines()
        columns = [sum(2 if ord(letter) > 0x2e80 else 1 for letter in line[:line.index(word)])
                   for line, word in zip(lines[2:], ("paused", "ended"))]
        assert columns[0] == columns[1] == lines[0].index("State"), lines


def test_list_of_nothing():
    with guest.Directory() as directory:
        assert rows(directory.verb("list", "--all").out) == []
        assert directory.verb("list", "--name").out == ""
        assert json.loads(directory.verb("list", "--json").out) == []


def test_found_by_name_uuid_and_id():
    with running() as (directory, run):
        for what in ("web", UUID, UUID.upper(), UUID.replace("-", ""), str(run.pid)):
            assert directory.verb("domuuid", what).out == UUID + "\n"
            assert directory.verb("domid", what).out == f"{run.pid}\n"
            assert directory.verb("domstate", what).out == "running\n"


def test_state():
    with running() as (directory, run):
        assert directory.verb("domstate", "--reason", "web").out == "running (booted)\n"
        state = json.loads(directory.verb("domstate", "--json", "web").out)
        assert state["state"] == "running" and state["restarts"] == 0 and "exit-code" not in state
        text = directory.verb("dominfo", "web").out
        assert re.search(r"(?m)^UUID: +" + UUID + "$", text) and re.search(r"(?m)^Max memory: +16 MiB$", text), text
        assert json.loads(directory.verb("dominfo", "--json", "web").out) == state


def test_document():
    with running() as (directory, run):
        xml = directory.verb("dumpxml", "web").out
        assert f"<uuid>{UUID}</uuid>" in xml
        assert directory.verb("ttyconsole", "web").out.strip() in xml, "the live XML tells the terminal"
        assert rows(directory.verb("domblklist", "web").out) == [["vda", str(guest.IMAGE)]]
        assert rows(directory.verb("domblklist", "--details", "web").out) == [["file", "disk", "vda", str(guest.IMAGE)]]
        (disk,) = json.loads(directory.verb("domblklist", "--json", "web").out)
        assert disk == {"type": "file", "device": "disk", "target": "vda", "source": str(guest.IMAGE)}
        (nic,) = json.loads(directory.verb("domiflist", "--json", "web").out)
        assert (nic["type"], nic["model"], nic["mac"]) == ("user", "virtio", "52:54:00:11:22:33")
        assert rows(directory.verb("domiflist", "web").out)[0][-1] == "52:54:00:11:22:33"


def test_document_in_other_forms():
    """Without passwords, without what is of this run, and parts of it."""
    devices = ("<serial type='pty'/><graphics type='vnc' autoport='yes' passwd='secret'/><interface type='user'>"
               "<alias name='ua-uplink'/></interface>")
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices, name="web"))
        directory.await_state("web")
        usual, secret, inactive = (directory.verb("dumpxml", *options, "web").out
                                   for options in ([], ["--security-info"], ["--inactive"]))
        assert "secret" not in usual and 'passwd="secret"' in secret
        for implied in ('<memballoon model="virtio">', '<controller type="pci" index="0" model="pci-root">', "<video>"):
            assert implied in usual, usual
        assert re.search(r'<domain[^>]* id="\d+"', usual) and "/dev/pts/" in usual and '<alias name="serial0"/>' in usual
        assert not re.search(r'<domain[^>]* id="\d+"|/dev/pts/|<alias name="[^u]', inactive), inactive
        assert 'port="-1"' in inactive and '<alias name="ua-uplink"/>' in inactive
        assert directory.verb("dumpxml", "--xpath=string(//name)", "web").out == "web\n"
        assert directory.verb("dumpxml", "--xpath=//interface/model", "web").out == '<model type="rtl8139"/>\n'
        assert "nothing in the document fits" in directory.verb("dumpxml", "--xpath=//filesystem", "web", code=12).err
        assert "is not an XPath expression" in directory.verb("dumpxml", "--xpath=//[", "web", code=2).err
        assert "secret" not in directory.verb("dumpxml", "--xpath=//graphics", "web").out
        directory.destroy("web")
        run.wait()
        again = directory.run(inactive)
        directory.await_state("web")
        assert directory.verb("domuuid", "web").out.strip() in inactive
        directory.destroy("web")
        again.wait()
        directory.assert_nothing_left()


def test_document_of_another_run():
    """What the host gave to one run is not in it, and what the user has chosen is."""
    devices = """<serial type='pty'/><graphics type='vnc' port='-1' websocket='-1'/><graphics type='vnc' port='5999' websocket='5799'/>
      <controller type='virtio-serial'/><channel type='unix'><target type='virtio' name='org.example.0'/></channel>
      <channel type='unix'><source mode='bind' path='{0}/mine'/><target type='virtio' name='org.example.1'/></channel>"""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml(devices.format(directory.path), name="web"))
        directory.await_state("web")
        live, inactive = (directory.verb("dumpxml", *options, "web").out for options in ([], ["--inactive"]))
        assert re.search(r"/channel-\d+", live) and not re.search(r"/channel-\d+", inactive), inactive
        assert "websocket='-1'" in inactive.replace('"', "'") and 'websocket="-1"' not in live
        for chosen in ('port="5999"', 'websocket="5799"', f'path="{directory.path}/mine"'):
            assert chosen in inactive, inactive
        assert inactive.count('port="-1"') == 1, inactive
        directory.destroy("web")
        run.wait()
        directory.assert_nothing_left()


def test_terminal():
    with running() as (directory, run):
        path = directory.verb("ttyconsole", "web").out.strip()
        assert pathlib.Path(path).is_char_device()
        run.expect_error(f"serial0: {path}\n")


def test_no_terminal():
    with running(devices="<serial type='null'/>") as (directory, run):
        assert "has no console with a terminal" in directory.verb("ttyconsole", "web", code=12).err
        assert "has no display" in directory.verb("vncdisplay", "web", code=12).err


def test_display():
    with running() as (directory, run):
        (display,) = json.loads(directory.verb("vncdisplay", "--json", "web").out)
        shown = directory.verb("vncdisplay", "web").out.strip()
        assert shown == f"127.0.0.1:{display['port'] - 5900}"
        assert directory.verb("domdisplay", "web").out == f"vnc://{shown}\n"
        listening = directory.verb("qmp", "web", "query-vnc").out
        assert json.loads(listening)["service"] == str(display["port"])


def test_display_with_a_password():
    devices = """<graphics type='vnc' port='-1' autoport='yes' passwd='a b/c'/>
        <graphics type='vnc' port='-1' autoport='yes'/>"""
    with running(devices=devices) as (directory, run):
        secret = re.compile(r"vnc://:a%20b%2Fc@(localhost|127\.0\.0\.1):\d+\n")
        assert secret.fullmatch(directory.verb("domdisplay", "--include-password", "web").out)
        lines = directory.verb("domdisplay", "--all", "--include-password", "web").out.splitlines(keepends=True)
        assert secret.fullmatch(lines[0]) and "@" not in lines[1], lines
        assert "a%20b" not in directory.verb("domdisplay", "--all", "web").out


def test_log():
    with running() as (directory, run):
        assert re.search(r"(?m)serial0: /dev/pts/[0-9]+$", directory.verb("log", "web").out)


# ---- What is done to a guest ----


def test_suspend_and_resume():
    with running() as (directory, run):
        directory.verb("suspend", "web")
        assert directory.verb("domstate", "--reason", "web").out == "paused (user)\n"
        directory.verb("wait", *guest.PATIENTLY, "web", "paused")
        directory.verb("resume", "web")
        directory.verb("wait", *guest.PATIENTLY, "web", "running")


def test_shutdown():
    with running() as (directory, run):
        directory.verb("shutdown", "web")
        assert run.wait() in (0, 8), run.said()


def test_shutdown_of_a_guest_that_does_not_listen():
    with running() as (directory, run):
        type_into(directory, b"in3\n", r' !"')
        said = directory.verb("shutdown", "--timeout=1", "web").out
        assert said == "web is asked to power down; after 1 seconds it runs on\n", said
        run.expect_error("the guest does not power down, and runs on")
        assert directory.verb("domstate", "web").out == "running\n"
        assert "until it does" in directory.verb("shutdown", "web").out
        assert directory.verb("domstate", "web").out != "ended\n"
        said = directory.verb("shutdown", "--timeout=1", "--then=destroy", "web").out
        assert said == "web is asked to power down; after 1 seconds it is ended\n", said
        assert run.wait() == 8, run.said()


def test_shutdown_without_acpi():
    with running(features="<apic/>") as (directory, run):
        assert "has no <acpi/>" in directory.verb("shutdown", "web", code=12).err
        assert directory.verb("domstate", "web").out == "running\n"
        directory.verb("shutdown", "--timeout=1", "--then=destroy", "web")
        assert run.wait() == 8, run.said()


def test_agent_that_is_not_there():
    with running() as (directory, run):
        for verb in ("shutdown", "reboot"):
            said = directory.verb(verb, "--mode=agent", "web", code=12).err
            assert "no channel 'org.qemu.guest_agent.0'" in said and "--mode=acpi" in said, said
            assert "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>" in said, said
        assert directory.verb("domstate", "web").out == "running\n"


def test_shutdown_options_that_make_no_sense():
    with guest.Directory() as directory:
        directory.write("web.xml", guest.hello_xml(name="web"))
        directory.verb("start", "web.xml")
        for options in (["--then=destroy"], ["--timeout=-1"], ["--timeout=1", "--then=nothing"], ["--mode=agnet"],
                        ["--timeout=0", "--then=destroy"]):
            directory.verb("shutdown", *options, "web", code=2)
        directory.verb("reboot", "--mode=quit", "web", code=2)
        assert directory.verb("domstate", "web").out == "running\n"
        directory.verb("destroy", "web")
        directory.assert_nothing_left()


def test_reboot_without_acpi():
    with running(features="<apic/>") as (directory, run):
        assert "has no <acpi/>" in directory.verb("reboot", "web", code=12).err


def test_reset():
    with running(devices="<serial type='stdio'/>") as (directory, run):
        run.expect(HELLO + "1")
        directory.verb("reset", "web")
        run.expect(HELLO + "2")
        def events():
            return [json.loads(line)["data"] for line in directory.verb("events", "web").out.splitlines()]
        guest.await_that(lambda: [event.get("event") for event in events()].count("RESET") >= 2, events)
        counts = [event["resets"] for event in events() if event.get("reason") == "reset"]
        assert counts == [1], f"it is told once, however often the BIOS resets the machine\n{events()}"
        assert re.search(r"(?m)^Resets: +1$", directory.verb("dominfo", "web").out)


def test_reboot():
    with running(devices="<serial type='stdio'/>") as (directory, run):
        run.expect(HELLO + "1")
        first = run.qemu_pid()
        directory.verb("reboot", "web")
        run.expect(f"(?s)power button.*{HELLO}")
        directory.verb("wait", *guest.PATIENTLY, "web", "running")
        assert run.process.poll() is None and first, run.said()


def test_destroy_frees_the_name():
    with running() as (directory, run):
        directory.verb("destroy", "web")
        assert json.loads(directory.verb("list", "--json").out) == []
        assert directory.verb("domstate", "--reason", "web").out == "ended (destroyed)\n"
        again = directory.run(guest.hello_xml(name="web"), prefix=["setsid"])
        directory.await_state("web")
        directory.verb("destroy", "--graceful", "web")
        again.wait()


def test_trace():
    """What is known of the last run of a name, until it starts again or is forgotten."""
    with running() as (directory, run):
        directory.verb("forget", "web", code=12)
        directory.verb("destroy", "web")
        run.wait()
        assert directory.verb("list", "--name").out == ""
        (last,) = json.loads(directory.verb("list", "--all", "--json").out)
        assert last["name"] == "web" and last["state"] == "ended" and last["reason"] == "destroyed", last
        assert last["exit-code"] == 8 and "qemu-pid" not in last, last
        assert re.search(r"^ *- +web +ended", directory.verb("list", "--all").out, re.MULTILINE)
        assert "Exit code:      8" in directory.verb("dominfo", UUID).out
        assert "-> running (booted)" in directory.verb("log", "web").out
        assert directory.verb("wait", "web").out == "ended (destroyed), exit code 8\n"
        assert "has ended (destroyed)" in directory.verb("wait", "web", "running", code=12).err
        for options in ([], ["--follow"]):
            events = [json.loads(line) for line in directory.verb("events", *options, "web").out.splitlines()]
            assert events[-1]["data"]["state"] == "ended", events
        for verb in (["suspend"], ["destroy"], ["dumpxml"], ["console"], ["domblklist"]):
            error = directory.verb(*verb, "web", code=10).err
            assert "has ended (destroyed)" in error and "domrun forget" in error, error
        again = directory.run(guest.hello_xml(name="web"), prefix=["setsid"])
        directory.await_state("web")
        assert directory.verb("list", "--all", "--name").out == "web\n"
        assert directory.verb("events", "web").out.count('"starting"') == 1
        directory.verb("destroy", "web")
        assert again.wait() == 8
        directory.verb("forget", "web")
        assert not list(directory.runtime.rglob("*"))
        directory.verb("log", "web", code=10)


def test_traces_are_bounded():
    """The end of a guest removes all traces but the newest; remains that were to be preserved stay."""
    with guest.Directory() as directory:
        for number in range(120):
            path = control.directory_of(directory.runtime, f"old{number}")
            path.mkdir()
            state = {"name": f"old{number}", "state": "ended" if number else "preserved", "since": number + 1, "pid": 1}
            (path / "state").write_text(json.dumps(state) + "\n")
            for name in ("lock", "log", "events"):
                (path / name).touch()
            for file in path.iterdir():
                file.chmod(0o600)
        run = directory.run(guest.hello_xml(name="web"), prefix=["setsid"])
        directory.await_state("web")
        directory.verb("destroy", "web")
        assert run.wait() == 8
        names = set(directory.verb("list", "--all", "--name").out.split())
        assert names == {"old0", "web"} | {f"old{number}" for number in range(21, 120)}, names
        directory.verb("destroy", "old0")
        directory.assert_nothing_left()


def test_wait_for_the_end():
    with running() as (directory, run):
        waiting = start_waiting(directory, "--json", "--timeout=3000", "web")    # more microseconds than an int has
        directory.verb("destroy", "web")
        assert waiting.wait() == 0, waiting.said()
        state = json.loads(waiting.out.text)
        assert state["state"] == "ended" and state["reason"] == "destroyed", state


def test_wait_in_vain():
    with running() as (directory, run):
        started = time.monotonic()
        late = directory.verb("wait", "--timeout", "1", "web", code=11)
        for verb, *words in (["wait", "web"], ["qmp", "web", "query-status"]):
            assert "--timeout: '-1'" in directory.verb(verb, "--timeout=-1", *words, code=2).err
        assert directory.verb("qmp", "--timeout=0", "web", "query-status").out
        directory.verb("wait", "--timeout=0", "web", "running")
        assert "'running' after 1 s" in late.err and time.monotonic() - started >= 1, late.err
        unknown = directory.verb("wait", "web", "flying", code=2)
        assert "known: starting, running" in unknown.err
        waiting = start_waiting(directory, "web", "paused")
        directory.verb("destroy", "web")
        assert waiting.wait() == 12 and "has ended" in waiting.err.text, waiting.said()


def test_events():
    with running() as (directory, run):
        follower = guest.Run(["events", "--root", str(directory.runtime), "--follow", "web"], directory.environment,
                             directory.path)
        follower.expect('"state":"running"')
        directory.verb("suspend", "web")
        follower.expect('"state":"paused"')
        follower.expect('"event":"QEMU".*"STOP"')
        kept = [json.loads(line) for line in directory.verb("events", "web").out.splitlines()]
        states = [event["data"]["state"] for event in kept if event["event"] == "STATE"]
        assert states[:2] == ["starting", "running"] and states[-1] == "paused", states
        directory.verb("destroy", "web")
        follower.expect('"state":"ended"')
        assert follower.wait() == 0
        assert all(json.loads(line) for line in follower.out.text.splitlines())


def test_qmp():
    with running() as (directory, run):
        status = json.loads(directory.verb("qmp", "web", "query-status").out)
        assert status["status"] == "running"
        request = {"execute": "qom-get", "arguments": {"path": "/machine", "property": "type"}}
        assert "machine" in directory.verb("qmp", "web", json.dumps(request)).out
        assert "machine" in directory.verb("qmp", "web", "qom-get", "path=/machine", "property=type").out
        assert re.match(r"\d+\.\d", directory.verb("qmp", "--hmp", "web", "info", "version").out)
        assert "nonsense" in directory.verb("qmp", "web", "nonsense", code=12).err
        assert "nonsense" in directory.verb("qmp", "--hmp", "web", "nonsense", code=12).err
        for arguments in (["{"], ["{}"], ["x", "y"], ["x", "=1"]):
            directory.verb("qmp", "web", *arguments, code=2)
        schema = json.loads(directory.verb("qmp", "web", "query-qmp-schema").out)
        assert len(schema) > 500, "a long answer"


def test_screenshot():
    with running() as (directory, run):
        directory.verb("screenshot", "web", "picture.png")
        picture = (directory.path / "picture.png").read_bytes()
        assert picture.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in picture[-12:]
        assert directory.verb("screenshot", "web", "-").stdout.startswith(b"\x89PNG")
        directory.verb("screenshot", "web", "nowhere/picture.png", code=4)
        (directory.path / "link.png").symlink_to("elsewhere")
        directory.verb("screenshot", "web", "link.png")
        (directory.path / "elsewhere").unlink()
        directory.path.chmod(0o1777)
        said = directory.verb("screenshot", "web", "link.png", code=4).err
        assert "it is a symbolic link, in a directory that others may write" in said, said
        assert not (directory.path / "elsewhere").exists()
        directory.path.chmod(0o700)
        assert "head 1" in directory.verb("screenshot", "--screen=1", "web", "other.png", code=12).err
        assert not (directory.path / "other.png").exists()
        directory.verb("screenshot", "--screen=-1", "web", "other.png", code=2)
        name = directory.verb("screenshot", "web").out.strip()
        assert name.startswith("web-") and (directory.path / name).read_bytes().startswith(b"\x89PNG"), name


def test_send_key():
    with running() as (directory, run):
        directory.verb("send-key", "web", "ctrl", "alt", "delete")
        directory.verb("send-key", "--holdtime", "10", "web", "KEY_LEFTCTRL", "KEY_F1", "KEY_1", "1", "30", "enter")
        for name, *words in (("linux", "KEY_A", "29"), ("xt", "37", "0x12", "0xe05b"), ("atset1", "57435"),
                             ("atset2", "118"), ("atset3", "8"), ("os_x", "ANSI_A", "0"), ("xt_kbd", "347"),
                             ("usb", "4"), ("win32", "VK_RETURN", "vk_lwin", "65"), ("qnum", "219"), ("rfb", "219")):
            directory.verb("send-key", f"--codeset={name}", "web", *words)
        said = directory.verb("send-key", "web", "ctlr", "alt", code=12).err
        assert "no key 'ctlr'" in said and "did you mean 'ctrl'?" in said, said
        assert "--list" in directory.verb("send-key", "web", "nokeyatall", code=12).err
        assert "did you mean 'delete'?" in directory.verb("send-key", "web", "DEL", code=12).err
        assert "of their own: ctrl alt delete" in directory.verb("send-key", "web", "ctrl-alt-del", code=12).err
        for code, *words in ((2, "--codeset=win32", "web", "KEY_A"), (2, "web", "9999"), (2, "--codeset=xt", "web", "a"),
                             (2, "--codeset=hex", "web", "1"), (2, "web"), (2, "--list", "web")):
            directory.verb("send-key", *words, code=code)


def test_keys_that_arrive():
    """QEMU's trace says which keys it was given."""
    with guest.Directory() as directory:
        wrapper = directory.write("qemu", '#!/bin/sh\nexec qemu-system-x86_64 -trace "input_event_key_*" "$@"\n')
        wrapper.chmod(0o755)
        run = directory.run(guest.hello_xml(name="web"), "--verbose", f"--emulator={wrapper}")
        directory.await_state("web")
        pressed = []
        for words, keys in ((["KEY_LEFTMETA"], ["meta_l"]), (["30"], ["a"]), (["1"], ["1"]), (["Enter"], ["ret"]),
                            (["--codeset=usb", "4"], ["a"]), (["--codeset=win32", "VK_RETURN", "0x5b"], ["ret", "meta_l"]),
                            (["--codeset=xt", "37", "0xe05b"], ["k", "meta_l"]), (["--codeset=qnum", "219"], ["meta_l"]),
                            (["--codeset=os_x", "ANSI_A", "0x37"], ["a", "meta_l"]), (["--codeset=atset2", "118"], ["esc"])):
            directory.verb("send-key", "--holdtime=1", *(word for word in words if word.startswith("-")), "web",
                           *(word for word in words if not word.startswith("-")))
            pressed += keys
        run.expect_error("(?s)" + ".*".join(f"qcode {key}, down 1" for key in pressed))
        directory.destroy("web")
        run.wait()
        directory.assert_nothing_left()


def test_list_of_keys():
    with guest.Directory() as directory:
        names = {row[0]: row[1:] for row in rows(directory.verb("send-key", "--list").out)}
        assert names["ctrl"] == ["KEY_LEFTCTRL", "29"] and names["asterisk"] == ["-", "-"], names
        names = {row[0]: row[1:] for row in rows(directory.verb("send-key", "--list", "--codeset=win32").out)}
        assert names["ret"] == ["KEY_ENTER", "13", "VK_RETURN"] and "asterisk" not in names, names


def test_dump():
    with running() as (directory, run):
        directory.verb("dump", "web", "memory")
        dump = directory.path / "memory"
        assert dump.read_bytes()[:4] == b"\x7fELF" and dump.stat().st_size > 16 * 1024 * 1024
        assert dump.stat().st_mode & 0o777 == 0o600
        assert directory.verb("domstate", "web").out == "running\n"
        before = dump.stat().st_mtime_ns
        assert directory.verb("dump", "web", "memory", code=12).err, "what is there is not overwritten"
        directory.verb("dump", "--live", "--memory-only", "web", "live")
        assert b"\r" not in directory.verb("dump", "--verbose", "--format=kdump-zlib", "web", "compressed").stderr
        assert dump.stat().st_mtime_ns == before


def test_preserved_guest():
    with running(lifecycle="<on_crash>preserve</on_crash>") as (directory, run):
        type_into(directory, b"c")
        directory.verb("wait", *guest.PATIENTLY, "web", "preserved")
        assert directory.verb("domstate", "--reason", "web").out == "preserved (panic)\n"
        assert json.loads(directory.verb("qmp", "web", "query-status").out)["running"] is False
        directory.verb("dump", "web", "memory")
        directory.verb("destroy", "web")


# ---- Habits from virsh ----


def test_habits():
    with guest.Directory() as directory:
        directory.write("web.xml", guest.hello_xml(name="web"))
        directory.verb("start", "web.xml")
        directory.verb("qemu-monitor-command", "web", "query-status")
        directory.verb("qemu-monitor-command", "--hmp", "--domain", "web", "info", "version")
        assert directory.verb("domstate", "--domain", "web").out == "running\n"
        directory.verb("inject-nmi", "web")
        directory.verb("destroy", "--domain", "web")
        directory.assert_nothing_left()
        for verb, word in (("define", "domrun run"), ("net-start", "--network"), ("pool-list", "qemu-img"),
                           ("autostart", "systemd"), ("edit", "file"), ("save", "suspend"), ("blockcommit", "qmp"),
                           ("change-media", "blockdev-change-medium"), ("setmem", "qmp"),
                           ("event", "events --follow"), ("nodedev-list", "no daemon"), ("domstats", "query-blockstats")):
            error = directory.verb(verb, "web", code=2).err
            assert f"domrun has no command '{verb}'" in error and word in error, error


# ---- Mistakes ----


def test_no_such_guest():
    with running() as (directory, run):
        for verb in ("dominfo", "domstate", "domid", "domuuid", "dumpxml", "console", "ttyconsole", "vncdisplay",
                     "domdisplay", "domblklist", "domiflist", "shutdown", "reboot", "reset", "destroy", "suspend",
                     "resume", "wait", "events", "log", "guestinfo", "domifaddr", "domhostname", "domtime", "domfsfreeze",
                     "domfsthaw", "domfstrim", "guestvcpus", "dompmwakeup"):
            error = directory.verb(verb, "wbe", code=10).err
            assert error == f"domrun: error: no guest 'wbe'\n  did you mean 'web'? It was looked for in '{directory.runtime}'\n"
        for verb, argument in (("qmp", "query-status"), ("screenshot", "file"), ("send-key", "a"), ("dump", "file"),
                               ("qemu-agent-command", "guest-ping"), ("dompmsuspend", "mem")):
            directory.verb(verb, "wbe", argument, code=10)


def test_usage():
    with guest.Directory() as directory:
        for verb in ("dominfo", "console", "destroy", "qmp", "screenshot", "dump", "send-key", "wait"):
            directory.verb(verb, code=2)
        directory.verb("destroy", "a", "b", code=2)
        directory.verb("list", "a", code=2)
        directory.verb("list", "--nonsense", code=2)
        assert "did you mean '--inactive'?" in directory.verb("list", "--inctive", code=2).err
        assert "integer value 'x' for --timeout" in directory.verb("wait", "--timeout=x", "web", code=2).err
        directory.write("web.xml", guest.hello_xml(name="web"))
        assert "did you mean 'web.xml'?" in directory.verb("start", "web", code=3).err
        assert "domain XML" in directory.verb("start", "wbe", code=3).err
        said = subprocess.run([guest.DOMRUN, "web.xml"], cwd=directory.path, capture_output=True, text=True, check=False)
        assert said.returncode == 2 and "'domrun run web.xml' starts the guest" in said.stderr, said


def test_help():
    helps = [subprocess.run([guest.DOMRUN, *words], env=dict(os.environ, LC_ALL="C"), capture_output=True, text=True,
                            check=True).stdout for words in (["run", "--help"], ["help", "run"], ["run", "-h"])]
    assert helps[0] == helps[1] == helps[2] and "domrun run [OPTION...] FILE" in helps[0], helps[0]
    assert max(map(len, helps[0].splitlines())) < 80, helps[0]


def test_usage_of_root():
    with guest.Directory() as directory:
        assert "--root=DIR" in directory.verb("console", "--help").out


if __name__ == "__main__":
    tap.main()
