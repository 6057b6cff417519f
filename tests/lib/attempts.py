# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/confined-emulator.c in the place of QEMU, or of a program beside it: what of what it tries it can."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import tempfile

import guest
import tap

ATTEMPTS = guest.BUILD / "tests/confined-emulator"


def parts():
    """Those that this kernel has, of files, tcp and signals."""
    with guest.Directory() as directory:
        directory.write("guest.xml", guest.hello_xml())
        run = guest.Run(["run", "--require-sandbox", "--emulator=/bin/false", "guest.xml"], directory.environment, directory.path)
        run.wait()
        lacking = re.search("Landlock lacks parts of QEMU's sandbox: (.*)", run.err.text)
        return {"files", "tcp", "signals"} - set(lacking[1].split(", ") if lacking else ())


def need(*names):
    missing = [name for name in names if name not in parts()]
    if missing:
        raise tap.Skip(f"needs version: a kernel with Landlock for {', '.join(missing)}")


@contextlib.contextmanager
def listening():
    """A port of loopback, and an abstract socket, that somebody listens on."""
    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as abstract:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        abstract.bind(f"\0domrun-test-{port}")
        abstract.listen()
        yield port


def make_place(directory, port, program):
    """Where the program is, under that name, and what it tries itself on."""
    place = directory / f"attempts-{port}"
    place.mkdir(mode=0o755)
    shutil.copy(ATTEMPTS, place / program)
    shutil.copy(ATTEMPTS, place / "program")
    (place / "secret").write_text("secret")
    return place


def read_words(run, place):
    """Those for what the program could do."""
    words = run.expect_error("done:(.*?) (execute|end)\n")
    found = set(words[1].decode().split()) | {words[2].decode()} - {"end"}
    if not found & {"write", "truncate", "unlink"}:
        assert (place / "secret").read_text() == "secret"
    for path in ("/tmp/domrun-confined", "/usr/domrun", "/etc/cron.d/domrun"):
        with contextlib.suppress(OSError):
            os.unlink(path)
    return found


def attempt(*options, devices="", user=None):
    """In QEMU's place; as root, also of another @user."""
    with guest.Directory() as directory, listening() as port:
        directory.path.chmod(0o711)
        place = make_place(directory.path, port, "emulator")
        directory.environment["DOMRUN_TEST_TOKEN"] = "token"
        xml = guest.hello_xml(f"<emulator>{place}/emulator</emulator>{devices}", name=f"attempts-{port}")
        prefix = []
        if user:
            directory.write("guest.xml", "")
            for path in (directory.path, *directory.path.rglob("*")):
                os.chown(path, user, user)
            prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        run = directory.run(xml, *options, prefix=prefix)
        assert run.wait() == 5, run.said()
        return read_words(run, place)


def attempt_beside(program, device, *options, head="", where=None):
    """In the place of a program beside QEMU; @device and @head name it, or PATH finds it."""
    with guest.Directory() as directory, listening() as port, tempfile.TemporaryDirectory(dir=where) as elsewhere:
        place = make_place(pathlib.Path(elsewhere), port, program)
        (directory.temporary / "state").write_text("of a TPM")
        directory.environment.update(PATH=f"{place}:{os.environ['PATH']}", DOMRUN_TEST_TOKEN="token")
        xml = guest.hello_xml(device.format(place=place, shared=directory.temporary))
        run = directory.run(xml.replace("<os>", head.format(place=place) + "<os>"), *options)
        assert run.wait() == 4, run.said()
        return read_words(run, place)
