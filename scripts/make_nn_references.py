#!/usr/bin/python3
"""Writes tests/references/nn/<area>.json: outputs, gradients and Hessian-vector products of layers and losses, by PyTorch in f64.

    scripts/make_nn_references.py                  all areas
    scripts/make_nn_references.py losses layers    these
    scripts/make_nn_references.py --check          writes nothing; fails unless what is stored agrees to 1e-12 of scale

The cases of an area are in scripts/nn_references/<area>.py; scripts/nn_references/frame.py says how one is written and what a
file holds. Needs Debian's python3-torch, which neither the build nor the tests need:

    apt-get install python3-torch
"""
import argparse
import importlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = ROOT / "scripts/nn_references"
OUTPUT = ROOT / "tests/references/nn"
sys.dont_write_bytecode = True
sys.path.insert(0, str(CASES))

import frame  # noqa: E402


def differences(stored, made, path=""):
    """Yields where two values of JSON differ, numbers by more than 1e-12 of the largest beside them."""
    if isinstance(stored, dict) and isinstance(made, dict):
        for key in sorted({*stored, *made}):
            if key not in stored or key not in made:
                yield f"{path}/{key}: only in {'the file' if key in stored else 'what was made'}"
            elif key != "torch":
                yield from differences(stored[key], made[key], f"{path}/{key}")
    elif isinstance(stored, list) and isinstance(made, list) and len(stored) == len(made):
        numbers = [abs(x) for x in stored if isinstance(x, float)]
        scale = max([1e-300, *numbers])
        for k, (a, b) in enumerate(zip(stored, made)):
            if isinstance(a, float) and isinstance(b, float):
                if abs(a - b) > 1e-12 * scale:
                    yield f"{path}/{k}: {a!r} is stored, {b!r} was made"
            else:
                yield from differences(a, b, f"{path}/{k}")
    elif stored != made:
        yield f"{path}: {stored!r} is stored, {made!r} was made"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", nargs="*")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    areas = arguments.areas or sorted(file.stem for file in CASES.glob("*.py") if file.stem != "frame")
    failed = False
    for area in areas:
        text = frame.area_text(importlib.import_module(area).CASES)
        file = OUTPUT / f"{area}.json"
        if arguments.check:
            found = list(differences(json.loads(file.read_text(encoding="utf-8")), json.loads(text)))
            print("\n".join([*found[:20], f"{file.name}: {len(found)} differences"]))
            failed = failed or bool(found)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(f"{file.relative_to(ROOT)}: {len(text) / 1024:.0f} KiB")
    return failed


if __name__ == "__main__":
    sys.exit(main())
