#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares klpscope's JSON (-j -b) with what drgn reads of the same dump.

usage: check-drgn.py WALK.json REPORT.json

WALK.json is what drgn-walk.py printed: drgn with the kernel's debuginfo, its
own reader, its own types.  Prints each difference; exits 1 if there is any.
"""

import json
import sys


def address(s):
    return None if s is None else int(s, 16)


class Checker:
    def __init__(self):
        self.count = self.bad = 0

    def same(self, what, drgn, report):
        self.count += 1
        if drgn != report:
            self.bad += 1
            print(f"not ok {what}: drgn reads {drgn!r}, the report says {report!r}")


def check_function(c, where, d, r, stacks):
    where = f"{where}: {d['name']}"
    c.same(f"{where}: name", d["name"], r["name"])
    for key in ("sympos", "nop", "patched", "transition"):
        c.same(f"{where}: {key}", d[key], r[key])
    for side in ("old", "new"):
        c.same(f"{where}: {side} address", address(d[f"{side}_address"]), address(r[side]["address"]))
        # The kernel has looked up neither size while the target is not loaded.
        size = d[f"{side}_size"] if address(d["old_address"]) else None
        c.same(f"{where}: {side} size", size, r[side]["size"])
    stack = stacks.get(d["old_address"], [])
    mine = (d["name"], d["new_address"])
    on_stack = mine in stack and d["patched"]
    c.same(f"{where}: place on the stack", (stack.index(mine) + 1, len(stack)) if on_stack else (None, None),
           (r["stack_position"], r["stack_depth"]))


def check_object(c, where, d, r, stacks):
    name = d["name"] or "vmlinux"
    where = f"{where}: {name}"
    c.same(f"{where}: name", name, r["name"])
    c.same(f"{where}: patched", d["patched"], r["patched"])
    c.same(f"{where}: dynamic", d["dynamic"], r["dynamic"])
    c.same(f"{where}: loaded", d["loaded"] or d["name"] is None, r["loaded"])
    c.same(f"{where}: functions", len(d["functions"]), len(r["functions"]))
    for fd, fr in zip(d["functions"], r["functions"]):
        check_function(c, where, fd, fr, stacks)


def check_patch(c, d, r, stacks):
    c.same("patch name", d["name"], r["name"])
    where = d["name"]
    c.same(f"{where}: address", address(d["address"]), address(r["address"]))
    c.same(f"{where}: module base", address(d["module_base"]), address(r["module"]["base"]))
    for key in ("enabled", "replace", "forced"):
        c.same(f"{where}: {key}", d[key], r[key])
    c.same(f"{where}: states", [(s["id"], s["version"]) for s in d["states"]],
           [(int(str(s["id"]), 0), s["version"]) for s in r["states"]])
    c.same(f"{where}: objects", len(d["objects"]), len(r["objects"]))
    for od, o in zip(d["objects"], r["objects"]):
        check_object(c, where, od, o, stacks)


def check_transition(c, d, r):
    t = r["transition"]
    patch = address(d["klp_transition_patch"]) or None
    c.same("a transition", patch is not None, t is not None)
    if t is not None:
        mine = {p["name"]: address(p["address"]) for p in r["patches"]}
        c.same("the patch in transition", patch, mine[t["patch"]])
        c.same("its direction", {0: "unpatched", 1: "patched"}[d["klp_target_state"]], t["target"])


def check_tasks(c, d, r):
    """How many tasks there are, the idle ones among them, and each that has not switched."""
    t = r["transition"]
    c.same("threads", len(d["tasks"]), r["tasks"]["threads"])
    c.same("idle tasks", len(d["idle_tasks"]), r["tasks"]["idle"])
    c.same("all tasks", len(d["tasks"]) + len(d["idle_tasks"]), r["tasks"]["total"])
    if t is None:
        return
    pending = [x for x in d["idle_tasks"] + d["tasks"] if x["patch_state"] != d["klp_target_state"]]
    c.same("all tasks of the transition", r["tasks"]["total"], t["tasks_total"])
    c.same("number of pending tasks", len(pending), t["tasks_pending"])
    for x in pending:
        x["patch_state"] = {-1: "idle", 0: "unpatched", 1: "patched"}[x["patch_state"]]
    keys = ("pid", "tgid", "comm", "patch_state", "cpu", "kernel_thread", "running", "flag_pending")
    c.same("pending tasks", pending, [{key: p[key] for key in keys} for p in t["pending"]])


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        d = json.load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        r = json.load(f)
    c = Checker()
    stacks = {o["old_address"]: [(s["name"], s["new_address"]) for s in o["stack"]] for o in d["ops"]}
    c.same("number of patches", len(d["patches"]), len(r["patches"]))
    for pd, p in zip(d["patches"], r["patches"]):
        check_patch(c, pd, p, stacks)
    mine = sorted([p["name"] for p in r["patches"]] + [m["name"] for m in r["detached_modules"]])
    c.same("livepatch modules", sorted(m["name"] for m in d["modules"]), mine)
    check_transition(c, d, r)
    if "tasks" in d:
        check_tasks(c, d, r)
    print(f"{c.count - c.bad} passed, {c.bad} failed")
    return c.bad != 0


if __name__ == "__main__":
    sys.exit(main())
