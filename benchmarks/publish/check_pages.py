"""Is every page under docs/benchmarks/ what its JSON says?

    check_pages.py [FOLDER]      default: docs/benchmarks
    check_pages.py --self-test

A page is written by a program from measured numbers (scripts/bench); one that was edited by hand, or whose program has
changed since, is found here. `scripts/bench <name> --report-only` writes it anew without measuring.
"""
import copy
import json
import pathlib
import sys

import common
import compile_time
import drawing
import growth
import off
import program
import race
import sparse
import tensor
import tensors
import training

PAGES = {"race": race.page, "growth": growth.page, "tensor": tensor.page, "program": program.page,
         "tensors": tensors.page, "drawing": drawing.page, "sparse": sparse.page,
         "off": off.page, "compile": compile_time.page, "training": training.page}


def problem(name, result, page):
    """What is wrong with a page, or nothing."""
    if result.get("quick"):
        return "comes from a quick run, which measures nothing"
    if common.as_file(PAGES[name](result)) != page:
        return f"is not what {name}.json says; scripts/bench {name} --report-only writes it anew"
    return ""


def self_test(folder):
    wrong = 0
    for name in PAGES:
        result = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        page = common.as_file(PAGES[name](result))
        other_machine = copy.deepcopy(result)
        other_machine["machine"]["cpu"] = "another"
        for planted, verdict in ((result, False), (other_machine, True), (result | {"quick": True}, True)):
            wrong += bool(problem(name, planted, page)) != verdict
    print(f"{3 * len(PAGES)} planted pages, {wrong} judged wrongly")
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        return bool(self_test(common.PUBLISHED))
    folder = pathlib.Path(sys.argv[1]) if sys.argv[1:] else common.PUBLISHED
    found = 0
    for name in PAGES:
        result = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        said = problem(name, result, (folder / f"{name}.md").read_text(encoding="utf-8"))
        if said:
            print(f"docs/benchmarks/{name}.md {said}")
            found += 1
    print(f"{len(PAGES)} pages, {found} not as their numbers say")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
