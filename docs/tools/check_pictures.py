#!/usr/bin/python3
"""Are the pictures of the documents what their programs draw?

    check_pictures.py ROOT PROGRAM...

README.md must hold docs/tools/neuron.cpp word for word. Every PROGRAM writes SVG files into its folder; docs/images/ must hold
each of them, with the same texts and tooltips. (Coordinates depend on the fonts of the machine.) `scripts/regenerate` writes them anew.
"""
import html
import pathlib
import re
import subprocess
import sys
import tempfile


def texts(svg):
    """What can be read in a picture: texts, tooltips, links."""
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", svg) + re.findall(r'xlink:(?:title|href)="([^"]*)"', svg)
    return sorted(html.unescape(text) for text in shown)


def problems(root, programs):
    source = (root / "docs/tools/neuron.cpp").read_text(encoding="utf-8")
    if f"```cpp\n{source}```" not in (root / "README.md").read_text(encoding="utf-8"):
        yield "README.md does not hold docs/tools/neuron.cpp word for word"
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([program], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            drawn = sorted(pathlib.Path(folder).glob("*.svg"))
            if not drawn:
                yield f"{program} draws nothing"
            for picture in drawn:
                kept = root / "docs/images" / picture.name
                if not kept.exists():
                    yield f"docs/images/{picture.name} is missing"
                    continue
                now, then = texts(picture.read_text(encoding="utf-8")), texts(kept.read_text(encoding="utf-8"))
                if not now:
                    yield f"{picture.name} shows no text"
                if now != then:
                    missing = [text for text in now if text not in then] or [text for text in then if text not in now]
                    yield f"docs/images/{picture.name} is not what the program draws: {missing[:3]}"


found = list(problems(pathlib.Path(sys.argv[1]), sys.argv[2:]))
print("\n".join(found) or "the pictures are fresh")
sys.exit(bool(found))
