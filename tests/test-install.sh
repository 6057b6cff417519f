#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `make install` puts where: the program, its page, and every document that README.md names, where it names it;
# that another prefix is followed, that RPM's list of files is all of it, and that `make uninstall` leaves no file.

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

echo 1..8

# make_quietly WORD...: says something only where it fails. Of the make that may run this test nothing is to be inherited.
make_quietly() {
  said=$(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$build" "$@" 2>&1) || printf 'make %s\n%s\n' "$*" "$said"
}

failure=$(make_quietly install DESTDIR="$root")
verdict "it installs" "$failure"

# What configure was asked for, and by the GNU coding standards /usr/local else.
asked=$("$build/config.status" --config | sed -n "s/.*--prefix=\([^' ]*\).*/\1/p")
strays=$(find "$root" ! -type d ! -path "$root${asked:-/usr/local}/*")
verdict "all is below the prefix" "$strays"

missing=
for name in bin/domrun share/man/man1/domrun.1 bin/domrun-libvirt share/man/man1/domrun-libvirt.1 share/man/man7/domrun-security.7 share/bash-completion/completions/domrun share/domrun/complete.sh share/domrun/examples/jobs/slurm.sh \
  share/zsh/site-functions/_domrun share/fish/vendor_completions.d/domrun.fish lib/systemd/system/domrun@.service lib/systemd/user/domrun@.service; do
  [ -n "$(find "$root" -path "*/$name")" ] || missing="$missing $name"
done
verdict "the program, its page, its completions and units" "$missing"

verdict "the completions name what was installed" "$(
  for file in $(find "$root" -path '*completion*/domrun*' -o -name _domrun); do
    for path in $(grep -o '[^ ]*/complete\.sh' "$file" | sed 's/^[^/]*//; s/[^A-Za-z0-9./_-].*//' | sort -u); do
      [ -e "$root$path" ] || echo "$file names $path"
    done
  done)"

missing=
documents=$(dirname "$(find "$root" -name README.md | head -n 1)")
for name in $(grep -o ']([A-Za-z][^):#]*)' "$source/README.md" | sed 's/](\(.*\))/\1/'); do
  [ -e "$documents/$name" ] || missing="$missing $name"
done
verdict "what README.md names" "$missing"

# What packaging/domrun.spec lists, with its macros as they are in this build: a folder stands for all that is in it.
prefix=${asked:-/usr/local}
sed -n '/^%files/,/^%changelog/p' "$source/packaging/domrun.spec" | sed -n \
  -e "s|%{_prefix}|$prefix|; s|%{_bindir}|$prefix/bin|; s|%{_datadir}|$prefix/share|; s|%{_mandir}|$prefix/share/man|" \
  -e "s|%{_docdir}|$prefix/share/doc|; /^\//p" >"$root/listed"
unlisted=$(find "$root$prefix" ! -type d | sort | while read -r file; do
  while read -r pattern; do
    # shellcheck disable=SC2254
    case ${file#"$root"} in $pattern | $pattern/*) continue 2 ;; esac
  done <"$root/listed"
  echo "${file#"$root"} is not in packaging/domrun.spec"
done)
useless=$(while read -r pattern; do
  # shellcheck disable=SC2086
  ls -d "$root"$pattern >/dev/null 2>&1 || case $pattern in */systemd/*) ;; *) echo "$pattern is not installed" ;; esac
done <"$root/listed")
verdict "RPM's list of files" "$unlisted$useless"
rm "$root/listed"

make_quietly uninstall DESTDIR="$root" >"$root.failure"
verdict "uninstall leaves nothing" "$(cat "$root.failure"; find "$root" ! -type d)"
rm "$root.failure"

failure=$(make_quietly install DESTDIR="$root" prefix=/opt/elsewhere mandir=/opt/pages)
strays=$(find "$root" ! -type d ! -path "$root/opt/elsewhere/*" ! -path "$root/opt/pages/man[17]/domrun*.[17]")
pages=$(find "$root/opt/pages" -name domrun.1)
verdict "another prefix, and another directory" "$failure$strays$([ -n "$pages" ] || echo 'no page in /opt/pages')"
