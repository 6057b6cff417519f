#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What other systems make packages from (packaging/, debian/): it can be read, and is about this version.

cd "${DOMRUN_SRCDIR:-.}" || exit 1
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

# reads NAME PROGRAM WORD...: PROGRAM reads it without a word on standard error that is about it.
reads() {
  name=$1
  shift
  if command -v "$1" >/dev/null; then
    said=$("$@" 2>&1 >/dev/null) && said=
    verdict "$name" "$said"
  else
    count=$((count + 1))
    echo "ok $count $name # SKIP needs version: a system that has $1"
  fi
}

echo 1..6

reads "the APKBUILD is a shell's" sh -n packaging/APKBUILD
reads "the spec is RPM's" rpmspec -P packaging/domrun.spec
reads "the expression is Nix's" nix-instantiate --parse packaging/default.nix

version=$(sed -n 's/^AC_INIT(\[domrun\], \[\(.*\)\])$/\1/p' configure.ac)
# says FILE PATTERN: what sed finds there is the version of configure.ac.
says() {
  found=$(sed -n "s/$2/\\1/p" "$1" | head -n 1)
  [ -n "$version" ] && [ "$found" = "$version" ] || echo "$1 has '$found', configure.ac '$version'"
}
verdict "each is about this version" "$(
  says packaging/domrun.spec '^Version: *\(.*\)'
  says packaging/APKBUILD '^pkgver=\(.*\)'
  says packaging/default.nix '^ *version = "\(.*\)";'
  [ ! -d debian ] || says debian/changelog '^domrun (\([^)]*\)).*')"

verdict "the spec asks for what configure does" "$(
  sed -n 's/^PKG_CHECK_MODULES(\[[A-Z_]*\], \[\(.*\) >= \(.*\)\])$/pkgconfig(\1) >= \2/p' configure.ac | while read -r wanted; do
    grep -qxF "BuildRequires:  $wanted" packaging/domrun.spec || echo "packaging/domrun.spec lacks: $wanted"
  done)"

verdict "Alpine's package has each library, too" "$(
  for name in glib json-c libxml2; do
    grep -q "^makedepends=.*$name-dev" packaging/APKBUILD || echo "packaging/APKBUILD lacks $name-dev"
  done)"
