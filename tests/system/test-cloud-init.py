#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The image for cloud-init: what a real Linux reads on it, that a restart and an adopted guest have it again, what is refused,
and that nothing is left of it."""

import json
import os
import re
import shutil
import signal
import stat

import guest
import linux
import tap

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDzbcj/R8+xRzgK78v1ergiYSi7y4S16aFjWEhSeBH8N"
UUID = "5a9f0b3e-6f0c-4d4e-9a52-2b7c1d9e7aaa"

# Finds the image as cloud-init does, by its label.
INIT = r"""
device=$(findfs LABEL=CIDATA)
mkdir /mnt
mount -t iso9660 -o ro $device /mnt
cd /mnt
for file in *; do echo "file $file:"; while read -r line; do echo "| $line"; done <"$file"; done
echo "all seen"
read line
poweroff -f
"""

LINUX = f"""<domain type='qemu'>
  <name>cloudy</name>
  <uuid>{UUID}</uuid>
  <memory unit='MiB'>256</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    <serial type='pty'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""


def need_maker():
    if not any(shutil.which(name) for name in ("xorrisofs", "genisoimage", "mkisofs")):
        raise tap.Skip("there is neither xorrisofs nor genisoimage")


def files_of(said):
    """What the guest has printed of each file."""
    files = {}
    for line in said.splitlines():
        name = re.match(r"file (\S+):$", line)
        if name:
            lines = files[name[1]] = []
        elif line.startswith("| "):
            lines.append(line[2:])
    return files


def boot_linux(directory, *options):
    """Returns what it reads on the image."""
    kernel = linux.find_kernel()
    shutil.copy(kernel, directory.path / "vmlinuz")
    linux.make_initrd(directory.path / "initrd", kernel, INIT, ("virtio_pci", "virtio_blk", "isofs"))
    run = directory.run(LINUX, "--console", *options)
    run.expect("all seen")
    run.send(b"\n")
    assert run.wait() == 0, run.said()
    return files_of(run.out.text)


def test_linux_reads_what_the_options_say():
    need_maker()
    with guest.Directory() as directory:
        directory.write("key.pub", f"# mine\n{KEY} me \"at\" home\n\n")
        files = boot_linux(directory, "--hostname=web.example", "--ssh-key=key.pub")
        assert files == {"meta-data": [f'instance-id: "{UUID}"', 'local-hostname: "web.example"'],
                         "user-data": ["#cloud-config", "ssh_authorized_keys:", f'- "{KEY} me \\"at\\" home"']}, files
        directory.assert_nothing_left()


def test_linux_reads_what_the_directory_has():
    """Names that a shell or the program could take for something else, and what cloud-init would not read."""
    need_maker()
    with guest.Directory() as directory:
        name = "-o seed=1, \\ two"
        place = directory.path / name
        place.mkdir()
        (place / "user-data").write_text("#!/bin/sh\necho 'hello = there'\n")
        (place / "network-config").write_text("version: 2\n")
        (place / "vendor-data").write_text("#cloud-config\n")
        (place / "other").write_text("left alone\n")
        files = boot_linux(directory, f"--cloud-init={name}")
        assert files == {"meta-data": [f'instance-id: "{UUID}"'], "user-data": ["#!/bin/sh", "echo 'hello = there'"],
                         "network-config": ["version: 2"], "vendor-data": ["#cloud-config"]}, files
        directory.assert_nothing_left()


def drive_of(directory, name="hello"):
    """What QEMU has in the drive of the image."""
    blocks = json.loads(directory.verb("qmp", name, "query-block").out)
    block, = (block for block in blocks if "ua-cloud-init" in block.get("qdev", ""))
    return block["inserted"]["ro"], block["inserted"]["image"]["virtual-size"]


def supervisor_and_emulator(directory, name="hello"):
    state = json.loads(directory.verb("domstate", "--json", name).out)
    return state["pid"], state.get("qemu-pid", 0)


def start_again(directory, run):
    """The guest powers off, and is started again by @run. Returns what is in the drive."""
    _, before = supervisor_and_emulator(directory)
    with open(directory.verb("ttyconsole", "hello").out.strip(), "wb", buffering=0) as terminal:
        terminal.write(b"p")
    guest.await_that(lambda: supervisor_and_emulator(directory)[1] not in (0, before), run.said)
    directory.await_state("hello")
    return drive_of(directory)


def test_a_restart_has_it_again():
    """The same, whatever became of what it was made of; and so has one after an adoption, made anew."""
    need_maker()
    with guest.Directory() as directory:
        (directory.path / "seed").mkdir()
        directory.write("seed/user-data", "#cloud-config\n" + "# " * 20000)
        xml = guest.hello_xml("<serial type='pty'/>", lifecycle="<on_poweroff>restart</on_poweroff>")
        run = directory.run(xml, "--cloud-init=seed")
        directory.await_state("hello")
        is_readonly, size = drive_of(directory)
        assert is_readonly and size > 40000, size
        live = directory.verb("dumpxml", "hello").out
        assert re.search(r"<alias name=.ua-cloud-init./>", live) and "hello-seed.iso" in live, live
        assert not list(directory.path.rglob("*.iso")) and not list(directory.path.rglob("*cloud-init*")), "it has a name"
        (directory.path / "seed").rename(directory.path / "away")
        assert start_again(directory, run) == (True, size)

        (directory.path / "away").rename(directory.path / "seed")
        os.kill(supervisor_and_emulator(directory)[0], signal.SIGKILL)
        run.process.wait()
        run = guest.Run(["adopt", "--root", str(directory.runtime), "hello"], directory.environment, directory.path)
        directory.await_state("hello")
        guest.await_that(lambda: supervisor_and_emulator(directory)[0] == run.pid, run.said)
        assert drive_of(directory) == (True, size)
        assert start_again(directory, run) == (True, size)
        directory.verb("destroy", "hello")
        run.wait()
        directory.assert_nothing_left()


def test_what_dumpxml_prints_runs_without_it():
    need_maker()
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='pty'/>"), "--hostname=web")
        directory.await_state("hello")
        live = directory.verb("dumpxml", "hello").out
        directory.verb("destroy", "hello")
        run.wait()
        run = directory.run(live)
        run.expect_error("'[^']*hello-seed.iso' cannot be read, and startupPolicy='optional': the disk is left out")
        directory.await_state("hello")
        directory.verb("destroy", "hello")
        run.wait()
        directory.assert_nothing_left()


def make_program(directory, name, text):
    path = directory.path / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path.parent


def refuse(directory, message, *options, hint="", code=4):
    run = directory.run(guest.hello_xml("<serial type='stdio'/>"), *options)
    assert run.wait() == code, run.said()
    said = run.err.text
    assert re.search(rf"{re.escape(options[0])}: error: <disk>/<source>: {message}", said), said
    assert hint in said, said
    directory.assert_nothing_left()


def test_refused():
    need_maker()
    with guest.Directory() as directory:
        directory.write("private", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n")
        directory.write("empty", "# nothing\n")
        directory.write("text", f"{KEY}\nwhatever\n")
        (directory.path / "nul").write_bytes(f"{KEY}\n".encode() + b"\0\n")
        (directory.path / "large").write_bytes(b"#" * (70 * 1024))
        (directory.path / "latin").write_bytes(f"{KEY} Andr".encode() + b"\xe9\n")
        os.mkfifo(directory.path / "fifo")
        no_keys = "'[^']*' has no public keys of ssh, one a line"
        refuse(directory, no_keys, "--ssh-key=private", hint=f"the public one is usually '{directory.path}/private.pub'")
        for name in ("empty", "text", "nul", "latin"):
            refuse(directory, no_keys, f"--ssh-key={name}")
        refuse(directory, "cannot read '[^']*/none': No such file", "--ssh-key=none")
        refuse(directory, "cannot read '[^']*/large': File too large", "--ssh-key=large")
        refuse(directory, "'[^']*/fifo' is not a regular file", "--ssh-key=fifo")
        refuse(directory, "cannot read '[^']*/none': No such file", "--cloud-init=none")
        refuse(directory, "cannot read '[^']*/text': Not a directory", "--cloud-init=text")
        (directory.path / "seed").mkdir()
        os.mkfifo(directory.path / "seed/user-data")
        refuse(directory, "'[^']*/seed/user-data' is not a regular file", "--cloud-init=seed")
        (directory.path / "seed/user-data").unlink()
        for name, option, word in (("user-data", "--ssh-key=text", "ssh_authorized_keys"),
                                   ("meta-data", "--hostname=web", "local-hostname")):
            directory.write(f"seed/{name}", "x")
            refuse(directory, f"{option.partition('=')[0]} has no place in '[^']*/seed/{name}', which is there",
                   "--cloud-init=seed", option, hint=f"write it in there, as {word}")
            (directory.path / "seed" / name).unlink()


def test_no_program_and_one_that_fails():
    need_maker()
    with guest.Directory() as directory:
        path = os.environ["PATH"]
        make_program(directory, shutil.which("qemu-system-x86_64").rpartition("/")[2],
                     f'exec {shutil.which("qemu-system-x86_64")} "$@"\n')
        directory.environment["PATH"] = str(directory.path / "bin")
        refuse(directory, "neither 'xorrisofs' nor 'genisoimage' is in PATH", "--hostname=web",
               hint="install the package xorriso")
        directory.environment["PATH"] = f"{directory.path}/bin:{path}"
        make_program(directory, "xorrisofs", "echo 'no room' >&2; exit 3\n")
        refuse(directory, "'[^']*/bin/xorrisofs' ended with status 3", "--hostname=web", hint="its last words: no room")


def test_killed_and_stopped_meanwhile():
    """What a kill leaves goes with the guest's directory; a wish to stop ends the program."""
    need_maker()
    with guest.Directory() as directory:
        began = directory.path / "began"
        make_program(directory, "xorrisofs", f"echo x >{began}; exec sleep 1000\n")
        usual = directory.environment["PATH"]
        directory.environment["PATH"] = f"{directory.path}/bin:{usual}"
        for number, code in ((signal.SIGKILL, -9), (signal.SIGTERM, 8)):
            run = directory.run(guest.hello_xml("<serial type='stdio'/>"), "--hostname=web", "--no-sandbox=files")
            guest.await_that(began.exists, run.said)
            began.unlink()
            run.process.send_signal(number)
            assert run.process.wait(guest.PATIENCE) == code, run.said()
            guest.await_that(lambda: not directory.processes(), lambda: f"these are left: {directory.processes()}")
        directory.environment["PATH"] = usual
        run = directory.run(guest.hello_xml("<serial type='stdio'/>"), "--hostname=web")
        run.expect("hello from domrun, boot 1")
        run.send(b"p")
        assert run.wait() == 0, run.said()
        directory.assert_nothing_left()


def test_the_file():
    """`domrun cloud-init` makes what the command line of `argv` names."""
    need_maker()
    with guest.Directory() as directory:
        directory.write("guest.xml", guest.hello_xml("<serial type='stdio'/>"))

        def call(verb, *arguments, code=0):
            run = guest.Run([verb, *arguments, "guest.xml"], directory.environment, directory.path)
            assert run.wait() == code, run.said()
            return run
        line = call("argv", "--hostname=web").out.text
        name = re.search(r'"filename":"([^"]*-seed.iso)"', line)[1]
        assert call("cloud-init", "--hostname=web").out.text == name + "\n"
        image = directory.path / "hello-seed.iso"
        assert name == str(image) and stat.S_IMODE(image.stat().st_mode) == 0o600
        assert image.read_bytes()[32769:32774] == b"CD001" and b'local-hostname: "web"' in image.read_bytes()
        call("cloud-init", "--hostname=other", "--output=mine.iso")
        assert b'local-hostname: "other"' in (directory.path / "mine.iso").read_bytes()
        assert call("cloud-init", "--hostname=piped", "--output=-").out.bytes[32769:32774] == b"CD001"
        call("cloud-init", "--hostname=web", "--output=none/there.iso", code=4).expect_error(
            "cannot write 'none/there.iso': No such file")
        call("cloud-init", code=2).expect_error("nothing says what the image is to have")
        assert not list(directory.temporary.iterdir()), "something temporary is left"


if __name__ == "__main__":
    tap.main()
