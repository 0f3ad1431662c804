#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs `python3 -m klpscope` many times in one process, which is what saves the time.

usage: reports.py <JOBS

Each line of JOBS is the name of a file and the arguments of a run, as a shell
splits them.  What the run prints goes into that file, what it says on standard
error into FILE.err, its exit status into FILE.status.
"""

import os
import runpy
import shlex
import sys
import traceback


def run(arguments):
    """The exit status, as the interpreter would make it."""
    sys.argv = ["klpscope", *arguments]
    try:
        runpy.run_module("klpscope", run_name="__main__", alter_sys=True)
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int):
            return e.code or 0
        print(e.code, file=sys.stderr)
        return 1
    except BaseException:  # whatever it is, it would have ended the interpreter
        traceback.print_exc()
        return 1
    return 0


def run_into(name, arguments):
    """The streams themselves, for whoever writes to them without Python."""
    kept = os.dup(1), os.dup(2)
    for fd, path in ((1, name), (2, f"{name}.err")):
        to = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(to, fd)
        os.close(to)
    try:
        status = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        for fd, copy in enumerate(kept, 1):
            os.dup2(copy, fd)
            os.close(copy)
    with open(f"{name}.status", "w", encoding="ascii") as f:
        print(status, file=f)


def main():
    for line in sys.stdin:
        name, *arguments = shlex.split(line)
        run_into(name, arguments)


if __name__ == "__main__":
    main()
