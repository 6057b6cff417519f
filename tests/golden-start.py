#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every golden command line is started by real QEMU: with -S, so that no guest runs, until QMP answers, and then quit.

QEMU has to come up, to end with 0, and to say nothing. What a document names on the host is replaced by a harmless
stand-in of the same kind: images, kernels, files that are written, sockets. A case that cannot be started even so
says why in CASE.nostart. One whose reason begins with "needs version: QEMU 9.0", or "QEMU before 9.0", is started where
QEMU is such a one.

Where the kernel has Landlock, QEMU is confined to the files that `domrun argv --access` says, or their stand-ins, as
`domrun run` would confine it: a room that does not say what it opens is found here.

Where that is possible, it runs in network namespaces of its own, where loopback and multicast work and nothing leaves.
"""

import ast
import base64
import ctypes
import fcntl
import functools
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

import confined
import golden
import tap

QMP_DESCRIPTOR = 99
SECRET = b"a secret, for tests"

# Decompressors of Apple's images, in a package of their own, which an empty image does not need; the port that a VNC
# server found; a console's socket that was connected to already; what TCG has not of the processor; a machine that the
# document names, and that was young when the case was written; SPICE's own end;
# what --fast-boot tells the BIOS.
# What is on a server, or on a controller: a file stands in for it.
REMOTE = {"nvme", "nbd", "http", "https", "ftp", "ftps", "iscsi", "rbd", "gluster", "nfs", "ssh"}

HARMLESS = re.compile(r"^(?:qemu: module block-block-dmg-\w+ not found, .*|VNC server running on .*"
                      r"|.*: warning: TCG doesn't support requested feature[:,] .*"
                      r"|.*: warning: Machine type '.*' is deprecated: machines more than 3 years old .*"
                      r"|.*: warning: Spice: .*: VD_INTERFACE_REMOVING unsupported"
                      r"|.*: info: QEMU waiting for connection on: .*"
                      r"|.*: warning: externally provided fw_cfg item names should be prefixed with \"opt/\""
                      r"|.*: warning: No kernel provided, booting from flash drive\."
                      r"|.*: warning: (?:nic|netdev) .* has no peer)\n", re.MULTILINE)
IN_NAMESPACE = "DOMRUN_GOLDEN_NAMESPACE"


def enter_namespace():
    """Starts this program again in a network namespace, if that is possible; returns in the new one."""
    if os.environ.get(IN_NAMESPACE):
        return
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if shutil.which("ip") and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
        os.environ[IN_NAMESPACE] = "1"
        os.execvp("unshare", [*unshare, sys.executable, *sys.argv])


def make_network():
    """Gives the calling thread, and what it starts, a namespace for itself: two cases may want one port."""
    if not os.environ.get(IN_NAMESPACE):
        return
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:             # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run("ip link set lo up && ip route add 224.0.0.0/4 dev lo", shell=True, check=True)


def make_kernel(path):
    """The smallest file that QEMU takes for a Linux kernel: a header of boot protocol 2.12 and zeros."""
    image = bytearray(64 * 1024)
    image[0x1f1] = 1                                      # sectors of setup code
    image[0x1fe:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    image[0x206:0x208] = (0x20c).to_bytes(2, "little")
    image[0x211] = 1                                      # loaded high
    image[0x22c:0x230] = (0x7fffffff).to_bytes(4, "little")
    path.write_bytes(image)


def make_sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def make_bochs(path):
    """A growing image without data, as block/bochs.c has it."""
    words = [0x20000, 512, 1, 1, 4096, 0]                 # version, header, catalog, bitmap, extent, reserved
    header = struct.pack("<32s16s16s6IQ", b"Bochs Virtual HD Image", b"Redolog", b"Growing", *words, 4096)
    path.write_bytes(header.ljust(512, b"\0") + b"\xff" * 4)


def make_cloop(path):
    """One block of zeros, as block/cloop.c has it."""
    block = zlib.compress(bytes(4096))
    start = 128 + 8 + 16
    path.write_bytes(bytes(128) + struct.pack(">IIQQ", 4096, 1, start, start + len(block)) + block)


def make_dmg(path):
    """A property list with one block table, of one chunk of zeros and the end, as block/dmg.c has it."""
    chunks = struct.pack(">II4Q", 2, 0, 0, 1, 0, 0) + struct.pack(">II4Q", 0xffffffff, 0, 1, 0, 0, 0)
    table = struct.pack(">4sIQQQ", b"mish", 1, 0, 1, 0).ljust(200, b"\0") + struct.pack(">I", 2) + chunks
    plist = b"<plist><data>\n" + base64.b64encode(table) + b"\n</data></plist>"
    trailer = bytearray(512)
    trailer[0:4] = b"koly"
    struct.pack_into(">QQ", trailer, 0xd8, 0, len(plist))
    path.write_bytes(plist + trailer)


def talk_vhost_user(listener):
    """What is on the other side of a vhost-user network, or file system: it has protocol features, and of these many
    queues, and is asked for nothing else before the guest runs. As QEMU's docs/interop/vhost-user.rst has it."""
    answer_vhost_user(listener.accept()[0])


def answer_vhost_user(connection):
    answers = {1: 1 << 30 | 1 << 32, 15: 1, 17: 8, 11: 0}   # GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_VRING_BASE
    with connection:
        while len(header := connection.recv(12, socket.MSG_WAITALL)) == 12:
            request, flags, size = struct.unpack("<III", header)
            body = connection.recv(size, socket.MSG_WAITALL) if size else b""
            if request == 11:
                connection.sendall(struct.pack("<III", request, 5, 8) + body[:8])
            elif request in answers:
                connection.sendall(struct.pack("<IIIQ", request, 5, 8, answers[request]))


def talk_ivshmem(listener):
    """A server of shared memory, with no other guest: its version, the number of this one, the memory. As QEMU's
    docs/specs/ivshmem-spec has it."""
    connection = listener.accept()[0]
    memory = os.memfd_create("shared")
    os.truncate(memory, 1 << 20)
    with connection:
        connection.sendall(struct.pack("<qq", 0, 0))
        socket.send_fds(connection, [struct.pack("<q", -1)], [memory])
        os.close(memory)
        connection.recv(1)


class Swtpm:
    """A TPM that a command line talks to, for as long as it is held; new, and gone with it."""

    def __init__(self, directory, control, descriptors):
        if not shutil.which("swtpm"):
            raise tap.Skip("there is no swtpm")
        directory.mkdir()
        self._process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={directory}", "--terminate",
                                          "--ctrl", f"type=unixio,{control}"], pass_fds=descriptors)

    def close(self):
        self._process.kill()
        self._process.wait()


class Program:
    """One that is ended with what is kept."""

    def __init__(self, process):
        self._process = process

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Images:
    """Empty images, one of each format, made when first asked for."""

    # With little work for the key: it is to be quick.
    LUKS = ["--object", f"secret,id=key,data={SECRET.decode().replace(',', ',,')}", "-o", "key-secret=key,iter-time=10"]
    QCOW2_LUKS = [*LUKS[:3], "encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10"]
    NOT_MADE_BY_QEMU_IMG = {"bochs": make_bochs, "cloop": make_cloop, "dmg": make_dmg}

    def __init__(self, directory):
        self._directory = directory
        self._lock = threading.Lock()

    def copy(self, image_format, path):
        if image_format in self.NOT_MADE_BY_QEMU_IMG:
            self.NOT_MADE_BY_QEMU_IMG[image_format](path)
            return
        model = self._directory / f"model.{image_format}"
        with self._lock:
            if not model.exists():
                self._make(image_format, model)
        shutil.copyfile(model, path)

    def _make(self, image_format, model):
        options = {"luks": self.LUKS, "qcow2-luks": self.QCOW2_LUKS,
                   "qcow2-data": ["-o", f"data_file={model}-file"]}.get(image_format, [])
        command = ["qemu-img", "create", "-q", "-f", image_format.split("-")[0], *options, str(model), "4M"]
        for _ in range(100):                               # of LUKS it measures how fast it is, and a clock may be coarse
            result = subprocess.run(command, capture_output=True, check=False)
            if b"Unable to get accurate CPU usage" not in result.stderr:
                break
        assert result.returncode == 0, result.stderr


class Stage:
    """One command line, its stand-ins, and the descriptors that it inherits."""

    def __init__(self, words, directory, images):
        self.words = words
        self._directory = directory
        self._images = images
        self._stand_ins = {}
        self._is_arm = any("qemu-system-aarch64" in word for word in words)
        self._formats = self._find_formats()
        self.descriptors = {}       # number in QEMU -> socket or file
        self.kept = []              # the other ends
        self.rules = [f"socket {shlex.quote(str(directory / 'any'))}"]             # what QEMU may open because of the stand-ins, and of the shell's form
        self._vhost_user = " ".join(word for word in words
                                    if '"type":"vhost-user"' in word or '"vhost-user-fs-' in word)
        self._doorbells = " ".join(word for word in words if '"driver":"ivshmem-doorbell"' in word)
        self.tried = []             # (QMP command, arguments, what QEMU says of them): what something stands in for
        self._tap = None            # the name of a tap device that has queues to come

    def _find_formats(self):
        """What format each file node of -blockdev is opened as, be it by way of the node of a slice."""
        formats = {}
        nodes = [json.loads(value) for option, value in zip(self.words, self.words[1:])
                 if option == "-blockdev" and value.startswith("{")]
        for node in reversed(nodes):                       # what is on top of a node comes after it
            if isinstance(node.get("file"), str):
                is_slice = node["node-name"].endswith(("-slice", "-part"))
                formats[node["file"]] = formats.get(node["node-name"], "raw") if is_slice else \
                    node["driver"] + ("-luks" if "encrypt" in node else "") + ("-data" if "data-file" in node else "")
        return formats

    def _stand_in(self, path, make):
        """The stand-in for @path, which @make makes the first time."""
        if path not in self._stand_ins:
            stand_in = self._directory / f"{len(self._stand_ins)}-{os.path.basename(path)[-40:]}"
            make(stand_in)
            self._stand_ins[path] = str(stand_in)
        return self._stand_ins[path]

    def _allow(self, path):
        """It, which a descriptor or a server stands for in what the supervisor executes."""
        self.rules.append(f"create {shlex.quote(path)}")
        return path

    def rules_of(self, access):
        """What `argv --access` says, with the stand-ins."""
        for line in [*access.splitlines(), *self.rules]:
            word, *path = shlex.split(read_escapes(line))
            yield f"{word} {' '.join(shlex.quote(self._stand_ins.get(part, part)) for part in path)}"

    def _blockdev(self, value):
        node = json.loads(value)
        if node["driver"] in REMOTE:
            nameless = {key: value for key, value in node.items() if key != "node-name"}
            self.tried.append(("blockdev-add", nameless, "'node-name' must be specified"))
            node = {key: node[key] for key in ("node-name", "cache", "auto-read-only", "discard") if key in node}
            node |= {"driver": "file", "filename": self._allow("/" + node["node-name"])}
        if "dir" in node:
            node["dir"] = self._stand_in(node["dir"], lambda path: path.mkdir())
        if "filename" in node:
            image_format = self._formats.get(node.get("node-name"), "raw")
            make = lambda path: self._images.copy(image_format, path)
            if self._is_arm and node["node-name"].startswith("pflash"):    # whose flash is of one size
                make = lambda path: make_sparse(path, 64 << 20)
            if node["filename"].startswith("/dev/fdset/") or node["filename"].endswith("-seed.iso"):
                self._allow(node["filename"])             # the image of cloud-init, which a descriptor stands for
            node["filename"] = self._stand_in(node["filename"], make)
            if node["driver"] == "host_device":           # has the options of "file", and insists on a device
                node["driver"] = "file"
        return json.dumps(node)

    def _listen(self, family, address, talk=None):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
        self.kept.append(listener)
        if talk:
            threading.Thread(target=talk, args=(listener,), daemon=True).start()

    def _make_terminal(self, path):
        master, slave = os.openpty()
        path.symlink_to(os.ttyname(slave))
        self.kept += [os.fdopen(master, "rb", 0), os.fdopen(slave, "rb", 0)]

    def _listen_for_client(self, value):
        """The server that a TCP client of QEMU connects to."""
        self._listen_at(*(re.search(rf",{key}=([^,]*)", value)[1] for key in ("host", "port")))

    def _listen_at(self, host, port):
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        except socket.gaierror as error:
            raise tap.Skip(f"'{host}' port '{port}': {error.strerror}") from error
        self._listen(family, address)

    def _bus(self, value):
        """A bus that the display is on."""
        if value.startswith("dbus") and b"dbus" not in subprocess.run([self.words[0], "-display", "help"], check=False,
                                                                      capture_output=True).stdout.split():
            raise tap.Skip("this QEMU has no display of type dbus: qemu-system-modules-opengl")

        def replace(match):
            if not shutil.which("dbus-daemon"):
                raise tap.Skip("there is no dbus-daemon")
            path = self._directory / "bus"
            bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address",
                                    f"--address=unix:path={path}"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)     # root may not raise its limits everywhere
            self.kept.append(Program(bus))
            bus.stdout.readline()
            return str(path)
        return re.sub("(?<=addr=unix:path=)(?:[^,]|,,)*", replace, value)

    def _is_of_tpm(self, value):
        chardev = re.search(r"id=([^,]*)", value)[1]
        return any(option == "-tpmdev" and other.endswith(f",chardev={chardev}")
                   for option, other in zip(self.words, self.words[1:]))

    def _listen_as_tpm(self, path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        self.kept += [listener, Swtpm(self._directory / "tpm", f"fd={listener.fileno()}", [listener.fileno()])]

    def _chardev(self, value):
        value = re.sub(",tls-creds=[^,]*", "", value)      # see _object
        kind = value.split(",")[0]
        name = f'"chardev":"{re.search(r"id=([^,]*)", value)[1]}"'
        is_vhost_user = name in self._vhost_user
        talk = talk_vhost_user if is_vhost_user else talk_ivshmem if name in self._doorbells else None
        if is_vhost_user:
            value = value.replace(",server=on", "")
        is_client = kind == "socket" and not re.search(r",(?:server|fd)=", value)
        make = {"pipe": os.mkfifo, "serial": self._make_terminal}.get(kind, lambda path: None)
        if is_client:
            make = lambda path: self._listen(socket.AF_UNIX, str(path), talk)
        if is_client and self._is_of_tpm(value):
            make = self._listen_as_tpm
        if is_client and re.search(r",host=", value):
            self._listen_for_client(value)

        if kind == "pty":
            self.rules += ["write /dev/ptmx", "write /dev/pts"]

        def replace(match):
            if kind == "file" or match[1] != ",path=":
                self._allow(match[2].replace(",,", ","))
            stand_in = self._stand_in(match[2].replace(",,", ","), make if match[1] == ",path=" else lambda path: None)
            return match[1] + stand_in.replace(",", ",,")
        return re.sub(r"((?:^|,)(?:path|logfile)=)(/(?:[^,]|,,)*)", replace, value)

    def _make_tap(self, number, queues):
        """A tap device of this namespace under the descriptor that QEMU is told."""
        # As in linux/if_tun.h: TUNSETIFF; IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE.
        flags = 0x2 | 0x1000 | 0x4000 | (0x100 if queues > 1 else 0)
        device = open("/dev/net/tun", "r+b", buffering=0)
        name = fcntl.ioctl(device, 0x400454ca, struct.pack("16sH22x", self._tap or b"golden%d", flags))[:16]
        self._tap = name.rstrip(b"\0") if queues > 1 else None
        self.descriptors[number] = device

    def _netdev(self, value):
        """What goes to the host goes to this namespace; scripts of the host are not run."""
        netdev = json.loads(value)
        if netdev["type"] in ("tap", "bridge") and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            raise tap.Skip("needs hardware: /dev/net/tun, and the right to use it")
        numbers = [int(number) for number in netdev.get("fds", netdev.get("fd", "")).split(":") if number]
        for number in numbers:
            self._make_tap(number, len(numbers))
        if netdev["type"] == "stream":
            self.descriptors[int(netdev["addr"]["str"])], other = socket.socketpair()
            self.kept.append(other)
        if netdev["type"] == "bridge":                     # a setuid helper, and a file that allows it
            netdev = {"type": "tap", "id": netdev["id"], "script": "no", "downscript": "no"}
        if netdev["type"] == "tap":
            self._allow("/dev/net/tun")
        for key in ("script", "downscript"):
            if netdev.get(key, "no") != "no":
                netdev[key] = "/bin/true"
        for key in ("vhost", "vhostfd", "vhostfds"):       # a device that few machines for tests have
            netdev.pop(key, None)
        if "connect" in netdev:
            host, port = netdev["connect"].rsplit(":", 1)
            self._listen_at(host, port)
        return json.dumps(netdev)

    def _take_descriptors(self, option, value):
        """The sockets and files that `argv --exact` names by number."""
        for match in re.finditer(r"(?:^|,)fd=(\d+)", value):
            number = int(match[1])
            if option == "-chardev" and "server=on" in value:
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(str(self._directory / f"listener-{number}"))
                listener.listen()
                self.descriptors[number] = listener
                if "wait=on" in value:
                    self.kept.append(socket.socket(socket.AF_UNIX))
                    self.kept[-1].connect(listener.getsockname())
            elif option == "-chardev":
                self.descriptors[number], other = socket.socketpair()
                self.kept.append(other)
                if f'"chardev":"{re.search(r"id=([^,]*)", value)[1]}"' in self._vhost_user:
                    threading.Thread(target=answer_vhost_user, args=(other.dup(),), daemon=True).start()
                if self._is_of_tpm(value):
                    control = f"clientfd={other.fileno()}"
                    self.kept.append(Swtpm(self._directory / f"tpm-{number}", control, [other.fileno()]))
            else:
                self.descriptors[number] = open(self._directory / f"file-{number}", "w+b")

    def _secret(self, secret):
        """One that is in a file or descriptor."""
        text = SECRET if secret.get("format") != "base64" else base64.b64encode(SECRET)
        descriptor = re.fullmatch(r"/proc/self/fd/(\d+)", secret.get("file", ""))
        if "file" in secret:
            secret["file"] = self._stand_in(secret["file"], lambda path: path.write_bytes(text))
        if descriptor:
            self._allow(secret["file"])                    # for a file in memory, which is nobody's
            self.descriptors[int(descriptor[1])] = open(secret["file"], "rb")
            secret["file"] = descriptor[0]
        return json.dumps(secret)

    def _object(self, value):
        properties = json.loads(value)
        if properties["qom-type"] == "secret":
            return self._secret(properties)
        if properties["qom-type"] == "tls-creds-x509":     # nobody has made certificates for tests
            properties["dir"] = self._stand_in(properties["dir"], lambda path: path.mkdir())
            self.tried.append(("object-add", properties, "Unable to access credentials"))
            return json.dumps({"qom-type": "secret", "id": properties["id"] + "-stand-in", "data": ""})
        return value

    def argument(self, option, value):
        """What @value of @option becomes."""
        self._take_descriptors(option, value)
        if option == "-blockdev" and value.startswith("{"):
            return self._blockdev(value)
        if option == "-chardev":
            return self._chardev(value)
        if option == "-netdev" and value.startswith("{"):
            return self._netdev(value)
        if option == "-object" and "mem-path" in value:
            memory = json.loads(value)
            memory["mem-path"] = self._stand_in(memory["mem-path"], lambda path: make_sparse(path, memory["size"]))
            return json.dumps(memory)
        if option == "-object" and value.startswith("{"):
            value = self._object(value)
        if option == "-object" and "hugetlb" in value:     # nobody has set huge pages aside for tests
            value = re.sub(r'"hugetlb(?:size)?":[a-z0-9]+,', "", value)
        if option == "-spice":                             # nobody has made certificates for tests
            value = re.sub(r"(?:^|(?<=,))(?:tls-port|x509-dir|tls-channel)=[^,]*,", "", value)
            return re.sub("(?<=addr=)/(?:[^,]|,,)*",
                          lambda match: self._stand_in(match[0].replace(",,", ","), lambda path: None).replace(",", ",,"), value)
        if option == "-vnc":
            return re.sub("(?<=unix:)/(?:[^,]|,,)*",
                          lambda match: self._stand_in(match[0].replace(",,", ","), lambda path: None).replace(",", ",,"), value)
        if option == "-fsdev":
            return re.sub(r"(?<=,path=)/(?:[^,]|,,)*", lambda match: self._stand_in(
                match[0].replace(",,", ","), lambda path: path.mkdir()).replace(",", ",,"), value)
        if option == "-device" and '"rootdir":' in value:
            device = json.loads(value)
            device["rootdir"] = self._stand_in(device["rootdir"], lambda path: path.mkdir())
            return json.dumps(device)
        if option == "-device" and '"jsonfile":' in value:
            device = json.loads(value)
            device["jsonfile"] = self._stand_in(device["jsonfile"], lambda path: path.touch())
            return json.dumps(device)
        if option == "-display":
            return self._bus(value)
        if option == "-bios" and value.startswith("/"):
            return self._stand_in(value, lambda path: path.write_bytes(bytes(1 << 20)))
        if option == "-kernel":
            return self._stand_in(value, make_kernel)
        if option in ("-fw_cfg", "-acpitable"):
            # A table of ACPI, which is as good as any other file.
            make = lambda path: path.write_bytes(struct.pack("<4sI", b"TEST", 64).ljust(64, b"\0"))
            return re.sub("(?<=file=).*", lambda match: self._stand_in(match[0].replace(",,", ","), make).replace(",", ",,"), value)
        if option in ("-initrd", "-dtb", "-shim"):
            return self._stand_in(value, lambda path: path.write_bytes(bytes(4096)))
        if option == "-m" and value.isdigit():             # more than a machine for tests may have
            return str(min(int(value), 1024))
        if option == "-machine":                           # those of another distribution's QEMU
            value = re.sub(r"^pc-(i440fx|q35)-rhel[0-9.]+", lambda match: {"i440fx": "pc"}.get(match[1], match[1]), value)
        if option in ("-accel", "-machine") and not may_use_kvm():
            value = re.sub(r"^kvm\b|(?<=accel=)kvm\b", "tcg", value)
        if option == "-cpu" and not may_use_kvm():
            # What only KVM can pass through.
            value = re.sub(r"^host\b", "max", value)
            value = re.sub(r",(host-cache-info|host-phys-bits)=on|,host-phys-bits-limit=\d+", "", value)
        return value

    def command(self):
        words, previous = [], ""
        for word in self.words:
            words.append(self.argument(previous, word) if previous.startswith("-") else word)
            previous = word
        return words


def may_use_kvm():
    """Not by default: where KVM is emulated, QEMU comes up with some processors only."""
    return os.environ.get("DOMRUN_TEST_KVM") == "1"


def read_escapes(text):
    """The same with '...' for the shell's $'...', which shlex does not know."""
    def quote(match):
        value = ast.literal_eval('b"' + match[1].replace("\\'", "'").replace('"', '\\"') + '"')
        return shlex.quote(value.decode())
    return re.sub(r"(?<=\s)\$'((?:[^'\\]|\\.)*)'", quote, text)


def parse(text, directory):
    """The words of an .argv file."""
    text = text.replace("@DIR@", str(directory)).replace("@STATE@", str(directory))
    words = json.loads(text) if text.startswith("[") else shlex.split(read_escapes(text).replace("\\\n", " "))
    assert words, "the command line is empty"
    return words


def check_network(words):
    """What uses the network is started in a namespace of ours only."""
    pattern = re.compile(r'"type": ?"(?!user)|(?:^|,)host=|^udp,')
    if not os.environ.get(IN_NAMESPACE) and any(
            option == "-spice" and "port=" in value or
            option == "-vnc" and not value.startswith("unix:") or
            option in ("-netdev", "-chardev") and (pattern.search(value) or "hostfwd" in value) for option, value in zip(words, words[1:])):
        raise tap.Skip("needs a network namespace, which cannot be made here (unshare -n)")


def check_memory(words):
    """What is to be locked has to be allowed."""
    limit, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if "mem-lock=on" in words and not tap.is_root() and limit != resource.RLIM_INFINITY:
        raise tap.Skip("needs the right to lock memory (ulimit -l)")


def spare_emulator(words):
    """The document's own emulator may be elsewhere; its name says which one is meant."""
    index = next((i for i, word in enumerate(words) if i == 0 and word != "env" or i > 0 and "=" not in word), 0)
    name = os.path.basename(words[index])
    found = shutil.which(name if name.startswith("qemu-system-") else "qemu-system-x86_64")
    if not found:
        raise tap.Skip(f"there is no {name}")
    return [*words[:index], found, *words[index + 1:]]


def with_descriptors(words, descriptors):
    """The command that gives QEMU each of @descriptors under its number; the shell closes the numbers of ours."""
    # Each is moved out of the way of the others' numbers before it gets its own.
    moves = " ".join(f"{100 + number}<&{file.fileno()} {file.fileno()}<&-" for number, file in descriptors.items())
    places = " ".join(f"{number}<&{100 + number} {100 + number}<&-" for number in descriptors)
    return ["bash", "-c", f'exec {moves}; exec "$@" {places}', "bash", *words]


def talk(connection, tried):
    """Greeting, capabilities, state, quit. QEMU reads all that is @tried, and then says what is wrong with it."""
    stream = connection.makefile("rw", encoding="utf-8", newline="\n")

    def ask(command, arguments=None):
        stream.write(json.dumps({"execute": command} | ({"arguments": arguments} if arguments else {})) + "\n")
        stream.flush()
        while line := stream.readline():
            reply = json.loads(line)
            if "event" not in reply:
                return reply
        raise AssertionError(f"QMP ended after '{command}'")

    def execute(command):
        reply = ask(command)
        assert "return" in reply, f"{command}: {reply}"
        return reply["return"]

    greeting = stream.readline()
    if not greeting:
        return "QMP never answered"
    assert "QMP" in json.loads(greeting), greeting
    execute("qmp_capabilities")
    state = execute("query-status")["status"]
    assert state == "prelaunch", f"the guest is '{state}'"
    for command, arguments, expected in tried:
        reply = ask(command, arguments)
        said = reply.get("error", {}).get("desc", "")
        if "'driver' does not accept value" in said:
            raise tap.Skip(f"needs version: a QEMU that has {arguments['driver']}")
        assert expected in said, f"{command} {arguments}: {reply}"
    execute("quit")
    return ""


def confine(words, stage, directory, access):
    """The command that runs it under the rules that it would have."""
    if not confined.has_landlock():
        return words
    (directory / "rules").write_text("\n".join(stage.rules_of(access)), encoding="utf-8", errors="surrogateescape")
    return [sys.executable, confined.__file__, str(directory / "rules"), *words]


def start(words, stage, directory, access):
    """Starts QEMU, and returns what is wrong."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / "qmp"))
    listener.listen()
    with open(directory / "stderr", "w+b") as errors:
        stage.descriptors[QMP_DESCRIPTOR] = listener
        words = [*words, "-S", "-chardev", f"socket,id=golden-qmp,fd={QMP_DESCRIPTOR},server=on,wait=off",
                 "-qmp", "chardev:golden-qmp"]
        words = confine(with_descriptors(words, stage.descriptors), stage, directory, access)
        process = subprocess.Popen(words, cwd=directory, stderr=errors,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   pass_fds=[file.fileno() for file in stage.descriptors.values()])
        listener.close()
        problem, code = "", None
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(tap.PATIENCE)
                connection.connect(str(directory / "qmp"))
                problem = talk(connection, stage.tried)
            code = process.wait(tap.PATIENCE)
        except (OSError, ValueError, AssertionError, subprocess.TimeoutExpired) as error:
            problem = str(error) or repr(error)
        finally:
            process.kill()
            process.wait()
        errors.seek(0)
        said = re.sub(HARMLESS, "", errors.read().decode(errors="backslashreplace"))
    if code is None:
        code = process.returncode
    if problem or code != 0 or said:
        return f"{problem}\nexit code {code}, and QEMU said: {said or 'nothing'}\n{shlex.join(words)}"
    return ""


@functools.cache
def emulator_version():
    said = subprocess.run(["qemu-system-x86_64", "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(int(number) for number in re.search(r"version (\d+)\.(\d+)", said).groups())


def is_that_version(reason):
    """Whether this QEMU is one that a case is said to need."""
    wanted = re.match(r"needs version: QEMU (before )?(\d+)\.(\d+)\b", reason)
    if not wanted:
        return False
    is_older = emulator_version() < (int(wanted[2]), int(wanted[3]))
    return is_older == bool(wanted[1])


def is_lost_errno(problem):
    """The process that async-teardown makes shares QEMU's memory, and so its errno, while it closes what it has: a number
    that QEMU reads meanwhile looks wrong to it."""
    return "async-teardown=on" in problem and re.search(r"QEMU said: .*Unable to parse FD number \d+: Bad file", problem)


def attempt(case, images):
    """Starts it, and returns what is wrong."""
    with tempfile.TemporaryDirectory(prefix="domrun-") as path:
        directory = pathlib.Path(path)
        words = spare_emulator(parse(case.read("argv").decode(), directory))
        check_network(words)
        check_memory(words)
        stage = Stage(words, directory, images)
        environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", SOURCE_DATE_EPOCH="1211716800")
        access = golden.run_domrun(case, environment, "--access")[1].decode(errors="surrogateescape")
        access = access.replace("@DIR@", str(directory)).replace("@STATE@", str(directory))
        problem = start(stage.command(), stage, directory, access)
        for file in [*stage.descriptors.values(), *stage.kept]:
            file.close()
        return problem


def check(case, images):
    reason = case.read("nostart")
    if reason is not None and not is_that_version(reason.decode()):
        raise tap.Skip(reason.decode().strip() or "no reason is given")
    problem = attempt(case, images)
    if is_lost_errno(problem):
        problem = attempt(case, images)
    if "Invalid parameter 'reconnect'" in problem:     # docs/differences.md
        raise tap.Skip("needs version: a QEMU before 11.1, which connects a vhost-user interface again")
    if problem:
        raise tap.Failure(problem)


def main():
    cases = [case for case in golden.select(golden.list_cases()[0], sys.argv[1:]) if case.path("argv").exists()]
    with tempfile.TemporaryDirectory(prefix="domrun-") as path:
        images = Images(pathlib.Path(path))
        passed = tap.run_cases([(case.title, lambda case=case: check(case, images)) for case in cases],
                               jobs=2, prepare=make_network)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    enter_namespace()
    main()
