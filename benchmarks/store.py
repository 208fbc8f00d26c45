"""What the run store takes in, what it costs a step, how long it keeps a reader waiting.

    uv run python benchmarks/store.py --json store.json

Rate: events are published as fast as that goes, or are there already; the clock stops when all of them are committed.
Steps: whole runs with and without a store differ by chance more than by the store, so both things that it does to a
step are measured beside steps that follow on each other. Telling: of groups of 16 steps in one run the store is told,
or is not, by chance; the median difference of neighbouring groups. Writing: how much longer than their neighbours the
steps around each transaction took, in a run of its own, in the mean. Reading: a series of a million points, thinned to
2,000.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

# As in overhead.py: read when NumPy is imported.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.events import Bus, EpochStarted, Event, IterationEnded, LogRecorded, RunStore, ValuesPublished

BATCHES_PER_EPOCH = 50
CASES = {"small": (64, 16, 64), "dense-256-b32": (784, 256, 32), "dense-256-b128": (784, 256, 128)}
"""Features, units of each of two hidden layers, records of a batch."""
TOGETHER, AROUND = 16, 12
"""Steps of a group; steps on either side of a transaction with which those around it are compared."""
FIRST = 200
"""Steps from which it is found how many a run is to have."""
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
    kinds = {
        "ended iterations": _iterations(number),
        "logs": _logs(number),
        "started epochs": [EpochStarted(epoch=each, iteration=0, iterations_per_epoch=1) for each in range(number)],
        "values of a hook": [
            ValuesPublished(source="hook", epoch=1, iteration=each, values={"norm": 1 / (1 + each)})
            for each in range(number)
        ],
    }
    return {kind: statistics.median(rate(events) for _ in range(rounds)) for kind, events in kinds.items()}


def _trainer(features: int, units: int, batch: int, bus: Bus) -> sigma.Trainer:
    generator = np.random.default_rng(0)
    records = batch * BATCHES_PER_EPOCH
    inputs = generator.normal(size=(records, features)).astype(np.float32)
    hidden = 2 * Dense(units, activation="relu")
    network = Input(features) + hidden + Dense(10) + SoftmaxCrossEntropy()
    data = (inputs, generator.integers(0, 10, records))
    environment = sigma.Environment()
    environment.bus = bus
    setup = {"batch_size": batch, "metrics": [], "environment": environment}
    return sigma.Trainer(network, data, Adam(1e-4), "1 epochs", **setup).build()


class _Muted(Bus):
    """A bus that is told of no iterations where that is wished."""

    is_muted = False

    def teller(self, to_numpy: Any, usual: Any = ()) -> Any:
        """Nothing while it is muted."""
        return None if self.is_muted else super().teller(to_numpy, usual)

    def turn(self, *, is_muted: bool) -> None:
        """The loop asks anew behind this step."""
        self.is_muted = is_muted
        self.generation += 1


class _Watched(RunStore):
    """Notes when it wrote, and how long its thread worked."""

    def watch(self, bus: Bus) -> None:
        """Write what is published from now on."""
        self.spans: list[tuple[float, float]] = []
        self.worked = 0.0
        write = self._write

        def watched(batch: Any) -> None:
            begin, worked = perf_counter(), thread_time()
            write(batch)
            self.worked += thread_time() - worked
            self.spans.append((begin, perf_counter()))

        self._write = watched
        self.attach(bus)


def _marked(trainer: sigma.Trainer, seconds: float, look: Callable[[int], None] = lambda _: None) -> np.ndarray:
    """When each step of a run of about so many seconds began; `look` is called with the number of each before it."""
    marks: list[float] = []
    real = trainer.team.step

    def step(batch: Any) -> Any:
        look(len(marks))
        marks.append(perf_counter())
        return real(batch)

    def run(steps: int) -> np.ndarray:
        marks.clear()
        trainer.run(stop=f"{trainer.clock.iteration + steps} iterations")
        return np.array(marks)

    trainer.team.step = step  # type: ignore[method-assign]
    try:
        return run(int(seconds / np.diff(run(FIRST)).mean()))
    finally:
        trainer.team.step = real  # type: ignore[method-assign]


def telling(trainer: sigma.Trainer, bus: _Muted, seconds: float) -> float:
    """Microseconds that it takes a step to be told of: the store is, of groups of steps, or it is not."""
    chance, muted = random.Random(0), []

    def look(number: int) -> None:
        if number == 0:
            muted.clear()
        if number % TOGETHER == 0:
            muted.append(chance.random() < 0.5)
            bus.turn(is_muted=muted[-1])

    with _stored(bus):
        steps = np.diff(_marked(trainer, seconds, look))
    bus.turn(is_muted=False)
    groups = steps[: len(steps) // TOGETHER * TOGETHER].reshape(-1, TOGETHER)
    # The loop learns of a turn behind the first step of a group. Groups are compared with the one before.
    middles, are_muted = np.median(groups[:, 2:], axis=1), np.array(muted[: len(groups)], float)
    turns = np.diff(are_muted)
    return float(-np.median((np.diff(middles) * turns)[turns != 0])) * 1e6


def writing(trainer: sigma.Trainer, bus: _Muted, seconds: float) -> tuple[float, float]:
    """Microseconds a step that transactions hold up the steps around them, and that the thread of the store works."""
    with tempfile.TemporaryDirectory() as folder:
        store = _Watched.create(Path(folder) / "run")
        store.watch(bus)
        marks = _marked(trainer, seconds)
        store.close()
    steps = np.diff(marks)
    held_up, otherwise = [], []
    for begin, end in store.spans:
        first, last = np.searchsorted(marks, begin) - 2, np.searchsorted(marks, end) + 2
        # Steps are longer than their median in the mean, whatever goes on: what counts is by how much more than usual.
        for shift in range(-4, 5):
            window = _excess(steps, first + 3 * AROUND * shift, last + 3 * AROUND * shift)
            (otherwise if shift else held_up).extend(window)
    transactions = len([begin for begin, _ in store.spans if begin >= marks[0]])
    added = float(np.mean(held_up) - np.mean(otherwise)) * transactions / len(steps)
    return added * 1e6, store.worked / (len(steps) + FIRST) * 1e6


def _excess(steps: np.ndarray, first: int, last: int) -> list[float]:
    """By how much these steps together were longer than their neighbours; nothing where these are not all there."""
    if first < AROUND or last + AROUND > len(steps):
        return []
    near = np.median(np.concatenate([steps[first - AROUND : first], steps[last : last + AROUND]]))
    return [float((steps[first:last] - near).sum())]


def cost(case: str, seconds: float) -> dict[str, Any]:
    """Microseconds of a step, and what a store adds to it."""
    bus = _Muted()
    trainer = _trainer(*CASES[case], bus)
    step = float(np.median(np.diff(_marked(trainer, 1.0)))) * 1e6
    told = telling(trainer, bus, seconds)
    held_up, worked = writing(trainer, bus, seconds)
    return {
        "case": case,
        "step_us": step,
        "telling_us": told,
        "writing_us": held_up,
        "share_percent": 100 * (told + held_up) / step,
        "thread_us": worked,
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
    parser.add_argument("--rounds", type=int, default=5, help="of each rate")
    parser.add_argument("--seconds", type=float, default=15, help="of each run whose steps are measured")
    parser.add_argument("--cases", default="dense-256-b32,dense-256-b128", help=f"of {', '.join(CASES)}")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    found = rates(arguments.events, arguments.rounds)
    for kind, value in found.items():
        print(f"{kind:<20}{value:>12,.0f} events a second")
    costs = [cost(case, arguments.seconds) for case in arguments.cases.split(",")]
    print(f"{'case':<20}{'step us':>10}{'telling us':>12}{'writing us':>12}{'share %':>9}{'thread us':>11}")
    for row in costs:
        print(
            f"{row['case']:<20}{row['step_us']:>10.1f}{row['telling_us']:>12.2f}{row['writing_us']:>12.2f}"
            f"{row['share_percent']:>9.2f}{row['thread_us']:>11.2f}"
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
