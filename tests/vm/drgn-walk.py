#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Walks the livepatch lists of an ELF vmcore with drgn and debuginfo.

Usage: drgn-walk.py [--lists] VMLINUX VMCORE

With --lists without the tasks, most of which a capsule has not.

Prints JSON, the same bytes for the same dump. It shares nothing with klpscope,
so that the two can be compared. It works with drgn 0.0.22 on, and therefore
does without drgn's helpers of later versions. Needs no symbols of modules.
"""

import json
import sys

import drgn
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task


def address(value):
    """A pointer or number as "0x…"."""
    return "0x%x" % int(value)


def string(pointer):
    """A C string, or None for a NULL pointer."""
    if not pointer:
        return None
    return pointer.string_().decode("ascii", "backslashreplace")


def module_name(module):
    return module.name.string_().decode("ascii", "backslashreplace")


def functions(obj):
    return [
        {
            "name": string(func.old_name),
            "sympos": int(func.old_sympos),
            "address": address(func),
            "old_address": address(func.old_func),
            "new_address": address(func.new_func),
            "old_size": int(func.old_size),
            "new_size": int(func.new_size),
            "nop": bool(func.nop),
            "patched": bool(func.patched),
            "transition": bool(func.transition),
        }
        for func in list_for_each_entry(
            "struct klp_func", obj.func_list.address_of_(), "node"
        )
    ]


def objects(patch):
    return [
        {
            "name": string(obj.name),
            "patched": bool(obj.patched),
            "dynamic": bool(obj.dynamic),
            "loaded": bool(obj.mod),
            "functions": functions(obj),
        }
        for obj in list_for_each_entry(
            "struct klp_object", patch.obj_list.address_of_(), "node"
        )
    ]


def states(patch):
    result = []
    if not patch.states:
        return result
    state = patch.states
    while state.id:
        result.append({"id": int(state.id), "version": int(state.version)})
        state = state + 1
    return result


def patches(prog):
    return [
        {
            "name": module_name(patch.mod),
            "address": address(patch),
            "enabled": bool(patch.enabled),
            "replace": bool(patch.replace),
            "forced": bool(patch.forced),
            "module_base": address(patch.mod.core_layout.base),
            "states": states(patch),
            "objects": objects(patch),
        }
        for patch in list_for_each_entry(
            "struct klp_patch", prog["klp_patches"].address_of_(), "list"
        )
    ]


def operations(prog):
    result = []
    for ops in list_for_each_entry(
        "struct klp_ops", prog.object("klp_ops", drgn.FindObjectFlags.VARIABLE)
        .address_of_(), "node"
    ):
        stack = list(
            list_for_each_entry(
                "struct klp_func", ops.func_stack.address_of_(), "stack_node"
            )
        )
        result.append(
            {
                "old_address": address(stack[0].old_func) if stack else None,
                "flags": address(ops.fops.flags),
                "stack": [
                    {
                        "name": string(func.old_name),
                        "new_address": address(func.new_func),
                    }
                    for func in stack
                ],
            }
        )
    return result


def livepatch_modules(prog):
    return [
        {
            "name": module_name(module),
            "base": address(module.core_layout.base),
            "state": int(module.state),
        }
        for module in list_for_each_entry(
            "struct module", prog["modules"].address_of_(), "list"
        )
        if module.klp
    ]


def task(struct):
    return {
        "pid": int(struct.pid),
        "tgid": int(struct.tgid),
        "comm": struct.comm.string_().decode("ascii", "backslashreplace"),
        "patch_state": int(struct.patch_state),
        "cpu": int(struct.thread_info.cpu),
        "kernel_thread": bool(struct.flags & 0x00200000),
        "running": bool(struct.on_cpu),
        # TIF_PATCH_PENDING, arch/x86/include/asm/thread_info.h of 6.1.
        "flag_pending": bool(struct.thread_info.flags >> 13 & 1),
    }


def tasks(prog):
    """By their PIDs, the way of which is not that of the lists of tasks."""
    return sorted(map(task, for_each_task(prog)), key=lambda one: one["pid"])


def idle_tasks(prog):
    runqueues = prog["runqueues"]
    return [task(per_cpu(runqueues, cpu).idle) for cpu in for_each_possible_cpu(prog)]


def main():
    args = sys.argv[1:]
    lists = args[:1] == ["--lists"]
    args = args[lists:]
    if len(args) != 2:
        sys.exit("usage: drgn-walk.py [--lists] VMLINUX VMCORE")
    prog = drgn.Program()
    prog.set_core_dump(args[1])
    prog.load_debug_info([args[0]])
    transition = prog["klp_transition_patch"]
    report = {
        "patches": patches(prog),
        "ops": operations(prog),
        "modules": livepatch_modules(prog),
        "klp_transition_patch": address(transition),
        "klp_target_state": int(prog["klp_target_state"]),
    }
    if not lists:
        report["tasks"] = tasks(prog)
        report["idle_tasks"] = idle_tasks(prog)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
