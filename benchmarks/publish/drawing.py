"""`scripts/bench drawing`: what drawings of large recordings cost; writes drawing.json and drawing.md."""
import argparse
import json
import pathlib

import common
from common import digits, table


def measure(program, quick):
    most = 100_000 if quick else 10_000_000
    result = json.loads(common.run([program, most]))
    return {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": quick, **result}


def page(result):
    rows = [[row["subject"], f"{row['statements']:,}".replace(",", " "), digits(row["recorded"], 2), digits(row["forward"], 2),
             row["forward_boxes"], digits(row["both"], 2), row["both_boxes"]] for row in result["rows"]]
    return f"""# Drawing large recordings

Seconds from a recording to DOT text: statements are taken apart into primitives, what repeats is folded, and so on
until no more than 150 boxes are left. *chain*: one primitive a statement. *recurrence*: a gated recurrence, about three
primitives a statement. *irregular*: statements by random numbers, in which nothing repeats. "With its gradient": the gradient is
recorded, drawn beside the forward graph, and forgotten again; it makes the graph three to five times as large.

{table(["subject", "statements", "recorded, s", "drawn, s", "boxes", "with its gradient, s", "boxes"], rows)}

Graphviz then lays such a drawing out in some hundredths of a second. Everything runs on one core, without recursion, on a
stack of 256 KiB if it must. One measurement each: the small ones are noise.

Wengert {result["version"]}. {common.where_measured(result)}.

Again: `scripts/bench drawing` (a minute, 12 GiB of memory), `--quick` for a smoke test.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, help="bench_drawing, built")
    parser.add_argument("--quick", action="store_true", help="small sizes; writes below build/")
    parser.add_argument("--report-only", action="store_true", help="write the page anew from the numbers that are there")
    options = parser.parse_args()
    folder = common.ROOT / "build/benchmarks" if options.quick else common.PUBLISHED
    common.publish("drawing", folder, options.report_only, lambda: measure(options.program, options.quick), page)


if __name__ == "__main__":
    main()
