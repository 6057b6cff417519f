#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The units of systemd, as `systemd-analyze verify` sees them: nothing that it does not know, and no program that is not
there. Whether they do what they say only a systemd that runs can show."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import guest
import tap

BUILD = pathlib.Path(os.environ.get("DOMRUN_BUILDDIR", "build")) / "data/systemd"
SOURCE = pathlib.Path(os.environ.get("DOMRUN_SRCDIR", pathlib.Path(__file__).resolve().parents[2])) / "data/systemd"


def verify(kind, unit, *others):
    if not shutil.which("systemd-analyze"):
        raise tap.Skip("there is no systemd-analyze (package systemd)")
    with tempfile.TemporaryDirectory(prefix="domrun-") as directory:
        folder = pathlib.Path(directory)
        # As installed, with the program that is there now.
        text = re.sub(r"/[^ \n]*/bin/domrun", os.path.abspath(guest.DOMRUN), unit.read_text())
        (folder / "domrun@.service").write_text(text)
        for other in others:
            shutil.copy(other, folder)
        done = subprocess.run(["systemd-analyze", kind, "--man=no", "verify", folder / "domrun@web.service",
                               *(folder / other.name for other in others)],
                              capture_output=True, text=True, check=False,
                              env=dict(os.environ, SYSTEMD_UNIT_PATH=f"{directory}:", XDG_RUNTIME_DIR=directory))
        said = [line for line in done.stderr.splitlines() if "domrun" in line]
        assert not said and done.returncode == 0, done.stderr


def test_system_unit():
    verify("--system", BUILD / "domrun@.service", SOURCE / "domrun.target", SOURCE / "domrun.slice")


def test_user_unit():
    verify("--user", BUILD / "user/domrun@.service")


if __name__ == "__main__":
    tap.main()
