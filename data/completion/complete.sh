#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# complete DOMRUN [WORD...]: what the last of the words of a command line of domrun may be, for the completions of
# bash, zsh and fish. A line for each: a word; or ":files", ":directories", that names of files complete it, behind
# "--option=" if it is one. What there is to say is read from the program's own help.
set -u

domrun=${1:-domrun}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- ''

commands() {
  "$domrun" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  *.*/\1/p'
}

if [ $# -eq 1 ]; then
  commands
  printf '%s\n' --help --version
  exit
fi

verb=$1
shift
if [ "$verb" = help ]; then
  [ $# -ne 1 ] || commands
  exit
fi
help=$("$domrun" "$verb" --help-all 2>/dev/null) || exit 0

options() {
  printf '%s\n' "$help" | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p'
  printf '%s\n' --help --help-all
}

# placeholder OPTION: what it takes: "DIR" of --root; nothing where it takes nothing.
placeholder() {
  printf '%s\n' "$help" | sed -n "s/^  \\(-., \\)\\{0,1\\}$1=\\([^ ]*\\).*/\\2/p"
}

# The words before the last: the guests' directory, and which argument the last one is.
root=
before=
count=0
value_of=
is_over=
for word; do
  [ $# -gt 1 ] || break
  shift
  if [ -n "$value_of" ]; then
    [ "$value_of" != --root ] || root=$word
    value_of=
    continue
  fi
  case $is_over$word in
    --) is_over=1 ;;
    --root=*) root=${word#--root=} ;;
    --*=*) ;;
    --*) [ -z "$(placeholder "$word")" ] || value_of=$word ;;
    -?*) ;;
    *)
      count=$((count + 1))
      [ "$count" -ne 1 ] || before=$word
      ;;
  esac
done
last=$1

verb_of_guests() {
  name=$1
  shift
  "$domrun" "$name" ${root:+--root="$root"} "$@" 2>/dev/null
}

# value PLACEHOLDER PREFIX
value() {
  case $1 in
    '') ;;
    FILE* | PATH*) echo :files ;;
    DIR) echo :directories ;;
    *[!a-z0-9\|-]*) ;;
    *'|'*) printf '%s\n' "$1" | tr '|' '\n' | sed "s/^/$2/" ;;
  esac
}

devices() {
  verb_of_guests dumpxml --xpath '/domain/devices/*[self::serial or self::parallel or self::console or self::channel]/alias/@name' \
    "$before" | sort -u
}

# argument PLACEHOLDER
argument() {
  case $1 in
    FILE*) echo :files ;;
    GUEST*) verb_of_guests list --all --name | sed '/^$/d' ;;
    '[USER@]GUEST')
      case $last in
        *@*) verb_of_guests list --name | sed "/^\$/d; s/^/${last%%@*}@/" ;;
        *) verb_of_guests list --name | sed '/^$/d' ;;
      esac
      ;;
    DEVICE*) devices ;;
    KEY*) "$domrun" send-key --list 2>/dev/null | sed -n 's/^ \([a-z0-9_]*\)  *[A-Z0-9_]*  *[0-9].*/\1/p' ;;
    STATE*) printf '%s\n' starting running paused shutting-down restarting preserved ended ;;
    TARGET*) printf '%s\n' mem disk hybrid ;;
  esac
}

case ${is_over:-0}$value_of$last in
  0--*=*) if [ -z "$value_of" ]; then value "$(placeholder "${last%%=*}")" "${last%%=*}="; fi; exit ;;
esac
if [ -n "$value_of" ]; then
  value "$(placeholder "$value_of")" ''
  exit
fi
case ${is_over:-0}$last in
  0-*) options; exit ;;
esac

# The synopsis is the second line of the help: "  domrun console [OPTION...] GUEST [DEVICE]".
wanted=$count
for word in $(printf '%s\n' "$help" | sed -n '2s/.*\[OPTION\.*\] *//p'); do
  case $word in
    *@*) ;;
    *) word=$(printf '%s' "$word" | tr -d '[]') ;;
  esac
  if [ "$wanted" -eq 0 ]; then
    argument "$word"
    exit
  fi
  case $word in
    *...) ;; # as many as there are
    *) wanted=$((wanted - 1)) ;;
  esac
  case $word in
    *...) argument "$word"; exit ;;
  esac
done
