#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`domrun view` and `domrun ssh`: which program they start, and what they tell it. The programs are stand-ins that write
down what they got; what ssh itself makes of its options, `ssh -G` prints."""

import configparser
import contextlib
import json
import os
import shutil
import socket
import subprocess

import guest
import tap

HELLO = "hello from domrun, boot "


@contextlib.contextmanager
def running(devices, *options):
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='stdio'/>" + devices), *options)
        run.expect(HELLO + "1")
        directory.await_state("hello")
        yield directory
        directory.verb("destroy", "hello")
        run.wait()
        directory.assert_nothing_left()


def stand_in(directory, name):
    """A program @name in the only directory of PATH, which prints its arguments and the files that it finds among them."""
    programs = directory.path / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / name
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\nfor word; do case $word in /proc/*) /bin/cat \"$word\" ;; esac; done\n")
    program.chmod(0o755)
    directory.environment["PATH"] = str(programs)
    return program


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# ---- ssh ----


def test_ssh_by_a_forwarded_port():
    port = free_port()
    with running("<interface type='user'/>", f"--forward={port}:22") as directory:
        stand_in(directory, "ssh")
        program, *words = directory.verb("ssh", "me@hello", "ls", "-l", "/x y").out.splitlines()
        assert words[-3:] == ["ls", "-l", "/x y"], words
        assert words[:4] == ["-p", str(port), "-o", "HostName=127.0.0.1"], words
        assert words[words.index("-l") + 1] == "me", words
        uuid = directory.verb("domuuid", "hello").out.strip()
        assert f"HostKeyAlias=domrun-{uuid}" in words and f"domrun-{uuid}" in words, words
        if shutil.which("ssh"):
            made = subprocess.run([shutil.which("ssh"), "-G", *words], capture_output=True, text=True, check=True).stdout
            for line in ("hostname 127.0.0.1", f"port {port}", "user me", f"hostkeyalias domrun-{uuid}"):
                assert line in made.splitlines(), (line, made)


def test_ssh_by_a_range_that_leads_there():
    port = free_port()
    forward = (f"<interface type='user'><portForward proto='udp' address='127.0.0.1'><range start='{port}' to='22'/></portForward>"
               f"<portForward proto='tcp' address='127.0.0.1'><range start='{port}' end='{port + 4}' to='20'/></portForward></interface>")
    with running(forward) as directory:
        stand_in(directory, "ssh")
        words = directory.verb("ssh", "hello").out.splitlines()
        assert words[1:3] == ["-p", str(port + 2)] and "-l" not in words, words


def test_ssh_without_a_way():
    with running("<interface type='user'/>") as directory:
        stand_in(directory, "ssh")
        said = directory.verb("ssh", "hello", code=12).err
        assert said == ("domrun: error: no port of this host leads to port 22 of 'hello', and it has no vsock\n"
                        "  'domrun run --forward=2222:22' makes one; 'domrun domifaddr hello' asks the guest's agent for its addresses\n"
                        ), said
        assert "no guest" in directory.verb("ssh", "me@nobody", code=10).err


def test_ssh_that_is_not_there():
    port = free_port()
    with running("<interface type='user'/>", f"--forward={port}:22") as directory:
        (directory.path / "bin").mkdir()
        directory.environment["PATH"] = str(directory.path / "bin")
        assert "cannot execute 'ssh': No such file or directory\n  the package openssh-client has it" in \
            directory.verb("ssh", "hello", code=4).err


# ---- view ----


def test_view_by_a_connection_file():
    """It has the password, which stands on no command line."""
    with running("<graphics type='vnc' listen='127.0.0.77' port='-1' autoport='yes' passwd='secret'/>") as directory:
        stand_in(directory, "remote-viewer")
        program, path, *lines = directory.verb("view", "hello").out.splitlines()
        assert program.endswith("/remote-viewer") and path.startswith("/proc/self/fd/"), (program, path)
        file = configparser.ConfigParser()
        file.read_string("\n".join(lines))
        display, = json.loads(directory.verb("domdisplay", "--json", "hello").out)
        assert dict(file["virt-viewer"]) == {"type": "vnc", "title": "hello", "host": "127.0.0.77",
                                             "port": str(display["port"]), "password": "secret"}, lines


def test_view_of_vnc_alone():
    with running("<graphics type='vnc' listen='127.0.0.77' port='-1' autoport='yes'/>") as directory:
        stand_in(directory, "vncviewer")
        display, = json.loads(directory.verb("domdisplay", "--json", "hello").out)
        assert directory.verb("view", "hello").out.splitlines()[1:] == [f"127.0.0.77::{display['port']}"]
        assert "has no display of type spice to look at" in directory.verb("view", "--type=spice", "hello", code=12).err


def test_view_of_a_socket():
    with running("<graphics type='vnc'><listen type='socket'/></graphics>") as directory:
        stand_in(directory, "vncviewer")
        said = directory.verb("view", "hello", code=4).err
        assert "this host has no viewer for vnc\n  the package virt-viewer has one" in said, said
        stand_in(directory, "xtigervncviewer")
        path = directory.verb("vncdisplay", "hello").out.strip()
        assert directory.verb("view", "hello").out.splitlines()[1:] == [path]
        stand_in(directory, "remote-viewer")
        assert f"unix-path={path}" in directory.verb("view", "hello").out.splitlines()


def test_view_without_a_display():
    with running("") as directory:
        stand_in(directory, "remote-viewer")
        assert "the guest 'hello' has no display to look at\n  'domrun run --graphics=vnc' gives it one" in \
            directory.verb("view", "hello", code=12).err


if __name__ == "__main__":
    tap.main()
