#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""%klp at drgn's prompt, as somebody at a terminal uses it.

usage: check-prompt.py ROOT FOLDER DUMP [VMLINUX]

The drgn of ROOT (scripts/suite), in FOLDER there, where the files are.  It finds
%klp by its entry point alone, as make install left it below FOLDER/installed
with prefix=/usr.  What %klp shows is compared with what the command there says
of the same dump.  Once in the interpreter's own line editor, once in readline's.
"""

import glob
import json
import os
import subprocess
import sys

import prompt       # tests/crash
from prompt import check, same

RUN = os.path.abspath("scripts/suite")
PATCH = "klp_test_stall"        # the livepatch of the scenario stalled


class Drgn(prompt.Session):
    """A drgn that was started as users start it: no import, no script."""

    mark = ">>> "

    def __init__(self, root, folder, arguments, environment):
        self.folder = root + folder
        self.there = [RUN, "--run", root, folder]
        self.env = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
                    **environment}
        super().__init__([*self.there, "drgn", *arguments], "/", self.env)
        self.start = self.prompt(60)

    def type(self, line, timeout=60.0):
        """The interpreter's line editor ends a line the other way round: \\n\\r."""
        return super().type(line, timeout).lstrip("\r")

    def text(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as f:
            return f.read()

    def to_file(self, command):
        """What a command writes to a file; nothing must come to the terminal."""
        said = self.type(f"{command} > out")
        return self.text("out") if not said.strip() else f"on the terminal: {said}"


def session(s, command, dump):
    def cli(*args):
        r = subprocess.run([*s.there, command, *args, dump], env=s.env, capture_output=True, text=True, check=False)
        return r.stdout

    def terminal(*args):
        """The same on such a terminal."""
        return prompt.shown([*s.there, command, *args, dump], "/", s.env)

    check("no complaint about a plugin at the start", "klpscope" not in s.start, s.start)
    for args in ([], ["-f"], ["-t"], ["-p", PATCH], ["-a"], ["-j"]):
        line = " ".join(["%klp", *args])
        same(line, s.type(line), terminal(*args))
    for args in ([], ["-f"], ["-b"], ["-j", "-a"], ["--functions"], [f"--patch={PATCH}"], ["-fj"]):
        line = " ".join(["%klp", *args])
        same(f"{line} > file", s.to_file(line), cli(*args))
    said = s.type("%klp | grep -c klp_test")
    check("%klp | grep", said.strip() == str(sum("klp_test" in x for x in cli().splitlines())), said)
    said = s.type("%klp -j | wc -c")
    check("%klp -j | wc -c", said.strip() == str(len(cli("-j").encode())), said)
    said = s.type("%klp -j -a | head -n 1")
    check("a reader that goes away", said.strip() == "{", said)
    same("%klp after it", s.type("%klp"), terminal())

    said = s.type("%klp --nonsense")
    check("%klp --nonsense says what is wrong",
          "nonsense" in said and "Dump " not in said and "Traceback" not in said, said)
    for args in ("extra", "-p", "-t nobody", "-s x", '-p ""'):
        said = s.type(f"%klp {args}")
        check(f"%klp {args} is refused", said.strip() and "Dump " not in said and "Traceback" not in said, said)
    said = s.type("%klp -p no_such")
    check("%klp -p no_such", "no_such" in said and "Traceback" not in said, said)
    same("%klp after wrong ones", s.to_file("%klp"), cli())

    for line in ("%klp -h", "%klp --help"):
        said = s.type(line)
        for option in "ftbsSrcajph":
            check(f"{line} tells -{option}", f"-{option}" in said, said)
        check(f"{line} is help only", "Dump " not in said and "Traceback" not in said, said)

    # The same by Python at the same prompt.
    s.type("import klpscope")
    same("klp(prog)", s.type("klpscope.klp(prog)"), terminal())
    same("report(prog)", s.type("print(klpscope.report(prog)['summary'])"), f"{json.loads(cli('-j'))['summary']}\n")
    s.send("quit()\r")


def main():
    root, folder, *files = sys.argv[1:]
    installed = f"{folder}/installed/usr"
    module, = glob.glob(f"{root}{installed}/lib/python3*/**/klpscope.py", recursive=True)
    found = {"PYTHONPATH": os.path.dirname(module)[len(root):], "LD_LIBRARY_PATH": f"{installed}/lib"}
    debuginfo = ["-s", files[1]] if files[1:] else []
    # The name by which drgn knows it, however it was given.
    dump = os.path.join(folder, files[0])
    # Whatever the machine has by the kernel's name, nothing else tells drgn of it.
    arguments = ["--no-default-symbols", *debuginfo, "-c", files[0]]
    for editor in ({}, {"PYTHON_BASIC_REPL": "1"}):
        print(f"--- {arguments} {editor}")
        s = Drgn(root, folder, arguments, {**found, **editor})
        try:
            session(s, f"{installed}/bin/klpscope", dump)
        finally:
            status = s.end()
        check("drgn ends by itself", status == 0, status)
    return prompt.result()


if __name__ == "__main__":
    sys.exit(main())
