#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of a capsule is that of the dump that it was made from.

usage: same.py json|text [--in-crash] [--redacted NAMES.json] ORIGINAL CAPSULE

The files are reports by -a.  All counts but where the dump lies, its format,
and what is said of its being a capsule, which the original must not say and
the capsule must.  With --redacted, names of tasks and the host's name read
"[redacted]" in the capsule's; NAMES.json is the JSON report of the original.
With --in-crash the capsule's is klp's inside crash, which need not know it for
one.
"""

import difflib
import json
import re
import sys

BLANK = "[redacted]"


def tasks_of(report):
    """{(name, PID)} of all tasks that a report names."""
    found = set()

    def collect(value):
        if isinstance(value, dict):
            if isinstance(value.get("comm"), str):
                found.add((value["comm"], value["pid"]))
            value = list(value.values())
        for v in value if isinstance(value, list) else ():
            collect(v)

    collect(report)
    return found


def blank_words(text, report):
    """A task in a sentence and as a row of a table; the host in the head."""
    for comm, pid in tasks_of(report):
        text = text.replace(f"{comm} ({pid})", f"{BLANK} ({pid})")
        text = re.sub(rf"^( *{pid} +\d+ +){re.escape(comm)} ", rf"\1{BLANK} ", text, flags=re.M)
    return text.replace(f"host {report['dump']['nodename']},", f"host {BLANK},")


def blank_json(value, report):
    if isinstance(value, dict):
        return {k: BLANK if k in ("comm", "nodename") and isinstance(v, str) else blank_json(v, report)
                for k, v in value.items()}
    if isinstance(value, list):
        return [blank_json(v, report) for v in value]
    return blank_words(value, report) if isinstance(value, str) else value


def bare_json(path, is_capsule, blank=None):
    """The report's lines without what may differ; the order of keys counts.

    is_capsule: None if that may differ, too.
    """
    with open(path, encoding="utf-8") as f:
        text = f.read()
    report = json.loads(text)
    # As it was printed but for these, so that nothing is lost in between.
    if json.dumps(report, indent=2, ensure_ascii=False) + "\n" != text:
        sys.exit(f"{path}: not laid out as it used to be")
    dump = report["dump"]
    if is_capsule is not None and (dump["capsule"] is not None) != is_capsule:
        sys.exit(f"{path}: dump.capsule is {dump['capsule']!r}")
    if blank:
        report = blank_json(report, blank)
    for key in ("path", "format", "capsule"):
        del report["dump"][key]
    return json.dumps(report, indent=2, ensure_ascii=False).splitlines()


def bare_text(path, is_capsule, blank=None):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    # Either with the lines that continue it.
    text, dumps = re.subn(r"^Dump  .*\n(?: {10}.*\n)*", "", text, flags=re.M)
    text, capsules = re.subn(r"^Capsule  .*\n(?: {10}.*\n)*", "", text, flags=re.M)
    if dumps != 1 or capsules not in ((0, 1) if is_capsule is None else (int(is_capsule),)):
        sys.exit(f"{path}: {dumps} lines about the dump, {capsules} about a capsule")
    if blank:
        text = blank_words(text, blank)
    return text.splitlines()


def squeezed(lines):
    """Columns are as wide as what is in them."""
    return [re.sub(r" +", " ", line) for line in lines]


def main():
    args = sys.argv[1:]
    kind, blank, is_capsule = args.pop(0), None, True
    if args[0] == "--in-crash":
        args.pop(0)
        is_capsule = None
    if args[0] == "--redacted":
        with open(args[1], encoding="utf-8") as f:
            blank = json.load(f)
        args = args[2:]
    bare = {"json": bare_json, "text": bare_text}[kind]
    original, capsule = bare(args[0], False, blank), bare(args[1], is_capsule)
    if blank and kind == "text":
        original, capsule = squeezed(original), squeezed(capsule)
    differences = list(difflib.unified_diff(original, capsule, *args, lineterm="", n=1))
    for line in differences[:60]:
        print(line)
    if not differences:
        print(f"{kind}: {len(original)} lines are the same")
    return bool(differences) or len(original) < 3


if __name__ == "__main__":
    sys.exit(main())
