#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `make install` puts where: the program, its page, and every document that README.md names, where it names it.

source=$(cd "${DOMRUN_SRCDIR:-.}" && pwd)
build=${DOMRUN_BUILDDIR:-build}
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
count=0

verdict() {
  count=$((count + 1))
  if [ -z "$2" ]; then
    echo "ok $count $1"
  else
    echo "not ok $count $1"
    printf '%s\n' "$2" | sed 's/^/# /'
  fi
}

echo 1..5

# Of the make that may run this test nothing is to be inherited.
failure=$(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$build" install DESTDIR="$root" 2>&1 >/dev/null) && failure=
verdict "it installs" "$failure"

# What configure was asked for, and by the GNU coding standards /usr/local else.
asked=$("$build/config.status" --config | sed -n "s/.*--prefix=\([^' ]*\).*/\1/p")
strays=$(find "$root" ! -type d ! -path "$root${asked:-/usr/local}/*")
verdict "all is below the prefix" "$strays"

missing=
for name in bin/domrun share/man/man1/domrun.1 share/bash-completion/completions/domrun share/domrun/complete.sh \
  share/zsh/site-functions/_domrun share/fish/vendor_completions.d/domrun.fish lib/systemd/system/domrun@.service lib/systemd/user/domrun@.service; do
  [ -n "$(find "$root" -path "*/$name")" ] || missing="$missing $name"
done
verdict "the program, its page, its completions and units" "$missing"

verdict "the completions name what was installed" "$(
  for file in $(find "$root" -path '*completion*/domrun*' -o -name _domrun); do
    for path in $(grep -o '[^ ]*/complete\.sh' "$file" | sed 's/^[^/]*//; s/[^a-z./_-].*//' | sort -u); do
      [ -e "$root$path" ] || echo "$file names $path"
    done
  done)"

missing=
documents=$(dirname "$(find "$root" -name README.md | head -n 1)")
for name in $(grep -o ']([A-Za-z][^):#]*)' "$source/README.md" | sed 's/](\(.*\))/\1/'); do
  [ -e "$documents/$name" ] || missing="$missing $name"
done
verdict "what README.md names" "$missing"
