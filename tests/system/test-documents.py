#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands of README.md and of the manual pages do what stands beside them: each is run, as it is written, by a shell,
in a directory with the documents that it names; or it is listed here with the reason why not."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

import guest
import tap

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# What is not run.
NOT_HERE = {
    "./scripts/demo": "it installs packages, and builds",
    "./scripts/check": "it runs this test",
    "systemctl enable --now domrun@web": "needs systemd: test-systemd.py looks at the units",
    "systemctl --user enable --now domrun@web": "needs systemd",
    "autoreconf -fi && mkdir -p build && cd build && ../configure && make && make check && make install": "it runs this test",
    "driverctl set-override 0000:01:00.0 vfio-pci": "needs a device of the host's to give away",
}

# What a terminal would type, and what ends a guest that goes on; what has to be said.
TYPED = {"domrun run --console": b"p", "domrun run guest.xml": b""}
SAYS = {
    "domrun run --console": "hello from domrun, boot 1",
    "domrun argv": "-name guest=",
    "domrun list": "Id",
    "virsh": "Id",
}


def commands_of_readme():
    blocks = re.findall(r"(?:^    .*\n)+", (SOURCE / "README.md").read_text(), re.MULTILINE)
    for block in blocks:
        lines = [line[4:] for line in block.splitlines()]
        if any(line.startswith("$ ") for line in lines):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        else:
            lines = [line for line in lines if not line.startswith(("guest.xml:", " "))]
        for line in lines:
            yield re.split(r"  +", line)[0].strip()


def commands_of_pages():
    for page in sorted((SOURCE / "data/man").glob("*.[1-8]")):
        for line in re.findall(r"^\.Dl (.*)$", page.read_text(), re.MULTILINE):
            yield re.sub(r"^[$#] ", "", line).replace(r"\e", "\\")


def find(table, command):
    return next((value for words, value in table.items() if command.startswith(words)), None)


def make_programs(directory):
    """The programs under their names, which look for guests in @directory alone."""
    path = directory.path / "bin"
    path.mkdir()
    root, program = shlex.quote(str(directory.runtime)), shlex.quote(os.path.abspath(guest.DOMRUN))
    scripts = {"domrun": f'case $1 in argv | check | init) exec {program} "$@" ;; esac\nverb=$1\nshift\n'
                         f'exec {program} "$verb" --root {root} "$@"\n',
               "domrun-libvirt": f'exec {program}-libvirt --root {root} "$@"\n'}
    for name, text in scripts.items():
        (path / name).write_text("#!/bin/sh\n" + text)
        (path / name).chmod(0o755)
    return path


def make_directory(directory):
    """What the commands name; returns their environment."""
    xml = guest.hello_xml("<serial type='pty'/>")
    directory.write("guest.xml", xml)
    (directory.path / "build/data/examples").mkdir(parents=True)
    directory.write("build/data/examples/hello.xml", xml)
    path = f"{make_programs(directory)}:{os.environ['PATH']}"
    return {name: value for name, value in directory.environment.items() if not name.startswith("LIBVIRT_")} | \
        {"PATH": path, "HOME": str(directory.path)}


def run(command):
    with guest.Directory() as directory:
        environment = make_directory(directory)
        process = subprocess.Popen(["sh", "-c", command], cwd=directory.path, env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if command == "domrun run guest.xml":        # it goes on until somebody ends it
            directory.await_state("hello")
            directory.destroy("hello")
        said, errors = process.communicate(find(TYPED, command) or b"", timeout=guest.PATIENCE)
        assert process.returncode in (0, 8 if command == "domrun run guest.xml" else 0), (command, process.returncode, errors)
        wanted = find(SAYS, command)
        output = said.decode(errors="replace") + "".join(
            (directory.path / name).read_text(errors="replace") for name in re.findall(r">\s*(\S+)$", command))
        assert not wanted or wanted in output, (command, output, errors)
        if "--detach" in command:
            directory.verb("destroy", "hello")
        directory.assert_nothing_left()


def try_all(commands):
    commands = list(commands)
    assert len(commands) >= 4, commands
    for command in commands:
        bare = command.partition("#")[0].strip()
        if bare in NOT_HERE or (bare.startswith("virsh") and not shutil.which("virsh")):
            continue
        run(bare)


def test_commands_of_readme():
    try_all(commands_of_readme())


def test_commands_of_pages():
    try_all(commands_of_pages())


def test_what_is_not_run_is_there():
    bare = {command.partition("#")[0].strip() for command in [*commands_of_readme(), *commands_of_pages()]}
    assert set(NOT_HERE) <= bare, set(NOT_HERE) - bare


if __name__ == "__main__":
    tap.main()
