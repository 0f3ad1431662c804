#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Flips bits in the page descriptors of a kdump-compressed dump, one at a time.

usage: bend-descriptors.py KLPSCOPE DUMP COUNT SEED

Whatever a descriptor says of its page's place and length, klpscope (best one
built with sanitizers) ends with a report or an error, and within its memory.
"""

import random
import shutil
import struct
import subprocess
import sys
import tempfile

DESCRIPTOR = 24  # offset 8, size 4, flags 4, page_flags 8


def descriptors(header):
    """Where the descriptors begin, from the header of a little-endian 64-bit dump."""
    if header[:8] != b"KDUMP   ":
        sys.exit("not a kdump-compressed file")
    # struct disk_dump_header: signature 8, version 4, utsname 6 * 65, padding, timestamp 16, then these.
    block_size, sub_blocks, bitmap_blocks = struct.unpack_from("<III", header, 428)
    return (1 + sub_blocks + bitmap_blocks) * block_size


def main():
    klpscope, dump, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    seen = {}
    with tempfile.NamedTemporaryFile() as copy:
        with open(dump, "rb") as original:
            shutil.copyfileobj(original, copy)
        copy.seek(0)
        start = descriptors(copy.read(4096))
        copy.seek(start)
        first_data, = struct.unpack("<Q", copy.read(8))
        number = (first_data - start) // DESCRIPTOR
        for _ in range(count):
            # In half of the runs many at once, for a report reads few of them.
            bent = []
            for _ in range(1 if rng.random() < 0.5 else 2000):
                at = start + rng.randrange(number) * DESCRIPTOR + rng.randrange(16)
                copy.seek(at)
                old = copy.read(1)
                bent.append((at, old))
                copy.seek(at)
                copy.write(bytes([old[0] ^ 1 << rng.randrange(8)]))
            copy.flush()
            run = subprocess.run([klpscope, "-j", copy.name], stdin=subprocess.DEVNULL, capture_output=True,
                                 check=False)
            seen[run.returncode] = seen.get(run.returncode, 0) + 1
            if run.returncode not in (0, 3, 4):
                print(run.stderr.decode(errors="replace")[:3000])
                print(f"exit status {run.returncode} with bytes bent at {bent[:4]} ...")
                return 1
            for at, old in reversed(bent):
                copy.seek(at)
                copy.write(old)
    print(f"exit statuses: {seen}")
    # A test whose damage never arrives proves nothing.
    return 3 not in seen and 4 not in seen


if __name__ == "__main__":
    sys.exit(main())
