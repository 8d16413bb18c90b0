"""`scripts/bench training`: networks trained on Fashion-MNIST by `wengert train`, five seeds each; writes training.json and training.md."""
import argparse
import json
import os
import pathlib
import shlex
import subprocess

import common
from common import digits, table

ADAMW = ["--optimiser", "adamw", "--schedule", "one-cycle", "--batch", "128"]
DECAY = ["--weight-decay", "0.05", "--smoothing", "0.05"]
NETWORKS = {  # model, epochs, options
    "mlp": ["mlp 784-256-128-100-10 relu", 8, *ADAMW, "--rate", "0.003"],
    "conv": ["examples/models/conv.toml", 5, *ADAMW, "--rate", "0.005", *DECAY, "--flip"],
    "small": ["examples/models/small.toml", 6, *ADAMW, "--rate", "0.01", *DECAY, "--flip", "--shift", "1"],
    "lstm": ["lstm 96", 6, *ADAMW, "--rate", "0.005"],
}
WHAT = {
    "mlp": "784-256-128-100-10, relu",
    "conv": "24 and 48 filters of 3×3, 128 hidden units",
    "small": "16, 32 and 64 filters of 3×3, 112 hidden units",
    "lstm": "LSTM of 96 units, a row of the picture at each step",
}


def command_of(name, seed, epochs=None):
    model, planned, *options = NETWORKS[name]
    return ["wengert", "train", "fashion-mnist", model, "--epochs", str(epochs or planned), *options, "--seed", str(seed)]


def train(program, name, seed, quick):
    """One training: what the command says of it, and its processor time."""
    words = [program, *command_of(name, seed, 1 if quick else None)[1:], "--quiet", "--json"]
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=common.ROOT)
    with process.stdout:
        said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{shlex.join(map(str, words))} ended with {process.returncode}")
    told = json.loads(said)
    epochs = len(told["epochs"])
    run = {"seed": seed, "parameters": told["parameters"], "epochs": epochs, "validation": told["epochs"][-1]["validation"]["accuracy"],
           "test": told["test"]["accuracy"], "seconds": told["seconds"] / epochs,
           "processor_seconds": (usage.ru_utime + usage.ru_stime) / epochs}
    common.say(f"{name} seed {seed}: validation {percent(run['validation'])}, test {percent(run['test'])}, "
               f"{run['seconds']:.2f} s an epoch (processor {run['processor_seconds']:.2f} s)")
    return run


def measure(program, seeds, quick, file, go_on):
    """All trainings, written to the file one by one; with go_on those that are missing there."""
    result = {"schema": 1, "date": common.today(), "machine": common.machine(), "version": common.revision(), "quick": quick, "networks": {}}
    if go_on:
        result = json.loads(file.read_text())
    for name in NETWORKS:
        runs = result["networks"].setdefault(name, [])
        for seed in range(len(runs), seeds):
            runs.append(train(program, name, seed, quick))
            common.write_json(file, result)
    return result


def percent(share):
    return f"{100 * share:.2f} %"


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


def spaced(number):
    return f"{number:,}".replace(",", " ")


def missing(networks, seeds):
    """A sentence on what has not been run, or nothing."""
    names = [f"`{name}`" for name in NETWORKS if len(networks.get(name, [])) < seeds]
    return f"Not all seeds have been run yet of {', '.join(names)}; `scripts/bench training --go-on` does.\n" if names else ""


def page(result):
    networks = {name: runs for name, runs in result["networks"].items() if runs}
    seeds = max(len(runs) for runs in networks.values())
    rows = [[f"`{name}`: {WHAT[name]}", spaced(runs[0]["parameters"]), runs[0]["epochs"], len(runs), percent(mean(run["validation"] for run in runs)),
             f"**{percent(mean(run['test'] for run in runs))}**", digits(mean(run["seconds"] for run in runs), 2),
             digits(mean(run["processor_seconds"] for run in runs), 2)] for name, runs in networks.items()]
    summary = table(["network", "parameters", "epochs", "seeds", "validation accuracy", "test accuracy", "seconds per epoch",
                     "processor seconds per epoch"], rows)
    each = table(["test accuracy by seed", *map(str, range(seeds))],
                 [[f"`{name}`", *(percent(run["test"]) for run in runs), *["–"] * (seeds - len(runs))] for name, runs in networks.items()])
    commands = "\n".join("    " + shlex.join(command_of(name, 0)) for name in NETWORKS)
    return f"""# Training on Fashion-MNIST

Networks trained by the command, with the pictures of Debian's `dataset-fashion-mnist`:

{commands}

and likewise for the other seeds. `conv` and `small` are files of [examples/models](../../examples/models); `scripts/bench training` runs all of it.
{missing(networks, seeds)}

{summary}

{each}

All are trained by AdamW (weight decay on matrices and filters alone) with a one-cycle schedule, batches of 128. `conv` and `small` see pictures flipped
left and right at random, `small` also moved by a pixel, and their labels are smoothed by 0.05. A tenth of the 60 000 pictures of the training set is kept
apart: *validation*. The test set's 10 000 pictures are measured once, after the last epoch, by the network of that epoch; nothing is chosen by them.
Rates and sizes were chosen on pictures of the training set that were held out, the epochs so that all of it takes half an hour of one idle core.

*Seconds per epoch* are the clock's, the measuring of the validation pictures included; *processor seconds* are those of the whole process (one thread
trains, one makes batches ahead; the files are read, the test set is measured) over the number of epochs. The machine had other work to do meanwhile.

Wengert {result["version"]}. {common.where_measured(result)}.

## Steps as programs

`wengert train` and `fit` run steps as [programs](../howto/programs.md) unless told otherwise (`--no-compile`). One step of training with Adam, processor
milliseconds, the best of thirty; making the program includes recording the step and the second program that it is held against the model with.

| network, batch | as a program | without | program over without | making the program |
| --- | --: | --: | --: | --: |
| `mlp`, 64 | 0.98 | 1.02 | 0.95 | 15 |
| `conv`, 128 | 36.2 | 41.4 | 0.87 | 179 |
| `lstm`, 128 | 15.1 | 22.7 | 0.66 | 362 |

Whole epochs of `mlp` with Adam, batches of 64, all 60 000 pictures, samples per processor second (of `fit`, the thread that makes batches ahead included):

| `fit`, programs | `fit`, without | libtorch 1.13, one thread (`bench_training_torch`) |
| --: | --: | --: |
| 48 200 to 49 200 | 49 000 | 41 400 to 42 700 |

One thread each (`OPENBLAS_NUM_THREADS=1`), on a machine that had much else to do: differences of a few hundredths mean nothing. 2026-11-26.

## The same in C++

[benchmarks/training](../../benchmarks/training/main.cpp) trains the same networks by a loop of its own, on all 60 000 pictures:

    cmake --build --preset release --target bench_training
    build/release/bin/bench_training mlp --test        # five seeds; conv, small and lstm likewise

Without `--test` 10 000 pictures of the training set are held out and measured instead; that is how rates, epochs and sizes were chosen.

| network | held out, seed 0 | test accuracy of five seeds: mean | least | most | processor seconds per epoch |
| --- | --: | --: | --: | --: | --: |
| `mlp` | 90.16 % | 89.34 % | 89.16 % | 89.56 % | 0.9 |
| `conv` | 93.34 % | 92.70 % | 92.66 % | 92.74 % | 20 |
| `small` | 93.22 % | 93.05 % | 92.84 % | 93.42 % | 16 |
| `lstm` | 90.28 % (8 epochs) | 89.28 % | 89.10 % | 89.58 % | 10 |

Measured on an AMD EPYC of two cores that was shared with many other programs. The time of `mlp` is that of 50 000 pictures.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, help="wengert, built")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one seed, one epoch; writes below build/")
    parser.add_argument("--go-on", action="store_true", help="run only what is missing in the numbers that are there")
    parser.add_argument("--report-only", action="store_true", help="write the page anew from the numbers that are there")
    options = parser.parse_args()
    folder = common.ROOT / "build/benchmarks" if options.quick else common.PUBLISHED
    seeds = 1 if options.quick else options.seeds
    common.publish("training", folder, options.report_only,
                   lambda: measure(options.program, seeds, options.quick, folder / "training.json", options.go_on), page)


if __name__ == "__main__":
    main()
