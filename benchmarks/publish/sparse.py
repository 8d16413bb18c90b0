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
    return digits(number, 2)


def rows_of(result, subject):
    return [row for row in result["rows"] if row["subject"].startswith(subject)]


def cost_table(rows):
    return table(["variables", "method", "colours", "pattern, s", "colouring, s", "evaluation, s", "evaluation / colour / variable, ns",
                  "all columns one by one, s"],
                 [[spaced(row["variables"]), row["method"], row["colors"], seconds(row["pattern"]), seconds(row["coloring"]),
                   seconds(row["evaluation"]), digits(1e9 * row["evaluation"] / row["colors"] / row["variables"], 2),
                   seconds(row["dense"])] for row in rows], left=2)


def page(result):
    hessians, jacobians = rows_of(result, "Rosenbrock"), rows_of(result, "bundle")
    shape = table(["variables", "residuals", "elements that are not 0"],
                  [[spaced(row["variables"]), spaced(row["outputs"]), spaced(row["nonzeros"])]
                   for row in jacobians if row["method"] == jacobians[0]["method"]], left=0)
    return f"""# Sparse derivatives

What it takes to get a sparse Hessian or Jacobian: its pattern from the recording, a colouring of the pattern, and as many sweeps as
there are colours, eight of them at a time. Pattern and colouring are found once for a program; the evaluation is what each new point
costs (after the recording). The last column is the time of one column by one forward sweep, times the number of columns.

## The Hessian of the chained Rosenbrock function

$\\sum_i 100 (x_{{i+1}} - x_i^2)^2 + (1 - x_i)^2$: three diagonals. Its pattern is that of the recorded gradient, and its evaluation records
the gradient once and forgets it again; both are in the times.

{cost_table(hessians)}

The number of colours does not depend on the number of variables, and the cost of a variable hardly does. The acyclic colouring needs one
sweep less, and subtracts along the whole chain for it: rounding errors may add up there.

## The Jacobian of bundle adjustment

Cameras with nine parameters (rotation vector, translation, focal length, two radial distortions), points with three, two residuals for each
of four cameras that see a point. Rows have twelve elements; no colouring has fewer colours.

{shape}

{cost_table(jacobians)}

Pattern and evaluation are the best of three, recording and colouring one measurement each.

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
