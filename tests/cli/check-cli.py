#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command as people and robots use it: options, exit codes, terminals.

usage: check-cli.py KLPSCOPE TEST-VMCORES
       check-cli.py KLPSCOPE --formats FOLDER

The second is about files that only mkvmcore's --formats all makes.
"""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

KLPSCOPE, DUMPS = sys.argv[1], sys.argv[-1]
COUNT = BAD = 0


def dump(scenario):
    return os.path.join(DUMPS, scenario, "vmcore.capsule")


def check(what, holds, seen=""):
    global COUNT, BAD
    COUNT += 1
    if not holds:
        BAD += 1
    print(f"{'ok' if holds else 'not ok'} {what}{'' if holds else f': {seen!r}'}")


def run(*args, **kwargs):
    return subprocess.run([KLPSCOPE, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, **kwargs)


def environment(**changes):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    env.update(TERM="xterm", **changes)
    return env


def on_terminal(columns, args, **changes):
    """What a terminal of that width receives: (output, exit status)."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(KLPSCOPE, [KLPSCOPE, *args], environment(**changes))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    out = b""
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return out.decode(), os.waitstatus_to_exitcode(status)


def display_width(line):
    line = re.sub(r"\x1b\[[0-9;]*m", "", line)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def exit_codes():
    check("complete: 0", run(dump("active")).returncode == 0)
    for args in ([], ["--no-such-option"], ["-x", dump("active")], ["-p"], [dump("active"), dump("stalled")],
                 ["-tx", dump("active")], ["-t-1", dump("active")], ["-t1x", dump("active")],
                 ["-t4294967296", dump("active")], ["--transition=", dump("active")], ["-t"],
                 ["-sx", dump("active")], ["-s-1", dump("active")], ["-s1x", dump("active")],
                 ["--shadow=", dump("active")], ["-s", "7", dump("active")], ["-s18446744073709551616", dump("active")],
                 ["--split"], ["check", dump("active")], ["check", "--patch", "x"]):
        r = run(*args)
        check(f"wrong usage: 64: {args[:2]}", r.returncode == 64 and not r.stdout and "--help" in r.stderr,
              (r.returncode, r.stderr))
    for path in ("/no/such/file", "/dev/null", "/", "/proc/self/mem"):
        r = run(path)
        check(f"not a dump: 4: {path}", r.returncode == 4 and path in r.stderr and r.stderr.count("\n") == 1,
              (r.returncode, r.stderr))
    r = run("--force", dump("active"))
    check("--force alone: 64", r.returncode == 64 and "--vmlinux" in r.stderr, (r.returncode, r.stderr))
    r = run("-p", "no_such_patch", dump("active"))
    check("no such patch is said", r.returncode == 64 and "no_such_patch" in r.stderr, (r.returncode, r.stderr))


def check_command():
    cases = [("active", "klp_test_vmlinux", 0), ("active", "klp_no_such", 1), ("disabled", "klp_test_single", 1),
             ("stalled", "klp_test_stall", 2)]
    for scenario, patch, status in cases:
        r = run("check", "--patch", patch, dump(scenario))
        check(f"check {patch} in {scenario}: {status}", r.returncode == status and patch in r.stdout,
              (r.returncode, r.stdout, r.stderr))
        r = run("check", "-q", "--patch", patch, dump(scenario))
        check("check -q is quiet", r.returncode == status and not r.stdout + r.stderr)
    check("check says why", "being applied" in run("check", "-p", "klp_test_stall", dump("stalled")).stdout)
    check("check says that there is none", "no patch" in run("check", "-p", "klp_no_such", dump("active")).stdout)
    check("check takes dashes", run("check", "-p", "klp-test-vmlinux", dump("active")).returncode == 0)
    check("check escapes", "\x1b" not in run("check", "-p", "\x1b[2J", dump("active")).stdout)
    check("check of nothing: 64", run("check", "-p", "", dump("active")).returncode == 64)
    report = json.loads(run("-j", dump("active")).stdout)
    address = report["patches"][0]["address"]
    check("check by address", run("check", "-p", address, dump("active")).returncode == 0)
    check("check of no dump: 4", run("check", "-p", "x", "/dev/null").returncode == 4)


def filters():
    whole = json.loads(run("-j", dump("active")).stdout)
    one = json.loads(run("-j", "-p", "klp_test_modules", dump("active")).stdout)
    check("-p: one patch", [p["name"] for p in one["patches"]] == ["klp_test_modules"])
    check("-p: the summary stays whole", one["summary"] == whole["summary"])
    check("-j: the order of report.md", list(whole) == [
        "schema", "generator", "dump", "summary", "patches", "detached_modules", "transition", "tasks",
        "shadow_variables", "relocations", "findings"], list(whole))
    check("-j: schema", whole["schema"] == "klpscope-1")
    check("-j: the same bytes twice", run("-j", dump("active")).stdout == run("-j", "-f", "-t", dump("active")).stdout)
    check("-f: functions", "version_proc_show" in run("-f", dump("active")).stdout)
    check("functions are not in the first screen", "version_proc_show" not in run(dump("active")).stdout)


def transition():
    report = json.loads(run("-j", dump("stalled")).stdout)
    tasks = {p["comm"]: p["pid"] for p in report["transition"]["pending"]}
    check("-j: pending tasks", sorted(tasks) == ["klp_waiter_k", "klp_waiter_u"], tasks)
    screen = run(dump("stalled")).stdout
    words = f"2 of {report['transition']['tasks_total']} tasks had not switched yet"
    check("the first screen says how many had not switched", words in screen, screen)
    check("and no table of them", "PATCH STATE" not in screen)
    for option in ("-t", "--transition", "-a"):
        text = run(option, dump("stalled")).stdout
        check(f"{option}: a row for each",
              all(re.search(rf"^ *{pid} +{pid} +{comm} ", text, re.M) for comm, pid in tasks.items()), text)
    pid = tasks["klp_waiter_u"]
    for option in (f"-t{pid}", f"--transition={pid}"):
        text = run(option, dump("stalled")).stdout
        check(f"{option}: one that had not", f"klp_waiter_u ({pid}): had not switched yet" in text and
              not re.search(r"^ *\d+ +\d+ +klp_waiter_k ", text, re.M), text)
    check("-t1: one that had", "Task init (1): had switched: " in run("-t1", dump("stalled")).stdout)
    check("-t0: the idle tasks", run("-t0", dump("stalled")).stdout.count("Task swapper/") == 2)
    check("-t PID that there is not", "there was no such task" in run("-t4000000", dump("stalled")).stdout)
    for option in ("-t", "-t1"):
        r = run(option, dump("active"))
        check(f"{option}: no transition", r.returncode == 0 and
              "None was under way: the answers above are the same for every task" in r.stdout, r.stdout)
    check("-j: a PID changes nothing", run("-j", dump("stalled")).stdout == run("-j", "-t1", dump("stalled")).stdout)


def stacks():
    """-b, and the crash path on the first screen."""
    under, beside = dump("panic-under-patch"), dump("panic-beside")
    for path, words, names in ((under, "ran livepatch_descend() of patch klp_test_panic", ["livepatch_descend"]),
                               (beside, "no patched function on it", [])):
        text, summary = run(path).stdout, json.loads(run("-j", path).stdout)["summary"]
        check(f"the first screen says: {words}", f"Crash path: {words}" in text and "\nStacks\n" not in text, text)
        check(f"-j: crash_path {names}", summary["crash_path"] == names, summary)
    for option in ("-b", "--backtrace", "-a"):
        text = run(option, under).stdout
        check(f"{option}: the stack", re.search(r"^ +2 +0x\w+ +livepatch_descend\+0x\w+ \[klp_test_panic\] +patch",
                                                text, re.M) is not None, text)
    plain, with_b = run("-j", under).stdout, run("-j", "-b", under).stdout
    check("-j: stacks only when asked for", json.loads(plain)["tasks"] is None and
          json.loads(with_b)["tasks"]["patched_stacks"][0]["panic"] is True)
    check("-j -b is -j -a", with_b == run("-j", "-a", under).stdout)


def left_behind():
    """-s, -S, -r, -c: what there is to see is in test-vmcores/, whether it is right is asked elsewhere."""
    path = dump("shadow")
    plain, ids = run("-j", path).stdout, run("-s", path).stdout
    check("-s: a row for each id", re.search(r"^ *1 +300 ", ids, re.M) and re.search(r"^ *2 +5 ", ids, re.M), ids)
    for option in ("-s2", "--shadow=2", "-s0x2"):
        text = run(option, path).stdout
        shown = set(re.findall(r"0xffff[0-9a-f]{12}", text)) - set(re.findall(r"0xffff[0-9a-f]{12}", ids))
        check(f"{option}: each of that id", len(shown) >= 10, text)
    check("-s of an id that there is not", re.search(r"no shadow variable", run("-s77", path).stdout, re.I) is not None,
          run("-s77", path).stdout)
    with_id = json.loads(run("-j", "-s2", path).stdout)["shadow_variables"]["ids"]
    check("-j -s2: the objects of that id alone", [len(x["objects"] or []) for x in with_id] == [0, 5, 0], with_id)
    check("-j -s changes nothing", run("-j", "-s", path).stdout == plain)
    for option in ("-s", "-S", "-r", "-c"):
        r = run(option, path)
        check(f"{option}: more than the first screen", r.returncode == 0 and len(r.stdout) > len(run(path).stdout), r)
        check(f"-j {option}: JSON has it anyway", option == "-c" or run("-j", option, path).stdout == plain)
    check("the first screen has none of it",
          not re.search("shadow variable|Callbacks|relocation|Integrity", run(path).stdout))
    check("-r: each section", len(re.findall(r"klp_test_relocs +\S+ +\.", run("-r", dump("relocs")).stdout)) >= 3,
          run("-r", dump("relocs")).stdout)
    text = run("-S", dump("callbacks")).stdout
    check("-S: callbacks",
          all(x in text for x in ("pre_patch", "post_unpatch", "not yet (1)", "unknown: not loaded")), text)


def help_and_version():
    r = run("--help")
    check("--help", r.returncode == 0 and r.stdout.startswith("Usage:") and not r.stderr)
    check("--help fits 80 columns", all(len(x) <= 80 for x in r.stdout.splitlines()))
    check("-h is --help", run("-h").stdout == r.stdout)
    check("--version", re.fullmatch(r"klpscope \d+\.\d+\S*\n", run("--version").stdout) is not None)
    with open("man/klpscope.8.scd", encoding="utf-8") as f:
        man = f.read()
    for option in sorted(set(re.findall(r"--[a-z]+", r.stdout))):
        check(f"the man page has {option}", option in man.replace("\\", ""))


def terminals():
    for scenario in ("active", "stalled", "replaced", "replacing", "irq"):
        for width in (80, 60, 120):
            out, status = on_terminal(width, ["-a", dump(scenario)])
            # The path of the dump is the user's own word: it is not cut.
            long = [x for x in out.replace("\r", "").splitlines() if display_width(x) > width and DUMPS not in x]
            check(f"{scenario}: {width} columns", status == 0 and (width < 80 or not long), long)
    colour = "\x1b["
    check("colour on a terminal", colour in on_terminal(80, [dump("active")])[0])
    check("NO_COLOR", colour not in on_terminal(80, [dump("active")], NO_COLOR="1")[0])
    check("TERM=dumb", colour not in on_terminal(80, [dump("active")], TERM="dumb")[0])
    check("no colour in a pipe", colour not in run("-a", dump("active")).stdout)
    check("COLUMNS", max(display_width(x) for x in on_terminal(200, ["-f", dump("active")], COLUMNS="80")[0]
                         .replace("\r", "").splitlines() if DUMPS not in x) <= 80)
    check("the locale changes nothing",
          run("-a", dump("active"), env=environment(LC_ALL="C")).stdout ==
          run("-a", dump("active"), env=environment(LC_ALL="C.UTF-8")).stdout)


def output_errors():
    with open("/dev/full", "w", encoding="ascii") as full:
        r = subprocess.run([KLPSCOPE, dump("active")], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    check("no room on the output: 70", r.returncode == 70 and "No space left" in r.stderr, (r.returncode, r.stderr))
    r = subprocess.run(["sh", "-c", f'"{KLPSCOPE}" -a "{dump("active")}" >&-'], capture_output=True, text=True,
                       check=False)
    check("closed output: 70", r.returncode == 70 and r.stderr, (r.returncode, r.stderr))
    # A reader that goes away, as `| head -1` does.
    read, write = os.pipe()
    process = subprocess.Popen([KLPSCOPE, "-j", dump("active")], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    os.close(read)
    process.communicate()
    check("a reader that goes away ends it", process.returncode in (-signal.SIGPIPE, 70), process.returncode)


def file_of(file_format):
    return os.path.join(DUMPS, f"vmcore.{file_format}")


def unknown():
    r = run(file_of("trunc90"))
    check("something unknown: 3", r.returncode in (0, 3))
    if "Crash path: UNKNOWN" in r.stdout:
        check("an unknown crash path: 3", r.returncode == 3 and "INCOMPLETE" in r.stdout, (r.returncode, r.stdout))
    # Nobody panicked: that is known, and not a gap.
    r = run(file_of("qemu-elf"))
    check("nobody panicked: 0", r.returncode == 0 and "nobody had panicked" in r.stdout, (r.returncode, r.stdout))


def temporary_files():
    with tempfile.TemporaryDirectory() as tmp:
        r = run("-j", "--tmpdir", tmp, file_of("flat"))
        check("nothing is left in --tmpdir", r.returncode == 0 and not os.listdir(tmp))
        r = run("-j", file_of("flat"), env=environment(TMPDIR=tmp))
        check("nothing is left in TMPDIR", r.returncode == 0 and not os.listdir(tmp))
    r = run("--tmpdir", "/no/such/folder", file_of("flat"))
    check("a --tmpdir that is not there", r.returncode == 4 and "/no/such/folder" in r.stderr,
          (r.returncode, r.stderr))


def main():
    if sys.argv[2] == "--formats":
        parts = (unknown, temporary_files)
    else:
        parts = (exit_codes, check_command, filters, transition, stacks, left_behind, help_and_version, terminals,
                 output_errors)
    for part in parts:
        part()
    print(f"{COUNT - BAD} passed, {BAD} failed")
    return BAD != 0


if __name__ == "__main__":
    sys.exit(main())
