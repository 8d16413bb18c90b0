"""`scripts/bench off`: what code costs that could be differentiated and is not; writes off.json and off.md."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re

import common
import instructions
from common import digits, table


def disassembly(program, function):
    """The machine code of a function as text, without addresses; jumps count from its start."""
    listing = common.run(["objdump", "--disassemble=" + function, "--no-show-raw-insn", program])
    body = listing.partition(f"<{function}>:\n")[2]
    lines = []
    for line in body.splitlines():
        match = re.match(r"\s*[0-9a-f]+:\s*(.*)", line)
        if not match:
            break
        text = re.sub(r"\s*#.*", "", match[1])
        text = re.sub(r"[0-9a-f]+ <" + function + r"(\+0x[0-9a-f]+)?>", r"here\1", text)
        text = re.sub(r"-?0x[0-9a-f]+\(%rip\)", "constant(%rip)", text)
        lines.append(re.sub(r"[0-9a-f]+ (<[^>]+>)", r"\1", text).strip())
    # Padding after the last instruction.
    while lines and re.match(r"(nop|cs nop|xchg +%ax,%ax|data16)", lines[-1]):
        lines.pop()
    if not lines:
        raise SystemExit(f"{program} has no function {function}")
    return lines


def count(program, pairs):
    """{name: {variant: instructions of one calculation}}."""
    def of(job):
        pair, variant = job
        times = max(1, min(10_000, 1_000_000 // pair["operations"]))
        few, many = (instructions.executed([program, "--run", pair["name"], variant, n]) for n in (2, 2 + times))
        return pair["name"], variant, (many - few) / times

    counts = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, variant, executed in pool.map(of, [(pair, variant) for pair in pairs for variant in ("plain", "with")]):
            counts.setdefault(name, {})[variant] = executed
    return counts


def measure(program):
    cores = sorted(os.sched_getaffinity(0))
    result = json.loads(common.run([program], preexec_fn=lambda: os.sched_setaffinity(0, cores[-1:])))
    counts = count(program, result["pairs"])
    for pair in result["pairs"]:
        pair["instructions"] = counts[pair["name"]]
        if pair["group"] == "functions":
            pair["machine_code_identical"] = (disassembly(program, f"off_by_hand_{pair['name']}") ==
                                              disassembly(program, f"off_generic_{pair['name']}"))
    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), **result}


def page(result):
    functions = [pair for pair in result["pairs"] if pair["group"] == "functions"]
    workloads = [pair for pair in result["pairs"] if pair["group"] == "workloads"]
    order = ["chain1", "chain4", "chainma", "speel", "rosen", "gmm_d10_K25", "gmm_d2_K5", "lstm_l2_c1024", "burgers", "laxw",
             "mlp64", "mazur", "path_rerecord", "ba"]
    workloads.sort(key=lambda pair: order.index(pair["name"]) if pair["name"] in order else len(order))

    def time(pair):
        return pair["with"]["median"] / pair["plain"]["median"]

    def executed(pair):
        return pair["instructions"]["with"] / pair["instructions"]["plain"]

    function_rows = [[pair["name"], f"{pair['instructions']['plain']:.1f}", f"{pair['instructions']['with']:.1f}",
                      "identical" if pair["machine_code_identical"] else "differs"] for pair in functions]
    workload_rows = [[pair["name"], digits(1e6 * pair["plain"]["median"], 4), digits(1e6 * pair["with"]["median"], 4), f"{time(pair):.2f}",
                      digits(pair["instructions"]["plain"] / pair["operations"]), digits(pair["instructions"]["with"] / pair["operations"]),
                      f"{executed(pair):.2f}"] for pair in workloads]
    workload_rows.append(["geometric mean", "", "", f"{common.geometric_mean(map(time, workloads)):.2f}", "", "",
                          f"{common.geometric_mean(map(executed, workloads)):.2f}"])
    return f"""# Off: code that could be differentiated and is not

Written by `scripts/bench off`; the numbers behind it: [off.json](off.json). Wengert {result['version']}.

{common.where_measured(result)}; {result['compiler']}, `{result['flags']}`; one core, processor time, medians; instructions by
valgrind, as the difference of two run lengths.

## Generic code instantiated with `double`

A template over the number type, with the facade included, called with `double`, beside the same function written by hand, both
with the same parameters by value and by pointer (`benchmarks/off/generic.cpp`, `benchmarks/off/by_hand.cpp`). Instructions a call, the loop that calls it included; the last column
compares the disassembly of the two.

{table(["function", "by hand", "generic", "machine code"], function_rows)}
## Constant `Scalar`s, no recording

The workloads of [the race](race.md) in `double`, and in `Scalar`s none of which belongs to a recording: the same compiled code that would
record, with nothing to record. Microseconds, and instructions an operation.

{table(["workload", "doubles", "constants", "ratio", "doubles instr/op", "constants instr/op", "ratio"], workload_rows)}"""


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench off", description=__doc__)
    parser.add_argument("--program", help="default: built here")
    parser.add_argument("--out", type=pathlib.Path, default=common.PUBLISHED, help="folder to write (default: docs/benchmarks)")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: the page from the off.json that is there")
    arguments = parser.parse_args()
    common.publish("off", arguments.out, arguments.report_only, lambda: measure(arguments.program), page)


if __name__ == "__main__":
    main()
