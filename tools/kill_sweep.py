"""Kill runs at random moments, resume them, and compare what they come to with a run that nobody disturbed.

    python tools/kill_sweep.py --runs 200 --workers 1
    python tools/kill_sweep.py --runs 200 --workers 2 --mode merge

Each run is a process of its own that kills itself (SIGKILL: nothing is cleaned up) at a place drawn at random: inside
an iteration, an accumulation, a validation, the writing of a checkpoint or a commit of the store. It is resumed from
its directory, in a new process, and killed again once more in half of the runs. In the end parameters, optimiser
state, scores, every metric that was stored and the order of samples must be those of the whole run, to the last bit.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

ITERATIONS = 150
"""Of each run; 13 an epoch, the last of them smaller, two of them an update."""

PLACES = ("iteration", "accumulation", "validation", "checkpoint", "commit")


def trainer_of(workers: int, mode: str) -> Any:
    """The training that all runs repeat: random numbers in each step, and state in everything that may have any."""
    import numpy as np
    from sigma_nn import Adam, Dense, Dropout, Input, SquaredDifference

    import sigma_core as sigma

    random_numbers = np.random.default_rng(5)
    inputs = random_numbers.normal(size=(100, 6))
    # Which record it is, so that the order of samples can be seen.
    inputs[:, 0] = np.arange(100) / 100
    targets = inputs @ random_numbers.normal(size=(6, 1))
    return sigma.Trainer(
        Input(6) + Dense(16, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference(),
        data=(inputs, targets),
        validation=(inputs[:30], targets[:30]),
        optimiser=Adam(0.01),
        stop=f"{ITERATIONS} iterations",
        schedules={"optimiser.learning_rate": {"use": "cosine", "length": f"{ITERATIONS} iterations"}},
        gradient_accumulation=2,
        batch_size=8,
        seed=7,
        checkpoint="5 iterations",
        operator={"use": "local", "workers": workers, "mode": mode} if workers > 1 else "local",
    )


def tripwire(place: str, number: int, delay: float, trainer: Any) -> None:
    """Have this process killed a moment after it has come to a place for that many times."""
    from sigma_core.events import RunStore
    from sigma_core.training import Checkpoint

    lock, count = threading.Lock(), [0]

    def passing() -> None:
        with lock:
            count[0] += 1
            if count[0] == number:
                threading.Thread(target=kill, daemon=True).start()

    def kill() -> None:
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGKILL)

    def watched(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            passing()
            return function(*arguments, **keywords)

        setattr(owner, name, call)

    calls: dict[str, tuple[tuple[Any, str], ...]] = {
        "checkpoint": ((os, "fsync"), (Path, "rename"), (Checkpoint, "write")),
        "commit": ((RunStore, "_write"),),
        "validation": ((trainer, "score"),),
    }
    for owner, name in calls.get(place, ()):
        watched(owner, name)
    step = trainer.team.step

    def stepping(batch: Sequence[Any]) -> Any:
        # Of two batches that make one update, the first only adds its gradients.
        if place == ("accumulation", "iteration")[trainer.clock.iteration % 2]:
            passing()
        return step(batch)

    trainer.team.step = stepping


def run(directory: str, workers: int, mode: str, wire: tuple[str, int, float] | None) -> None:
    """What a process does: begin or resume, note which samples each iteration sees, and perhaps be killed."""
    from sigma_core.errors import TrainerError

    warnings.simplefilter("ignore")
    trainer = trainer_of(workers, mode).build()
    path = Path(directory)
    with (path.parent / f"{path.name}.order").open("a", buffering=1) as order:
        step = trainer.team.step

        def noting(batch: Sequence[Any]) -> Any:
            order.write(f"{trainer.clock.iteration + 1} {(batch[0][:, 0] * 100).round().astype(int).tolist()}\n")
            return step(batch)

        trainer.team.step = noting
        if wire is not None:
            tripwire(*wire, trainer)
        try:
            because = trainer.run(directory=path, resume=True).ended_because
        except TrainerError as error:
            # It was killed between its last checkpoint and its end: everything is there already.
            because = error.found.removeprefix("it has ended: ")
    state = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in trainer.team.pull().items()}
    outcome = {"state": state, "scores": trainer.scores, "because": because, **_stored(path)}
    written = path.parent / f"{path.name}.partial"
    written.write_text(json.dumps(outcome, sort_keys=True), "utf-8")
    # The kill may come now, too, and must not leave half an outcome.
    written.replace(path.parent / f"{path.name}.json")


def _stored(path: Path) -> dict[str, Any]:
    import sigma_core as sigma

    with sigma.RunStore.open(path) as store:
        metrics = {name: store.metrics(name) for name in store.names()}
    seen: dict[int, str] = {}
    twice = []
    for line in path.with_name(f"{path.name}.order").read_text("utf-8").splitlines():
        iteration, _, samples = line.partition(" ")
        # A line that a kill has cut short is written again by whoever goes on.
        if samples.endswith("]") and seen.setdefault(int(iteration), samples) != samples:
            twice.append(int(iteration))
    return {"metrics": metrics, "order": sorted(seen.items()), "differing": twice}


def outcome_of(path: Path) -> str | None:
    """What a run came to, or None where it did not end."""
    file = path.parent / f"{path.name}.json"
    return file.read_text("utf-8") if file.exists() else None


def sweep(
    runs: int, workers: int, seed: int, said: Callable[[str], None], mode: str = "synchronous"
) -> tuple[int, Counter[str], list[str]]:
    """How many runs were equal, how many kills hit each place, and what went wrong."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sigma_core.training", "sigma_nn", "numpy"])
    chance = random.Random(seed)  # noqa: S311  # to be repeatable
    kills: Counter[str] = Counter()
    faults: list[str] = []
    equal = 0

    def process(path: Path, wire: tuple[str, int, float] | None) -> int | None:
        child = context.Process(target=run, args=(str(path), workers, mode, wire))
        child.start()
        child.join()
        return child.exitcode

    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        process(whole, None)
        expected = outcome_of(whole)
        if expected is None or len(json.loads(expected)["order"]) != ITERATIONS:
            raise SystemExit("the undisturbed run did not end as it should")
        for number in range(1, runs + 1):
            path = Path(folder) / f"run-{number}"
            most = {"iteration": 70, "accumulation": 70, "validation": 11, "checkpoint": 60, "commit": 4}
            for _ in range(chance.choice((1, 2))):
                place = chance.choice(PLACES)
                wire = (place, chance.randint(1, most[place]), chance.random() ** 3 * 0.02)
                if process(path, wire) == -signal.SIGKILL:
                    kills[place] += 1
                if outcome_of(path) is not None:
                    break
            if outcome_of(path) is None and (code := process(path, None)) != 0:
                faults.append(f"run {number}: the resumed run ended with {code}")
            elif outcome_of(path) == expected:
                equal += 1
            else:
                faults.append(f"run {number}: it differs in {_differing(expected, outcome_of(path))}")
            if number % 20 == 0:
                said(f"{equal} of {number} equal")
    return equal, kills, faults


def _differing(expected: str, found: str | None) -> str:
    whole, other = json.loads(expected), json.loads(found or "{}")
    return ", ".join(key for key in whole if other.get(key) != whole[key])


def main() -> int:
    """Sweep, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--mode", choices=("synchronous", "merge"), default="synchronous", help="of several workers")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    said = partial(print, flush=True)
    equal, kills, faults = sweep(arguments.runs, arguments.workers, arguments.seed, said, arguments.mode)
    for fault in faults:
        print(fault)
    hit = ", ".join(f"{kills[place]} in {place}" for place in PLACES)
    print(f"{equal} of {arguments.runs} equal; {sum(kills.values())} kills: {hit}")
    return int(equal != arguments.runs)


if __name__ == "__main__":
    sys.exit(main())
