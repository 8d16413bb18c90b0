#!/usr/bin/python3
"""What a header of ours brings along.

    check_headers.py COMPILER INCLUDE_DIR reach HEADER FORBIDDEN...
        Lists with -M every file that #include "HEADER" opens, and demands that no path matches a FORBIDDEN regex.
    check_headers.py COMPILER INCLUDE_DIR self-contained [NAME=FOLDER...]
        Demands that each header of graph/, autodiff/, nn/ compiles by itself, without warnings. Headers named
        autodiff/bridges/NAME*.hpp need those of FOLDER; where that is none (…NOTFOUND) they are left out.

`reach` tests itself: <boost/graph/graph_traits.hpp>, listed the same way, must match one of the FORBIDDEN.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def compile_text(compiler, include_dir, text, *flags):
    return subprocess.run([compiler, "-std=c++20", "-I", include_dir, "-x", "c++", "-", *flags],
                          input=text, capture_output=True, text=True)


def opened(compiler, include_dir, line):
    result = compile_text(compiler, include_dir, line + "\n", "-M")
    if result.returncode != 0:
        sys.exit(f"{line} does not compile:\n{result.stderr}")
    return result.stdout.replace("\\\n", " ").split()[1:]


def reach(compiler, include_dir, header, forbidden):
    pattern = re.compile("|".join(forbidden))
    if not any(pattern.search(path) for path in opened(compiler, include_dir, "#include <boost/graph/graph_traits.hpp>")):
        sys.exit(f"the test is blind: {pattern.pattern} does not match Boost.Graph's own header")
    paths = opened(compiler, include_dir, f'#include "{header}"')
    found = [path for path in paths if pattern.search(path)]
    print(f"{header} opens {len(paths)} files, {len(found)} of them forbidden", *found[:20], sep="\n  ")
    return bool(found)


def self_contained(compiler, include_dir, bridges):
    root = pathlib.Path(include_dir, "wengert")
    headers = sorted(file.relative_to(root.parent).as_posix() for folder in ("graph", "autodiff", "nn")
                     for file in (root / folder).rglob("*.hpp"))

    folders = dict(bridge.split("=", 1) for bridge in bridges)
    missing = tuple(f"wengert/autodiff/bridges/{name}" for name, folder in folders.items() if folder.endswith("NOTFOUND"))
    headers = [header for header in headers if not missing or not header.startswith(missing)]
    # The compiler's own folder must keep its place: a header of the C library is found by #include_next.
    system = [flag for folder in folders.values() if folder != "/usr/include" and not folder.endswith("NOTFOUND")
              for flag in ("-isystem", folder)]

    def check(header):
        # Twice: the second must be without effect.
        return header, compile_text(compiler, include_dir, f'#include "{header}"\n' * 2, "-fsyntax-only", *WARNINGS, *system)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [(header, result.stderr) for header, result in pool.map(check, headers) if result.returncode != 0]
    for header, message in wrong:
        print(f"{header} does not compile by itself:\n{message}")
    print(f"{len(headers)} headers, {len(wrong)} not self-contained")
    return bool(wrong) or not headers


if __name__ == "__main__":
    compiler, include_dir, mode, *rest = sys.argv[1:]
    sys.exit(reach(compiler, include_dir, rest[0], rest[1:]) if mode == "reach" else self_contained(compiler, include_dir, rest))
