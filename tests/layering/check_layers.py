#!/usr/bin/python3
"""Holds the sources against the rules that no compiler knows.

    check_layers.py [ROOT]       prints each violation as file:line: [rule] text; ends with 1 when there is one
    check_layers.py --self-test  plants a violation of every rule and demands that each is found

Rules: which layer may include which (LAYERS, one direction only), how an include is written, which third-party
headers may stand where, what library code must not do, no derivative code under nn/, how long a file may be.
A line that must break a rule says why in a comment on it: `// allow <rule>: reason`.

Reading order: the tables, `check_file`, `self_test`.
"""
import pathlib
import re
import sys
import tempfile

# Layer -> path prefixes (or whole files) that a file of that layer may include. A file belongs to the first layer whose
# name is a prefix of its path. What is in no layer (tests, benchmarks) may include everything.
# The public headers that autodiff.hpp leaves out on purpose, because not everybody pays for them.
ASIDE = ["autodiff/record/primitive.hpp", "autodiff/record/expand.hpp", "autodiff/record/log.hpp", "autodiff/record/format.hpp",
         "autodiff/record/linear_algebra.hpp", "autodiff/compiled.hpp", "autodiff/passes/", "autodiff/transform/", "autodiff/exec/",
         "autodiff/explain/", "autodiff/inspect/", "autodiff/bridges/"]
AUTODIFF_BELOW = ["graph/", "autodiff/ops/", "autodiff/record/"]
LAYERS = {
    "graph/": ["graph/"],
    "autodiff/ops/": ["graph/", "autodiff/ops/"],
    "autodiff/record/": AUTODIFF_BELOW,
    "autodiff/passes/": [*AUTODIFF_BELOW, "autodiff/passes/"],
    "autodiff/transform/": [*AUTODIFF_BELOW, "autodiff/passes/", "autodiff/transform/"],
    "autodiff/explain/": [*AUTODIFF_BELOW, "autodiff/passes/", "autodiff/transform/", "autodiff/explain/"],
    "autodiff/inspect/": [*AUTODIFF_BELOW, "autodiff/passes/", "autodiff/exec/", "autodiff/transform/", "autodiff/inspect/"],
    "autodiff/exec/": [*AUTODIFF_BELOW, "autodiff/passes/", "autodiff/exec/"],
    "autodiff/bridges/": ["graph/", "autodiff/autodiff.hpp", "autodiff/record/", "autodiff/transform/", "autodiff/bridges/"],
    "autodiff/": ["graph/", "autodiff/"],
    "nn/": ["nn/", "autodiff/autodiff.hpp", *ASIDE, "graph/"],
    # Command and examples see what users see; `wengert bench` runs the workloads of the race.
    "cli/": ["cli/", "benchmarks/race/", "autodiff/autodiff.hpp", *ASIDE, "nn/", "graph/"],
    "examples/": ["autodiff/autodiff.hpp", *ASIDE, "nn/nn.hpp", "graph/"],
}
LIBRARY = ("graph/", "autodiff/", "nn/")
FOLDERS = (*LIBRARY, "cli/", "tests/", "examples/", "benchmarks/")

# Third-party headers: prefix of the include -> pattern of the library files that may name it. Outside the library
# (command, tests, benchmarks) all are free.
THIRD_PARTY = {
    "boost/": r"graph/bgl\.hpp|.*\.cpp",
    "spdlog/": r"autodiff/(.*/)?log\.cpp",
    "fmt/": r"autodiff/(.*/)?log\.cpp",
    "cblas.h": r"autodiff/.*\.cpp",
    "libxsmm": r"autodiff/ops/kernels_gemm\.cpp",
    "Eigen/": r"autodiff/bridges/eigen.*\.hpp",
    "unsupported/Eigen/": r"(?!)",
    "ceres/": r"autodiff/bridges/ceres\.hpp",
    "nlopt": r"autodiff/bridges/nlopt\.hpp",
    "Ip": r"autodiff/bridges/ipopt\.hpp",
    "xbyak/": r"autodiff/exec/native/.*_x86\.(cpp|hpp)",
    "hwy/": r"autodiff/ops/vector_functions\.cpp",
    "CLI/": r"(?!)",
    "nlohmann/": r"nn/(data/files|train)/.*\.cpp",
    "zlib.h": r"nn/data/files/.*\.cpp",
    "Random123/": r"nn/random/.*\.cpp",
}

# Library code never prints, ends the process, or reads its environment. Patterns are tried on code without comments
# and strings.
MANNERS = {
    "prints": r"\bstd::(cout|cerr|clog)\b|(?<![\w.>])(std::)?(v?f?printf|f?puts|putchar|perror)\s*\(",
    "ends-process": r"(?<![\w.>])(std::)?(abort|exit|_exit|_Exit|quick_exit|terminate)\s*\(",
    "environment": r"\b(secure_)?getenv\s*\(",
    "thread-local": r"\bthread_local\b",
}

# Words that only the definition of a derivative needs. Calling one (backward, gradient, ...) is what nn is for.
DERIVATIVE_CODE = (r"\b(partials?|cotangents?|tangents?|vjp|jvp|transpose_rule|register_operation|register_primitive"
                   r"|(with_)?custom_(primitive|rule|vjp|jvp|gradient|derivative)|Elementwise|Linear(?=Primitive)|Primitive)\b")

LINES_AT_MOST = 800
LINES_AIM = 400
MEASURED_SUFFIXES = {".hpp", ".cpp", ".py", ".cmake", ".bash"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<quote>["<])(?P<path>[^">]+)[">]')
ALLOW = re.compile(r"//\s*allow ([\w-]+): \S")


def code_only(text):
    """The text with comments and the insides of string literals blanked; line breaks stay where they are."""
    def blank(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", token)
        return re.sub(r'[^\n"]', " ", token)
    token = r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|' + r"(?<!\w)'(?:\\.|[^'\\\n])+'"
    return re.sub(token, blank, text, flags=re.DOTALL)


def layer_of(path):
    return next((layer for layer in LAYERS if path.startswith(layer)), None)


def check_include(path, quote, target):
    """Yields (rule, message) for one #include line."""
    project_path = target.removeprefix("wengert/")
    if path.startswith("benchmarks/"):
        return  # peers' programs are compiled one by one, with include folders of their own
    if quote == '"' and path.startswith("tests/") and "/" not in target:
        return  # a helper beside the tests that use it
    if quote == '"' and project_path == target:
        yield "include-form", f'"{target}": an include of ours reads "wengert/<folder>/<file>", any other <...>'
        return
    if quote == "<" and project_path != target:
        yield "include-form", f'<{target}>: an include of ours is written in quotes'
    if project_path != target:
        layer = layer_of(path)
        if layer and not any(project_path.startswith(allowed) for allowed in LAYERS[layer]):
            yield "layer", f"{layer} does not know {project_path}; it may include {', '.join(LAYERS[layer])}"
    elif path.startswith(LIBRARY):
        for prefix, where in THIRD_PARTY.items():
            if target.startswith(prefix) and not re.fullmatch(where, path):
                yield "third-party", f"<{target}> does not belong here"


def check_file(path, text):
    """Yields (line number, rule, message)."""
    lines = text.splitlines()
    if path.endswith((".hpp", ".cpp")):
        code = code_only(text).splitlines()
        for number, line in enumerate(lines, 1):
            found = []
            include = INCLUDE.match(line)
            if include and code[number - 1].lstrip().startswith("#"):
                found += check_include(path, include["quote"], include["path"])
            if path.startswith(LIBRARY):
                found += [(rule, f"library code must not: {line.strip()}")
                          for rule, pattern in MANNERS.items() if re.search(pattern, code[number - 1])]
            if path.startswith("nn/"):
                found += [("derivative", f"'{match[0]}': nn composes primitives and defines no derivative")
                          for match in re.finditer(DERIVATIVE_CODE, code[number - 1])]
            allowed = {match[1] for match in ALLOW.finditer(line)}
            yield from ((number, rule, message) for rule, message in found if rule not in allowed)
        if path.endswith(".hpp") and "#pragma once" not in text:
            yield 1, "pragma-once", "a header opens with #pragma once"
    if pathlib.PurePath(path).suffix in MEASURED_SUFFIXES and "Generated by" not in "".join(lines[:3]):
        if len(lines) > LINES_AT_MOST:
            yield len(lines), "length", f"{len(lines)} lines; a file has at most {LINES_AT_MOST}"


def sources(root):
    for folder in (*FOLDERS, "scripts/", "cmake/"):
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(root).as_posix(), file


def check_tree(root):
    """Returns the violations as strings, and the paths of long but legal files."""
    violations, long_files = [], []
    for path, file in sources(root):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a source
        violations += [f"{path}:{number}: [{rule}] {message}" for number, rule, message in check_file(path, text)]
        lines = text.count("\n")
        if LINES_AIM < lines <= LINES_AT_MOST and file.suffix in MEASURED_SUFFIXES and "Generated by" not in text[:300]:
            long_files.append(f"{path}: {lines} lines; the aim is {LINES_AIM}")
    return violations, long_files


# One planted violation per row: path, text, rule that must find it. A row with None must pass.
PLANTED = [
    ("graph/a.hpp", '#pragma once\n#include "wengert/autodiff/ops/add.hpp"\n', "layer"),
    ("autodiff/ops/a.cpp", '#include "wengert/autodiff/record/recording.hpp"\n', "layer"),
    ("autodiff/record/a.cpp", '#include "wengert/autodiff/transform/jvp.hpp"\n', "layer"),
    ("autodiff/record/b.cpp", '#include "wengert/autodiff/autodiff.hpp"\n', "layer"),
    ("autodiff/transform/a.cpp", '#include "wengert/autodiff/exec/plan.hpp"\n', "layer"),
    ("autodiff/transform/d.cpp", '#include "wengert/autodiff/explain/ledger.hpp"\n', "layer"),
    ("autodiff/exec/a.cpp", '#include "wengert/autodiff/transform/jvp.hpp"\n', "layer"),
    ("autodiff/bridges/a.hpp", '#pragma once\n#include "wengert/autodiff/ops/add.hpp"\n', "layer"),
    ("autodiff/transform/b.cpp", '#include "wengert/autodiff/bridges/eigen.hpp"\n', "layer"),
    ("nn/a.cpp", '#include "wengert/autodiff/record/recording.hpp"\n', "layer"),
    ("nn/b.cpp", '#include "wengert/autodiff/record/stream.hpp"\n', "layer"),
    ("cli/a.cpp", '#include "wengert/autodiff/ops/add.hpp"\n', "layer"),
    ("examples/a.cpp", '#include "wengert/autodiff/ops/add.hpp"\n', "layer"),
    ("graph/b.cpp", '#include "graph.hpp"\n', "include-form"),
    ("tests/x/a.cpp", '#include "../support/random.hpp"\n', "include-form"),
    ("graph/c.cpp", "#include <wengert/graph/graph.hpp>\n", "include-form"),
    ("graph/d.hpp", "#pragma once\n#include <boost/graph/graph_traits.hpp>\n", "third-party"),
    ("autodiff/record/c.hpp", "#pragma once\n  #  include <spdlog/spdlog.h>\n", "third-party"),
    ("autodiff/transform/c.hpp", "#pragma once\n#include <Eigen/Core>\n", "third-party"),
    ("autodiff/bridges/ceres.hpp", "#pragma once\n#include <ceres/ceres.h>\n", None),
    ("nn/c.cpp", "#include <nlohmann/json.hpp>\n", "third-party"),
    ("graph/e.cpp", "void f() { std::cout << 1; }\n", "prints"),
    ("nn/d.cpp", 'void f() { printf("x"); }\n', "prints"),
    ("autodiff/ops/b.cpp", "void f() { std::abort(); }\n", "ends-process"),
    ("autodiff/ops/d.cpp", 'auto s = "a\\"b"; void f() { exit(1); }\n', "ends-process"),
    ("autodiff/exec/b.cpp", 'auto v = std::getenv("THREADS");\n', "environment"),
    ("autodiff/record/d.cpp", "static thread_local int tape;\n", "thread-local"),
    ("nn/e.cpp", "struct Relu : Primitive {};\n", "derivative"),
    ("nn/f.cpp", "double partials(double x) { return 2 * x; }\n", "derivative"),
    ("nn/h.cpp", "auto f = with_custom_vjp(value, pullback);\n", "derivative"),
    ("nn/i.cpp", "auto f = custom_primitive<Relu>(x);\n", "derivative"),
    ("graph/f.hpp", "struct A {};\n", "pragma-once"),
    ("graph/g.cpp", "\n" * (LINES_AT_MOST + 1), "length"),
    ("graph/ok.cpp", '#include "wengert/graph/graph.hpp"\n#include <vector>\n// printf("x"), std::cout\n'
                     'auto s = "abort(x) // exit(1)"; static_assert(true); void f() { snprintf(b, 2, ""); t.exit(); }\n', None),
    ("cli/ok.cpp", '#include "wengert/benchmarks/race/measure.hpp"\n#include "wengert/nn/nn.hpp"\n', None),
    ("nn/g.cpp", '#include "wengert/benchmarks/race/measure.hpp"\n', "layer"),
    ("graph/bgl.hpp", "#pragma once\n#include <boost/graph/graph_traits.hpp>\n", None),
    ("autodiff/record/log.cpp", "#include <spdlog/spdlog.h>\n", None),
    ("autodiff/autodiff.hpp", '#pragma once\n#include "wengert/autodiff/exec/plan.hpp"\n', None),
    ("nn/ok.cpp", '#include "wengert/nn/nn.hpp"\n#include "wengert/autodiff/autodiff.hpp"\n'
                  "void step() { auto a = backward(loss); gradient(loss, w); }  // tangent\n", None),
    ("autodiff/ops/ok.cpp", "thread_local int scratch;  // allow thread-local: kernel workspace\n", None),
    ("tests/x/ok.cpp", '#include "helper.hpp"\n#include "wengert/autodiff/ops/add.hpp"\nint main() { printf("x"); }\n', None),
]


def self_test():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for path, text, _ in PLANTED:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        violations, _ = check_tree(pathlib.Path(folder))
    for path, text, rule in PLANTED:
        found = sorted({re.search(r"\[([\w-]+)\]", violation)[1] for violation in violations
                        if violation.startswith(path + ":")})
        if found != ([rule] if rule else []):
            wrong.append(f"planted {path}: expected {rule or 'nothing'}, found {', '.join(found) or 'nothing'}")
    rules = {rule for _, _, rule in PLANTED}
    wrong += [f"no violation is planted for {rule}" for rule in MANNERS if rule not in rules]
    return wrong


def main(arguments):
    if arguments == ["--self-test"]:
        wrong = self_test()
        print("\n".join(wrong) or f"{len(PLANTED)} planted files, each judged as it should be")
        return bool(wrong)
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2])
    violations, long_files = check_tree(root)
    count = sum(1 for _ in sources(root))
    print("\n".join([*(f"note: {line}" for line in long_files), *violations,
                     f"{count} files, {len(violations)} violations"]))
    return bool(violations) or count == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
