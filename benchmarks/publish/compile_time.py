"""`scripts/bench compile`: seconds and memory to compile a program that includes the facade; writes compile.json and compile.md."""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

import common
from common import digits, table

COMPILERS = ("g++-12", "clang++-16")
OPTIONS = ("-O0", "-O2")
RUNS = 5

INCLUDE = '#include "wengert/autodiff/autodiff.hpp"\n'
SOURCES = {
    "standard headers": "#include <cmath>\n#include <functional>\n#include <memory>\n#include <string>\n#include <vector>\n",
    "the facade": INCLUDE,
    "and one function": INCLUDE + """
double slope(double a, double b) {
  wengert::Recording r;
  wengert::Scalar x = r.variable(a), y = r.variable(b);
  wengert::Scalar z = sin(x) * y + x * x;
  return wengert::backward(z)[x];
}
""",
    "and ten statements in a loop": INCLUDE + """
double energy(const std::vector<double>& start) {
  wengert::Recording r;
  std::vector<wengert::Scalar> u;
  for (double value : start) u.push_back(r.variable(value));
  wengert::Scalar sum = 0.0;
  for (std::size_t i = 1; i + 1 < u.size(); ++i) {
    wengert::Scalar left = u[i] - u[i - 1], right = u[i + 1] - u[i];
    wengert::Scalar bend = right - left;
    wengert::Scalar stretch = sqrt(1.0 + left * left) + sqrt(1.0 + right * right);
    wengert::Scalar damp = exp(-0.5 * bend * bend);
    wengert::Scalar drive = sin(u[i]) * cos(u[i - 1]);
    wengert::Scalar load = tanh(u[i + 1] / (1.0 + abs(u[i])));
    wengert::Scalar well = log(1.0 + u[i] * u[i]);
    wengert::Scalar part = 0.5 * bend * bend + stretch * damp - drive * load + well;
    sum += part;
  }
  return wengert::backward(sum)[u[0]];
}
""",
}


def compile_once(command):
    """Processor seconds and MiB of one compilation."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure():
    results = []
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "wengert").symlink_to(common.ROOT)
        for compiler in COMPILERS:
            if not shutil.which(compiler):
                common.say(f"without {compiler}, which is not installed")
                continue
            version = common.run([compiler, "--version"]).splitlines()[0]
            for option in OPTIONS:
                for name, text in SOURCES.items():
                    source = pathlib.Path(folder, "source.cpp")
                    source.write_text(text)
                    command = [compiler, "-std=c++20", option, "-I", folder, "-c", str(source), "-o", str(source.with_suffix(".o"))]
                    runs = [compile_once(command) for _ in range(RUNS)]
                    results.append({"compiler": compiler, "version": version, "option": option, "source": name,
                                    "seconds": [run[0] for run in runs], "mib": max(run[1] for run in runs)})
                    common.say(f"{compiler} {option} {name}: {statistics.median(results[-1]['seconds']):.2f} s")
    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "sources": SOURCES,
            "results": results}


def page(result):
    versions = dict.fromkeys(row["version"] for row in result["results"])
    columns = list(dict.fromkeys((row["compiler"], row["option"]) for row in result["results"]))
    found = {(row["compiler"], row["option"], row["source"]): row for row in result["results"]}

    def rows(cell):
        return [[name, *(cell(found[(*column, name)]) for column in columns)] for name in result["sources"]]

    header = ["translation unit", *(f"{compiler} {option}" for compiler, option in columns)]
    texts = "\n".join(f"*{name}*:\n\n```cpp\n{text.strip()}\n```\n" for name, text in result["sources"].items()
                      if name.startswith("and"))
    return f"""# Compile time

Written by `scripts/bench compile`; the numbers behind it: [compile.json](compile.json). Wengert {result['version']}.

{common.where_measured(result)}; {"; ".join(versions)}. Processor seconds of one translation unit, medians of {RUNS}, no compiler cache, no
precompiled header.

{table(header, rows(lambda row: digits(statistics.median(row["seconds"]))))}
Memory of the compiler at its most, MiB:

{table(header, rows(lambda row: f"{row['mib']:.0f}"))}
{texts}
What a mistake looks like when it is compiled: [docs/expressions.md](../expressions.md#what-a-mistake-looks-like)."""


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench compile", description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=common.PUBLISHED, help="folder to write (default: docs/benchmarks)")
    parser.add_argument("--report-only", action="store_true", help="measure nothing: the page from the compile.json that is there")
    arguments = parser.parse_args()
    common.publish("compile", arguments.out, arguments.report_only, measure, page)


if __name__ == "__main__":
    main()
