"""`scripts/bench compare`: instructions of two race programs by workload, and times for information.

Ends with 1 where the instructions of a workload rise by more than the limit. Instructions decide because they repeat to
a few in a million on any machine; times come from runs in turn, and still carry what else the machine did.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import common
import instructions
from common import digits

ROUNDS = 3


def times(program, workloads, seconds):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "race.json")
        command = [program, "--tape", "wengert", "--seconds", seconds, "--json", file]
        for workload in workloads:
            command += ["--workload", workload]
        common.run(command, stderr=subprocess.DEVNULL)
        return {workload["name"]: workload for workload in json.loads(file.read_text())["workloads"]}


def columns(rows):
    """Rows of cells: the first column to the left, the others to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if k == 0 else cell.rjust(width)
                               for k, (cell, width) in enumerate(zip(row, widths))) for row in rows)


def risen(before, after, limit):
    """Names whose count rose by more than `limit` percent."""
    return [name for name in before if name in after and 100 * (after[name] / before[name] - 1) > limit]


def self_test():
    before = {"same": 100.0, "a little more": 100.0, "more": 100.0, "less": 100.0, "gone": 100.0}
    after = {"same": 100.0, "a little more": 104.9, "more": 105.1, "less": 50.0, "new": 1.0}
    found = risen(before, after, 5.0)
    print(f"planted a rise of 5.1 %: found {found}")
    return found != ["more"]


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    parser = argparse.ArgumentParser(prog="scripts/bench compare [REF]", description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--base-name", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--limit", type=float, default=5.0, metavar="PERCENT", help="rise of instructions that fails (default 5)")
    parser.add_argument("--workload", action="append", default=[], help="only this workload (may be repeated)")
    parser.add_argument("--no-times", action="store_true", help="count only")
    arguments = parser.parse_args()

    programs = {"base": arguments.base, "work": arguments.work}
    names = {key: dict.fromkeys(workload for workload, tape in instructions.contestants(program) if tape == "wengert")
             for key, program in programs.items()}
    workloads = [name for name in names["work"] if name in names["base"] and (not arguments.workload or name in arguments.workload)]
    if not workloads:
        sys.exit("compare: there is no such workload in both")
    common.say(f"timing {len(workloads)} workloads, base ({arguments.base_name}) and working tree in turn")
    runs = {key: [] for key in programs}
    for turn in range(1 if arguments.no_times else ROUNDS):
        for key in list(programs)[::-1 if turn % 2 else 1]:
            runs[key].append(times(programs[key], workloads, 0.0 if arguments.no_times else 0.3))
    operations = {name: runs["base"][0][name]["operations"] for name in workloads}
    common.say("counting instructions")
    counts = {key: {name: row["wengert"] / operations[name]
                    for name, row in instructions.count(program, operations, tapes={"wengert"}).items()}
              for key, program in programs.items()}

    rows = [["workload", "base instr/op", "now", "change", "time, now / base"]]
    failures = risen(counts["base"], counts["work"], arguments.limit)
    for name in workloads:
        before, after = counts["base"][name], counts["work"][name]
        mark = " !" if name in failures else ""
        ratio = statistics.median(w[name]["tapes"][0]["total"]["median"] / b[name]["tapes"][0]["total"]["median"]
                                  for b, w in zip(runs["base"], runs["work"]))
        rows.append([name, digits(before, 4), digits(after, 4), f"{100 * (after / before - 1):+.2f} %{mark}",
                     "–" if arguments.no_times else f"{ratio:.3f}"])
    ratio = common.geometric_mean(counts["work"][name] / counts["base"][name] for name in workloads)
    rows.append(["geometric mean", "", "", f"{100 * (ratio - 1):+.2f} %", ""])
    print(columns(rows))
    if failures:
        sys.exit(f"compare: more than {arguments.limit:g} % more instructions than {arguments.base_name}: {', '.join(failures)}")


if __name__ == "__main__":
    sys.exit(main())
