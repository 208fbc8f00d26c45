"""What the run store takes in, what it costs a step, how long it keeps a reader waiting.

    uv run python benchmarks/store.py --json store.json

Rate: events are published as fast as that goes, or are there already; the clock stops when all of them are committed.
Steps: one trainer runs with and without a store that gets every ended iteration, in turn and in random order; the cost
is the median of paired differences, over whole runs, the writer's thread included. Reading: a series of a million
points, thinned to 2,000.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

# As in overhead.py: read when NumPy is imported.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.events import Bus, Event, IterationEnded, LogRecorded, RunStore

BATCHES_PER_EPOCH = 50
CASES = {"small": (64, 16, 64), "dense-256-b32": (784, 256, 32), "dense-256-b128": (784, 256, 128)}
"""Features, units of each of two hidden layers, records of a batch."""
TARGET_RATE, TARGET_SHARE = 100_000, 1.0


@contextmanager
def _stored(bus: Bus) -> Iterator[RunStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore.create(Path(folder) / "run")
        store.attach(bus)
        try:
            yield store
        finally:
            store.close()


def _iterations(number: int) -> list[Event]:
    return [IterationEnded(epoch=1, iteration=each, scores={"loss": 1 / each}) for each in range(1, number + 1)]


def _logs(number: int) -> list[Event]:
    return [
        LogRecorded(level="info", text="saved", fields={"number": each}, time=1.5, logger="sigma")
        for each in range(number)
    ]


def rate(events: list[Event]) -> float:
    """Events a second from the first `publish` to the last commit."""
    bus = Bus()
    with _stored(bus) as store:
        begin = perf_counter()
        for event in events:
            bus.publish(event)
        store.close()
        seconds = perf_counter() - begin
    return len(events) / seconds


def rates(number: int, rounds: int) -> dict[str, float]:
    """The median rate of each kind of event."""
    kinds = {"ended iterations": _iterations(number), "logs": _logs(number)}
    return {kind: statistics.median(rate(events) for _ in range(rounds)) for kind, events in kinds.items()}


def _trainer(features: int, units: int, batch: int) -> sigma.Trainer:
    generator = np.random.default_rng(0)
    records = batch * BATCHES_PER_EPOCH
    inputs = generator.normal(size=(records, features)).astype(np.float32)
    hidden = 2 * Dense(units, activation="relu")
    network = Input(features) + hidden + Dense(10) + SoftmaxCrossEntropy()
    data = (inputs, generator.integers(0, 10, records))
    return sigma.Trainer(network, data, Adam(1e-4), "1 epochs", batch_size=batch, metrics=[]).build()


def _run(trainer: sigma.Trainer, steps: int) -> tuple[float, float]:
    """Microseconds a step of a run by the clock, and of all threads of the process on a core."""
    begin, worked = perf_counter(), process_time()
    trainer.run(stop=f"{trainer.clock.iteration + steps} iterations")
    return (perf_counter() - begin) / steps * 1e6, (process_time() - worked) / steps * 1e6


def cost(case: str, rounds: int) -> dict[str, Any]:
    """Microseconds a step without a store, and what a store adds in the median of the rounds."""
    trainer = _trainer(*CASES[case])
    steps = max(100, int(4e5 / _run(trainer, 200)[0]))
    plain: list[tuple[float, float]] = []
    stored: list[tuple[float, float]] = []
    for number in range(rounds):
        turns = [False, True]
        random.Random(number).shuffle(turns)
        for with_store in turns:
            if with_store:
                with _stored(trainer.environment.bus):
                    stored.append(_run(trainer, steps))
            else:
                plain.append(_run(trainer, steps))
    step, step_worked = (statistics.median(column) for column in zip(*plain, strict=True))
    added, added_worked = (
        statistics.median(more - less for less, more in zip(*pair, strict=True))
        for pair in zip(zip(*plain, strict=True), zip(*stored, strict=True), strict=True)
    )
    return {
        "case": case,
        "step_us": step,
        "added_us": added,
        "share_percent": 100 * added / step,
        "processor_us": added_worked,
        "processor_percent": 100 * added_worked / step_worked,
    }


def reading(points: int) -> float:
    """Milliseconds to read a series of a million points as so many."""
    bus = Bus()
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore.create(folder)
        store.attach(bus)
        for event in _iterations(1_000_000):
            bus.publish(event)
        store.close()
        with RunStore.open(folder) as read:
            begin = perf_counter()
            found = read.metrics("training.loss", points=points)
            milliseconds = (perf_counter() - begin) * 1e3
    assert len(found[0]) <= points
    return milliseconds


def main() -> None:
    """Measure, print, write where asked; exit code 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--cases", default="dense-256-b32,dense-256-b128", help=f"of {', '.join(CASES)}")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    found = rates(arguments.events, min(arguments.rounds, 5))
    for kind, value in found.items():
        print(f"{kind:<20}{value:>12,.0f} events a second")
    costs = [cost(case, arguments.rounds) for case in arguments.cases.split(",")]
    print(f"{'case':<20}{'step us':>10}{'added us':>10}{'share %':>9}{'core us':>10}{'share %':>9}")
    for row in costs:
        print(
            f"{row['case']:<20}{row['step_us']:>10.1f}{row['added_us']:>10.2f}{row['share_percent']:>9.2f}"
            f"{row['processor_us']:>10.2f}{row['processor_percent']:>9.2f}"
        )
    milliseconds = reading(2_000)
    print(f"a million points as 2,000: {milliseconds:.0f} ms")
    if arguments.json:
        result = {"events_per_second": found, "steps": costs, "reading_ms": milliseconds}
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    if min(found.values()) < TARGET_RATE or max(row["share_percent"] for row in costs) > TARGET_SHARE:
        print(f"missed: {TARGET_RATE:,} events a second, {TARGET_SHARE} % of a step", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
