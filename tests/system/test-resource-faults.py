#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""System calls that fail, or where domrun is killed, on the way to what a guest has of the host: a tap on a bridge, and the
programs beside QEMU (virtiofsd, passt, swtpm). What is said, what is left of them, and whether the next start works
(tests/lib/faults.py)."""

import pathlib
import shutil

import guest
import network
import tap
from faults import ERRORS, RESTARTS, RUN, Walk, make

BRIDGE = "br-faults"

BRIDGED = f"<interface type='bridge'><source bridge='{BRIDGE}'/><model type='virtio'/></interface>"
PASST = "<interface type='user'><backend type='passt'/><model type='virtio'/></interface>"
TPM = "<tpm><backend type='emulator'><source type='dir' path='{here}/tpm'/></backend></tpm>"
VIRTIOFS = "<filesystem type='mount'><driver type='virtiofs'/><source dir='{here}/shared'/><target dir='shared'/></filesystem>"
SHARED = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"

# What they take that a guest without them does not.
CALLS = ("openat", "socket", "ioctl", "bind", "connect", "sendmsg", "sendto", "recvmsg", "read", "write", "vfork", "execve",
         "pidfd_open", "fcntl", "mkdirat", "fchmod")


class Tapped(Walk):
    def left(self):
        return super().left() + list(network.taps())


def virtiofsd():
    places = (shutil.which("virtiofsd"), "/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")
    return any(place and pathlib.Path(place).exists() for place in places)


def _faults(devices, head="", is_there=lambda: True, package="", walks=Walk):
    def test():
        if not is_there():
            raise tap.Skip(f"there is no {package}")
        with guest.Directory(patience=1) as directory:
            (directory.path / "shared").mkdir()
            (directory.path / "tpm").mkdir()
            make(directory, devices=devices.format(here=directory.path), head=head)
            walk = walks(directory, RUN, RESTARTS, least_marks=2)
            walk.check_again()    # what a TPM has is made once
            for offset, call in enumerate(CALLS):
                walk.offset = 7 * offset
                walk.walk(call, ERRORS[call], sample=2)
    return test


test_tap = _faults(BRIDGED, walks=Tapped)
test_passt = _faults(PASST, is_there=lambda: shutil.which("passt"), package="passt")
test_swtpm = _faults(TPM, is_there=lambda: shutil.which("swtpm") and shutil.which("swtpm_setup"), package="swtpm")
test_virtiofsd = _faults(VIRTIOFS, SHARED, virtiofsd, "virtiofsd")


if __name__ == "__main__":
    network.enter(f"ip link add {BRIDGE} type bridge", f"ip link set {BRIDGE} up", "ip link add up0 type veth peer name up1",
                  "ip address add 10.8.0.1/24 dev up0", "ip link set up0 up", "ip link set up1 up", "ip route add default via 10.8.0.2")
    for key, function in list(globals().items()):
        if key.startswith("test_"):
            function.__name__ = key
    tap.main(jobs=2)
