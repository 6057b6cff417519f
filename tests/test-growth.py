#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A document of many things is read in time that grows with their number, not with its square.

Compared is the time of the processor for FEW and for MANY of each thing, so that neither the speed of the machine nor
what else runs on it matters much: where the time grows with the number the two are as FEW to MANY, where it grows with
the square they are as that ratio's square. What is asked lies between the two."""

import os
import resource
import tempfile

import growth
import tap

FEW, MANY = 250, 4000
RATIO = MANY / FEW
ALLOWED = RATIO * 4
FLOOR = 0.004  # what is less than that is not measured well
TRIES = 4

directory = tempfile.TemporaryDirectory()


def seconds(kind, count):
    path = os.path.join(directory.name, f"{kind.name.replace(' ', '-')}-{count}.xml")
    cost = growth.measure(kind, count, path)
    assert cost.code in (0, 3, 4), f"{count} of them: exit code {cost.code}"
    return cost.seconds


def check(kind):
    # The least of each is what a busy machine has disturbed least. What is disturbed at first is measured again: an
    # empty document that seems to take long makes little of FEW.
    empty = fewest = most = float("inf")
    for _ in range(TRIES):
        empty = min(empty, seconds(kind, 0))
        fewest = min(fewest, seconds(kind, FEW))
        most = min(most, seconds(kind, MANY))
        few, many = max(fewest - empty, FLOOR), most - empty
        if many <= few * ALLOWED:
            return
    raise tap.Failure(f"{FEW} take {few:.3f} s, {MANY} take {many:.3f} s: {many / few:.0f} times as much, and they are "
                      f"{RATIO:.0f} times as many")


def cases():
    return [(kind.name, lambda kind=kind: check(kind)) for kind in growth.KINDS]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))  # of each process: what hangs is ended
    with directory:
        passed = tap.run_cases(cases(), jobs=2)
    raise SystemExit(0 if passed else 1)
