#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""confined.py RULES COMMAND...: runs the command under the rules in the file RULES, as `domrun argv --access` prints them.

The same rules by another hand: Landlock as the kernel's documentation has it (userspace-api/landlock), with no line of
domrun's."""

import ctypes
import os
import shlex
import stat
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
REMOVE_FILE, MAKE_REG, MAKE_SOCK, TRUNCATE, IOCTL_DEV = 1 << 5, 1 << 8, 1 << 9, 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | TRUNCATE | IOCTL_DEV
ALL = (1 << 16) - 1
RIGHTS = {"read": READ, "execute": READ | EXECUTE, "write": WRITE, "create": WRITE | MAKE_REG | REMOVE_FILE, "all": ALL,
          "socket": MAKE_SOCK | REMOVE_FILE}
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(number, *arguments):
    result = LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return result


def has_landlock():
    """Of version 5 or later, where all rights that are used here are known."""
    try:
        return syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)) >= 5
    except OSError:
        return False


def allow(ruleset, rights, path):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= OF_FILES
    rule = struct.pack("=Qi", rights, descriptor)
    syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    os.close(descriptor)


def put_on(lines):
    """The rules about files; those about ports are the network's, which the tests have each for themselves."""
    ruleset = syscall(CREATE_RULESET, struct.pack("=QQ", ALL, 0), ctypes.c_size_t(16), ctypes.c_uint32(0))
    allow(ruleset, READ, "/proc/self")
    for line in lines:
        word, *path = shlex.split(line)
        if word not in RIGHTS:
            continue
        is_made = word == "socket" or word == "create" and not os.path.exists(path[0])
        allow(ruleset, RIGHTS[word], os.path.dirname(path[0]) if is_made else path[0])
    if LIBC.prctl(38, 1, 0, 0, 0) != 0:                    # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "prctl")
    syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as file:
        put_on(file.read().splitlines())
    os.execvp(sys.argv[2], sys.argv[2:])
