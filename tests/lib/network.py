# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network namespace of a test's own, and Linux guests in it that ping each other.

The program that calls enter() is started again inside of new network and mount namespaces: what it does to bridges,
addresses and mounts reaches nobody else, and nothing that it sends leaves the machine.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import guest
import linux
import tap

INSIDE = "DOMRUN_TEST_NETWORK"
TUN = "/dev/net/tun"
HELPER = "/usr/lib/qemu/qemu-bridge-helper"
USER = 65534

# Steps for as_user(): the helper with the right that it needs, and a device for taps that everybody may open.
SETUID = f"cp {HELPER} /etc/qemu/helper && chmod 4755 /etc/qemu/helper && mount --bind /etc/qemu/helper {HELPER}"
TUN_FOR_ALL = f"cp -a {TUN} /etc/qemu/tun && mount --bind /etc/qemu/tun {TUN} && chmod 666 {TUN}"

# Configures eth0, says so, pings each peer until it answers, fetches a file, serves another one, and waits for a line
# before it ends.
INIT = """
for word in $(cat /proc/cmdline); do case $word in domrun.*) export "${word#domrun.}";; esac; done
ip link set eth0 up
ip address add $address dev eth0
echo "eth0: $(cat /sys/class/net/eth0/address) mtu $(cat /sys/class/net/eth0/mtu)"
for peer in $(echo $peers | tr , ' '); do
  until ping -c 1 -W 1 -s $size $peer >/dev/null; do :; done
  echo "answer from $peer"
done
[ -z "$url" ] || echo "fetched: $(wget -q -O - $url | sha256sum)"
[ -z "$serve" ] || { mkdir /www; echo "hello from the guest" >/www/hello; httpd -p $serve -h /www; }
echo "all done"
read line
poweroff -f
"""


def enter(*commands):
    """Starts this program again in namespaces of its own, with lo up and each of @commands run; skips everything
    where that cannot be."""
    if os.environ.get(INSIDE):
        for command in ("ip link set lo up", "ip link set lo multicast on", "ip route add 224.0.0.0/4 dev lo", *commands):
            subprocess.run(command, shell=True, check=True)
        return
    works = os.geteuid() == 0 and shutil.which("ip") and os.access(TUN, os.R_OK | os.W_OK) and \
        subprocess.run(["unshare", "-nm", "true"], capture_output=True, check=False).returncode == 0
    if not works:
        print(f"1..0 # SKIP needs root, iproute2, {TUN} and network namespaces")
        sys.exit(0)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "-nm", sys.executable, *sys.argv])


def enter_if_possible():
    """As enter(), for a test that only wants no others beside it."""
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if os.environ.get(INSIDE):
        subprocess.run("ip link set lo up", shell=True, check=True)
    elif shutil.which("ip") and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", [*unshare, sys.executable, *sys.argv])


def links():
    """The namespace's network devices by their names."""
    done = subprocess.run(["ip", "-json", "-details", "link"], capture_output=True, text=True, check=True)
    return {link["ifname"]: link for link in json.loads(done.stdout)}


def taps():
    return {name: link for name, link in links().items() if link.get("linkinfo", {}).get("info_kind") == "tun"}


def inventory():
    """What a guest could leave: network devices with their bridges, and sockets of all kinds. (Processes and files are
    guest.Directory's.)"""
    found = [f"link {name} of {link.get('master')}" for name, link in links().items()]
    for kind, inode in (("unix", 6), ("tcp", 9), ("tcp6", 9), ("udp", 9), ("udp6", 9)):
        for line in pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
            if line.split()[inode] != "0":   # a connection that has ended has none
                found.append(f"{kind} {line}")
    return sorted(found)


@contextlib.contextmanager
def nothing_left():
    """What the namespace has before and after must be the same. (The kernel closes what a process had open a moment after
    that process cannot be seen any more.)"""
    before = inventory()
    yield
    guest.await_that(lambda: inventory() == before, lambda: f"before: {before}\nafter: {inventory()}")


def is_listening(port):
    """Whether somebody listens on that TCP port, on 127.0.0.1 or all addresses."""
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
               for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])


def as_user(*steps, options=""):
    """A prefix for domrun: an ordinary user, after each of @steps, commands of root's, in a mount namespace with an
    empty /etc/qemu. @options are setpriv's."""
    if not os.path.exists(HELPER):
        raise tap.Skip(f"there is no {HELPER}")
    # Where there is no directory to mount on, all of /etc is a copy.
    copy = "mount -t tmpfs none /mnt && cp -a /etc/. /mnt/ && mkdir /mnt/qemu && mount --move /mnt /etc"
    script = " && ".join([f"{{ [ -d /etc/qemu ] || {{ {copy}; }}; }}", "mount -t tmpfs none /etc/qemu", *steps,
                          f'exec setpriv --reuid {USER} --regid {USER} --clear-groups {options} -- "$@"'])
    return ["unshare", "-m", "sh", "-c", script, "sh"]


def own(directory):
    """Gives a guest.Directory to the user of as_user()."""
    for path in (directory.path, directory.runtime, directory.temporary):
        os.chown(path, USER, USER)
    directory.environment["HOME"] = str(directory.path)


def linux_xml(name, interface, directory, memory=128, size=1400, url="", address="", peers=(), serve=""):
    """A Linux that has @address ("10.9.0.1/24") and pings @peers, with packets of @size bytes."""
    words = {"address": address, "peers": ",".join(peers), "size": size, "url": url, "serve": serve}
    return f"""<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{directory}/vmlinuz</kernel>
    <initrd>{directory}/initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet {' '.join(f'domrun.{key}={value}' for key, value in words.items())}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <on_reboot>destroy</on_reboot>
  <devices>
    {interface}
    <serial type='stdio'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""


@contextlib.contextmanager
def linux_files():
    """A directory with what linux_xml() boots."""
    kernel = linux.find_kernel()
    with tempfile.TemporaryDirectory(prefix="domrun-linux-") as name:
        directory = pathlib.Path(name)
        shutil.copy(kernel, directory / "vmlinuz")
        linux.make_initrd(directory / "initrd", kernel, INIT, ("virtio_pci", "virtio_net"))
        yield directory


class Guests:
    """Guests that run at the same time; at the end, nothing may be left of them."""

    def __init__(self):
        self._stack = contextlib.ExitStack()
        self._directories = []
        self.runs = []

    def __enter__(self):
        self._stack.__enter__()
        self._stack.enter_context(nothing_left())
        return self

    def start(self, xml, *options):
        directory = self._stack.enter_context(guest.Directory())
        run = directory.run(xml, *options)
        self._directories.append(directory)
        self.runs.append(run)
        return run

    def finish(self):
        """All do what they are to do, and then end."""
        for run in self.runs:
            run.expect("all done")
        for run in self.runs:
            run.send(b"\n")
        for run in self.runs:
            assert run.wait() == 0, run.said()
        for directory in self._directories:
            directory.assert_nothing_left()

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)


def need_user_namespaces(prefix=()):
    """What confines itself with one; in a chroot the kernel allows none."""
    if subprocess.run([*prefix, "unshare", "-U", "true"], capture_output=True, check=False).returncode:
        raise tap.Skip("no user namespaces can be made here")
