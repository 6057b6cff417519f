#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs that ask the guest's agent: a real Linux with QEMU's own agent, and one whose init is an agent that says what
the test wants. scripts/fetch-guests gets the kernel and the agent."""

import concurrent.futures
import contextlib
import json
import re
import shutil
import socket

import guest
import linux
import tap

SOCKET = "agent.sock"
CHANNEL = ("<channel type='unix'><source mode='bind' path='agent.sock'/>"
           "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>")

XML = """<domain type='qemu'>
  <name>linux</name>
  <memory unit='MiB'>256</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet</cmdline>
  </os>
  <features><apic/><acpi/></features>
  <devices>
    <serial type='pty'/>
    <console type='pty'/>
    {devices}
  </devices>
</domain>
"""

# The name of a port comes some time after the port.
PORT = """
while [ ! "$device" ]; do
  for port in /sys/class/virtio-ports/*; do
    [ "$(cat $port/name)" = org.qemu.guest_agent.0 ] && device=/dev/${port##*/}
  done
  sleep 0.05
done
"""

# What it is to answer is in /answers; there is none to what has no file, and to "guest-long" there is no end. It can be
# frozen. A read returns nothing while nobody of the host is connected.
SCRIPT = PORT + r"""
exec 3<>$device
frozen=thawed
echo "the agent is there"
while true; do
  read -r line <&3 || { sleep 0.05; continue; }
  echo "asked: $line"
  id=${line##*:}
  id=${id%%\}*}
  name=${line#*\"execute\":\"}
  name=${name%%\"*}
  case $name in
    guest-sync-delimited) printf '{"return": "of somebody els\n\377{"return": %s}\n' "$id" >&3; continue ;;
    guest-fsfreeze-status) printf '{"return": "%s"}\n' $frozen >&3; continue ;;
    guest-fsfreeze-thaw) frozen=thawed ;;
    *) [ $frozen = frozen ] && { cat /answers/disabled >&3; continue; } ;;
  esac
  case $name in
    guest-fsfreeze-freeze) frozen=frozen ;;
    guest-fsfreeze-freeze-list) case $line in *'"/slow"'*) frozen=frozen; continue ;; esac ;;
    guest-long) while printf '%s' 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef >&3; do :; done ;;
  esac
  [ -f /answers/$name ] && cat /answers/$name >&3
done
"""

ANSWERS = {
    "disabled": {"error": {"class": "CommandNotFound", "desc": "it has been disabled"}},
    "guest-ping": {"return": {}},
    "guest-get-osinfo": {"return": {"id": "debian", "pretty-name": "De\x1b[31mbian\u202e\nhostname : lie",
                                    "version": ["no", "word"], "unheard-of": "left out"}},
    "guest-get-host-name": {"return": {"host-name": "fred\x1b]0;title\x07"}},
    "guest-get-timezone": {"error": {"class": "CommandNotFound", "desc": "what is that"}},
    "guest-get-users": {"return": [{"user": "root", "login-time": 1700000000.25}, "nobody"]},
    "guest-get-fsinfo": {"return": [{"name": "vda", "mountpoint": "/", "type": "ext4", "total-bytes": 18446744073709551615,
                                     "disk": [{"serial": "s\x9b1m", "dev": "/dev/vda", "bus": 0}]}]},
    "guest-get-disks": {"return": [{"name": "/dev/vda", "partition": False, "dependencies": []}]},
    "guest-network-get-interfaces": {"return": [
        {"name": "lo", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "127.0.0.1", "prefix": 8},
                                        {"ip-address-type": "ipv6", "ip-address": "::1", "prefix": 128}]},
        {"name": "eth\x1b[0", "hardware-address": "52:54:00:00:00:01"}]},
    "guest-get-time": {"return": 1700000000999999999},
    "guest-set-time": {"return": {}},
    "guest-fsfreeze-freeze": {"return": 2},
    "guest-fsfreeze-freeze-list": {"return": 1},
    "guest-fsfreeze-thaw": {"return": 2},
    "guest-fstrim": {"return": {"paths": [{"path": "/", "trimmed": 4096, "minimum": 0},
                                          {"path": "/b\x1bt", "error": "not supported"}]}},
    "guest-get-vcpus": {"return": [{"logical-id": 0, "online": True, "can-offline": False},
                                   {"logical-id": 1, "online": True, "can-offline": True},
                                   {"logical-id": 2, "online": True, "can-offline": True},
                                   {"logical-id": 4, "online": False, "can-offline": True},
                                   {"logical-id": -1, "online": True}, {"logical-id": 1 << 40}, "none"]},
    "guest-set-vcpus": {"return": 2},
    "guest-set-user-password": {"return": {}},
    "guest-suspend-disk": {"error": {"class": "GenericError", "desc": "no disk to sleep on"}},
    "guest-number": {"return": 7},
    "guest-words": {"return": {"a": "\x1b[2J\u202e"}},
    "guest-neither": {"id": 7},
    "guest-refused": {"error": {"class": "GenericError", "desc": "not\x1b[31m today " + "x" * 5000}},
}
RAW = {"guest-deep": b'{"return":' + b"[" * 60 + b"]" * 60 + b"}\n", "guest-garbage": b"\x00\xfe{]\n",
       "guest-many": b'{"return":[' + b"{}," * 40000 + b"0]}\n"}


@contextlib.contextmanager
def linux_guest(init, devices=CHANNEL, drivers=("virtio_pci", "virtio_console"), files=None, disk=False):
    with guest.Directory() as directory:
        if disk:
            with open(directory.path / "disk.img", "wb") as file:
                file.truncate(16 << 20)
        kernel = linux.find_kernel()
        shutil.copy(kernel, directory.path / "vmlinuz")
        linux.make_initrd(directory.path / "initrd", kernel, init, drivers, files)
        run = directory.run(XML.format(devices=devices), "--console")
        run.expect("the agent is there")
        yield directory, run
        directory.destroy("linux")
        run.wait()
        directory.assert_nothing_left()


def scripted_guest():
    answers = {name: json.dumps(answer).encode() + b"\n" for name, answer in ANSWERS.items()} | RAW
    return linux_guest(SCRIPT, files={f"/answers/{name}": answer for name, answer in answers.items()})


@contextlib.contextmanager
def mute_guest(devices):
    """The built-in guest, in which there is no agent."""
    with guest.Directory() as directory:
        run = directory.run(guest.hello_xml("<serial type='pty'/>" + devices, name="web"))
        directory.await_state("web")
        yield directory
        directory.destroy("web")
        run.wait()
        directory.assert_nothing_left()


def check_facts(directory):
    said = directory.verb("guestinfo", "linux").out
    assert said == r"""user.count          : 1
user.0.name         : root
user.0.login-time   : 1700000000250
os.id               : debian
os.pretty-name      : De\x1b[31mbian\u{202e}\nhostname : lie
hostname            : fred\x1b]0;title\x07
fs.count            : 1
fs.0.name           : vda
fs.0.mountpoint     : /
fs.0.fstype         : ext4
fs.0.total-bytes    : 18446744073709551615
fs.0.disk.count     : 1
fs.0.disk.0.serial  : s\x9b1m
fs.0.disk.0.device  : /dev/vda
disk.count          : 1
disk.0.name         : /dev/vda
disk.0.partition    : no
if.count            : 2
if.0.name           : lo
if.0.addr.count     : 2
if.0.addr.0.type    : ipv4
if.0.addr.0.addr    : 127.0.0.1
if.0.addr.0.prefix  : 8
if.0.addr.1.type    : ipv6
if.0.addr.1.addr    : ::1
if.0.addr.1.prefix  : 128
if.1.name           : eth\x1b[0
if.1.hwaddr         : 52:54:00:00:00:01
""", said
    said = directory.verb("guestinfo", "--json", "--hostname", "--disk", "linux").out
    assert json.loads(said) == {"hostname": "fred\x1b]0;title\x07",
                                "disk": [{"name": "/dev/vda", "partition": False}]}, said
    assert "\x1b" not in said and "\x07" not in said, said
    said = directory.verb("guestinfo", "--timezone", "linux", code=12).err
    assert "refuses: what is that" in said and "too old for 'guest-get-timezone'" in said, said
    assert directory.verb("domhostname", "linux").out == "fred\\x1b]0;title\\x07\n"


def check_addresses(directory):
    said = directory.verb("domifaddr", "linux").out
    lines = [line.split() for line in said.splitlines()[2:]]
    assert lines == [["lo", "-", "ipv4", "127.0.0.1/8"], ["-", "-", "ipv6", "::1/128"],
                     ["eth\\x1b[0", "52:54:00:00:00:01", "N/A", "N/A"]], said
    said = directory.verb("domifaddr", "--full", "--source=agent", "linux", "lo").out
    assert [line.split()[0] for line in said.splitlines()[2:]] == ["lo", "lo"], said
    said = directory.verb("domifaddr", "--json", "--interface=lo", "linux").out
    assert json.loads(said)[0]["addr"][1] == {"type": "ipv6", "addr": "::1", "prefix": 128}, said
    assert "no interface 'eth9'" in directory.verb("domifaddr", "linux", "eth9", code=12).err
    assert "ip neighbour" in directory.verb("domifaddr", "--source=lease", "linux", code=2).err


def check_time(directory, run):
    assert directory.verb("domtime", "linux").out == "Time: 1700000000\n"
    assert directory.verb("domtime", "--pretty", "linux").out == "Time: 2023-11-14 22:13:20\n"
    directory.verb("domtime", "--time=5", "linux")
    run.expect(r'asked: .*guest-set-time.*"time":5000000000}')
    directory.verb("domtime", "--sync", "linux")
    run.expect(r'asked: .*guest-set-time","arguments":{}}')
    directory.verb("domtime", "--now", "linux")
    run.expect(r'asked: .*guest-set-time.*"time":[0-9]{19}}')
    for options in (("--now", "--sync"), ("--time=x",), ("--time=-1",), ("--now", "--pretty"), ("--timeout=-1",)):
        directory.verb("domtime", *options, "linux", code=2)


def check_file_systems(directory):
    assert directory.verb("domfsfreeze", "linux").out == "2 file systems are frozen\n"
    for verb in ("guestinfo", "domfsfreeze", "domfstrim"):
        said = directory.verb(verb, "linux", code=12).err
        assert "it has been disabled" in said and "'domrun domfsthaw' thaws" in said, said
    assert directory.verb("domfsthaw", "linux").out == "2 file systems are thawed\n"
    assert directory.verb("domfsfreeze", "linux", "/srv").out == "1 file system is frozen\n"
    said = directory.verb("domfsfreeze", "--mountpoint=/", "linux", "/srv", code=12).err
    assert "of 2 mount points of 'linux' only 1" in said and "domfsthaw" in said, said
    assert "no mount point" in directory.verb("domfsfreeze", "linux", "srv", code=2).err
    said = directory.verb("domfsfreeze", "--timeout=10", "linux", "/slow", code=11).err
    assert "may be frozen now" in said and "guest-fsfreeze-status' tells" in said and "domfsthaw linux'" in said, said
    assert directory.verb("domfsthaw", "linux").out == "2 file systems are thawed\n"
    lines = [line.split() for line in directory.verb("domfstrim", "linux").out.splitlines()[2:]]
    assert lines == [["/", "4096", "-"], ["/b\\x1bt", "-", "not", "supported"]], lines
    directory.verb("domfstrim", "--minimum=-1", "linux", code=2)


def check_cpus(directory, run):
    said = directory.verb("guestvcpus", "linux").out
    assert said == "vcpus          : 0-2,4\nonline         : 0-2\nofflinable     : 1-2,4\n", said
    directory.verb("guestvcpus", "--disable", "--cpulist=1-4,^3,^4", "linux")
    run.expect(r'asked: .*guest-set-vcpus.*"vcpus":\[{"logical-id":1,"online":false},{"logical-id":2,"online":false}\]')
    directory.verb("guestvcpus", "--enable", "--cpulist", "4", "linux")
    said = directory.verb("guestvcpus", "--enable", "--cpulist=0-2", "linux", code=12).err
    assert "of 3 CPUs the guest 'linux' has changed 2 only" in said, said
    assert "has no CPU 3" in directory.verb("guestvcpus", "--disable", "--cpulist=1-3", "linux", code=12).err
    assert "cannot do without CPU 0" in directory.verb("guestvcpus", "--disable", "--cpulist=0", "linux", code=12).err
    for options in (("--enable",), ("--cpulist=1",), ("--enable", "--disable", "--cpulist=1"), ("--enable", "--cpulist="),
                    ("--enable", "--cpulist=2-1"), ("--enable", "--cpulist=1,^1"), ("--enable", "--cpulist=16384")):
        directory.verb("guestvcpus", *options, "linux", code=2)


def check_passwords(directory, run):
    directory.verb("set-user-password", "linux", "root", "s\u00e9same")
    run.expect(r'asked: .*guest-set-user-password.*"username":"root","password":"c8Opc2FtZQ==","crypted":false')
    directory.verb("set-user-password", "--encrypted", "linux", "fred", stdin=b"$6$x$y\n")
    run.expect(r'asked: .*"username":"fred","password":"JDYkeCR5","crypted":true')
    for arguments in ((), ("",), ("root", ""), ("root",), ("root", "x" * 1025)):
        directory.verb("set-user-password", "linux", *arguments, code=2)


def check_sleep(directory, run):
    said = directory.verb("dompmsuspend", "linux", "disk", code=12).err
    assert "refuses: no disk to sleep on" in said, said
    directory.verb("dompmsuspend", "--target=mem", "--timeout=3", "linux")
    run.expect("asked: .*guest-suspend-ram")
    said = directory.verb("dompmwakeup", "linux", code=12).err
    assert "not in suspended state" in said, said
    for arguments in ((), ("ram",), ("mem", "--duration=5")):
        directory.verb("dompmsuspend", "linux", *arguments, code=2)


def test_answers():
    """Each verb with an agent that knows all; what it says does no harm."""
    with scripted_guest() as (directory, run):
        check_facts(directory)
        check_addresses(directory)
        check_time(directory, run)
        check_file_systems(directory)
        check_cpus(directory, run)
        check_passwords(directory, run)
        check_sleep(directory, run)


def test_command():
    """The answer is what virsh prints."""
    with scripted_guest() as (directory, run):
        assert directory.verb("qemu-agent-command", "linux", "guest-ping").out == '{"return":{}}\n'
        said = directory.verb("qemu-agent-command", "linux", '{"execute":"guest-number","arguments":{"a":[1]}}').out
        assert said == '{"return":7}\n', said
        run.expect(r'asked: .*guest-number.*"a":\[1\]')
        said = directory.verb("qemu-agent-command", "--pretty", "--block", "linux", "guest-words", "b=2").out
        assert json.loads(said) == {"return": {"a": "\x1b[2J\u202e"}} and "\x1b" not in said, said
        run.expect(r'asked: .*guest-words.*"b":2')
        for arguments in (("{",), ("{}",), ("guest-ping", "x")):
            directory.verb("qemu-agent-command", "linux", *arguments, code=2)


def test_nonsense():
    """What is too deep, too long, no JSON, no answer or none at all is an error, and the next question has its answer."""
    with scripted_guest() as (directory, run):
        for name, code, words in (("guest-deep", 11, "cannot be read"), ("guest-garbage", 11, "cannot be read"),
                                  ("guest-many", 11, "cannot be read: more than 32768"),
                                  ("guest-neither", 11, "with neither a result nor an error"),
                                  ("guest-refused", 12, "refuses: not\\x1b[31m today xxx")):
            said = directory.verb("qemu-agent-command", "linux", name, code=code).err
            assert words in said and len(said) < 600, (name, said)
            assert directory.verb("qemu-agent-command", "--timeout=3000", "linux", "guest-ping").out == '{"return":{}}\n'
        said = directory.verb("qemu-agent-command", "--timeout=10", "linux", "guest-silent", code=11).err
        assert "does not answer in time" in said, said
        said = directory.verb("qemu-agent-command", "linux", "guest-long", code=11).err
        assert "says too much: more than 4 MiB" in said, said


def test_one_at_a_time():
    with scripted_guest() as (directory, run):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(directory.path / SOCKET))
            client.sendall(b'{"execute":"guest-ping"}\n')
            assert client.recv(1)
            for verb in ("domhostname", "domfsfreeze"):
                said = directory.verb(verb, "--timeout=1", "linux", code=11).err
                assert "does not answer" in said and "somebody else is connected" in said, said
        assert directory.verb("qemu-agent-command", "linux", "guest-ping").out == '{"return":{}}\n'


def test_several_at_once():
    """They take turns."""
    with scripted_guest() as (directory, run):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            verbs = [pool.submit(directory.verb, "qemu-agent-command", "linux", "guest-ping") for _ in range(6)]
        assert [verb.result().out for verb in verbs] == ['{"return":{}}\n'] * 6


def test_nobody():
    with mute_guest(CHANNEL) as directory:
        for verb in ("guestinfo", "domifaddr", "domfsthaw", "domtime"):
            said = directory.verb(verb, "web", code=11).err
            assert "no agent runs in the guest 'web'" in said and "qemu-guest-agent" in said, said
            assert "acpi" not in said, said
        directory.verb("suspend", "web")
        directory.await_state("web", "paused")
        assert "'domrun resume'" in directory.verb("domfsthaw", "web", code=12).err
    with mute_guest("") as directory:
        said = directory.verb("domhostname", "web", code=12).err
        assert "no channel" in said and "<channel type='unix'>" in said and "acpi" not in said, said


# ---- QEMU's own ----

REAL = PORT + r"""
mount -t tmpfs none /run
ln -sf /proc/self/mounts /etc/mtab
hostname fred
ip link set lo up
ip addr add 192.0.2.7/24 dev eth0
mke2fs /dev/vda >/dev/null 2>&1
mount -t ext4 /dev/vda /srv
LD_LIBRARY_PATH=/lib qemu-ga -p $device -t /run -l /run/log &
while ! ls -l /proc/$!/fd | grep -q /dev/vport; do sleep 0.1; done
echo "the agent is there"
n=0
while sleep 0.2; do n=$((n + 1)); echo $n >/srv/file; echo "written $n"; done
"""

REAL_DEVICES = CHANNEL + """<disk type='file' device='disk'>
<driver name='qemu' type='raw' discard='unmap'/><source file='disk.img'/><target dev='vda' bus='virtio'/></disk>
<interface type='user'><mac address='52:54:00:00:00:07'/><model type='virtio'/></interface>"""


def real_guest():
    agent = next((linux.GUESTS / "agent").rglob("qemu-ga"), None)
    if not agent:
        raise tap.Skip(f"there is no qemu-ga in {linux.GUESTS}/agent; scripts/fetch-guests gets it")
    files = {"/bin/qemu-ga": agent, "/etc/os-release": b'ID=made\nPRETTY_NAME="Made for this"\n', "/run/.keep": b"",
             "/srv/.keep": b""}
    for library in linux.libraries(agent):
        place = "/lib64" if library.name.startswith("ld-") else "/lib"
        files[f"{place}/{library.name}"] = library
    return linux_guest(REAL, REAL_DEVICES, ("virtio_pci", "virtio_console", "virtio_blk", "virtio_net", "ext4"), files,
                       disk=True)


def last_written(run):
    return max(map(int, re.findall(r"written (\d+)\r", run.out.text)), default=0)


def test_real_agent():
    with real_guest() as (directory, run):
        assert directory.verb("qemu-agent-command", "linux", "guest-ping").out == '{"return":{}}\n'
        assert directory.verb("domhostname", "linux").out == "fred\n"
        facts = json.loads(directory.verb("guestinfo", "--json", "linux").out)
        assert facts["os"]["id"] == "made" and facts["os"]["machine"] == "x86_64", facts
        assert facts["hostname"] == "fred" and facts["timezone"]["offset"] == 0, facts
        assert [system["fstype"] for system in facts["fs"] if system["mountpoint"] == "/srv"] == ["ext4"], facts
        said = directory.verb("domifaddr", "linux").out
        assert re.search(r" eth0 +52:54:00:00:00:07 +ipv4 +192.0.2.7/24\n", said), said
        assert re.fullmatch(r"Time: \d{10}\n", directory.verb("domtime", "linux").out)
        assert re.search(r" /srv +\d+ +-\n", directory.verb("domfstrim", "linux").out)
        said = directory.verb("qemu-agent-command", "linux", "guest-nonsense", code=12).err
        assert "guest-nonsense" in said and "too old" in said, said


def test_real_freeze():
    """What writes waits, all but the thaw is refused, and it goes on."""
    with real_guest() as (directory, run):
        run.expect(r"written \d+\r")
        for arguments in ((), ("/srv",)):
            assert directory.verb("domfsfreeze", "linux", *arguments).out == "1 file system is frozen\n"
            said = directory.verb("qemu-agent-command", "linux", "guest-fsfreeze-status").out
            assert said == '{"return":"frozen"}\n', said
            assert "'domrun domfsthaw' thaws" in directory.verb("guestinfo", "linux", code=12).err
            assert "'domrun domfsthaw' thaws" in directory.verb("domfsfreeze", "linux", code=12).err
            before = last_written(run)
            assert directory.verb("domfsthaw", "linux").out == "1 file system is thawed\n"
            guest.await_that(lambda: last_written(run) > before + 1, run.said)
        said = directory.verb("domfsfreeze", "linux", "/nowhere", code=12).err
        assert "nothing that can be frozen" in said, said
        assert directory.verb("qemu-agent-command", "linux", "guest-fsfreeze-status").out == '{"return":"thawed"}\n'


def test_real_sleep():
    """The system sleeps, and goes on where it was when it is woken up."""
    with real_guest() as (directory, run):
        assert directory.verb("guestvcpus", "linux").out.startswith("vcpus          : 0\nonline         : 0\n")
        run.expect(r"written \d+\r")
        directory.verb("dompmsuspend", "linux", "mem")
        directory.await_state("linux", "paused")
        before = last_written(run)
        directory.verb("dompmwakeup", "linux")
        directory.await_state("linux", "running")
        guest.await_that(lambda: last_written(run) > before + 1, run.said)


if __name__ == "__main__":
    tap.main()
