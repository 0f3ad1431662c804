#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is each contradiction in a real dump's memory found, and nothing else?

usage: check-integrity.py BEND FOLDER FILE [NAME...]
       check-integrity.py --codes

BEND is tests/integrity/bend, FOLDER/SCENARIO/FILE a dump or capsule of each
scenario. Of each row of LIES the memory is changed as it says; then the
report must have the findings that the row names, as many as it names, and
otherwise only those that it had before. NAME: only rows whose name begins so.
--codes prints the codes that some row expects.

A healthy dump must have no error and no warning at all.
"""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys

# Of these a warning is the point.
UNHEALTHY = {"forced"}


def unlink(before, node, after):
    """A node taken off its list, as list_del() would: its neighbours' members next and prev."""
    return [f"{before}.next=&{after}", f"{after}.prev=&{before}"]


def swap(head, first, second):
    """The two nodes of a list change places."""
    return [f"{head}.next=&{second}", f"{second}.next=&{first}", f"{first}.next=&{head}",
            f"{head}.prev=&{first}", f"{first}.prev=&{second}", f"{second}.prev=&{head}"]


VMLINUX = "patch/klp_test_vmlinux"
MODULES = "patch/klp_test_modules"
CMDLINE = "func/klp_test_vmlinux/vmlinux/cmdline_proc_show"
TARGET = "object/klp_test_modules/klp_test_target"
STALL = "patch/klp_test_stall"
UPTIME = "func/klp_test_stall/vmlinux/uptime_proc_show"
STACK = "ops/cmdline_proc_show.func_stack"

# name, scenario, what is changed, the codes that come of it, and whether the report is still complete
LIES = [
    # --- flags of functions, objects, patches ---
    ("func.patched cleared", "active", [f"{CMDLINE}.patched=0"], ["on-stack-not-patched"]),
    ("func.patched cleared below another", "stacked",
     ["func/klp_test_lower/vmlinux/cmdline_proc_show.patched=0"], ["on-stack-not-patched"]),
    ("func.patched set of a target that is not loaded", "active",
     ["func/klp_test_modules/klp_test_absent/klp_absent_value.patched=1"], ["not-on-stack"]),
    ("object.patched cleared", "active", [f"{TARGET}.patched=0"], ["flags-contradict"]),
    ("object.patched set of a target that is not loaded", "active",
     ["object/klp_test_modules/klp_test_absent.patched=1"], ["flags-contradict"]),
    ("patch.enabled cleared", "active", [f"{VMLINUX}.enabled=0"], ["off-but-on-stack"]),
    ("patch.enabled cleared of a lower one", "stacked", ["patch/klp_test_lower.enabled=0"], ["off-but-on-stack"]),
    ("patch.enabled cleared while it is applied", "stalled", [f"{STALL}.enabled=0"], ["flags-contradict"]),
    ("patch.enabled set while it is reverted", "reverting", ["patch/klp_test_stall.enabled=1"], ["flags-contradict"]),
    ("patch.enabled set of a module off the list", "disabled", ["off/klp_test_single.enabled=1"],
     ["enabled-but-unlisted"]),
    ("patch.forced set", "active", [f"{MODULES}.forced=1"], ["forced-transition"]),
    ("patch.forced set of a module off the list", "replaced", ["off/klp_test_older.forced=1"], ["forced-transition"]),
    # --- function stacks ---
    ("a function stack emptied", "active",
     [f"{STACK}.next=&{STACK}", f"{STACK}.prev=&{STACK}"], ["not-on-stack"]),
    ("the upper one off a function stack", "stacked",
     unlink(STACK, "func/klp_test_upper/vmlinux/cmdline_proc_show.stack_node",
            "func/klp_test_lower/vmlinux/cmdline_proc_show.stack_node"), ["not-on-stack"]),
    ("the upper one off a function stack, unmarked, and its object", "stacked",
     unlink(STACK, "func/klp_test_upper/vmlinux/cmdline_proc_show.stack_node",
            "func/klp_test_lower/vmlinux/cmdline_proc_show.stack_node") +
     ["func/klp_test_upper/vmlinux/cmdline_proc_show.patched=0", "object/klp_test_upper/vmlinux.patched=0"],
     ["not-on-stack"]),
    ("a function stack upside down", "stacked",
     swap(STACK, "func/klp_test_upper/vmlinux/cmdline_proc_show.stack_node",
          "func/klp_test_lower/vmlinux/cmdline_proc_show.stack_node"), ["stack-order"]),
    ("klp_patches upside down", "stacked",
     swap("symbol/klp_patches", "patch/klp_test_lower.list", "patch/klp_test_upper.list"), ["stack-order"]),
    ("old_func of another function", "active", [f"{CMDLINE}.old_func=*func/klp_test_vmlinux/vmlinux/version_proc_show"
                                                ".old_func"], ["old-func-not-symbol"]),
    ("old_func of another function, on a stack of two", "stacked",
     ["func/klp_test_upper/vmlinux/cmdline_proc_show.old_func="
      "*func/klp_test_lower/vmlinux/loadavg_proc_show.old_func"], ["old-func-not-symbol"]),
    # --- transitions ---
    ("func.transition set without one", "active", [f"{CMDLINE}.transition=1"], ["transition-flag-left"]),
    ("func.transition cleared in one", "stalled", [f"{UPTIME}.transition=0"], ["flags-contradict"]),
    ("klp_transition_patch cleared", "stalled", ["symbol/klp_transition_patch=0"], ["flags-contradict"]),
    ("klp_target_state cleared", "stalled", ["symbol/klp_target_state:4=0xffffffff"], ["flags-contradict"]),
    ("klp_target_state of no kernel", "stalled", ["symbol/klp_target_state:4=5"], ["corrupt"]),
    ("patch_state left", "active", ["task/1.patch_state=1"], ["task-state-left"]),
    ("patch_state left of two", "none", ["task/1.patch_state=0", "task/2.patch_state=1"], ["task-state-left"]),
    ("patch_state that is none", "active", ["task/2.patch_state=9"], ["task-state-left"]),
    ("the patch in transition off the list", "stalled",
     ["symbol/klp_patches.next=&symbol/klp_patches", "symbol/klp_patches.prev=&symbol/klp_patches"],
     ["transition-unlisted", "enabled-but-unlisted"]),
    # --- the list of patches ---
    ("a patch off the list", "active",
     unlink("symbol/klp_patches", f"{VMLINUX}.list", f"{MODULES}.list"), ["enabled-but-unlisted"]),
    ("a patch off the list and off", "active",
     unlink("symbol/klp_patches", f"{VMLINUX}.list", f"{MODULES}.list") + [f"{VMLINUX}.enabled=0"],
     ["unlisted-function", "unlisted-function"]),
    # --- modules and taints ---
    ("a module going", "active", ["module/klp_test_vmlinux.state=2"], ["module-not-live"]),
    ("a module coming", "active", ["module/klp_test_vmlinux.state=1"], ["module-not-live"]),
    ("a module unformed", "active", ["module/klp_test_vmlinux.state=3"], ["module-not-live"]),
    ("module.klp cleared", "active", ["module/klp_test_vmlinux.klp=0"], ["patch-without-klp"]),
    ("module.klp set of another", "active", [f"at/module/[{TARGET}.mod].klp=1"], ["klp-without-patch"]),
    ("the livepatch taint cleared", "active", ["symbol/tainted_mask=0x3000"], ["patch-without-taint"]),
    ("the livepatch taint cleared, all off", "disabled", ["symbol/tainted_mask=0x3000"], ["patch-without-taint"]),
    ("the livepatch taint set", "none", ["symbol/tainted_mask=0x8000"], ["taint-without-patch"]),
    # --- ftrace ---
    ("an entry as compiled", "active", ["entry/cmdline_proc_show=hex/0f1f440000"], ["entry-not-redirected"]),
    ("an entry that calls elsewhere", "active", ["entry/cmdline_proc_show=hex/e800000000"], ["entry-not-redirected"]),
    ("a breakpoint at an entry", "active", ["entry/cmdline_proc_show=hex/cc"], ["entry-not-redirected"]),
    ("fops not enabled", "active", ["fops/cmdline_proc_show.flags=0x11002"], ["ops-not-registered"]),
    ("fops of another handler", "active", ["fops/cmdline_proc_show.func=&symbol/ftrace_caller"],
     ["ops-not-registered"]),
    ("fops off ftrace_ops_list", "stacked", ["symbol/ftrace_ops_list=*fops/loadavg_proc_show.next"],
     ["ops-not-registered"]),
    ("ftrace_ops_list empty", "replaced", ["symbol/ftrace_ops_list=&symbol/ftrace_list_end"],
     ["ops-not-registered"]),
    ("klp_ops lost, and every flag of it", "disabled-by-hand", [], []),
    ("ftrace switched off", "active", ["symbol/last_ftrace_enabled:4=0"], ["ftrace-off"]),
    ("ftrace switched off, as before 5.5", "replaced",
     ["symbol/last_ftrace_enabled:4=0", "fops/klp_target_wait.flags=0x1003", "entry/klp_target_wait=hex/0f1f440000"],
     ["ftrace-off"]),
    ("ftrace broken", "active", ["symbol/ftrace_disabled:4=1"], ["ftrace-disabled"]),
    # --- lists ---
    ("klp_patches: next", "active", [f"{VMLINUX}.list.next=&{VMLINUX}.list"], ["corrupt"]),
    ("klp_patches: prev", "active", [f"{MODULES}.list.prev=&{MODULES}.list"], ["corrupt"]),
    ("klp_ops: prev", "active", ["ops/cmdline_proc_show.node.prev=0"], ["corrupt"]),
    ("func_stack: prev", "stacked",
     ["func/klp_test_lower/vmlinux/cmdline_proc_show.stack_node.prev=&symbol/klp_patches"], ["corrupt"]),
    ("obj_list: prev", "active", [f"{TARGET}.node.prev=0"], ["corrupt"]),
    ("func_list: prev", "active", [f"{CMDLINE}.node.prev=0"], ["corrupt"]),
    ("modules: prev", "active", ["module/klp_test_vmlinux.list.prev=0"], ["corrupt"]),
    ("tasks: prev", "active", ["task/2.tasks.prev=0"], ["corrupt"]),
    ("threads: prev", "active", ["task/2.thread_node.prev=0"], ["corrupt"]),
    ("ftrace_ops_list: a loop", "active", ["fops/cmdline_proc_show.next=&fops/cmdline_proc_show"], ["corrupt"]),
]


def report(bend, dump, changes):
    done = subprocess.run([bend, dump] + changes, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def key(finding):
    return (finding["code"], finding["severity"], finding["message"], finding["expected"], finding["found"])


def show(findings):
    for f in findings:
        print(f"\t{f['severity']} {f['code']}: {f['message']}: expected {f['expected']}, found {f['found']}")


def check_lie(bend, folder, file, clean, row):
    name, scenario, changes, codes = row
    found = report(bend, os.path.join(folder, scenario, file), changes)["findings"]
    before = collections.Counter(key(f) for f in clean["findings"])
    after = collections.Counter(key(f) for f in found)
    new = [f for f in found if key(f) in after - before]
    gone = before - after
    if sorted(f["code"] for f in new) == sorted(codes) and not gone and \
            all(f["expected"] and f["found"] for f in new if f["severity"] != "info"):
        return True, f"{scenario}: {name}: {' '.join(codes)}", new
    return False, f"{scenario}: {name}: expected {codes}, found {[f['code'] for f in new]}, gone {list(gone)}", new


def main():
    if sys.argv[1:] == ["--codes"]:
        print("\n".join(sorted({code for row in LIES for code in row[3]})))
        return 0
    bend, folder, file, names = sys.argv[1], sys.argv[2], sys.argv[3], tuple(sys.argv[4:])
    bad = 0
    scenarios = sorted(s for s in os.listdir(folder) if os.path.exists(os.path.join(folder, s, file)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = dict(zip(scenarios, pool.map(lambda s: report(bend, os.path.join(folder, s, file), []), scenarios)))
        for scenario in scenarios:
            sick = [f for f in clean[scenario]["findings"] if f["severity"] != "info"]
            if bool(sick) != (scenario in UNHEALTHY):
                print(f"not ok {scenario}: " + ("has findings" if sick else "has no finding"))
                show(sick)
                bad += 1
            else:
                print(f"ok     {scenario}: healthy" if not sick else f"ok     {scenario}: has what it is about")
        rows = [row for row in LIES if row[0].startswith(names) or not names]
        jobs = {pool.submit(check_lie, bend, folder, file, clean[row[1]], row): row for row in rows if row[1] in clean}
        for row in rows:
            if row[1] not in clean:
                print(f"not ok {row[1]}: {row[0]}: no such dump")
                bad += 1
        for job in jobs:
            try:
                good, words, new = job.result()
            except RuntimeError as error:
                good, words, new = False, f"{jobs[job][1]}: {jobs[job][0]}: {error}", []
            print(("ok     " if good else "not ok ") + words)
            if not good:
                show(new)
                bad += 1
    print(f"{len(rows)} lies, {bad} wrong")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
