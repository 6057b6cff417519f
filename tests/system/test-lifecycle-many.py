#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fifty guests at once, each with a VNC server on a port that is free, and a terminal: all run, no two share a port, all
are stopped, and nothing is left."""

import concurrent.futures
import os
import subprocess

import control
import guest
import tap

COUNT = 50
DEVICES = "<serial type='pty'/><graphics type='vnc' autoport='yes'/><video><model type='vga' vram='1024'/></video>"


def memory_available():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) >> 10


def test_fifty_guests():
    if memory_available() < COUNT * 60:
        raise tap.Skip(f"{COUNT} guests need {COUNT * 60} MiB of memory")
    with guest.Directory() as directory:
        def start(number):
            path = directory.write(f"{number}.xml", guest.hello_xml(DEVICES, name=f"guest-{number}"))
            return subprocess.run([guest.DOMRUN, "run", "--detach", "--root", directory.runtime, path], cwd=directory.path,
                                  env=directory.environment, stderr=subprocess.PIPE, text=True, check=False)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            results = list(pool.map(start, range(COUNT)))
        assert all(result.returncode == 0 for result in results), [result for result in results if result.returncode][:3]
        clients = [control.Client(directory.runtime, f"guest-{number}") for number in range(COUNT)]
        assert {client.execute("query-status")["state"] for client in clients} == {"running"}
        ports = {client.execute("query-display")[0]["port"] for client in clients}
        terminals = {client.execute("query-consoles")[0]["path"] for client in clients}
        assert len(ports) == len(terminals) == COUNT, (sorted(ports), sorted(terminals))
        assert all(os.path.exists(path) for path in terminals)
        for client in clients:
            client.execute("shutdown")
        for client in clients:
            client.wait_for_end()
        directory.assert_nothing_left()


if __name__ == "__main__":
    tap.main()
