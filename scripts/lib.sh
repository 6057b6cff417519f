# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What scripts/demo, scripts/check and .ci/run share: steps that say which of them failed and why, packages, and the
# way from a fresh clone to a configured build directory. Sourced, with `set -eu` on.

script_name=${0##*/}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

build_packages=(gcc make binutils libc6-dev autoconf automake pkg-config libxml2-dev libglib2.0-dev libjson-c-dev
  python3 qemu-system-x86)
check_packages=(qemu-utils qemu-system-arm qemu-system-misc qemu-system-ppc qemu-efi-aarch64 qemu-block-extra openssl ovmf systemd-boot-efi busybox-static cpio xz-utils iproute2 netbase passt dbus-daemon libvirt-clients man-db mandoc xorriso swtpm swtpm-tools util-linux clang-format universal-ctags zsh fish systemd)

# What QEMU has in packages of their own, where it does, since Debian 13: qxl, displays by D-Bus, virtiofsd, and machines that were in -misc.
# Nothing where apt does not know them.
optional_packages() {
  apt-cache search --names-only '^(qemu-system-(modules-spice|modules-opengl|riscv|s390x)|virtiofsd)$' 2>/dev/null | cut -d ' ' -f 1
}

# The first of apt's sources that is Debian's own archive; what is only in other archives is not asked for.
mirror() {
  [ -z "${DOMRUN_MIRROR:-}" ] || { echo "$DOMRUN_MIRROR"; return; }
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
    grep -v -e -security -m 1 && return
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' |
    grep -e '/debian/*$' -m 1
}

# show_progress NAME LOG: a line that moves, on a terminal: how long a step takes already, and what it said last. It
# ends with the script, however that ends.
show_progress() {
  local started=$SECONDS last rows columns
  while kill -0 $$ 2>/dev/null; do
    last=$(tail -c 400 "$2" 2>/dev/null | tail -n 1 | tr -cd '[:print:]') || last=
    # shellcheck disable=SC2034
    read -r rows columns < <(stty size </dev/tty 2>/dev/null) || columns=0
    [ "$columns" -ge 20 ] || columns=80
    last="$script_name: $1 ($((SECONDS - started)) s) $last"
    printf '\r\033[K%s' "${last:0:$((columns - 1))}"
    sleep 1
  done
}

# step NAME COMMAND...: runs it with its output in a log, shows the end of the log where it fails, and says how long
# it took.
step() {
  local name=$1 log status=0 started=$SECONDS progress=
  shift
  mkdir -p "$build/logs"
  log=$build/logs/${name// /-}.log
  printf '%s: %s (what it says is in %s)\n' "$script_name" "$name" "${log#"$top"/}"
  : >"$log"
  if [ -t 1 ]; then
    show_progress "$name" "$log" &
    progress=$!
  fi
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ -n "$progress" ]; then
    kill "$progress" 2>/dev/null || :
    wait "$progress" 2>/dev/null || :
    printf '\r\033[K'
  fi
  printf '%s: %s: %d s\n' "$script_name" "$name" $((SECONDS - started))
  [ "$status" -ne 0 ] || return 0
  # A test that failed says why in the middle of much that passed: the last of what such tests say, and then the end.
  grep -aE -A 12 '^(not ok|FAIL|ERROR|XPASS|Bail out!)' "$log" | grep -avE '^(ok|PASS:|SKIP:|--$)' | tail -n 100 >&2 || :
  tail -n 40 "$log" >&2
  printf '%s: the step "%s" failed with exit code %s: %s\n' "$script_name" "$name" "$status" "$*" >&2
  printf '%s: its whole output is in %s\n' "$script_name" "$log" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

apt_install() {
  as_root apt-get update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# install_missing PACKAGE...: installs those that are not there; asks apt nothing where all are.
install_missing() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    printf '%s: this is no Debian; it takes what these packages of Debian 12 have: %s\n' "$script_name" "$*"
    return
  fi
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -ne 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    printf '%s: these packages are missing: %s\n' "$script_name" "${missing[*]}" >&2
    printf '%s: neither root nor sudo is at hand; run as root: apt-get install %s\n' "$script_name" "${missing[*]}" >&2
    exit 1
  fi
  # Asked for here, where the question can be seen; the step's output goes to a log.
  if [ "$(id -u)" -ne 0 ] && ! sudo -v; then
    printf '%s: sudo refuses; run as root: apt-get install %s\n' "$script_name" "${missing[*]}" >&2
    exit 1
  fi
  step "install ${#missing[@]} packages" apt_install "${missing[@]}"
}

# bootstrap: makes configure where there is none, or where what it is made of has changed.
bootstrap() {
  if [ ! -e configure ] || [ ! -e Makefile.in ] ||
    [ -n "$(find configure.ac Makefile.am src tests data scripts \( -name configure.ac -o -name Makefile.am -o \
      -name local.mk \) -newer configure -print -quit)" ]; then
    step bootstrap autoreconf -fi
  fi
}

# configure_build OPTION...: configures $build where that has not been done with these options.
configure_build() {
  local done=$build/configured-with
  if [ ! -e "$build/config.status" ] || [ configure -nt "$build/config.status" ] ||
    [ "$(cat "$done" 2>/dev/null)" != "$*" ]; then
    step configure env -C "$build" "$top/configure" "$@"
    printf '%s\n' "$*" >"$done"
  fi
}

make_build() {
  make -C "$build" -j"$(nproc)" --no-print-directory "$@"
}
