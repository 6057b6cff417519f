#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What makes an error in domrun hard to use is in the programs that were built, whatever configure believes.

program=${DOMRUN:-build/domrun}
count=0

# verdict NAME WHAT-WAS-FOUND WHAT-IS-WRONG: passes where something was found.
verdict() {
  count=$((count + 1))
  if [ -n "$2" ]; then
    echo "ok $count $1 (${program##*/})"
  else
    echo "not ok $count $1 (${program##*/})"
    echo "# $3"
  fi
}

skip() {
  count=$((count + 1))
  echo "ok $count $1 # SKIP $2"
}

read_elf() {
  LC_ALL=C readelf -W "$@" "$program"
}

# instructions AWK-PROGRAM: what it prints of the program's text.
instructions() {
  LC_ALL=C objdump -d --no-show-raw-insn "$program" | awk "$1"
}

if [ "${DOMRUN_HARDENING:-yes}" != yes ]; then
  echo "1..0 # SKIP built with --disable-hardening"
  exit
fi
if ! command -v readelf >/dev/null || ! command -v objdump >/dev/null; then
  echo "1..0 # SKIP there are no binutils"
  exit
fi

echo 1..16

check_program() {
  verdict "it runs at any address" "$(read_elf -h | grep -E 'Type: +DYN')" "it is no position independent executable"
  verdict "what is relocated is read-only afterwards" "$(read_elf -l | grep GNU_RELRO)" "there is no segment GNU_RELRO"
  verdict "all symbols are bound at the start" "$(read_elf -d | grep -E '\((FLAGS|FLAGS_1)\).*NOW')" "there is no flag NOW"
  verdict "the stack cannot be executed" "$(read_elf -l | grep -E 'GNU_STACK .* RW +0x')" "$(read_elf -l | grep GNU_STACK)"
  verdict "who writes past an array is found out" "$(read_elf -s --dyn-syms | grep __stack_chk_fail)" \
    "nobody calls __stack_chk_fail()"

  if [ "${DOMRUN_SANITIZERS:-no}" = yes ]; then
    verdict "sanitizers in place of the C library's checks" "$(read_elf -d | grep -E 'NEEDED.*lib(asan|ubsan)' ||
      read_elf -s | grep -m 1 __asan_init)" "there are no sanitizers"
  elif ldd --version 2>&1 | grep -qE 'GNU libc|GLIBC'; then
    verdict "the C library checks the sizes that it is given" "$(read_elf --dyn-syms | grep -E ' __(read|recv|memcpy)_chk')" \
      "nobody calls __read_chk(), __recv_chk(), __memcpy_chk()"
  else
    skip "the C library checks the sizes that it is given" "needs version: glibc"
  fi

  case $(read_elf -h | sed -n 's/.*Machine: *//p') in
    *X86-64)
      # A function that takes a page of the stack and more touches each page, with a write that changes nothing.
      verdict "nobody jumps over the end of the stack" \
        "$(instructions '/sub +[$]0x1000,%rsp/ { page = NR }  page == NR - 1 && /[$]0x0,[(]%rsp[)]/ { n++ }  END { if (n) print n }')" \
        "no function touches a page of the stack when it has taken it"
      # A few are the C library's own.
      verdict "indirect jumps arrive where they may" "$(instructions '/endbr64/ { n++ }  END { if (n > 100) print n }')" \
        "hardly a function begins with endbr64"
      ;;
    *)
      skip "nobody jumps over the end of the stack" "needs hardware: x86-64"
      skip "indirect jumps arrive where they may" "needs hardware: x86-64"
      ;;
  esac
}

for program in "$program" "$program-libvirt"; do
  check_program
done
