#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs one test of any kind, which prints TAP. With DOMRUN_NO_SKIP=1 what it skips becomes a failure, except what
# needs hardware, or a version of a program that this system has not, and says so ("# SKIP needs hardware: ...",
# "# SKIP needs version: ..."). A test that hangs is ended, with all that it started in
# its process group, after DOMRUN_TEST_TIMEOUT seconds.

test=$1
case $test in
  *.py) set -- "${PYTHON:-python3}" "$test" ;;
  *.sh) set -- "${SHELL:-/bin/sh}" "$test" ;;
  *) set -- "$test" --tap ;;
esac
set -- timeout --kill-after=10 "${DOMRUN_TEST_TIMEOUT:-3600}" "$@"

if [ "${DOMRUN_NO_SKIP:-0}" != 1 ]; then
  exec "$@"
fi

forbid_skips() {
  awk '
    { upper = toupper($0) }
    upper ~ /# SKIP/ && upper !~ /# SKIP:? *NEEDS (HARDWARE|VERSION):/ {
      if ($1 == "ok" || /^1\.\.0/) {
        reason = substr($0, index(upper, "# SKIP") + 6)
        if (/^1\.\.0/) {
          print "1..1"
          $0 = "ok 1 all of it # SKIP"
        }
        sub(/ *#.*/, "")
        sub(/^ok/, "not ok")
        print $0 " # skipped:" reason
        print "# DOMRUN_NO_SKIP is set: a skip is a failure"
        fflush()
        next
      }
    }
    { print; fflush() }'
}

{
  status=$( { { "$@" 3>&- 4>&-; echo $? >&3; } | forbid_skips >&4; } 3>&1)
} 4>&1
exit "$status"
