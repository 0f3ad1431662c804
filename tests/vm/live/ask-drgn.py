# SPDX-License-Identifier: GPL-2.0-or-later
"""One program, whose kernel changes meanwhile."""

import contextlib
import subprocess

import drgn

import klpscope

prog = drgn.Program()
prog.set_kernel()
for when in ("", "-more"):
    if when:
        subprocess.run(["/init", "more", "drgn"], check=True)
    for again in ("", ".again"):
        with open(f"/tmp/out/klpdrgn{when}{again}.json", "w") as out, contextlib.redirect_stdout(out):
            klpscope.klp(prog, "-j -a")
