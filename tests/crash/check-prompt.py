#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""klp at crash's prompt, as somebody at a terminal uses it.

usage: check-prompt.py KLPSCOPE KLP_SO SLOW_READ_SO VMLINUX CACHE [SESSION]...

CACHE is mkvmcore's: the folders stalled and stacked.  SLOW_READ_SO is made of
slow-read.c.  What klp shows is compared with what the command KLPSCOPE says of
the same dump.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import prompt
from prompt import Lost, check, same

KLPSCOPE, KLP_SO, SLOW_SO, VMLINUX, CACHE = [os.path.abspath(x) for x in sys.argv[1:6]]
LESS = "/usr/bin/less"      # where crash looks for it
PATCH = "klp_test_stall"    # the only livepatch of the scenario stalled
SOON = 5.0                  # seconds until crash must be back at its prompt
GROWTH = 128                # KiB that crash must not grow by, however often klp runs: 0 is measured


def without_compression(report):
    """crash does not tell the compression of its pages."""
    return re.sub(r"kdump-compressed \((lzo|zlib|snappy|zstd)\)", "kdump-compressed", report)


class Crash(prompt.Session):
    """A crash with klp loaded, in a folder of its own where the dump is called dump."""

    def __init__(self, dump, *options):
        self.folder = tempfile.mkdtemp(prefix="check-prompt.")
        os.mkdir(self.path("home"))
        os.symlink(dump, self.path("dump"))
        shutil.copy(KLP_SO, self.path("klp.so"))
        env = {"PATH": os.environ["PATH"], "HOME": self.path("home"), "TERM": "xterm", "LC_ALL": "C.UTF-8",
               "LD_PRELOAD": SLOW_SO, "SLOW_DUMP": self.path("dump"), "SLOW_FLAG": self.path("slow")}
        super().__init__(["crash", *options, VMLINUX, "dump"], self.folder, env)
        self.prompt(180)
        self.loaded = self.type("extend klp.so")
        self.type("set scroll off")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def to_file(self, command):
        """What a command writes to a file; nothing must come to the terminal."""
        said = self.type(f"{command} > out")
        return self.text("out") if not said.strip() else f"on the terminal: {said}"

    def from_commands(self, name):
        """What a file of commands wrote to a file: crash puts the command itself in front."""
        first, _, rest = self.text(name).partition("\n")
        return rest if first.startswith(f"{prompt.PROMPT}klp") else first

    def cli(self, *args):
        """The command's report of the same dump."""
        r = subprocess.run([KLPSCOPE, *args, "dump"], cwd=self.folder, capture_output=True, text=True, check=False)
        return without_compression(r.stdout)

    def cli_on_terminal(self, *args):
        """The same on a terminal of 80 columns, without colours."""
        env = {"TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        return without_compression(prompt.shown([KLPSCOPE, *args, "dump"], self.folder, env))

    def slow(self, microseconds):
        """From here on each page of the dump takes that long; 0: as fast as it is."""
        if microseconds:
            self.write("slow", str(microseconds))
        elif os.path.exists(self.path("slow")):
            os.unlink(self.path("slow"))

    def end(self):
        status = super().end()
        shutil.rmtree(self.folder)
        return status


# --- what klp says, and where to ---

def plain_report(s):
    check("extend", "klp.so: shared object loaded" in s.loaded, s.loaded)
    for args in ([], ["-f"], ["-a"], ["-j"], ["-j", "-a"], ["--json"], ["-p", PATCH]):
        command = " ".join(["klp", *args])
        same(f"{command}, on the terminal", s.type(command), s.cli_on_terminal(*args))
        same(f"{command} > file", s.to_file(command), s.cli(*args))
    for long, short in (("--functions", "-f"), ("--all", "-a"), (f"--patch={PATCH}", f"-p {PATCH}"), ("-fj", "-j")):
        same(f"klp {long}", s.to_file(f"klp {long}"), s.to_file(f"klp {short}"))
    same("twice the same", s.type("klp -a"), s.type("klp -a"))


def redirection(s):
    said = s.type("klp | grep -c klp_test")
    check("klp | grep", said.strip() == str(sum("klp_test" in x for x in s.cli().splitlines())), said)
    said = s.type("klp -j | wc -c")
    check("klp -j | wc -c", said.strip() == str(len(s.cli("-j").encode())), said)
    said = s.type("klp -j | head -n 1")
    check("a reader that goes away", said.strip() == "{", said)
    said = s.type("klp -j | sleep 0.1")
    check("a reader that does not read", not said.strip(), said)
    s.type("klp -j > twice")
    s.type("klp -j >> twice")
    same("klp >> file", s.text("twice"), 2 * s.cli("-j"))
    said = s.type("klp -j > /no/such/folder/file")
    check("a file that cannot be opened", "unable to open" in said and "{" not in said, said)
    s.type("klp > /dev/full")
    same("klp after a full disk", s.to_file("klp"), s.cli())
    s.write("commands", "klp -j > from_file\nklp -p no_such > no_such\nklp -x\nklp > from_file2\n")
    said = s.type("< commands")
    same("< file", s.from_commands("from_file"), s.cli("-j"))
    same("< file goes on after what was wrong", s.from_commands("from_file2"), s.cli())
    check("< file says what was wrong", "no_such" in said and "Usage:" in said, said)
    s.type("alias k klp -j")
    same("an alias", s.to_file("k"), s.cli("-j"))


def the_help(s):
    page = s.type("help klp")
    sections = re.findall(r"^[A-Z]+$", page, re.M)
    check("help klp", sections[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"] and page.startswith("\nNAME\n  klp - "), page)
    long = [x for x in page.split("EXAMPLES", 1)[0].splitlines() if len(x) > 80]
    check("help klp fits 80 columns", not long, long)
    synopsis = page.split("SYNOPSIS\n", 1)[1].split("\n", 1)[0]
    for option in "".join(re.findall(r"\[-(\w+)", synopsis)):
        check(f"help klp tells -{option}", re.search(rf"^ +-{option}  ?", page, re.M), page)
    for command in ("klp -h", "klp --help", "klp -j --help"):
        same(f"{command} is help klp", s.type(command).rstrip("\n"), page.rstrip("\n"))
    # crash lists it among its commands.
    check("help names klp", re.search(r"\bklp\b", s.type("help")) is not None)


def bad_options(s):
    usage = "Usage:\n  klp [-f"
    for args in ("-x", "--nope", "extra", "-p", "--patch", "--json=1", "-j extra", '-p ""'):
        said = s.type(f"klp {args}")
        check(f"klp {args}: usage", usage in said and "Dump " not in said and '"schema"' not in said, said)
    same("klp after wrong options", s.to_file("klp"), s.cli())


def one_patch(s):
    address = re.search(r'"address": "0x([0-9a-f]+)"', s.cli("-j").split('"patches"', 1)[1]).group(1)
    expected = s.cli("-p", PATCH)
    symbols = s.type("sym patch")
    check("crash knows a symbol at the patch", address in symbols, symbols)
    for word in (PATCH.replace("_", "-"), f"0x{address}", address, address.upper(), "patch"):
        same(f"klp -p {word}", s.to_file(f"klp -p {word}"), expected)
    for word in ("no_such", "0x10", "1", "linux_banner", "0x", "ffffffffffffffffffffffffff", "-1", "%s%n"):
        said = s.type(f"klp -p {word}")
        check(f"klp -p {word} is no patch", said.startswith("klp: no patch") and "Dump " not in said and
              word in said, said)
    s.write("hostile", "klp -p \x1b[2J\x07\n")
    s.unseen = s.transcript = b""
    s.type("< hostile")
    # crash repeats the line itself; the message about it comes behind.
    said = s.transcript.split(b"klp: no patch", 1)[-1].split(b"\n", 1)[0]
    check("a hostile name is not shown raw", b"\x1b" not in said and b"\x07" not in said, said)


def ambiguous(s):
    """Two livepatch modules with a static variable of one name."""
    said = s.type("klp -p patch")
    found = re.findall(r"klp (-p 0x[0-9a-f]+)", said)
    check("-p of a symbol at two patches says so", len(found) == 2 and "several patches" in said and "Dump" not in said,
          said)
    reports = [s.to_file(f"klp {x}") for x in found]
    names = ["klp_test_lower", "klp_test_upper"]
    same("... and the addresses that it names are theirs", "".join(reports), "".join(s.cli("-p", x) for x in names))


def one_task(s):
    """As crash's own commands take a task, and nothing that is another one to us than to the reader."""
    pids = [int(x) for x in re.findall(r'"pid": (\d+)', s.cli("-j").split('"pending"', 1)[1])]
    check("the scenario's tasks that had not switched", len(pids) > 1, pids)
    init_task = re.search(r"([0-9a-f]{16}) \(\w\) init_task", s.type("sym init_task")).group(1)
    for pid in [*pids[:2], 1, 0, 99999]:
        expected = s.cli(f"-t{pid}")
        for word in (f"-t {pid}", f"-t{pid}", f"--transition={pid}", f"-t 0x{pid:x}", f"-t0X{pid:X}", f"-t 0x0{pid:x}"):
            same(f"klp {word}", s.to_file(f"klp {word}"), expected)
    for word in (f"0x{init_task}", init_task, init_task.upper()):
        said = s.to_file(f"klp -t {word}")
        check(f"klp -t {word}", "swapper/0 (0)" in said, said)
    # A decimal number is no hexadecimal PID, though crash's own commands would try that next.
    for word in [f"{x:x}" for x in pids if f"{x:x}".isdigit()]:
        same(f"klp -t {word}", s.to_file(f"klp -t {word}"), s.cli(f"-t{word}"))
    for word in ("0x", "0X", "7f", "0x7x0", "x7", "0x100000000", "4294967296", "0x10000000000000001", "init"):
        said = s.type(f"klp -t {word}")
        check(f"klp -t {word} is no task", said.startswith("klp: neither a PID nor") and "Dump " not in said, said)


def left_behind(s):
    """-s takes an id as the command does, and one after a blank, too."""
    for word in ("-s 7001", "-s7001", "--shadow=7001", "-s 0x1b59", "-s0X1B59"):
        same(f"klp {word}", s.to_file(f"klp {word}"), s.cli("-s7001"))
    for word in ("x", "-1", "7001x", "18446744073709551616", "0x"):
        said = s.type(f"klp -s {word}")
        check(f"klp -s {word} is no id",
              (said.startswith("klp: not the id of") or "Usage" in said) and "Dump " not in said, said)
    for word in ("-s", "-S", "-r", "-c", "--shadow", "--states", "--relocations", "--integrity"):
        same(f"klp {word}", s.to_file(f"klp {word}"), s.cli(word))


# --- crash's own settings ---

def settings(s):
    expected = {x: s.cli(*x.split()) for x in ("", "-a", "-j")}
    for on, off in (("radix 16", "radix 10"), ("zero_excluded on", "zero_excluded off"), ("debug 8", "debug 0"),
                    ("print_max 1", "print_max 256"), ("redzone off", "redzone on"), ("hash off", "hash on"),
                    ("silent on", "silent off")):
        s.type(f"set {on}")
        before = s.to_file("set -v")
        for args, report in expected.items():
            same(f"set {on}: klp {args}", s.to_file(f"klp {args}"), report)
        same(f"set {on}: still so afterwards", s.to_file("set -v"), before)
        s.type(f"set {off}")


def errors(s):
    """Where crash's messages go is the user's setting."""
    said = s.type("struct no_such_struct")
    s.type("klp")
    check("an error of another command is still shown", s.type("struct no_such_struct") == said and "no_such" in said,
          said)
    said = s.type("klp -p no_such > out")
    check("set error default: to the terminal and the file", "no_such" in said and "no_such" in s.text("out"),
          (said, s.text("out")))
    s.type("set error errors")
    s.type("klp")
    said = s.type("klp -p no_such")
    s.type("struct no_such_struct")
    s.type("set error default")
    check("set error FILE", s.text("errors").count("no_such") >= 2 and "klp: no" not in said,
          (said, s.text("errors")))
    s.type("set error redirect")
    said = s.type("klp -p no_such > out")
    check("set error redirect: to the file", "no_such" in s.text("out") and "klp: no" not in said,
          (said, s.text("out")))
    # Or crash would close the file a second time.
    check("set error redirect: to the terminal again", "no_such" in s.type("klp -p no_such"))
    s.type("set error default")


def neighbours(s):
    """What other commands say does not change by klp."""
    for command in ("bt", "ps", "sym jiffies", "mod", "rd linux_banner 4", "struct klp_patch", "rd init_uts_ns 4"):
        before = s.to_file(command)
        s.type("klp -j > report")
        same(f"{command} after klp", s.to_file(command), before)


# --- the scroller ---

def page(s, keys="", pattern=None):
    """The next that less shows."""
    if keys:
        s.send(keys)
    return s.wait(pattern or r"-- MORE --[^\n]*\Z", 20)


def scroller(s):
    if not os.path.exists(LESS):
        print("no less here: the scroller is not tested")
        return
    s.type("set scroll on")
    s.resize(60)
    said = s.type("klp")
    check("less: a report of less than a page ends by itself", "Patches on klp_patches" in said, said)
    s.resize(24)
    for n in range(3):
        s.send("klp -j\r")
        first = page(s)
        check("less: the first page", '"schema": "klpscope-1"' in first and '"findings"' not in first, first)
        if n:
            check("less: the second page", '"schema"' not in page(s, " "))
        s.send("q")
        said = s.prompt(SOON)
        check("less: q in the middle", '"findings"' not in said, said)
        same("less: klp after it", s.to_file("klp -j"), s.cli("-j"))
    s.send("klp -j\r")
    shown = page(s)
    while not shown.endswith(prompt.PROMPT):
        shown += page(s, " ", rf"-- MORE --[^\n]*\Z|[\n\r]{prompt.PROMPT}\Z")
    check("less: to the end", '"findings": []' in shown, shown)
    s.send("help klp\r")
    check("less: help klp", "SYNOPSIS" in page(s))
    s.send("q")
    s.prompt(SOON)
    s.send("klp -j\r")
    page(s)
    s.interrupt()
    s.pause(0.3)
    s.send("q")
    said = s.sync(SOON)
    check("less: Ctrl-C", '"findings"' not in said, said)
    s.type("set scroll off")
    same("less: klp after Ctrl-C", s.to_file("klp -j"), s.cli("-j"))


# --- Ctrl-C ---

def interrupted(s, command, delay):
    """Ctrl-C after that long: (what came on the terminal, seconds until the prompt)."""
    s.send(command + "\r")
    s.wait(re.escape(command) + r"\n")
    s.pause(delay)
    start = time.monotonic()
    s.interrupt()
    said = s.prompt(60)
    took = time.monotonic() - start
    # Came it late, crash shows a second prompt.
    said += s.sync()
    return re.sub(r"\^C|eval \d+|crash> ", "", said).strip(), took


def ctrl_c(s):
    s.slow(20000)
    for n, (command, delay) in enumerate([("klp", 0.5), ("klp -j", 1.0), ("klp -a", 0.1), ("klp -p patch", 2.0)]):
        said, took = interrupted(s, command, delay)
        check(f"Ctrl-C in {command}: nothing is shown", not said, said)
        check(f"Ctrl-C in {command}: soon", took < SOON, took)
        if n == 1:
            s.slow(0)
            same("Ctrl-C, then klp", s.to_file("klp -j"), s.cli("-j"))
            s.slow(20000)
    said, took = interrupted(s, "klp -j > stopped", 0.5)
    check("Ctrl-C in klp > file", not said and not s.text("stopped") and took < SOON, (said, took))
    said, took = interrupted(s, "klp -j | cat", 0.5)
    check("Ctrl-C in klp | cat", not said and took < SOON, (said, took))
    s.write("commands", "klp\nklp -j\nklp -a\n")
    s.send("< commands\r")
    s.wait("klp\n")
    s.pause(0.5)
    start = time.monotonic()
    s.interrupt()
    said = s.sync()
    check("Ctrl-C in < file", '"schema"' not in said and "Dump " not in said and
          time.monotonic() - start < 2 * SOON, said)
    s.slow(0)
    check("Ctrl-C: errors are still shown", "no_such" in s.type("struct no_such_struct"))
    said = s.type("p 6*7")
    check("Ctrl-C: gdb still answers", "42" in said, said)
    same("Ctrl-C: klp -j", s.to_file("klp -j"), s.cli("-j"))
    same("Ctrl-C: klp -a, on the terminal", s.type("klp -a"), s.cli_on_terminal("-a"))
    s.send("repeat -1 klp -p no_such\r")
    s.wait("klp: no patch(?s:.*)klp: no patch")
    s.interrupt()
    said = s.sync()
    check("Ctrl-C in repeat", said.count("klp: no patch") < 1000, said)


def ctrl_c_at_any_time(s):
    """The whole report or nothing, whenever it comes; the beginning of it when it comes right then."""
    whole = s.type("klp -j").strip()
    for pause, moments, until in ((200, 24, 1.4), (0, 40, 1.6)):
        s.slow(pause)
        start = time.monotonic()
        s.type("klp -j")
        length = time.monotonic() - start
        seen = [interrupted(s, "klp -j", length * until * n / moments)[0] for n in range(moments)]
        early, late = seen.count(""), seen.count(whole)
        odd = [x for x in seen if x not in ("", whole)]
        check("Ctrl-C at any time: nothing but the report", all(whole.startswith(x) for x in odd), odd)
        check(f"Ctrl-C at any time, {length:.2f} s: both came", early > 1 and late > 1, (early, late, odd))
    s.slow(0)
    same("Ctrl-C at any time: klp afterwards", s.to_file("klp -j"), s.cli("-j"))


# --- what stays behind ---

def growth(s, runs):
    """KiB that crash grows by while it runs a file of commands."""
    s.write("runs", runs)
    before = s.memory()
    s.type("< runs", 120)
    return s.memory() - before


def memory(s):
    pair = "klp -a > all\nklp -j > json\n"
    growth(s, 10 * pair)
    files = s.files()
    grown = growth(s, 90 * pair)
    check(f"200 runs: crash grows by less than {GROWTH} KiB", grown < GROWTH, grown)
    print(f"180 runs: {grown} KiB")
    same("200 runs: the last is right", s.from_commands("json"), s.cli("-j"))
    same("200 runs: the last of the text, too", s.from_commands("all"), s.cli("-a"))
    growth(s, 20 * "klp -p no_such\nklp -x\n")
    grown = growth(s, 100 * "klp -p no_such\nklp -x\n")
    check(f"200 runs that end early: less than {GROWTH} KiB", grown < GROWTH, grown)
    print(f"200 runs that end early: {grown} KiB")
    check("200 runs: no more files are open", s.files() == files, (files, s.files()))


def memory_after_ctrl_c(s):
    s.slow(5000)
    for _ in range(4):
        interrupted(s, "klp -j", 0.1)
    files, before = s.files(), s.memory()
    for _ in range(20):
        said, _ = interrupted(s, "klp -j", 0.1)
        check("20 times Ctrl-C: nothing is shown", not said, said) if said else None
    grown = s.memory() - before
    s.slow(0)
    check(f"20 times Ctrl-C: crash grows by less than {GROWTH} KiB", grown < GROWTH, grown)
    print(f"20 times Ctrl-C: {grown} KiB")
    check("20 times Ctrl-C: no more files are open", s.files() == files, (files, s.files()))


def unloading(s):
    for n in range(6):
        said = s.type("extend -u klp.so")
        check("extend -u", "shared object unloaded" in said, said)
        said = s.type("klp")
        check("extend -u: no klp any more", "klp" in said and "Dump" not in said and "fault" not in said, said)
        with open(f"/proc/{s.pid}/maps", encoding="utf-8") as f:
            check("extend -u: it is not in memory any more", "klp.so" not in f.read())
        said = s.type("extend klp.so")
        check("extend again", "shared object loaded" in said, said)
        same("extend again: klp", s.to_file("klp -j"), s.cli("-j"))
        if n == 1:
            files, before = s.files(), s.memory()
    grown = s.memory() - before
    check("extend and extend -u: no more files are open", s.files() == files, (files, s.files()))
    check(f"extend and extend -u: less than {GROWTH} KiB", grown < GROWTH, grown)
    print(f"4 times unloaded: {grown} KiB")
    said = s.type("extend klp.so")
    check("extend twice", "already loaded" in said, said)


# One start of crash each: it takes some seconds.  The last one is for doing by hand: crash itself may be hit where
# it cannot bear a longjmp.
SESSIONS = {
    "kdump-compressed": ("stalled/vmcore.lzo", [], [
        plain_report, redirection, the_help, bad_options, one_patch, one_task, settings, errors, neighbours, ctrl_c,
        memory, memory_after_ctrl_c, unloading]),
    "ELF": ("stacked/vmcore.elf", [], [ambiguous, left_behind, ctrl_c, memory, memory_after_ctrl_c, unloading]),
    "--minimal": ("stalled/vmcore.lzo", ["--minimal"], [memory, unloading]),
    "scroller": ("stalled/vmcore.lzo", [], [scroller]),
    "any-time": ("stacked/vmcore.elf", [], [ctrl_c_at_any_time]),
}


def run(name, dump, options, parts):
    """All parts in one crash, or in a new one after a part that lost it."""
    s = None
    for part in parts:
        start = time.monotonic()
        print(f"--- {name}: {part.__name__}", flush=True)
        bad = prompt.BAD
        try:
            s = s or Crash(os.path.join(CACHE, dump), *options)
            part(s)
        except (Lost, OSError) as e:
            check(f"{name}: {part.__name__}", False, "lost crash")
            print(e)
        if prompt.BAD != bad and s:
            print(f"--- the end of the transcript:\n{s.tail()}\n---")
            s.end()
            s = None
        print(f"    {time.monotonic() - start:.1f} s")
    if s:
        check(f"{name}: quit", s.end() == 0)


def main():
    for name in sys.argv[6:] or SESSIONS:
        run(name, *SESSIONS[name])
    return prompt.result()


if __name__ == "__main__":
    sys.exit(main())
