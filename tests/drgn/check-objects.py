#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Objects that klpscope hands out inside drgn are those of drgn's own walks.

usage: check-objects.py VMLINUX VMCORE...

By address and type, in order where the kernel's lists have one.  It works with
drgn 0.0.22 on.  Without debuginfo, of which drgn has its types, each function
says so.
"""

import sys
import warnings

import drgn
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.list import hlist_for_each_entry, list_for_each_entry
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task

import klpscope

COUNT = BAD = 0
TIF_PATCH_PENDING = 13      # arch/x86/include/asm/thread_info.h of 6.1


def check(what, holds, seen=""):
    global COUNT, BAD
    COUNT += 1
    if not holds:
        BAD += 1
        print(f"not ok {what}: {str(seen)[:400]}", flush=True)


def same(what, mine, theirs):
    check(what, mine == theirs, f"klpscope says {str(mine)[:190]}, drgn {str(theirs)[:190]}")


def key(obj):
    """What makes two Objects the same thing in memory."""
    return obj.type_.type_name(), hex(obj.value_())


def keys(objects):
    return [key(x) for x in objects]


def walk_patches(prog):
    return list(list_for_each_entry("struct klp_patch", prog["klp_patches"].address_of_(), "list"))


def walk_shadows(prog):
    """All of them, by their ids, in the order of the table."""
    ids = {}
    for head in prog["klp_shadow_hash"]:
        for entry in hlist_for_each_entry("struct klp_shadow", head.address_of_(), "node"):
            ids.setdefault(int(entry.id), []).append(entry)
    return ids


def walk_pending(prog):
    """The tasks that have not switched; the kernel's own flag must agree, or this walk is wrong."""
    if not prog["klp_transition_patch"]:
        return []
    target = int(prog["klp_target_state"])
    tasks = [per_cpu(prog["runqueues"], cpu).idle for cpu in for_each_possible_cpu(prog)]
    tasks += for_each_task(prog)
    pending = [t for t in tasks if int(t.patch_state) != target]
    flagged = [t for t in tasks if int(t.thread_info.flags) >> TIF_PATCH_PENDING & 1]
    check("who has the flag has not switched", set(keys(flagged)) <= set(keys(pending)), keys(flagged))
    return pending


def check_objects(prog, where):
    patches = klpscope.patches(prog)
    walked = walk_patches(prog)
    same(f"{where}: patches", keys(p.object for p in patches), keys(walked))
    for p, w in zip(patches, walked):
        # One can go on from it.
        same(f"{where}: a patch's module", p.object.mod.name.string_(), w.mod.name.string_())
        same(f"{where}: a patch's name", p.verdict["name"], w.mod.name.string_().decode())

    ids = walk_shadows(prog)
    # One that none has, too.
    for number in [*ids, max(ids, default=0) + 1]:
        mine = klpscope.shadow_variables(prog, number)
        same(f"{where}: shadow variables {number}", sorted(keys(s.object for s in mine)),
             sorted(keys(ids.get(number, []))))

    pending = klpscope.pending_tasks(prog)
    same(f"{where}: tasks that have not switched", sorted(keys(t.object for t in pending)),
         sorted(keys(walk_pending(prog))))
    for t in pending:
        same(f"{where}: a task's PID", t.verdict["pid"], int(t.object.pid))

    # The same as in the report, which knows nothing of Objects.
    r = klpscope.report(prog)
    same(f"{where}: the report's patches", [hex(p.object.value_()) for p in patches],
         [p["address"] for p in r["patches"] if p["state"] != "detached"])
    same(f"{where}: the report's ids", [i["id"] for i in r["shadow_variables"]["ids"]], sorted(ids))
    same(f"{where}: the report's tasks", [t.verdict["pid"] for t in pending],
         [t["pid"] for t in r["transition"]["pending"]] if r["transition"] else [])
    print(f"{where}: {len(patches)} patches, {sum(map(len, ids.values()))} shadow variables of {len(ids)} ids, "
          f"{len(pending)} tasks that have not switched")


def check_without_debuginfo(prog, where):
    """No types, no Objects: that is said, and the report is there all the same."""
    for what, call in (("patches", lambda: klpscope.patches(prog)),
                       ("shadow_variables", lambda: klpscope.shadow_variables(prog, 1)),
                       ("pending_tasks", lambda: klpscope.pending_tasks(prog))):
        try:
            found = call()
        except Exception as e:
            text = str(e)
            check(f"{where}: {what}() without debuginfo says so", "debug" in text and "\n" not in text, repr(e))
        else:
            check(f"{where}: {what}() without debuginfo", False, found)
    same(f"{where}: report() without debuginfo", klpscope.report(prog)["schema"], "klpscope-1")


def program(vmcore, *debuginfo):
    prog = drgn.Program()
    prog.set_core_dump(vmcore)
    if debuginfo:
        try:
            prog.load_debug_info(debuginfo)
        except drgn.MissingDebugInfoError:      # of modules, which nothing here needs
            pass
    return prog


def main():
    vmlinux, *dumps = sys.argv[1:]
    # These dumps lack nothing.
    warnings.simplefilter("error", klpscope.IncompleteWarning)
    for vmcore in dumps:
        check_objects(program(vmcore, vmlinux), vmcore)
        check_without_debuginfo(program(vmcore), vmcore)
    print(f"drgn {drgn.__version__}: {COUNT - BAD} passed, {BAD} failed")
    return BAD != 0


if __name__ == "__main__":
    sys.exit(main())
