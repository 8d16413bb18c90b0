"""Instructions that an iteration of the race executes, by valgrind.

A count is the difference of two runs that differ only in the number of iterations, so that starting the program, making
the inputs and warming the tape's memory cancel. It does not depend on what else the machine does, and repeats to a few
instructions, which times never do. Cachegrind without its cache simulation counts the same as callgrind in half the time.
"""
import concurrent.futures
import os
import re
import subprocess

WARM = 3  # iterations that both runs do: buffers have their final size, and loops have been found


def executed(command):
    """Instructions that a command executes, from its first to its last."""
    valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *map(str, command)]
    result = subprocess.run(valgrind, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    count = re.search(r"I +refs: +([\d,]+)", result.stderr)
    if result.returncode != 0 or not count:
        raise SystemExit(f"{' '.join(valgrind)} ended with {result.returncode}:\n{result.stderr[-2000:]}")
    return int(count[1].replace(",", ""))


def contestants(program):
    """Pairs of workload and tape that a race program holds, in its order."""
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        workload, _, tapes = line.partition(":")
        yield from ((workload, tape) for tape in tapes.split())


def count(program, operations, tapes=None, quick=False):
    """{workload: {tape: instructions an iteration}}; `operations` of each workload say how many iterations are enough."""
    pairs = [(workload, tape) for workload, tape in contestants(program)
             if workload in operations and (tapes is None or tape in tapes)]

    def of(pair):
        workload, tape = pair
        iterations = max(1, min(1000, 1_000_000 // operations[workload]))
        command = [program, "--core", "-1", "--workload", workload, "--tape", tape, *(["--quick"] if quick else [])]
        few, many = (executed([*command, "--profile", n]) for n in (WARM, WARM + iterations))
        return workload, tape, (many - few) / iterations

    counts = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for workload, tape, instructions in pool.map(of, pairs):
            counts.setdefault(workload, {})[tape] = instructions
    return counts
