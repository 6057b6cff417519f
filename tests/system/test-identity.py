#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest is known by: a uuid and MAC addresses that are the same at each start, and a uuid that no two guests
have."""

import os
import pathlib
import re
import shutil
import subprocess

import guest
import tap

UUID = "5a9f0b3e-6f0c-4d4e-9a52-2b7c1d9e0001"
DEVICES = "<serial type='pty'/><interface type='user'/>"
MACHINE_ID = pathlib.Path("/etc/machine-id")


def xml(name, uuid=UUID, lifecycle=""):
    return guest.hello_xml(DEVICES, name=name, lifecycle=f"<uuid>{uuid}</uuid>{lifecycle}")


# ---- Generated values ----


def values_of(text):
    """(uuid, MAC address) of a command line."""
    return re.search(r"-uuid (\S+)", text)[1], re.search(r'"mac":"([^"]+)"', text)[1]


def argv_values(directory, *options, name="web", prefix=()):
    path = directory.write("argv.xml", guest.hello_xml(DEVICES, name=name))
    return values_of(subprocess.run([*prefix, guest.DOMRUN, "argv", *options, path], capture_output=True, text=True,
                                    check=True).stdout)


def test_run_and_argv_agree():
    """At each start, and in a look at the command line."""
    with guest.Directory() as directory:
        expected = argv_values(directory)
        assert argv_values(directory) == expected
        for _ in range(2):
            run = directory.run(guest.hello_xml(DEVICES, name="web"))
            directory.await_state("web")
            assert directory.verb("domuuid", "web").out.strip() == expected[0]
            assert expected[1] in directory.verb("dumpxml", "web").out
            directory.destroy("web")
            run.wait()
        directory.assert_nothing_left()


def test_seed_and_chance():
    with guest.Directory() as directory:
        usual, seeded = argv_values(directory), argv_values(directory, "--seed=cluster")
        assert seeded == argv_values(directory, "--seed=cluster")
        assert not set(seeded) & set(argv_values(directory, "--seed=cluster", name="db"))
        assert not set(seeded) & set(usual)
        assert not set(argv_values(directory, "--random")) & set(argv_values(directory, "--random"))
        directory.write("guest.xml", guest.hello_xml())
        both = subprocess.run([guest.DOMRUN, "argv", "--random", "--seed=x", directory.path / "guest.xml"],
                              capture_output=True, text=True, check=False)
        assert both.returncode == 2 and "exclude each other" in both.stderr, both


def with_machine_id(directory, text):
    """What runs a program on a host with that id."""
    if os.geteuid() != 0 or not MACHINE_ID.exists():
        raise tap.Skip("needs root, and a file to put another in the place of")
    path = directory.write("machine-id", text)
    script = f'mount --bind "{path}" {MACHINE_ID} && exec "$@"'
    if subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", "true"], capture_output=True, check=False).returncode:
        raise tap.Skip("no mount namespaces here")
    return ["unshare", "-m", "sh", "-c", script, "sh"]


def test_hosts_differ():
    """And the id of the host is not told."""
    ids = "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee"
    with guest.Directory() as directory:
        first, second = (argv_values(directory, prefix=with_machine_id(directory, text + "\n")) for text in ids)
        again = argv_values(directory, prefix=with_machine_id(directory, ids[0]))
        assert first == again and not set(first) & set(second)
        none = [argv_values(directory, prefix=with_machine_id(directory, text)) for text in ("", "uninitialized\n")]
        assert none[0] == none[1] == argv_values(directory, "--seed="), "without an id the name is all there is"
        known = ids[0]
        for value in first:
            digits = re.sub("[-:]", "", value)
            assert known not in digits and digits not in known


def test_id_that_cannot_be_read():
    """Values that would not be those of the last start are none; --seed makes others, if that is wanted."""
    if not tap.is_root() or not shutil.which("setpriv"):
        raise tap.Skip("needs root and setpriv")
    with guest.Directory() as directory:
        prefix = [*with_machine_id(directory, "0123456789abcdef0123456789abcdef\n"), "setpriv", "--reuid=65534", "--clear-groups"]
        (directory.path / "machine-id").chmod(0o600)
        directory.path.chmod(0o711)
        directory.write("argv.xml", guest.hello_xml(DEVICES, name="web"))
        for verb in ("argv", "check"):
            done = subprocess.run([*prefix, guest.DOMRUN, verb, directory.path / "argv.xml"], capture_output=True, text=True,
                                  check=False)
            assert done.returncode == 4 and not done.stdout, done
            assert "error: the file '/etc/machine-id', which has this host's id: Permission denied\n" in done.stderr, done.stderr
            assert "--seed=TEXT makes them from TEXT" in done.stderr, done.stderr
        assert argv_values(directory, "--seed=", prefix=prefix) == argv_values(directory, "--seed=")
        argv_values(directory, "--random", prefix=prefix)


# ---- One guest of a uuid ----


def test_second_is_refused():
    with guest.Directory() as directory:
        first = directory.run(xml("first"))
        directory.await_state("first")
        second = directory.run(xml("second", UUID.upper()))
        assert second.wait() == 4
        assert f"the uuid {UUID} is that of the guest 'first', which runs" in second.said(), second.said()
        assert directory.verb("domuuid", "first").out.strip() == UUID
        directory.verb("destroy", UUID)
        first.wait()
        second = directory.run(xml("second"))
        directory.await_state("second")
        directory.destroy("second")
        second.wait()
        directory.assert_nothing_left()


def test_one_of_many_at_once():
    """Whoever comes first: one runs, and the others say which."""
    with guest.Directory() as directory:
        paths = [directory.write(f"{name}.xml", xml(name)) for name in ("a", "b", "c", "d")]
        runs = [subprocess.Popen([guest.DOMRUN, "run", "--detach", "--root", directory.runtime, path],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 env=directory.environment) for path in paths]
        said = [run.communicate(timeout=guest.PATIENCE)[1].decode() for run in runs]
        codes = [run.returncode for run in runs]
        assert sorted(codes) == [0, 4, 4, 4], said
        name = paths[codes.index(0)].stem
        for code, text in zip(codes, said):
            assert code == 0 or f"the uuid {UUID} is that of " in text, text
        directory.destroy(name)
        directory.assert_nothing_left()


def test_killed_supervisor_frees_it():
    with guest.Directory() as directory:
        first = directory.run(xml("first"), "--die-together")
        directory.await_state("first")
        first.signal(9)
        first.wait()

        # QEMU has the lock until the last of its threads has ended, which is after its pid has no program any more.
        def is_free():
            directory.verb("list")
            return not list(directory.runtime.glob("uuid-*"))
        guest.await_that(is_free, lambda: "the lock of the uuid is left")
        second = directory.run(xml("second"))
        directory.await_state("second")
        directory.destroy("second")
        second.wait()
        directory.assert_nothing_left()


def test_renamed():
    """rename-restart: the uuid goes with the guest. What fits several is not guessed."""
    with guest.Directory() as directory:
        run = directory.run(xml("web", lifecycle="<on_reboot>rename-restart</on_reboot>"), "--console")
        for number in (1, 2):
            run.expect("boot 1")
            run.send(b"r")
            directory.await_state(f"web-{number}")
        second = directory.run(xml("other"))
        assert second.wait() == 4 and "that of the guest 'web-2'" in second.said(), second.said()
        assert directory.verb("domstate", UUID).out.strip() == "running"
        directory.verb("destroy", "web-2")
        run.wait()
        error = directory.verb("domstate", UUID, code=10).err
        assert "several guests: 'web', 'web-1'" in error, error
        for name in ("web", "web-1"):
            directory.verb("destroy", name)
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
