# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents that have many of one thing, and what it costs to read them: time and memory grow with the number, not with
its square. tests/test-growth.py asks that; scripts/bench-growth shows the figures."""

import dataclasses
import os
import subprocess

DOMRUN = os.environ.get("DOMRUN", "build/domrun")


def letters(index):
    """a, b, ..., z, aa, ...: the end of a disk's name."""
    name = ""
    index += 1
    while index > 0:
        index, digit = divmod(index - 1, 26)
        name = chr(ord("a") + digit) + name
    return name


QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


@dataclasses.dataclass
class Kind:
    """One thing of which there are many: @unit makes the one of a number, @where says what it stands in."""
    name: str
    unit: callable
    where: str = "devices"
    machine: str = "pc"
    fixed: str = ""  # stands before them
    after: str = ""
    command: str = "argv"
    arch: str = "x86_64"

    def document(self, count):
        units = "\n".join(self.unit(i) for i in range(count))
        inside = {place: "" for place in ("domain", "os", "features", "clock", "metadata", "devices", "disk", "graphics",
                                        "iothreadids", "cputune", "commandline", "override", "idmap")}
        if self.where != "attributes":
            inside[self.where] = f"{self.fixed}\n{units}{self.after}"
        disk = f"<disk type='file'><source file='/d'/><target dev='vda'/>{inside['disk']}</disk>" if inside["disk"] else ""
        share = ("<filesystem><driver type='virtiofs'/><source dir='/d'/><target dir='t'/><idmap>" + inside["idmap"] +
                 "</idmap></filesystem>" if inside["idmap"] else "")
        graphics = f"<graphics type='vnc' port='5900'>{inside['graphics']}</graphics>" if inside["graphics"] else ""
        attributes = units.replace("\n", " ") if self.where == "attributes" else ""
        return f"""<domain type='qemu' {attributes}>
  <name>many</name>
  <memory unit='MiB'>16</memory>
  {inside["domain"]}
  <iothreadids>{inside["iothreadids"]}</iothreadids>
  <cputune>{inside["cputune"]}</cputune>
  <os><type arch='{self.arch}' machine='{self.machine}'>hvm</type>{inside["os"]}</os>
  <features>{inside["features"]}</features>
  <clock>{inside["clock"]}</clock>
  <q:commandline xmlns:q="{QEMU}">{inside["commandline"]}</q:commandline>
  <q:override xmlns:q="{QEMU}"><q:device alias="balloon0"><q:frontend>{inside["override"]}</q:frontend></q:device></q:override>
  <metadata>{inside["metadata"]}</metadata>
  <devices>
    {inside["devices"]}{disk}{graphics}{share}
  </devices>
</domain>
"""


def disk(dev, bus, inside="", number=0, attributes=""):
    return (f"<disk type='file' {attributes}><source file='/disks/{number}'/><target dev='{dev}' bus='{bus}'/>{inside}"
            "</disk>")


def interface(number, inside="", kind="user"):
    return f"<interface type='{kind}'>{inside}</interface>"


def scsi_disk(number):
    """On few controllers, with all that an address can say."""
    controller, rest = divmod(number, 256 * 64)
    target, unit = divmod(rest, 64)
    return disk("sd" + letters(number), "scsi", f"<address type='drive' controller='{controller}' target='{target}' "
                f"unit='{unit}'/>", number)


def mac(number):
    return f"<mac address='52:54:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}'/>"


def file_of_many_names(number):
    """/etc/passwd, by ever another path."""
    return "/etc" + "".join("/." if number >> bit & 1 else "//" for bit in range(14)) + "/passwd"


VIRTIO_SCSI = "".join(f"<controller type='scsi' index='{i}' model='virtio-scsi'/>" for i in range(8))
XHCI = "<controller type='usb' model='qemu-xhci' ports='15'/>"
SERIAL_NET = "<model type='virtio'/>"

KINDS = [
    Kind("disk virtio", lambda i: disk("vd" + letters(i), "virtio", number=i)),
    Kind("disk virtio q35", lambda i: disk("vd" + letters(i), "virtio", number=i), machine="q35"),
    Kind("disk scsi", lambda i: disk("sd" + letters(i), "scsi", number=i)),
    Kind("disk scsi with addresses", scsi_disk, fixed=VIRTIO_SCSI),
    Kind("disk scsi backwards", lambda i: disk("sd" + letters(17575 - i % 17576), "scsi", number=i)),
    Kind("disk scsi controllers", lambda i: disk("sd" + letters(i), "scsi", number=i, inside=f"<address type='drive' "
                                                 f"controller='{2147483646 - i}'/>")),
    Kind("disk sata", lambda i: disk("sd" + letters(i), "sata", number=i), machine="q35"),
    Kind("disk ide", lambda i: disk("hd" + letters(i), "ide", number=i)),
    Kind("disk fdc", lambda i: disk("fd" + letters(i), "fdc", number=i, attributes="device='floppy'")),
    Kind("disk of IBM Z", lambda i: disk("vd" + letters(i), "virtio", number=i), machine="s390-ccw-virtio", arch="s390x"),
    Kind("disk of ARM", lambda i: disk("vd" + letters(i), "virtio", "<address type='virtio-mmio'/>", i), machine="virt",
         arch="aarch64"),
    Kind("disk usb", lambda i: disk("sd" + letters(i), "usb", number=i), fixed=XHCI),
    Kind("disk of one name", lambda i: disk("vda", "virtio", number=0)),
    Kind("disk of one file", lambda i: disk("vd" + letters(i), "virtio", number=0)),
    Kind("disk read-only of one file", lambda i: disk("sd" + letters(i), "usb", "<readonly/>", number=0), fixed=XHCI),
    Kind("disk that is not there", lambda i: disk("sd" + letters(i), "usb", number=i), fixed=XHCI, command="check"),
    Kind("disk that is there", lambda i: f"<disk type='file'><source file='{file_of_many_names(i)}'/><target "
         f"dev='sd{letters(i)}' bus='usb'/><readonly/></disk>", fixed=XHCI, command="check"),
    Kind("disk with boot order", lambda i: disk("sd" + letters(i), "usb", f"<boot order='{i + 1}'/>", i), fixed=XHCI),
    Kind("disk with one boot order", lambda i: disk("sd" + letters(i), "usb", "<boot order='1'/>", i), fixed=XHCI),
    Kind("disk with alias", lambda i: disk("sd" + letters(i), "usb", f"<alias name='ua-{i}'/>", i), fixed=XHCI),
    Kind("disk with one group of limits", lambda i: disk("vd" + letters(i), "virtio", "<iotune><group_name>g</group_name>"
                                                         "<total_iops_sec>9</total_iops_sec></iotune>", i)),
    Kind("disk on a server", lambda i: f"<disk type='network'><source protocol='nbd' name='{i}'><host name='h'/></source>"
                                       f"<target dev='vd{letters(i)}' bus='virtio'/></disk>"),
    Kind("disk with one alias", lambda i: disk("sd" + letters(i), "usb", "<alias name='ua-x'/>", i), fixed=XHCI),
    Kind("interface virtio", lambda i: interface(i, SERIAL_NET)),
    Kind("interface rtl8139", lambda i: interface(i)),
    Kind("interface usb", lambda i: interface(i, "<model type='usb-net'/>"), fixed=XHCI),
    Kind("interface of POWER", lambda i: interface(i, "<model type='spapr-vlan'/>"), machine="pseries", arch="ppc64"),
    Kind("interface with mac", lambda i: interface(i, "<model type='usb-net'/>" + mac(i)), fixed=XHCI),
    Kind("interface with one mac", lambda i: interface(i, "<model type='usb-net'/>" + mac(0)), fixed=XHCI),
    Kind("interface bridge", lambda i: interface(i, "<model type='usb-net'/><source bridge='br0'/>", "bridge"), fixed=XHCI),
    Kind("interface direct", lambda i: interface(i, "<model type='usb-net'/><source dev='eth0'/>", "direct"), fixed=XHCI),
    Kind("interface teaming", lambda i: interface(i, "<source><address type='pci' bus='1' slot='0'/></source>"
                                                  "<teaming type='transient' persistent='ua-always'/>", "hostdev"),
         fixed="<interface type='user'><model type='virtio'/><teaming type='persistent'/><alias name='ua-always'/></interface>"),
    Kind("forwarded ports", lambda i: interface(i, f"<model type='usb-net'/><portForward proto='tcp'><range start='{i + 1}'/>"
                                                "</portForward>"), fixed=XHCI),
    Kind("interface network", lambda i: interface(i, f"<source network='n{i}'/>", "network")),
    Kind("filesystem", lambda i: f"<filesystem><source dir='/d{i}'/><target dir='t{i}'/></filesystem>", machine="q35"),
    Kind("filesystem mtp", lambda i: f"<filesystem><driver type='mtp'/><source dir='/d{i}'/><target dir='t{i}'/></filesystem>"),
    Kind("filesystem virtiofs", lambda i: f"<filesystem><driver type='virtiofs'/><source dir='/d{i}'/><target dir='t{i}'/>"
         "</filesystem>", machine="q35"),
    Kind("map of users", lambda i: f"<uid start='{i}' target='{i}' count='1'/>", "idmap"),
    Kind("serial", lambda i: "<serial type='null'/>"),
    Kind("serial of POWER", lambda i: "<serial type='null'/>", machine="pseries", arch="ppc64"),
    Kind("serial of ARM", lambda i: f"<serial type='null'><target port='{i}'/></serial>", machine="virt", arch="aarch64"),
    Kind("serial with port", lambda i: f"<serial type='null'><target port='{i}'/></serial>"),
    Kind("serial usb", lambda i: "<serial type='null'><target type='usb-serial'/></serial>", fixed=XHCI),
    Kind("serial pci", lambda i: "<serial type='pty'><target type='pci-serial'/></serial>"),
    Kind("serial file", lambda i: f"<serial type='file'><source path='/s{i}'/><target type='usb-serial'/></serial>", fixed=XHCI),
    Kind("serial of one file", lambda i: "<serial type='file'><source path='/s'/><target type='usb-serial'/></serial>", fixed=XHCI),
    Kind("parallel", lambda i: "<parallel type='null'/>"),
    Kind("console", lambda i: "<console type='null'/>"),
    Kind("console virtio", lambda i: "<console type='null'><target type='virtio'/></console>"),
    Kind("console controllers", lambda i: "<console type='null'><target type='virtio'/><address type='virtio-serial' "
         f"controller='{i}'/></console>"),
    Kind("channel", lambda i: f"<channel type='null'><target type='virtio' name='c{i}'/></channel>"),
    Kind("channel of one name", lambda i: "<channel type='null'><target type='virtio' name='c'/></channel>"),
    Kind("channel on one controller", lambda i: "<channel type='null'><target type='virtio'/><address type='virtio-serial' "
         "controller='0'/></channel>"),
    Kind("redirdev", lambda i: "<redirdev bus='usb' type='null'/>", fixed=XHCI),
    Kind("redirfilter", lambda i: "<redirfilter/>"),
    Kind("hostdev pci", lambda i: "<hostdev type='pci'><source><address domain='" + str(i) + "' bus='1' slot='0' function='0'/>"
         "</source><address type='unassigned'/></hostdev>"),
    Kind("hostdev of one pci", lambda i: "<hostdev type='pci'><source><address bus='1' slot='0' function='0'/></source>"
         "<address type='unassigned'/></hostdev>"),
    Kind("hostdev managed", lambda i: f"<hostdev type='pci' managed='yes'><source><address domain='{i}' bus='1' slot='0' "
         "function='0'/></source><address type='unassigned'/></hostdev>", command="check"),
    Kind("hostdev iscsi", lambda i: f"<hostdev type='scsi'><source protocol='iscsi' name='iqn.1992-01.com.example:s/{i}'>"
         "<host name='h'/></source></hostdev>"),
    Kind("hostdev scsi_host", lambda i: f"<hostdev type='scsi_host'><source protocol='vhost' wwpn='naa.{i:016x}'/></hostdev>",
         machine="q35"),
    Kind("hostdev usb", lambda i: f"<hostdev type='usb'><source><vendor id='{i + 1}'/><product id='1'/></source></hostdev>",
         fixed=XHCI),
    Kind("hostdev scsi", lambda i: "<hostdev type='scsi'><source><adapter name='scsi_host99'/><address bus='0' target='0' "
         f"unit='{i}'/></source></hostdev>"),
    Kind("hostdev scsi with addresses", lambda i: "<hostdev type='scsi'><source><adapter name='scsi_host99'/><address bus='0' "
         f"target='0' unit='{i}'/></source><address type='drive' target='{i // 64}' unit='{i % 64}'/></hostdev>",
         fixed=VIRTIO_SCSI),
    Kind("hostdev mdev", lambda i: "<hostdev type='mdev' model='vfio-pci'><source><address "
         f"uuid='c2177883-f1bb-47f0-914d-{i:012x}'/></source></hostdev>", machine="q35"),
    Kind("smartcard", lambda i: "<smartcard mode='host'/>"),
    Kind("tablet", lambda i: "<input type='tablet' bus='usb'/>", fixed=XHCI),
    Kind("tablet on one bus", lambda i: "<input type='tablet' bus='usb'><address type='usb' bus='0'/></input>", fixed=XHCI),
    Kind("tablet at one port", lambda i: "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>",
         fixed=XHCI),
    Kind("input of the host", lambda i: f"<input type='evdev'><source dev='/dev/input/event{i}'/></input>"),
    Kind("mouse", lambda i: "<input type='mouse' bus='ps2'/>"),
    Kind("keyboard virtio", lambda i: "<input type='keyboard' bus='virtio'/>"),
    Kind("hub", lambda i: "<hub type='usb'/>", fixed=XHCI),
    Kind("graphics", lambda i: "<graphics type='vnc'/>"),
    Kind("graphics with port", lambda i: f"<graphics type='vnc' port='{5900 + i}' keymap='de'/>"),
    Kind("graphics of one port", lambda i: "<graphics type='vnc' port='5900'/>"),
    Kind("graphics spice", lambda i: "<graphics type='spice' autoport='yes'/>"),
    Kind("graphics dbus", lambda i: "<graphics type='dbus'/>"),
    Kind("graphics sdl", lambda i: "<graphics type='sdl'/>"),
    Kind("video", lambda i: "<video><model type='qxl'/></video>"),
    Kind("video of QEMU's default", lambda i: "<video/>"),
    Kind("controller pci", lambda i: "<controller type='pci' model='pci-bridge'/>"),
    Kind("controller pci q35", lambda i: "<controller type='pci' model='pcie-root-port'/>", machine="q35"),
    Kind("controller pci expander", lambda i: "<controller type='pci' model='pci-expander-bus'/>"),
    Kind("controller usb none", lambda i: "<controller type='usb' model='none'/>"),
    Kind("controller ccid", lambda i: "<controller type='ccid'/>", fixed=XHCI),
    Kind("controller scsi", lambda i: "<controller type='scsi'/>"),
    Kind("controller of one index", lambda i: "<controller type='scsi' index='0'/>"),
    Kind("controller usb", lambda i: "<controller type='usb' model='nec-xhci'/>"),
    Kind("controller ich9", lambda i: "<controller type='usb' index='0' model='ich9-uhci1'><master startport='0'/></controller>",
         fixed="<controller type='usb' index='0' model='ich9-ehci1'/>"),
    Kind("controller virtio-serial", lambda i: "<controller type='virtio-serial'/>"),
    Kind("PCI function", lambda i: interface(i, f"<address type='pci' bus='{i >> 8 & 255}' slot='{i >> 3 & 31}' "
                                             f"function='{i & 7}'/>")),
    Kind("memballoon", lambda i: "<memballoon model='virtio'/>"),
    Kind("panic", lambda i: "<panic model='isa'/>"),
    Kind("panic pvpanic", lambda i: "<panic model='pvpanic'/>"),
    Kind("shmem", lambda i: f"<shmem name='{i}'><model type='ivshmem-plain'/></shmem>"),
    Kind("shmem of one name", lambda i: "<shmem name='s'><model type='ivshmem-plain'/></shmem>", machine="q35"),
    Kind("shmem with a server", lambda i: f"<shmem name='{i}'><model type='ivshmem-doorbell'/><server path='/s{i}'/></shmem>"),
    Kind("tpm", lambda i: "<tpm><backend type='emulator' version='2.0'/></tpm>"),
    Kind("crypto", lambda i: "<crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>", machine="q35"),
    Kind("pstore", lambda i: "<pstore backend='acpi-erst'><path>/p</path><size>8</size></pstore>"),
    Kind("unknown device", lambda i: "<a/>"),
    Kind("emulator", lambda i: "<emulator>/q</emulator>"),
    Kind("unknown element", lambda i: f"<a{i}/>", "domain"),
    Kind("element given again", lambda i: "<vcpu>1</vcpu>", "domain"),
    Kind("comment", lambda i: "<!-- x -->", "domain"),
    Kind("boot", lambda i: "<boot dev='hd'/>", "os"),
    Kind("argument of QEMU", lambda i: f"<q:arg value='-x{i}'/>", "commandline"),
    Kind("variable of QEMU", lambda i: f"<q:env name='x{i}'/>", "commandline"),
    Kind("property of QEMU", lambda i: f"<q:property name='x{i}' type='string' value=''/>", "override"),
    Kind("iothread", lambda i: f"<iothread id='{i + 1}'/>", "iothreadids"),
    Kind("vcpupin", lambda i: f"<vcpupin vcpu='{i}' cpuset='0-{i}'/>", "cputune"),
    Kind("vcpusched", lambda i: f"<vcpusched vcpus='{i}' scheduler='idle'/>", "cputune"),
    Kind("timer", lambda i: "<timer name='rtc'/>", "clock"),
    Kind("feature", lambda i: "<acpi/>", "features"),
    Kind("metadata", lambda i: f"<x:a xmlns:x='http://example.org/{i}'/>", "metadata"),
    Kind("source in a disk", lambda i: "<source file='/x'/>", "disk"),
    Kind("element in a disk", lambda i: "<serial>x</serial>", "disk"),
    Kind("listen", lambda i: f"<listen type='socket' socket='/l{i}'/>", "graphics"),
    Kind("listen of one socket", lambda i: "<listen type='socket' socket='/l'/>", "graphics"),
    Kind("attribute", lambda i: f"a{i}='x'", "attributes"),
    Kind("namespace", lambda i: f"xmlns:a{i}='http://example.org/{i}'", "attributes"),
    Kind("paths in an argument of QEMU", lambda i: "=/" * 16, "commandline",
         fixed="<q:arg value='-object'/><q:arg value='secret,id=a,data=", after="'/>"),
]


@dataclasses.dataclass
class Cost:
    seconds: float  # of the processor, not of the clock
    kilobytes: int
    code: int


def measure(kind, count, path, options=()):
    """What `domrun` needs for a document with @count of them, which is written to @path."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(kind.document(count))
    with subprocess.Popen([DOMRUN, kind.command, *options, path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, process.returncode)
