#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SECURITY.md names tests that there are: the last column of each of its tables that is headed "test"."""

import pathlib
import re

import tap

SOURCE = pathlib.Path(__file__).resolve().parents[1]
USUAL = "test-confinement.py"    # of a cell that names no program


def cells_of(text):
    """The last cell of each row below such a header."""
    is_wanted = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            is_wanted = False
        elif cells[-1] == "test":
            is_wanted = True
        elif is_wanted and set(cells[-1]) != {"-"}:
            yield cells[-1]


def names_in(cell):
    """(program, names): "test-x.py, one, another" or "one, another"; what follows a colon says more."""
    first, *rest = [part.strip() for part in cell.partition(":")[0].split(",")]
    return (first, rest) if first.endswith(".py") else (USUAL, [first, *rest])


def find(cell, read):
    """What is wrong with it, or None; @read returns the text of a program, or None."""
    program, names = names_in(cell)
    text = read(program)
    if text is None:
        return f"'{cell}': there is no {program}"
    for name in names:
        if not re.search(rf"(?m)^(?:def )?test_{re.escape(re.sub('[ -]', '_', name))}(?:\(| =)", text):
            return f"'{cell}': {program} has no test '{name}'"
    return None


def read_program(program):
    paths = [path for path in (SOURCE / program, SOURCE / "tests/system" / program) if path.exists()]
    return paths[0].read_text() if paths else None


def test_named_tests():
    cells = list(cells_of((SOURCE / "SECURITY.md").read_text()))
    assert len(cells) > 30, f"only {len(cells)} rows have been found"
    wrong = [what for what in (find(cell, read_program) for cell in cells) if what]
    assert not wrong, "\n".join(wrong)


def test_the_check_itself():
    text = "| a | test |\n|---|---|\n| x | one two |\n| y | test-x.py, three |\n\n| b | c |\n|---|---|\n| z | no test |\n"
    assert list(cells_of(text)) == ["one two", "test-x.py, three"]
    programs = {USUAL: "def test_one_two():\n", "test-x.py": "test_three = made()\n"}
    assert not find("one two", programs.get) and not find("test-x.py, three", programs.get) and not find("test-x.py: all", programs.get)
    assert "no test 'two'" in find("two", programs.get) and "no test 'one'" in find("test-x.py, three, one", programs.get)
    assert "there is no test-y.py" in find("test-y.py", programs.get)


if __name__ == "__main__":
    tap.main()
