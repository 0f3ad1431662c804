#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How a capsule gets into its file: whole or not at all, and over nobody's head.

usage: check-write.py KLPSCOPE CACHE

CACHE is mkvmcore's: the folders active, stalled and formats.
"""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time

KLPSCOPE, CACHE = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
DUMP = os.path.join(CACHE, "active", "vmcore.lzo")
# Of which no copy is made before it is read, so that the capsule is all that is written.
ELF = os.path.join(CACHE, "active", "vmcore.elf")
# A report of it takes longer, so that there is time to be interrupted.
SLOW = os.path.join(CACHE, "many-tasks", "vmcore.lzo")
COUNT = BAD = 0


def check(what, holds, seen=""):
    global COUNT, BAD
    COUNT += 1
    if not holds:
        BAD += 1
    print(f"{'ok' if holds else 'not ok'} {what}{'' if holds else f': {seen!r}'}")


def run(*args, **kwargs):
    return subprocess.run([KLPSCOPE, "capsule", *args], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          **kwargs)


def is_whole(path):
    """The report of it is complete, as that of the dump is."""
    r = subprocess.run([KLPSCOPE, "-a", "-j", path], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return r.returncode == 0 and json.loads(r.stdout)["dump"]["capsule"] is not None


def content(path):
    with open(path, "rb") as f:
        return f.read()


def in_folder(test):
    with tempfile.TemporaryDirectory(prefix="klpscope-write-") as folder:
        test(folder)


def plain(folder):
    out = os.path.join(folder, "capsule")
    r = run(DUMP, "-o", out)
    check("written: 0", r.returncode == 0 and is_whole(out), (r.returncode, r.stderr))
    check("a summary on the output, nothing else", b"page" in r.stdout and not r.stderr, (r.stdout, r.stderr))
    check("one file", os.listdir(folder) == ["capsule"], os.listdir(folder))
    check("a plain file", stat.S_ISREG(os.lstat(out).st_mode))
    first = content(out)
    os.unlink(out)
    r = run("-o", "capsule", "--", DUMP, cwd=folder, env={**os.environ, "TMPDIR": "/no/such/folder"})
    check("in the working folder", r.returncode == 0 and os.listdir(folder) == ["capsule"], (r.returncode, r.stderr))
    check("the same bytes twice", content(out) == first)
    for arguments in (["--output", out], [f"--output={out}"], [f"-o{out}"]):
        os.unlink(out)
        r = run(*arguments, DUMP)
        check(f"{arguments[0][:10]}", r.returncode == 0 and content(out) == first, (r.returncode, r.stderr))


def overwriting(folder):
    out = os.path.join(folder, "mine")

    def refused(what, word):
        r = run(DUMP, "-o", out)
        check(f"{what}: refused", r.returncode == 64 and word in r.stderr and out.encode() in r.stderr and
              not r.stdout and r.stderr.count(b"\n") == 1, (r.returncode, r.stdout, r.stderr))

    with open(out, "wb") as f:
        f.write(b"mine")
    refused("a file that is there", b"--force")
    check("and it is as it was", content(out) == b"mine" and os.listdir(folder) == ["mine"], os.listdir(folder))
    r = run("--force", DUMP, "-o", out)
    check("--force replaces it", r.returncode == 0 and is_whole(out) and os.listdir(folder) == ["mine"],
          (r.returncode, r.stderr))
    os.unlink(out)
    os.symlink("nowhere", out)
    refused("a link to nowhere", b"no regular file")
    check("and nothing is where it points", os.listdir(folder) == ["mine"], os.listdir(folder))
    os.unlink(out)
    os.mkdir(out)
    for force in ([], ["--force"]):
        r = run(DUMP, "-o", out, *force)
        check(f"a folder {force}", r.returncode in (64, 70) and r.stderr and os.listdir(out) == [] and
              os.listdir(folder) == ["mine"], (r.returncode, r.stderr, os.listdir(folder)))
    os.rmdir(out)
    # The dump itself, by another name.
    copy = os.path.join(folder, "dump")
    os.symlink(DUMP, copy)
    before = os.stat(DUMP)
    r = run(DUMP, "-o", copy)
    check("a link to the dump: refused", r.returncode == 64 and os.path.samestat(before, os.stat(copy)),
          (r.returncode, r.stderr))
    os.unlink(copy)
    with open(DUMP, "rb") as a, open(copy, "wb") as b:
        b.write(a.read())
    r = run("--force", copy, "-o", copy)
    check("--force does not replace the dump by its own capsule",
          r.returncode == 64 and os.path.getsize(copy) == before.st_size, (r.returncode, r.stderr))


def usage(folder):
    out = os.path.join(folder, "capsule")
    for args in ([DUMP], ["-o", out], [DUMP, "-o", out, "--format", "zip"], [DUMP, "-o", out, "--format"],
                 [DUMP, "-o", ""], [DUMP, "-o"], [DUMP, DUMP, "-o", out], ["--no-such-option", DUMP, "-o", out],
                 ["-j", DUMP, "-o", out]):
        r = run(*args)
        check(f"wrong usage: 64: {[os.path.basename(a) for a in args]}", r.returncode == 64 and not r.stdout and
              b"klpscope" in r.stderr and not os.listdir(folder), (r.returncode, r.stderr))
    for path in ("/no/such/file", "/dev/null", "/", __file__):
        r = run(path, "-o", out)
        check(f"not a dump: 4: {path}", r.returncode == 4 and path.encode() in r.stderr and not r.stdout and
              not os.listdir(folder), (r.returncode, r.stderr, os.listdir(folder)))
    r = run("--help")
    check("--help", r.returncode == 0 and b"capsule" in r.stdout and not r.stderr, (r.returncode, r.stderr))


def no_place(folder):
    plain_file = os.path.join(folder, "file")
    with open(plain_file, "wb"):
        pass
    for out in ("/no/such/folder/capsule", "/proc/klpscope-capsule", os.path.join(plain_file, "capsule")):
        r = run(DUMP, "-o", out)
        check(f"cannot be written: {out.replace(folder, 'FOLDER')}", r.returncode == 70 and
              os.path.basename(out).encode() in r.stderr and not r.stdout, (r.returncode, r.stdout, r.stderr))
    check("and nothing is there", os.listdir(folder) == ["file"], os.listdir(folder))


def on_tmpfs(folder, options, prepare, *args):
    """klpscope capsule into FOLDER on a tmpfs of its own: (exit status, errors, what is in it then)."""
    script = """mount -t tmpfs -o "$1" tmpfs "$2" || exit 99
cd "$2" && eval "$3"
shift 3
"$@" >/dev/null
echo "status $?"
for f in $(ls -A); do echo "$f $(wc -c <"$f")"; done"""
    r = subprocess.run(["unshare", "-m", "sh", "-c", script, "-", options, folder, prepare, KLPSCOPE, "capsule", *args],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    lines = r.stdout.splitlines()
    if not lines:
        return None, r.stderr, []
    return int(lines[0].split()[1]), r.stderr, lines[1:]


def no_room(folder):
    if os.geteuid() != 0:
        print("not root: no small file system")
        return
    for form in ("kdump", "elf"):
        # From the first page on to nearly enough.
        size = 0
        run(DUMP, "-o", os.path.join(folder, "capsule"), "--format", form)
        whole = os.path.getsize(os.path.join(folder, "capsule"))
        os.unlink(os.path.join(folder, "capsule"))
        for size in (4096, whole // 2 // 4096 * 4096, (whole - 1) // 4096 * 4096):
            status, errors, left = on_tmpfs(folder, f"size={size}", ":", DUMP, "-o", "capsule", "--format", form)
            check(f"no room for {form}, {100 * size // whole} %: 70, nothing left",
                  status == 70 and "No space left" in errors and left == [], (status, errors, left))
    status, errors, left = on_tmpfs(folder, "size=32768", "echo mine >capsule", "--force", DUMP, "-o", "capsule")
    check("no room: the file that was there still is", status == 70 and left == ["capsule 5"], (status, errors, left))
    status, errors, left = on_tmpfs(folder, "size=8192k", "mount -o remount,ro .", DUMP, "-o", "capsule")
    check("a file system that is read only", status == 70 and "Read-only" in errors and left == [],
          (status, errors, left))


def limited(size, action):
    """A file may have no more bytes than that: the next one ends the process, or fails."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, action)
    return prepare


def killed(folder):
    out = os.path.join(folder, "capsule")
    for size in (1, 4096, 20000, 60000):
        r = run(ELF, "-o", out, preexec_fn=limited(size, signal.SIG_DFL), restore_signals=False)
        check(f"ended after {size} bytes: nothing of that name", r.returncode == -signal.SIGXFSZ and
              not os.path.exists(out), (r.returncode, r.stderr))
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        r = run(ELF, "-o", out, preexec_fn=limited(size, signal.SIG_IGN), restore_signals=False)
        check(f"a write fails after {size} bytes: 70, nothing left", r.returncode == 70 and b"too large" in r.stderr and
              not os.listdir(folder), (r.returncode, r.stderr, os.listdir(folder)))
    start = time.monotonic()
    run(SLOW, "-o", out)
    takes = time.monotonic() - start
    os.unlink(out)
    for sig in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        partly = leftovers = 0
        for i in range(20):
            with subprocess.Popen([KLPSCOPE, "capsule", SLOW, "-o", out], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                # The file is written last.
                time.sleep(takes * (0.5 + i / 38))
                process.send_signal(sig)
            partly += os.path.exists(out) and not is_whole(out)
            for name in os.listdir(folder):
                leftovers += name != "capsule"
                os.unlink(os.path.join(folder, name))
        check(f"{sig.name} at 20 moments: whole or not there", partly == 0, partly)
        check(f"{sig.name}: nothing else left", leftovers == 0 or sig == signal.SIGKILL, leftovers)
        print(f"{sig.name}: {leftovers} files of other names were left")


def streams(folder):
    out = os.path.join(folder, "capsule")
    run(DUMP, "-o", out)
    r = run(DUMP, "-o", "-")
    check("-o -: the file's bytes", r.returncode == 0 and r.stdout == content(out), (r.returncode, len(r.stdout)))
    check("-o -: the summary is on standard error", b"page" in r.stderr, r.stderr)
    check("-o -: no file", os.listdir(folder) == ["capsule"], os.listdir(folder))
    r = run(os.path.join(CACHE, "formats", "vmcore.trunc90"), "-o", "-")
    s = subprocess.run([KLPSCOPE, "-a", os.path.join(CACHE, "formats", "vmcore.trunc90")], capture_output=True,
                       check=False)
    check("-o -: the exit status of the report", r.returncode == s.returncode and (r.returncode == 4) == (not r.stdout),
          (r.returncode, s.returncode))
    with open("/dev/full", "w", encoding="ascii") as full:
        r = subprocess.run([KLPSCOPE, "capsule", DUMP, "-o", "-"], stdout=full, stderr=subprocess.PIPE, check=False)
    check("-o -, no room: 70", r.returncode == 70 and b"No space left" in r.stderr, (r.returncode, r.stderr))
    r = subprocess.run(["sh", "-c", f'"{KLPSCOPE}" capsule "{DUMP}" -o - >&-'], capture_output=True, check=False)
    check("-o -, closed: 70", r.returncode == 70 and r.stderr, (r.returncode, r.stderr))
    # A reader that goes away, at once or after some bytes.
    for some in (0, 1, 5000):
        with subprocess.Popen([KLPSCOPE, "capsule", DUMP, "-o", "-"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.read(some)
            process.stdout.close()
            errors = process.stderr.read()
        check(f"-o -, a reader that goes away after {some} bytes", process.returncode in (-signal.SIGPIPE, 70),
              (process.returncode, errors))
    # The summary may go where it likes: the capsule is written.
    os.unlink(out)
    with open("/dev/full", "w", encoding="ascii") as full:
        r = subprocess.run([KLPSCOPE, "capsule", DUMP, "-o", out], stdout=full, stderr=subprocess.PIPE, check=False)
    check("no room for the summary: 70, and said", r.returncode == 70 and b"No space left" in r.stderr,
          (r.returncode, r.stderr))


def main():
    for test in (plain, overwriting, usage, no_place, no_room, killed, streams):
        in_folder(test)
    print(f"{COUNT - BAD} passed, {BAD} failed")
    return BAD != 0


if __name__ == "__main__":
    sys.exit(main())
