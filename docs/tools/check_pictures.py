#!/usr/bin/python3
"""Are the pictures of the documents what their programs draw?

    check_pictures.py ROOT PROGRAM

README.md must hold docs/tools/neuron.cpp word for word; PROGRAM, made of it, must write what docs/images/neuron.dot holds; and
docs/images/neuron.svg must show every line of every label of that. `scripts/regenerate` writes dot and svg anew.
"""
import html
import pathlib
import re
import subprocess
import sys
import tempfile


def problems(root, program):
    source = (root / "docs/tools/neuron.cpp").read_text(encoding="utf-8")
    if f"```cpp\n{source}```" not in (root / "README.md").read_text(encoding="utf-8"):
        yield "README.md does not hold docs/tools/neuron.cpp word for word"
    dot = (root / "docs/images/neuron.dot").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        if pathlib.Path(folder, "neuron.dot").read_text(encoding="utf-8") != dot:
            yield "docs/images/neuron.dot is not what the program draws"
    svg = (root / "docs/images/neuron.svg").read_text(encoding="utf-8")
    shown = {html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)}
    lines = {line for label in re.findall(r'\[label="([^"]*)"', dot) for line in label.split("\\n") if line}
    if not lines:
        yield "docs/images/neuron.dot has no labels"
    yield from (f"docs/images/neuron.svg does not show {line!r}" for line in sorted(lines - shown))


found = list(problems(pathlib.Path(sys.argv[1]), sys.argv[2]))
print("\n".join(found) or "the pictures are fresh")
sys.exit(bool(found))
