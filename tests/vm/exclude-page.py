#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies an x86_64 kdump-compressed vmcore with pages filtered out of it.

usage: exclude-page.py ELF IN OUT ADDRESS...

ELF is an ELF vmcore of the same crash: its page tables say where the pages
lie.  ADDRESS is as for punch-hole.py, "table:ADDRESS" the last page table.  A
filtered page is one that the second bitmap lacks; descriptors are for those
that it has, so that the page's own goes.
"""

import importlib.util
import os
import struct
import sys

DESCRIPTOR = 24
PAGE_SHIFT = 12


def core_class():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "punch-hole.py")
    spec = importlib.util.spec_from_file_location("punch_hole", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Core


class Kdump:
    """One little-endian 64-bit kdump-compressed file in memory."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())
        if self.data[:8] != b"KDUMP   ":
            sys.exit(f"{path}: not a kdump-compressed file")
        self.block, sub_header, self.bitmap_blocks = struct.unpack_from("<III", self.data, 428)
        first = (1 + sub_header) * self.block
        self.dumpable = first + self.bitmap_blocks // 2 * self.block
        self.descriptors = first + self.bitmap_blocks * self.block

    def has(self, pfn):
        return self.data[self.dumpable + pfn // 8] >> pfn % 8 & 1

    def exclude(self, pfn):
        if not self.has(pfn):
            sys.exit(f"frame {pfn} is filtered out already")
        bits = self.data[self.dumpable:self.descriptors]
        total = sum(bin(b).count("1") for b in bits)
        before = sum(bin(b).count("1") for b in bits[:pfn // 8])
        before += bin(bits[pfn // 8] & ((1 << pfn % 8) - 1)).count("1")
        self.data[self.dumpable + pfn // 8] &= ~(1 << pfn % 8) & 0xFF
        start, end = self.descriptors + before * DESCRIPTOR, self.descriptors + total * DESCRIPTOR
        self.data[start:end] = self.data[start + DESCRIPTOR:end] + bytes(DESCRIPTOR)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    core = core_class()(sys.argv[1])
    dump = Kdump(sys.argv[2])
    for address in sys.argv[4:]:
        at = core.translate(int(address.split(":")[-1], 16), address.startswith("table:"))
        dump.exclude(at >> PAGE_SHIFT)
    with open(sys.argv[3], "wb") as f:
        f.write(dump.data)


if __name__ == "__main__":
    main()
