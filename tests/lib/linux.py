# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Linux for tests: Debian's cloud kernel, which scripts/fetch-guests gets, with an initramfs made here of
busybox, the drivers and an init of the test's own."""

import lzma
import os
import pathlib
import re
import shutil
import subprocess

import guest
import tap

GUESTS = pathlib.Path(os.environ.get("DOMRUN_GUESTS", guest.BUILD / "guests"))

# What every init begins with: the programs, the usual file systems and the drivers.
PROLOGUE = """#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
for module in $(cat /modules/order); do insmod /modules/$module.ko; done
"""


def find_kernel(name="linux"):
    """The cloud's kernel, or the "generic" one, which has more drivers."""
    kernels = sorted([*(GUESTS / name).glob("boot/vmlinuz-*"), *(GUESTS / name).glob("usr/lib/modules/*/vmlinuz")])
    if not kernels:
        raise tap.Skip(f"there is no kernel in {GUESTS}/{name}; scripts/fetch-guests gets one")
    return kernels[0]


def _find_modules(kernel):
    """The files of all modules; Debian 13 has moved them, and compresses them; later ones have the kernel beside them."""
    is_beside = kernel.name == "vmlinuz"
    release = kernel.parent.name if is_beside else kernel.name.removeprefix("vmlinuz-")
    root = kernel.parents[4] if is_beside else kernel.parents[1]
    for place in ("usr/lib/modules", "lib/modules"):
        directory = root / place / release
        if directory.is_dir():
            return {path.name.split(".")[0].replace("-", "_"): path for path in directory.rglob("*.ko*")}
    raise tap.Skip(f"{root} has no modules for {release}")


def _read_module(path):
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def _order_of_modules(files, drivers):
    """The names of @drivers and of all that they depend on, in the order of loading, with what is in the files."""
    ordered = {}

    def add(name):
        if name not in files or name in ordered:          # a driver that is not a file is built in
            return
        module = _read_module(files[name])
        depends = re.search(rb"\0depends=([^\0]*)\0", module)
        for other in depends[1].decode().split(",") if depends else []:
            add(other.replace("-", "_"))
        ordered[name] = module

    for driver in drivers:
        add(driver.replace("-", "_"))
    return ordered


def libraries(program):
    """What @program, one of the host's architecture, needs to run elsewhere: the files of its libraries."""
    said = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout
    if "not found" in said:
        raise tap.Skip(f"{program} misses libraries: {said}")
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", said)]


def make_initrd(target, kernel, init, drivers, files=None):
    """Makes the file @target, with @init to follow the PROLOGUE. @files says what else is there: bytes, or a path of the
    host's, for each path in the guest."""
    busybox = shutil.which("busybox", path="/bin:/usr/bin")
    if not busybox:
        raise tap.Skip("there is no busybox (package busybox-static)")
    root = target.parent / "root"
    for name in ("bin", "proc", "sys", "dev", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(busybox, root / "bin/busybox")
    modules = _order_of_modules(_find_modules(kernel), drivers)
    for name, module in modules.items():
        (root / "modules" / f"{name}.ko").write_bytes(module)
    (root / "modules/order").write_text(" ".join(modules))
    (root / "init").write_text(PROLOGUE + init)
    (root / "init").chmod(0o755)
    for name, content in (files or {}).items():
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            place.write_bytes(content)
        else:
            shutil.copy(content, place)
    names = "\0".join(str(path.relative_to(root)) for path in root.rglob("*"))
    with open(target, "wb") as file:
        subprocess.run(["cpio", "--null", "--create", "--format=newc", "--quiet"], cwd=root, input=names.encode(),
                       stdout=file, check=True)
    shutil.rmtree(root)


def make_unified(target, kernel, initrd, cmdline):
    """A program for UEFI that starts @kernel: systemd's, with the rest as its sections (the specification of unified
    kernel images of uapi-group.org). Nobody has signed it."""
    stub = pathlib.Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
    if not stub.exists():
        raise tap.Skip(f"there is no {stub} (package systemd-boot-efi)")
    (target.parent / "cmdline").write_text(cmdline)
    sections = {".cmdline": target.parent / "cmdline", ".initrd": initrd, ".linux": kernel}
    headers = subprocess.run(["objdump", "-h", "-p", str(stub)], check=True, capture_output=True, text=True).stdout
    base = int(re.search(r"ImageBase\s+([0-9a-f]+)", headers)[1], 16)
    ends = [int(size, 16) + int(address, 16)
            for size, address in re.findall(r"^ +\d+ \S+ +([0-9a-f]{8})  ([0-9a-f]{16})", headers, re.M)]
    address = max(ends)
    options = []
    for name, path in sections.items():
        address = -(-address // 0x10000) * 0x10000
        options += ["--add-section", f"{name}={path}", "--change-section-vma", f"{name}={address:#x}"]
        address += path.stat().st_size
    assert address - base < 1 << 31
    subprocess.run(["objcopy", *options, str(stub), str(target)], check=True)
