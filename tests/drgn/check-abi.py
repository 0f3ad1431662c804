#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What extensions/drgn/klpscope.py declares of include/klpscope.h is what a C compiler makes of the header.

usage: check-abi.py [KLPSCOPE.PY]

Sizes and offsets of structures and the values of constants are the compiler's:
a C program of the Python declarations prints them.  Types of members, of
parameters and of results are those that the header's text has.
"""

import ctypes
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import types
import unittest.mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = os.path.join(ROOT, "include/klpscope.h")
COUNT = BAD = 0

# What ctypes may call each; an enum of C is an int of the ABI.
NUMBERS = {
    "bool": ctypes.c_bool,
    "int": ctypes.c_int,
    "size_t": ctypes.c_size_t,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "uint8_t": ctypes.c_uint8,
    "unsigned int": ctypes.c_uint,
    "void": None,
}


def check(what, holds, seen=""):
    global COUNT, BAD
    COUNT += 1
    if not holds:
        BAD += 1
    print(f"{'ok' if holds else 'not ok'} {what}{'' if holds else f': {seen!r}'}")


def load(path):
    """The module, on machines without drgn, too: only its declarations are looked at."""
    try:
        import drgn  # noqa: F401
    except ImportError:
        def name_only(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (Exception,), {})

        drgn = types.ModuleType("drgn")
        drgn.__getattr__ = name_only
        sys.modules["drgn"] = drgn
    spec = importlib.util.spec_from_file_location("klpscope", path)
    module = importlib.util.module_from_spec(spec)
    with unittest.mock.patch.object(sys, "dont_write_bytecode", True):
        spec.loader.exec_module(module)
    return module


# --- the header's text ---


class Header:
    def __init__(self):
        with open(HEADER, encoding="utf-8") as f:
            text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
        text = re.sub(r"^#.*$", "", text, flags=re.M)
        text = re.sub(r"\bKLPSCOPE_(API|MUST_CHECK)\b", "", text)
        self.structs = {name: [self.declaration(d) for d in self.declarations(body)]
                        for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.M | re.S)}
        rest = re.sub(r"^(?:struct|enum) \w+ \{.*?^\};", "", text, flags=re.M | re.S)
        self.functions = dict(self.function(d) for d in self.declarations(rest) if "(" in d)

    @staticmethod
    def declarations(text):
        return [" ".join(d.split()) for d in text.split(";") if d.strip()]

    def declaration(self, text):
        """(name, type) of a member or parameter; a pointer to a function is ("function", result, parameters)."""
        m = re.fullmatch(r"(.*?)\(\*(\w+)\)\((.*)\)", text)
        if m:
            return m[2], ("function", m[1].strip(), self.parameters(m[3]))
        m = re.fullmatch(r"(.*?)(\w+)", text)
        return m[2], m[1].strip()

    def parameters(self, text):
        return [] if text == "void" else [self.declaration(p.strip())[1] for p in text.split(",")]

    def function(self, text):
        m = re.fullmatch(r'(?:extern "C" \{ )?(.*?)(\w+)\((.*)\)', text)
        return m[2], (m[1].strip(), self.parameters(m[3]))


# --- C's types and those of ctypes ---


def same(module, c, python):
    """May the C type be declared so?"""
    if isinstance(c, tuple):
        return same_function(module, c, getattr(python, "_restype_", "no function"), getattr(python, "_argtypes_", ()))
    base = re.sub(r"\bconst\b", "", c)
    stars, base = base.count("*"), " ".join(base.replace("*", "").split())
    if stars == 0:
        return python is (ctypes.c_int if base.startswith("enum ") else NUMBERS[base])
    # Bytes, and strings that are to be freed, must not become Python's.
    if python is ctypes.c_void_p:
        return True
    if stars == 1 and base == "char":
        return python is ctypes.c_char_p
    if not (isinstance(python, type) and issubclass(python, ctypes._Pointer)):
        return False
    if stars == 1 and base.startswith("struct "):
        return python._type_ is getattr(module, f"_{base.split()[1]}", None)
    return same(module, c.rstrip()[:-1].rstrip().removesuffix("const"), python._type_)


def same_function(module, c, result, parameters):
    _, c_result, c_parameters = c
    return same(module, c_result, result) and len(c_parameters) == len(parameters) and \
        all(same(module, a, b) for a, b in zip(c_parameters, parameters))


# --- the compiler ---


def compiled(structs, constants):
    lines = ['#include <klpscope.h>', '#include <stdio.h>', 'int main(void)', '{', '\tprintf("{");']
    for name, members in structs.items():
        lines.append(f'\tprintf("\\"{name}\\": %zu, ", sizeof(struct {name}));')
        for m in members:
            lines.append(f'\tprintf("\\"{name}.{m}\\": [%zu, %zu], ", offsetof(struct {name}, {m}), '
                         f'sizeof(((struct {name} *)0)->{m}));')
    for name in constants:
        lines.append(f'\tprintf("\\"{name}\\": %lld, ", (long long){name});')
    lines += ['\tprintf("\\"\\": 0}\\n");', '\treturn 0;', '}', '']
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "abi.c"), os.path.join(folder, "abi")
        with open(source, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
        subprocess.run(["cc", "-std=c11", "-Wall", "-Werror", f"-I{os.path.dirname(HEADER)}", "-o", program, source],
                       check=True)
        return json.loads(subprocess.run([program], check=True, capture_output=True).stdout)


def main():
    module = load(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "extensions/drgn/klpscope.py"))
    header = Header()
    structs = {name[1:]: value for name, value in vars(module).items()
               if isinstance(value, type) and issubclass(value, ctypes.Structure)}
    constants = {name[1:]: value for name, value in vars(module).items() if name.startswith("_KLPSCOPE_")}
    check("structures, constants and functions are declared",
          len(structs) >= 3 and len(constants) >= 8 and len(module._FUNCTIONS) >= 8,
          (list(structs), list(constants), list(module._FUNCTIONS)))

    unknown = sorted(set(structs) - set(header.structs) | set(module._FUNCTIONS) - set(header.functions))
    check("nothing that the header has not", not unknown, unknown)
    members = {name: [m for m, _ in header.structs[name]] for name in structs if name in header.structs}
    c = compiled(members, constants)
    for name in sorted(members):
        declared = structs[name]._fields_
        size = ctypes.sizeof(structs[name])
        check(f"struct {name}: its size", size == c[name], (size, c[name]))
        check(f"struct {name}: its members", [f[0] for f in declared] == members[name], [f[0] for f in declared])
        for member, c_type in header.structs[name]:
            field = getattr(structs[name], member, None)
            seen = [field.offset, field.size] if field else None
            place = c[f"{name}.{member}"]
            check(f"struct {name}.{member}: offset and size", seen == place, (seen, place))
            python = dict((f[0], f[1]) for f in declared).get(member)
            check(f"struct {name}.{member}: its type", same(module, c_type, python), (c_type, python))
    for name, value in constants.items():
        # ~0u of C is that of an unsigned int.
        check(name, value == c[name], (value, c[name]))
    for name, (result, parameters) in module._FUNCTIONS.items():
        if name in header.functions:
            c_type = ("function", *header.functions[name])
            check(f"{name}(): its types", same_function(module, c_type, result, parameters),
                  (c_type, result, parameters))
    print(f"{COUNT - BAD} passed, {BAD} failed")
    return BAD != 0


if __name__ == "__main__":
    sys.exit(main())
