#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the report of a machine that is no x86_64 with what the guest said of itself right before the dump.

usage: check-foreign.py TRUTH.txt REPORT.json

As tests/vm/check-truth.py, whose comparisons these are, but nothing is known there of function entries and of stacks:
the report must say so wherever it matters, and everything else must be right.
"""

import copy
import importlib.util
import json
import pathlib
import sys


def check_truth():
    """tests/vm/check-truth.py, whose name is none of a module."""
    path = pathlib.Path(__file__).resolve().parents[1] / "vm" / "check-truth.py"
    spec = importlib.util.spec_from_file_location("check_truth", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_unknown(c, t, r):
    """No verdict may rest on an entry that nobody can judge."""
    summary = r["summary"]
    c.same("complete", False, summary["complete"])
    c.same("is anything unknown", True, bool(summary["unknown"]))
    c.same("crash path", None, summary["crash_path"])
    for p in r["patches"]:
        for o in p["objects"]:
            for fn in o["functions"]:
                where = f"{p['name']}: {o['name']}: {fn['name']}"
                loaded = o["name"] == "vmlinux" or o["name"] in t.modules
                c.same(f"{where}: entry", "unknown", fn["entry"])
                c.same(f"{where}: in effect", "unknown" if loaded else "no", fn["in_effect"])


def check_findings(c, r):
    """Nothing is wrong, or could not be had for any other reason."""
    c.same("findings that are no lack of ours", [],
           [x for x in r["findings"] if x["severity"] != "info"
            and (x["code"] != "unreadable" or "not supported" not in x["message"])])


def with_entries(t, patches):
    """The patches with their entries as the guest had them, for comparisons that want them."""
    patches = copy.deepcopy(patches)
    for p in patches:
        for o in p["objects"]:
            module = None if o["name"] == "vmlinux" else o["name"]
            for fn in o["functions"]:
                fn["entry"] = "redirected" if (fn["name"], module) in t.redirected else "original"
    return patches


def main():
    truth = check_truth()
    t = truth.Truth(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        r = json.load(f)
    c = truth.Checker()
    c.same("byte order", "big", r["dump"]["byte_order"])
    truth.check_dump(c, t, r)
    check_unknown(c, t, r)
    check_findings(c, r)
    c.same("patches", t.patches(), sorted(p["name"] for p in r["patches"]))
    for p in with_entries(t, r["patches"]):
        truth.check_patch(c, t, p)
    truth.check_tasks(c, t, r, [])
    truth.check_shadows(c, t, r, [])
    print(f"{c.count - c.bad} passed, {c.bad} failed")
    return c.bad != 0


if __name__ == "__main__":
    sys.exit(main())
