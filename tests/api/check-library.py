#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The library as it is installed: its symbols, and programs and Python that find it.

usage: check-library.py BUILD TEST-VMCORES
"""

import glob
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD, DUMPS = sys.argv[1:]
PREFIX = "/usr/local"
SONAME = "libklpscope.so.0"
HERE = os.path.dirname(os.path.abspath(__file__))
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
COUNT = BAD = 0


def check(what, holds, seen=""):
    global COUNT, BAD
    COUNT += 1
    if not holds:
        BAD += 1
    print(f"{'ok' if holds else 'not ok'} {what}{'' if holds else f': {seen!r}'}")


def run(*command, **kwargs):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **kwargs)


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def make_version():
    return re.search(r"^VERSION := (\S+)$", text_of("Makefile"), re.M).group(1)


def header():
    """Without comments and preprocessor lines."""
    text = re.sub(r"/\*.*?\*/", "", text_of("include/klpscope.h"), flags=re.S)
    return re.sub(r"^#.*\n", "", text, flags=re.M)


def symbols(library):
    def version_map():
        """The node of each function."""
        nodes = re.findall(r"^(KLPSCOPE_[\d.]+) \{(.*?)^\}", text_of("src/libklpscope.map"), re.M | re.S)
        return {name: node for node, body in nodes for name in re.findall(r"^\t\t(klpscope_\w+);$", body, re.M)}

    declared = re.findall(r"\b(klpscope_\w+)\(", re.sub(r"\(\*\w+\)\([^;]*\)", "", header()))
    public = re.findall(r"KLPSCOPE_API\b[^;(]*?\b(klpscope_\w+)\(", header())
    check("every function of the header is KLPSCOPE_API", sorted(declared) == sorted(public) and len(public) > 15,
          set(declared) ^ set(public))
    nodes = version_map()
    # Of one release together, in the header's order.
    wanted = sorted(public, key=lambda name: (nodes.get(name, ""), public.index(name)))
    check("the version script has these functions, in their order", list(nodes) == wanted, (list(nodes), wanted))

    lines = run("nm", "-D", "--defined-only", library).stdout.splitlines()
    names = sorted(line.split()[2] for line in lines if line.split()[1] != "A")
    check("the library shows them and nothing else, each with its version",
          names == sorted(f"{name}@@{node}" for name, node in nodes.items()), names)
    check("… all of them functions", all(line.split()[1] in "TA" for line in lines), lines)
    newest = max((tuple(map(int, n.split("_")[1].split("."))) for n in nodes.values()), default=())
    check("no version is newer than the release", newest <= tuple(map(int, make_version().split("."))), newest)


def soname(folder):
    dynamic = run("readelf", "-dW", os.path.join(folder, "libklpscope.so")).stdout
    check("the soname", re.findall(r"\(SONAME\).*\[(.*)\]", dynamic) == [SONAME], dynamic)
    check("no folder to look for libraries is in it", "PATH" not in dynamic, dynamic)
    real = f"libklpscope.so.{make_version()}"
    links = {name: os.readlink(os.path.join(folder, name)) for name in (SONAME, "libklpscope.so")}
    check("the links", links == {SONAME: real, "libklpscope.so": SONAME} and
          os.path.isfile(os.path.join(folder, real)) and not os.path.islink(os.path.join(folder, real)), links)


def install(root):
    r = run("make", "-s", "-C", ROOT, f"BUILD={BUILD}", f"DESTDIR={root}", f"prefix={PREFIX}", "install")
    check("make install", r.returncode == 0, r.stdout + r.stderr)
    found = set()
    for folder, _, names in os.walk(root):
        found |= {os.path.relpath(os.path.join(folder, name), root) for name in names}
    here = {f"usr/local/{name}" for name in (
        "bin/klpscope", "include/klpscope.h", "lib/libklpscope.a", "lib/libklpscope.so", f"lib/{SONAME}",
        f"lib/libklpscope.so.{make_version()}", "lib/pkgconfig/klpscope.pc", "share/man/man8/klpscope.8")}
    check("what is installed, but for Python and crash",
          {name for name in found if "/python3" not in name and "/crash/" not in name} == here, found ^ here)


def compilers():
    """C and C++, of GCC and of Clang, whichever there are."""
    c = [name for name in ("gcc", "clang") if shutil.which(name)]
    cplusplus = [name for name in ("g++", "clang++") if shutil.which(name)]
    check("a compiler for C and one for C++", c and cplusplus)
    return [(name, ["-std=c11"]) for name in c] + [(name, ["-x", "c++", "-std=c++17"]) for name in cplusplus]


def programs(root, folder):
    libdir = f"{root}{PREFIX}/lib"
    env = dict(os.environ, PKG_CONFIG_PATH=f"{libdir}/pkgconfig", PKG_CONFIG_SYSROOT_DIR=root)
    dump = os.path.join(DUMPS, "stalled", "vmcore.capsule")
    wanted = run(os.path.join(BUILD, "klpscope"), "-j", dump).stdout

    def flags(*options):
        r = run("pkg-config", *options, "klpscope", env=env)
        check(f"pkg-config {' '.join(options)}", r.returncode == 0, r.stderr)
        return r.stdout.split()

    shown = f"$ ./report {os.path.relpath(dump, ROOT)} | jq -r .summary.kernel_identity\n" + \
        json.loads(wanted)["summary"]["kernel_identity"] + "\n"
    check("README's example", shown in text_of("README.md"), shown)
    check("the release", flags("--modversion") == [make_version()])
    cflags, libs, static = flags("--cflags"), flags("--libs"), flags("--static", "--libs")
    check("who links to it needs nothing else", libs == [f"-L{libdir}", "-lklpscope"], libs)

    def program(what, command, link, library):
        out = os.path.join(folder, "report")
        r = run(*command, *WARNINGS, *cflags, "-o", out, os.path.join(HERE, "report.c"), "-x", "none", *link)
        check(f"{what} compiles and links", r.returncode == 0, r.stderr)
        needed = re.findall(r"\(NEEDED\).*\[(libklpscope.*)\]", run("readelf", "-dW", out).stdout)
        check(f"{what} is linked to the library", needed == library, needed)
        r = run(out, dump, env=dict(os.environ, LD_LIBRARY_PATH=libdir))
        check(f"{what} prints what the command does", r.returncode == 0 and r.stdout == wanted and wanted, r.stderr)
        r = run(out, __file__, env=dict(os.environ, LD_LIBRARY_PATH=libdir))
        check("… and why it cannot", r.returncode == 1 and __file__ in r.stderr and not r.stdout, r)
        os.remove(out)

    for name, language in compilers():
        program(f"a program by {name}", [name, *language], libs, [SONAME])
    program("a static one", ["cc", "-std=c11"],
            ["-l:libklpscope.a" if flag == "-lklpscope" else flag for flag in static], [])


def python(root):
    """What importlib.metadata, and by it drgn, finds; the same that pip would install."""
    folders = glob.glob(f"{root}{PREFIX}/lib/python3*/*-packages")
    check("one folder of Python modules", len(folders) == 1, folders)
    if len(folders) != 1:
        return
    found = list(importlib.metadata.distributions(name="klpscope", path=folders))
    check("one distribution", [d.version for d in found] == [make_version()], found)
    points = [(e.group, e.name, e.value) for d in found for e in d.entry_points]
    check("drgn's plugin", points == [("drgn.plugins", "klpscope", "klpscope")], points)
    check("the module", os.listdir(folders[0]).count("klpscope.py") == 1, os.listdir(folders[0]))
    # Where the interpreter really looks, for the folder is not there yet when it is started.
    ours = folders[0][len(root):]
    looks = run("/usr/bin/python3", "-I", "-c", "import site; print(*site.getsitepackages())").stdout.split()
    check("where /usr/bin/python3 looks for modules", ours in looks, (ours, looks))

    project = text_of("extensions/drgn/pyproject.toml")
    values = dict(re.findall(r'^(\w+) = "(.*)"$', project, re.M))
    check("pyproject.toml: name, version, entry point", values["name"] == "klpscope" and
          values["version"] == make_version() and
          '[project.entry-points."drgn.plugins"]\nklpscope = "klpscope"\n' in project, values)
    check("… and summary", [d.metadata["Summary"] for d in found] == [values["description"]])


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "root")
        install(root)
        soname(f"{root}{PREFIX}/lib")
        symbols(f"{root}{PREFIX}/lib/libklpscope.so")
        programs(root, folder)
        python(root)
    print(f"{COUNT - BAD} passed, {BAD} failed")
    return BAD != 0


if __name__ == "__main__":
    sys.exit(main())
