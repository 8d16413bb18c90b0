#!/usr/bin/python3
"""Proves that a misuse does not compile, and for the stated reason.

    check_compile_fail.py FILE COMPILER FLAGS...
    check_compile_fail.py --self-test COMPILER FLAGS...

FILE opens with `// expect: <regex>` and holds the misuse under `#ifdef WENGERT_SHOULD_FAIL`. Without that macro it must
compile; with it, it must not, and the compiler's errors must match the regex (Python's, tried on the whole output; one
regex serves both compilers).
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def compile_file(file, compiler, flags):
    command = [compiler, *flags, "-fsyntax-only", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def verdict(file, compiler, flags):
    """Returns what is wrong with FILE, or nothing."""
    expect = re.match(r"//\s*expect:\s*(\S.*)", pathlib.Path(file).read_text(encoding="utf-8"))
    if not expect:
        return "the first line must read `// expect: <regex of the compiler's message>`"
    good = compile_file(file, compiler, flags)
    if good.returncode != 0:
        return f"does not compile without the misuse:\n{good.stderr}"
    bad = compile_file(file, compiler, [*flags, "-DWENGERT_SHOULD_FAIL"])
    if bad.returncode == 0:
        return "the misuse compiles"
    if not re.search(expect[1].strip(), bad.stderr):
        return f"the misuse does not compile, but no message matches /{expect[1].strip()}/:\n{bad.stderr}"
    return ""


# Text, and the beginning of the verdict that it must get.
PLANTED = [
    ("// expect: no_such_name\n#ifdef WENGERT_SHOULD_FAIL\nint x = no_such_name;\n#endif\n", ""),
    ("// expect: deliberate\ntemplate <class T> void f() { static_assert(sizeof(T) > 4, \"deliberate\"); }\n"
     "void g() {\n#ifdef WENGERT_SHOULD_FAIL\n  f<char>();\n#endif\n}\n", ""),
    ("// expect: .\nint x = 1;\n", "the misuse compiles"),
    ("// expect: .\nint x = no_such_name;\n", "does not compile without"),
    ("// expect: something_else\n#ifdef WENGERT_SHOULD_FAIL\nint x = no_such_name;\n#endif\n",
     "the misuse does not compile, but no message"),
    ("int x = 1;\n", "the first line must read"),
]


def self_test(compiler, flags):
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for text, expected in PLANTED:
            file = pathlib.Path(folder, "planted.cpp")
            file.write_text(text, encoding="utf-8")
            got = verdict(file, compiler, flags)
            if not (got.startswith(expected) if expected else got == ""):
                print(f"expected {expected or 'no complaint'!r}, got {got!r} for:\n{text}")
                wrong += 1
    print(f"{len(PLANTED)} planted files, {wrong} judged wrongly")
    return wrong


if __name__ == "__main__":
    target, compiler, *flags = sys.argv[1:]
    if target == "--self-test":
        sys.exit(bool(self_test(compiler, flags)))
    message = verdict(target, compiler, flags)
    print(message or "compiles without the misuse, does not with it, and says why")
    sys.exit(bool(message))
