#!/usr/bin/python3
"""Writes tests/references: values and partial derivatives of every primitive.

primitives.inc: at the points of its struct, to 50 digits and third order; a table to be compiled.
samples.txt: at 104 random points at least of its domain, to 20 digits and fourth order; a table to be read.

    scripts/make_references.py [--build BUILD_FOLDER]

Formulas, points and domains come from the primitives' structs, printed by the program wengert_reference_points of the build (default:
build/release). Derivatives are differences in 400-digit arithmetic, computed twice with different steps; the script fails if
the two do not agree to 60 digits. Needs Debian's python3-mpmath.
"""
import argparse
import itertools
import json
import multiprocessing
import pathlib
import random
import subprocess
import sys

import mpmath
from mpmath import mp, mpf

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests/references/primitives.inc"
SAMPLES = ROOT / "tests/references/samples.txt"
DIGITS = 50
HIGHEST_ORDER = 3
SAMPLE_COUNT = 104
SAMPLE_DIGITS = 20  # more than the 64 bits of a long double hold
SAMPLE_ORDER = 4
SAMPLE_HEADER = """\
# Values and partial derivatives of every primitive at random points of its domain, to fourth order.
# Written by scripts/make_references.py from the formulas and domains in the primitives' structs; do not edit.
#
# A line: primitive; operands; all partial derivatives in the differentiable operands, by order, in one order first those
# with more derivatives by the operand that comes first.
"""
# What the formulas are written in.
FORMULA = {name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")} | {"int": int, "abs": abs, "min": min, "max": max}
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


def magnitude(function, at):
    """How large the function is at and around a point: what an absolute error is held against."""
    around = itertools.product(*[(x, x + max(abs(x), 1) / 1000, x - max(abs(x), 1) / 1000) for x in at])
    return max(abs(value) for value in (function(*point) for point in around) if mp.isfinite(value) and mp.im(value) == 0)


def reference(function, at, times, size):
    if sum(times) == 0:
        return function(*at)
    # 400 digits are 1328 bits: the difference of n-th order loses n·step_bits of them and is wrong by 2^(-2·step_bits).
    first, second = (derivative(function, at, times, bits) for bits in (240, 250))
    if abs(first - second) > mpf(10) ** -60 * max(size, abs(first)):
        raise SystemExit(f"no agreement at {at}, order {times}: {mp.nstr(first, 60)} and {mp.nstr(second, 60)}")
    nearest = mp.nint(second)
    return nearest if abs(second - nearest) < mpf(10) ** -70 * size else second


def number(x):
    return "0" if x == 0 else repr(float(x))


def formula_of(primitive):
    return eval(f"lambda {', '.join('xyz'[:primitive['arity']])}: {primitive['formula']}", FORMULA)  # our own sources


def orders(primitive, highest):
    """All ways to differentiate by the differentiable operands, up to an order: as counts by operand, sorted."""
    arity = primitive["arity"]
    active = [k for k in range(arity) if primitive["differentiable"] >> k & 1]
    counts = itertools.product(range(highest + 1), repeat=arity)
    kept = [t for t in counts if sum(t) <= highest and all(k in active for k in range(arity) if t[k])]
    return sorted(kept, key=lambda t: (sum(t), [-n for n in t]))


def draw(generator, low, high, whole):
    """A number of an interval: evenly, or (every other time, where magnitudes differ) evenly in its magnitude."""
    if whole:
        return float(generator.randint(int(low), int(high)))
    if low * high > 0:
        small, large = sorted((abs(low), abs(high)))
        if large / small >= 100:
            return mp.sign(low) * float(small * (large / small) ** generator.random())
    elif generator.random() < 0.5:
        side = high if generator.random() < high / (high - low) else low
        return side * 10 ** (-4 * generator.random())
    return generator.uniform(low, high)


def samples(primitive):
    """The lines of one primitive."""
    mp.dps = 400
    function, generator, lines = formula_of(primitive), random.Random(primitive["name"]), []
    boxes = [[(float.fromhex(low), float.fromhex(high), whole) for low, high, whole in box] for box in primitive["boxes"]]
    for box in boxes:
        for _ in range(-(-SAMPLE_COUNT // len(boxes))):
            operands = [float(draw(generator, *interval)) for interval in box]
            at = [mpf(x) for x in operands]
            size, values = magnitude(function, at), []
            for times in orders(primitive, SAMPLE_ORDER):
                value = reference(function, at, times, size)
                values.append("0" if value == 0 else mp.nstr(value, SAMPLE_DIGITS, min_fixed=-4, max_fixed=10))
            lines.append(f"{primitive['name']}; {' '.join(repr(x) for x in operands)}; {' '.join(values)}\n")
    return lines


def rows(primitive):
    arity = primitive["arity"]
    function = formula_of(primitive)
    for point in primitive["points"]:
        at = [mpf(float.fromhex(text)) for text in point["at"]]
        size, values = magnitude(function, at), []
        for times in orders(primitive, min(point["order"], HIGHEST_ORDER)):
            value = reference(function, at, times, size)
            high = float(value)
            values.append((times + (0,) * (3 - arity), number(high), number(value - mpf(high)),
                           mp.nstr(value, DIGITS, min_fixed=-5, max_fixed=10)))
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
    with multiprocessing.Pool() as pool:
        lines = [line for part in pool.imap(samples, primitives) for line in part]
    SAMPLES.write_text(SAMPLE_HEADER + "".join(lines), encoding="utf-8")
    print(f"{SAMPLES.relative_to(ROOT)}: {len(lines)} points")
    print(f"{OUTPUT.relative_to(ROOT)}: {len(primitives)} primitives, {len(points)} points, {len(values)} values")


if __name__ == "__main__":
    main()
