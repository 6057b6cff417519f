#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The walls of the house, read from the includes (HACKING.md draws them).

A header and the sources of its name (f.h, f.c, f-qemu.c) are one room. Rooms never stand in a circle, and a folder
includes only what the table allows it."""
import os
import pathlib
import re

import tap

SOURCE = pathlib.Path(os.environ.get("DOMRUN_SRCDIR", ".")) / "src"

# Who may include whom, from the ground up. A folder may always include itself, and its own part of a room.
BASE = {"base"}
MAY_INCLUDE = {
    "base": set(),
    "xml": BASE,
    "qemu": BASE,
    # From a document to a plan: pure.
    "domain": BASE | {"xml", "qemu"},
    "devices": BASE | {"xml", "qemu", "domain"},
    "change": BASE | {"xml"},
    "machine": BASE | {"xml", "qemu", "domain", "devices", "change"},
    # From a plan to a guest.
    "process": BASE,
    "console": BASE,
    "qmp": BASE,
    "host": BASE | {"qemu", "process"},
    "control": BASE | {"qmp", "host"},
    "supervise": BASE | {"qemu", "process", "console", "qmp", "host", "control"},
    "commands": {"base", "xml", "change", "qemu", "domain", "machine", "process", "console", "qmp", "host", "control", "supervise"},
    # For clients of libvirt's.
    "libvirt": BASE | {"xml", "qemu", "domain", "process", "host", "control"},
    ".": {"base", "commands"},
}

# The plain structs in which the wings meet beside the plan, and the few arrows that have a reason of their own.
EXCEPTIONS = {
    ("supervise", "domain/lifecycle.h"): "what the document wants at the guest's end",
    ("supervise", "domain/live-facts.h"): "what became of the devices",
    ("host", "domain/firmware-request.h"): "what a document wants of a firmware of this host",
    ("host", "domain/cpu-host.h"): "what KVM says of this host's CPU",
    ("host", "xml/document.h"): "libvirt's definitions of networks on this host are XML, too",
    ("host", "xml/element.h"): "and so are those of secrets",
}


def includes(path):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.MULTILINE)


def files():
    return sorted(path for path in SOURCE.rglob("*") if path.suffix in (".c", ".h"))


def room_of(name):
    return re.sub(r"(-qemu)?\.[ch]$", "", name)


def folder_of(name):
    return name.split("/")[0] if "/" in name else "."


def arrows():
    """Each arrow from a room to another, with a file and an include that draw it."""
    for path in files():
        name = str(path.relative_to(SOURCE))
        for included in includes(path):
            if included != "config.h" and room_of(included) != room_of(name):
                yield name, included


def circles(graph):
    """Tarjan's strongly connected components of more than one room."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(room):
        index[room] = low[room] = len(index)
        stack.append(room)
        on_stack.add(room)
        for other in sorted(graph.get(room, ())):
            if other not in index:
                visit(other)
                low[room] = min(low[room], low[other])
            elif other in on_stack:
                low[room] = min(low[room], index[other])
        if low[room] == index[room]:
            component = []
            while not component or component[-1] != room:
                component.append(stack.pop())
                on_stack.remove(component[-1])
            if len(component) > 1:
                found.append(sorted(component))

    for room in sorted(graph):
        if room not in index:
            visit(room)
    return found


def test_no_circle():
    graph = {}
    for name, included in arrows():
        graph.setdefault(room_of(name), set()).add(room_of(included))
    found = circles(graph)
    assert not found, "\n".join(
        ["these rooms include each other:"] + [f"  {room} -> {', '.join(sorted(graph[room] & set(circle)))}"
                                               for circle in found for room in circle])


def test_directions():
    folders = {folder_of(str(path.relative_to(SOURCE))) for path in files()}
    assert folders == set(MAY_INCLUDE), f"the table of folders is not that of the tree: {folders ^ set(MAY_INCLUDE)}"
    against = []
    for name, included in arrows():
        folder, other = folder_of(name), folder_of(included)
        if other != folder and other not in MAY_INCLUDE[folder] and (folder, included) not in EXCEPTIONS:
            against.append(f"{name} includes {included}")
    assert not against, "\n".join(["against the direction:"] + against)


def test_registry_is_known_to_machine_alone():
    against = [name for name, included in arrows()
               if included == "devices/registry.h" and folder_of(name) != "machine"]
    assert not against, f"devices/registry.h is included by {against}"


def test_exceptions_are_used():
    used = {(folder_of(name), included) for name, included in arrows()}
    assert set(EXCEPTIONS) <= used, f"nobody needs these any more: {set(EXCEPTIONS) - used}"


def test_the_check_itself():
    """A circle of two rooms, and one by way of a third, are seen."""
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == [["a", "b"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


if __name__ == "__main__":
    tap.main()
