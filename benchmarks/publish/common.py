"""What the publishing scripts share: where things were measured, tables, numbers, files."""
import datetime
import json
import math
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "docs/benchmarks"


def say(text):
    print(text, flush=True)


def run(command, **options):
    """Standard output of a command that must succeed."""
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                            **options)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {result.returncode}")
    return result.stdout


def first_match(path, pattern):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1].strip() if found else None


def machine():
    memory = first_match("/proc/meminfo", r"^MemTotal:\s+(\d+) kB")
    return {
        "cpu": first_match("/proc/cpuinfo", r"^model name\s*: (.*)$") or platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory) / 2**20) if memory else None,
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="(.*)"$') or platform.system(),
    }


def today():
    return datetime.date.today().isoformat()


def revision():
    """The project's version and the commit that was measured, marked when the tree had changes."""
    version = first_match(ROOT / "CMakeLists.txt", r"^project\(wengert VERSION (\S+)") or "?"
    described = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty=, with changes", "--abbrev=9", "--exclude=*"],
                               capture_output=True, text=True)
    return f"{version} ({described.stdout.strip()})" if described.returncode == 0 else version


def package_version(package):
    result = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package], capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 and result.stdout.strip() else "unknown"


def where_measured(result):
    """One sentence from the fields date, machine of a JSON result."""
    at = result["machine"]
    memory = f", {at['memory_gib']} GiB" if at.get("memory_gib") else ""
    return f"{result['date']}, {at['cpu']} ({at['cores']} cores{memory}), {at['system']}"


def digits(number, significant=3):
    """A positive number with so many significant digits, without an exponent."""
    if number is None:
        return "–"
    if number == 0:
        return "0"
    places = significant - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, places)
    return f"{rounded:.{max(0, places)}f}"


def geometric_mean(numbers):
    numbers = list(numbers)
    return math.exp(sum(map(math.log, numbers)) / len(numbers)) if numbers else None


def table(header, rows, left=1):
    """A Markdown table; the first `left` columns are text."""
    lines = [header, ["---" if k < left else "--:" for k in range(len(header))], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def as_file(page):
    """A page's text as it stands in its file: no blanks at ends of lines, no runs of empty lines."""
    lines = "\n".join(line.rstrip() for line in page.strip().splitlines()) + "\n"
    return re.sub(r"\n{3,}", "\n\n", lines)


def write_page(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_file(text), encoding="utf-8")
    say(f"wrote {path}")


def publish(name, folder, report_only, measure, page, draw=None):
    """Measures, or with report_only takes what is there, and writes NAME.json, the charts and NAME.md into the folder."""
    file = folder / f"{name}.json"
    if report_only:
        result = json.loads(file.read_text())
    else:
        result = measure()
        write_json(file, result)
    if draw is not None:
        draw(result, folder)
    write_page(folder / f"{name}.md", page(result))
