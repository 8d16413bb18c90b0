"""`scripts/bench race`: runs the race programs, counts instructions, writes race.json, race.md and the charts.

Reading order: main, measure, then page.
"""
import argparse
import json
import pathlib
import tempfile

import common
import instructions
from common import digits, table

# Tapes with an adapter in this repository: title, Debian package of the version.
OURS = {
    "wengert": ("Wengert", None),
    "adolc": ("ADOL-C", "libadolc-dev"),
    "sacado": ("Sacado RAD", "libtrilinos-sacado-dev"),
    "eigen": ("Eigen AutoDiff", "libeigen3-dev"),
    "ceres": ("Ceres jets", "libceres-dev"),
}
ROLES = ("own", "rival", "other", "forward")
BESIDE = "measured beside, built outside this repository"
TIME_TICKS = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 50]
COUNT_TICKS = [1, 2, 3, 5, 7, 10, 20, 30, 50, 100, 200, 300, 500, 1000]


def time(program, arguments):
    """What a race program measures."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "race.json")
        command = [program, "--json", file, *(["--quick"] if arguments.quick else [])]
        if arguments.seconds:
            command += ["--seconds", arguments.seconds]
        common.run(command)
        return json.loads(file.read_text())


def describe_tapes(runs, outside):
    """{name: title, version, role, whether built outside, flags, date}, our own first, then rivals, others, forward modes."""
    roles = {tape["name"]: tape["role"] for run in runs for workload in run["workloads"] for tape in workload["tapes"]}
    tapes = {}
    for name in sorted(roles, key=lambda name: (ROLES.index(roles[name]), name)):
        described = {"title": name, "role": roles[name], "outside": name not in OURS}
        if name in OURS:
            title, package = OURS[name]
            described |= {"title": title, "version": common.package_version(package) if package else common.revision()}
        tapes[name] = described | outside.get(name, {})
    return tapes


def measure(arguments):
    outside = json.loads(arguments.tapes.read_text()) if arguments.tapes else {}
    common.say(f"timing {arguments.program}")
    native = time(arguments.program, arguments)
    common.say(f"timing {arguments.program_baseline}")
    baseline = time(arguments.program_baseline, arguments)
    operations = {workload["name"]: workload["operations"] for workload in native["workloads"]}
    common.say(f"counting instructions of {arguments.program_counting}")
    counted = instructions.count(arguments.program_counting, operations, quick=arguments.quick)
    return {
        "schema": 1,
        "date": common.today(),
        "machine": common.machine(),
        "quick": arguments.quick,
        "tapes": describe_tapes([native, baseline], outside),
        "builds": [{"name": "native", **native}, {"name": "baseline", **baseline}],
        "instructions": {"flags": arguments.counting_flags, "workloads": counted},
    }


def tape_of(workload, name):
    return next((tape for tape in workload["tapes"] if tape["name"] == name), None)


def bar(workload):
    """The time that is 1.0: the fastest rival's, or the fastest other tape's where there is no rival."""
    for role in ("rival", "other"):
        times = [tape["total"]["median"] for tape in workload["tapes"] if tape["role"] == role]
        if times:
            return min(times)
    return None


def ratios(build, name):
    """{workload: (median, quartiles) over the bar of the row}."""
    found = {}
    for workload in build["workloads"]:
        tape, one = tape_of(workload, name), bar(workload)
        if tape and one:
            total = tape["total"]
            found[workload["name"]] = tuple(x / one for x in (total["median"], *total["quartiles"]))
    return found


def mean_ratio(build, name):
    """The geometric mean; None for a tape that did not run on every workload."""
    found = ratios(build, name)
    return common.geometric_mean(x[0] for x in found.values()) if len(found) == len(build["workloads"]) else None


def in_short(result):
    rivals = [tape for tape in result["tapes"].values() if tape["role"] == "rival"]
    bar_is = "the fastest rival" if rivals else "the fastest other tape"
    lines = []
    for build in result["builds"]:
        found = ratios(build, "wengert")
        behind = [f"{name} ({x[0]:.2f})" for name, x in found.items() if x[0] > 1]
        lines.append(f"- `{build['machine']['flags']}`: Wengert takes {mean_ratio(build, 'wengert'):.3f} times as long as {bar_is} of each "
                     f"row, in the geometric mean over {len(found)} workloads; it is faster on {len(found) - len(behind)} of them"
                     + (f", slower on {', '.join(behind)}." if behind else "."))
    return "\n".join(lines) + "\n"


def cell(workload, tape, best):
    if tape is None:
        return "–"
    text = digits(1e6 * tape["total"]["median"], 4)
    one = bar(workload)
    if one:
        text += f" ({tape['total']['median'] / one:.2f})"
    return f"**{text}**" if tape["total"]["median"] == best else text


def time_table(build, tapes):
    rows = []
    for workload in build["workloads"]:
        best = min(tape["total"]["median"] for tape in workload["tapes"])
        rows.append([workload["name"], workload["operations"], digits(1e6 * workload["primal"]["median"], 4),
                     *(cell(workload, tape_of(workload, name), best) for name in tapes)])
    means = [mean_ratio(build, name) for name in tapes]
    rows.append(["geometric mean of ratios", "", "", *(f"{mean:.3f}" if mean else "–" for mean in means)])
    return table(["workload", "operations", "doubles", *(tape["title"] for tape in tapes.values())], rows)


def tape_table(workloads, tapes, of):
    """One row a workload, one column a tape."""
    rows = [[workload["name"], *(of(workload, tape) if tape else "–" for tape in (tape_of(workload, name) for name in tapes))]
            for workload in workloads]
    return table(["workload", *(tape["title"] for tape in tapes.values())], rows)


def halves(workload, tape):
    record, reverse = (1e9 * tape[half]["median"] / workload["operations"] for half in ("record", "reverse"))
    return f"{digits(record)} + {digits(reverse)}"


def spread(_, tape):
    low, high = tape["total"]["quartiles"]
    return f"{50 * (high - low) / tape['total']['median']:.1f} %"


def bytes_cell(workload, tape):
    return f"{tape['bytes'] / workload['operations']:.1f}" if tape["bytes"] else "–"


def who(tapes):
    rows = []
    for tape in tapes.values():
        origin = BESIDE if tape["outside"] else "in this repository" if tape["role"] == "own" else "Debian's package"
        if tape["role"] == "forward":
            origin += "; a forward mode, shown where inputs are few"
        rows.append([tape["title"], tape.get("version", "–"), origin, tape.get("flags", "as above"),
                     tape.get("date", "as above")])
    return table(["tape", "version", "where it comes from", "its flags", "date"], rows, left=5)


def page(result):
    tapes = result["tapes"]
    native = result["builds"][0]
    counted = result["instructions"]["workloads"]
    recording = {name: tape for name, tape in tapes.items() if tape["role"] != "forward"}
    text = f"""# The race: scalar reverse mode, tape beside tape

Written by `scripts/bench race`; the numbers behind it: [race.json](race.json). What is measured, how, and what the workloads are:
[benchmarks/README.md](../../benchmarks/README.md). Rows where another tape wins are shown like the others.

{common.where_measured(result)}; {native['machine']['compiler']}; one core, processor time, all tapes in turn in every round, medians.
{"**A quick run with small sizes: a smoke test, not a measurement.**" if result["quick"] else ""}

## In short

{in_short(result)}
![Time of each tape over the fastest rival's](race_time.svg)

A dot is a median, the bar through it the quartiles. Left of the line is faster than the fastest rival of that row.

## Who takes part

{who(tapes)}
"""
    for build in result["builds"]:
        text += f"""
## Time, `{build['machine']['flags']}`

Record + reverse, microseconds; in brackets the ratio to the fastest rival of the row; bold is the fastest of all.

{time_table(build, tapes)}
Nanoseconds an operation, record + reverse:

{tape_table(build['workloads'], tapes, halves)}
Spread: half the distance between the quartiles, over the median.

{tape_table(build['workloads'], tapes, spread)}"""
    text += f"""
## Bytes an operation

What the recording and its adjoints occupy, by each tape's own count
([what each count holds](../../benchmarks/README.md#what-is-counted)); a dash where the package does not tell.

![Bytes an operation](race_bytes.svg)

{tape_table(native['workloads'], recording, bytes_cell)}
## Instructions an operation

Executed by record + reverse of one iteration, counted by valgrind as the difference of two run lengths; built with
`{result['instructions']['flags']}`, since valgrind knows no AVX-512.

![Instructions an operation](race_instructions.svg)

{tape_table(native['workloads'], tapes, lambda workload, tape: digits(counted[workload['name']][tape['name']] / workload['operations'])
            if tape['name'] in counted.get(workload['name'], {}) else "–")}"""
    return text


def draw(result, folder):
    import charts  # here, for pages can be written and checked without matplotlib

    tapes = [(name, tape["title"]) for name, tape in result["tapes"].items()]
    workloads = result["builds"][0]["workloads"]
    rows = [workload["name"] for workload in workloads]
    panels = []
    for build in result["builds"]:
        cells = {row: {} for row in [*rows, "geometric mean"]}
        for name, _ in tapes:
            for row, x in ratios(build, name).items():
                cells[row][name] = x
            cells["geometric mean"][name] = mean_ratio(build, name)
        panels.append((build["machine"]["flags"], cells))
    charts.dots(folder / "race_time.svg", "Record + reverse: time over the fastest rival's", [*rows, "geometric mean"], tapes, panels,
                "ratio of times, log scale", line=1, ticks=TIME_TICKS)
    cells = {workload["name"]: {tape["name"]: tape["bytes"] / workload["operations"] for tape in workload["tapes"] if tape["bytes"]}
             for workload in workloads}
    told = [(name, title) for name, title in tapes if any(name in row for row in cells.values())]
    charts.dots(folder / "race_bytes.svg", "Recording and adjoints: bytes an operation", rows, told, [("", cells)],
                "bytes an operation, log scale", ticks=COUNT_TICKS)
    operations = {workload["name"]: workload["operations"] for workload in workloads}
    cells = {name: {tape: count / operations[name] for tape, count in row.items()}
             for name, row in result["instructions"]["workloads"].items()}
    charts.dots(folder / "race_instructions.svg", "Record + reverse: instructions an operation", rows, tapes, [("", cells)],
                "instructions an operation, log scale", ticks=COUNT_TICKS)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench race", description=__doc__.splitlines()[0])
    parser.add_argument("--program", metavar="PROGRAM", help="race program with -march=native; default: built here")
    parser.add_argument("--program-baseline", metavar="PROGRAM", help="race program with plain -O3; default: built here")
    parser.add_argument("--program-counting", metavar="PROGRAM", help="race program without AVX-512; default: built here")
    parser.add_argument("--counting-flags", default="-O3 -DNDEBUG -march=x86-64-v3", help="what the page says of it")
    parser.add_argument("--tapes", type=pathlib.Path, metavar="FILE",
                        help='what to say of tapes built elsewhere: {"name": {"title": …, "version": …, "flags": …, "date": …}}')
    parser.add_argument("--seconds", type=float, help="time for a workload (default: the program's, 6)")
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds: a smoke test")
    parser.add_argument("--out", type=pathlib.Path, help="folder to write (default: docs/benchmarks; build/bench-quick with --quick)")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: page and charts from the race.json that is there")
    arguments = parser.parse_args()
    folder = arguments.out or (common.ROOT / "build/bench-quick" if arguments.quick else common.PUBLISHED)
    common.publish("race", folder, arguments.report_only, lambda: measure(arguments), page, draw)


if __name__ == "__main__":
    main()
