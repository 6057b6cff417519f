#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Passwords are seen by whom they are for, and by nobody else: not in the arguments, the environment or a file of any
process on the way, from before the start over a restart to after the end; nor in what domrun says, logs or prints."""

import base64
import os
import pathlib
import re
import resource
import shutil
import stat
import subprocess
import threading
import urllib.parse

import guest
import tap

EMULATOR = guest.BUILD / "tests/quick-emulator"
NAME = "stays"
UUID = "6dd3e4a5-1d76-44ce-961f-f119f5aad935"    # by which a TPM names its secret

# By what they are for. VNC looks at eight characters.
IN_DOCUMENT = {"vnc": "vN9c&p<d", "spice": "sp1ce pass/word", "cookie": "c00kie-value-of-mine"}
IN_ENVIRONMENT = {"proxy": "pr0xy-pass-12"}
IN_FILES = {"luks": "luks pass phrase", "chap": "chap-pass-12", "ceph": "ceph key of mine", "scsi": "scsi-pass-12", "tpm": "tpm pass phrase"}

DOCUMENT = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>{emulator}</emulator>
    <disk type='file'>
      <driver name='qemu' type='qcow2'/>
      <source file='{here}/image'><encryption format='luks'><secret type='passphrase' usage='luks'/></encryption></source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='network'>
      <driver name='qemu' type='raw'/>
      <source protocol='iscsi' name='iqn.2020-01.example:disk/1'>
        <host name='127.0.0.1' port='1'/><auth username='me'><secret type='iscsi' usage='chap'/></auth>
      </source>
      <target dev='vdb' bus='virtio'/>
    </disk>
    <disk type='network'>
      <driver name='qemu' type='raw'/>
      <source protocol='rbd' name='pool/image'>
        <host name='127.0.0.1' port='1'/><auth username='me'><secret type='ceph' usage='ceph'/></auth>
      </source>
      <target dev='vdc' bus='virtio'/>
    </disk>
    <disk type='network'>
      <driver name='qemu' type='raw'/>
      <source protocol='https' name='image'>
        <host name='127.0.0.1' port='1'/><cookies><cookie name='session'>{cookie}</cookie></cookies>
      </source>
      <target dev='vdd' bus='virtio'/><readonly/>
    </disk>
    <hostdev mode='subsystem' type='scsi'>
      <source protocol='iscsi' name='iqn.2020-01.example:unit/1'>
        <host name='127.0.0.1' port='1'/><auth username='me'><secret type='iscsi' usage='scsi'/></auth>
      </source>
    </hostdev>
    {tpm}
    <serial type='pty'><log file='{here}/console.log'/></serial>
    <graphics type='vnc' port='-1' passwd='{vnc}'/>
    <graphics type='spice' port='-1' passwd='{spice}'/>
  </devices>
</domain>
"""

TPM = "<tpm><backend type='emulator'><source type='dir' path='{here}/tpm'/><encryption secret='{uuid}'/></backend></tpm>"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def forms(secret):
    """How it would look, as it is and encoded."""
    words = secret.encode()
    found = {words, escape(secret).encode(), words.hex().encode(), urllib.parse.quote(secret, safe="").encode()}
    for before in range(3):      # wherever in something longer, without what depends on its neighbours
        encoded = base64.b64encode(bytes(before) + words).rstrip(b"=")
        found.add(encoded[(0, 2, 3)[before]:len(encoded) - (1 if (before + len(words)) % 3 else 0)])
    return found


FORMS = {name: forms(secret) for name, secret in (IN_DOCUMENT | IN_ENVIRONMENT | IN_FILES).items()}


def found_in(data):
    """The names of the secrets that are in there."""
    return sorted(name for name, words in FORMS.items() if any(word in data for word in words))


class Watcher(threading.Thread):
    """Looks, as long as it lives, at the arguments, the environment and the files of all that the test has started."""

    def __init__(self, directory, inputs, with_proxy=(EMULATOR.name,)):
        super().__init__(daemon=True)
        self.directory = directory
        self.inputs = {str(path) for path in inputs}
        self.marker = f"QEMU_DOMRUN_TEST_ID={directory.id}".encode()
        self.with_proxy = with_proxy
        self.found = set()
        self.programs = set()
        self.is_over = False

    def run(self):
        while not self.is_over:
            self.look()

    def look(self):
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                self._look_at_process(entry)
        for parent, _, names in os.walk(self.directory.path):    # which takes it that directories go away
            for name in names:
                if os.path.join(parent, name) not in self.inputs:
                    self._look_at_file(pathlib.Path(parent, name))

    def _look_at_process(self, entry):
        try:
            environment = (entry / "environ").read_bytes()
            if self.marker not in environment:
                return
            arguments = (entry / "cmdline").read_bytes()
            program = os.path.basename(os.readlink(entry / "exe"))
        except OSError:
            return
        self.programs.add(program)
        self.found |= {f"{name} in the arguments of {program}" for name in found_in(arguments)}
        # The user's own has it, and QEMU needs it to come to a web server.
        seen = set(found_in(environment)) - (set(IN_ENVIRONMENT) if program in ("domrun", *self.with_proxy) else set())
        self.found |= {f"{name} in the environment of {program}" for name in seen}

    def _look_at_file(self, path):
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                return
            names = found_in(path.read_bytes())
        except OSError:
            return
        # What dumpxml --security-info prints, and a supervisor that comes after this one starts the guest from.
        if path.name.startswith(("live.xml", "definition.xml")) and set(names) <= set(IN_DOCUMENT):
            if status.st_mode & 0o777 != 0o600 or path.parent.stat().st_mode & 0o777 != 0o700:
                self.found.add(f"{names} in {path}, which others can read")
            return
        self.found |= {f"{name} in {path}" for name in names}


def make(directory):
    here = directory.path
    for name, secret in IN_FILES.items():
        (here / f"key-{name}").write_text(secret)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "image", "1M"], cwd=here, check=True)
    has_tpm = shutil.which("swtpm") and shutil.which("swtpm_setup")
    (here / "guest.xml").write_text(DOCUMENT.format(
        name=NAME, here=here, emulator=EMULATOR, tpm=TPM.format(here=here, uuid=UUID) if has_tpm else "",
        **{name: escape(secret) for name, secret in IN_DOCUMENT.items()}))
    directory.environment |= {name: f"http://me:{IN_ENVIRONMENT['proxy']}@127.0.0.1:1" for name in ("https_proxy", "HTTPS_PROXY")}
    options = [f"--secret={UUID if name == 'tpm' else name}={here}/key-{name}" for name in IN_FILES if name != "tpm" or has_tpm]
    return options, [here / "guest.xml", *here.glob("key-*")]


def domrun(directory, *arguments):
    """All that it says."""
    done = subprocess.run([guest.DOMRUN, *arguments], env=directory.environment, cwd=directory.path, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=guest.PATIENCE, check=False)
    return done.stdout + done.stderr


SAID = [["list", "--all", "--json"], ["dominfo", NAME], ["dominfo", "--json", NAME], ["domstate", "--reason", NAME],
        ["dumpxml", NAME], ["dumpxml", "--inactive", NAME], ["dumpxml", "--xpath=//graphics", NAME],
        ["dumpxml", "--xpath=//@passwd", NAME], ["domblklist", "--details", NAME], ["domdisplay", "--all", NAME],
        ["domdisplay", "--json", NAME], ["vncdisplay", NAME], ["events", NAME], ["log", NAME],
        ["qmp", NAME, "query-status"], ["qmp", NAME, "set_password"], ["wait", NAME, "running"]]


def needs_qemu_img():
    if not shutil.which("qemu-img"):
        raise tap.Skip("there is no qemu-img")


def test_nowhere():
    needs_qemu_img()
    with guest.Directory() as directory:
        options, inputs = make(directory)
        watcher = Watcher(directory, inputs)
        watcher.start()
        run = directory.run((directory.path / "guest.xml").read_text(), "--verbose", "--restart-limit=0", *options)
        directory.await_state(NAME)
        directory.verb("reboot", NAME)
        run.expect_error("starting -> running \\(restarted\\)")
        for arguments in SAID:
            said = domrun(directory, arguments[0], "--root=run", *arguments[1:])
            assert not found_in(said), f"{found_in(said)}: {arguments} says {said}"
        directory.destroy(NAME)
        run.wait()
        assert not found_in(run.err.bytes + run.out.bytes), run.said()
        for arguments in SAID:                                   # of one that has ended
            said = domrun(directory, arguments[0], "--root=run", *arguments[1:])
            assert not found_in(said), f"{found_in(said)}: {arguments} says {said}"
        watcher.look()
        watcher.is_over = True
        watcher.join()
        assert not watcher.found, watcher.found
        wanted = {"domrun", EMULATOR.name} | ({"swtpm"} if shutil.which("swtpm") and shutil.which("swtpm_setup") else set())
        assert wanted <= watcher.programs, watcher.programs
        directory.assert_nothing_left()


def test_proxy_that_is_not_used():
    """A QEMU that has no disk of a web server has no business with a proxy's password."""
    needs_qemu_img()
    with guest.Directory() as directory:
        options, inputs = make(directory)
        text = (directory.path / "guest.xml").read_text()
        text = re.sub(r"<disk type='network'>(?:(?!</disk>).)*protocol='https'.*?</disk>", "", text, flags=re.DOTALL)
        assert text.count("<disk ") == 3
        watcher = Watcher(directory, inputs, with_proxy=())
        run = directory.run(text, *options)
        directory.await_state(NAME)
        watcher.look()
        directory.destroy(NAME)
        run.wait()
        assert not watcher.found, watcher.found
        assert EMULATOR.name in watcher.programs, watcher.programs


def test_where_they_are():
    """The search above would find them: QEMU has those of files in memory files, and dumpxml prints those of the
    document when it is asked to."""
    needs_qemu_img()
    with guest.Directory() as directory:
        options, _ = make(directory)
        run = directory.run((directory.path / "guest.xml").read_text(), *options)
        directory.await_state(NAME)
        qemu, = (pid for pid in guest.children(run.pid) if (guest.program(pid) or "").endswith("quick-emulator"))
        memory = b""
        for link in pathlib.Path(f"/proc/{qemu}/fd").iterdir():
            if os.readlink(link).startswith("/memfd:"):
                memory += link.read_bytes() + b"\n"
        assert found_in(memory) == ["ceph", "chap", "cookie", "luks", "scsi"], found_in(memory)
        assert found_in(pathlib.Path(f"/proc/{qemu}/environ").read_bytes()) == sorted(IN_ENVIRONMENT)
        secret = domrun(directory, "dumpxml", "--root=run", "--security-info", NAME)
        assert found_in(secret) == sorted(IN_DOCUMENT), found_in(secret)
        limits = pathlib.Path(f"/proc/{qemu}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), limits
        directory.destroy(NAME)
        run.wait()
        directory.assert_nothing_left()


def test_without_a_guest():
    """`check`, and `argv`, which says what its line cannot carry."""
    needs_qemu_img()
    with guest.Directory() as directory:
        options, inputs = make(directory)
        watcher = Watcher(directory, inputs)
        watcher.start()
        for arguments in (["check"], ["argv"], ["argv", "--access"], ["check", "--strict"]):
            said = domrun(directory, *arguments, *options, "guest.xml")
            assert not found_in(said), f"{found_in(said)}: {arguments} says {said}"
        said = domrun(directory, "argv", *options, "guest.xml")
        assert b"password=on" in said and b"set_password" in said and b"gets no cookies" in said, said
        assert b"key-luks" in said, "the secret's file is what the line names"
        watcher.is_over = True
        watcher.join()
        assert not watcher.found, watcher.found


def test_start_that_fails():
    """Of what is said of a failure, they are no part."""
    needs_qemu_img()
    with guest.Directory() as directory:
        options, inputs = make(directory)
        text = (directory.path / "guest.xml").read_text().replace(f"<emulator>{EMULATOR}", "<emulator>/bin/false")
        run = directory.run(text, "--verbose", *options)
        assert run.wait() != 0
        assert not found_in(run.err.bytes + run.out.bytes), run.said()
        watcher = Watcher(directory, inputs)
        watcher.look()
        assert not watcher.found, watcher.found
        directory.assert_nothing_left()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    tap.main()
