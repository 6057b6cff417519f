#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is given to domrun as a document, and where its output goes: files of every kind, pipes, full disks."""

import json
import os
import pathlib
import resource
import shlex
import subprocess

import guest
import tap


def domrun(*arguments, limit=None, **keywords):
    """Runs it to its end, within @limit bytes of memory."""
    def restrict():
        if limit:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    return subprocess.run([guest.DOMRUN, *map(str, arguments)], stdout=keywords.pop("stdout", subprocess.PIPE),
                          stderr=subprocess.PIPE, timeout=guest.PATIENCE, check=False, text=True,
                          preexec_fn=restrict,
                          **({"stdin": subprocess.DEVNULL, "env": dict(os.environ, LC_ALL="C.UTF-8")} | keywords))


def assert_refused(done, code, *words):
    assert done.returncode == code, f"exit code {done.returncode}, expected {code}: {done.stderr}"
    assert not done.stdout, f"on standard output: {done.stdout}"
    for word in words:
        assert word in done.stderr, f"'{word}' is not in: {done.stderr}"


def write(directory, text):
    return directory.write("guest.xml", text)


def test_no_such_file():
    for verb in ("argv", "check", "run"):
        assert_refused(domrun(verb, "/nonexistent/guest.xml"), 3, "/nonexistent/guest.xml: ", "No such file")


def test_directory():
    with guest.Directory() as directory:
        assert_refused(domrun("argv", directory.path), 3, str(directory.path), "is a directory")


def test_file_that_may_not_be_read():
    if os.geteuid() == 0:
        return      # root may
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml())
        path.chmod(0)
        assert_refused(domrun("argv", path), 3, "Permission denied")


def test_file_of_100_megabytes():
    with guest.Directory() as directory:
        path = write(directory, "<domain type='qemu'>")
        os.truncate(path, 100_000_000)
        assert_refused(domrun("argv", path, limit=None if is_sanitized() else 64 << 20), 3, "100000000 bytes")


def test_broken_encodings_are_told_by_domrun_alone():
    with guest.Directory() as directory:
        path = directory.path / "guest.xml"
        for data in (b"<?xml version='1.0' encoding='EUC-JP'?><domain>\x8f\xff\xff</domain>", b"\xff\xfe<\0\0\xd8a\0",
                     b"\0\0\0<\0\0\0d", b"<?xml version='1.0' encoding='nonsense'?><domain/>"):
            path.write_bytes(data)
            done = domrun("argv", path)
            assert_refused(done, 3, f"{path}:")
            for line in done.stderr.splitlines():
                assert line.startswith((f"{path}:", "  ")), f"{data}: {done.stderr}"


def test_endless_input():
    with open("/dev/zero", "rb") as zeros:
        assert_refused(domrun("argv", "-", stdin=zeros), 3, "<stdin>: ", "more than")


def test_standard_input():
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml())
        from_file = domrun("argv", path)
        with open(path, "rb") as file:
            from_stdin = domrun("argv", "-", stdin=file)
        from_pipe = subprocess.run(f"cat {shlex.quote(str(path))} | {shlex.quote(guest.DOMRUN)} argv -", shell=True,
                                   stdout=subprocess.PIPE, text=True, check=True)
    assert from_file.returncode == 0 and from_file.stdout, from_file.stderr
    assert from_file.stdout == from_stdin.stdout == from_pipe.stdout


def test_process_substitution():
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml())
        script = f"{shlex.quote(guest.DOMRUN)} argv <(sleep 0.2; cat {shlex.quote(str(path))})"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=guest.PATIENCE, check=False)
        assert done.returncode == 0 and done.stdout, done.stderr


def test_closed_standard_input():
    done = subprocess.run(["bash", "-c", f"exec {shlex.quote(guest.DOMRUN)} argv - <&-"], capture_output=True, text=True,
                          timeout=guest.PATIENCE, check=False)
    assert_refused(done, 3, "<stdin>")


def test_closed_standard_descriptors():
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml())
        for verb in (f"argv {shlex.quote(str(path))}", f"check {shlex.quote(str(path))}",
                     f"list --json --root {shlex.quote(str(directory.runtime))}", "--help"):
            done = subprocess.run(["sh", "-c", f"exec {shlex.quote(guest.DOMRUN)} {verb} <&- >&- 2>&-"], check=False,
                                  timeout=guest.PATIENCE)
            assert done.returncode == 0, f"{verb}: {done}"


def test_relative_paths_are_relative_to_the_document():
    with guest.Directory() as directory:
        (directory.path / "sub").mkdir()
        directory.write("sub/guest.xml", guest.hello_xml().replace(str(guest.IMAGE), "images/a.img"))
        done = domrun("argv", "sub/guest.xml", cwd=directory.path)
        assert done.returncode == 0, done.stderr
        expected = directory.path.resolve() / "sub/images/a.img"
        assert f'"{expected}"' in done.stdout, f"{expected} is not in\n{done.stdout}"


def test_missing_disk_is_a_warning_and_then_a_refusal():
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml().replace(str(guest.IMAGE), "/nonexistent/a.img"))
        done = domrun("argv", path)
        assert done.returncode == 0 and done.stdout, done.stderr
        assert "warning: " in done.stderr and "/nonexistent/a.img" in done.stderr, done.stderr
        for verb in ("check", "run"):
            refused = domrun(verb, path)
            assert_refused(refused, 4, "guest.xml:", "/nonexistent/a.img")
            assert "warning" not in refused.stderr, refused.stderr


def test_the_line_that_argv_prints_runs():
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml("<serial type='stdio'/>"))
        line = domrun("argv", path).stdout
        done = subprocess.run(["sh", "-c", line], input=b"n5\np", capture_output=True, timeout=guest.PATIENCE,
                              cwd="/", check=False)
        assert done.returncode == 0, done.stderr
        assert b"hello from domrun, boot 1\r\n !\"#$\r\n" in done.stdout, done.stdout
        words = json.loads(domrun("argv", "--json", path).stdout)
        done = subprocess.run(words, input=b"p", capture_output=True, timeout=guest.PATIENCE, cwd="/", check=False)
        assert done.returncode == 0 and b"boot 1" in done.stdout, done.stderr


def test_output_that_cannot_be_written_is_an_error():
    with guest.Directory() as directory, open("/dev/full", "w", encoding="utf-8") as full:
        path = write(directory, guest.hello_xml())
        done = domrun("argv", path, stdout=full)
        assert done.returncode != 0, "it says that all is well"
        assert "No space left" in done.stderr, done.stderr


def test_a_console_that_cannot_be_written_is_told():
    with guest.Directory() as directory, open("/dev/full", "w", encoding="utf-8") as full:
        path = write(directory, guest.hello_xml())
        (directory.path / "typed").write_text("n40\np")
        with open(directory.path / "typed", encoding="utf-8") as typed:
            done = domrun("run", "--console", "--root", directory.path / "root", path, stdin=typed, stdout=full)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("cannot be written: No space left on device") == 1, done.stderr


def test_usage_errors():
    with guest.Directory() as directory:
        path = write(directory, guest.hello_xml())
        for arguments in ((), ("rnu",), ("argv",), ("argv", path, path), ("argv", "--no-such-option", path),
                          ("run", "--type=vmware", path)):
            done = domrun(*arguments)
            assert done.returncode == 2, f"{arguments}: exit code {done.returncode}\n{done.stderr}"
            assert done.stderr and not done.stdout, f"{arguments}: {done.stdout} {done.stderr}"


def test_patience_that_is_no_number():
    done = domrun("list", env=dict(os.environ, DOMRUN_PATIENCE="long"))
    assert_refused(done, 2, "the environment variable DOMRUN_PATIENCE is 'long'", "from 1 to 1000")


def test_help_and_version():
    for arguments in (("--help",), ("--version",), ("argv", "--help"), ("run", "--help"), ("check", "--help")):
        done = domrun(*arguments)
        assert done.returncode == 0 and done.stdout and not done.stderr, f"{arguments}: {done}"


def test_hostile_name_in_messages():
    with guest.Directory() as directory:
        path = write(directory, "<domain type='qemu'>\n<name>a&#x202e;b&#x9b;31mc</name>\n<memory>x</memory></domain>")
        done = domrun("check", path)
        assert done.returncode == 3, done.stderr
        assert "\u202e" not in done.stderr and "\x9b" not in done.stderr, repr(done.stderr)


def test_display_that_is_open():
    """What is unwise is said by `check` alone."""
    with guest.Directory() as directory:
        for graphics, is_open in (("port='-1'", False), ("listen='127.1.2.3'", False), ("listen='::1'", False),
                                  ("listen='localhost'", False), ("listen='0.0.0.0'", True), ("listen='::'", True),
                                  ("listen='0.0.0.0' passwd='secret'", False), ("listen='host.example'", True)):
            path = write(directory, guest.hello_xml(f"<graphics type='vnc' {graphics}/>"))
            done = domrun("check", path)
            assert done.returncode == 0, done.stderr
            assert ("is open to everybody" in done.stderr) == is_open, f"{graphics}: {done.stderr}"
            assert "is open to everybody" not in domrun("argv", path).stderr
        path = write(directory, guest.hello_xml("<graphics type='vnc'><listen type='socket' socket='vnc'/></graphics>"))
        assert "is open" not in domrun("check", path).stderr


def is_sanitized():
    return b"__asan_init" in pathlib.Path(guest.DOMRUN).read_bytes()


if __name__ == "__main__":
    tap.main(jobs=2)
