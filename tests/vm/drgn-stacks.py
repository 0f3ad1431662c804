#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Unwinds stacks of an ELF vmcore with drgn and debuginfo.

Usage: drgn-stacks.py VMLINUX VMCORE [MODULE.ko]...

Prints JSON: the task that panicked and those whose patch_state is not what the
transition is to make it or, where there is none, that are inside of a function
livepatch_*, each with its frames, innermost first. It shares
nothing with klpscope: what is on the stacks drgn takes from vmlinux and from
those modules' files whose build id is in the dump. Works with drgn 0.0.22.
"""

import json
import sys

import drgn
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task

USER = 1 << 63


def symbol(prog, address):
    try:
        return prog.symbol(address)
    except LookupError:
        return None


def frame(prog, one):
    # A return address may lie behind the end of the function that it is in.
    inside = symbol(prog, one.pc if one.interrupted else one.pc - 1)
    exact = symbol(prog, one.pc)
    return {
        "address": "0x%x" % one.pc,
        "symbol": inside.name if inside else None,
        # A trampoline is returned to at its first byte.
        "begins": exact.name if exact and exact.address == one.pc else None,
        "interrupted": one.interrupted,
    }


def frames(prog, task):
    """Those of the kernel; an inlined function has the frame of that which it is in."""
    result = []
    for one in prog.stack_trace(task):
        try:
            if one.pc < USER:
                break
        except LookupError:
            break
        if not one.is_inline:
            result.append(frame(prog, one))
    return result


def stack(prog, task, panic):
    return {
        "pid": int(task.pid),
        "comm": task.comm.string_().decode("ascii", "backslashreplace"),
        "panic": panic,
        "stack": frames(prog, task),
    }


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: drgn-stacks.py VMLINUX VMCORE [MODULE.ko]...")
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[2])
    prog.load_debug_info(sys.argv[1:2] + sys.argv[3:])
    result = []
    cpu = int(prog["panic_cpu"].counter)
    if cpu >= 0:
        result.append(stack(prog, per_cpu(prog["runqueues"], cpu).curr, True))
    if prog["klp_transition_patch"]:
        target = int(prog["klp_target_state"])
        pending = [task for task in for_each_task(prog) if int(task.patch_state) != target]
        result += [stack(prog, task, False) for task in sorted(pending, key=lambda task: int(task.pid))]
    else:
        others = [task for task in for_each_task(prog) if int(task.pid) not in [one["pid"] for one in result]]
        stacks = [stack(prog, task, False) for task in sorted(others, key=lambda task: int(task.pid))]
        result += [one for one in stacks if any((f["symbol"] or "").startswith("livepatch_") for f in one["stack"])]
    json.dump({"panic_cpu": cpu, "tasks": result}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
