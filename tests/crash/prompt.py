# SPDX-License-Identifier: GPL-2.0-or-later
"""A crash, or another program with a prompt, that believes that somebody sits in front of it.

On a pseudo-terminal of 80x24.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

PROMPT = "crash> "
COUNT = BAD = 0
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>]")


class Lost(Exception):
    """What was waited for did not come; the argument says what, and what came instead."""


def check(what, holds, seen=""):
    global COUNT, BAD
    COUNT += 1
    if not holds:
        BAD += 1
    print(f"{'ok' if holds else 'not ok'} {what}{'' if holds else f': {seen!r}'}", flush=True)


def same(what, found, expected):
    if found == expected:
        return check(what, True)
    a, b = found.splitlines(), expected.splitlines()
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return check(what, False, f"line {n + 1}: {a[n:n + 3]} instead of {b[n:n + 3]}")


def result():
    """True, as an exit status, when a check failed."""
    print(f"{COUNT - BAD} passed, {BAD} failed")
    return BAD != 0


def plain(data):
    """What a person reads of it: no escapes of the terminal, line ends as in files."""
    return CONTROL.sub("", data.decode(errors="replace")).replace("\r\n", "\n")


def shown(argv, cwd, env):
    """What a command that asks nothing shows on a terminal of 80 columns."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execvpe(argv[0], argv, env)
    out = b""
    try:
        while data := os.read(fd, 65536):
            out += data
    except OSError:
        pass
    os.close(fd)
    os.waitpid(pid, 0)
    return plain(out)


class Session:
    """One crash: type() at it, interrupt() it, and read what the terminal shows."""

    mark = PROMPT

    def __init__(self, argv, cwd, env):
        self.transcript = b""
        self.unseen = b""
        self.count = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            self.resize(24, 0)
            # Otherwise Ctrl-C throws away what was written and not yet read here.
            mode = termios.tcgetattr(0)
            mode[3] |= termios.NOFLSH
            termios.tcsetattr(0, termios.TCSANOW, mode)
            os.execvpe(argv[0], argv, env)

    def resize(self, rows, fd=None):
        fcntl.ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))

    def read(self, timeout):
        """Takes what is there; false when nothing came in time."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            raise Lost("it ended: " + self.tail())
        self.transcript += data
        self.unseen += data
        return True

    def tail(self, size=3000):
        return plain(self.transcript)[-size:]

    def wait(self, pattern, timeout=60.0):
        """What came up to the end of the pattern, which is matched against plain text."""
        end = time.monotonic() + timeout
        while True:
            text = plain(self.unseen)
            if re.search(pattern, text):
                self.unseen = b""
                return text
            left = end - time.monotonic()
            if left <= 0:
                raise Lost(f"no {pattern!r} within {timeout} s; the end of what came:\n{self.tail()}")
            self.read(left)

    def prompt(self, timeout=60.0):
        return self.wait(rf"(?:^|\n|\r){self.mark}\Z", timeout)

    def send(self, keys):
        while keys:
            keys = keys[os.write(self.fd, keys.encode()):]

    def type(self, line, timeout=60.0):
        """What a command says: between its echo and the next prompt."""
        self.send(line + "\r")
        text = self.prompt(timeout)
        start = text.find("\n") + 1
        return text[start:text.rindex(self.mark)]

    def pause(self, seconds):
        """Looks at the terminal that long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def interrupt(self):
        self.send("\x03")

    def sync(self, timeout=60.0):
        """To a prompt that nothing follows any more, whatever was typed before; what came on the way."""
        came = ""
        for _ in range(5):
            self.count += 1
            number = 40000 + self.count
            self.pause(0.03)
            self.send(f"eval {number}\r")
            answer = rf"hexadecimal: {number:x}[ \n]"
            text = self.wait(rf"(?:{answer}|command not found)(?s:.*)[\n\r]{PROMPT}\Z", timeout)
            came += re.split(rf"\w* *{number}\n", text)[0]
            # Ctrl-C at the prompt swallows keys that are typed right then.
            if re.search(answer, text):
                return came
        raise Lost(f"crash understands nothing any more:\n{self.tail()}")

    def memory(self):
        """KiB of its own, to the page: VmRSS is brought up to date only now and then, and has pages of files."""
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as f:
            return int(re.search(r"^Anonymous:\s*(\d+)", f.read(), re.M).group(1))

    def files(self):
        """The open file descriptors."""
        return sorted(os.listdir(f"/proc/{self.pid}/fd"))

    def end(self):
        """Leaves crash, by force when it must; the exit status."""
        try:
            self.send("quit\r")
            while self.read(10):
                pass
            os.kill(self.pid, signal.SIGKILL)
        except (Lost, OSError):
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
