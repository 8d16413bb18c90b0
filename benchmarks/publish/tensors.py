"""`scripts/bench tensors`: runs bench_tensors with one thread and with two, writes tensors.json, tensors.md and the chart."""
import argparse
import json
import os
import pathlib

import common
from common import digits, table

# problem: title, goals over libtorch and over the hand-written floor (None where there is none).
PROBLEMS = {
    "chain": ("chain of 999 operations on 4 numbers", 0.006, 3),
    "mlp_1": ("MLP, batch 1", 0.25, 1.25),
    "mlp_32": ("MLP, batch 32", 0.70, 1.10),
    "mlp_64": ("MLP, batch 64", 0.82, 1.08),
    "mlp_512": ("MLP, batch 512", 0.92, 1.05),
    "lenet_1": ("LeNet, batch 1", 0.40, None),
    "lenet_64": ("LeNet, batch 64", 0.80, None),
    "lstm": ("LSTM", 0.55, 1.15),
    "transformer": ("transformer block", 0.70, None),
    "elementwise": ("fused elementwise", 0.22, 1.15),
    "softmax": ("softmax cross entropy", 0.32, 1.15),
}
IMMEDIATE_CHAIN_GOAL = 0.06
MEMORY_GOAL = 0.6
TITLES = {"by_hand": "by hand", "immediate": "immediate", "program": "Program", "libtorch": "libtorch"}


def measure(arguments):
    cores = sorted(os.sched_getaffinity(0))

    def run(threads):
        command = [arguments.program, "--threads", threads] + (["--quick"] if arguments.quick else ["--seconds", arguments.seconds])
        if threads == 1:  # on one core, the last one, as in the race
            return json.loads(common.run(command, preexec_fn=lambda: os.sched_setaffinity(0, cores[-1:])))
        # Threads of one engine stay at work for a while after it, on a core that the next engine wants.
        listed = [line.split() for line in common.run([arguments.program, "--list"]).splitlines()]
        engines = [words[1] for words in listed if words[0] == "engine"]
        alone = [json.loads(common.run([*command, "--engine", engine])) for engine in engines]
        return {**alone[0], "rows": [row for each in alone for row in each["rows"]]}

    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": arguments.quick,
            "packages": {name: common.package_version(name) for name in ("libopenblas0-pthread", "libtorch1.13")},
            "runs": [run(threads) for threads in arguments.threads]}


def by_problem(run):
    found = {}
    for row in run["rows"]:
        found.setdefault(row["problem"], {})[row["engine"]] = row
    return found


def engines_of(run):
    return [name for name in TITLES if any(row["engine"] == name for row in run["rows"])]


def ratio(rows, field, engine, other):
    if engine not in rows or other not in rows or not rows[other][field]:
        return None
    return rows[engine][field] / rows[other][field]


def against(number, goal):
    if number is None:
        return "–"
    return digits(number) if goal is None else f"{digits(number)} {'≤' if number <= goal else '>'} {goal:g}"


def time_table(run):
    engines, best = engines_of(run), "program" if "program" in engines_of(run) else "immediate"
    lines = []
    for problem, rows in by_problem(run).items():
        title, peer_goal, floor_goal = PROBLEMS[problem]
        lines.append([title, *(digits(1e6 * rows[engine]["median"], 4) if engine in rows else "–" for engine in engines),
                      against(ratio(rows, "median", best, "libtorch"), peer_goal),
                      against(ratio(rows, "median", best, "by_hand"), floor_goal)])
    return table(["", *(TITLES[engine] for engine in engines), f"{TITLES[best]} over libtorch", f"{TITLES[best]} over by hand"], lines)


def memory_table(run):
    engines, best = engines_of(run), "program" if "program" in engines_of(run) else "immediate"
    lines = []
    for problem, rows in by_problem(run).items():
        lines.append([PROBLEMS[problem][0], *(f"{rows[engine]['peak_bytes'] / 2**20:.2f}" if engine in rows else "–" for engine in engines),
                      against(ratio(rows, "peak_bytes", best, "libtorch"), MEMORY_GOAL),
                      *(rows[engine]["allocations"] if engine in rows else "–" for engine in engines)])
    return table(["", *(f"{TITLES[engine]}, MiB" for engine in engines), f"{TITLES[best]} over libtorch",
                  *(f"{TITLES[engine]}, allocations" for engine in engines)], lines)


def preparation_table(run):
    lines = [[PROBLEMS[problem][0], digits(1e3 * rows["program"]["preparation"])] for problem, rows in by_problem(run).items() if "program" in rows]
    return table(["", "ms"], lines) if lines else ""


def page(result):
    first = result["runs"][0]
    one = next((run for run in result["runs"] if run["threads"] == 1), first)
    chain = by_problem(one).get("chain", {})
    text = f"""# Tensors: training steps beside libtorch and beside code written by hand

Written by `scripts/bench tensors`; the numbers behind it: [tensors.json](tensors.json). Wengert {result['version']}.

{common.where_measured(result)}; {first['compiler']}, the release preset; OpenBLAS {result['packages']['libopenblas0-pthread']}, libtorch
{result['packages']['libtorch1.13']}. f32, memory warm, malloc tuned so that large blocks stay with the process (in favour of libtorch). Medians of rounds
in which all engines take turns. The machine is shared with other work: one thread is timed by processor time, which others cost caches but no
time slices; two threads by the clock on the wall, which they disturb, each engine in a process of its own.
{"**A quick run: a smoke test, not a measurement.**" if result["quick"] else ""}

A *step* is forward, backward and p ← p - rate·g, from inputs that lie ready. **MLP**: 784-256-128-10, rectifiers, cross entropy. **LeNet**: LeNet-5
with rectifiers and maximum pooling, 28 × 28. **LSTM**: 64 inputs, 128 hidden, 32 steps, batch 32, squared error. **Transformer block**: width
128, 4 heads, feed-forward 512, length 64, batch 8, squared error. The rest has no parameters to train: value and gradients. **Fused elementwise**:
Σ tanh(a·b + c)·σ(d) of 10⁶ elements. **Softmax cross entropy**: 4096 × 1000. **Chain**: v ← relu(v·a + b), 333 times.

*by hand*: plain C++ over OpenBLAS and the vector functions of the C library, no engine; the update of a weight is part of the product that computes
its gradient. Of the transformer block, only the matrix products. *immediate*: recorded and swept back at each step. Before anything is
timed, two steps of all engines are compared: the loss, and what the steps changed.

## One thread, microseconds

{time_table(one)}
![Time and memory over libtorch](tensors.svg)
"""
    if "immediate" in chain and "libtorch" in chain:
        text += f"""
The chain in immediate mode: {digits(1e6 * chain['immediate']['median'] / 999)} µs an operation forward and backward, by libtorch
{digits(1e6 * chain['libtorch']['median'] / 999)}; {against(ratio(chain, 'median', 'immediate', 'libtorch'), IMMEDIATE_CHAIN_GOAL)} of it.
"""
    text += f"""
## Memory and allocations of a step

The most bytes that an engine holds at a time during a step: parameters, gradients, values kept, work space; as malloc and its like handed them
out, in a process of its own. (Work space inside of OpenBLAS comes from elsewhere and is the same for all.) A Program is traced
from types, so that nothing of its recording stays. Allocations: how often a step asks for memory.

{memory_table(one)}
"""
    preparation = preparation_table(one)
    if preparation:
        text += f"## Recording and compiling a Program\n\n{preparation}\n"
    if all(run["threads"] == 1 for run in result["runs"]):
        text += "Two threads were not measured: the machine had other work, and the clock on the wall would have measured that.\n"
    for run in result["runs"]:
        if run["threads"] != 1:
            text += f"## {run['threads']} threads, microseconds\n\n{time_table(run)}\n"
    return text


def draw(result, folder):
    import charts  # here, for pages can be written and checked without matplotlib

    one = next((run for run in result["runs"] if run["threads"] == 1), result["runs"][0])
    engines = engines_of(one)
    if "libtorch" not in engines:
        return
    series = [(engine, TITLES[engine]) for engine in ("program", "immediate", "by_hand", "libtorch") if engine in engines]
    panels = []
    for title, field in (("time of a step", "median"), ("peak memory", "peak_bytes")):
        panels.append((title, {PROBLEMS[problem][0]: {engine: value for engine, _ in series
                                                      if (value := ratio(rows, field, engine, "libtorch")) and
                                                      not (problem == "transformer" and engine == "by_hand")}
                               for problem, rows in by_problem(one).items()}))
    charts.dots(folder / "tensors.svg", "Training steps, one thread", [PROBLEMS[problem][0] for problem in by_problem(one)], series, panels,
                "times libtorch", line=1, ticks=[0.002, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20])


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench tensors", description=__doc__)
    parser.add_argument("--program", help="default: built here, with libtorch where it is installed (Debian: libtorch-dev)")
    parser.add_argument("--out", type=pathlib.Path, help="folder to write (default: docs/benchmarks; build/bench-quick with --quick)")
    parser.add_argument("--seconds", default="6", help="for each problem (default 6)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--quick", action="store_true", help="one short round of each: a smoke test")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: the page from the tensors.json that is there")
    arguments = parser.parse_args()
    folder = arguments.out or (common.ROOT / "build/bench-quick" if arguments.quick else common.PUBLISHED)
    common.publish("tensors", folder, arguments.report_only, lambda: measure(arguments), page, draw)


if __name__ == "__main__":
    main()
