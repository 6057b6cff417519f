# SPDX-License-Identifier: LGPL-2.1-or-later
"""What domrun costs, in one run and side by side, since machines differ: medians of pairs that are taken in turn, and
their ratios. The exit code is 1 where a bound is exceeded.

rows:
  version   `domrun --version`, beside a program that only links libxml2 and GLib and calls one function of each (the floor)
  argv      `domrun argv` of a small, a usual and a 500 disks' document, beside the floor: time of the processor
  guest     from the start of `domrun run` to the first byte of the built-in guest, and from its end to that of the
            command, beside QEMU with the same arguments
  memory    what the supervisor has (PSS), idle and after a million bytes of console, and the time these take it
  console   a million bytes through the console, beside QEMU's own pty
  libvirt   argv and guest, beside virsh and virt-qemu-run; as root, with a libvirtd that is started for it
  guests    many guests at once: the start of each, memory, `list`; as many as --guests says and memory allows
  growth    what each of many disks costs"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(1, str(TOP / "tests/lib"))

import libvirt  # noqa: E402 (they import what is in tests/lib)
import many  # noqa: E402
import plot  # noqa: E402
import rows  # noqa: E402

ROWS = {
    "version": rows.measure_version,
    "argv": rows.measure_argv,
    "guest": rows.measure_guest,
    "memory": rows.measure_memory,
    "console": rows.measure_console,
    "libvirt": lambda bench: libvirt.measure(bench, rows.argv_documents(bench)),
    "guests": many.measure_guests,
    "growth": many.measure_growth,
}
PAIRED = ("version", "argv", "guest", "console")    # those that another build can stand beside


def numbers(text):
    return sorted(int(word) for word in text.split(","))


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build-bench", help="measure this build, and build nothing")
    parser.add_argument("--against", metavar="BUILD", help="another build beside it, in place of the floor and of QEMU")
    parser.add_argument("--quick", action="store_true", help="few pairs and few guests: does it work, and about what is it?")
    parser.add_argument("--pairs", type=int, help="how many (60)")
    parser.add_argument("--guests", type=numbers, metavar="N,...", help="how many at once (1,10,50,100,200)")
    parser.add_argument("--devices", type=numbers, metavar="N,...", help="how many in a document (1,10,50,100,500)")
    parser.add_argument("--output", metavar="DIR", help="where bench.json and bench.svg are put (the build directory)")
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[*ROWS, []], help=", ".join(ROWS))
    options = parser.parse_args()
    options.pairs = options.pairs or (5 if options.quick else 60)
    options.few = max(3, options.pairs // 6)
    options.guests = options.guests or ([1, 10] if options.quick else [1, 10, 50, 100, 200])
    options.devices = options.devices or [1, 10, 50, 100, 500]
    options.rows = options.rows or (PAIRED if options.against else list(ROWS))
    return options


def machine():
    """What the figures belong to."""
    def first_line(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]
        except OSError:
            return ""
    return {"date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            "processors": os.cpu_count(), "kernel": platform.release().split("-")[0], "load": os.getloadavg()[0],
            "qemu": first_line("qemu-system-x86_64", "--version"), "libvirt": first_line("libvirtd", "--version")}


def write_results(bench, output, facts):
    output.mkdir(parents=True, exist_ok=True)
    figures = [dict(vars(figure), kept=figure.is_kept) for figure in bench.figures]
    path = output / "bench.json"
    path.write_text(json.dumps({"machine": facts, "figures": figures, "series": bench.series, "notes": bench.notes},
                               indent=1) + "\n")
    print(f"\nbench: the figures are in {path}")
    is_drawn, why_not = plot.draw(bench.series, output / "bench.svg")
    print(f"bench: the plot is in {output / 'bench.svg'}" if is_drawn else f"bench: no plot: {why_not}")


def main():
    options = arguments()
    if "libvirt" in options.rows and not libvirt.lacking() and libvirt.INSIDE not in os.environ:
        libvirt.enter_namespaces()
    domrun = str((TOP / options.build / "domrun").resolve())
    against = str((TOP / options.against / "domrun").resolve()) if options.against else None
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="domrun-bench-") as directory:
        bench = rows.Bench(options, directory, domrun, against)
        print(rows.HEADER, flush=True)
        for name in ROWS:
            if name in options.rows:
                ROWS[name](bench)
        write_results(bench, TOP / (options.output or options.build), facts)
    missed = [figure.what for figure in bench.figures if not figure.is_kept]
    print(f"bench: {len(missed)} bounds exceeded" + "".join(f"\n  {what}" for what in missed))
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
