#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares klpscope's JSON with what the guest said of itself right before the dump.

usage: check-truth.py TRUTH.txt REPORT.json [--live | KLPSCOPE DUMP]

The report is one with stacks (-j -b).  With --live it is of the running guest.  With a command and the dump, each task
that the guest had is asked for, too, and each shadow variable.  What an older truth does not say is not compared.
Every comparison is one line, "ok" or "not ok"; exits 1 if any is not ok.
"""

import json
import re
import subprocess
import sys

TAINT_LETTERS = "PFSRMBUDAWCIOELKXTNJ"


def sections(path):
    """{section: [lines]} of a truth file; the first line is under "scenario"."""
    out, name = {}, "scenario"
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        for line in f.read().splitlines():
            if line.startswith("=== "):
                name = line[4:]
                out[name] = []
            else:
                out.setdefault(name, []).append(line)
    return out


class Truth:
    def __init__(self, path):
        self.s = sections(path)
        self.scenario = self.s["scenario"][0].split()[1]
        self.sysfs = {}
        for line in self.s["livepatch"]:
            key, _, value = line.partition(" ")
            self.sysfs[key] = value
        self.modules = {}
        for line in self.s["modules"]:
            f = line.split()
            taints = re.search(r"\((\w+)\)$", line)
            address = next(w for w in f if w.startswith("0x"))
            self.modules[f[0]] = {
                "size": int(f[1]), "refcount": int(f[2]), "base": int(address, 16),
                "taints": taints.group(1) if taints else "",
            }
        self.info = {}
        for line in self.s["module-info"]:
            name, key, value = line.split(" ", 2)
            self.info.setdefault(name, {})[key] = value
        self.symbols = {}
        for line in self.s["kallsyms"]:
            f = line.split()
            module = f[3].strip("[]") if len(f) > 3 else None
            self.symbols.setdefault((f[2], module), []).append(int(f[0], 16))
        self.redirected, self.others = {}, {}
        for line in self.s["enabled_functions"]:
            # One that others trace, too, shows no handler; none but livepatch changes where it goes, flag I.
            m = re.match(r"(\S+)(?: \[(\w+)\])? \((\d+)\)([ A-Z]*)", line)
            if m and "I" in m.group(4):
                key = (m.group(1), m.group(2))
                self.redirected[key] = self.redirected.get(key, 0) + 1
                # Livepatch is one of as many as ftrace counts.
                if int(m.group(3)) > 1:
                    self.others[m.group(1)] = int(m.group(3)) - 1

    def tasks(self):
        """{PID: (TGID, comm, patch_state)}"""
        out = {}
        for line in self.s["patch_state"]:
            tgid, pid, rest = line.split(" ", 2)
            comm, state = rest.rsplit(" ", 1)
            # /proc shows all of a kernel thread's name, comm holds 15 bytes.
            out[int(pid)] = (int(tgid), comm[:15], int(state))
        return out

    def stacks(self, section="stacks"):
        """
        {PID: [(symbol, offset, module)]} of the tasks whose patch_state was not that of most; in the section "inside",
        which older truths lack, of those with a new function on their stack.
        """
        out, stack = {}, None
        for line in self.s.get(section, []):
            if line.startswith("--- "):
                stack = out.setdefault(int(line.split()[2]), [])
            else:
                m = re.fullmatch(r"\[<0>\] (\S+)\+0x([0-9a-f]+)/0x[0-9a-f]+(?: \[(\w+)\])?", line)
                stack.append((m[1], int(m[2], 16), m[3] or "vmlinux"))
        return out

    def patches(self):
        return sorted({k.split("/")[0] for k in self.sysfs})

    def livepatch_modules(self):
        return sorted(n for n, m in self.modules.items() if "K" in m["taints"])


class Checker:
    def __init__(self):
        self.count = self.bad = 0

    def same(self, what, truth, report):
        self.count += 1
        if truth == report:
            print(f"ok {self.count} {what}")
        else:
            self.bad += 1
            print(f"not ok {self.count} {what}: the guest says {truth!r}, the report {report!r}")


def number(s):
    return None if s is None else int(s, 16)


def check_dump(c, t, r):
    d = r["dump"]
    c.same("release", t.s["uname"][0], d["release"])
    c.same("version", t.s["uname"][1], d["version"])
    c.same("nodename", t.s["uname"][2], d["nodename"])
    mask = int(t.s["tainted"][0])
    c.same("taints", [x for i, x in enumerate(TAINT_LETTERS) if mask >> i & 1], d["taints"])
    c.same("livepatch_taint", bool(mask >> 15 & 1), d["livepatch_taint"])


def check_module(c, t, m):
    name, truth = m["name"], t.modules[m["name"]]
    c.same(f"module {name}: base", truth["base"], number(m["base"]))
    c.same(f"module {name}: size", truth["size"], m["size"])
    c.same(f"module {name}: refcount", truth["refcount"], m["refcount"])
    c.same(f"module {name}: taints", truth["taints"], m["taints"])
    for key, json_key in (("version", "version"), ("srcversion", "srcversion"), ("build-id", "build_id")):
        c.same(f"module {name}: {key}", t.info[name].get(key), m[json_key])


def check_function(c, t, patch, obj, fn):
    where = f"{patch['name']}: {obj['name']}: {fn['name']}"
    module = None if obj["name"] == "vmlinux" else obj["name"]
    old = number(fn["old"]["address"])
    if not obj["loaded"]:
        c.same(f"{where}: verdict of a target that is not loaded",
               ("no", "target-not-loaded"), (fn["in_effect"], fn["reason"]))
        return
    addresses = t.symbols.get((fn["name"], module), [])
    c.same(f"{where}: old address is one of kallsyms", True, old in addresses)
    if fn["sympos"] and old in addresses:
        c.same(f"{where}: sympos", addresses.index(old) + 1, fn["sympos"])
    c.same(f"{where}: old symbol", fn["name"], fn["old"]["symbol"])
    if not fn["nop"]:
        new = (fn["new"]["symbol"], patch["name"])
        c.same(f"{where}: new address is that of {new[0]}", True,
               number(fn["new"]["address"]) in t.symbols.get(new, []))
    # Functions of one name are one line each, without saying which is which.
    if len(addresses) == 1:
        c.same(f"{where}: entry", "redirected" if (fn["name"], module) in t.redirected else "original",
               fn["entry"])
    if fn["in_effect"] in ("yes", "partly"):
        c.same(f"{where}: has a klp ftrace handler", True, (fn["name"], module) in t.redirected)


STATES = {("1", "0"): "applied", ("1", "1"): "applying", ("0", "1"): "reverting", ("0", "0"): "off"}


def check_patch(c, t, p):
    name = p["name"]
    enabled, transition = t.sysfs[f"{name}/enabled"], t.sysfs[f"{name}/transition"]
    c.same(f"{name}: enabled", enabled == "1", p["enabled"])
    c.same(f"{name}: state", STATES[enabled, transition], p["state"])
    for key in ("replace", "stack_order"):
        if f"{name}/{key}" in t.sysfs:
            mine = str(int(p["replace"])) if key == "replace" else str(p["order"])
            c.same(f"{name}: {key}", t.sysfs[f"{name}/{key}"], mine)
    objects = {k.split("/")[1]: v for k, v in t.sysfs.items()
               if k.startswith(name + "/") and k.endswith("/patched")}
    # An object without functions has its folder in sysfs all the same.
    c.same(f"{name}: objects and their patched", {k: v == "1" for k, v in objects.items()},
           {o["name"]: o["patched"] for o in p["objects"]})
    for o in p["objects"]:
        loaded = o["name"] == "vmlinux" or o["name"] in t.modules
        c.same(f"{name}: {o['name']}: loaded", loaded, o["loaded"])
        for fn in o["functions"]:
            check_function(c, t, p, o, fn)
        check_callbacks(c, t, p, o)
    check_states(c, t, p)
    check_module(c, t, p["module"])


def check_redirected(c, t, r):
    """Whatever the guest's ftrace redirects to livepatch, the report must show as redirected."""
    mine = {}
    for p in r["patches"]:
        for o in p["objects"]:
            for fn in o["functions"]:
                if fn["entry"] == "redirected":
                    key = (fn["name"], None if o["name"] == "vmlinux" else o["name"])
                    mine.setdefault(key, set()).add(fn["old"]["address"])
    c.same("functions that ftrace redirects", t.redirected, {k: len(v) for k, v in mine.items()})


SIDES = {-1: "idle", 0: "unpatched", 1: "patched"}


def check_task(c, pid, task, target, command):
    """What -t says of one task. Only the kernel's own workers may have gone since."""
    _, comm, state = task
    out = subprocess.run([command[0], f"-t{pid}", command[1]], check=False, stdout=subprocess.PIPE, text=True).stdout
    found = re.search(rf"^Task (.*) \({pid}\).*: had (not )?switched.* patch_state was \"(\w+)\"\.$", out, re.M)
    if not found:
        c.same(f"task {pid} {comm}: is gone", True, comm.startswith("kworker/") and f"Task {pid}: there was no" in out)
        return False
    c.same(f"task {pid} {comm}", (comm, state != target, SIDES[state]), (found[1], found[2] is not None, found[3]))
    return True


def check_tasks(c, t, r, command):
    """Who had not switched, exactly: none of them could go or switch between the truth and the crash."""
    tr, tasks = r["transition"], t.tasks()
    if tr is None:
        c.same("pending tasks without a transition", {t for _, _, t in tasks.values()}, {-1})
        return
    target = {"patched": 1, "unpatched": 0}[tr["target"]]
    pending = [(pid, tgid, comm, SIDES[state]) for pid, (tgid, comm, state) in sorted(tasks.items()) if state != target]
    # Idle tasks have no folder in /proc: of them drgn is asked.
    mine = [p for p in tr["pending"] if p["pid"] != 0]
    c.same("pending tasks", pending, [(p["pid"], p["tgid"], p["comm"], p["patch_state"]) for p in mine])
    c.same("tasks_pending", len(tr["pending"]), tr["tasks_pending"])
    c.same("tasks_total", r["tasks"]["threads"] + r["tasks"]["idle"], tr["tasks_total"])
    for p in mine:
        busy = p["comm"] == "klp_spinner_u"
        c.same(f"{p['comm']}: {'running' if busy else 'asleep'}, flagged",
               ("R (running)" if busy else "D (disk sleep)", busy, True),
               (p["state"], p["running"], p["flag_pending"]))
        c.same(f"{p['comm']}: kernel thread", p["comm"] == "klp_waiter_k", p["kernel_thread"])
    if command:
        # Of a crowd of thousands, each of which takes a run, one in a hundred; none of it could go.
        skipped = [pid for pid, (_, comm, _) in tasks.items() if re.match(r"klp_crowd/\d*(?!00)\d\d$", comm)]
        found = len(skipped) + sum(check_task(c, pid, tasks[pid], target, command) for pid in tasks.keys() - skipped)
        # Workers that the kernel has started since; drgn counts exactly.
        c.same("no more threads than there were", True, 0 <= r["tasks"]["threads"] - found <= 3)


# What /proc/PID/stack leaves out: the functions in the kernel's section .sched.text.
SCHEDULER = ("__schedule", "schedule", "schedule_timeout")

# Of how many tasks that are pending, or were when their patch was forced, the guest shows frames: user tasks that wait,
# kernel threads; none of a task that runs on another CPU.
WAITERS = {"forced": (1, 1), "stalled": (1, 1), "replacing": (1, 1), "reverting": (1, 1), "traced": (1, 1),
           "many-tasks": (1, 24), "callbacks": (1, 1), "busy-cpu": (0, 0)}


def frames_shown(scenario, stacks):
    """7 of a user task, 4 of a kernel thread, 5 where that one starts in ret_from_fork_asm() (6.6+)."""
    users, threads = WAITERS.get(scenario, (0, 0))
    newer = any(frame[0] == "ret_from_fork_asm" for stack in stacks.values() for frame in stack)
    return 7 * users + (5 if newer else 4) * threads


# How klp_spinner_u gets there, by writing to a file in /proc.
WRITE = ["klp_target_spin", "klp_target_write", "proc_reg_write", "vfs_write", "ksys_write", "do_syscall_64",
         "entry_SYSCALL_64_after_hwframe"]


def check_held_up(c, t, p):
    """The function that holds a pending task up, and the frame in which it does."""
    busy = p["comm"] == "klp_spinner_u"
    who = f"{p['comm']} ({p['pid']})"
    # The code that must be left: the original, or what the last patch put in its place.
    wanted = "klp_target_spin" if busy else \
        "livepatch_wait" if t.scenario in ("reverting", "replacing") else "klp_target_wait"
    c.same(f"{who}: held up by", "running" if busy else "function", p["held_up"])
    c.same(f"{who}: blocked by", [("klp_target_spin" if busy else "klp_target_wait", wanted)],
           [(b["function"], b["symbol"]) for b in p["blocked_by"]])
    frames = [f for f in p["stack"] if f["symbol"] == wanted]
    c.same(f"{who}: frames of {wanted}", [b["address"] for b in p["blocked_by"]], [f["address"] for f in frames])
    owner = "klp_test_target" if not wanted.startswith("livepatch") else \
        "klp_test_older" if t.scenario == "replacing" else "klp_test_stall"
    for f in frames:
        c.same(f"{who}: where {wanted} begins", t.symbols.get((wanted, owner)),
               [number(f["address"]) - f["offset"]])
    if busy:
        # The timer may have come in between.
        c.same(f"{who}: was in {wanted}", [True], [f["frame"] == 0 or f["interrupted"] for f in frames])
        names = [f["symbol"] for f in p["stack"]]
        c.same(f"{who}: the way to {wanted}", WRITE, names[-len(WRITE):])


def check_stacks(c, t, r):
    """The stacks of pending tasks frame by frame, and whose stacks are shown."""
    tr, truth, inside, frames = r["transition"], t.stacks(), t.stacks("inside"), 0
    pending = {p["pid"]: p for p in tr["pending"] if p["pid"] != 0} if tr else {}
    if not pending:
        c.same("stacks of tasks left behind", {}, truth)
    for pid, p in pending.items():
        c.same(f"{p['comm']} ({pid}): reliable and numbered", [(i, True) for i in range(len(p["stack"]))],
               [(f["frame"], f["reliable"]) for f in p["stack"]])
        check_held_up(c, t, p)
        mine = [(f["symbol"], f["offset"], f["module"]) for f in p["stack"] if f["symbol"] not in SCHEDULER]
        if truth.get(pid):
            c.same(f"{p['comm']} ({pid}): stack", truth[pid], mine)
            frames += len(truth[pid])
    # The new code is for those whose patch_state is 1, in either direction.
    states, passing = t.tasks(), r["tasks"]["patched_stacks"] or []
    others = [s for s in passing if not s["panic"]]
    # Those that were left inside and switched all the same.
    for s in others:
        if s["pid"] in inside and s["pid"] not in pending:
            mine = [(f["symbol"], f["offset"], f["module"]) for f in s["stack"] if f["symbol"] not in SCHEDULER]
            c.same(f"{s['comm']} ({s['pid']}): stack", inside[s["pid"]], mine)
            frames += len(inside[s["pid"]])
    c.same("frames compared", frames_shown(t.scenario, truth or inside), frames)
    # Nobody has when QEMU dumps the running guest.
    who = [r["dump"]["panic_task"]["pid"]] if r["dump"]["panic_task"] else []
    c.same("stacks: the panicking task, first", who, [s["pid"] for s in passing[:len(who)] if s["panic"]])
    c.same("stacks: all that pass through patched functions", sorted(pending.keys() | inside.keys()),
           sorted(s["pid"] for s in others))
    for s in passing:
        new = tr is None or states[s["pid"]][2] == 1
        c.same(f"{s['comm']} ({s['pid']}): runs", "new" if new else "old", s["runs"])
        if s["pid"] in pending:
            c.same(f"{s['comm']} ({s['pid']}): the same stack twice", True, pending[s["pid"]]["stack"] == s["stack"])
    # Two tracers had taken return addresses of the user task and of init's write to sysrq.
    wanted = ["return_to_handler", "arch_rethook_trampoline"] if t.scenario == "traced" else []
    for s in passing:
        c.same(f"{s['comm']} ({s['pid']}): trampolines", [] if s["comm"] == "klp_waiter_k" else wanted,
               [f["through"] for f in s["stack"] if f["through"]])
    print(f"{frames} frames agree with the guest's")


# Shadow variables that their modules do not tell of (shadow.h), by scenario.
MARKED = {"active": (7001, 1, 41), "stacked": (7001, 1, 41), "panic-beside": (7001, 1, 41)}
# Whose states the ids are, of the patches that are listed.
STATE_OF = {1: ["klp_test_shadow2"], 2: [], 3: ["klp_test_shadow2"], 7001: []}
# numbered.h.
MAGIC, FILL, NUMBERED = b"KLPSHADW", 0xA5, 16
# What lies before the data, that is offsetof(struct klp_shadow, data).
BEFORE_DATA = 48


def kmalloc(size):
    """The object size of the cache that kmalloc() takes."""
    return min(s for s in (64, 96, 128, 192, 256, 512) if s >= size)


def told_shadows(t):
    """{id: (count, size of the data)} and {(id, number): (object, data)}"""
    counts, places = {}, {}
    if t.scenario in MARKED:
        name, count, size = MARKED[t.scenario]
        counts[name] = (count, size)
    for line in t.s.get("dmesg", []):
        m = re.search(r": shadow (\d+) count (\d+) size (\d+)$", line)
        if m:
            counts[int(m[1])] = (int(m[2]), int(m[3]))
        m = re.search(r": shadow (\d+) number (\d+) object 0x([0-9a-f]+) data 0x([0-9a-f]+)$", line)
        if m:
            places[int(m[1]), int(m[2])] = (int(m[3], 16), int(m[4], 16))
    return counts, places


def shadow_bytes(t, name, n, size, room):
    """As many as are shown: of the data and, as nobody knows their size, of the zeros behind them."""
    if name == 7001:
        data = next(x.split()[1] for x in t.s["markers"] if x.startswith("shadow ")).encode() + b"\0"
    else:
        head = MAGIC + name.to_bytes(4, "little") + n.to_bytes(4, "little")
        data = head + bytes([FILL]) * (size - NUMBERED)
    return data.ljust(room, b"\0")[:min(room, 32)].hex()


def check_shadow_objects(c, t, name, count, size, places, command):
    """What -s says of one id: each object, those that the guest named among them, and what is in the data."""
    out = subprocess.run([command[0], "-j", f"-s{name}", command[1]], check=False, stdout=subprocess.PIPE, text=True)
    ids = (json.loads(out.stdout or "{}").get("shadow_variables") or {}).get("ids") or []
    mine = {number_of(x["id"]): x["objects"] for x in ids}.get(name) or []
    cache = kmalloc(BEFORE_DATA + size)
    c.same(f"shadow {name}: objects", count, len(mine))
    c.same(f"shadow {name}: data behind the shadow", {BEFORE_DATA},
           {number(o["data"]) - number(o["shadow"]) for o in mine})
    c.same(f"shadow {name}: cache", {(f"kmalloc-{cache}", cache)}, {(o["cache"], o["size"]) for o in mine})
    # init_task and a patch are nobody's slab objects.
    c.same(f"shadow {name}: cache of the objects", {"kmalloc-128" if name in (1, 2) else None},
           {o["object_cache"] for o in mine})
    wanted = sorted(shadow_bytes(t, name, n, size, cache - BEFORE_DATA) for n in range(1, count + 1))
    c.same(f"shadow {name}: bytes", wanted, sorted(o["bytes"] or "" for o in mine))
    by_object = {number(o["object"]): o for o in mine}
    for (_, n), (obj, data) in places.items():
        o = by_object.get(obj, {"data": None, "bytes": None})
        c.same(f"shadow {name}: number {n}", (data, shadow_bytes(t, name, n, size, cache - BEFORE_DATA)),
               (number(o["data"]), o["bytes"]))


def number_of(x):
    """An id, which JSON has as a number or, where those end, as a string."""
    return int(str(x), 0)


def check_shadows(c, t, r, command):
    counts, places = told_shadows(t)
    v = r["shadow_variables"] or {"total": None, "bytes": None, "ids": []}
    c.same("shadow variables: total", sum(count for count, _ in counts.values()), v["total"])
    c.same("shadow variables: ids", {name: count for name, (count, _) in counts.items()},
           {number_of(x["id"]): x["count"] for x in v["ids"]})
    c.same("shadow variables: whose states", {name: STATE_OF[name] for name in counts},
           {number_of(x["id"]): x["state_of"] for x in v["ids"]})
    c.same("shadow variables: objects that nobody asked for", [], [x["id"] for x in v["ids"] if x["objects"]])
    if not command:
        return
    size = {name: count * kmalloc(BEFORE_DATA + n) for name, (count, n) in counts.items()}
    c.same("shadow variables: bytes", (sum(size.values()), size),
           (v["bytes"], {number_of(x["id"]): x["bytes"] for x in v["ids"]}))
    for name, (count, n) in counts.items():
        check_shadow_objects(c, t, name, count, n, {k: x for k, x in places.items() if k[0] == name}, command)


def check_relocations(c, t, r):
    """Those of vmlinux and of modules that are loaded are applied, and hold what the kernel looked up."""
    if "relocations" not in t.s:
        return
    wanted = {}
    for line in t.s["relocations"]:
        module, section, count, _ = line.split()
        obj = section.removeprefix(".klp.rela.").split(".")[0]
        there = obj == "vmlinux" or obj in t.modules
        wanted[module, obj, section] = (int(count), int(count) if there else 0)
    mine = {}
    for x in r["relocations"] or []:
        prefix = f".klp.rela.{x['object']}."
        where = x["module"], x["object"], prefix + x["section"].removeprefix(prefix)
        mine[where] = (x["total"], x["applied"])
        c.same(f"{where[0]}: {where[2]}: mismatched, unknown", (True, True), (not x["mismatched"], not x["unknown"]))
        c.same(f"{where[0]}: {where[2]}: cleared ones are not applied", True, x["applied"] + x["cleared"] <= x["total"])
    c.same("relocations: total, applied", wanted, mine)


CALLBACKS = ("pre_patch", "post_patch", "pre_unpatch", "post_unpatch")
ALL = {kind: f"klp_callback_{kind}" for kind in CALLBACKS}
# The functions, as the modules declare them. Where the names are those of the kinds, the module says nothing.
DECLARED = {
    ("klp_test_callbacks", "vmlinux"): ALL,
    ("klp_test_callbacks", "klp_test_target"): ALL,
    ("klp_test_callbacks", "klp_test_crowd"): {"pre_patch": "klp_callback_crowd_pre_patch",
                                               "post_unpatch": "klp_callback_crowd_post_unpatch"},
    ("klp_test_callbacks", "klp_test_absent"): ALL,
    ("klp_test_halfway", "vmlinux"): {kind: ALL[kind] for kind in ("pre_patch", "post_patch")},
    ("klp_test_halfway", "klp_test_target"): {kind: ALL[kind] for kind in ("post_patch", "post_unpatch")},
    ("klp_test_modules", "vmlinux"): {kind: kind for kind in CALLBACKS},
    ("klp_test_modules", "klp_test_target"): {"post_patch": "post_patch"},
    ("klp_test_states1", "vmlinux"): {"post_patch": "post_patch"},
    ("klp_test_states2", "vmlinux"): {"pre_patch": "pre_patch", "post_patch": "post_patch"},
    ("klp_test_states3", "vmlinux"): {"pre_patch": "pre_patch", "post_patch": "post_patch"},
}


def check_callbacks(c, t, p, o):
    where, declared = f"{p['name']}: {o['name']}", DECLARED.get((p["name"], o["name"]), {})
    k = o["callbacks"]
    c.same(f"{where}: callbacks", set(declared), {kind for kind in CALLBACKS if number(k[kind])})
    c.same(f"{where}: their symbols", {kind: declared.get(kind) for kind in CALLBACKS}, k.get("symbols"))
    for kind, symbol in declared.items():
        addresses = t.symbols.get((symbol, p["name"]))
        if addresses:
            c.same(f"{where}: where {kind} is", True, number(k[kind]) in addresses)
    if "dmesg" not in t.s:
        return
    # klp_test_states* print their states, and nothing else is done in there.
    states = p["name"].startswith("klp_test_states")
    ran = {kind: None for kind in CALLBACKS}
    for kind, symbol in declared.items():
        ran[kind] = states or f"{p['name']}: {symbol} {o['name']}" in t.s["dmesg"]
    # One that was unloaded had called all four.
    if o["loaded"] is False:
        ran = {kind: None for kind in CALLBACKS}
    # A reversed transition calls neither of these and leaves no trace, so that the dump cannot tell.
    if p["state"] in ("applying", "reverting"):
        ran["post_patch"] = ran["pre_unpatch"] = None
    c.same(f"{where}: which have run", ran, k.get("ran"))


def check_states(c, t, p):
    """The states as a patch that tells of them printed them last; nobody changes them later."""
    told = {}
    for line in t.s.get("dmesg", []):
        m = re.fullmatch(rf"{p['name']}: state (\d+) version (\d+) data 0x([0-9a-f]+)", line)
        if m:
            told[int(m[1])] = (int(m[2]), int(m[3], 16))
    if told:
        c.same(f"{p['name']}: states", told,
               {number_of(s["id"]): (s["version"], number(s["data"])) for s in p["states"]})


def check_findings(c, t, r):
    c.same("findings of warning or error", [("forced-transition", "warning")] if t.scenario == "forced" else [],
           [(x["code"], x["severity"]) for x in r["findings"] if x["severity"] != "info"])
    if "kprobes" not in t.s:
        return
    others = [x for x in r["findings"] if x["code"] == "other-ftrace-user"]
    c.same("other users of ftrace: all info", [], [x for x in others if x["severity"] != "info"])
    text = "\n".join(x["message"] for x in others)
    wanted = ["klp_target_value", "kprobe", "function.trac"] if t.scenario == "traced" else []
    c.same("other users of ftrace: are named", wanted, [word for word in wanted if re.search(word, text)])
    named = [name for x in others for name in x["message"].partition("too: ")[2].split(", ")]
    c.same("other users of ftrace: as many as the guest's ftrace counts", t.others,
           {name: named.count(name) for name in named})
    # The others that are traced are not patched, and the others that are patched nobody traces.
    c.same("other users of ftrace: of nothing else", [],
           [x for x in others if "klp_target_value" not in x["message"]])


def check_scenario(c, t, r):
    """What the scenario is about; the guest's own state was checked above."""
    s, detached = r["summary"], {d["name"]: d["reason"] for d in r["detached_modules"]}
    verdicts = {(f["in_effect"], f["reason"]) for p in r["patches"] for o in p["objects"] for f in o["functions"]}
    stalled = [len(s["applying"]) == 1, ("partly", "transition") in verdicts,
               r["transition"] and r["transition"]["target"] == "patched",
               r["transition"] and r["transition"]["tasks_pending"] == 2]
    panic = [s["in_effect"] == ["klp_test_panic"], verdicts == {("yes", None)}]
    wanted = {
        "none": [s["in_effect"] == [], r["patches"] == [], s["kernel_identity"] == r["dump"]["release"]],
        "active": [len(s["in_effect"]) == 2, ("no", "target-not-loaded") in verdicts, ("yes", None) in verdicts],
        "stacked": [("no", "shadowed") in verdicts, {p["in_effect"] for p in r["patches"]} == {"yes", "partly"}],
        "replaced": ["replaced" in detached.values(), len(s["in_effect"]) == 1],
        "replacing": [r["transition"] and r["transition"]["tasks_pending"] == 2,
                      any(f["nop"] for p in r["patches"] for o in p["objects"] for f in o["functions"]),
                      len(s["applying"]) == 1],
        "disabled": ["disabled" in detached.values(), s["in_effect"] == []],
        "stalled": stalled,
        "traced": stalled,
        "many-tasks": [len(s["applying"]) == 1, ("partly", "transition") in verdicts,
                       r["transition"] and r["transition"]["tasks_pending"] == 25],
        "reverting": [len(s["reverting"]) == 1, ("partly", "transition") in verdicts,
                      r["transition"] and r["transition"]["target"] == "unpatched",
                      r["transition"] and r["transition"]["tasks_pending"] == 2],
        "panic-in-patch": panic,
        "panic-under-patch": panic,
        "irq": panic,
        "nmi": panic,
        "panic-beside": [s["in_effect"] == ["klp_test_vmlinux", "klp_test_panic"], verdicts == {("yes", None)}],
        "busy-cpu": [s["applying"] == ["klp_test_panic"], ("partly", "transition") in verdicts,
                     r["transition"] and r["transition"]["target"] == "patched",
                     r["transition"] and "klp_spinner_u" in [p["comm"] for p in r["transition"]["pending"]]],
        "shadow": [s["in_effect"] == ["klp_test_shadow2"], detached == {"klp_test_shadow1": "replaced"}],
        "relocs": [s["in_effect"] == ["klp_test_relocs"], ("no", "target-not-loaded") in verdicts],
        "forced": [s["in_effect"] == ["klp_test_newer"], detached == {"klp_test_older": "replaced"}],
        "callbacks": stalled + [s["in_effect"] == ["klp_test_callbacks", "klp_test_halfway"]],
        "states": [[len(p["objects"][0]["functions"]) for p in r["patches"]] == [1, 2, 3],
                   ("no", "shadowed") in verdicts],
    }[t.scenario]
    for i, holds in enumerate(wanted):
        c.same(f"scenario {t.scenario}, {i + 1}", True, bool(holds))
    if t.scenario not in ("stalled", "reverting", "replacing", "busy-cpu", "traced", "many-tasks", "callbacks"):
        c.same("transition", None, r["transition"])


def take_out_running(c, r):
    """Nobody saves the registers of tasks that go on running: their stacks, on 2 CPUs, and nothing else is unknown."""
    unread = [f for f in r["findings"] if f["code"] == "unreadable"]
    stacks = [re.match(r"tasks: stacks of ([12]) tasks?: ", f["message"]) for f in unread]
    c.same("live: what could not be read", [True], [m is not None for m in stacks])
    c.same("live: complete", False, r["summary"]["complete"])
    c.same("live: other stacks", [None], [s["pid"] for s in r["tasks"]["patched_stacks"] if s["stack"] is None])
    r["findings"] = [f for f in r["findings"] if f not in unread]
    r["tasks"]["patched_stacks"] = [s for s in r["tasks"]["patched_stacks"] if s["stack"] is not None]
    r["summary"]["complete"] = True


def main():
    t = Truth(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        r = json.load(f)
    c = Checker()
    asking = sys.argv[3:5]
    if asking == ["--live"]:
        asking = []
        take_out_running(c, r)
    check_dump(c, t, r)
    c.same("complete", True, r["summary"]["complete"])
    c.same("livepatch", "capable", r["summary"]["livepatch"])
    check_findings(c, t, r)
    c.same("patches", t.patches(), sorted(p["name"] for p in r["patches"]))
    for p in r["patches"]:
        check_patch(c, t, p)
    c.same("detached modules", sorted(set(t.livepatch_modules()) - set(t.patches())),
           sorted(d["name"] for d in r["detached_modules"]))
    for d in r["detached_modules"]:
        check_module(c, t, d["module"])
    check_redirected(c, t, r)
    check_tasks(c, t, r, asking)
    check_stacks(c, t, r)
    check_shadows(c, t, r, asking)
    check_relocations(c, t, r)
    check_scenario(c, t, r)
    print(f"{c.count - c.bad} passed, {c.bad} failed")
    return c.bad != 0


if __name__ == "__main__":
    sys.exit(main())
