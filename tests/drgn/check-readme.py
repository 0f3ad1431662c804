#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What README's session in drgn prints is what it prints.

usage: check-readme.py README DUMP VMLINUX
"""

import doctest
import re
import sys

import drgn

README, DUMP, VMLINUX = sys.argv[1:4]


def main():
    with open(README, encoding="utf-8") as f:
        sessions = re.findall(r"^<!-- real: \S+ drgn -->\n```python\n(.*?)^```$", f.read(), re.S | re.M)
    prog = drgn.Program()
    prog.set_core_dump(DUMP)
    prog.load_debug_info([VMLINUX])
    runner = doctest.DocTestRunner(verbose=False)
    parser = doctest.DocTestParser()
    for i, session in enumerate(sessions):
        runner.run(parser.get_doctest(session, {"prog": prog}, f"session {i}", README, 0))
    print(f"{runner.tries} commands, {runner.failures} differ")
    return bool(runner.failures) or not runner.tries


if __name__ == "__main__":
    sys.exit(main())
