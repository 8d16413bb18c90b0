#!/usr/bin/python3
"""Are the pictures of docs/lecture.md what `wengert lecture` draws?

    check_lecture.py ROOT WENGERT

docs/images/ must hold what the command writes: plots byte for byte, what Graphviz makes with the same texts (its coordinates
depend on the fonts of the machine), and so what shows trained networks (their last digits depend on its matrix products). Nothing else there may be called lecture_*, and docs/lecture.md must show each.
`scripts/regenerate` writes them anew.
"""
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree


TRAINED = {f"lecture_{name}.svg" for name in ("approximation", "order", "loop", "filters", "excitement", "memory")}


def texts(svg):
    return sorted(element.text or "" for element in xml.etree.ElementTree.fromstring(svg).iter()
                  if element.tag.endswith("}text"))


def problems(root, wengert):
    page = (root / "docs/lecture.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([wengert, "lecture", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        drawn = {file.name: file.read_text(encoding="utf-8") for file in pathlib.Path(folder).glob("*.svg")}
        graphs = {file.with_suffix(".svg").name for file in pathlib.Path(folder).glob("*.dot")}
    kept = {file.name: file.read_text(encoding="utf-8") for file in (root / "docs/images").glob("lecture_*")}
    yield from (f"docs/images/{name} is there and nobody draws it" for name in sorted(kept.keys() - drawn.keys()))
    for name, svg in sorted(drawn.items()):
        if not texts(svg):
            yield f"{name} shows no text"
        if name not in kept:
            yield f"docs/images/{name} is missing"
        elif texts(kept[name]) != texts(svg) or (name not in graphs | TRAINED and kept[name] != svg):
            yield f"docs/images/{name} is not what `wengert lecture` draws"
        if f"](images/{name})" not in page:
            yield f"docs/lecture.md does not show images/{name}"
    if not drawn:
        yield "`wengert lecture` draws nothing"


found = list(problems(pathlib.Path(sys.argv[1]), sys.argv[2]))
print("\n".join(found) or "the pictures are fresh")
sys.exit(bool(found))
