#!/usr/bin/python3
"""Does everything exist that the documents point to?

    check_links.py ROOT
    check_links.py --self-test

Checked in README.md, ARCHITECTURE.md, CONTRIBUTING.md, benchmarks/README.md and docs/ with its folders: relative links, with their #headings; paths of the
repository in code spans (`graph/dot.cpp`, `tests/autodiff/kinks.cpp`; a name may leave its suffix open: `graph/dot.*`); tests named
`<area>/<file>.cpp: <case>`, and `example_<NN_name>`.
"""
import pathlib
import re
import sys
import tempfile

FOLDERS = ("autodiff", "benchmarks", "cli", "cmake", "docs", "examples", "graph", "nn", "scripts", "tests")
MADE_UP = {"examples/NN_name.cpp", "examples/NN_name.out"}


def heading_anchors(text):
    """Anchors as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def problems(root, path, text):
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        destination = (path.parent / file) if file else path
        if not destination.exists():
            yield f"link to {target}"
        elif anchor and anchor not in heading_anchors(destination.read_text(encoding="utf-8")):
            yield f"heading {target}"
    for span in re.findall(r"`([^`\n]+)`", prose):
        test = re.fullmatch(r"([\w/]+\.cpp): (\w+)", span)
        if test:
            file = root / "tests" / test[1]
            if not file.exists() or f"({test[2]})" not in file.read_text(encoding="utf-8"):
                yield f"test {span}"
        elif re.fullmatch(r"example_\d\d_\w+", span):
            if not (root / "examples" / f"{span.removeprefix('example_')}.cpp").exists():
                yield f"example {span}"
        elif re.fullmatch(rf"({'|'.join(FOLDERS)})/[\w./*-]*", span) and span not in MADE_UP:
            if not list(root.glob(span.rstrip("/"))):
                yield f"path {span}"


def self_test():
    planted = {
        "[a](gone.md)": "link to gone.md", "[a](#none)": "heading #none", "`graph/gone.cpp`": "path graph/gone.cpp",
        "`a/b.cpp: there`": "", "`a/b.cpp: gone`": "test a/b.cpp: gone", "`example_00_gone`": "example example_00_gone",
        "[a](#a-heading)": "", "[a](https://example.org/x)": "", "`graph/`": "", "`graph/*.md`": "", "`cmake --build x`": "",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "tests/a").mkdir(parents=True)
        (root / "graph").mkdir()
        (root / "graph/x.md").write_text("x", encoding="utf-8")
        (root / "tests/a/b.cpp").write_text("BOOST_AUTO_TEST_CASE(there) {", encoding="utf-8")
        wrong = []
        for text, expected in planted.items():
            page = root / "page.md"
            page.write_text(f"# A heading\n{text}\n", encoding="utf-8")
            got = "".join(problems(root, page, page.read_text(encoding="utf-8")))
            if got != expected:
                wrong.append(f"{text}: expected {expected!r}, got {got!r}")
    print("\n".join(wrong) or f"{len(planted)} planted references, each judged as it should be")
    return bool(wrong)


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    root = pathlib.Path(sys.argv[1])
    pages = [root / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "benchmarks/README.md")]
    pages += sorted((root / "docs").rglob("*.md"))
    found = [f"{page.relative_to(root)}: there is no {problem}" for page in pages
             for problem in problems(root, page, page.read_text(encoding="utf-8"))]
    print("\n".join(found) or f"{len(pages)} pages, everything they point to exists")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
