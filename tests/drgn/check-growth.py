#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many reports of one dump in one process, which must not grow by them.

usage: check-growth.py VMCORE VMLINUX|- TIMES

Data and text by turns, for drgn may live for days.
"""

import contextlib
import ctypes
import gc
import io
import re
import sys

import drgn

import klpscope

WARM_UP = 50
BOUND = 128         # KiB; a report that leaves 300 bytes behind is found in 1000


def memory():
    """KiB of its own, to the page, without what is free and malloc() keeps: that comes and goes by 10 MB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/smaps_rollup", encoding="ascii") as f:
        return int(re.search(r"^Anonymous:\s*(\d+)", f.read(), re.M).group(1))


def once(prog, n):
    """The size of what was reported."""
    if n % 2:
        return len(str(klpscope.report(prog)))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        klpscope.klp(prog, "-a")
    return len(out.getvalue())


def main():
    vmcore, vmlinux, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    prog = drgn.Program()
    prog.set_core_dump(vmcore)
    if vmlinux != "-":
        prog.load_debug_info([vmlinux])
    sizes = [once(prog, n) for n in range(WARM_UP)][:2]
    seen = [memory()]
    for n in range(times):
        if once(prog, n) != sizes[n % 2]:
            print(f"not ok: another report in run {n}")
            return 1
        if n + 1 in (times // 2, times):
            seen.append(memory())
    # Caches, and the free lists of both allocators, take hundreds of reports to be as large as they get.
    grown = seen[2] - seen[1]
    word = "not ok" if grown > BOUND else "ok"
    print(f"{word} drgn {drgn.__version__}: {times} reports of {sizes} characters; {seen} KiB,"
          f" {grown} in the second half")
    return grown > BOUND


if __name__ == "__main__":
    sys.exit(main())
