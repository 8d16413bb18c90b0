#!/usr/bin/python3
"""Runs a program in gdb and holds what the pretty-printers say against what they should.

    check_printers.py GDB PROGRAM PRINTERS      ends with 77 where gdb may not run programs
"""
import re
import subprocess
import sys

EXPECTED = {
    "x": r"0\.25, value 1 of recording \d+(, generation \d+)?",
    "constant": r"2\.5, a constant",
    "t": r"f64\[2,2\] \{1, 2, 3, 4\}, value 2 of recording \d+(, generation \d+)?",
    "plain": r"f64\[1\] \{0\.5\}, a constant",
    "uniform": r"f32\[3\] \{7 \.\.\.\}",
    "whole": r"i64\[2\] \{1, -2\}",
    "none": r"f64\[0\] \{\}",
    "unknown": r"f64\[5\] \{\?\}",
    "single": r"f64 \{1\.5\}",
    "shape": r"\[2,3\]",
    "scalar_shape": r"\[\]",
    "type": r"i32\[4\]",
    "dtype": r"bool",
    "recording": r"recording \d+, next value 3",
    "list": r"std::vector of length 2, capacity 2 = \{0\.25, value 1 of recording \d+(, generation \d+)?, 2\.5, a constant\}",
}


def main(gdb, program, printers):
    command = [gdb, "--batch", "-nx", "-iex", "set debuginfod enabled off", "-ex", "set print pretty off", "-ex",
               "set width 0", "-ex", f"source {printers}", "-ex", "break stop_here", "-ex", "run", "-ex", "up"]
    for name in EXPECTED:
        command += ["-ex", f"echo @{name}=", "-ex", f"output {name}", "-ex", "echo \\n"]
    done = subprocess.run([*command, program], capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    if re.search(r"Operation not permitted|ptrace|Could not trace|Cannot insert breakpoint|warning: Error disabling", said) and "@x=0" not in said:
        print("gdb may not run programs here:\n" + said[-800:])
        return 77
    wrong = 0
    for name, pattern in EXPECTED.items():
        found = re.search(rf"^@{name}=(.*)$", said, re.MULTILINE)
        if found is None or re.fullmatch(pattern, found.group(1)) is None:
            wrong += 1
            print(f"{name}: {found.group(1) if found else 'nothing'}; expected {pattern}")
    if wrong:
        print(said[-3000:])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
