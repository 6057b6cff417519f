#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The golden cases: what `domrun argv` makes of each document in tests/golden/FAMILY/.

CASE.xml has either
    CASE.argv     the exact standard output; "@DIR@" stands for the case's directory, "@STATE@" for where domrun keeps files
                  of guests. The exit code has to be 0.
    CASE.warn     the exact standard error, where there is any
or
    CASE.err      the exact standard error, and "exit N" on the last line. Standard output has to be empty.
and may have
    CASE.args     options, one a line (--strict, --exact, --json, ...); without --seed there is one
    CASE.nostart  why golden-start.py cannot start it ("needs hardware: ...")

What is said about the host the tests run on (a disk that is not there, /dev/kvm) is left out, except that a file is
missing from the case's own directory: nothing else is the same everywhere.

DOMRUN_GOLDEN_REGENERATE=1 rewrites the expectations, and the run fails all the same: look at the difference, and
commit it if it is what you meant. Names on the command line (FAMILY/CASE, or a part of it) select cases.
"""

import dataclasses
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

DOMRUN = os.environ.get("DOMRUN", "build/domrun")
SOURCE = pathlib.Path(os.environ.get("DOMRUN_SRCDIR", pathlib.Path(__file__).resolve().parents[1]))
GOLDEN = SOURCE / "tests/golden"
REGENERATE = os.environ.get("DOMRUN_GOLDEN_REGENERATE") == "1"
STATE = os.fsencode("/var/lib/domrun" if os.geteuid() == 0 else
                    os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "domrun"))
SUFFIXES = ("xml", "argv", "warn", "err", "args", "nostart")

# How each message of host/requirements.c begins.
HOST_FINDING = re.compile(rb": warning: (?:<[^ ]*>: )?(?:attribute '[^']*': )?(?:no such file: "
                          rb"|cannot (?:find|read|write|execute|make|open|listen on|connect to) |cannot make files in "
                          rb"|'[^']*' is (?:there, and is )?not a (?:socket|character device)|there is no FIFO "
                          rb"|another program listens on |a (?:file|directory) is expected, and |the emulator '[^']*' is not in PATH"
                          rb"|the host has no (?:bridge|tap device|network device|PCI device|USB device|SCSI device|mediated device) |the network device '[^']*' is down"
                          rb"|the program '[^']*' is not in PATH|ovs-vsctl, which attaches |the host's own driver '"
                          rb"|neither 'xorrisofs' nor |no driver has the PCI device |the (?:PCI|SCSI|mediated) device |the host has [0-9]+ USB devices |VFIO locks "
                          rb"|only root can take the PCI device |the kernel has no driver |the network '[^']*' is not active: "
                          rb"|the bridge '[^']*', which --network gives "
                          rb"|there is no file '[^']*' for the firmware's variables|this host has no (?:UEFI firmware|CPU) "
                          rb"|[0-9]+ huge pages of |this host's kernel has no huge pages"
                          rb"|nobody has the secret |nobody knows the pool |(?:this user|root|'[^']*') may not |'kvm' needs /dev/kvm)")
MISSING_HERE = re.compile(rb": no such file: '@DIR@/")


@dataclasses.dataclass
class Case:
    family: str
    name: str

    @property
    def title(self):
        return f"{self.family}/{self.name}"

    def path(self, suffix):
        return GOLDEN / self.family / f"{self.name}.{suffix}"

    def read(self, suffix):
        """The bytes of that file, or None."""
        try:
            return self.path(suffix).read_bytes()
        except FileNotFoundError:
            return None

    @property
    def directory(self):
        return pathlib.Path(os.path.realpath(GOLDEN / self.family))


def split_name(file_name):
    """(case, suffix) of a file; the suffix is None where it is none of ours."""
    stem, _, suffix = file_name.rpartition(".")
    return stem, suffix if suffix in SUFFIXES else None


def list_cases():
    """All cases, and all files that belong to none."""
    cases, strays = [], []
    for family in sorted(GOLDEN.iterdir()) if GOLDEN.is_dir() else []:
        if not family.is_dir():
            strays.append(family.name)
            continue
        names = sorted(path.name for path in family.iterdir())
        found = {stem for stem, suffix in map(split_name, names) if suffix == "xml"}
        cases += [Case(family.name, name) for name in sorted(found)]
        strays += [f"{family.name}/{name}" for name in names
                   if split_name(name)[0] not in found or split_name(name)[1] is None]
    return cases, strays


def select(cases, wanted):
    return [case for case in cases if not wanted or any(part in case.title for part in wanted)]


def without_host_findings(text):
    """Standard error without what is said about this host, each finding with the advice that follows it."""
    kept, dropping = [], False
    for line in text.splitlines(keepends=True):
        if not line.startswith(b"  "):
            dropping = bool(HOST_FINDING.search(line)) and not MISSING_HERE.search(line)
        if not dropping:
            kept.append(line)
    return b"".join(kept)


def make_environment(directory):
    """That of each run: always the same, and with emulators in PATH, wherever this host has them."""
    for name in ("qemu-system-x86_64", "qemu-system-i386"):
        (directory / name).touch(mode=0o755)
    return dict(os.environ, PATH=f"{directory}:{os.environ['PATH']}", LC_ALL="C.UTF-8", TZ="UTC",
                SOURCE_DATE_EPOCH="1211716800")


def run_domrun(case, environment, *more):
    """Exit code, standard output and standard error, normalised."""
    options = (case.read("args") or b"").decode().splitlines()
    if not any(option.startswith("--seed") for option in options):
        options.insert(0, "--seed=")  # what is generated would follow from this host, too
    done = subprocess.run([os.path.abspath(DOMRUN), "argv", *options, *more, f"{case.name}.xml"], cwd=case.directory,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=tap.PATIENCE, check=False,
                          env=environment)
    here = os.fsencode(case.directory)
    out, err = (text.replace(here, b"@DIR@").replace(STATE, b"@STATE@") for text in (done.stdout, done.stderr))
    return done.returncode, out, without_host_findings(err)


def difference(expected, actual, name):
    lines = [text.decode(errors="backslashreplace").splitlines() for text in (expected or b"", actual or b"")]
    return "\n".join(difflib.unified_diff(*lines, f"{name} (expected)", f"{name} (actual)", lineterm="", n=2))


def check(case, environment):
    assert os.path.lexists(DOMRUN), f"there is no {DOMRUN}"
    code, out, err = run_domrun(case, environment)
    if code == 0:
        actual = {"argv": out, "warn": err or None, "err": None}
    else:
        actual = {"argv": out or None, "warn": None, "err": err + f"exit {code}\n".encode()}
    expected = {suffix: case.read(suffix) for suffix in actual}
    problems = [difference(expected[suffix], actual[suffix], case.path(suffix).name)
                or f"{case.path(suffix).name} is empty, and should not be there"
                for suffix in actual if expected[suffix] != actual[suffix]]
    if expected["argv"] is None and expected["err"] is None:
        problems.insert(0, "the case has neither .argv nor .err")
    if REGENERATE and problems and code >= 0 and code != 99:
        for suffix, text in actual.items():
            if text is None:
                case.path(suffix).unlink(missing_ok=True)
            else:
                case.path(suffix).write_bytes(text)
        problems.append("regenerated: look at the difference before it is committed")
    if problems:
        raise tap.Failure("\n".join(problems))


def main():
    cases, strays = list_cases()
    wanted = sys.argv[1:]

    def check_strays():
        assert not strays, f"these files belong to no case: {', '.join(strays)}"

    def check_some():
        assert cases, f"there is no case in {GOLDEN}"

    with tempfile.TemporaryDirectory(prefix="domrun-") as directory:
        environment = make_environment(pathlib.Path(directory))
        tests = [(case.title, lambda case=case: check(case, environment)) for case in select(cases, wanted)]
        if not wanted:
            tests += [("there are cases", check_some), ("every file belongs to a case", check_strays)]
        passed = tap.run_cases(tests, jobs=2)
    if REGENERATE:
        tap.diagnostics("DOMRUN_GOLDEN_REGENERATE is set: this run does not count as passed")
    sys.exit(0 if passed and not REGENERATE else 1)


if __name__ == "__main__":
    main()
