#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the panicking task of klpscope's JSON (-j -b) with what the kernel printed when it died.

usage: check-console.py TRUTH.txt CONSOLE.log REPORT.json

The frames of the console's call trace, those with a question mark left out,
are what the kernel's own unwinder calls reliable.  Each difference is printed;
exits 1 if there is any.  Where the two may differ, and why, is in align() and
same_frame().
"""

import json
import re
import sys

FRAME = re.compile(r"([\w.]+)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[(\w+)\])?$")

# What was on the crash path, by scenario; nothing in all others.
CRASH_PATH = {
    "panic-in-patch": ["livepatch_fault"],
    "panic-under-patch": ["livepatch_descend"],
    "irq": ["livepatch_interrupt"],
    "nmi": ["livepatch_spin"],
}

# klp_crasher_u's oops right in the new function has the fewest.
FLOOR = 7


class Frame:
    def __init__(self, match, interrupted):
        self.symbol = match[1]
        self.offset, self.size = int(match[2], 16), int(match[3], 16)
        self.module = match[4] or "vmlinux"
        self.interrupted = interrupted

    def __str__(self):
        return f"{self.symbol}+0x{self.offset:x}/0x{self.size:x} [{self.module}]"


class Console:
    """Who died, and the trace: that of the first panic or oops, as nothing follows it but the capture kernel."""

    def __init__(self, path):
        self.frames, self.oops = [], None
        self.cpu = self.pid = self.comm = None
        with open(path, encoding="utf-8", errors="replace") as f:
            lines = [re.sub(r"^\[ *\d+\.\d+\] ?", "", x.rstrip()).strip() for x in f]
        died = next(i for i, x in enumerate(lines) if re.match(r"Kernel panic - not syncing|Oops: ", x))
        self.oops = lines[died].startswith("Oops")
        trace = False
        for line in lines[died:]:
            who = re.match(r"CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.*?) (?:Kdump|Tainted|Not tainted)", line)
            rip = re.match(r"RIP: 0010:", line)
            frame = FRAME.match(line[rip.end():] if rip else line)
            if who:
                self.cpu, self.pid, self.comm = int(who[1]), int(who[2]), who[3]
            elif line == "Call Trace:":
                trace = True
            elif line == "</TASK>" or line.startswith("RIP: 0033:"):
                break
            elif frame and (trace or rip):
                # Where an oops happened is no frame that an interrupt stopped.
                self.frames.append(Frame(frame, bool(rip) and trace))


class Checker:
    def __init__(self):
        self.count = self.bad = self.frames = 0

    def same(self, what, console, report):
        self.count += 1
        if console != report:
            self.bad += 1
            print(f"not ok {what}: the console says {console!r}, the report {report!r}")


def align(c, console, frames):
    """
    An oops begins with its RIP in both.  panic(), or vpanic(), which it calls in 7.2, calls dump_stack_lvl()
    for the console, which 6.12 leaves out, and, later, __crash_kexec(), which saved the registers that the report
    starts from: of this function the two show different calls.
    """
    if console.oops:
        return console.frames, frames
    theirs = [f.symbol for f in console.frames[:2]]
    skipped = 1 if theirs[:1] == ["dump_stack_lvl"] else 0
    panic = theirs[skipped] if len(theirs) > skipped else None
    c.same("panic() on the console", True, panic in ("panic", "vpanic"))
    c.same("panic() in the report", ["__crash_kexec", panic], [f["symbol"] for f in frames[:2]])
    c.frames += 1
    return console.frames[skipped + 1:], frames[2:]


def same_frame(console, f):
    # Of rethook's trampoline the kernel's trace on the console does not know whom it will return to: it shows the
    # trampoline itself, as the address behind the end of whatever function lies before it.
    if f["through"] == "arch_rethook_trampoline" and console.offset == console.size:
        return True
    return (console.symbol, console.offset, console.module, console.interrupted) == \
        (f["symbol"], f["offset"], f["module"], f["interrupted"])


def show(f):
    return "nothing" if f is None else f"{f['symbol']}+0x{f['offset']:x} [{f['module']}]"


def check_frames(c, console, stack):
    c.same("frames that are reliable", len(stack), sum(f["reliable"] for f in stack))
    theirs, ours = align(c, console, stack)
    c.same("number of frames", len(theirs), len(ours))
    for i in range(max(len(theirs), len(ours))):
        t, f = theirs[i] if i < len(theirs) else None, ours[i] if i < len(ours) else None
        c.count += 1
        if t and f and same_frame(t, f):
            c.frames += 1
        else:
            c.bad += 1
            print(f"not ok frame {i}: the console says {t or 'nothing'}, the report {show(f)}")


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as f:
        scenario = f.readline().split()[1]
    console = Console(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as f:
        r = json.load(f)
    c = Checker()
    task = r["dump"]["panic_task"] or {}
    c.same("panic_cpu", console.cpu, r["dump"]["panic_cpu"])
    c.same("panic_task", (console.pid, console.comm), (task.get("pid"), task.get("comm")))
    c.same("crash_path", CRASH_PATH.get(scenario, []), r["summary"]["crash_path"])
    stacks = [s for s in r["tasks"]["patched_stacks"] if s["panic"]]
    c.same("stacks of the panicking task", [(console.cpu, console.pid, console.comm)],
           [(s["cpu"], s["pid"], s["comm"]) for s in stacks])
    check_frames(c, console, stacks[0]["stack"] if stacks else [])
    c.same("enough frames", True, c.frames >= FLOOR)
    print(f"{c.frames} frames agree with the console's; {c.count - c.bad} passed, {c.bad} failed")
    return c.bad != 0


if __name__ == "__main__":
    sys.exit(main())
