#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is each contradiction in a real dump's memory found, and nothing else?

usage: check-integrity.py BEND FOLDER FILE [NAME...]
       check-integrity.py --codes FILE.c...

BEND is tests/integrity/bend, FOLDER/SCENARIO/FILE a dump or capsule of each
scenario. Of each row of LIES the memory is changed as it says; then the
report must have the findings that the row names, as many as it names, and
otherwise only those that it had before. NAME: only rows whose name begins so.
--codes: each code in these sources is one that some row expects.

A healthy dump must have no error and no warning at all.
"""

import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys

# Not of memory, but of files: groups vm and capsule. What is unreadable: group damage.
ELSEWHERE = {"vmlinux-forced", "capsule-damaged", "unreadable"}
# What they lead to is not in a capsule: nobody looked there. Neither is BTF.
DUMPS_ONLY = {"old_func of another function", "old_func of another function, on a stack of two",
              "the patch in transition off the list", "a patch off the list", "a patch off the list and off",
              "module.klp set of another", "a symbol that has moved since", "klp_ops could not be read",
              "a breakpoint at an entry while ftrace_lock is held", "a variable that the patch gave another value",
              "klp_func.transition lost", "klp_func.transition lost, of a replace", "klp_func.patched lost",
              "klp_object.patched lost", "klp_patch.enabled lost", "klp_func.nop lost", "klp_patch.forced lost",
              "a module's name that is not that in sysfs", "a module's name that is not that in sysfs, off the list"}
# Nothing is expected there.
NO_EXPECTATION = {"other-hotfix-technology", "unreadable"}
# Of these a warning is the point.
UNHEALTHY = {"forced"}


def unlink(before, node, after):
    """A node taken off its list, as list_del() would: its neighbours' members next and prev."""
    return [f"{before}.next=&{after}", f"{after}.prev=&{before}"]


def swap(head, first, second):
    """The two nodes of a list change places."""
    return [f"{head}.next=&{second}", f"{second}.next=&{first}", f"{first}.next=&{head}",
            f"{head}.prev=&{first}", f"{first}.prev=&{second}", f"{second}.prev=&{head}"]


def unreadable(head, at=8):
    """A list whose nodes lie where no memory is."""
    return [f"{head}.next={at}", f"{head}.prev={at}"]


VMLINUX = "patch/klp_test_vmlinux"
MODULES = "patch/klp_test_modules"
CMDLINE = "func/klp_test_vmlinux/vmlinux/cmdline_proc_show"
TARGET = "object/klp_test_modules/klp_test_target"
STALL = "patch/klp_test_stall"
UPTIME = "func/klp_test_stall/vmlinux/uptime_proc_show"
STACK = "ops/cmdline_proc_show.func_stack"
RELEASE = "symbol/init_uts_ns+130"  # init_uts_ns.name.release

# By some task.
HELD = "symbol/klp_mutex:8=0xffff888000000000"

SHADOWS = 12  # bits of klp_shadow_hash

# Of klp_test_newer nothing is left but what ftrace calls.
LOST_OPS = ["patch/klp_test_newer.enabled=0", "object/klp_test_newer/klp_test_target.patched=0",
            "func/klp_test_newer/klp_test_target/klp_target_wait.patched=0",
            "symbol/klp_ops.next=&symbol/klp_ops", "symbol/klp_ops.prev=&symbol/klp_ops"]


def values(dump, places, *options):
    done = subprocess.run([dump.bend, *options, dump.path] + [place + "?" for place in places], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return [int(line, 16) for line in done.stdout.split()]


def shadow_twice(dump):
    """Two of a bucket, by hash_long(), have one object."""
    objects = values(dump, [f"shadow/{i}.obj" for i in range(300)], "-s1")
    buckets = collections.defaultdict(list)
    for i, obj in enumerate(objects):
        buckets[(obj * 0x61C8864680B583EB & (1 << 64) - 1) >> (64 - SHADOWS)].append(i)
    first, second = next(b for b in buckets.values() if len(b) > 1)[:2]
    return ["-s1", f"shadow/{second}.obj=*shadow/{first}.obj"]


def moved_symbol(dump):
    """klp_target_value, which klp_test_relocs calls, 16 bytes further on in its module's table of symbols."""
    with open(os.path.join(os.path.dirname(dump.path), "truth.txt"), encoding="utf-8") as f:
        address = next(int(line.split()[0], 16) for line in f if line.split()[2:3] == ["klp_target_value"])
    symtab = "at/Elf64_Sym/[at/mod_kallsyms/[at/module/[object/klp_test_relocs/klp_test_target.mod].kallsyms].symtab]"
    place = next(p for p in (f"{symtab}+{24 * i + 8}:8" for i in range(1, 400)) if values(dump, [p]) == [address])
    return [f"{place}={address + 16}"]


def changed_variable(dump):
    """The first place in writable data of klp_test_relocs that is relocated."""
    headers = "at/Elf64_Shdr/[at/klp_modinfo/[module/klp_test_relocs.klp_info].sechdrs]"

    def field(section, offset, size):
        return values(dump, [f"{headers}+{64 * section + offset}:{size}"])[0]

    for i in range(1, values(dump, ["at/klp_modinfo/[module/klp_test_relocs.klp_info].hdr+60:2"])[0]):
        target = field(i, 44, 4)
        if field(i, 8, 8) & 0x100000 and field(target, 8, 8) & 1:
            offset = values(dump, [f"at/Elf64_Rela/{field(i, 16, 8):#x}:8"])[0]
            return [f"at/Elf64_Rela/{field(target, 16, 8) + offset:#x}:8=&symbol/klp_patches"]
    raise RuntimeError("no relocation of writable data")


def lost_member(of, member):
    """BTF calls it by its name without the first letter."""
    place = f"btf/{of}/{member}"
    return lambda dump: [f"{place}={values(dump, [place])[0] + 1}"]


def other_cpu(dump):
    """There are two."""
    return [f"symbol/panic_cpu:4={1 - values(dump, ['symbol/panic_cpu:4'])[0]}"]


def program_cs(dump):
    """The outermost of the kernel's registers on the panicking task's stack: its cs becomes a program's."""
    pid = report(dump, [])["dump"]["panic_task"]["pid"]
    low = values(dump, [f"task/{pid}.stack"])[0]
    words = values(dump, [f"at/pt_regs/{low + 8 * i:#x}:8" for i in range(2048)])
    i = max(i for i in range(1, 2045) if words[i] == 0x10 and words[i - 1] >> 63 and words[i + 3] == 0x18)
    return [f"at/pt_regs/{low + 8 * i:#x}:8=0x13"]


# name, scenario, what is changed, the codes that come of it: "code", or "severity:code" where that is the point
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
    ("old_sympos of another of that name", "active",
     ["func/klp_test_modules/klp_test_target/klp_target_twin.old_sympos=1"], ["old-func-not-symbol"]),
    ("old_func of another function", "active", [f"{CMDLINE}.old_func=*func/klp_test_vmlinux/vmlinux/version_proc_show"
                                                ".old_func"], ["old-func-not-symbol"]),
    ("old_func of another function, on a stack of two", "stacked",
     ["func/klp_test_upper/vmlinux/cmdline_proc_show.old_func="
      "*func/klp_test_lower/vmlinux/loadavg_proc_show.old_func"], ["old-func-not-symbol"]),
    # --- transitions ---
    ("func.transition set without one", "active", [f"{CMDLINE}.transition=1"], ["transition-flag-left"]),
    ("func.nop set of a patch that does not replace", "active", [f"{CMDLINE}.nop=1"], ["flags-contradict"]),
    ("func.new_func of a nop", "replacing",
     ["func/klp_test_newer/vmlinux/version_proc_show.new_func="
      "[func/klp_test_newer/klp_test_target/klp_target_wait.new_func]"], ["flags-contradict"]),
    ("func.new_func cleared", "stalled", [f"{UPTIME}.new_func=0"], ["flags-contradict"]),
    ("func.transition cleared in one", "stalled", [f"{UPTIME}.transition=0"], ["flags-contradict"]),
    ("klp_transition_patch cleared", "stalled", ["symbol/klp_transition_patch=0"], ["flags-contradict"]),
    ("klp_target_state cleared", "stalled", ["symbol/klp_target_state:4=0xffffffff"], ["flags-contradict"]),
    ("a patch that is being completed, its callbacks running", "active",
     [HELD, f"symbol/klp_transition_patch=&{MODULES}", "symbol/klp_target_state:4=1"], []),
    ("klp_target_state of no kernel", "stalled", ["symbol/klp_target_state:4=5"], ["corrupt"]),
    ("patch_state left", "active", ["task/1.patch_state=1"], ["task-state-left"]),
    ("patch_state left of two", "none", ["task/1.patch_state=0", "task/2.patch_state=1"], ["task-state-left"]),
    ("patch_state that is none", "active", ["task/2.patch_state=9"], ["task-state-left"]),
    ("klp_transition_patch of no patch", "stalled", ["symbol/klp_transition_patch=*symbol/klp_patches"],
     ["transition-unlisted"]),
    ("the patch in transition off the list", "stalled",
     ["symbol/klp_patches.next=&symbol/klp_patches", "symbol/klp_patches.prev=&symbol/klp_patches"],
     ["transition-unlisted", "enabled-but-unlisted"]),
    # --- the lists of patches and objects ---
    ("an object off its patch's list", "active",
     unlink("object/klp_test_modules/vmlinux.node", f"{TARGET}.node", "object/klp_test_modules/klp_test_absent.node"),
     ["unlisted-function", "unlisted-function"]),
    ("a patch off the list", "active",
     unlink("symbol/klp_patches", f"{VMLINUX}.list", f"{MODULES}.list"), ["enabled-but-unlisted"]),
    ("a patch off the list and off", "active",
     unlink("symbol/klp_patches", f"{VMLINUX}.list", f"{MODULES}.list") + [f"{VMLINUX}.enabled=0"],
     ["unlisted-function", "unlisted-function"]),
    # --- what could not be read: nothing is made of it ---
    ("no functions of an object could be read", "active", unreadable("object/klp_test_vmlinux/vmlinux.func_list"),
     ["unreadable", "unreadable", "info:unlisted-function", "info:unlisted-function"]),
    ("no objects of a patch could be read", "active", unreadable(f"{VMLINUX}.obj_list"),
     ["unreadable", "unreadable", "info:unlisted-function", "info:unlisted-function"]),
    ("a function stack could not be read", "active", unreadable(STACK),
     ["unreadable", "unreadable", "info:unlisted-function"]),
    ("klp_patches could not be read", "stalled", unreadable("symbol/klp_patches") + unreadable(f"{STALL}.list", 16),
     2 * ["unreadable"] + 3 * ["info:unlisted-function"]),
    ("klp_ops could not be read", "active", unreadable("symbol/klp_ops"), ["unreadable", "unreadable"]),
    # --- modules and taints ---
    ("a module going", "active", ["module/klp_test_vmlinux.state=2"], ["module-not-live"]),
    ("a module coming", "active", ["module/klp_test_vmlinux.state=1"], ["module-not-live"]),
    ("a module unformed", "active", ["module/klp_test_vmlinux.state=3"], ["module-not-live"]),
    ("module.klp cleared", "active", ["module/klp_test_vmlinux.klp=0"], ["patch-without-klp"]),
    ("module.klp set of another", "active", [f"at/module/[{TARGET}.mod].klp=1"], ["info:klp-without-patch"]),
    ("the livepatch taint cleared", "active", ["symbol/tainted_mask=0x3000"], ["patch-without-taint"]),
    ("the livepatch taint cleared, all off", "disabled", ["symbol/tainted_mask=0x3000"], ["patch-without-taint"]),
    ("the livepatch taint set", "none", ["symbol/tainted_mask=0x8000"], ["taint-without-patch"]),
    # --- ftrace ---
    ("an entry as compiled", "active", ["entry/cmdline_proc_show=hex/0f1f440000"], ["entry-not-redirected"]),
    ("an entry that calls elsewhere", "active", ["entry/cmdline_proc_show=hex/e800000000"], ["entry-not-redirected"]),
    ("an entry as compiled while klp_mutex is held", "active", [HELD, "entry/cmdline_proc_show=hex/0f1f440000"],
     ["info:entry-not-redirected"]),
    ("a breakpoint at an entry", "active", ["entry/cmdline_proc_show=hex/cc"], ["warning:entry-not-redirected"]),
    ("a breakpoint at an entry while ftrace_lock is held", "active",
     ["symbol/ftrace_lock:8=0xffff888000000000", "entry/cmdline_proc_show=hex/cc"], ["info:entry-not-redirected"]),
    ("fops not enabled", "active", ["fops/cmdline_proc_show.flags=0x11002"], ["ops-not-registered"]),
    ("fops of another handler", "active", ["fops/cmdline_proc_show.func=&symbol/ftrace_caller"],
     ["ops-not-registered"]),
    ("fops off ftrace_ops_list", "stacked", ["symbol/ftrace_ops_list=*fops/loadavg_proc_show.next"],
     ["ops-not-registered"]),
    ("fops not for their function", "active",
     ["at/ftrace_ops_hash/[fops/cmdline_proc_show.func_hash].notrace_hash="
      "*at/ftrace_ops_hash/[fops/cmdline_proc_show.func_hash].filter_hash"], ["ops-not-registered"]),
    ("ftrace_ops_list empty", "replaced", ["symbol/ftrace_ops_list=&symbol/ftrace_list_end"],
     ["ops-not-registered"]),
    ("klp_ops has lost one, and all flags say that its patch is off", "replaced", LOST_OPS, ["redirected-without-ops"]),
    ("the same, and it is off ftrace_ops_list", "replaced",
     LOST_OPS + ["symbol/ftrace_ops_list=&symbol/ftrace_list_end"], ["redirected-without-ops"]),
    ("kprobes on everything", "traced",
     ["at/ftrace_hash/[at/ftrace_ops_hash/[user/kprobe_ftrace_handler.func_hash].filter_hash].count=0"],
     ["other-ftrace-user"]),
    ("ftrace switched off", "active", ["symbol/last_ftrace_enabled:4=0"], ["ftrace-off"]),
    ("ftrace switched off, as before 5.5", "replaced",
     ["symbol/last_ftrace_enabled:4=0", "fops/klp_target_wait.flags=0x1003", "entry/klp_target_wait=hex/0f1f440000"],
     ["ftrace-off"]),
    ("ftrace broken", "active", ["symbol/ftrace_disabled:4=1"], ["ftrace-disabled"]),
    # --- states, shadow variables, klp relocations ---
    ("a state of a lower version", "states", ["at/klp_state/[patch/klp_test_states3.states].version=1"],
     ["state-conflict"]),
    ("a shadow variable of an object that it is not in the bucket of", "shadow",
     lambda dump: ["-s1", "shadow/0.obj=0x1234"],
     ["shadow-wrong-bucket"]),
    ("a shadow variable twice", "shadow", shadow_twice, ["shadow-duplicate"]),
    ("shadow variables of an id that no patch knows", "shadow",
     ["at/klp_state/[patch/klp_test_shadow2.states].id=99"], ["shadow-untied"]),
    ("a livepatch module without sections", "relocs",
     ["at/klp_modinfo/[module/klp_test_relocs.klp_info].hdr+60:2=0"], ["corrupt"]),
    ("a livepatch module whose init runs, without a klp_info", "relocs",
     ["module/klp_test_relocs.klp_info=0", "module/klp_test_relocs.state=1"], ["corrupt", "module-not-live"]),
    ("a symbol that has moved since", "relocs", moved_symbol, ["relocation-mismatch"]),
    ("a variable that the patch gave another value", "relocs", changed_variable, ["relocation-mismatch"]),
    # --- the kernel's own name ---
    ("a release that is not VMCOREINFO's", "active", [f"{RELEASE}=hex/35"], ["corrupt"]),
    ("an empty release", "active", [f"{RELEASE}=hex/00"], ["corrupt"]),
    # --- names of modules ---
    ("a module's name that is not that in sysfs", "active", ["module/klp_test_vmlinux.name=hex/6b6d"], ["corrupt"]),
    ("a module's name that is not that in sysfs, off the list", "replaced", ["module/klp_test_older.name=hex/6b6d"],
     ["corrupt"]),
    ("a module without a name", "active", ["module/klp_test_vmlinux.name=hex/00"], ["corrupt"]),
    # --- names and modules of objects ---
    ("an object without a name that has a module", "active", [f"{TARGET}.name=0"], ["corrupt"]),
    ("an object's name that is not its module's", "active",
     [f"{TARGET}.name=*object/klp_test_modules/klp_test_absent.name"], ["corrupt"]),
    ("an object's module that is none", "active", [f"{TARGET}.mod=&{TARGET}"], ["corrupt"]),
    # --- modules of others ---
    ("a module called kpatch", "active", [f"at/module/[{TARGET}.mod].name=hex/6b706174636800",
                                          f"{TARGET}.name=&at/module/[{TARGET}.mod].name"],
     ["other-hotfix-technology"]),
    # None of its objects is then one that is loaded.
    ("nothing that tells why a module is off the list", "disabled",
     ["at/klp_object/[off/klp_test_single.objs].mod=0", "at/klp_object/[off/klp_test_single.objs].name="
      "*at/klp_func/[at/klp_object/[off/klp_test_single.objs].funcs].old_name",
      "at/klp_object/[off/klp_test_single.objs]+@klp_object.mod=0"], ["reason-unknown"]),
    # --- types: a lost member is no older kernel ---
    ("klp_func.transition lost", "stalled", lost_member("klp_func", "transition"), ["corrupt"]),
    ("klp_func.transition lost, of a replace", "replacing", lost_member("klp_func", "transition"), ["corrupt"]),
    ("klp_func.patched lost", "active", lost_member("klp_func", "patched"), ["corrupt"]),
    ("klp_object.patched lost", "active", lost_member("klp_object", "patched"), ["corrupt"]),
    ("klp_patch.enabled lost", "active", lost_member("klp_patch", "enabled"), ["corrupt"]),
    ("klp_func.nop lost", "replacing", lost_member("klp_func", "nop"), ["corrupt"]),
    ("klp_patch.forced lost", "replaced", lost_member("klp_patch", "forced"), ["corrupt"]),
    # --- the crash path ---
    ("panic_cpu of another CPU", "panic-under-patch", other_cpu, ["corrupt"]),
    ("panic_cpu of nobody", "panic-under-patch", ["symbol/panic_cpu:4=0xffffffff"], ["corrupt"]),
    ("crashing_cpu of another CPU", "nmi", ["symbol/crashing_cpu:4=5"], ["corrupt"]),
    ("saved registers of the kernel, with the cs of a program", "irq", program_cs, ["corrupt"]),
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


Dump = collections.namedtuple("Dump", "bend path")


def report(dump, changes):
    """-sID comes before the dump."""
    options = [c for c in changes if c.startswith("-")]
    changes = [c for c in changes if not c.startswith("-")]
    done = subprocess.run([dump.bend] + options + [dump.path] + changes, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def key(finding):
    return (finding["code"], finding["severity"], finding["message"], finding["expected"], finding["found"])


def show(findings):
    for f in findings:
        print(f"\t{f['severity']} {f['code']}: {f['message']}: expected {f['expected']}, found {f['found']}")


def named(finding, codes):
    whole = finding["severity"] + ":" + finding["code"]
    return whole if whole in codes else finding["code"]


def check_lie(dump, clean, row):
    name, scenario, changes, codes = row
    found = report(dump, changes(dump) if callable(changes) else changes)["findings"]
    before = collections.Counter(key(f) for f in clean["findings"])
    after = collections.Counter(key(f) for f in found)
    new = [f for f in found if key(f) in after - before]
    # A fact that a list no longer tells is no loss.
    gone = [k for k in before - after if k[1] != "info"]
    if sorted(named(f, codes) for f in new) == sorted(codes) and not gone and \
            all(f["expected"] and f["found"] for f in new
                if f["severity"] != "info" and f["code"] not in NO_EXPECTATION):
        return True, f"{scenario}: {name}: {' '.join(codes)}", new
    return False, f"{scenario}: {name}: expected {codes}, found {[f['code'] for f in new]}, gone {gone}", new


def check_codes(paths):
    codes = set()
    for path in paths:
        with open(path, encoding="utf-8") as f:
            codes |= set(re.findall(r'(?:finding_add\(|tell\()\s*[\w>-]+,\s*"([a-z-]+)"', f.read()))
    lacking = codes - ELSEWHERE - {code for row in LIES for code in (c.split(":")[-1] for c in row[3])}
    print(f"{len(codes)} codes, without a row: {' '.join(sorted(lacking)) or 'none'}")
    return not codes or bool(lacking)


def main():
    if sys.argv[1] == "--codes":
        return check_codes(sys.argv[2:])
    bend, folder, file, names = sys.argv[1], sys.argv[2], sys.argv[3], tuple(sys.argv[4:])
    bad = 0
    scenarios = sorted(s for s in os.listdir(folder) if os.path.exists(os.path.join(folder, s, file)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        dumps = {s: Dump(bend, os.path.join(folder, s, file)) for s in scenarios}
        clean = dict(zip(scenarios, pool.map(lambda s: report(dumps[s], []), scenarios)))
        for scenario in scenarios:
            sick = [f for f in clean[scenario]["findings"] if f["severity"] != "info"]
            if bool(sick) != (scenario in UNHEALTHY):
                print(f"not ok {scenario}: " + ("has findings" if sick else "has no finding"))
                show(sick)
                bad += 1
            else:
                print(f"ok     {scenario}: healthy" if not sick else f"ok     {scenario}: has what it is about")
        rows = [row for row in LIES if row[0].startswith(names) or not names]
        if file.endswith(".capsule"):
            rows = [row for row in rows if row[0] not in DUMPS_ONLY]
        jobs = {pool.submit(check_lie, dumps[row[1]], clean[row[1]], row): row for row in rows if row[1] in clean}
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
