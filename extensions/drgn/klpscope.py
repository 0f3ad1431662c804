# SPDX-License-Identifier: GPL-2.0-or-later
"""
Livepatches (hotfixes) of a crashed Linux kernel
------------------------------------------------

Which hotfixes were in effect when the kernel crashed, for whom, and was one of
them on the crash path?  The report is that of the ``klpscope`` command, to the
byte, and needs no debuginfo::

    >>> from klpscope import klp, patches
    >>> klp(prog)
    >>> klp(prog, "-f -t")

Where drgn has commands (0.0.33 and later), the same is ``%klp -f -t``.

What it found can be explored further, with debuginfo loaded::

    >>> for patch, verdict in patches(prog):
    ...     print(verdict["name"], verdict["in_effect"], patch.enabled)

For scripts: ``python3 -m klpscope [OPTION]... VMCORE [VMLINUX]``.

The engine is ``libklpscope.so.0``: ``$KLPSCOPE_LIBRARY``, or that of the source
tree or of the prefix that this file lies in, or what ``ld.so`` finds.
"""

import argparse
import contextlib
import ctypes
import errno
import functools
import json
import operator
import os
import re
import shlex
import shutil
import signal
import stat
import struct
import sys
import threading
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, NoReturn, Optional, Sequence, Tuple, TypeVar, Union
import warnings
import weakref

import drgn
from drgn import FaultError, Object, Program

__all__ = (
    "EngineError",
    "IncompleteWarning",
    "Judged",
    "KlpscopeError",
    "NoSuchPatchError",
    "klp",
    "patches",
    "pending_tasks",
    "report",
    "shadow_variables",
)


class KlpscopeError(Exception):
    """What was asked for cannot be had of this program; says why."""


class EngineError(KlpscopeError):
    """The engine, libklpscope.so.0, cannot be loaded."""


class NoSuchPatchError(KlpscopeError, LookupError):
    """No patch and no livepatch module is called so, as far as the dump can tell."""


class IncompleteWarning(UserWarning):
    """Something in the dump could not be read: what was returned may lack something."""


class Judged(NamedTuple):
    """A kernel object, and what klpscope says of it."""

    object: Optional[Object]
    """The object to explore; ``None``: its address is not known."""

    verdict: Dict[str, Any]
    """The part of :func:`report()` that is about it."""


# --- include/klpscope.h, as far as it is used ---

_KLPSCOPE_OK = 0
_KLPSCOPE_NOT_FOUND = 1
_KLPSCOPE_EXCLUDED = 2
_KLPSCOPE_FAULT = 4
_KLPSCOPE_UNSUPPORTED = 7
_KLPSCOPE_SYSTEM = 9

_KLPSCOPE_SECTION_FUNCTIONS = 1 << 0
_KLPSCOPE_SECTION_TRANSITION = 1 << 1
_KLPSCOPE_SECTION_STACKS = 1 << 2
_KLPSCOPE_SECTION_SHADOW = 1 << 3
_KLPSCOPE_SECTION_STATES = 1 << 4
_KLPSCOPE_SECTION_RELOCATIONS = 1 << 5
_KLPSCOPE_SECTION_INTEGRITY = 1 << 6
_KLPSCOPE_SECTIONS_ALL = 0xFFFFFFFF

_KLPSCOPE_TEXT = 0
_KLPSCOPE_JSON = 1

_STRING = ctypes.POINTER(ctypes.c_char_p)
_NUMBER = ctypes.POINTER(ctypes.c_uint64)

_READ = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_size_t)
_VMCOREINFO = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, _STRING)
_SYMBOL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, _NUMBER)
_NAME_ADDRESS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, _STRING, _NUMBER)
_MEMBER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, _NUMBER, _NUMBER)
_TYPE_SIZE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, _NUMBER)
_PRSTATUS = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_size_t)
)
_PROGRESS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64)


class _klpscope_files(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("paths", _STRING),
        ("count", ctypes.c_size_t),
        ("vmlinux", ctypes.c_char_p),
        ("force", ctypes.c_bool),
        ("tmpdir", ctypes.c_char_p),
        ("progress", _PROGRESS),
        ("progress_arg", ctypes.c_void_p),
    ]


class _klpscope_answer(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint32), ("status", ctypes.c_int32), ("lost", ctypes.c_uint32)]


class _klpscope_target_ops(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("arg", ctypes.c_void_p),
        ("read", _READ),
        ("vmcoreinfo", _VMCOREINFO),
        ("symbol", _SYMBOL),
        ("name_address", _NAME_ADDRESS),
        ("member", _MEMBER),
        ("type_size", _TYPE_SIZE),
        ("prstatus", _PRSTATUS),
        ("answer", ctypes.POINTER(_klpscope_answer)),
    ]


class _klpscope_host(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("path", ctypes.c_char_p),
        ("format", ctypes.c_char_p),
        ("architecture", ctypes.c_char_p),
        ("big_endian", ctypes.c_bool),
        ("pointer_size", ctypes.c_uint8),
        ("origin", ctypes.c_char_p),
        ("answers", ctypes.c_char_p),
        ("answers_length", ctypes.c_size_t),
        ("damaged", ctypes.c_bool),
    ]


class _klpscope_render(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("format", ctypes.c_int),
        ("sections", ctypes.c_uint),
        ("patch", ctypes.c_char_p),
        ("width", ctypes.c_uint),
        ("colour", ctypes.c_bool),
        ("one_task", ctypes.c_bool),
        ("pid", ctypes.c_uint64),
        ("task", ctypes.c_uint64),
    ]


_CONTEXT = ctypes.c_void_p

_FUNCTIONS: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {
    "klpscope_new": (_CONTEXT, ()),
    "klpscope_free": (None, (_CONTEXT,)),
    "klpscope_error": (ctypes.c_char_p, (_CONTEXT,)),
    "klpscope_attach": (
        ctypes.c_int,
        (_CONTEXT, ctypes.POINTER(_klpscope_target_ops), ctypes.POINTER(_klpscope_host)),
    ),
    "klpscope_dump_open": (
        ctypes.c_int,
        (_CONTEXT, ctypes.POINTER(_klpscope_files), ctypes.POINTER(ctypes.c_void_p)),
    ),
    "klpscope_dump_free": (None, (ctypes.c_void_p,)),
    "klpscope_attach_dump": (
        ctypes.c_int,
        (_CONTEXT, ctypes.POINTER(_klpscope_target_ops), ctypes.c_void_p),
    ),
    "klpscope_request": (ctypes.c_int, (_CONTEXT, ctypes.c_uint)),
    "klpscope_request_shadow": (ctypes.c_int, (_CONTEXT, ctypes.c_uint64)),
    "klpscope_collect": (ctypes.c_int, (_CONTEXT,)),
    "klpscope_render": (
        ctypes.c_int,
        (
            _CONTEXT,
            ctypes.POINTER(_klpscope_render),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_size_t),
        ),
    ),
    "klpscope_complete": (ctypes.c_bool, (_CONTEXT,)),
    "klpscope_version": (ctypes.c_char_p, ()),
}

_SONAME = "libklpscope.so.0"


def _library_name() -> str:
    name = os.environ.get("KLPSCOPE_LIBRARY")
    if name:
        return name
    here = os.path.realpath(__file__)
    tree = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    places = [os.path.join(tree, "build")] if os.path.exists(os.path.join(tree, "include", "klpscope.h")) else []
    # PREFIX/lib/python3…/…-packages: ld.so does not look into the lib of every prefix.
    places += [here[:i] + "/lib" for i in range(len(here)) if here.startswith("/lib/python3", i)]
    for place in places:
        if os.path.exists(os.path.join(place, _SONAME)):
            return os.path.join(place, _SONAME)
    return _SONAME


@functools.lru_cache(maxsize=None)
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_library_name())
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
    except (OSError, AttributeError) as e:
        raise EngineError(
            f"the engine of klpscope cannot be loaded: {e} (KLPSCOPE_LIBRARY may name {_SONAME})"
        ) from None
    return library


def _free(pointer: ctypes.c_void_p) -> None:
    free = ctypes.CDLL(None).free
    free.restype = None
    free.argtypes = (ctypes.c_void_p,)
    free(pointer)


# --- a Program as the engine sees it ---

_Callback = TypeVar("_Callback", bound=Callable[..., int])


def _callback(function: _Callback) -> _Callback:
    """Exceptions cannot cross the engine: the first one is kept, and all that is asked later fails at once."""

    @functools.wraps(function)
    def call(self: "_Host", _arg: Any, *args: Any) -> int:
        status = _KLPSCOPE_SYSTEM
        if self.raised is None:
            try:
                status = function(self, *args)
            except BaseException as e:
                self.raised = e
        # What is returned is lost if a signal handler raises now.
        self.answer.status = status
        self.answer.count += 1
        return status

    return call  # type: ignore[return-value]


# The hosts whose engine is at work, by thread: the innermost last.
_running: Dict[int, List["_Host"]] = {}

_previous_hook: Callable[[Any], Any] = sys.unraisablehook
_hook_lock = threading.Lock()
_within_hook = threading.local()


def _hook(unraisable: Any) -> None:
    running = _running.get(threading.get_ident())
    if running and "ctypes callback" in (unraisable.err_msg or ""):
        if running[-1].raised is None:
            running[-1].raised = unraisable.exc_value or unraisable.exc_type()
    elif getattr(_within_hook, "here", False):
        # Who was there before calls who was there before him: us.
        sys.__unraisablehook__(unraisable)
    else:
        _within_hook.here = True
        try:
            _previous_hook(unraisable)
        finally:
            _within_hook.here = False


def _watch_unraisable() -> None:
    """For good: hooks that come and go in several threads would put each other back."""
    global _previous_hook
    with _hook_lock:
        if sys.unraisablehook is not _hook:
            _previous_hook, sys.unraisablehook = sys.unraisablehook, _hook


class _Host:
    """
    The callbacks of struct klpscope_target_ops over a Program.  Names and types are offered only when drgn has the
    kernel's: to a debuginfo that is not loaded "not found" is no answer.
    """

    def __init__(self, prog: Program) -> None:
        self.prog = prog
        self.raised: Optional[BaseException] = None
        self._kept: Any = None
        self.answer = _klpscope_answer()
        live = bool(prog.flags & drgn.ProgramFlags.IS_LIVE)
        self._fault = _KLPSCOPE_FAULT if live else _KLPSCOPE_EXCLUDED
        ops = _klpscope_target_ops(size=ctypes.sizeof(_klpscope_target_ops), answer=ctypes.pointer(self.answer))
        ops.read = _READ(self._read)
        self._lines = self._vmcoreinfo_lines()
        if self._lines:
            ops.vmcoreinfo = _VMCOREINFO(self._vmcoreinfo)
        if self._has_debuginfo():
            ops.symbol = _SYMBOL(self._symbol)
            ops.name_address = _NAME_ADDRESS(self._name_address)
            ops.member = _MEMBER(self._member)
            ops.type_size = _TYPE_SIZE(self._type_size)
        self.ops = ops

    def close(self) -> None:
        # The callbacks hold this object, and it holds them.
        del self.ops

    @contextlib.contextmanager
    def surfacing(self) -> Iterator[None]:
        """
        Around calls of the engine: what was raised within a callback is raised at the end. A signal handler may raise
        before the callback's first line: then only Python's hook for exceptions that nobody can handle sees it. The
        engine is told by struct klpscope_answer that there was no answer.
        """
        _watch_unraisable()
        running = _running.setdefault(threading.get_ident(), [])
        running.append(self)
        try:
            yield
        finally:
            running.remove(self)
            if not running:
                _running.pop(threading.get_ident(), None)
        raised, self.raised = self.raised, None
        if raised is not None:
            raise raised
        if self.answer.lost:
            raise KlpscopeError("a callback was torn away by an exception that Python did not pass on")

    @_callback
    def _read(self, address: int, buffer: int, length: int) -> int:
        try:
            data = self.prog.read(address, length)
        except FaultError:
            return self._fault
        ctypes.memmove(buffer, data, length)
        return _KLPSCOPE_OK

    def _vmcoreinfo_lines(self) -> Dict[bytes, bytes]:
        try:
            text = self.prog["VMCOREINFO"].string_()    # drgn has it from 0.0.31 on
        except (LookupError, ValueError, TypeError, FaultError):
            text = _running_vmcoreinfo(self.prog)
        lines = (line.partition(b"=") for line in text.split(b"\n"))
        return {key: value for key, equals, value in lines if equals}

    @_callback
    def _vmcoreinfo(self, key: bytes, value: Any) -> int:
        line = self._lines.get(key)
        if line is None:
            return _KLPSCOPE_NOT_FOUND
        self._keep(value, line)
        return _KLPSCOPE_OK

    def _keep(self, place: Any, text: bytes) -> None:
        """A string of the engine's is valid until its next question."""
        self._kept = ctypes.c_char_p(text)
        place[0] = self._kept

    def _has_debuginfo(self) -> bool:
        """
        That of this kernel: drgns without modules (before 0.0.31) take a vmlinux of any build, and cannot be asked.
        A module's debuginfo alone has many of the kernel's types, too.
        """
        banner = b"Linux version "
        try:
            main = getattr(self.prog, "main_module")()
            self.prog.variable("init_task")
            if main.debug_file_status.name != "HAVE":
                return False
            told = self._lines.get(b"BUILD-ID")
            if told:
                return bool(main.build_id and main.build_id.hex() == told.decode("ascii", "replace"))
            return bool(self.prog.read(self.prog.symbol("linux_banner").address, len(banner)) == banner)
        except (AttributeError, LookupError, FaultError):
            return False

    def _in_image(self, address: int) -> bool:
        lowest = min(self.prog.symbol(name).address for name in ("_text", "_stext"))
        return bool(lowest <= address <= self.prog.symbol("_end").address)

    @_callback
    def _symbol(self, name: bytes, address: Any) -> int:
        try:
            found = self.prog.symbol(name.decode("ascii")).address
        except (LookupError, UnicodeDecodeError):
            return _KLPSCOPE_NOT_FOUND
        try:
            if not self._in_image(found):
                # Offsets per CPU count from 0 (x86_64 before 6.15), and drgn moves them with the kernel.
                start, end = (self.prog.symbol(f"__per_cpu_{which}").address for which in ("start", "end"))
                if self._in_image(start) or not start <= found < end:
                    return _KLPSCOPE_UNSUPPORTED
                found -= start
        except LookupError:
            return _KLPSCOPE_UNSUPPORTED
        address[0] = found
        return _KLPSCOPE_OK

    # The engine has names for the addresses of modules, and drgn may know some modules only.
    @_callback
    def _name_address(self, address: int, name: Any, offset: Any) -> int:
        try:
            if not self._in_image(address):
                return _KLPSCOPE_NOT_FOUND
            symbol = self.prog.symbol(address)
        except LookupError:
            return _KLPSCOPE_NOT_FOUND
        self._keep(name, symbol.name.encode())
        offset[0] = address - symbol.address
        return _KLPSCOPE_OK

    def _type(self, name: bytes) -> Any:
        for keyword in ("struct", "union"):
            try:
                found = self.prog.type(f"{keyword} {name.decode('ascii')}")
            except (LookupError, SyntaxError, UnicodeDecodeError):
                continue
            if found.is_complete():
                return found
        return None

    @_callback
    def _type_size(self, name: bytes, size: Any) -> int:
        found = self._type(name)
        if found is None:
            return _KLPSCOPE_NOT_FOUND
        size[0] = drgn.sizeof(found)
        return _KLPSCOPE_OK

    @_callback
    def _member(self, name: bytes, member: bytes, offset: Any, size: Any) -> int:
        found = self._type(name)
        try:
            # Not by .members: a type that was asked for them keeps its program for good.
            what = found and found.member(member.decode("ascii", "replace"))
        except LookupError:
            what = None
        if not what:
            return _KLPSCOPE_NOT_FOUND
        # Through anonymous members its own offset is the innermost one's.
        if what.bit_field_size is not None:
            return _KLPSCOPE_UNSUPPORTED
        offset[0] = drgn.offsetof(found, what.name)
        # A flexible array has no size of its own.
        size[0] = drgn.sizeof(what.type) if what.type.is_complete() else 0
        return _KLPSCOPE_OK


def _running_vmcoreinfo(prog: Program) -> bytes:
    """Of the running kernel, from its ELF note, whose place it tells; nothing of any other."""
    live = drgn.ProgramFlags.IS_LIVE
    if not prog.flags & live or not prog.flags & getattr(drgn.ProgramFlags, "IS_LOCAL", live):
        return b""
    try:
        with open("/sys/kernel/vmcoreinfo", encoding="ascii") as f:
            address, size = (int(word, 16) for word in f.read().split())
        note: bytes = prog.read(address, min(size, 1 << 16), True)
    except (OSError, ValueError, FaultError):
        return b""
    name, lines = struct.unpack_from("=II", note) if len(note) >= 12 else (0, 0)
    start = 12 + (name + 3 & ~3)
    return note[start:start + lines] if note[12:12 + name].rstrip(b"\0") == b"VMCOREINFO" else b""


# --- which file drgn reads ---


def _is_dump(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISBLK(mode):
        return False
    head = os.pread(fd, 18, 0)
    if head[:4] == b"\x7fELF":
        core = 4
        return int.from_bytes(head[16:18], "big" if head[5:6] == b"\2" else "little") == core
    return head.startswith((b"KDUMP   ", b"makedumpfile"))


def _open_dumps() -> Dict[Tuple[int, int], str]:
    """By device and inode: drgn keeps the dump open, and older ones do not tell its name."""
    found: Dict[Tuple[int, int], str] = {}
    try:
        entries = sorted(os.listdir("/proc/self/fd"), key=int)
    except OSError:     # a chroot without /proc
        return {}
    for entry in entries:
        link = f"/proc/self/fd/{entry}"
        try:
            path = os.readlink(link)
            # What the engine makes of a dump for its library begins as the dump does.
            if path.startswith("/memfd:klpscope") or not _is_dump(int(entry)):
                continue
            status = os.fstat(int(entry))
            if not os.path.exists(path) or not os.path.samestat(os.stat(path), status):
                path = link
        except OSError:
            continue
        found.setdefault((status.st_dev, status.st_ino), path)
    return found


class _File(NamedTuple):
    path: str
    known: bool
    """It is what drgn reads, whatever drgn can read of it."""


def _core_dump_path(prog: Program) -> Tuple[bool, Optional[str]]:
    """Whether this drgn can tell which file the program is of, from 0.3 on; and that file, if it is of one."""
    try:
        return True, getattr(prog, "core_dump_path")
    except (AttributeError, UnicodeDecodeError):    # the latter of a path that is not UTF-8
        return False, None


def _file_of(prog: Program, path: Optional[str]) -> Optional[_File]:
    """What drgn reads; None: no file that would be a dump."""
    kernel = bool(prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL)
    can_tell, told = _core_dump_path(prog)
    if path is None:
        if prog.flags & drgn.ProgramFlags.IS_LIVE or not kernel:
            return None
        if told is None and can_tell:
            return None
    dumps = _open_dumps()
    if path is None and told is None:
        return _only(dumps)
    chosen = os.fspath(path or told or "")
    try:
        status = os.stat(chosen)
        surely = len(dumps) == 1 or (told is not None and os.path.samestat(status, os.stat(told)))
        known = kernel and surely and (status.st_dev, status.st_ino) in dumps
    except OSError:
        # The engine says why.
        known = False
    if path is None and not known and len(dumps) == 1:
        # It was renamed.
        return _only(dumps)
    return _File(chosen, known)


def _only(dumps: Dict[Tuple[int, int], str]) -> Optional[_File]:
    # Two dumps may be of one crash, and of one of them more may be lost: what drgn can read decides nothing.
    if len(dumps) > 1:
        raise KlpscopeError(
            "several dumps are open, and this drgn does not tell which of them the program is of: "
            "give path=..., one of " + ", ".join(sorted(dumps.values()))
        )
    return next((_File(one, True) for one in dumps.values()), None)


# --- the report ---

_ARCHITECTURES = {
    "X86_64": "x86_64",
    "AARCH64": "arm64",
    "S390X": "s390x",
    "PPC64": "ppc64",
    "RISCV64": "riscv64",
    "I386": "i386",
    "ARM": "arm",
}


def _error(library: ctypes.CDLL, context: Optional[int]) -> KlpscopeError:
    words: str = library.klpscope_error(context).decode()
    # The remedy, as it is here.
    return KlpscopeError(words.replace("--vmlinux FILE", "the kernel's debuginfo in drgn"))


class _Dump:
    """A struct klpscope_dump. For one thread at a time."""

    def __init__(self, context: int, file: _File) -> None:
        self._library = _library()
        self.lock = threading.RLock()
        self.pointer = ctypes.c_void_p()
        paths = (ctypes.c_char_p * 1)(os.fsencode(file.path))
        files = _klpscope_files(
            size=ctypes.sizeof(_klpscope_files), paths=paths, count=1, force=file.known
        )
        if self._library.klpscope_dump_open(context, ctypes.byref(files), ctypes.byref(self.pointer)):
            raise _error(self._library, context)

    def close(self) -> None:
        pointer, self.pointer = self.pointer, ctypes.c_void_p()
        self._library.klpscope_dump_free(pointer)


class _Mark:
    """In Program.cache: when it is gone, so is the Program."""


# A Program's dump is opened once, and closed by the first call after the Program's end.  Not at its end: drgn before
# 0.3 is no place for Python code then, a garbage collection would free the Program twice.
_dumps: List[Tuple["weakref.ref[_Mark]", _File, _Dump]] = []
_dumps_lock = threading.RLock()


def _close_unused() -> None:
    with _dumps_lock:
        for entry in [entry for entry in _dumps if entry[0]() is None]:
            _dumps.remove(entry)
            entry[2].close()


def _dump_of(prog: Program, file: _File, context: int) -> _Dump:
    with _dumps_lock:
        mark = prog.cache.setdefault("klpscope", _Mark())
        for whose, its, dump in _dumps:
            if whose() is mark and its == file:
                return dump
        dump = _Dump(context, file)
        _dumps.append((weakref.ref(mark), file, dump))
        return dump


class _Context:
    """One struct klpscope, attached to a Program."""

    def __init__(self, prog: Program, path: Optional[str]) -> None:
        self._library = _library()
        # Before what is open says which file this program is of.
        _close_unused()
        if prog.platform is None:
            raise KlpscopeError("the program has no memory: no dump was opened in it")
        self._host = _Host(prog)
        self._context: Optional[int] = None
        self._dump: Optional[_Dump] = None
        try:
            self._attach(_file_of(prog, path))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        try:
            self._library.klpscope_free(self._context)
            self._context = None
            self._host.close()
        finally:
            if self._dump:
                # Interrupted before it was acquired, it is not ours.
                with contextlib.suppress(RuntimeError):
                    self._dump.lock.release()
            self._dump = None

    def __enter__(self) -> "_Context":
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def _call(self, function: str, *args: Any) -> int:
        with self._host.surfacing():
            status: int = getattr(self._library, function)(self._context, *args)
        return status

    def _fail(self) -> NoReturn:
        raise _error(self._library, self._context)

    def _attach(self, file: Optional[_File]) -> None:
        self._context = self._library.klpscope_new()
        if not self._context:
            raise MemoryError
        status = self._attach_program() if file is None else self._attach_dump(file)
        if status:
            self._fail()

    def _attach_dump(self, file: _File) -> int:
        assert self._context
        self._dump = _dump_of(self._host.prog, file, self._context)
        self._dump.lock.acquire()
        return self._call("klpscope_attach_dump", ctypes.byref(self._host.ops), self._dump.pointer)

    def _attach_program(self) -> int:
        prog, platform = self._host.prog, self._host.prog.platform
        assert platform is not None
        live = bool(prog.flags & drgn.ProgramFlags.IS_LIVE)
        if not prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL:
            raise KlpscopeError("the program is not a Linux kernel" + ("" if live else ", or drgn does not know it"))
        if not live and not _core_dump_path(prog)[0]:
            # drgn reads zeros for what was filtered out of an ELF dump.
            raise KlpscopeError("drgn does not tell which file it reads: give its path (path=...)")
        host = _klpscope_host(
            size=ctypes.sizeof(_klpscope_host),
            format=b"live system" if live else None,
            architecture=_ARCHITECTURES.get(platform.arch.name, platform.arch.name.lower()).encode(),
            big_endian=not platform.flags & drgn.PlatformFlags.IS_LITTLE_ENDIAN,
            pointer_size=8 if platform.flags & drgn.PlatformFlags.IS_64_BIT else 4,
        )
        return self._call("klpscope_attach", ctypes.byref(self._host.ops), ctypes.byref(host))

    def collect(self, sections: int, shadow: Optional[int]) -> None:
        if self._call("klpscope_request", sections):
            self._fail()
        if shadow is not None and self._call("klpscope_request_shadow", shadow):
            self._fail()
        if self._call("klpscope_collect"):
            self._fail()

    @property
    def complete(self) -> bool:
        return bool(self._library.klpscope_complete(self._context))

    def render(self, how: _klpscope_render) -> bytes:
        text, length = ctypes.c_void_p(), ctypes.c_size_t()
        how.size = ctypes.sizeof(how)
        status = self._call("klpscope_render", ctypes.byref(how), ctypes.byref(text), ctypes.byref(length))
        if status == _KLPSCOPE_NOT_FOUND and how.patch:
            self._no_such_patch(how.patch.decode(errors="replace"))
        if status:
            self._fail()
        try:
            return ctypes.string_at(text, length.value)
        finally:
            _free(text)

    def _no_such_patch(self, patch: str) -> NoReturn:
        shown = patch.encode("unicode_escape").decode()
        if self.complete:
            raise NoSuchPatchError(f"no patch and no livepatch module in this dump is called {shown}")
        raise NoSuchPatchError(
            f"no patch or livepatch module called {shown} was seen, but not everything could be read"
        )


def _program(prog: Optional[Program]) -> Program:
    if prog is not None:
        if not hasattr(prog, "read"):
            raise TypeError(f"the first argument is the program, not {prog!r}")
        return prog
    default = getattr(drgn, "get_default_prog", None)
    if default is None:
        raise TypeError("this drgn has no default program: give one")
    result: Program = default()
    return result


def _patch_name(patch: Union[str, int, Object, None]) -> Optional[bytes]:
    if patch is None:
        return None
    if not isinstance(patch, str):
        patch = hex(patch.value_() if isinstance(patch, Object) else operator.index(patch))
    if not patch or "\0" in patch:
        raise ValueError("a patch has a name")
    return os.fsencode(patch)


def report(
    prog: Optional[Program] = None,
    *,
    stacks: bool = False,
    integrity: bool = False,
    shadow: Optional[int] = None,
    patch: Union[str, int, Object, None] = None,
    path: Optional[str] = None,
) -> Dict[str, Any]:
    """
    Get the report as Python data: what ``klpscope -j`` prints, see
    ``klpscope(8)``.

    What the dump cannot tell is ``None``, and ``["summary"]["complete"]`` is
    ``False`` then.

    :param prog: Program, the default one if not given.
    :param stacks: Look at the stacks of all tasks, too.
    :param integrity: Look also for tasks that an ended transition left behind.
    :param shadow: List each shadow variable of this id.
    :param patch: Only the patch of this name or address, which may be a
        ``struct klp_patch *``.
    :param path: The file that *prog* reads. Needed only where drgn does not
        tell (before 0.3), and several dumps are open.
    :raises NoSuchPatchError: if there is no such *patch*
    :raises KlpscopeError: if not even the kernel's symbols can be found
    """
    sections = stacks * _KLPSCOPE_SECTION_STACKS | integrity * _KLPSCOPE_SECTION_INTEGRITY
    if shadow is not None and not 0 <= operator.index(shadow) < 1 << 64:
        raise ValueError(f"not the id of a shadow variable: {shadow}")
    how = _klpscope_render(format=_KLPSCOPE_JSON, patch=_patch_name(patch))
    with _Context(_program(prog), path) as context:
        context.collect(sections, shadow)
        result: Dict[str, Any] = json.loads(context.render(how))
    return result


def _warn_if_incomplete(told: Dict[str, Any]) -> None:
    if not told["summary"]["complete"]:
        warnings.warn(
            f"{told['dump']['path'] or 'the dump'}: not everything could be read: report(prog)['findings'] says what",
            IncompleteWarning,
            stacklevel=3,
        )


def _check_known(told: Dict[str, Any], what: Any, words: str) -> None:
    if what is not None:
        return
    reasons = [finding["message"] for finding in told["findings"] or () if finding["severity"] != "info"]
    raise KlpscopeError(f"the dump cannot tell {words}" + "".join(f"; {reason}" for reason in reasons[:3]))


def _judged(prog: Program, type_name: str, entries: Sequence[Dict[str, Any]], key: str) -> List[Judged]:
    try:
        type_ = prog.type(type_name + " *")
    except LookupError:
        raise KlpscopeError(
            f"drgn knows no {type_name}: load the kernel's debuginfo (klp() and report() need none)"
        ) from None
    return [
        Judged(None if entry[key] is None else Object(prog, type_, value=int(entry[key], 16)), entry)
        for entry in entries
    ]


def patches(prog: Optional[Program] = None, *, path: Optional[str] = None) -> List[Judged]:
    """
    Get the patches on ``klp_patches``, oldest first, as
    ``(struct klp_patch *, verdict)``.

    >>> for patch, verdict in patches(prog):
    ...     print(patch.mod.name.string_(), verdict["state"], verdict["in_effect"])

    The verdict is the patch's part of :func:`report()`. Those whose module is
    loaded but which are not on the list, because they were replaced or
    disabled, are ``report(prog)["detached_modules"]``.

    :param prog: Program, the default one if not given. Needs debuginfo.
    :param path: See :func:`report()`.
    :raises KlpscopeError: if the list cannot be read at all, or without
        debuginfo
    """
    prog = _program(prog)
    told = report(prog, path=path)
    _check_known(told, told["patches"], "which patches there are")
    _warn_if_incomplete(told)
    return _judged(prog, "struct klp_patch", told["patches"], "address")


def shadow_variables(
    prog: Optional[Program] = None, id: Optional[int] = None, *, path: Optional[str] = None
) -> List[Judged]:
    """
    Get shadow variables as ``(struct klp_shadow *, verdict)``. The verdict has
    their ``id``, too.

    >>> for shadow, verdict in shadow_variables(prog, 7001):
    ...     print(shadow.obj, verdict["cache"])

    :param prog: Program, the default one if not given. Needs debuginfo.
    :param id: Only those of this id. All if not given.
    :param path: See :func:`report()`.
    :raises KlpscopeError: if they cannot be read at all, or without debuginfo
    """
    prog = _program(prog)
    told = report(prog, shadow=id, path=path)
    # Without debuginfo that is said even if there are none.
    found = _judged(prog, "struct klp_shadow", (), "shadow")
    wanted = [id] if id is not None else [entry["id"] for entry in _shadow_ids(told)]
    for one in wanted:
        if id is None:
            told = report(prog, shadow=one, path=path)
        for entry in _shadow_ids(told):
            if entry["id"] == one:
                objects = [{"id": one, **shadow} for shadow in entry["objects"] or ()]
                found += _judged(prog, "struct klp_shadow", objects, "shadow")
    _warn_if_incomplete(told)
    return found


def _shadow_ids(told: Dict[str, Any]) -> List[Dict[str, Any]]:
    ids: Any = (told["shadow_variables"] or {}).get("ids")
    _check_known(told, ids, "which shadow variables there are")
    return list(ids)


def pending_tasks(prog: Optional[Program] = None, *, path: Optional[str] = None) -> List[Judged]:
    """
    Get the tasks that had not switched yet in a transition, as
    ``(struct task_struct *, verdict)``. There are none without a transition.

    >>> for task, verdict in pending_tasks(prog):
    ...     print(task.comm.string_(), verdict["held_up"])

    A task that cannot be located has ``None`` in place of the object.

    :param prog: Program, the default one if not given. Needs debuginfo.
    :param path: See :func:`report()`.
    :raises KlpscopeError: if they cannot be read at all, or without debuginfo
    """
    prog = _program(prog)
    told = report(prog, path=path)
    transition = told["transition"]
    _warn_if_incomplete(told)
    if transition is None:
        return _judged(prog, "struct task_struct", (), "address")
    _check_known(told, transition["pending"], "which tasks had not switched")
    return _judged(prog, "struct task_struct", transition["pending"], "address")


# --- options: the same letters as in the command and in crash ---


class _Usage(Exception):
    """Wrong options, in words."""


# Of -t and -s that have nothing behind them.
_WITHOUT = "*"

_OPTIONS: Sequence[Tuple[Tuple[str, ...], Dict[str, Any]]] = (
    (("-f", "--functions"), {"action": "store_true", "help": "also every patch with its objects and functions"}),
    (
        ("-t", "--transition"),
        {
            "nargs": "?",
            "const": _WITHOUT,
            "metavar": "TASK",
            "help": "also who had not switched yet, task by task, and what held it up; "
            "with a PID or the 0x address of a task, whether that task had",
        },
    ),
    (
        ("-b", "--backtrace"),
        {
            "action": "store_true",
            "help": "also the stack of the task that panicked, and of every task inside a hotfix, "
            "or inside what a hotfix replaces",
        },
    ),
    (
        ("-s", "--shadow"),
        {
            "nargs": "?",
            "const": _WITHOUT,
            "metavar": "ID",
            "help": "also shadow variables, by id; with an ID each of that id, with the first bytes of its data",
        },
    ),
    (
        ("-S", "--states"),
        {"action": "store_true", "help": "also states, if they fit, and which callbacks had run"},
    ),
    (
        ("-r", "--relocations"),
        {"action": "store_true", "help": "also the klp relocations of each livepatch module"},
    ),
    (
        ("-c", "--integrity"),
        {
            "action": "store_true",
            "help": "check all that can be checked, and say also what is only worth knowing",
        },
    ),
    (("-a", "--all"), {"action": "store_true", "help": "everything"}),
    (
        ("-j", "--json"),
        {"action": "store_true", "help": "JSON: always everything, but stacks only with -b or -a"},
    ),
    (
        ("-p", "--patch"),
        {"metavar": "PATCH", "help": "only this patch (name, or 0x address) below the summary"},
    ),
    (("-h", "--help"), {"action": "store_true", "help": "this"}),
)

_DESCRIPTION = "which livepatches (hotfixes) were in effect, and was one on the crash path"

_LONG_DESCRIPTION = (
    "Says which livepatches (hotfixes) were in effect when the kernel crashed, and whether one was on the crash path. "
    "It needs no debuginfo. See klpscope(8)."
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Usage(message)


def _parser(name: str) -> _Parser:
    parser = _Parser(prog=name, description=_LONG_DESCRIPTION, add_help=False)
    for flags, keywords in _OPTIONS:
        parser.add_argument(*flags, **keywords)
    return parser


def _number(word: str, words: str) -> int:
    digits = word[2:] if word[:2] in ("0x", "0X") else word
    # An address as crash prints it.
    if len(word) == 16 and not word.isdigit():
        word = "0x" + word
    try:
        if not digits.isascii() or not digits.isalnum():
            raise ValueError
        value = int(digits, 10 if digits is word else 16)
    except ValueError:
        raise _Usage(f"{words}: {word.encode('unicode_escape').decode()}") from None
    if value >> 64:
        raise _Usage(f"{words}: {word}")
    return value


def _sections(args: argparse.Namespace) -> int:
    if args.all:
        return _KLPSCOPE_SECTIONS_ALL
    sections = 0
    for wanted, section in (
        (args.functions, _KLPSCOPE_SECTION_FUNCTIONS),
        (args.transition is not None, _KLPSCOPE_SECTION_TRANSITION),
        (args.backtrace, _KLPSCOPE_SECTION_STACKS),
        (args.shadow is not None, _KLPSCOPE_SECTION_SHADOW),
        (args.states, _KLPSCOPE_SECTION_STATES),
        (args.relocations, _KLPSCOPE_SECTION_RELOCATIONS),
        (args.integrity, _KLPSCOPE_SECTION_INTEGRITY),
    ):
        sections |= section if wanted else 0
    return sections


def _how(args: argparse.Namespace) -> _klpscope_render:
    how = _klpscope_render(sections=_sections(args), format=_KLPSCOPE_JSON if args.json else _KLPSCOPE_TEXT)
    if args.patch is not None:
        if not args.patch or "\0" in args.patch:
            raise _Usage("-p needs the name of a patch")
        how.patch = _patch_name(args.patch)
    if args.transition not in (None, _WITHOUT):
        pid_or_address = _number(args.transition, "neither a PID nor the address of a task")
        if pid_or_address >> 32 and args.transition.isdigit() and len(args.transition) != 16:
            raise _Usage(f"not a PID: {args.transition}")
        if pid_or_address >> 32:
            how.task = pid_or_address
        else:
            how.one_task, how.pid = True, pid_or_address
    return how


def _run(prog: Program, args: argparse.Namespace, path: Optional[str], terminal: Any) -> Tuple[bytes, bool]:
    """The report that these options ask for, and whether it is complete."""
    how = _how(args)
    shadow = _number(args.shadow, "not the id of a shadow variable") if args.shadow not in (None, _WITHOUT) else None
    if _is_terminal(terminal):
        how.width = shutil.get_terminal_size().columns
        how.colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") not in ("", "dumb")
    with _Context(prog, path) as context:
        context.collect(how.sections, shadow)
        return context.render(how), context.complete


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def _write(text: bytes) -> None:
    """To whatever print() writes to, which may know ASCII only."""
    if sys.stdout is None:
        return
    shown = text.decode()
    encoding = getattr(sys.stdout, "encoding", None)
    if isinstance(encoding, str):
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    sys.stdout.write(shown)


def klp(prog: Optional[Program] = None, options: Union[str, Sequence[str]] = "", *, path: Optional[str] = None) -> None:
    """
    Print which livepatches were in effect, and whether one was on the crash
    path.

    >>> klp(prog)
    >>> klp(prog, "-b -p livepatch_fix")
    >>> klp(prog, "-h")

    :param prog: Program, the default one if not given.
    :param options: Those of ``%klp`` and of the ``klpscope`` command: a string,
        or a list of words.
    :param path: See :func:`report()`.
    :raises KlpscopeError: if the dump cannot be read, or has no such patch
    :raises ValueError: for wrong options
    """
    parser = _parser("klp")
    try:
        args = parser.parse_args(shlex.split(options) if isinstance(options, str) else list(options or ()))
        if args.help:
            _write(parser.format_help().encode())
        else:
            _write(_run(_program(prog), args, path, sys.stdout)[0])
    except _Usage as e:
        raise ValueError(f"{e} (klp(prog, \"-h\") shows the options)") from None


# --- %klp ---


def _register() -> None:
    try:
        # From 0.0.33 on.
        from drgn.commands import CommandArgumentError, CommandError, argument, command  # type: ignore
    except ImportError:
        return

    @command(  # type: ignore
        name="klp",
        description=_DESCRIPTION,
        long_description=_LONG_DESCRIPTION,
        arguments=tuple(argument(*flags, **keywords) for flags, keywords in _OPTIONS),
        enabled=lambda prog: bool(prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL),
    )
    def _cmd_klp(prog: Program, name: str, args: argparse.Namespace, **kwargs: Any) -> None:
        if args.help:
            _write(kwargs["parser"].format_help().encode())
            return
        try:
            _write(_run(prog, args, None, sys.stdout)[0])
        except _Usage as e:
            raise CommandArgumentError(f"klp: {e}") from None
        except KlpscopeError as e:
            raise CommandError(str(e)) from None


_register()


# --- python3 -m klpscope ---

_EXIT_OK, _EXIT_UNKNOWN, _EXIT_CANNOT_OPEN, _EXIT_USAGE, _EXIT_INTERNAL = 0, 3, 4, 64, 70


def _apart(argv: Sequence[str]) -> List[str]:
    """What belongs to -t, -s and -p follows without a blank, as in the command: what is next may be the dump."""
    apart: List[str] = []
    for i, word in enumerate(argv):
        if word == "--":
            return apart + list(argv[i:])
        if len(word) > 3 and any(name.startswith(word) for name in ("--transition", "--shadow")):
            apart.append(f"{word}={_WITHOUT}")
        elif word.startswith("-") and not word.startswith("--") and len(word) > 1:
            apart += _letters(word[1:])
        else:
            apart.append(word)
    return apart


def _letters(cluster: str) -> Iterator[str]:
    for i, letter in enumerate(cluster):
        rest = cluster[i + 1:]
        if letter in "ts":
            yield f"--{'transition' if letter == 't' else 'shadow'}={rest or _WITHOUT}"
            return
        yield "-" + letter
        if letter == "p":
            if rest:
                yield rest
            return


def _open_error(path: str, e: Exception) -> KlpscopeError:
    told = "; ".join(line.strip() for line in str(e).splitlines()) or type(e).__name__
    return KlpscopeError(f"drgn cannot open it: {told if path in told else f'{path}: {told}'}")


def _open(vmcore: str, vmlinux: Optional[str]) -> Program:
    prog = Program()
    try:
        prog.set_core_dump(vmcore)
    except Exception as e:
        raise _open_error(vmcore, e) from None
    if vmlinux is not None:
        _load(prog, vmlinux)
    return prog


def _load(prog: Program, vmlinux: str) -> None:
    failed = KlpscopeError(f"drgn finds no debuginfo of this kernel in {vmlinux}")
    try:
        with open(vmlinux, "rb"):   # drgn 0.0.31 and later only log a warning
            pass
        prog.load_debug_info([vmlinux])
    except Exception as e:
        failed = _open_error(vmlinux, e)
    # It goes through the modules of the dump meanwhile, and may stumble over a damaged one.
    try:
        prog.type("struct task_struct")
    except LookupError:
        raise failed from None


def _main(argv: Sequence[str]) -> int:
    parser = _parser("python3 -m klpscope")
    parser.usage = "%(prog)s [OPTION]... VMCORE [VMLINUX]"
    parser.add_argument("-V", "--version", action="store_true", help="the version")
    parser.add_argument("vmcore", nargs="?", metavar="VMCORE", help="a dump that drgn can open")
    parser.add_argument("vmlinux", nargs="?", metavar="VMLINUX", help="the kernel's debuginfo, for drgn")
    if argv and argv[0] in ("check", "capsule"):
        raise _Usage(f"{argv[0]} is a command of klpscope's, not of this module")
    args = parser.parse_args(_apart(argv))
    for option, value in (("-t", args.transition), ("-s", args.shadow)):
        for word in (args.vmcore, args.vmlinux) if value == _WITHOUT else ():
            if word and re.fullmatch("[0-9]+|0[xX][0-9a-fA-F]+", word) and not os.path.exists(word):
                raise _Usage(f"what belongs to {option} follows without a blank: {option}{word}")
    if sys.stdout is None:
        raise OSError(f"standard output: {os.strerror(errno.EBADF)}")
    text, complete = b"", True
    if args.help:
        text = re.sub(r"(-\w) \[(\w+)\], (--\w+) \[\w+\]", r"\1[\2], \3[=\2]", parser.format_help()).encode()
    elif args.version:
        text = b"klpscope " + _library().klpscope_version() + b"\n"
    elif args.vmcore is None:
        raise _Usage("no dump file given")
    else:
        text, complete = _run(_open(args.vmcore, args.vmlinux), args, args.vmcore, sys.stdout)
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return _EXIT_OK if complete else _EXIT_UNKNOWN


def main() -> int:
    """Run ``python3 -m klpscope``: its exit statuses are those of the command."""
    # Whoever reads the report may have seen enough, and whoever waits for it, too.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return _main(sys.argv[1:])
    except _Usage as e:
        print(f"klpscope: {e}\nTry 'python3 -m klpscope --help'.", file=sys.stderr)
        return _EXIT_USAGE
    except NoSuchPatchError as e:
        print(f"klpscope: {e}", file=sys.stderr)
        return _EXIT_UNKNOWN if "not everything" in str(e) else _EXIT_USAGE
    except (EngineError, OSError, MemoryError) as e:
        print(f"klpscope: {str(e) or 'out of memory'}", file=sys.stderr)
        return _EXIT_INTERNAL
    except KlpscopeError as e:
        print(f"klpscope: {e}", file=sys.stderr)
        return _EXIT_CANNOT_OPEN


if __name__ == "__main__":
    sys.exit(main())
