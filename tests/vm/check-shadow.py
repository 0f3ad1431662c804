#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares `klpscope -j -sID` with drgn's own walk of klp_shadow_hash.

Usage: check-shadow.py KLPSCOPE VMCORE VMLINUX MODULE...

With the files of modules, whose variables drgn cannot name otherwise. Each id
that drgn finds is asked for, and one that none has. drgn 0.0.22 on, which reads
ELF files only; the slab cache of an address is what drgn's
find_containing_slab_cache() says.
"""

import json
import subprocess
import sys

import drgn
from drgn.helpers.linux.list import hlist_for_each_entry, list_for_each_entry
from drgn.helpers.linux.slab import find_containing_slab_cache

BYTES = 32


def cache_of(prog, addr):
    """Name and object size of the slab cache, or None and None."""
    cache = find_containing_slab_cache(prog, addr)
    if not cache:
        return None, None
    return cache.name.string_().decode("ascii", "backslashreplace"), int(cache.object_size)


def symbol_of(prog, addr):
    try:
        return prog.symbol(addr).name
    except LookupError:
        return None


def module_of(prog, addr):
    for module in list_for_each_entry("struct module", prog["modules"].address_of_(), "list"):
        if 0 <= addr - int(module.core_layout.base) < int(module.core_layout.size):
            return module.name.string_().decode("ascii", "backslashreplace")
    return None


def shadow(prog, entry):
    """As klpscope's JSON has it."""
    obj, addr, data = int(entry.obj), int(entry), int(entry.data.address_)
    cache, size = cache_of(prog, addr)
    object_cache, _ = cache_of(prog, obj)
    return {
        "object": f"0x{obj:x}",
        "shadow": f"0x{addr:x}",
        "data": f"0x{data:x}",
        "cache": cache,
        "object_cache": object_cache,
        "size": size,
        "symbol": None if object_cache else symbol_of(prog, obj),
        "module": module_of(prog, obj),
        "bytes": prog.read(data, min(BYTES, size - (data - addr))).hex(),
    }


def walk(prog):
    """The shadow variables of each id, in the order of the table."""
    ids = {}
    for head in prog["klp_shadow_hash"]:
        for entry in hlist_for_each_entry("struct klp_shadow", head.address_of_(), "node"):
            ids.setdefault(int(entry.id), []).append(shadow(prog, entry))
    return ids


def states(prog):
    """Which patches on klp_patches have a state of which id."""
    of = {}
    for patch in list_for_each_entry("struct klp_patch", prog["klp_patches"].address_of_(), "list"):
        i = 0
        while patch.states and patch.states[i].id:
            of.setdefault(int(patch.states[i].id), []).append(patch.mod.name.string_().decode())
            i += 1
    return of


def main():
    command, vmcore = sys.argv[1], sys.argv[2]
    prog = drgn.Program()
    prog.set_core_dump(vmcore)
    prog.load_debug_info(sys.argv[3:])
    ids, of = walk(prog), states(prog)
    bad = []

    def same(what, mine, theirs):
        if mine != theirs:
            bad.append(f"{what}: klpscope says {mine}, drgn {theirs}")

    for wanted in [*ids, max(ids, default=0) + 1]:
        out = subprocess.run([command, "-j", f"-s{wanted}", vmcore], check=True, stdout=subprocess.PIPE).stdout
        mine = json.loads(out)["shadow_variables"]
        same("total", mine["total"], sum(map(len, ids.values())))
        same("bytes", mine["bytes"], sum(s["size"] for all_of in ids.values() for s in all_of))
        same("ids", [i["id"] for i in mine["ids"]], sorted(ids))
        for one in mine["ids"]:
            theirs = ids.get(one["id"], [])
            same(f"id {one['id']}: count", one["count"], len(theirs))
            same(f"id {one['id']}: bytes", one["bytes"], sum(s["size"] for s in theirs))
            same(f"id {one['id']}: state_of", one["state_of"], of.get(one["id"], []))
            if one["id"] != wanted:
                same(f"id {one['id']}: objects", one["objects"], None)
                continue
            same(f"id {wanted}: objects", len(one["objects"]), len(theirs))
            for n, (a, b) in enumerate(zip(one["objects"], theirs)):
                same(f"id {wanted}: object {n}", a, b)
    for line in bad[:20]:
        print(line)
    print(f"{sum(map(len, ids.values()))} shadow variables of {len(ids)} ids: {len(bad)} disagreements")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
