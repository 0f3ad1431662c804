#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the stacks of klpscope's JSON (-j -b) with crash's bt.

usage: check-backtraces.py commands REPORT.json
       check-backtraces.py check CRASH-OUTPUT REPORT.json

The first prints what to type at crash's prompt, the second looks at what came
of it.  Of each task that both show, every reliable frame of the report must be
in crash's, by symbol and address and in the same order.  A frame that one has
and the other has not needs a reason, missing() and extra() have them all.
Prints each difference; exits 1 if there is any.
"""

import json
import re
import sys

# What the kernel does between an oops, a panic or a stopped CPU and kexec.  crash begins there; the report begins
# where the registers were saved, or, of an oops, where it happened.
DYING = {
    "machine_kexec", "__crash_kexec", "crash_kexec", "oops_end", "page_fault_oops", "exc_page_fault",
    "asm_exc_page_fault", "exc_invalid_op", "asm_exc_invalid_op", "do_trap", "die", "crash_nmi_callback",
    "default_do_nmi", "exc_nmi", "end_repeat_nmi",
}

# Frames of the shortest path to a crash, without those that crash may lack.
FLOOR = 6


class Task:
    def __init__(self, pid, comm):
        self.pid, self.comm = pid, comm
        self.frames = []  # (symbol, address)
        self.below = set()  # which of them lie below the stack pointer of the exception before them
        self.astray = False


def read_crash(path):
    """The tasks of `bt` and `foreach bt`, and of addresses what `sym` said: whose they are, and if it begins there."""
    tasks, symbols, exception, irq, pointer = [], {}, False, False, 0
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            head = re.match(r"PID: (\d+)\s+TASK: \S+\s+CPU: \d+\s+COMMAND: \"(.*)\"", line)
            frame = re.match(r" *#\d+ \[(\w+)\] (\S+) at ([0-9a-f]+)", line)
            rip = re.match(r" +\[exception RIP: ([\w.]+)\+?", line)
            sym = re.match(r"([0-9a-f]{16}) \(\w\) ([\w.]+)(\+?)", line)
            if head:
                tasks.append(Task(int(head[1]), head[2]))
                exception, irq, pointer = False, False, 0
            elif frame and tasks:
                if int(frame[1], 16) < pointer:
                    tasks[-1].below.add(len(tasks[-1].frames))
                pointer = 0
                add(tasks[-1], frame[2], int(frame[3], 16))
            elif rip:
                exception = rip[1]
            elif exception and re.match(r" +RIP: ", line):
                add(tasks[-1], exception, int(line.split()[1], 16))
                exception, pointer = False, int(line.split()[3], 16)
            elif "<IRQ stack>" in line:
                irq = True
            elif "possibly bogus exception frame" in line and irq:
                tasks[-1].astray = True
                # "exception RIP: unknown or invalid address"
                if tasks[-1].frames and tasks[-1].frames[-1][0] == "unknown":
                    tasks[-1].frames.pop()
            elif sym:
                symbols[int(sym[1], 16)] = sym[2], not sym[3]
    return tasks, symbols


def add(task, symbol, address):
    # What was interrupted stands in its registers and, once more, as a frame; so does a frame where a stack changes.
    if (symbol, address) not in task.frames[-1:]:
        task.frames.append((symbol, address))


class Checker:
    def __init__(self):
        self.count = self.bad = self.frames = 0
        self.reasons = {}

    def same(self, what, crash, report):
        self.count += 1
        if crash != report:
            self.bad += 1
            print(f"not ok {what}: crash says {crash!r}, the report {report!r}")

    def because(self, reason):
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


def missing(task, stack, i, j, symbols):
    """Why crash may lack a frame of the report's."""
    f = stack[i]
    if f["through"]:
        return "crash does not step through return trampolines"
    if i == 0 and f["symbol"] == "__crash_kexec" and "__crash_kexec" in (symbol for symbol, _ in task.frames):
        return "crash shows another call in __crash_kexec, later than where the registers were saved"
    if begins_next(f, symbols):
        return "crash takes a return address behind a function's end for one in the next function"
    if j in task.below and task.frames[j - 1] == (stack[i - 1]["symbol"], int(stack[i - 1]["address"], 16)):
        return "crash takes what lies below an exception's stack pointer for the caller's frame"
    if task.astray and any(re.match("asm_(sysvec_|common_interrupt$)", g["symbol"]) for g in stack[:i + 1]):
        # It looks for the registers at a fixed distance, give or take 16, from what the IRQ stack's top points to.
        return "crash goes astray where the IRQ stack is left"
    return None


def begins_next(f, symbols):
    """A call that does not return may be a function's last instruction."""
    symbol, begins = symbols.get(int(f["address"], 16), (f["symbol"], False))
    return begins and symbol != f["symbol"]


def extra(task, j, before):
    """Why crash may have a frame that the report lacks; `before` is what both had last."""
    symbol = task.frames[j][0]
    if before is None and symbol in DYING:
        return "crash shows the way from the crash to kexec"
    if j in task.below:
        return "crash takes what lies below an exception's stack pointer for the caller's frame"
    if before == "do_syscall_64":
        return "crash guesses the size of do_syscall_64's frame, which is random, and shows what is left on the stack"
    return None


def check_task(c, task, stack, symbols):
    who = f"{task.comm} ({task.pid})"
    j, before = 0, None
    for i, f in enumerate(stack):
        address = int(f["address"], 16)
        if not begins_next(f, symbols):
            c.same(f"{who}: symbol of {f['address']}", symbols.get(address, (None,))[0], f["symbol"])
        if (f["symbol"], address) not in task.frames[j:]:
            reason = missing(task, stack, i, j, symbols)
            if reason:
                c.because(reason)
            else:
                c.same(f"{who}: frame {i}", None, f"{f['symbol']} at {f['address']}")
            continue
        while task.frames[j] != (f["symbol"], address):
            skip(c, who, task, j, before)
            j += 1
        j += 1
        before = f["symbol"]
        c.frames += 1
    for k in range(j, len(task.frames)):
        skip(c, who, task, k, before)


def skip(c, who, task, j, before):
    reason = extra(task, j, before)
    if reason:
        c.because(reason)
    else:
        c.same(f"{who}: a frame", f"{task.frames[j][0]} at {task.frames[j][1]:#x}", None)


def main():
    with open(sys.argv[-1], encoding="utf-8") as f:
        r = json.load(f)
    mine = {s["pid"]: [f for f in s["stack"] or [] if f["reliable"]] for s in r["tasks"]["patched_stacks"]}
    if sys.argv[1] == "commands":
        print("bt\nforeach bt")
        for f in {f["address"]: f for stack in mine.values() for f in stack}:
            print(f"sym {f}")
        return 0
    tasks, symbols = read_crash(sys.argv[2])
    c = Checker()
    panic = r["dump"]["panic_task"]
    c.same("bt's task", (tasks[0].pid, tasks[0].comm) if tasks else None, (panic["pid"], panic["comm"]))
    # bt's task is one of foreach's, too; idle tasks share their PID, and the report does not name them by it.
    shown = {task.pid: task for task in tasks if task.pid != 0 and task.pid in mine}
    for task in shown.values():
        check_task(c, task, mine[task.pid], symbols)
    c.same("bt's task is compared", True, panic["pid"] in shown)
    c.same("enough frames", True, c.frames >= FLOOR)
    for reason, frames in c.reasons.items():
        print(f"{frames} frames differ: {reason}")
    if len(mine) > len(shown):
        print(f"{len(mine) - len(shown)} of {len(mine)} tasks not compared: crash's task table lacks them")
    print(f"{c.frames} frames agree with crash's; {c.count - c.bad} passed, {c.bad} failed")
    return c.bad != 0


if __name__ == "__main__":
    sys.exit(main())
