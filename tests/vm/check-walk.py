#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what drgn-walk.py found in a dump with what the guest said.

Usage: check-walk.py TRUTH WALK

TRUTH is the truth.txt of scripts/mkvmcore, WALK the output of drgn-walk.py.
Prints each difference, and exits with 1 where there is one. This says whether
drgn-walk.py may be believed; it does not look at klpscope.
"""

import json
import re
import sys


def read_truth(path):
    """The sections as lists of lines; "scenario" is that of the first line."""
    sections = {}
    with open(path, encoding="utf-8") as file:
        name = None
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("=== "):
                name = line[4:]
                sections[name] = []
            elif name is None:
                sections["scenario"] = line.split()[1]
            else:
                sections[name].append(line)
    return sections


class Check:
    def __init__(self, truth, walk):
        self.truth = truth
        self.walk = walk
        self.wrong = 0
        self.right = 0

    def same(self, what, truth, walk):
        if truth == walk:
            self.right += 1
        else:
            self.wrong += 1
            print(f"{what}: the guest says {truth!r}, the dump {walk!r}")

    def sysfs(self):
        truth = dict(line.split(None, 1) for line in self.truth["livepatch"])
        walk = {}
        for patch in self.walk["patches"]:
            moving = patch["address"] == self.walk["klp_transition_patch"]
            walk[patch["name"] + "/enabled"] = str(int(patch["enabled"]))
            walk[patch["name"] + "/transition"] = str(int(moving))
            for obj in patch["objects"]:
                path = "%s/%s/patched" % (patch["name"], obj["name"] or "vmlinux")
                walk[path] = str(int(obj["patched"]))
        self.same("sysfs", truth, walk)

    def modules(self):
        truth = {}
        for line in self.truth["modules"]:
            words = line.split()
            if len(words) > 6 and "K" in words[6]:
                truth[words[0]] = words[5]
        walk = {module["name"]: module["base"] for module in self.walk["modules"]}
        self.same("livepatch modules", truth, walk)
        for patch in self.walk["patches"]:
            self.same(
                f"base of {patch['name']}",
                truth.get(patch["name"]),
                patch["module_base"],
            )

    def symbols(self):
        """By (object, name): the addresses in kallsyms' order."""
        result = {}
        for line in self.truth["kallsyms"]:
            words = line.split()
            owner = words[3].strip("[]") if len(words) > 3 else None
            address = "0x%x" % int(words[0], 16)
            result.setdefault((owner, words[2]), []).append(address)
        return result

    def functions(self):
        symbols = self.symbols()
        loaded = {line.split()[0] for line in self.truth["modules"]}
        for patch in self.walk["patches"]:
            own = {
                address
                for (owner, _), addresses in symbols.items()
                if owner == patch["name"]
                for address in addresses
            }
            for obj in patch["objects"]:
                here = obj["name"] is None or obj["name"] in loaded
                if obj["name"]:
                    self.same(f"{obj['name']} loaded", here, obj["loaded"])
                for func in obj["functions"]:
                    what = f"{patch['name']}: {func['name']}"
                    known = symbols.get((obj["name"], func["name"]), [])
                    position = max(func["sympos"], 1) - 1
                    old = known[position] if here else "0x0"
                    self.same(f"{what}, old", old, func["old_address"])
                    if func["nop"]:
                        self.same(f"{what}, nop", old, func["new_address"])
                    else:
                        self.same(f"{what}, new", True, func["new_address"] in own)

    def enabled_functions(self):
        truth = set()
        for line in self.truth["enabled_functions"]:
            # No handler is shown of a function that others trace, too.
            match = re.match(r"(\S+)(?: \[(\S+)\])? \(\d+\)[ A-Z]*\bI\b", line)
            if match:
                truth.add(match.group(1))
        walk = {ops["stack"][0]["name"] for ops in self.walk["ops"] if ops["stack"]}
        self.same("enabled_functions", truth, walk)

    def tasks(self):
        """All but the kernel's own workers, which come and go, and the task that crashes are in both."""
        truth = {}
        for line in self.truth["patch_state"]:
            tgid, pid, rest = line.split(" ", 2)
            comm, state = rest.rsplit(" ", 1)
            # /proc shows all of a kernel thread's name, comm holds 15 bytes.
            truth[int(pid)] = [int(tgid), comm[:15], int(state)]
        walk = {
            task["pid"]: [task["tgid"], task["comm"], task["patch_state"]]
            for task in self.walk["tasks"]
        }
        for pid in set(truth) ^ set(walk):
            comm = (truth.get(pid) or walk[pid])[1]
            late = pid not in truth and comm in ("klp_crasher_u", "klp_spinner_u")
            if late or comm.startswith("kworker/"):
                truth.pop(pid, None)
                walk.pop(pid, None)
        self.same("tasks", truth, walk)
        states = {task["patch_state"] for task in self.walk["idle_tasks"]}
        self.same("states of idle tasks", True, states <= {-1, 0, 1} and bool(states))

    def run(self):
        self.sysfs()
        self.modules()
        self.functions()
        self.enabled_functions()
        self.tasks()
        transition = next(
            (
                line.split()[0]
                for line in self.truth["livepatch"]
                if line.endswith("/transition 1")
            ),
            None,
        )
        self.same(
            "a transition",
            transition is not None,
            self.walk["klp_transition_patch"] != "0x0",
        )
        print(
            f"{self.truth['scenario']}: {self.right} comparisons hold,"
            f" {self.wrong} do not"
        )
        return 1 if self.wrong else 0


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: check-walk.py TRUTH WALK")
    with open(sys.argv[2], encoding="utf-8") as file:
        walk = json.load(file)
    sys.exit(Check(read_truth(sys.argv[1]), walk).run())


if __name__ == "__main__":
    main()
