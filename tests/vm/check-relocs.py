#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the klp relocations of klpscope's JSON (-j) with what drgn reads of the same dump.

usage: check-relocs.py VMLINUX VMCORE TRUTH.txt REPORT.json

drgn walks module.klp_info with the kernel's debuginfo. Where a symbol is comes
from three sides that klpscope does not use: vmlinux's symbol table, the
module's, and /proc/kallsyms as the guest printed it (truth.txt), with the
address that the kernel gave to each .klp.sym symbol. Each place that is
relocated must then hold what the report counts. For x86_64. Prints each
difference; exits 1 if there is any, or if there was nothing to compare.
"""

import json
import sys

import drgn
from drgn.helpers.linux.list import list_for_each_entry

SHF_RELA_LIVEPATCH = 0x00100000
RELA_SIZE = 24
# Type: bytes, whether it is relative to its place.
TYPES = {1: (8, False), 2: (4, True), 4: (4, True), 10: (4, False), 11: (4, False), 24: (8, True)}


class Checker:
    def __init__(self):
        self.count = self.bad = 0

    def same(self, what, drgn_says, mine):
        self.count += 1
        if drgn_says != mine:
            self.bad += 1
            print(f"not ok {what}: drgn {drgn_says!r}, the report {mine!r}")


def guest_symbols(path):
    """(module, name) to the addresses in the order of /proc/kallsyms; module "" is vmlinux."""
    symbols, inside = {}, False
    with open(path, encoding="ascii", errors="backslashreplace") as lines:
        for line in lines:
            if line.startswith("=== "):
                inside = line.startswith("=== kallsyms") and "head" not in line
                continue
            words = line.split()
            if inside and len(words) >= 3:
                module = words[3].strip("[]") if len(words) > 3 else ""
                symbols.setdefault((module, words[2]), []).append(int(words[0], 16))
    return symbols


def string(prog, address):
    return drgn.Object(prog, "char *", address).string_().decode("ascii", "backslashreplace")


class Modules:
    def __init__(self, prog):
        self.prog = prog
        self.all = {
            m.name.string_().decode("ascii", "backslashreplace"): m
            for m in list_for_each_entry("struct module", prog["modules"].address_of_(), "list")
        }

    def symbol(self, obj, name, sympos):
        """Its address, or None when there is no such symbol."""
        if obj == "vmlinux":
            try:
                return self.prog.symbol(name).address
            except LookupError:
                return None
        kallsyms = self.all[obj].kallsyms
        found = [
            int(kallsyms.symtab[i].st_value)
            for i in range(int(kallsyms.num_symtab))
            if kallsyms.symtab[i].st_shndx and string(self.prog, kallsyms.strtab.value_() +
                                                      int(kallsyms.symtab[i].st_name)) == name
        ]
        return found[max(sympos, 1) - 1] if len(found) >= max(sympos, 1) else None


class Relocations:
    def __init__(self, prog, modules, module, c, guest):
        self.prog, self.modules, self.module, self.c, self.guest = prog, modules, module, c, guest
        self.name = module.name.string_().decode("ascii", "backslashreplace")
        self.info = module.klp_info

    def section_name(self, section):
        return string(self.prog, self.info.secstrings.value_() + int(section.sh_name))

    def address_of(self, index):
        """What the index-th symbol should be now: (its name, its address)."""
        symbol = self.module.core_kallsyms.symtab[index]
        full = string(self.prog, self.module.core_kallsyms.strtab.value_() + int(symbol.st_name))
        obj, _, rest = full.removeprefix(".klp.sym.").partition(".")
        name, _, sympos = rest.partition(",")
        if obj != "vmlinux" and obj not in self.modules.all:
            return name, None
        now = self.modules.symbol(obj, name, int(sympos))
        # Three sides, one address.
        self.c.same(f"{full}: what the kernel resolved, the object's own table", int(symbol.st_value), now)
        said = self.guest.get((self.name, full))
        self.c.same(f"{full}: the guest's kallsyms", said, [now])
        return name, now

    def place(self, target, at):
        """What the place of one relocation holds: applied, cleared, or something else."""
        offset, info, addend = (self.prog.read_u64(at + 8 * i) for i in range(3))
        size, relative = TYPES[info & 0xffffffff]
        where = int(target.sh_addr) + offset
        held = int.from_bytes(self.prog.read(where, size), "little")
        _, now = self.address_of(info >> 32)
        if now is not None:
            wanted = (now + addend - (where if relative else 0)) % (1 << 8 * size)
            if held == wanted:
                return "applied"
        return "other" if held else "cleared"

    def sections(self):
        for i in range(1, int(self.info.hdr.e_shnum)):
            section = self.info.sechdrs[i]
            if not section.sh_flags & SHF_RELA_LIVEPATCH:
                continue
            target = self.info.sechdrs[int(section.sh_info)]
            counts = {"applied": 0, "cleared": 0, "other": 0}
            total = int(section.sh_size) // RELA_SIZE
            for k in range(total):
                counts[self.place(target, int(section.sh_addr) + k * RELA_SIZE)] += 1
            yield self.section_name(section), self.section_name(target), total, counts


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: check-relocs.py VMLINUX VMCORE TRUTH.txt REPORT.json")
    vmlinux, vmcore, truth, path = sys.argv[1:]
    prog = drgn.Program()
    prog.set_core_dump(vmcore)
    prog.load_debug_info([vmlinux])
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    guest = guest_symbols(truth)
    modules, c = Modules(prog), Checker()
    mine = {(r["module"], r["object"], r["section"]): r for r in report["relocations"]}
    seen = 0
    for module in modules.all.values():
        if not module.klp:
            continue
        relocations = Relocations(prog, modules, module, c, guest)
        for name, target, total, counts in relocations.sections():
            obj, _, section = name.removeprefix(".klp.rela.").partition(".")
            seen += 1
            r = mine.pop((relocations.name, obj, section), None)
            c.same(f"{relocations.name} {name}: is there", True, r is not None)
            if not r:
                continue
            c.same(f"{name}: the section", target, r["section"])
            c.same(f"{name}: loaded", obj == "vmlinux" or obj in modules.all, r["loaded"])
            c.same(f"{name}: total", total, r["total"])
            c.same(f"{name}: applied", counts["applied"], r["applied"])
            c.same(f"{name}: cleared", counts["cleared"] if not r["loaded"] else 0, r["cleared"])
            c.same(f"{name}: anything else", counts["other"], r["stale"] + r["unknown"] + r["mismatched_total"])
    c.same("sections that drgn does not see", {}, mine)
    print(f"{c.count - c.bad} of {c.count} agree, {seen} sections")
    sys.exit(1 if c.bad or not seen else 0)


if __name__ == "__main__":
    main()
