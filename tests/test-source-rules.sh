#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The rules of the house that a compiler does not know (HACKING.md has them in words).

top=${DOMRUN_SRCDIR:-.}
cd "$top" || exit 1
count=0

# verdict NAME FINDINGS: passes where nothing was found.
verdict() {
  count=$((count + 1))
  if [ -z "$2" ]; then
    echo "ok $count $1"
  else
    echo "not ok $count $1"
    printf '%s\n' "$2" | sed 's/^/# /'
  fi
}

skip() {
  count=$((count + 1))
  echo "ok $count $1 # SKIP $2"
}

# code PATTERN FILE...: lines that match, but for comments; with file and line.
code() {
  pattern=$1
  shift
  [ $# -gt 0 ] || return 0
  grep -nE "$pattern" "$@" /dev/null | grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*|//)'
}

# but PATTERN: standard input without the files that match.
but() {
  grep -vE "^($1):"
}

sources=$(find src -name '*.c' -o -name '*.h' | sort)

echo 1..10

# Who includes whom is test-house.py's; what the compiler's own headers are for stands here.
verdict "what QEMU gets is made without XML" \
  "$(code '#include [<"](libxml|xml)/' $(find src -name '*-qemu.c') src/qemu/*.[ch] $(find src/devices src/domain -name '*.h'))"

# shellcheck disable=SC2086
verdict "only base/json.c knows the library" "$(code '#include [<"]json' $sources | but 'src/base/json\.c')"

# shellcheck disable=SC2086
verdict "only process/spawn.c starts processes" \
  "$(code '\<(v?fork|clone3?|posix_spawnp?|g_spawn_[a-z_]+|g_subprocess_[a-z_]+|popen|system|exec[lv]p?e?|execveat) *\(' $sources |
    but 'src/process/spawn\.c')"

# shellcheck disable=SC2086
verdict "only report.c, announce.c and the commands write to the user" \
  "$(code '\<(perror|g_printerr|g_print|g_warning|g_message|g_critical|g_info|psignal|vprintf) *\(|\<v?fprintf *\( *std(out|err)|\<fput[cs] *\(.*std(out|err)|\<putc *\(.*std|\<v?dprintf *\(' $sources |
    but 'src/base/report\.c|src/base/announce\.c|src/commands/[a-z-]*\.c|src/main\.c')"

# shellcheck disable=SC2086
verdict "no function without bounds, and none that only looks safe" \
  "$(code '\<(strcpy|strcat|sprintf|vsprintf|gets|strncpy|strtok|atoi|atol|mktemp|tmpnam|alloca|g_alloca|g_newa) *\(' $sources)"

missing=
for file in $(find src tests scripts data/local.mk data/examples data/man configure.ac Makefile.am \
  \( -name golden -prune \) -o -type f ! -name '*~' -print | sort); do
  case $file in
    *.c | *.h | *.S | *.py | *.sh | *.mk | *.am | *.ac | *.1 | data/examples/*.xml | scripts/*)
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' || missing="$missing $file" ;;
  esac
done
verdict "every file tells its licence" "$missing"

unlisted=
for file in tests/test-*.c tests/test-*.sh tests/system/test-*.py tests/fuzz/fuzz-*.c; do
  name=${file##*/}
  grep -qF "%D%/${name%.c}" "${file%/*}/local.mk" || unlisted="$unlisted $file"
done
verdict "every test is run" "$unlisted"

untold=
for number in $(sed -n 's/.*EXIT_CODE_[A-Z_]* = \([0-9]*\),.*/\1/p' src/base/exit-code.h); do
  grep -q "^| $number | " README.md || untold="$untold README.md:exit-code-$number"
  grep -q "^\.It $number\$" data/man/domrun.1 || untold="$untold domrun.1:exit-code-$number"
done
for command in $(sed -n 's/^  { "\([a-z-]*\)", [a-z_]*_command, .*/\1/p' src/main.c); do
  grep -qw -- "$command" README.md || untold="$untold README.md:$command"
  grep -qE "^\.(It )?Cm (.* , |.* \| )?$command( |\$)" data/man/domrun.1 || untold="$untold domrun.1:$command"
done
verdict "README.md and domrun(1) tell every exit code and command" "$untold"

# The layout is that of one version of clang-format; others differ in small things.
format=
for program in clang-format-14 clang-format; do
  if $program --version 2>/dev/null | grep -q 'version 14\.'; then format=$program; fi
done
if [ -n "$format" ] && [ -e .clang-format ]; then
  # shellcheck disable=SC2086
  verdict "clang-format" "$($format --dry-run -Werror $sources tests/*.c tests/fuzz/*.[ch] 2>&1 |
    grep 'clang-format-violations' | sed 's/ error: code should be clang-formatted.*//' | head -n 40)"
else
  skip "clang-format" "needs version: clang-format 14"
fi

if ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
  # shellcheck disable=SC2086
  verdict "no function of more than 80 lines" "$(ctags -x --kinds-C=f --_xformat='%F %n %{end} %N' $sources |
    awk '$3 - $2 + 1 > 80 { printf "%s:%d: %s() has %d lines\n", $1, $2, $4, $3 - $2 + 1 }')"
else
  skip "no function of more than 80 lines" "there is no universal-ctags"
fi
