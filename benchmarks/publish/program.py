"""`scripts/bench program`: runs bench_program, writes program.json, program.md and the charts."""
import argparse
import json
import os
import pathlib
import statistics

import common
from common import digits, table

GOAL, GOAL_BATCH = 0.5, 1024
THREADS_GOAL, THREADS_BATCH, THREADS_TURNS = 1.8, 100_000, 3
SINGLE_GOAL = 0.4
REPAID_GOAL = 20
WORKLOADS = ["path", "black_scholes", "ba", "libor"]
# In the order of columns. Peers come from a build outside, see benchmarks/README.md.
TITLES = {"recorded": "recorded anew", "replay": "replay", "program_single": "program, single", "program": "program, batch",
          "by_hand": "by hand", "cppad": "CppAD", "cppad_optimised": "CppAD, optimised"}


def measure(arguments):
    cores = sorted(os.sched_getaffinity(0))
    command = [arguments.program] + (["--quick"] if arguments.quick else ["--seconds", arguments.seconds])
    # One core for the whole run, the last one, as in the race.
    def rows_of(*options):
        return json.loads(common.run([*command, *options], preexec_fn=lambda: os.sched_setaffinity(0, cores[-1:])))

    result = rows_of()
    only = [option for workload in WORKLOADS for option in ("--workload", workload)]
    only += [option for contestant in ("program", "by_hand") for option in ("--contestant", contestant)]
    dense = rows_of("--dense", "--batch", str(GOAL_BATCH), *only)["rows"]
    return {"schema": 2, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": arguments.quick,
            "peers": arguments.peers, **result, "dense": dense, "by_threads": [] if arguments.quick else by_threads(command)}


def by_threads(command):
    """Programs by one thread and by two, in turns; the threads are on any core."""
    runs = {}
    for _ in range(THREADS_TURNS):
        for workload in WORKLOADS:
            for threads in (1, 2):
                options = ["--workload", workload, "--contestant", "program", "--batch", str(THREADS_BATCH), "--threads", str(threads)]
                (row,) = [row for row in json.loads(common.run([*command, *options]))["rows"] if row["contestant"] == "program"]
                runs.setdefault((workload, threads), []).append(row)
    return [{"workload": workload, "threads": threads, "batch": THREADS_BATCH, "median": statistics.median(row["median"] for row in rows),
             "minimum": min(row["minimum"] for row in rows)} for (workload, threads), rows in runs.items()]


def spaced(number):
    return f"{number:,}".replace(",", " ")


class Rows:
    """Medians by workload, contestant and batch; seconds a sample."""

    def __init__(self, result):
        self.cells = {(row["workload"], row["contestant"], row["batch"]): row for row in result["rows"]}
        self.batches = sorted({row["batch"] for row in result["rows"]})
        self.contestants = [name for name in TITLES if any(row["contestant"] == name for row in result["rows"])]
        self.workloads = [name for name in WORKLOADS if any(row["workload"] == name for row in result["rows"])]
        self.walks = sorted((int(name.partition("_")[2]), name) for name in {row["workload"] for row in result["rows"]} if name.startswith("walk_"))

    def row(self, workload, contestant, batch=None):
        """At this batch; without one, at the largest that it took part in, 1024 at most."""
        if batch is None:
            batch = max((b for w, c, b in self.cells if (w, c) == (workload, contestant) and b <= GOAL_BATCH), default=None)
        return self.cells.get((workload, contestant, batch))

    def time(self, workload, contestant, batch=None):
        row = self.row(workload, contestant, batch)
        return row["median"] if row else None

    def ratio(self, workload, contestant, batch=None):
        """Over the primal at the same batch."""
        row = self.row(workload, contestant, batch)
        return row["median"] / self.time(workload, "primal", row["batch"]) if row else None


def main_table(rows):
    lines = []
    for workload in rows.workloads:
        primal = rows.row(workload, "primal")
        lines.append([workload, primal["inputs"], primal["outputs"], digits(1e6 * primal["median"]),
                      *(digits(rows.ratio(workload, contestant)) for contestant in rows.contestants)])
    return table(["workload", "inputs", "outputs", "primal, µs", *(TITLES[c] for c in rows.contestants)], lines)


def batch_table(rows):
    lines = []
    for workload in rows.workloads:
        for contestant in rows.contestants:
            if contestant in ("program", "by_hand") and rows.row(workload, contestant):
                lines.append([workload, TITLES[contestant], *(digits(rows.ratio(workload, contestant, batch)) for batch in rows.batches)])
    return table(["workload", "", *(spaced(batch) for batch in rows.batches)], lines, left=2)


def dense_table(rows, dense):
    columns = [c for c in rows.contestants if dense.row(rows.workloads[0], c, GOAL_BATCH) and c in ("program", "by_hand")]
    lines = [[workload, *(digits(of.ratio(workload, c, GOAL_BATCH)) for c in columns for of in (rows, dense))] for workload in rows.workloads]
    return table(["workload", *(f"{TITLES[c]}, {how}" for c in columns for how in ("padded", "dense"))], lines)


def against(number, goal, at_most=True):
    if number is None:
        return "–"
    met = number <= goal if at_most else number >= goal
    return f"{digits(number)} {('≤' if at_most else '≥') if met else ('>' if at_most else '<')} {goal:g}"


def threads_table(cells):
    lines = []
    for workload in WORKLOADS:
        one, two = (next(cell for cell in cells if (cell["workload"], cell["threads"]) == (workload, threads)) for threads in (1, 2))
        lines.append([workload, *(digits(1e9 * cell[which]) for which in ("median", "minimum") for cell in (one, two)),
                      *(against(one[which] / two[which], THREADS_GOAL, at_most=False) for which in ("median", "minimum"))])
    return table(["workload", "one thread, median, ns", "two", "one thread, fastest, ns", "two", "times as fast, medians", "fastest"], lines)


def goal_table(rows):
    lines = []
    for workload in rows.workloads:
        ratio = rows.ratio(workload, "program", GOAL_BATCH)
        single, peer = rows.time(workload, "program_single"), rows.time(workload, "cppad_optimised")
        compiled, again = rows.row(workload, "program", GOAL_BATCH), rows.time(workload, "recorded")
        repaid = None
        if compiled and again and again > compiled["median"]:
            repaid = compiled["preparation"] / (GOAL_BATCH * (again - compiled["median"]))
        beside = single / peer if single and peer else None

        lines.append([workload, against(ratio, GOAL), against(beside, SINGLE_GOAL),
                      digits(1e3 * compiled["preparation"]) if compiled else "–", against(repaid, REPAID_GOAL)])
    return table(["workload", "batch of 1 024 over primal", "single over CppAD, optimised", "record and compile, ms", "repaid after batches"], lines)


def growth_table(rows):
    lines = []
    for steps, workload in rows.walks:
        lines.append([spaced(steps), *(digits(1e9 * time / steps) if (time := rows.time(workload, contestant)) else "–"
                                       for contestant in ("primal", "recorded", "program_single", "program")),
                      digits(1e9 * row["preparation"] / steps) if (row := rows.row(workload, "program")) else "–"])
    return table(["steps", "primal", "recorded anew", "program, single", "program, batch", "record and compile"], lines, left=0)


def page(result):
    rows = Rows(result)
    peers = "".join(f"{TITLES[key]} is {text}. " for key, text in (result.get("peers") or {}).items())
    return f"""# Programs: scalar code recorded once and run at many inputs

Written by `scripts/bench program`; the numbers behind it: [program.json](program.json). Wengert {result['version']}.

{common.where_measured(result)}; {result['compiler']}, `{result['flags']}`; one core, processor time of the thread, medians of rounds in which all
take turns. The machine is shared with other work, which costs caches but no time slices.
{"**A quick run with small batches: a smoke test, not a measurement.**" if result["quick"] else ""}
{peers}

Value and full gradient of each sample (of both outputs, for **ba**), over the time of one plain evaluation in doubles, *primal*, by the same
template. **path**: the average-price option of [the race](race.md), five inputs. **black_scholes**: price and Greeks of a call. **ba**: the
residual of bundle adjustment. **libor**: a portfolio of fifteen swaptions in the LIBOR market model (Giles and Glasserman 2006), 161 inputs.
Inputs differ from sample to sample; every value and derivative is compared between all ways before anything is timed.

- *recorded anew*: a recording of each sample, swept back;
- *replay*: one recording, interpreted at each sample;
- *program, single* and *batch*: one recording, compiled, run sample by sample, and at 1 024 samples at a time;
- *by hand*: 32 samples in the lanes of vector registers, the adjoint written by hand.

{main_table(rows)}
## The goals

A value and gradient in half the time of a plain evaluation, at batches of 1 024; a single sample in 0.4 of the time of CppAD's optimised
recording; recording and compiling repaid within twenty batches, beside recording each sample anew.

{goal_table(rows)}
## By size of the batch

Over the primal.

{batch_table(rows)}
![Time a sample over the primal, by batch](program_batch.svg)

Columns of a batch are an odd number of lines of the cache apart (`BatchLayout::padded`), in all ways that work on columns. Without room between
them those of 1 024 samples are whole pages apart and push each other out of a cache with eight places for them. At batches of 1 024, over the primal:

{dense_table(rows, Rows({"rows": result["dense"]})) if not result["quick"] else ""}
## By two threads

Batches of {spaced(THREADS_BATCH)}, nanoseconds a sample, the two in turns; two threads by the clock on the wall, which the machine's other work disturbs: hence the
fastest rounds, too. What takes few operations for what it reads and writes waits for the memory that both share.

{threads_table(result["by_threads"]) if not result["quick"] else ""}
## By length of the program

n steps `v = sin(a v) + b c`, four operations each; nanoseconds a step and sample, value and three derivatives. Programs of a batch: at the largest
batch measured, 1 024 at most.

{growth_table(rows)}
![Nanoseconds a step, by number of steps](program_growth.svg)
"""


def draw(result, folder):
    import charts  # here, for pages can be written and checked without matplotlib

    rows = Rows(result)
    panels = []
    for workload in rows.workloads:
        lines = []
        for contestant in ("recorded", "by_hand", "program"):
            points = [(batch, ratio) for batch in rows.batches if (ratio := rows.ratio(workload, contestant, batch))]
            if contestant == "recorded" and points:  # no batches: one time for all
                points = [(batch, points[-1][1]) for batch in rows.batches]
            if points:
                lines.append((TITLES[contestant], *zip(*points)))
        panels.append((workload, lines))
    with_most = max(panels, key=lambda panel: len(panel[1]))
    panels = [(title, [next((line for line in lines if line[0] == name), (name, (), ())) for name, _, _ in with_most[1]]) for title, lines in panels]
    charts.lines(folder / "program_batch.svg", "Value and gradient of a sample, over one plain evaluation", panels, "samples in a batch", "times the primal")
    lines = []
    for contestant, title in (("recorded", "recorded anew"), ("primal", "primal"), ("program", "program, batch")):
        points = [(steps, 1e9 * time / steps) for steps, workload in rows.walks if (time := rows.time(workload, contestant))]
        if points:
            lines.append((title, *zip(*points)))
    charts.lines(folder / "program_growth.svg", "Value and gradient by length of the program", [("", lines)], "steps", "ns a step", dashed=("primal",))


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench program", description=__doc__)
    parser.add_argument("--program", help="default: built here")
    parser.add_argument("--out", type=pathlib.Path, help="folder to write (default: docs/benchmarks; build/bench-quick with --quick)")
    parser.add_argument("--seconds", default="2", help="for each workload and batch (default 2)")
    parser.add_argument("--peers", type=json.loads, default={}, help='what contestants from outside are: {"cppad": "version 2026 …"}')
    parser.add_argument("--quick", action="store_true", help="one short round of each: a smoke test")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: the page from the program.json that is there")
    arguments = parser.parse_args()
    folder = arguments.out or (common.ROOT / "build/bench-quick" if arguments.quick else common.PUBLISHED)
    common.publish("program", folder, arguments.report_only, lambda: measure(arguments), page, draw)


if __name__ == "__main__":
    main()
