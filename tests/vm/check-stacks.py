#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the stacks of klpscope's JSON (-j -b) with those that drgn walked.

usage: check-stacks.py STACKS.json REPORT.json

STACKS.json is what drgn-stacks.py printed.  Every frame must be the same, and
none may be missing on either side; the reasons for a difference are LABELS,
trampoline() and leaves_irq_stack().  Prints each difference; exits 1 if there is any.
"""

import json
import sys

# kallsyms knows nothing of sizes and names the last symbol before an address: a label inside of a function of
# entry_64.S, which ELF symbols, with their sizes, say it is in.
LABELS = {"entry_SYSCALL_64_after_hwframe": "entry_SYSCALL_64", "end_repeat_nmi": "asm_exc_nmi"}

# The shortest path to a crash is as long.
FLOOR = 7


class Checker:
    def __init__(self):
        self.count = self.bad = self.frames = 0
        self.reasons = {}

    def same(self, what, drgn, report):
        self.count += 1
        if drgn != report:
            self.bad += 1
            print(f"not ok {what}: drgn says {drgn!r}, the report {report!r}")

    def because(self, reason, frames):
        self.reasons[reason] = self.reasons.get(reason, 0) + frames


def trampoline(d, f):
    """drgn does not know whom a return trampoline returns to: it shows the trampoline and is lost."""
    return f["through"] is not None and d["begins"] == f["through"]


def leaves_irq_stack(drgn, stack, i):
    """
    Where an interrupt's handler changed to the IRQ stack only ORC knows the way back; drgn 0.0.22 goes by DWARF, and
    is lost (drgn's own comment of later: "inaccurate DWARF CFI").
    """
    return i == len(drgn) and i > 0 and stack[i]["symbol"] == "asm_" + stack[i - 1]["symbol"]


def check_stack(c, who, drgn, stack):
    for d in drgn:
        if not d["symbol"] and not d["begins"]:
            print(f"{who}: drgn has no file of the module that {d['address']} is in; are the dumps of these modules?")
    for i, f in enumerate(stack):
        d = drgn[i] if i < len(drgn) else None
        if d and trampoline(d, f):
            c.because(f"drgn does not step through {f['through']}", len(stack) - i)
            return
        if leaves_irq_stack(drgn, stack, i):
            c.because("drgn is lost where the IRQ stack is left", len(stack) - i)
            return
        # The first frame of a task that was running is no interrupted one in the report.
        theirs = d and (d["address"], d["symbol"], d["interrupted"] and i > 0)
        mine = (f["address"], LABELS.get(f["symbol"], f["symbol"]), f["interrupted"])
        c.same(f"{who}: frame {i}", theirs, mine)
        if theirs != mine:
            return
        c.frames += 1
    c.same(f"{who}: frames", len(drgn), len(stack))


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        d = json.load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        r = json.load(f)
    c = Checker()
    mine = {s["pid"]: s for s in r["tasks"]["patched_stacks"]}
    c.same("panic_cpu", d["panic_cpu"], r["dump"]["panic_cpu"])
    c.same("whose stacks", [(t["pid"], t["comm"], t["panic"]) for t in d["tasks"]],
           [(s["pid"], s["comm"], s["panic"]) for s in r["tasks"]["patched_stacks"]])
    for t in d["tasks"]:
        s = mine.get(t["pid"])
        c.same(f"{t['comm']} ({t['pid']}): has frames", True, bool(s and s["stack"] and t["stack"]))
        check_stack(c, f"{t['comm']} ({t['pid']})", t["stack"], s and s["stack"] or [])
    c.same("enough frames", True, c.frames >= FLOOR)
    for reason, frames in c.reasons.items():
        print(f"{frames} frames not compared: {reason}")
    print(f"{c.frames} frames of {len(d['tasks'])} tasks agree with drgn's; {c.count - c.bad} passed, {c.bad} failed")
    return c.bad != 0


if __name__ == "__main__":
    sys.exit(main())
