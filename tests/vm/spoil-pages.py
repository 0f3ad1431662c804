#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Spoils packed pages of a kdump-compressed dump, one at a time, and looks what becomes of it.

usage: spoil-pages.py KLPSCOPE DUMP WORK ROUNDS SEED

A page cannot be unpacked.  The command ends by itself, with an answer or
an error; so does a capsule, whose report is that of the dump.
"""

import json
import os
import random
import struct
import subprocess
import sys

KLPSCOPE, DUMP, WORK = sys.argv[1:4]
ROUNDS, RNG = int(sys.argv[4]), random.Random(int(sys.argv[5]))
SPOILED, CAPSULE = os.path.join(WORK, "spoiled"), os.path.join(WORK, "capsule")


def run(*args):
    return subprocess.run([KLPSCOPE, *args], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)


def spoil(data):
    """Where the data of each page lies: makedumpfile's descriptors of 24 bytes."""
    block, sub, bitmaps = struct.unpack_from("<3I", data, 428)
    bitmap = data[(1 + sub) * block + bitmaps * block // 2:(1 + sub + bitmaps) * block]
    pages, descriptors = sum(bin(x).count("1") for x in bitmap), (1 + sub + bitmaps) * block
    while True:
        at, size, flags = struct.unpack_from("<QII", data, descriptors + 24 * RNG.randrange(pages))
        # All zero pages share one, and those that are not packed cannot be wrong.
        if flags and size > 64:
            data[at + size // 2:at + size] = b"\xff" * (size - size // 2)
            return


def bare(text):
    report = json.loads(text)
    for key in ("path", "format", "capsule"):
        del report["dump"][key]
    return report


def one_round(whole):
    data = bytearray(whole)
    spoil(data)
    with open(SPOILED, "wb") as f:
        f.write(data)
    dump = run("-a", "-j", SPOILED)
    capsule = run("capsule", "--force", "-o", CAPSULE, SPOILED)
    if dump.returncode not in (0, 3, 4) or capsule.returncode != dump.returncode:
        return f"exit status {dump.returncode}, of the capsule {capsule.returncode}: {capsule.stderr.decode()}"
    if dump.returncode == 4:
        return None
    again = run("-a", "-j", CAPSULE)
    same = again.returncode == dump.returncode and bare(again.stdout) == bare(dump.stdout)
    return None if same else "the capsule's report is another"


def main():
    os.makedirs(WORK, exist_ok=True)
    with open(DUMP, "rb") as f:
        whole = f.read()
    bad = [words for words in (one_round(whole) for _ in range(ROUNDS)) if words]
    print("\n".join(bad + [f"{ROUNDS} rounds, {len(bad)} bad"]))
    for path in SPOILED, CAPSULE:
        if os.path.exists(path):
            os.unlink(path)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
