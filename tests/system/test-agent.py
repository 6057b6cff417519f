#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""shutdown and reboot by the guest's agent: a real Linux whose init is one, as far as that goes, and guests whose agent
does not answer. scripts/fetch-guests gets the kernel."""

import contextlib
import shutil
import socket

import control
import guest
import linux
import tap

DRIVERS = ("virtio_pci", "virtio_console")
CHANNEL = "<channel type='unix'>{source}<target type='virtio' name='{name}'/></channel>"
NAME = "org.qemu.guest_agent.0"

# The name of a port comes some time after the port. A read returns nothing while nobody of the host is connected. It
# reboots when it has answered what comes after the wish, which the verb waits for; a guest that powers off hangs up
# instead.
INIT = r"""
while [ ! "$device" ]; do
  for port in /sys/class/virtio-ports/*; do
    [ "$(cat $port/name)" = org.qemu.guest_agent.0 ] && device=/dev/${port##*/}
  done
  sleep 0.05
done
exec 3<>$device
echo "the agent is there"
while true; do
  read -r line <&3 || { sleep 0.05; continue; }
  grep -q domrun.silent /proc/cmdline && continue
  echo "asked: $line"
  id=${line##*:}
  id=${id%%\}*}
  case $line in
    *guest-sync-delimited*)
      printf '{"return": 7}\nno JSON\n{"return": "of somebody els\377{"return": 8}\n\377{"return": %s}\n' "$id" >&3 ;;
    *guest-sync*)
      printf '{"return": %s}\n' "$id" >&3
      [ "$reboots" ] && reboot -f ;;
    *guest-shutdown*)
      case $(cat /proc/cmdline) in
        *domrun.refuses*)
          printf '{"error": {"class": "GenericError", "desc": "not\\u001b[31m today\\nerror: it burns"}}\n' >&3
          continue ;;
      esac
      case $line in
        *'"reboot"'*) reboots=yes ;;
        *'"powerdown"'*) poweroff -f ;;
      esac ;;
  esac
done
"""

XML = """<domain type='qemu'>
  <name>linux</name>
  <memory unit='MiB'>192</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>vmlinuz</kernel>
    <initrd>initrd</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet {word}</cmdline>
  </os>
  <features><apic/>{features}</features>
  {lifecycle}
  <devices>
    <serial type='pty'/>
    <console type='pty'/>
    {channel}
  </devices>
</domain>
"""


def channel(source="", name=NAME):
    return CHANNEL.format(source=source, name=name)


@contextlib.contextmanager
def linux_guest(word="", source="", lifecycle=""):
    with guest.Directory() as directory:
        kernel = linux.find_kernel()
        shutil.copy(kernel, directory.path / "vmlinuz")
        linux.make_initrd(directory.path / "initrd", kernel, INIT, DRIVERS)
        run = directory.run(XML.format(word=word, channel=channel(source), lifecycle=lifecycle, features="<acpi/>"),
                            "--console")
        run.expect("the agent is there")
        yield directory, run
        directory.destroy("linux")
        run.wait()
        directory.assert_nothing_left()


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


def test_reboot_and_shutdown():
    with linux_guest() as (directory, run):
        directory.verb("reboot", "--mode=agent", "linux")
        run.expect(r"(?s)asked: .*guest-shutdown.*reboot.*the agent is there")
        assert control.state_of(directory.runtime, "linux")["resets"] == 1
        said = directory.verb("shutdown", "--mode=agent", "linux").out
        assert said == "linux is asked to power down, once, by its agent\n", said
        assert run.wait() == 0, run.said()


def test_reboot_that_is_the_end():
    """on_reboot counts; and the socket may be where the document says."""
    with linux_guest(source="<source mode='bind' path='agent.sock'/>",
                     lifecycle="<on_reboot>destroy</on_reboot>") as (directory, run):
        directory.verb("reboot", "--mode=agent", "linux")
        assert run.wait() == 9, run.said()


def test_refusal():
    """What the agent says is told on, and does no harm."""
    with linux_guest("domrun.refuses") as (directory, run):
        for verb in ("shutdown", "reboot"):
            said = directory.verb(verb, "--mode=agent", "linux", code=12).err
            assert r"the agent of 'linux' refuses: not\x1b[31m today\nerror: it burns" in said, said
            assert "--mode=acpi" in said, said
        assert directory.verb("domstate", "linux").out == "running\n"


def test_nobody():
    """QEMU knows that nobody in the guest has opened the port."""
    with mute_guest(channel()) as directory:
        for verb in ("shutdown", "reboot"):
            said = directory.verb(verb, "--mode=agent", "web", code=11).err
            assert "no agent runs in the guest 'web'" in said and "qemu-guest-agent" in said, said
            assert "--mode=acpi" in said, said
        assert directory.verb("domstate", "web").out == "running\n"


def test_silence():
    """It is waited for, but not for long."""
    with linux_guest("domrun.silent") as (directory, _):
        for verb in ("shutdown", "reboot"):
            said = directory.verb(verb, "--mode=agent", "linux", code=11, patience=1).err
            assert "the agent of 'linux' does not answer" in said and "qemu-guest-agent" in said, said
            assert "--mode=acpi" in said, said
        assert directory.verb("domstate", "linux").out == "running\n"


def test_no_socket():
    """Nothing but a socket is connected to, and no link is followed."""
    with mute_guest(channel("<source mode='bind' path='agent.sock'/>")) as directory:
        path = directory.path / "agent.sock"
        path.unlink()
        said = directory.verb("shutdown", "--mode=agent", "web", code=11).err
        assert "No such file" in said, said
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(directory.path / "other.sock"))
            server.listen()
            path.symlink_to("other.sock")
            said = directory.verb("shutdown", "--mode=agent", "web", code=11).err
            assert "non-socket" in said, said
        path.unlink()


def test_another_channel():
    for devices, words in ((channel(name="org.example.0"), "no channel 'org.qemu.guest_agent.0'"),
                           (channel().replace("'unix'", "'null'"), "leads elsewhere")):
        with mute_guest(devices) as directory:
            said = directory.verb("shutdown", "--mode=agent", "web", code=12).err
            assert words in said and "--mode=acpi" in said, said


def test_paused():
    with mute_guest(channel()) as directory:
        directory.verb("suspend", "web")
        directory.await_state("web", "paused")
        said = directory.verb("shutdown", "--mode=agent", "web", code=12).err
        assert "the guest is paused" in said and "domrun resume" in said, said


def test_options_that_make_no_sense():
    with mute_guest(channel()) as directory:
        said = directory.verb("shutdown", "--mode=agent", "--timeout=3", "web", code=2).err
        assert "--timeout: the guest's agent" in said and "domrun wait" in said, said


def test_control_socket():
    """The supervisor leaves it to the verbs."""
    with mute_guest(channel()) as directory:
        client = control.Client(directory.runtime, "web")
        for name in ("shutdown", "reboot"):
            kind, words = client.refused(name, mode="agent")
            assert kind == "GenericError" and "'domrun shutdown' and 'domrun reboot' do" in words, (kind, words)
        client.close()


if __name__ == "__main__":
    tap.main()
