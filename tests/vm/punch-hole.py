#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies an x86_64 ELF vmcore with pages taken out, as makedumpfile -E does.

usage: punch-hole.py IN OUT ADDRESS...

The page of each kernel virtual address, or for "table:ADDRESS" the last page
table that maps it, becomes a hole: memory that a segment
has (p_memsz) and the file has not (p_filesz).  A reader that gives zeros there
makes an empty list of a filtered one.
"""

import re
import struct
import sys

PAGE = 4096
PT_LOAD, PT_NOTE = 1, 4
PRESENT, HUGE = 1, 0x80
FRAME = 0x000FFFFFFFFFF000


class Core:
    """One ELF64 little-endian core file in memory, with its segments."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())
        if self.data[:6] != b"\x7fELF\x02\x01":
            sys.exit(f"{path}: not a 64-bit little-endian ELF file")
        self.phoff, = struct.unpack_from("<Q", self.data, 32)
        self.phentsize, self.phnum = struct.unpack_from("<HH", self.data, 54)
        if self.phnum == 0xFFFF:
            sys.exit(f"{path}: too many segments for this tool")
        self.segments = [list(struct.unpack_from("<IIQQQQQQ", self.data, self.phoff + i * self.phentsize))
                         for i in range(self.phnum)]
        info = b""
        for kind, _, offset, _, _, size, _, _ in self.segments:
            if kind == PT_NOTE:
                info += self.data[offset:offset + size]
        self.swapper = int(re.search(rb"SYMBOL\(swapper_pg_dir\)=([0-9a-f]+)", info).group(1), 16)
        self.phys_base = int(re.search(rb"NUMBER\(phys_base\)=(-?\d+)", info).group(1))

    def physical(self, address, size):
        """Bytes at a physical address."""
        for kind, _, offset, _, paddr, filesz, _, _ in self.segments:
            if kind == PT_LOAD and paddr <= address and address + size <= paddr + filesz:
                return self.data[offset + address - paddr:offset + address - paddr + size]
        sys.exit(f"physical 0x{address:x} is not in the file")

    def translate(self, address, last_table=False):
        """The physical address of a kernel virtual one, by its page tables, or of the last of those."""
        table = self.swapper - 0xFFFFFFFF80000000 + self.phys_base
        for shift in (39, 30, 21, 12):
            entry, = struct.unpack("<Q", self.physical(table + (address >> shift & 511) * 8, 8))
            if not entry & PRESENT:
                sys.exit(f"0x{address:x} is not mapped")
            if last_table and (shift == 12 or entry & HUGE):
                return table
            if shift != 12 and entry & HUGE:
                return (entry & FRAME & ~((1 << shift) - 1)) | (address & ((1 << shift) - 1))
            table = entry & FRAME
        return table | (address & (PAGE - 1))

    def punch(self, page):
        """Splits every segment that has the page: what is before it, with the hole, and what is behind."""
        out = []
        for seg in self.segments:
            kind, flags, offset, vaddr, paddr, filesz, memsz, align = seg
            if kind != PT_LOAD or not paddr <= page < paddr + filesz:
                out.append(seg)
                continue
            before = page - paddr
            out.append([kind, flags, offset, vaddr, paddr, before, before + PAGE, align])
            skip = before + PAGE
            if memsz > skip:
                out.append([kind, flags, offset + skip, vaddr + skip, paddr + skip, max(filesz - skip, 0),
                            memsz - skip, align])
        self.segments = out

    def write(self, path):
        """Headers and notes go in front of the old file, without a gap: crash looks for them nowhere else."""
        head = bytearray(self.data[:64])
        struct.pack_into("<Q", head, 32, 64)
        struct.pack_into("<HH", head, 54, 56, len(self.segments))
        notes = b"".join(self.data[seg[2]:seg[2] + seg[5]] for seg in self.segments if seg[0] == PT_NOTE)
        at = 64 + 56 * len(self.segments)
        base = (at + len(notes) + PAGE - 1) // PAGE * PAGE
        for kind, flags, offset, *rest in self.segments:
            head += struct.pack("<IIQQQQQQ", kind, flags, at if kind == PT_NOTE else offset + base, *rest)
            at += rest[2] if kind == PT_NOTE else 0
        with open(path, "wb") as f:
            f.write((head + notes).ljust(base, b"\0"))
            f.write(self.data)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    core = Core(sys.argv[1])
    pages = {core.translate(int(a.split(":")[-1], 16), a.startswith("table:")) & ~(PAGE - 1) for a in sys.argv[3:]}
    for page in pages:
        core.punch(page)
    core.write(sys.argv[2])


if __name__ == "__main__":
    main()
