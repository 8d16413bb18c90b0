"""`scripts/bench growth`: runs the growth program, writes growth.json, growth.md and the charts."""
import argparse
import json
import os
import pathlib

import common
from common import digits, table

WHAT = {
    "loop": "`v = v * a + b`: one statement that rolls up, each iteration waits for the one before",
    "stencil": "advection and diffusion on a ring of 100 cells: one statement a cell, which rolls up and whose iterations are independent",
    "irregular": "statements of eight shapes on operands among 16, both pseudo-random: nothing rolls up",
}


def measure(arguments):
    cores = sorted(os.sched_getaffinity(0))
    command = [arguments.program, "--max", arguments.max, "--seconds", arguments.seconds]
    # One core for the whole run, the last one, as in the race.
    result = json.loads(common.run(command, preexec_fn=lambda: os.sched_setaffinity(0, cores[-1:])))
    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": arguments.quick, **result}


def per_operation(size, part):
    return 1e9 * size[part]["median"] / size["operations"]


def bytes_of(size):
    return size["bytes"] / size["operations"]


def read_bandwidth(result, occupied):
    """Bytes a second read from arrays of the size nearest above what is occupied."""
    rows = result["bandwidth"]
    return next((row["read"] for row in rows if row["bytes"] >= occupied), rows[-1]["read"])


def floor(result, size):
    """Nanoseconds an operation that reading the recording and its adjoints once would take."""
    return 1e9 * bytes_of(size) / read_bandwidth(result, size["bytes"])


def ratio(size):
    return size["reverse"]["median"] / size["doubles"]["median"]


def page(result):
    largest = result["bandwidth"][-1]
    text = f"""# Growth: the backward pass from a thousand operations on

Written by `scripts/bench growth`; the numbers behind it: [growth.json](growth.json). Wengert {result['version']}.

{common.where_measured(result)}; {result['compiler']}, `{result['flags']}`; one core, processor time, memory warm, medians.
{"**A quick run with small sizes: a smoke test, not a measurement.**" if result["quick"] else ""}

Three programs, of any length (`benchmarks/growth/chains.hpp`):

{table(["program", "what"], [[name, what] for name, what in WHAT.items()], left=2)}
![Nanoseconds an operation by the number of operations](growth.svg)

![Reverse over doubles by the number of operations](growth_ratio.svg)

*doubles*: the program in plain doubles. *record*: evaluated and recorded. *reverse*: adjoints cleared, swept, the derivatives of all inputs read.
*floor*: bytes an operation over the bandwidth at which this core reads an array of that size; what a sweep that only
read its recording once could reach.
"""
    for program in result["programs"]:
        rows = [[f"{size['operations']:,}".replace(",", " "), *(digits(per_operation(size, part)) for part in ("doubles", "record", "reverse")),
                 f"{ratio(size):.2f}", f"{bytes_of(size):.1f}", digits(floor(result, size)),
                 f"{bytes_of(size) / per_operation(size, 'reverse'):.1f}"] for size in program["sizes"]]
        text += f"""
## {program['name']}

{table(["operations", "doubles ns/op", "record ns/op", "reverse ns/op", "reverse ÷ doubles", "bytes/op", "floor ns/op", "GB/s in reverse"],
       rows, left=0)}"""
    text += f"""
## Bandwidth of one core

GB/s, the best of some passes; *copy* and *triad* (`c[i] = a[i] + s b[i]`) count what is read and what is written.

{table(["array", "read", "copy", "triad"], [[in_bytes(row["bytes"]), *(f"{row[kind] / 1e9:.1f}" for kind in ("read", "copy", "triad"))]
                                           for row in result["bandwidth"]])}
From memory (arrays of {in_bytes(largest["bytes"])}) this core reads {largest["read"] / 1e9:.1f} GB/s. At the largest size of each program:

"""
    for program in result["programs"]:
        size = program["sizes"][-1]
        share = floor(result, size) / per_operation(size, "reverse")
        text += (f"- *{program['name']}*: {bytes_of(size):.1f} bytes an operation; the reverse sweep goes through them at "
                 f"{bytes_of(size) / per_operation(size, 'reverse'):.1f} GB/s, {100 * share:.0f} % of what the core reads.\n")
    return text


def in_bytes(count):
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << power:
            return f"{count / (1 << power):g} {unit}"
    return f"{count} B"


def draw(result, folder):
    import charts  # here, for pages can be written and checked without matplotlib

    programs = result["programs"]
    panels = []
    for program in programs:
        sizes = program["sizes"]
        x = [size["operations"] for size in sizes]
        lines = [(part, x, [per_operation(size, part) for size in sizes]) for part in ("doubles", "record", "reverse")]
        panels.append((program["name"], [*lines, ("floor", x, [floor(result, size) for size in sizes])]))
    charts.lines(folder / "growth.svg", "Cost an operation by the number of operations", panels, "operations", "nanoseconds an operation",
                 dashed={"floor"})
    panels = [("", [(program["name"], [size["operations"] for size in program["sizes"]], [ratio(size) for size in program["sizes"]])
                    for program in programs])]
    charts.lines(folder / "growth_ratio.svg", "Reverse sweep over plain evaluation", panels, "operations", "reverse ÷ doubles")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench growth", description=__doc__)
    parser.add_argument("--program", help="default: built here")
    parser.add_argument("--max", default="1e8", metavar="N", help="most operations (default 1e8, less where memory is short)")
    parser.add_argument("--seconds", default="1", metavar="S", help="time for each size (default 1)")
    parser.add_argument("--quick", action="store_true", help="to 10⁵ operations, a moment for each: a smoke test")
    parser.add_argument("--out", type=pathlib.Path, help="folder to write (default: docs/benchmarks; build/bench-quick with --quick)")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: page and charts from the growth.json that is there")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.max, arguments.seconds = "1e5", "0"
    folder = arguments.out or (common.ROOT / "build/bench-quick" if arguments.quick else common.PUBLISHED)
    common.publish("growth", folder, arguments.report_only, lambda: measure(arguments), page, draw)


if __name__ == "__main__":
    main()
