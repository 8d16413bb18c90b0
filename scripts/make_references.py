#!/usr/bin/python3
"""Writes tests/references/primitives.inc: values and partial derivatives of every primitive, to 50 digits.

    scripts/make_references.py [--build BUILD_FOLDER]

Formulas and points come from the primitives' structs, printed by the program wengert_reference_points of the build (default:
build/release). Derivatives are differences in 400-digit arithmetic, computed twice with different steps; the script fails if
the two do not agree to 60 digits. Needs Debian's python3-mpmath.
"""
import argparse
import itertools
import json
import pathlib
import subprocess
import sys

from mpmath import mp, mpf, exp, log, sin, cos, tanh, sqrt  # noqa: F401 (the formulas use them)

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests/references/primitives.inc"
DIGITS = 50
HIGHEST_ORDER = 3
HEADER = """\
// Values and partial derivatives of every primitive at its points, to 50 digits.
// Written by scripts/make_references.py from the formulas in the primitives' structs; do not edit.
//
// points: primitive, formula, arity, operands, order, first value, number of values
// values: times differentiated by operand 0, 1, 2; nearest double; the rest; the digits
"""


def derivative(function, at, times, step_bits):
    """Partial derivative by central differences, exact to about 2·step_bits bits beyond rounding."""
    h = mpf(2) ** -step_bits
    total = mpf(0)
    # The tensor product of one-dimensional stencils Σ (-1)^j C(n,j) f(x + (n/2 - j)·h) / h^n.
    stencils = []
    for n in times:
        stencils.append([((-1) ** j * mp.binomial(n, j), (mpf(n) / 2 - j) * h) for j in range(n + 1)])
    for corner in itertools.product(*stencils):
        weight = mpf(1)
        for w, _ in corner:
            weight *= w
        total += weight * function(*[x + offset for x, (_, offset) in zip(at, corner)])
    return total / h ** sum(times)


def reference(function, at, times):
    if sum(times) == 0:
        return function(*at)
    # 400 digits are 1328 bits: the difference of n-th order loses n·step_bits of them and is wrong by 2^(-2·step_bits).
    first, second = (derivative(function, at, times, bits) for bits in (240, 250))
    if abs(first - second) > mpf(10) ** -60 * max(1, abs(first)):
        raise SystemExit(f"no agreement at {at}, order {times}: {mp.nstr(first, 60)} and {mp.nstr(second, 60)}")
    nearest = mp.nint(second)
    return nearest if abs(second - nearest) < mpf(10) ** -70 else second


def number(x):
    return "0" if x == 0 else repr(float(x))


def rows(primitive):
    arity = primitive["arity"]
    function = eval(f"lambda {', '.join('xyz'[:arity])}: {primitive['formula']}")  # our own sources
    active = [k for k in range(arity) if primitive["differentiable"] >> k & 1]
    for point in primitive["points"]:
        at = [mpf(float.fromhex(text)) for text in point["at"]]
        values = []
        for times in itertools.product(range(HIGHEST_ORDER + 1), repeat=arity):
            if sum(times) > point["order"] or any(times[k] and k not in active for k in range(arity)):
                continue
            value = reference(function, at, times)
            high = float(value)
            values.append((times + (0,) * (3 - arity), number(high), number(value - mpf(high)),
                           mp.nstr(value, DIGITS, min_fixed=-5, max_fixed=10)))
        values.sort(key=lambda v: (sum(v[0]), [-n for n in v[0]]))
        yield [float.fromhex(text) for text in point["at"]] + [0.0] * (3 - arity), point["order"], values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=ROOT / "build/release", type=pathlib.Path)
    program = parser.parse_args().build / "bin/wengert_reference_points"
    if not program.exists():
        sys.exit(f"make_references.py: {program} is missing; build it (ninja wengert_reference_points) or give --build")
    primitives = json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
    mp.dps = 400
    points, values = [], []
    for primitive in primitives:
        for at, order, rows_here in rows(primitive):
            operands = ", ".join(number(x) for x in at)
            points.append(f'    {{"{primitive["name"]}", "{primitive["formula"]}", {primitive["arity"]}, {{{operands}}}, '
                          f'{order}, {len(values)}, {len(rows_here)}}},\n')
            values += [f'    {{{{{t[0]}, {t[1]}, {t[2]}}}, {high}, {low}, "{digits}"}},\n' for t, high, low, digits in rows_here]
    OUTPUT.write_text(f"{HEADER}\ninline constexpr ReferencePoint reference_points[] = {{\n{''.join(points)}}};\n\n"
                      f"inline constexpr ReferenceValue reference_values[] = {{\n{''.join(values)}}};\n", encoding="utf-8")
    print(f"{OUTPUT.relative_to(ROOT)}: {len(primitives)} primitives, {len(points)} points, {len(values)} values")


if __name__ == "__main__":
    main()
