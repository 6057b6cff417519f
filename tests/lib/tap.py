# SPDX-License-Identifier: LGPL-2.1-or-later
"""A test program in Python that prints TAP.

Every function of the module that is named test_* is one test; it fails by raising. tap.main() runs them in the order
of the file, or those whose names are given on the command line:

    if __name__ == "__main__":
        tap.main()
"""

import concurrent.futures
import os
import pathlib
import signal
import sys
import traceback


# Seconds. It ends a hang, and nothing else: what a test waits for may take as long as it likes on a slow machine.
PATIENCE = float(os.environ.get("DOMRUN_TEST_PATIENCE", "300"))


class Skip(Exception):
    """Raised with the reason why a test cannot run on this machine."""


class Failure(Exception):
    """Raised with all that is to be said about why a test failed; an AssertionError tells the line as well."""


def is_root():
    """Of the host, and not of a namespace of a user's."""
    return os.geteuid() == 0 and pathlib.Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def diagnostics(text):
    """Prints @text as TAP's comments."""
    for line in text.rstrip("\n").split("\n"):
        print("# " + line)


def _name(function):
    return function.__name__.removeprefix("test_").replace("_", " ")


def _run(name, function):
    """Runs one test, and with DOMRUN_TEST_AGAIN=1 one that fails again, which is told; returns as _run_once()."""
    passed, directive, text = _run_once(function)
    if passed or os.environ.get("DOMRUN_TEST_AGAIN") != "1":
        return passed, directive, text
    again, directive, more = _run_once(function)
    return again, directive, f"failed once: {name}\n{text}\n{more}"


def _run_once(function):
    """Returns whether it passed, what its line ends with, and what is to be said about it."""
    try:
        function()
        return True, "", ""
    except Skip as skip:
        return True, f" # SKIP {skip}", ""
    except Failure as failure:
        return False, "", f"{failure}"
    except AssertionError as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        where = "".join(f"at {os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}\n" for frame in frames)
        return False, "", f"{error}\n{where}"
    except Exception:
        return False, "", traceback.format_exc()


def run_cases(cases, jobs=1, prepare=None):
    """Runs @cases, a list of (name, function), and prints the TAP of them in this order. Returns whether all passed.
    Each of the @jobs threads calls @prepare first."""
    sys.stdout.reconfigure(errors="backslashreplace")
    print(f"1..{len(cases)}", flush=True)
    all_passed = True
    with concurrent.futures.ThreadPoolExecutor(jobs, initializer=prepare) as pool:
        results = [pool.submit(_run, name, function) for name, function in cases]
        for number, ((name, _), result) in enumerate(zip(cases, results), 1):
            passed, directive, text = result.result()
            all_passed &= passed
            print(f"{'ok' if passed else 'not ok'} {number} {name}{directive}", flush=True)
            if text:
                diagnostics(text)
                sys.stdout.flush()
    return all_passed


def _heed_signals():
    """nohup, and a script that has put the tests in the background, have them ignore what domrun is to be sent."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def main(jobs=1):
    """Runs the tests of the program's main module and ends the program."""
    _heed_signals()
    module = sys.modules["__main__"]
    wanted = sys.argv[1:]
    cases = [(_name(function), function) for key, function in vars(module).items()
             if key.startswith("test_") and callable(function) and (not wanted or key in wanted)]
    sys.exit(0 if run_cases(cases, jobs) else 1)
