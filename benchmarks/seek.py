"""What it costs to go on from deep inside an epoch: the time from a position to the batch that follows it.

    python benchmarks/seek.py

An iterator over two million records goes on at sample 10 and at sample 1,000,000, in random order. The order of an
epoch is made at once from its seed, so neither has to run through what came before. Medians of 15, in turn.
"""

import statistics
import time

import numpy as np

from sigma_core.data import Data, Minibatches

RECORDS = 2_000_000
ROUNDS = 15


def seconds(batches: Minibatches, sample: int) -> float:
    """From the state of an iterator to its next batch."""
    state = {**batches.state(), "epoch": 3, "index": sample // batches.batch_size}
    start = time.perf_counter()
    batches.restore(state)
    next(iter(batches))
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    records = np.arange(RECORDS, dtype=np.float32)[:, None]
    batches = Minibatches(Data.from_arrays({"inputs": records}).training, 10, seed=1)
    found: dict[int, list[float]] = {10: [], 1_000_000: []}
    for _ in range(ROUNDS):
        for sample, values in found.items():
            values.append(seconds(batches, sample))
    near, far = (statistics.median(values) for values in found.values())
    print(f"sample 10: {near * 1e3:.1f} ms; sample 1,000,000: {far * 1e3:.1f} ms; ratio {far / near:.2f}")


if __name__ == "__main__":
    main()
