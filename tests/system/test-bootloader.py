#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The <bootloader> of a document: scripts that choose well, badly, not at all, and never."""

import subprocess

import guest
import tap

DOCUMENT = """<domain type='qemu'>
  <name>pv</name>
  <memory unit='MiB'>16</memory>
  <bootloader>{program}</bootloader>
  <bootloader_args>--append 'single user'</bootloader_args>
  <devices>
    <emulator>{emulator}</emulator>
    <disk type='file' device='cdrom'>
      <target dev='hdc' bus='ide'/>
    </disk>
    <disk type='file'>
      <source file='disk.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
"""


class Case:
    """A bootloader that is the shell script @body, and an emulator that writes its arguments down and ends."""

    def __init__(self, body):
        self.directory = guest.Directory()
        self.path = self.directory.path
        self.program = self.script("loader", body)
        self.emulator = self.script("emulator", "[ \"$2\" = help ] && printf 'Supported machines are:\\npc  Standard PC\\n' && exit; "
                                    f"printf '%s\\n' \"$@\" > {self.path}/qemu-arguments; exit 1")
        self.directory.write("disk.img", "")
        self.directory.write("vmlinuz", "kernel")
        self.directory.write("initrd", "initrd")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.directory.__exit__(*exception)

    def script(self, name, body):
        path = self.directory.write(name, f"#!/bin/sh\ncd {self.path}\n{body}\n")
        path.chmod(0o755)
        return path

    def run(self, *options):
        run = self.directory.run(DOCUMENT.format(program=self.program, emulator=self.emulator), *options)
        code = run.wait()
        self.directory.assert_nothing_left()
        return code, run.err.text

    def arguments(self):
        """What the emulator was given for the kernel."""
        words = (self.path / "qemu-arguments").read_text().split("\n")
        return {option: words[words.index(option) + 1]
                for option in ("-kernel", "-initrd", "-append") if option in words}

    def assert_chosen(self, **expected):
        code, said = self.run()
        assert code == 5, f"exit code {code}: {said}"
        chosen = self.arguments()
        assert chosen == {f"-{option}": value for option, value in expected.items()}, chosen

    def assert_refused(self, *words, options=()):
        code, said = self.run(*options)
        assert code == 4, f"exit code {code}: {said}"
        assert not (self.path / "qemu-arguments").exists(), "the emulator was started"
        for word in ("guest.xml:4: error: <bootloader>: ", *words):
            assert word in said, f"'{word}' is not in: {said}"


def test_expression():
    with Case("""echo "linux (kernel $PWD/vmlinuz)(ramdisk $PWD/initrd)(args \\"root=/dev/xvda1 x=(y) ro\\")" """) as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz", initrd=f"{case.path}/initrd",
                           append="root=/dev/xvda1 x=(y) ro")


def test_expression_over_several_lines():
    with Case("""printf '(linux\\n (kernel %s/vmlinuz)\\n (args "quiet"))\\n' "$PWD" """) as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz", append="quiet")


def test_simple():
    with Case("""echo "kernel $PWD/vmlinuz"; echo "ramdisk $PWD/initrd"; echo "args root=/dev/xvda1"; echo""") as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz", initrd=f"{case.path}/initrd", append="root=/dev/xvda1")


def test_simple_with_equals_signs():
    with Case("""echo "kernel=$PWD/vmlinuz"; echo "extra=root=/dev/xvda1" """) as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz", append="root=/dev/xvda1")


def test_simple_with_nuls():
    with Case("""printf 'kernel %s/vmlinuz\\0args a b\\0\\0' "$PWD" """) as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz", append="a b")


def test_words_beside_the_choice():
    with Case("""echo "kernel too old" >&2; echo "(warning)"; echo "linux (kernel $PWD/vmlinuz)" """) as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz")


def test_what_it_is_given():
    with Case("""printf '%s\\n' "$@" > given; cat > input; echo "linux (kernel $PWD/vmlinuz)" """) as case:
        case.assert_chosen(kernel=f"{case.path}/vmlinuz")
        given = (case.path / "given").read_text().split("\n")[:-1]
        assert given == ["-q", "--append", "single user", f"{case.path}/disk.img"], given
        assert (case.path / "input").read_bytes() == b""


def test_failure():
    with Case("echo 'no boot sector' >&2; exit 3") as case:
        case.assert_refused("ended with status 3", "its last words: no boot sector")


def test_killed():
    with Case("kill -9 $$") as case:
        case.assert_refused("was killed by signal 9")


def test_silence():
    with Case("exit 0") as case:
        case.assert_refused("chose no kernel: it printed nothing")


def test_rubbish():
    with Case("head -c 3000 /dev/zero; head -c 3000 /dev/urandom; echo; echo boring") as case:
        case.assert_refused("chose no kernel", "its last words: boring")


def test_endless_output():
    with Case("exec yes '(kernal /vmlinuz)'") as case:
        case.assert_refused("did not end within 1 seconds", options=["--bootloader-timeout=1"])


def test_much_output():
    with Case("head -c 100000 /dev/zero") as case:
        case.assert_refused("printed more than 65536 bytes")


def test_hanging():
    with Case("sleep 1000 & sleep 1000") as case:
        case.assert_refused("did not end within 1 seconds", options=["--bootloader-timeout=1"])


def test_hanging_without_output():
    with Case("exec >&- 2>&-; sleep 1000") as case:
        case.assert_refused("did not end within 1 seconds", options=["--bootloader-timeout=1"])


def test_initrd_that_could_be_two():
    with Case("echo 'linux (kernel /nonexistent/vmlinuz)(ramdisk /boot/initrd,/etc/shadow)'") as case:
        case.assert_refused("chose '/boot/initrd,/etc/shadow' as the initrd, which has a comma")


def test_kernel_that_is_not_there():
    with Case("echo 'linux (kernel /nonexistent/vmlinuz)'") as case:
        case.assert_refused("chose '/nonexistent/vmlinuz' as the kernel: No such file or directory")


def test_kernel_that_is_a_directory():
    with Case("""echo "linux (kernel $PWD)" """) as case:
        case.assert_refused("as the kernel, which is no file")


def test_relative_kernel():
    with Case("echo 'linux (kernel vmlinuz)'") as case:
        case.assert_refused("which is not an absolute path")


def test_arguments_with_a_control_character():
    with Case("""printf 'linux (kernel %s/vmlinuz)(args "a\\033b")' "$PWD" """) as case:
        case.assert_refused("control character")


def test_program_that_is_not_there():
    with Case("exit 0") as case:
        case.program = "/nonexistent/pygrub"
        case.assert_refused("no such file: '/nonexistent/pygrub'")


def test_program_that_may_not_be_executed():
    with Case("exit 0") as case:
        case.program.chmod(0o644)
        case.assert_refused("cannot execute")


def test_program_that_is_no_program():
    with Case("exit 0") as case:
        case.program.write_bytes(bytes(100))
        case.assert_refused("cannot execute: Exec format error")


def test_dry_run_does_not_run_it():
    with Case("touch was-run; exit 1") as case:
        case.directory.write("guest.xml", DOCUMENT.format(program=case.program, emulator=case.emulator))
        for verb in ("argv", "check"):
            done = subprocess.run([guest.DOMRUN, verb, "guest.xml"], cwd=case.path, capture_output=True, text=True,
                                  check=False, timeout=guest.PATIENCE, env=case.directory.environment)
            assert done.returncode == 0, done.stderr
            assert "-kernel" not in done.stdout
            if verb == "argv":
                assert "<bootloader>: the bootloader is not run" in done.stderr, done.stderr
        assert not (case.path / "was-run").exists()


def test_real_qemu():
    """It may open what was chosen, though the document names neither."""
    with guest.Directory() as directory:
        away = directory.path / "elsewhere"
        away.mkdir()
        # The smallest file that QEMU takes for a Linux kernel: a header of boot protocol 2.12 and zeros.
        image = bytearray(64 * 1024)
        image[0x1f1] = 1
        image[0x1fe:0x200] = b"\x55\xaa"
        image[0x202:0x208] = b"HdrS\x0c\x02"
        image[0x211] = 1
        image[0x22c:0x230] = (0x7fffffff).to_bytes(4, "little")
        (away / "vmlinuz").write_bytes(image)
        (away / "initrd").write_bytes(bytes(4096))
        program = directory.write("loader", f"#!/bin/sh\necho '(linux (kernel {away}/vmlinuz)(ramdisk {away}/initrd))'\n")
        program.chmod(0o755)
        (directory.path / "disk.img").write_bytes(bytes(1 << 20))
        run = directory.run(DOCUMENT.format(program=program, emulator="/usr/bin/qemu-system-x86_64"))
        directory.await_state("pv")
        directory.destroy("pv")
        assert run.wait() == 8, run.said()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
