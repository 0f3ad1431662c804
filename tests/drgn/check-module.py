#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the module promises beside the report: exceptions, lifetime, threads, words.

usage: check-module.py KLPSCOPE DUMP OTHER-DUMP VMLINUX [unittest option...]
environment: WORK, a folder on the file system of DUMP

KLPSCOPE is the command.  Both dumps are ones that this drgn opens, of different
boots, by names that are absolute and no links; DUMP has a livepatch in effect.
VMLINUX is of both.
"""

import contextlib
import ctypes
import gc
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import types
import unittest

import drgn

import klpscope

COMMAND, DUMP, OTHER, VMLINUX = sys.argv[1:5]
PAGE = 4096


def program(path=DUMP):
    prog = drgn.Program()
    prog.set_core_dump(path)
    return prog


def expected(*options):
    run = subprocess.run([COMMAND, *options, DUMP], stdout=subprocess.PIPE, check=False)
    return run.stdout


def printed(*args, **keywords):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        klpscope.klp(*args, **keywords)
    return out.getvalue().encode()


class Other(Exception):
    """Nothing that klpscope knows."""


class Proxy:
    """A Program that reads otherwise: Program itself cannot be changed."""

    def __init__(self, prog, read):
        self._prog, self._read = prog, read
        self.cache = {}

    def __getattr__(self, name):
        return getattr(self._prog, name)

    def __getitem__(self, name):
        return self._prog[name]

    def read(self, address, size, physical=False):
        return self._read(self._prog, address, size)


class Live(Proxy):
    """One that no file is known of, so that only drgn can give what is read."""

    core_dump_path = None

    @property
    def flags(self):
        return drgn.ProgramFlags.IS_LINUX_KERNEL | drgn.ProgramFlags.IS_LIVE

    def __getitem__(self, name):
        if name != "VMCOREINFO":
            return self._prog[name]
        return types.SimpleNamespace(string_=lambda: self.lines)

    lines = b""


def vmcoreinfo():
    """Out of the note of the file, by eye: older drgns do not tell it."""
    with open(DUMP, "rb") as f:
        data = f.read(1 << 20)
    start = data.index(b"OSRELEASE=")
    return data[start:data.index(b"\0", start)]


Live.lines = vmcoreinfo()


def read(prog, address, size):
    return prog.read(address, size)


class Reports(unittest.TestCase):
    def test_whole(self):
        prog = program()
        self.assertEqual(printed(prog), expected())
        self.assertEqual(printed(prog, "-a"), expected("-a"))
        self.assertEqual(printed(prog, "-ab --json"), expected("-a", "-j"))
        self.assertEqual(klpscope.report(prog), json.loads(expected("-j")))
        self.assertEqual(klpscope.report(prog, stacks=True, integrity=True), json.loads(expected("-j", "-b", "-c")))

    def test_one_patch(self):
        prog = program()
        name = klpscope.report(prog)["patches"][0]["name"]
        self.assertEqual(printed(prog, f"-f -p {name}"), expected("-f", "-p", name))
        self.assertEqual([p["name"] for p in klpscope.report(prog, patch=name)["patches"]], [name])

    def test_through_drgn(self):
        """What drgn reads is what the report is of."""
        prog = program()
        patch = klpscope.report(prog)["patches"][0]
        self.assertTrue(patch["enabled"])
        wanted = int(patch["address"], 16)

        def lie(prog, address, size):
            data = bytearray(prog.read(address, size))
            if address <= wanted < address + size:
                # klp_patch lies in one piece, and so does "enabled" in it.
                data[wanted - address:wanted - address + 256] = bytes(256)[:size - (wanted - address)]
            return bytes(data)

        told = klpscope.report(Proxy(prog, lie))
        self.assertNotEqual(told["patches"], klpscope.report(prog)["patches"])

    def test_without_a_file(self):
        """All that drgn can give suffices; but for the registers and the path."""
        told = klpscope.report(Live(program(), read))
        whole = klpscope.report(program())
        self.assertEqual(told["patches"], whole["patches"])
        self.assertEqual(told["summary"]["in_effect"], whole["summary"]["in_effect"])
        self.assertEqual(told["dump"]["format"], "live system")

    def test_fault_is_unknown(self):
        wanted = int(klpscope.report(program())["patches"][0]["address"], 16)

        def fault(prog, address, size):
            if address < wanted + 256 and wanted < address + size:
                raise drgn.FaultError("could not find memory segment", address)
            return prog.read(address, size)

        told = klpscope.report(Live(program(), fault))
        self.assertFalse(told["summary"]["complete"])
        self.assertIn("unknown", [p["in_effect"] for p in told["patches"]])
        self.assertNotIn("no", [p["in_effect"] for p in told["patches"]])
        # The file has it.
        self.assertTrue(klpscope.report(Proxy(program(), fault))["summary"]["complete"])

    def test_short_read(self):
        with self.assertRaises(Exception):
            klpscope.report(Proxy(program(), lambda prog, address, size: "no bytes"))


class Exceptions(unittest.TestCase):
    def test_surfaces(self):
        """Whenever it comes, it is that exception, and it comes out once."""
        for after in [0, 1, 2, 5, 20, 100]:
            raised = Other("out of the blue")
            left = [after]

            def fail(prog, address, size):
                left[0] -= 1
                if left[0] < 0:
                    raise raised
                return prog.read(address, size)

            prog = Proxy(program(), fail)
            with self.assertRaises(Other) as caught:
                klpscope.report(prog, stacks=True)
            self.assertIs(caught.exception, raised)
            # The walk did not go on with something else.
            self.assertEqual(left[0], -1)
            left[0] = 1 << 30
            self.assertEqual(klpscope.report(prog), klpscope.report(program()))

    def test_system_exit(self):
        def leave(prog, address, size):
            sys.exit(7)

        with self.assertRaises(SystemExit) as caught:
            klpscope.report(Proxy(program(), leave))
        self.assertEqual(caught.exception.code, 7)

    def test_signals(self):
        """A handler that raises does so between any two instructions: also where no try is yet."""
        def alarm(_signum, _frame):
            raise Other("the alarm")

        prog, rng, seen = program(), random.Random(1), {"whole": 0, "interrupted": 0}
        whole = klpscope.report(prog, stacks=True)
        before, hook = signal.signal(signal.SIGALRM, alarm), sys.unraisablehook
        try:
            for _ in range(150):
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.0005, 0.1))
                try:
                    told = klpscope.report(prog, stacks=True)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Other:
                    seen["interrupted"] += 1
                    continue
                self.assertEqual(told, whole)
                seen["whole"] += 1
        except Other:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertGreater(seen["interrupted"], 20, seen)
        self.assertIs(sys.unraisablehook, hook)
        self.assertFalse(any(klpscope._running.values()))
        self.assertEqual(klpscope.report(prog, stacks=True), whole)

    def test_before_the_first_line(self):
        """ctypes goes on as if the callback had returned something: the hook must see it."""
        original, hook = klpscope._Host._read, sys.unraisablehook

        def raises(*_args):
            raise Other("before the try")

        def raises_unseen(*_args):
            sys.unraisablehook = lambda _unraisable: None
            raise Other("before the try")

        klpscope._Host._read = raises
        try:
            with self.assertRaises(Other):
                klpscope.report(program())
            # Somebody else's hook, and nobody tells us: there is no report all the same.
            klpscope._Host._read = raises_unseen
            with self.assertRaisesRegex(klpscope.KlpscopeError, "torn away"):
                klpscope.report(program())
        finally:
            klpscope._Host._read, sys.unraisablehook = original, hook

    def test_hook_with_threads(self):
        """However the threads end, the hook is the one that it was, and each has its own exception."""
        klpscope.report(program())
        hook, prog, wrong = sys.unraisablehook, program(), []

        def work(number):
            mine = Other(number)

            def fail(prog, address, size):
                raise mine

            for i in range(8):
                try:
                    klpscope.report(Proxy(prog, fail if i % 2 else read))
                    if i % 2:
                        wrong.append("no exception")
                except Other as e:
                    if e is not mine or not i % 2:
                        wrong.append(e)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertIs(sys.unraisablehook, hook)
        self.assertFalse(any(klpscope._running.values()))

    def test_others_unraisable(self):
        """What is not ours goes to whoever was there before."""
        seen = []

        class Bad:
            def __del__(self):
                raise Other("in __del__")

        def drop(prog, address, size):
            Bad()
            return prog.read(address, size)

        previous = sys.unraisablehook
        sys.unraisablehook = lambda unraisable: seen.append(unraisable.exc_type)
        try:
            told = klpscope.report(Proxy(program(), drop))
        finally:
            sys.unraisablehook = previous
        self.assertTrue(told["summary"]["complete"])
        self.assertEqual(set(seen), {Other})

    def test_hook_of_one_who_calls_ours(self):
        """That would be for ever."""
        prog, seen = program(), []
        klpscope.report(prog)
        ours = sys.unraisablehook

        def theirs(unraisable):
            seen.append(unraisable.exc_type)
            ours(unraisable)

        class Bad:
            def __del__(self):
                raise Other("in __del__")

        sys.unraisablehook = theirs
        with contextlib.redirect_stderr(io.StringIO()):
            klpscope.report(prog)
            Bad()
        self.assertEqual(seen, [Other])


def descriptors():
    return sorted(os.listdir("/proc/self/fd"))


class Lifetime(unittest.TestCase):
    def test_nothing_stays_open(self):
        """The file is closed by the first call after its program's end."""
        other = program()
        gc.collect()
        klpscope.report(other)
        before = descriptors()
        prog = program()
        for _ in range(3):
            klpscope.report(prog)
        self.assertGreater(len(descriptors()), len(before))
        del prog
        gc.collect()
        klpscope.report(other)
        self.assertEqual(descriptors(), before)

    def test_no_python_at_the_end(self):
        """A Program of drgn before 0.3 is freed twice if a garbage collection falls into its end."""
        prog, called = program(), []
        klpscope.report(prog)
        sys.setprofile(lambda frame, event, _arg: called.append(frame.f_code.co_name) if event == "call" else None)
        del prog
        sys.setprofile(None)
        self.assertEqual(called, [])

    def test_lock(self):
        """Interrupted while it was being acquired or held, it is not held for ever."""
        prog, told = program(), []
        original = klpscope._Context.collect

        def interrupted(*_args):
            raise Other("within")

        klpscope._Context.collect = interrupted
        try:
            with self.assertRaises(Other):
                klpscope.report(prog)
        finally:
            klpscope._Context.collect = original
        thread = threading.Thread(target=lambda: told.append(klpscope.report(prog)), daemon=True)
        thread.start()
        thread.join(30)
        self.assertTrue(told)

    def test_types_keep_nothing(self):
        """A dump that has lost names makes the engine ask for types, which refer to their program."""
        prog = program()
        if not MODULES:
            self.skipTest("this drgn is not asked for types")
        prog.load_debug_info([VMLINUX])
        klpscope.report(WithoutNames(prog, read))
        gc.collect()
        before = sys.getrefcount(prog)
        for _ in range(3):
            klpscope.report(WithoutNames(prog, read))
        gc.collect()
        self.assertLessEqual(sys.getrefcount(prog), before)

    def test_failure_leaves_nothing(self):
        whole = program()
        gc.collect()
        klpscope.report(whole)
        before = descriptors()
        for _ in range(3):
            with self.assertRaises(klpscope.KlpscopeError):
                klpscope.report(program(), path=OTHER)
        gc.collect()
        klpscope.report(whole)
        self.assertEqual(descriptors(), before)

    def test_threads(self):
        prog, whole, told = program(), klpscope.report(program(), stacks=True), []

        def work():
            for _ in range(3):
                told.append(klpscope.report(prog, stacks=True))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(told), 12)
        for one in told:
            self.assertEqual(one, whole)

    def test_within_a_callback(self):
        prog, inner = program(), []

        def nested(_prog, address, size):
            if not inner:
                inner.append(None)
                inner[0] = klpscope.report(prog)
            return prog.read(address, size)

        self.assertEqual(klpscope.report(Proxy(prog, nested)), inner[0])


TOLD = hasattr(drgn.Program, "core_dump_path")


class Files(unittest.TestCase):
    def test_several_programs(self):
        """Each is of its own dump, however many are open; a drgn that does not tell which has to be told."""
        others = [program(OTHER), program(), program(OTHER)]
        for prog, path in zip(others, (OTHER, DUMP, OTHER)):
            if TOLD:
                self.assertEqual(klpscope.report(prog)["dump"]["path"], path)
            else:
                with self.assertRaisesRegex(klpscope.KlpscopeError, "several dumps are open.*" + re.escape(DUMP)):
                    klpscope.report(prog)
            self.assertEqual(klpscope.report(prog, path=path)["dump"]["path"], path)
        with self.assertRaisesRegex(klpscope.KlpscopeError, "the dump that is open|than the one that is open"):
            klpscope.report(others[0], path=DUMP)

    def test_open_by_others(self):
        """That somebody has opened another dump in this process does not make it this program's."""
        prog = program()
        with open(OTHER, "rb"):
            if TOLD:
                self.assertEqual(klpscope.report(prog)["dump"]["path"], DUMP)
            else:
                with self.assertRaisesRegex(klpscope.KlpscopeError, "several dumps are open"):
                    klpscope.report(prog)
        self.assertEqual(klpscope.report(prog)["dump"]["path"], DUMP)

    def test_part_of_the_same(self):
        """What is not in the file that drgn reads is not taken from another of the same crash."""
        part = os.path.join(os.environ["WORK"], "part")
        with open(DUMP, "rb") as whole, open(part, "wb") as f:
            f.write(whole.read(os.path.getsize(DUMP) // 2))
        try:
            prog, whole = program(part), program()
        except ValueError:
            self.skipTest("this drgn does not open a part of a dump")
        for words in ({}, {"path": part}):
            with self.assertRaises(klpscope.KlpscopeError) as caught:
                klpscope.report(prog, **words)
            self.assertIn(part, str(caught.exception))
        self.assertTrue(klpscope.report(whole, path=DUMP)["summary"]["complete"])

    def test_another_file(self):
        with self.assertRaisesRegex(klpscope.KlpscopeError, "the dump that is open|than the one that is open"):
            klpscope.report(program(), path=OTHER)

    def test_no_file(self):
        with self.assertRaisesRegex(klpscope.KlpscopeError, "No such file"):
            klpscope.report(program(), path="/nonexistent/vmcore")

    def test_renamed(self):
        """The file that drgn has open is read, not what has its name by now."""
        if hasattr(drgn.Program, "core_dump_path"):
            self.skipTest("this drgn tells the path")
        there = os.path.join(os.environ["WORK"], "renamed")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(there)
        os.link(DUMP, there)
        prog = program(there)
        os.unlink(there)
        told = klpscope.report(prog)
        self.assertEqual(told["patches"], klpscope.report(program())["patches"])


class Words(unittest.TestCase):
    def test_no_such_patch(self):
        prog = program()
        for call in (lambda: klpscope.report(prog, patch="nobody"), lambda: klpscope.klp(prog, "-p nobody")):
            with self.assertRaisesRegex(klpscope.NoSuchPatchError, "is called nobody"):
                call()
        with self.assertRaisesRegex(klpscope.KlpscopeError, r"is called \\x1b\[31m"):
            klpscope.report(prog, patch="\x1b[31m")

    def test_arguments(self):
        prog = program()
        for wrong in (-1, 1 << 64):
            with self.assertRaises(ValueError):
                klpscope.report(prog, shadow=wrong)
        with self.assertRaises(TypeError):
            klpscope.report(prog, shadow="7001")
        for wrong in ("", "a\0b"):
            with self.assertRaises(ValueError):
                klpscope.report(prog, patch=wrong)
        with self.assertRaisesRegex(TypeError, "the first argument is the program"):
            klpscope.klp("-f")
        patch = klpscope.report(prog)["patches"][0]
        only = klpscope.report(prog, patch=int(patch["address"], 16))
        self.assertEqual([p["name"] for p in only["patches"]], [patch["name"]])
        self.assertEqual(printed(prog, ["-f", "-t"]), expected("-f", "-t"))

    def test_not_of_this_program(self):
        """The only dump that is open is another program's."""
        keep = program()
        empty = drgn.Program(drgn.host_platform)

        def fault(address, count, offset, physical):
            raise drgn.FaultError("no", address)

        empty.add_memory_segment(0, 1 << 63, fault)
        with self.assertRaisesRegex(klpscope.KlpscopeError, "not a Linux kernel"):
            klpscope.report(empty)
        with self.assertRaisesRegex(klpscope.KlpscopeError, "the dump that is open"):
            klpscope.report(empty, path=DUMP)
        self.assertTrue(klpscope.report(keep)["summary"]["complete"])

    def test_nothing_is_open(self):
        with self.assertRaisesRegex(klpscope.KlpscopeError, "no dump was opened"):
            klpscope.report(drgn.Program())

    def test_not_a_kernel(self):
        prog = drgn.Program()
        prog.set_pid(os.getpid())
        with self.assertRaisesRegex(klpscope.KlpscopeError, "not a Linux kernel"):
            klpscope.report(prog)

    def test_options(self):
        prog = program()
        for options in ("--nonsense", "-t x", "-s x", "-s 0x", "-p", "-p ''", "word"):
            with self.assertRaises(ValueError, msg=options):
                klpscope.klp(prog, options)
        self.assertIn(b"--transition", printed(prog, "-h"))

    def test_without_debuginfo(self):
        prog = program()
        with self.assertRaisesRegex(klpscope.KlpscopeError, "struct klp_patch: load the kernel's debuginfo"):
            klpscope.patches(prog)

    def test_drgn_stumbles(self):
        """Over a damaged module, say, when the kernel's debuginfo is loaded; what it says counts when that is not."""
        prog = program()

        def load(files):
            prog.load_debug_info(files)
            raise MemoryError

        stumbling = types.SimpleNamespace(load_debug_info=load, type=prog.type)
        with self.assertRaisesRegex(klpscope.KlpscopeError, f"^drgn cannot open it: {re.escape(COMMAND)}: .*Error"):
            klpscope._load(stumbling, COMMAND)
        klpscope._load(stumbling, VMLINUX)
        self.assertTrue(klpscope.report(prog)["summary"]["complete"])

    def test_no_engine(self):
        environment = {**os.environ, "KLPSCOPE_LIBRARY": "/nonexistent/libklpscope.so.0"}
        run = subprocess.run([sys.executable, "-m", "klpscope", DUMP], env=environment, capture_output=True,
                             text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (70, ""))
        self.assertRegex(run.stderr, r"^klpscope: the engine of klpscope cannot be loaded: .*\n$")

    def test_ascii_only(self):
        """A report may hold names that sys.stdout cannot."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        with contextlib.redirect_stdout(out):
            klpscope._write("klp_\u00e4 \U0001f600\n".encode())
        out.flush()
        self.assertEqual(out.buffer.getvalue(), b"klp_\\xe4 \\U0001f600\n")


class WithoutNames(Live):
    """Its dump has lost kallsyms, and with that the way to BTF: what is left is drgn's debuginfo."""

    lines = b"\n".join(line for line in Live.lines.split(b"\n") if b"kallsyms" not in line)


# Before, nobody can tell of which build its debuginfo is.
MODULES = hasattr(drgn.Program, "main_module")


class Symbols(unittest.TestCase):
    """The callbacks that are asked only for what a dump does not tell of itself."""

    def test_not_offered_without_debuginfo(self):
        ops = klpscope._Host(program()).ops
        self.assertFalse(ops.symbol)
        self.assertFalse(ops.member)
        self.assertTrue(ops.read)
        with self.assertRaisesRegex(klpscope.KlpscopeError, "kallsyms"):
            klpscope.report(WithoutNames(program(), read))

    def test_debuginfo_fills_in(self):
        prog = program()
        prog.load_debug_info([VMLINUX])
        if not MODULES:
            with self.assertRaisesRegex(klpscope.KlpscopeError, "kallsyms"):
                klpscope.report(WithoutNames(prog, read))
            return
        told, whole = klpscope.report(WithoutNames(prog, read)), klpscope.report(program())
        self.assertEqual(told["patches"], whole["patches"])
        self.assertEqual(told["summary"]["in_effect"], whole["summary"]["in_effect"])
        self.assertEqual(told["dump"]["release"], whole["dump"]["release"])

    def test_debuginfo_of_another_build(self):
        """Whatever drgn takes, another build's names and types are no answer."""
        if not MODULES:
            return
        prog = program()
        prog.load_debug_info([VMLINUX])
        proxy = WithoutNames(prog, read)
        proxy.lines = re.sub(rb"(?m)^BUILD-ID=..", b"BUILD-ID=00", proxy.lines)
        with self.assertRaisesRegex(klpscope.KlpscopeError, "kallsyms"):
            klpscope.report(proxy)

    def test_not_found_or_not_told(self):
        if not MODULES:
            return
        prog = program()
        prog.load_debug_info([VMLINUX])
        ops = klpscope._Host(prog).ops
        offset, size = ctypes.c_uint64(), ctypes.c_uint64()
        for type_, member, status in ((b"klp_patch", b"mod", 0), (b"page", b"compound_head", 0),
                                      (b"klp_shadow", b"data", 0), (b"task_struct", b"no_such", 1),
                                      (b"no_such", b"mod", 1), (b"task_struct", b"sched_contributes_to_load", 7)):
            self.assertEqual(ops.member(None, type_, member, offset, size), status, (type_, member))
        self.assertEqual(ops.symbol(None, b"no_such", offset), 1)
        self.assertEqual(ops.symbol(None, b"klp_patches", offset), 0)
        name, into = ctypes.c_char_p(), ctypes.c_uint64()
        self.assertEqual(ops.name_address(None, offset.value + 1, name, into), 0)
        self.assertEqual((name.value, into.value), (b"klp_patches", 1))
        self.assertEqual(ops.name_address(None, 0xffffffffffff0000, name, into), 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
