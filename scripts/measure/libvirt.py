# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt, beside which domrun is measured: a libvirtd of this run's own, which nobody else sees.

It takes root. The whole run is started again in namespaces of its own, where libvirt's directories are empty ones in
memory, and /dev/kvm a node that every user may open: without that libvirt asks QEMU anew what it can at each call, which
takes seconds. It is set up to do nothing but to start QEMU: no security driver, no control groups, no namespaces."""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import time

import documents
import processes

INSIDE = "DOMRUN_BENCH_INSIDE"
DIRECTORIES = ("/run", "/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")
CONFIGURATION = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
remember_owner = 0
"""
PATIENCE = 60
ROW = "libvirt"


def lacking():
    """Why libvirt cannot be measured here, or None."""
    if os.geteuid() != 0:
        return "it takes root to run a libvirtd beside the system's"
    for program, package in (("libvirtd", "libvirt-daemon"), ("virsh", "libvirt-clients"), ("unshare", "util-linux")):
        if not shutil.which(program):
            return f"there is no {program} (Debian's package {package})"
    try:
        pwd.getpwnam("libvirt-qemu")
    except KeyError:
        return "there is no user libvirt-qemu (Debian's package libvirt-daemon-system)"
    return None


def enter_namespaces():
    """Starts this program again, inside."""
    os.environ[INSIDE] = "1"
    # The shell is process 1, and reaps what libvirt leaves.
    os.execvp("unshare", ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--", "sh", "-c",
                          '"$@"; exit $?', "sh", sys.executable, *sys.argv])


def prepare():
    for name in DIRECTORIES:
        if os.path.isdir(name):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", name], check=True)
    if os.path.exists("/dev/kvm"):
        subprocess.run(["mknod", "-m", "666", "/run/kvm", "c", "10", "232"], check=True)
        subprocess.run(["mount", "--bind", "/run/kvm", "/dev/kvm"], check=True)
    pathlib.Path("/etc/libvirt/qemu.conf").write_text(CONFIGURATION)


class Libvirtd:
    """While it is entered, virsh finds it."""

    def __enter__(self):
        prepare()
        with open("/run/libvirtd.log", "wb") as log:
            self.process = subprocess.Popen(["libvirtd", "--timeout=0"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.virsh = ["virsh", "-q", "-c", "qemu:///system"]
        deadline = time.monotonic() + PATIENCE
        while subprocess.run([*self.virsh, "list"], capture_output=True).returncode:
            if time.monotonic() > deadline or self.process.poll() is not None:
                processes.fail("libvirtd does not answer: " + pathlib.Path("/run/libvirtd.log").read_text()[-2000:])
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def memory(self):
        return processes.pss(self.process.pid)


class Console:
    """A socket that the guest's serial port is connected with, whoever starts the guest."""

    def __init__(self, directory):
        self.path = str(directory / "console.sock")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self.device = f"<serial type='unix'><source mode='connect' path='{self.path}'/></serial>"

    def start(self, command, ends):
        """Seconds by the clock until the first byte. Ends the guest, and the program, which does so by itself if @ends."""
        start = time.monotonic()
        pid = processes.spawn(command)
        self._listener.settimeout(PATIENCE)
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        connection.recv(1)
        seconds = time.monotonic() - start
        connection.sendall(b"p")
        while connection.recv(4096):
            pass
        connection.close()
        if not ends:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        else:
            processes.reap(pid, command)
        return seconds

    def close(self):
        self._listener.close()


def await_no_guest(daemon):
    while subprocess.run([*daemon.virsh, "list", "--name"], capture_output=True, text=True).stdout.strip():
        time.sleep(0.01)


def measure_start(bench, daemon):
    console = Console(bench.directory)
    document = bench.write("console.xml", documents.built_in_guest(bench.image, console=console.device))
    ours = [bench.domrun, "run", "--quiet", f"--root={bench.directory / 'run'}", document]
    embedded = bench.directory / "embedded"
    (embedded / "etc").mkdir(parents=True)
    (embedded / "etc/qemu.conf").write_text(CONFIGURATION)
    others = [("`virsh create`", [*daemon.virsh, "create", document], True)]
    if shutil.which("virt-qemu-run"):
        others.append(("`virt-qemu-run`", ["virt-qemu-run", f"--root={embedded}", document], False))
    else:
        bench.say("libvirt: there is no virt-qemu-run (Debian's package libvirt-daemon-driver-qemu)")
    for name, command, ends in others:
        def theirs():
            seconds = console.start(command, ends)
            await_no_guest(daemon)
            return seconds
        pairs = processes.Pairs(lambda: console.start(ours, ends=True), theirs, bench.options.few)
        bench.add_pairs(ROW, "`run` to the guest's first byte", pairs, name)
    console.close()


def measure_argv(bench, daemon, argv_documents):
    for document, what, _ in argv_documents:
        theirs = [*daemon.virsh, "domxml-to-native", "qemu-argv", document]
        if subprocess.run(theirs, capture_output=True).returncode:
            bench.say(f"libvirt: {what}: it refuses this document")
            continue
        pairs = processes.Pairs(lambda: processes.clock_time([bench.domrun, "argv", "--quiet", document]),
                                lambda: processes.clock_time(theirs), bench.options.pairs)
        bench.add_pairs(ROW, what.replace("processor", "by the clock"), pairs, "`virsh domxml-to-native`")


def measure(bench, argv_documents):
    why_not = lacking()
    if why_not:
        bench.say(f"libvirt is not measured: {why_not}")
        return
    with Libvirtd() as daemon:
        measure_argv(bench, daemon, argv_documents)
        measure_start(bench, daemon)
        bench.add(ROW, "memory while no guest runs (PSS)", 0, "KiB", "libvirtd (PSS)", daemon.memory())
