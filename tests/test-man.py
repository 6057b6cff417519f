#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The man page has every verb and every option of it, and no other: it is compared with `domrun --help` and
`domrun VERB --help-all`. And --help fits a screen, and has an example.

In the page, the options of a verb are the .Fl of its .It Cm, and those of a list, or the rest of one, after a comment
`.\\" options: VERB ...`, which may name one by itself (+json)."""

import os
import pathlib
import re
import shutil
import subprocess

import tap

SOURCE = pathlib.Path(__file__).resolve().parents[1]
DOMRUN = os.environ.get("DOMRUN", str(SOURCE / "build/domrun"))
PAGE = SOURCE / "data/man/domrun.1"


def print_help(*arguments, option="--help"):
    return subprocess.run([DOMRUN, *arguments, option], capture_output=True, text=True, check=True).stdout


def verbs():
    return re.findall(r"^  ([a-z][a-z-]*)  ", print_help(), re.MULTILINE)


def options_of_help(verb):
    return set(re.findall(r"^ +(?:-[a-z], )?--([a-z-]+)", print_help(verb, option="--help-all"), re.MULTILINE))


def options_of_page():
    """A set of options for each verb."""
    found, current, depth = {}, [], 0
    started, comment = False, False
    for line in PAGE.read_text().splitlines():
        if line.startswith(".Sh "):
            started = line == ".Sh DESCRIPTION"
        if not started:
            continue
        if marker := re.match(r'\.\\" options: (.*)', line):
            words = marker[1].split()
            named = [word[1:] for word in words if word.startswith("+")]
            listed = [word for word in words if not word.startswith("+")]
            for verb in listed:
                found.setdefault(verb, set()).update(named)
            if not named:
                current = current + listed if comment else listed
            comment = True
            continue
        comment = False
        if line.startswith(".Bl"):
            depth += 1
        elif line.startswith(".El"):
            depth -= 1
            if depth == 0:
                current = []
        elif depth == 1 and line.startswith(".It Cm "):
            current = [word for word in re.split(r"[ ,]+", line[len(".It Cm "):]) if re.fullmatch("[a-z-]+", word)]
            for verb in current:
                found.setdefault(verb, set())
        if line.startswith((".Fl ", ".It Fl ")) and depth > 0:
            for verb in current:
                found.setdefault(verb, set()).update(re.findall(r"(?:Fl|,) (?:[a-z] , )?-([a-z-]+)", line))
    return found


def test_verbs():
    known, page = set(verbs()), set(options_of_page())
    assert known == page, f"only in --help: {known - page}, only in the page: {page - known}"


def test_options():
    page = options_of_page()
    for verb in verbs():
        known, said = options_of_help(verb), page.get(verb, set())
        assert known == said, f"{verb}: only in --help: {known - said}, only in the page: {said - known}"


def test_help_fits_a_screen():
    for verb in verbs():
        lines = print_help(verb).splitlines()
        assert len(lines) <= 24, f"{verb} --help has {len(lines)} lines"
        wide = [line for option in ("--help", "--help-all") for line in print_help(verb, option=option).splitlines()
                if len(line) > 79]
        assert not wide, f"{verb}: {wide}"


def test_help_has_examples():
    for verb in verbs():
        examples = re.findall(r"^  (domrun \S+ .*)$", print_help(verb).partition("Example:")[2].partition("Options:")[0], re.MULTILINE)
        assert examples, f"{verb} --help has no example"
        for example in examples:
            assert example.split()[1] == verb, example
            unknown = set(re.findall(r"--([a-z-]+)", example.partition(" -- ")[0])) - options_of_help(verb)
            assert not unknown, f"'{example}' has {unknown}"


def test_pages_are_clean():
    """As both of the programs that show them read them."""
    pages = sorted(map(str, PAGE.parent.glob("*.[1-8]")))
    assert len(pages) >= 3, pages
    if not shutil.which("mandoc") or not shutil.which("man"):
        raise tap.Skip("there is no mandoc, or no man")
    said = subprocess.run(["mandoc", "-Tlint", "-W", "warning", *pages], capture_output=True, text=True, check=False).stdout
    assert not said, said
    for page in pages:
        done = subprocess.run(["man", "--warnings", "-l", page], env=dict(os.environ, MANPAGER="cat", MANWIDTH="80", LC_ALL="C.UTF-8"),
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr


def test_pages_refer_to_what_is_there():
    pages = {path.name for path in PAGE.parent.glob("*.[1-8]")}
    for path in PAGE.parent.glob("*.[1-8]"):
        named = {f"{name}.{section}" for name, section in re.findall(r"^\.Xr (domrun\S*) (\d)", path.read_text(), re.MULTILINE)}
        assert named <= pages, f"{path.name} names {named - pages}"


if __name__ == "__main__":
    tap.main()
