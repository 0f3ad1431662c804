#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damages a capsule, one place at a time: less may be known then, nothing else is said.

usage: bend.py KLPSCOPE DAMAGE CAPSULE WORK cut|bend COUNT SEED

KLPSCOPE is best one built with sanitizers.  cut: the file ends early, in COUNT
places and at each boundary of its parts.  bend: each number of the headers and
of the notes' headers, and COUNT places elsewhere, are overwritten.

A run ends with an error in one line, or with a report that says that the capsule
is damaged, is not complete, and agrees with the whole capsule's by the rules of
tests/damage/damage compare.  What nothing but the checksum checks, the words of
VMCOREINFO, the CPUs' registers and pages that are not packed, may lie.
"""

import json
import os
import random
import subprocess
import sys

from parts import Parts

KLPSCOPE, DAMAGE, CAPSULE, WORK = sys.argv[1:5]
WHAT, COUNT, RNG = sys.argv[5], int(sys.argv[6]), random.Random(int(sys.argv[7]))
BENT, REPORT, WHOLE = (os.path.join(WORK, name) for name in ("bent", "bent.json", "whole.json"))


def run(path):
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
    return subprocess.run([KLPSCOPE, "-a", "-j", path], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          timeout=120, env=environment)


def bare(text):
    report = json.loads(text)
    for key in ("path", "format", "capsule"):
        del report["dump"][key]
    return report


class Judge:
    def __init__(self):
        self.seen, self.bad = {}, []

    def judge(self, what, data, may_lie=False):
        with open(BENT, "wb") as f:
            f.write(data)
        r = run(BENT)
        key = self.verdict(r)
        if key == "another answer" and may_lie:
            key = "a lie"
        self.seen[key] = self.seen.get(key, 0) + 1
        if key not in ("an error", "less", "a lie"):
            self.bad.append(what)
            print(f"{what}: {key}\n{(self.words or r.stderr.decode(errors='replace'))[:600]}")

    def verdict(self, r):
        self.words = ""
        if r.returncode == 4:
            one_line = r.stderr.count(b"\n") == 1 and BENT.encode() in r.stderr and not r.stdout
            return "an error" if one_line else "an error of another kind"
        if r.returncode not in (0, 3):
            return f"exit status {r.returncode}"
        try:
            report = bare(r.stdout)
        except (ValueError, KeyError) as e:
            return f"no report: {e}"
        if r.returncode == 0 or report["summary"]["complete"]:
            return "nothing noticed"
        if not any(f["code"] == "capsule-damaged" for f in report["findings"]):
            return "not said to be damaged"
        with open(REPORT, "wb") as f:
            f.write(r.stdout)
        compared = subprocess.run([DAMAGE, "compare", WHOLE, REPORT], capture_output=True, text=True, check=False)
        self.words = compared.stdout + compared.stderr
        return "another answer" if compared.returncode else "less"


def nasty(old):
    """What a number may become."""
    size = len(old)
    value = int.from_bytes(old, "little")
    top = 1 << 8 * size
    for new in (0, 1, top - 1, top >> 1, (value + 1) % top, (value - 1) % top, value ^ 1 << RNG.randrange(8 * size)):
        if new != value:
            yield new.to_bytes(size, "little")


def cut(data, parts, judge):
    places = {at for _, at, _ in parts.numbers} | {at + size for _, _, at, size in parts.notes} | {parts.pages}
    places |= set(range(0, 128, 16)) | {len(data) - n for n in (1, 2, 100, 4095, 4096, 4097)}
    places |= {RNG.randrange(len(data)) for _ in range(COUNT)}
    for at in sorted(p for p in places if 0 <= p < len(data)):
        judge.judge(f"cut at {at}", data[:at])


def bend(data, parts, judge):
    for what, at, size in parts.numbers:
        for new in nasty(data[at:at + size]):
            judge.judge(f"{what} at {at}: {data[at:at + size].hex()} became {new.hex()}",
                        data[:at] + new + data[at + size:])
    regions = [(f"in note {name} {kind}", at, size, name != "KLPSCOPE") for name, kind, at, size in parts.notes if size]
    regions.append(("in the pages", parts.pages, len(data) - parts.pages, not parts.bitmaps))
    if parts.bitmaps:
        regions.append(("in the bitmaps", *parts.bitmaps, False))
    for i in range(COUNT):
        what, start, size, may_lie = regions[i % len(regions)]
        at = start + RNG.randrange(size)
        new = bytes([data[at] ^ 1 << RNG.randrange(8)])
        judge.judge(f"{what} at {at}: {data[at:at + 1].hex()} became {new.hex()}", data[:at] + new + data[at + 1:],
                    may_lie)


def main():
    os.makedirs(WORK, exist_ok=True)
    with open(CAPSULE, "rb") as f:
        data = f.read()
    r = run(CAPSULE)
    if r.returncode != 0:
        sys.exit(f"{CAPSULE}: exit status {r.returncode}: {r.stderr.decode()}")
    with open(WHOLE, "wb") as f:
        f.write(r.stdout)
    judge = Judge()
    {"cut": cut, "bend": bend}[WHAT](data, Parts(data, RNG), judge)
    os.unlink(BENT)
    print(", ".join(f"{what}: {n}" for what, n in sorted(judge.seen.items())))
    # A test whose damage never arrives proves nothing.
    return bool(judge.bad) or not judge.seen.get("an error")


if __name__ == "__main__":
    sys.exit(main())
