#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""klp inside crash on a dump that lies: pointers that lead nowhere, lists that never end, names with escape codes.

usage: check-bent.py KLPSCOPE KLP_SO VMLINUX DUMP.elf LOGS full|minimal

What holds of the command on such a dump is for `damage`, and for the unit tests.
Here the report inside crash is the command's, to the byte, and crash is alive
afterwards.  One crash has the dump open while one number of it after the other
is bent and made straight again: of an ELF dump crash keeps no pages.  In the
end crash is started on a dump that is bent.
"""

import importlib.util
import os
import shutil
import struct
import subprocess
import sys

import drgn
from drgn.helpers.linux.list import list_for_each_entry

import prompt

KLPSCOPE, KLP_SO, VMLINUX, ORIGINAL, LOGS = [os.path.abspath(x) for x in sys.argv[1:6]]
MODE = sys.argv[6]
BENT = os.path.join(LOGS, f"bent-{MODE}.elf")
OUT = os.path.join(LOGS, f"bent-{MODE}.out")
EVIL = b"\x1b[2J\x07\x9b31m\xff%s%n"
WIDE = b"A" * 56

spec = importlib.util.spec_from_file_location("punch_hole", "tests/vm/punch-hole.py")
punch_hole = importlib.util.module_from_spec(spec)
spec.loader.exec_module(punch_hole)


class Dump:
    """A copy of the dump, to be bent."""

    def __init__(self):
        self.core = punch_hole.Core(ORIGINAL)
        shutil.copyfile(ORIGINAL, BENT)
        self.file = open(BENT, "r+b", buffering=0)

    def is_mapped(self, address):
        try:
            self.core.translate(address)
        except SystemExit:
            return False
        return True

    def places(self, address):
        """Of a kernel virtual address in the file: what is in the kernel's image is there twice."""
        physical = self.core.translate(address)
        found = [offset + physical - paddr for kind, _, offset, _, paddr, size, _, _ in self.core.segments
                 if kind == punch_hole.PT_LOAD and paddr <= physical < paddr + size]
        return found or sys.exit(f"0x{address:x} is not in the file")

    def write(self, address, data):
        """Returns what was there."""
        assert address % punch_hole.PAGE + len(data) <= punch_hole.PAGE
        for at in self.places(address):
            os.pwrite(self.file.fileno(), data, at)
        return bytes(self.core.data[at:at + len(data)])


class Crash(prompt.Session):
    def __init__(self):
        options = ["--minimal"] if MODE == "minimal" else []
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        super().__init__(["crash", "-s", *options, VMLINUX, BENT], LOGS, env)
        self.prompt(300)
        self.type("set scroll off")
        self.type(f"extend {KLP_SO}")

    def klp(self, args):
        said = self.type(f"klp {args} > {OUT}", 120).strip()
        with open(OUT, "rb") as f:
            return f.read() + said.encode()


def cli(args):
    r = subprocess.run([KLPSCOPE, *args.split(), BENT], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                       check=False)
    return r.returncode, r.stdout


# --- what is bent ---

def where(thing):
    """The address of what drgn found in the dump."""
    return int(thing.address_of_())


def entries(kind, head, link):
    return list(list_for_each_entry(f"struct {kind}", head.address_of_(), link))


def behind(prog):
    """A task that has not switched yet."""
    return next(x for x in entries("task_struct", prog["init_task"].tasks, "tasks")
                if x.patch_state != prog["klp_target_state"])


def pointers(prog):
    """Of each list its head and a link, and the pointers that are followed: (what, address of the pointer)."""
    patches = entries("klp_patch", prog["klp_patches"], "list")
    klp_ops = prog.object("klp_ops", drgn.FindObjectFlags.VARIABLE)
    ops = entries("klp_ops", klp_ops, "node")
    stacked = max(ops, key=lambda x: len(entries("klp_func", x.func_stack, "stack_node")))
    stack = entries("klp_func", stacked.func_stack, "stack_node")
    objects = entries("klp_object", patches[0].obj_list, "node")
    functions = entries("klp_func", objects[0].func_list, "node")
    named = [x for x in objects if x.name]
    found = {
        "klp_patches.next": prog["klp_patches"].next,
        "klp_patches.prev": prog["klp_patches"].prev,
        "klp_patch.list.next": patches[0].list.next,
        "klp_patch.list.prev": patches[-1].list.prev,
        "klp_patch.mod": patches[0].mod,
        "klp_patch.obj_list.next": patches[0].obj_list.next,
        "klp_object.node.next": objects[0].node.next,
        "klp_object.func_list.next": objects[0].func_list.next,
        "klp_func.node.next": functions[0].node.next,
        "klp_func.old_name": functions[0].old_name,
        "klp_func.old_func": functions[0].old_func,
        "klp_func.new_func": functions[0].new_func,
        "klp_ops.next": klp_ops.next,
        "klp_ops.node.next": ops[0].node.next,
        "klp_ops.func_stack.next": stacked.func_stack.next,
        "klp_func.stack_node.next": stack[0].stack_node.next,
        "modules.next": prog["modules"].next,
        "module.list.next": patches[0].mod.list.next,
    }
    # Tasks are read in a transition only.
    if prog["klp_transition_patch"]:
        found["klp_transition_patch"] = prog["klp_transition_patch"]
        found["init_task.tasks.next"] = prog["init_task"].tasks.next
        found["task_struct.tasks.next"] = behind(prog).tasks.next
        found["task_struct.stack"] = behind(prog).stack
    if named:
        found["klp_object.name"] = named[0].name
    return {what: where(pointer) for what, pointer in found.items()}


def values(dump, prog, address):
    """What a pointer at that address may be instead: (what, value)."""
    module = entries("klp_patch", prog["klp_patches"], "list")[0].mod
    base, size = int(module.core_layout.base), int(module.core_layout.size)
    beyond_memory = int(prog["page_offset_base"]) + (1 << 40)
    no_module = next(x for x in range(0xffffffffff000000 - 0x1000, base, -0x1000) if not dump.is_mapped(x))
    assert dump.is_mapped(base + size - 8) and not dump.is_mapped(base + size)
    assert not dump.is_mapped(beyond_memory)
    return {
        "is NULL": 0,
        "is itself": address,
        "is a poison": 0xdead000000000122,
        "is not canonical": 0x0123456789abcdef,
        "is user's": 0x00007ffe12345678,
        "is in no module": no_module,
        "is beyond the memory": beyond_memory,
        "reaches over the end of a module": base + size - 8,
        "is the last byte of all": 0xffffffffffffffff,
    }


def names(prog):
    """(what, address of the first byte, how many there are)"""
    patches = entries("klp_patch", prog["klp_patches"], "list")
    objects = entries("klp_object", patches[0].obj_list, "node")
    function = entries("klp_func", objects[0].func_list, "node")[0]
    found = {
        "a module's name": (where(patches[0].mod.name), 56),
        "a function's name": (int(function.old_name), 12),
        "the host's name": (where(prog["init_uts_ns"].name.nodename), 65),
        "the release": (where(prog["init_uts_ns"].name.release), 65),
    }
    if prog["klp_transition_patch"]:
        found["a task's name"] = (where(behind(prog).comm), 16)
    for x in objects:
        if x.name:
            found["an object's name"] = (int(x.name), 12)
    return found


def bends(dump):
    """(what, options of klp, {address: bytes})"""
    prog = drgn.Program()
    prog.set_core_dump(ORIGINAL)
    prog.load_debug_info([VMLINUX])
    for what, address in pointers(prog).items():
        for how, value in values(dump, prog, address).items():
            yield f"{what} {how}", "-j", {address: struct.pack("<Q", value)}
    for what, (address, size) in names(prog).items():
        for args in ("-j", "-a"):
            yield f"{what} has escape codes, klp {args}", args, {address: EVIL[:size]}
            yield f"{what} does not end, klp {args}", args, {address: WIDE[:size]}


# --- what klp makes of it ---

def bad_bytes(report):
    return [x for x in report if (x < 0x20 and x != 0x0a) or x >= 0x7f]


def differs(what, theirs, mine):
    """Says how, when they do."""
    if theirs == mine and not bad_bytes(theirs):
        return False
    a, b = theirs.splitlines(), mine.splitlines()
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    print(f"not ok {what}: line {n + 1}: {a[n:n + 2]} instead of {b[n:n + 2]}; no text: {bad_bytes(theirs)}")
    return True


def bend_all(dump, crash, whole):
    """Returns (how many times it is wrong, exit statuses of the command, what made no difference, what crash bears)."""
    bad, seen, silent, bearable = 0, {}, [], {}
    for what, args, bent in bends(dump):
        straight = {address: dump.write(address, data) for address, data in bent.items()}
        status, mine = cli(args)
        seen[status] = seen.get(status, 0) + 1
        if (status, mine) == whole[args]:
            silent.append(what)
        bad += differs(what, crash.klp(args), mine)
        for address, data in straight.items():
            dump.write(address, data)
        # Of another release than its vmlinux crash does not start.
        if ("escape codes" in what and "release" not in what) or what == "klp_func.node.next is beyond the memory":
            bearable.update(bent)
    return bad, seen, silent, bearable


def main():
    dump = Dump()
    whole = {args: cli(args) for args in ("-j", "-a")}
    crash = Crash()
    bad, seen, silent, bearable = bend_all(dump, crash, whole)
    bad += differs("made straight again", crash.klp("-j"), whole["-j"][1])
    bad += crash.end() != 0
    for address, data in bearable.items():
        dump.write(address, data)
    crash = Crash()
    for args in ("-j", "-a"):
        bad += differs(f"klp {args}, started on the bent dump", crash.klp(args), cli(args)[1])
    bad += crash.end() != 0
    os.unlink(BENT)
    print(f"{sum(seen.values())} bent; exit statuses of the command {seen}; {bad} wrong")
    # A test whose damage never arrives proves nothing.
    if silent:
        print(f"no difference made: {silent}")
    return bad != 0 or silent != []


if __name__ == "__main__":
    sys.exit(main())
