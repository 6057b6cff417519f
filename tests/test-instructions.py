#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How many instructions of domrun's own `argv` takes for a small, a usual and a 500 disks' document.

valgrind counts them, so that neither the machine nor what else runs on it matters; those of the libraries are left out,
which differ from one system to the next. What is recorded was counted with gcc; another compiler, or another version, may
need as much more as ALLOWED says. Who makes domrun slower by more finds it here. Where it is worth that, or where it has
become much quicker (a test asks, so that the bound stays one), the figures are to be recorded anew."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import documents
import tap

DOMRUN = os.environ.get("DOMRUN", "build/domrun")
ALLOWED = 1.25
QUICKER = 0.6

RECORDED = {"small": 126_000, "usual": 251_000, "500": 16_230_000}
TEXTS = {"small": documents.SMALL, "usual": documents.USUAL, "500": documents.disks(500)}


def why_not():
    """What this build or machine lacks, or None."""
    if os.environ.get("DOMRUN_SANITIZERS") == "yes":
        return "needs version: a build without sanitizers, as that of make distcheck"
    if not re.search(r"-O[23]\b", os.environ.get("DOMRUN_CFLAGS", "-O2")):
        return "needs version: a build with -O2"
    if os.uname().machine != "x86_64":
        return "needs hardware: x86-64"
    if not shutil.which("valgrind"):
        return "there is no valgrind"
    return None


def count_own(profile, program):
    """The instructions of @program alone, of what callgrind wrote: a line of cost follows the object and function that
    it is of; but one that follows "calls=" is what was called."""
    objects, own, is_own, is_callee = {}, 0, False, False
    for line in profile.splitlines():
        if found := re.match(r"ob=\((\d+)\)(?: (.*))?", line):
            number, name = found.groups()
            if name:
                objects[number] = name
            is_own = objects[number] == program
        elif found := re.match(r"cob=\((\d+)\) (.*)", line):
            objects[found[1]] = found[2]
        elif line.startswith("calls="):
            is_callee = True
        elif found := re.match(r"[+*\-\d]\S* (\d+)$", line):
            own += int(found[1]) if is_own and not is_callee else 0
            is_callee = False
    return own


def count(name):
    with tempfile.TemporaryDirectory() as directory:
        path, out = pathlib.Path(directory) / "guest.xml", pathlib.Path(directory) / "out"
        path.write_text(TEXTS[name])
        program = str(pathlib.Path(DOMRUN).resolve())
        done = subprocess.run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}", program, "argv",
                               "--quiet", "--seed=instructions", path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("qemu-system-x86_64 "), done.stdout
        return count_own(out.read_text(), program)


def check(name):
    instructions, recorded = count(name), RECORDED[name]
    tap.diagnostics(f"{name}: {instructions} instructions, {instructions / recorded:.2f} of what is recorded")
    assert instructions <= recorded * ALLOWED, f"{instructions} instructions, and {recorded} are recorded"
    assert instructions >= recorded * QUICKER, f"only {instructions} instructions: record that, instead of {recorded}"


def test_the_count_itself():
    profile = "\n".join(["ob=(1) /lib/c.so", "fn=(1) a", "10 5", "cob=(2) /bin/domrun", "cfn=(2) main", "calls=1 7", "10 100",
                         "ob=(2)", "fn=(2)", "7 30", "+3 4", "cob=(1)", "cfn=(1)", "calls=2 10", "* 9", "-2 1", "* 2"])
    assert count_own(profile, "/bin/domrun") == 37, count_own(profile, "/bin/domrun")
    assert count_own(profile, "/lib/c.so") == 5


def test_small_document():
    check("small")


def test_usual_document():
    check("usual")


def test_500_disks():
    check("500")


if __name__ == "__main__":
    if why_not():
        print(f"1..0 # SKIP {why_not()}")
    else:
        tap.main()
