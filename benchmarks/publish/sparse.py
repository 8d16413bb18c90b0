"""`scripts/bench sparse`: what sparse Hessians and Jacobians of large programs cost; writes sparse.json and sparse.md."""
import argparse
import json
import pathlib

import common
from common import digits, table


def measure(program, quick):
    most = 10_000 if quick else 1_000_000
    result = json.loads(common.run([program, most]))
    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": quick, **result}


def spaced(number):
    return f"{number:,}".replace(",", " ")


def seconds(number):
    return digits(number, 2) if number >= 1e-5 else "0"


def rows_of(result, subject):
    return [row for row in result["rows"] if row["subject"].startswith(subject)]


def cost_table(rows, with_gradient):
    header = ["variables", "method", "colours", "pattern, s", "colouring, s", *(["gradient, s"] if with_gradient else []), "evaluation, s",
              "one column, s", "all columns one by one, s"]
    return table(header,
                 [[spaced(row["variables"]), row["method"], row["colors"], seconds(row["pattern"]), seconds(row["coloring"]),
                   *([seconds(row["gradient"])] if with_gradient else []), seconds(row["evaluation"]), seconds(row["column"]),
                   seconds(row["column"] * row["variables"])] for row in rows], left=2)


def page(result):
    hessians, jacobians = rows_of(result, "Rosenbrock"), rows_of(result, "bundle")
    shape = table(["variables", "residuals", "elements that are not 0"],
                  [[spaced(row["variables"]), spaced(row["outputs"]), spaced(row["nonzeros"])]
                   for row in jacobians if row["method"] == jacobians[0]["method"]], left=0)
    return f"""# Sparse derivatives

What it takes to get a sparse Hessian or Jacobian: its pattern from the recording, a colouring of the pattern, and as many sweeps as
there are colours, eight of them at a time. Pattern and colouring are found once for a program; the evaluation is what each new point
costs (after the recording). *One column* is one forward sweep that gives a column of the dense matrix; the last number is that times
the number of columns.

## The Hessian of the chained Rosenbrock function

$\\sum_i 100 (x_{{i+1}} - x_i^2)^2 + (1 - x_i)^2$: three diagonals. Its pattern is that of the recorded gradient. An evaluation records the
gradient once (*gradient*: how much of it that takes), sweeps it once for all colours, and forgets it again.

{cost_table(hessians, True)}

The number of colours does not depend on the number of variables, so the cost of an evaluation grows like the program, not like its square.
About half of it is the recording of the gradient. The acyclic colouring needs one sweep less, which eight lanes hide here, and subtracts along the
whole chain for it: rounding errors may add up.

## The Jacobian of bundle adjustment

Cameras with nine parameters (rotation vector, translation, focal length, two radial distortions), points with three, two residuals for each
of four cameras that see a point. Rows have twelve elements; no colouring has fewer colours.

{shape}

{cost_table(jacobians, False)}

Processor time of one thread. Pattern and evaluation are the best of three, colouring is one measurement.

Wengert {result["version"]}. {common.where_measured(result)}.

Again: `scripts/bench sparse` (some minutes), `--quick` for a smoke test.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, help="bench_sparse, built")
    parser.add_argument("--quick", action="store_true", help="small sizes; writes below build/")
    parser.add_argument("--report-only", action="store_true", help="write the page anew from the numbers that are there")
    options = parser.parse_args()
    folder = common.ROOT / "build/benchmarks" if options.quick else common.PUBLISHED
    common.publish("sparse", folder, options.report_only, lambda: measure(options.program, options.quick), page)


if __name__ == "__main__":
    main()
