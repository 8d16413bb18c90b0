"""`scripts/bench tensor`: runs bench_tensor, writes tensor.json, tensor.md and the chart."""
import argparse
import json
import os
import pathlib

import common
from common import digits, table


def measure(arguments):
    cores = sorted(os.sched_getaffinity(0))
    command = [arguments.program, "--rounds", arguments.rounds]
    if arguments.quick:
        command.append("--quick")
    # One core for the whole run, the last one, as in the race.
    result = json.loads(common.run(command, preexec_fn=lambda: os.sched_setaffinity(0, cores[-1:])))
    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": arguments.quick, **result}


def nanoseconds(row, *parts):
    """Nanoseconds an element of the parts together (medians), or nothing."""
    if any(part not in row for part in parts):
        return None
    return 1e9 * sum(row[part][0] for part in parts) / row["elements"]


def triad(result, occupied):
    """Bytes a second of a triad on arrays of the size nearest above what is occupied."""
    rows = result["bandwidth"]
    return next((row["triad"] for row in rows if row["bytes"] >= occupied), rows[-1]["triad"])


def floor(result, row, direction):
    """Nanoseconds an element in which a triad moves as many bytes as must be read and written."""
    occupied = row[f"bytes_{direction}"]
    return 1e9 * occupied / triad(result, occupied) / row["elements"]


def by_name(rows):
    """{(primitive, dtype): [rows by size]}, in the order of the program."""
    found = {}
    for row in rows:
        found.setdefault((row["primitive"], row["dtype"]), []).append(row)
    return found


def sizes_table(result, rows):
    """One row a primitive: forward, and record + reverse, beside the bare kernel and what the memory allows."""
    lines = []
    for (name, dtype), own in by_name(rows).items():
        for row in own:
            forward, both = nanoseconds(row, "forward"), nanoseconds(row, "record", "reverse")
            lines.append([name, dtype, f"{row['elements']:,}".replace(",", " "), digits(forward), digits(nanoseconds(row, "bare_forward")),
                          digits(floor(result, row, "forward")), digits(both), digits(nanoseconds(row, "bare_forward", "bare_backward")),
                          digits(floor(result, row, "backward"))])
    return table(["primitive", "dtype", "elements", "forward", "bare", "memory", "forward + backward", "bare", "memory"], lines, left=2)


def small(rows):
    return [row for row in rows if row["elements"] <= 4 and "reverse" in row]


def middle(numbers):
    numbers = sorted(numbers)
    return numbers[len(numbers) // 2] if numbers else None


def overhead(rows):
    """Medians over the primitives, nanoseconds an operation on four elements."""
    def of(part):
        return middle([1e9 * row[part][0] for row in rows if part in row])
    return {part: of(part) for part in ("forward", "record", "reverse", "bare_forward", "bare_backward")}


def ratio_over(rows, size, part, bare):
    return common.geometric_mean([row[part][0] / row[bare][0] for row in rows
                                  if row["elements"] == size and part in row and bare in row])


def page(result):
    elementwise, structural = result["elementwise"], result["structural"]
    four = overhead(small(elementwise))
    text = f"""# Tensors: each primitive, forward and backward

Written by `scripts/bench tensor`; the numbers behind it: [tensor.json](tensor.json). Wengert {result['version']}.

{common.where_measured(result)}; {result['compiler']}, the release preset; vector functions for {", ".join(result['levels']) or "no instruction set"}
(the first one ran); one core, processor time, memory warm, medians.
{"**A quick run with small sizes: a smoke test, not a measurement.**" if result["quick"] else ""}

Nanoseconds an element. *forward*: the function on constants; checks, allocation and all. *forward + backward*: recorded, summed up, and the
reverse sweep from that sum. *bare*: the kernel alone, on buffers that are there: for elementwise primitives the library's own (a
vector function, or a loop that the compiler made vector code of), for what moves elements a plain copy of the operands, for sums a plain loop,
for `matmul` OpenBLAS. *memory*: the time in which a triad on this core moves what must be read and written (operands and result; backward
also cotangent and adjoints).

![Nanoseconds an element of the elementwise primitives on a million f32](tensor.svg)

## Small tensors

Four elements: nanoseconds an *operation*, the median over the elementwise primitives with a derivative.

{table(["", "ns"], [["forward, on constants", digits(four["forward"])], ["the bare kernel of it", digits(four["bare_forward"])],
                    ["recorded, and summed up", digits(four["record"])], ["the reverse sweep of both", digits(four["reverse"])],
                    ["the bare kernel of that", digits(four["bare_backward"])]])}
"""
    large = [size for size in sorted({row["elements"] for row in elementwise}) if size > 4]
    if large:
        text += """Larger ones, the library over the bare kernel, geometric means over the elementwise primitives:

""" + table(["elements", "forward", "reverse"],
            [[f"{size:,}".replace(",", " "), digits(ratio_over(elementwise, size, "forward", "bare_forward")),
              digits(ratio_over(elementwise, size, "reverse", "bare_backward"))] for size in large], left=0) + """
(*reverse* holds the sweep through the sum too.)
"""
    text += f"""
## Elementwise

{sizes_table(result, elementwise)}
## Structural

Elements: those of the largest of operands and result.

{sizes_table(result, structural)}
## Bandwidth of one core

GB/s, the best of some passes.

{table(["array", "read", "copy", "triad"], [[f"{row['bytes'] >> 10:,} KiB".replace(",", " "), *(f"{row[kind] / 1e9:.1f}" for kind in ("read", "copy", "triad"))]
                                           for row in result["bandwidth"]])}"""
    return text


def draw(result, folder):
    import charts  # here, for pages can be written and checked without matplotlib

    size = max(row["elements"] for row in result["elementwise"])
    rows = [row for row in result["elementwise"] if row["elements"] == size and row["dtype"] == "f32"]
    series = [("library", "Wengert"), ("bare", "bare kernel"), ("memory", "memory (triad)")]

    def cells(parts, bare, direction):
        return {row["primitive"]: {"library": nanoseconds(row, *parts), "bare": nanoseconds(row, *bare), "memory": floor(result, row, direction)}
                for row in rows if nanoseconds(row, *parts)}
    panels = [("forward", cells(["forward"], ["bare_forward"], "forward")),
              ("forward + backward", cells(["record", "reverse"], ["bare_forward", "bare_backward"], "backward"))]
    charts.dots(folder / "tensor.svg", f"{size:,} f32: nanoseconds an element".replace(",", " "), [row["primitive"] for row in rows], series, panels,
                "nanoseconds an element", ticks=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench tensor", description=__doc__)
    parser.add_argument("--program", help="default: built here")
    parser.add_argument("--rounds", default="11", metavar="N", help="measurements of each number (default 11)")
    parser.add_argument("--quick", action="store_true", help="4 and 1000 elements, one round: a smoke test")
    parser.add_argument("--out", type=pathlib.Path, help="folder to write (default: docs/benchmarks; build/bench-quick with --quick)")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: page and chart from the tensor.json that is there")
    arguments = parser.parse_args()
    folder = arguments.out or (common.ROOT / "build/bench-quick" if arguments.quick else common.PUBLISHED)
    common.publish("tensor", folder, arguments.report_only, lambda: measure(arguments), page, draw)


if __name__ == "__main__":
    main()
