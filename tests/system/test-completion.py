#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The completions of bash, zsh and fish, driven in the shells themselves: what Tab puts on the line."""

import contextlib
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import guest
import tap

SOURCE = pathlib.Path(os.environ.get("DOMRUN_SRCDIR", pathlib.Path(__file__).resolve().parents[2]))
COMPLETION = SOURCE / "data/completion"
COMPLETE = COMPLETION / "complete.sh"


@contextlib.contextmanager
def place():
    """A directory with a file and a directory, and a guest that runs, which the usual root knows."""
    with guest.Directory() as directory:
        programs = directory.path / "bin"
        programs.mkdir()
        (programs / "domrun").symlink_to(guest.DOMRUN)
        directory.environment.update(PATH=f"{programs}:{os.environ['PATH']}", DOMRUN_COMPLETE=str(COMPLETE), TERM="dumb",
                                     HOME=str(directory.path), DOMRUN_ROOT=str(directory.runtime))
        directory.write("with space.xml", "")
        (directory.path / "folder").mkdir()
        run = directory.run(guest.hello_xml("<serial type='pty'/><serial type='pty'><alias name='ua-second'/></serial>",
                                            name="web-server"))
        directory.await_state("web-server")
        yield directory
        directory.verb("destroy", "web-server")
        run.wait()
        directory.assert_nothing_left()


def script(name):
    """The completion as it is installed, but for where complete.sh is, which the environment says."""
    return COMPLETION / f"{name}.in"


class Shell:
    """An interactive shell at a terminal."""

    def __init__(self, directory, words, prepare):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=directory.environment,
                                        cwd=directory.path, start_new_session=True)
        os.close(slave)
        self.text = ""
        self.send(prepare + "\nprintf 'rea%s\\n' dy\n")
        self.expect("ready\r?\n")

    def send(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern):
        deadline = time.monotonic() + guest.PATIENCE
        while not re.search(pattern, self.text):
            left = deadline - time.monotonic()
            assert left > 0, f"no '{pattern}' in {self.text!r}"
            if select.select([self.master], [], [], left)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        self.text = ""

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


CASES = [
    ("domrun dest", ["domrun", "destroy"]),
    ("domrun run --graphics=sp", ["domrun", "run", "--graphics=spice"]),
    ("domrun run --restart", ["domrun", "run", "--restart-limit="]),
    ("domrun run wi", ["domrun", "run", "with space.xml"]),
    ("domrun run --dump-dir=fo", ["domrun", "run", "--dump-dir=folder/"]),
    ("domrun run --dump-dir fo", ["domrun", "run", "--dump-dir", "folder/"]),
    ("domrun wait x pause", ["domrun", "wait", "x", "paused"]),
]


def cases(directory):
    root = f"--root={directory.runtime}"
    return CASES + [
        (f"domrun shutdown {root} we", ["domrun", "shutdown", root, "web-server"]),
        (f"domrun ssh {root} me@we", ["domrun", "ssh", root, "me@web-server"]),
        (f"domrun console {root} web-server ua-", ["domrun", "console", root, "web-server", "ua-second"]),
    ]


def need(name):
    if not shutil.which(name):
        raise tap.Skip(f"there is no {name} (package {name})")


def drive(directory, words, prepare):
    shell = Shell(directory, words, prepare)
    try:
        for line, result in cases(directory):
            # `show` is completed as domrun is, and prints the words that it gets.
            shell.send(f"show {line.removeprefix('domrun ')}\t\n")
            # zsh takes the slash away again where the line ends with it.
            shell.expect("".join(re.escape(f"<{word}>").replace("/>", "/?>") for word in result[1:]) + "!")
    finally:
        shell.close()


def test_bash():
    need("bash")
    with place() as directory:
        drive(directory, ["bash", "--norc", "--noprofile", "-i"],
              f"PS1=; source '{script('domrun.bash')}'; show() {{ printf '<%s>' \"$@\"; printf '!\\n'; }}; complete -F _show show; "
              "_show() { COMP_WORDS[0]=domrun; _domrun; }")


def test_zsh():
    need("zsh")
    with place() as directory:
        functions = directory.path / "functions"
        functions.mkdir()
        shutil.copy(script("_domrun"), functions / "_domrun")
        drive(directory, ["zsh", "-f", "-i"],
              f"PS1=; unsetopt zle_bracketed_paste prompt_sp; fpath=({functions} $fpath); autoload -U compinit; compinit -u -D; "
              "show() { printf '<%s>' \"$@\"; printf '!\\n' }; _show() { words[1]=domrun; _domrun }; compdef _show show; "
              "zstyle ':completion:*' menu no")


def test_fish():
    need("fish")
    with place() as directory:
        for line, result in cases(directory):
            made = subprocess.run(["fish", "--no-config", "-c", f"source {script('domrun.fish')}; complete -C '{line}'"],
                                  capture_output=True, text=True, env=directory.environment, cwd=directory.path, check=True)
            words = [text.split("\t")[0] for text in made.stdout.splitlines()]
            assert result[-1] in words, (line, words, made.stderr)


def test_what_there_is():
    """What each shell makes of it is above: here is all that can be said."""
    with place() as directory:
        def complete(*words):
            made = subprocess.run(["sh", COMPLETE, "domrun", *words], capture_output=True, text=True, env=directory.environment,
                                  check=True)
            assert made.stderr == "", made.stderr
            return made.stdout.splitlines()

        root = f"--root={directory.runtime}"
        helped = subprocess.run([guest.DOMRUN, "--help"], capture_output=True, text=True, check=True).stdout
        verbs = re.findall(r"^  ([a-z][a-z-]*)  ", helped, re.MULTILINE)
        assert complete("") == [*verbs, "--help", "--version"] and "run" in verbs
        for verb in verbs:
            assert {"--help"} < set(complete(verb, "-")), verb
        assert complete("start", "") == [":files"], "a verb of virsh's"
        assert complete("help", "") == verbs and complete("help", "run", "") == []
        assert complete("nonsense", "") == []
        assert complete("domstate", root, "") == ["web-server"]
        assert complete("domstate", "--root", str(directory.runtime), "") == ["web-server"]
        assert complete("domstate", root, "web-server", "") == []
        assert set(complete("console", root, "web-server", "")) >= {"serial0", "ua-second"}
        assert complete("run", "--root", "") == [":directories"] and complete("run", "--emulator=") == [":files"]
        assert complete("run", "--type=") == ["--type=qemu", "--type=kvm"]
        assert complete("run", "--", "-") == [":files"]
        assert "ret" in complete("send-key", "x", "ctrl", "") and complete("dompmsuspend", "x", "") == ["mem", "disk", "hybrid"]
        assert complete("dump", "x", "") == [":files"] and complete("qmp", "x", "") == []


if __name__ == "__main__":
    tap.main()
