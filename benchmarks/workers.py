"""What a second synchronous worker brings: steps of a dense network with one worker on one core, and with two on two.

Each contender is a process of its own that is stopped while the other has its turn. In each round both have one, in a
new random order. Both train on the same batches from the same parameters; before anything is timed, their losses after
some steps are compared.

    uv run python benchmarks/workers.py
    uv run python benchmarks/workers.py --backends numba --width 512 --batch-size 128
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
from time import perf_counter
from typing import Any

WARM_UP = 5
CHECKED = 10
"""Steps whose last loss is compared."""
TURN = 1.0
"""Seconds."""


def main() -> None:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backends", default="numpy,numba", help="with commas between them")
    parser.add_argument("--workers", type=int, default=2, help="of the team, on as many cores")
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--layers", type=int, default=2, help="dense layers of that width")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        contend(arguments)
        return
    print(
        f"{arguments.layers} dense layers of width {arguments.width}, batches of {arguments.batch_size}, float32, "
        f"Adam; medians of {arguments.rounds} rounds"
    )
    for backend in arguments.backends.split(","):
        print(measured(arguments, backend), flush=True)


def measured(arguments: argparse.Namespace, backend: str) -> str:
    """The line of a backend."""
    counts = (1, arguments.workers)
    contenders = {count: started(arguments, backend, count) for count in counts}
    losses = {count: float(answer(contender)) for count, contender in contenders.items()}
    if abs(losses[1] - losses[arguments.workers]) > 1e-4 * abs(losses[1]):
        sys.exit(f"nothing is compared: with {backend} the losses differ, {losses}")
    times: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(arguments.rounds):
        for count in random.sample(counts, len(counts)):
            contenders[count].stdin.write("turn\n")
            contenders[count].stdin.flush()
            times[count].append(float(answer(contenders[count])))
    for contender in contenders.values():
        contender.stdin.close()
        contender.wait()
    ratios = sorted(one / several for one, several in zip(*times.values(), strict=True))
    one, several = (statistics.median(times[count]) * 1e3 for count in counts)
    low, _, high = statistics.quantiles(ratios, n=4)
    return (
        f"{backend}: one worker on one core {one:.2f} ms a step, {arguments.workers} workers {several:.2f} ms: "
        f"{statistics.median(ratios):.2f} x (quartiles {low:.2f} to {high:.2f})"
    )


def started(arguments: argparse.Namespace, backend: str, workers: int) -> Any:
    """A process with a trainer of so many workers."""
    own = ["--contender", f"{backend},{workers}", "--workers", str(workers)]
    same = [f"--{name}={getattr(arguments, name.replace('-', '_'))}" for name in ("width", "layers", "batch-size")]
    command = [sys.executable, __file__, *own, *same]
    # What some machines set, and what halves NumPy's matrix products.
    kept = {name: value for name, value in os.environ.items() if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=kept, **pipes)  # noqa: S603  # ours


def answer(contender: Any) -> str:
    """The next line that a contender prints."""
    line = contender.stdout.readline()
    if not line:
        sys.exit(f"a contender has ended: {contender.wait()}")
    return line


def contend(arguments: argparse.Namespace) -> None:
    """Be a contender: take steps for a while whenever a line comes, and say how long one took."""
    backend, workers = arguments.contender.split(",")
    if hasattr(os, "sched_setaffinity"):
        # Before the matrix library looks.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(workers)])
    import numpy as np
    from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

    import sigma_core as sigma

    numbers = np.random.default_rng(1)
    records = 4 * arguments.batch_size
    data = numbers.normal(size=(records, arguments.width)), numbers.integers(0, 10, records)
    network = Input(arguments.width) + arguments.layers * Dense(arguments.width, activation="relu") + Dense(10)
    trainer = sigma.Trainer(
        network + SoftmaxCrossEntropy(),
        data,
        Adam(1e-4),
        "1 epochs",
        batch_size=arguments.batch_size,
        backend=backend,
        operator={"use": "local", "workers": int(workers)},
        seed=1,
    )
    team, batches = trainer.build().team, [*trainer.batches]
    batches = [tuple(array.copy() for array in batch) for batch in batches]
    with np.errstate(all="ignore"):
        for number in range(CHECKED):
            loss = float(team.step(batches[number % len(batches)])[0])
        print(loss, flush=True)
        for _ in sys.stdin:
            for number in range(WARM_UP):
                team.step(batches[number % len(batches)])
            count, begin = 0, perf_counter()
            while perf_counter() - begin < TURN:
                team.step(batches[count % len(batches)])
                count += 1
            print((perf_counter() - begin) / count, flush=True)


if __name__ == "__main__":
    main()
