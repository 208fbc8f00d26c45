"""How long a step is stopped by a checkpoint in the background, beside one copy of the state.

    uv run python benchmarks/checkpoint.py --json checkpoint.json

A run keeps its state every so many iterations. Pause: by how much longer than its neighbours the one step took behind
which the state is copied. Held up: how much longer than usual the steps took, together, from there to the end of the
writing, whose thread wants the interpreter too. Copy: of all arrays of the same state, into memory that was used
before, behind a step of a run. Medians; the first checkpoint, whose memory is new, is left out.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

# As in overhead.py: read when NumPy is imported.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma

UNITS = {"0.1 MB": (64, 512), "10 MB": (880, 64), "100 MB": (2850, 16)}
"""Units of each of two hidden layers, whose parameters and moments take so much; records of a batch."""
EVERY = {"0.1 MB": 400, "10 MB": 60, "100 MB": 20}
"""Iterations between two checkpoints, so that one is written before the next."""


def _trainer(units: int, batch: int, every: int) -> sigma.Trainer:
    generator = np.random.default_rng(0)
    data = generator.normal(size=(10 * batch, 64)).astype(np.float32), generator.integers(0, 10, 10 * batch)
    network = Input(64) + 2 * Dense(units, activation="relu") + Dense(10) + SoftmaxCrossEntropy()
    settings: dict[str, Any] = {"batch_size": batch, "metrics": [], "checkpoint": f"{every} iterations"}
    return sigma.Trainer(network, data, Adam(1e-4), "1 epochs", **settings).build()


def _copy(trainer: sigma.Trainer) -> tuple[float, float]:
    """Milliseconds of a copy of the state behind a step of a run, and its megabytes."""
    arrays = [np.asarray(array) for array in trainer.team.worker.arrays.values()]
    memory, times = [array.copy() for array in arrays], []
    real = trainer.team.step

    def step(batch: Any) -> Any:
        outputs = real(batch)
        begin = perf_counter()
        for copy, array in zip(memory, arrays, strict=True):
            copy[...] = array
        times.append((perf_counter() - begin) * 1e3)
        return outputs

    trainer.team.step = step  # type: ignore[method-assign]
    trainer.run(stop=f"{trainer.clock.iteration + 30} iterations")
    trainer.team.step = real  # type: ignore[method-assign]
    return statistics.median(times), sum(array.nbytes for array in arrays) / 1e6


def pause(name: str, checkpoints: int) -> dict[str, Any]:
    """What a checkpoint of a network of that size does to the steps of a run."""
    (units, batch), every = UNITS[name], EVERY[name]
    trainer = _trainer(units, batch, every)
    marks: list[float] = []
    real = trainer.team.step

    def step(batch: Any) -> Any:
        marks.append(perf_counter())
        return real(batch)

    trainer.team.step = step  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        trainer.run(stop=f"{every * (checkpoints + 1)} iterations", directory=Path(folder) / "run")
    trainer.team.step = real  # type: ignore[method-assign]
    steps = np.diff(marks) * 1e3
    copy, megabytes = _copy(trainer)
    at = [number * every - 1 for number in range(2, checkpoints + 1)]
    near = [float(np.median(steps[index - every // 2 : index])) for index in at]
    pauses = [float(steps[index]) - usual for index, usual in zip(at, near, strict=True)]
    reach = every // 2 - 1
    held_up = [float((steps[index : index + reach] - usual).sum()) for index, usual in zip(at, near, strict=True)]
    usually = [float((steps[index - reach : index] - usual).sum()) for index, usual in zip(at, near, strict=True)]
    return {
        "network": name,
        "megabytes": megabytes,
        "step_ms": statistics.median(near),
        "copy_ms": copy,
        "pause_ms": statistics.median(pauses),
        "ratio": statistics.median(pauses) / copy,
        "held_up_ms": statistics.median(more - less for more, less in zip(held_up, usually, strict=True)),
    }


def main() -> None:
    """Measure, print, write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=int, default=25)
    parser.add_argument("--networks", default="0.1 MB,10 MB,100 MB")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"{'network':<10}{'MB':>8}{'step ms':>10}{'copy ms':>10}{'pause ms':>10}{'ratio':>8}{'held up ms':>12}")
    rows = []
    for name in arguments.networks.split(","):
        row = pause(name, arguments.checkpoints)
        rows.append(row)
        print(
            f"{row['network']:<10}{row['megabytes']:>8.1f}{row['step_ms']:>10.2f}{row['copy_ms']:>10.3f}"
            f"{row['pause_ms']:>10.3f}{row['ratio']:>8.1f}{row['held_up_ms']:>12.2f}"
        )
        sys.stdout.flush()
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
