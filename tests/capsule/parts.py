#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies where in a capsule.

usage: parts.py CAPSULE OUT

Writes the notes into OUT as they are when unpacked, for grep-pages, and prints
what there is of them.
"""

import random
import struct
import sys
import zlib


class Parts:
    """Where what lies in the file: headers, [(name, type, offset, size)] of notes, and what is behind."""

    def __init__(self, data, rng=random):
        self.rng = rng
        self.numbers = []       # (what, offset, size): numbers of headers
        self.notes = []
        self.bitmaps = None     # (offset, size): of a kdump-compressed one
        if data[:8] == b"KDUMP   ":
            self.kdump(data)
        else:
            self.elf(data)

    def add(self, what, at, *sizes):
        for i, size in enumerate(sizes):
            self.numbers.append((f"{what} {i}", at, size))
            at += size

    def kdump(self, data):
        block, sub_blocks, bitmap_blocks = struct.unpack_from("<III", data, 428)
        self.add("header", 0, 8, 4)
        # After utsname: timestamp and the rest.
        self.add("header, behind the names", 408, 8, 8, *[4] * 12)
        self.add("sub header", block, 8, 4, 4, *[8] * 11)
        at, size = struct.unpack_from("<QQ", data, block + 48)
        self.find_notes(data, at, size)
        start = (1 + sub_blocks) * block
        self.bitmaps = (start, bitmap_blocks * block)
        start += bitmap_blocks * block
        first, = struct.unpack_from("<Q", data, start)
        for at in self.rng.sample(range(start, first, 24), min(20, (first - start) // 24)):
            self.add("page descriptor", at, 8, 4, 4, 8)
        self.pages = first

    def elf(self, data):
        phoff, = struct.unpack_from("<Q", data, 32)
        phnum, = struct.unpack_from("<H", data, 56)
        self.add("header", 0, 4, 1, 1, 1, 1, 8, 2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2)
        segments = [struct.unpack_from("<IIQQQQQQ", data, phoff + 56 * i) for i in range(phnum)]
        for i in sorted({0, 1, phnum - 1} | set(self.rng.sample(range(phnum), min(10, phnum)))):
            self.add(f"segment {i}", phoff + 56 * i, 4, 4, *[8] * 6)
        for kind, _, offset, _, _, size, _, _ in segments:
            if kind == 4:
                self.find_notes(data, offset, size)
        self.pages = min(s[2] for s in segments if s[0] == 1)

    def find_notes(self, data, at, size):
        end = at + size
        while at + 12 <= end:
            name_size, desc_size, kind = struct.unpack_from("<III", data, at)
            name = data[at + 12:at + 12 + name_size].rstrip(b"\0").decode()
            self.add(f"note {name} {kind}", at, 4, 4, 4, min(name_size, 8))
            start = at + 12 + (name_size + 3) // 4 * 4
            self.notes.append((name, kind, start, desc_size))
            at = start + (desc_size + 3) // 4 * 4


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    with open(sys.argv[2], "wb") as out:
        for name, kind, at, size in Parts(data).notes:
            desc = data[at:at + size]
            # Packed ones, map and answers, have their size in front.
            if name == "KLPSCOPE" and kind & 0xFF in (2, 3):
                desc = zlib.decompress(desc[8:])
            print(f"note {name} {kind}: {size} bytes, {len(desc)} unpacked")
            out.write(desc)


if __name__ == "__main__":
    main()
