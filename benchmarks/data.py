"""How fast batches come: out of a mapped file, of a stream larger than memory, of tables; how long a training waits.

    uv run --group oracle python benchmarks/data.py batches
    uv run python benchmarks/data.py stream --gigabytes 10
    uv run python benchmarks/data.py csv
    uv run python benchmarks/data.py waits

`batches`: 60,000 records of 784 float32 numbers are mapped from a file and shuffled into batches of 128, by Sigma and
by PyTorch's DataLoader, without workers and with two: over a TensorDataset, as most have it, and over a dataset that is
asked for all records of a batch at once. All take turns in one process. Before anything is timed, an epoch of each is
compared with the records. Ratios are medians over rounds.

`stream`: records that a dataset makes block by block are normalised and kept in the disk cache; then two epochs of
them, shuffled by blocks, come in batches of 128. The memory in use is sampled all along. Beside it stands the rate at
which the same files are read from one end to the other, right before each epoch; with `--cold` the system forgets them
before both.

`csv`: a table of numbers becomes blocks of float32, by Sigma's extractor and by pyarrow alone, in turns.

`waits`: networks are trained, and the loop's time to its next batch is held against the whole of its time, as a profile
counts both. Where pixels are read out of whole numbers of one byte, that takes turns with the same training given
floats; the parameters of both have to be the same to the last bit.
"""

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Self

# As in overhead.py: read when NumPy is imported.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)

import numpy as np
from attrs import frozen
from sigma_data import CSV, Digits, Normalise

import sigma_core as sigma
from sigma_core.data import Batches, Dataset, Fractions, Minibatch, Prefetch, Sections, joined_sections

BATCH, FEATURES = 128, 784
# Of a turn in which a training waits.
STEPS = 200


def main() -> None:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("batches", "stream", "csv", "waits"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--records", type=int, default=60_000, help="of the small batches")
    parser.add_argument("--turn", type=float, default=1.0, help="seconds that a contender goes on for, in each round")
    parser.add_argument(
        "--case", default="", help="how the cases of waiting begin, such as mnist-numba; all by default"
    )
    parser.add_argument("--gigabytes", type=float, default=10.0, help="of the stream")
    parser.add_argument("--folder", type=Path, help="for the files; by default a temporary one")
    parser.add_argument("--cold", action="store_true", help="drop the file from the page cache before each epoch")
    arguments = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, NumPy {np.__version__}"
    )
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        os.environ["SIGMA_CACHE"] = folder
        {"batches": batches, "stream": stream, "csv": table, "waits": waits}[arguments.what](arguments, Path(folder))


# Small batches


def batches(arguments: argparse.Namespace, folder: Path) -> None:
    """Shuffled batches of 128 records, in turns."""
    records = mapped(folder / "records.npy", arguments.records)
    names = np.arange(arguments.records)
    contenders = {"Sigma": sigma_batches(records, names), "gather alone": gathered(records)}
    contenders |= torch_batches(records, names)
    for name, contender in contenders.items():
        check(name, contender, records)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(arguments.rounds):
        for name, contender in contenders.items():
            begin, count = perf_counter(), 0
            for _ in contender:
                count += 1
                if count % 16 == 0 and perf_counter() - begin >= arguments.turn:
                    break
            rates[name].append(count / (perf_counter() - begin))
    ours = rates["Sigma"]
    for name, found in rates.items():
        rate = statistics.median(found)
        ratio = statistics.median(one / other for one, other in zip(ours, found, strict=True))
        print(f"{name:34} {rate:9,.0f} batches/s  {rate * 10:11,.0f} in 10 s  Sigma is {ratio:6.2f} x as fast")


def mapped(path: Path, records: int) -> np.ndarray:
    """Records that tell which they are, mapped from a file."""
    out = np.lib.format.open_memmap(path, "w+", np.float32, (records, FEATURES))
    for first in range(0, records, 10_000):
        part = out[first : first + 10_000]
        part[:] = np.random.default_rng(first).uniform(size=part.shape)
        part[:, 0] = np.arange(first, first + len(part))
    out.flush()
    return np.load(path, mmap_mode="r")


def sigma_batches(records: np.ndarray, names: np.ndarray) -> Iterator[Any]:
    """Epoch after epoch."""
    iterator = Minibatch().batches({"inputs": records, "targets": names}, BATCH, 1)
    while True:
        yield from iterator


def gathered(records: np.ndarray) -> Iterator[Any]:
    """What no library can spare: the records of each batch copied together, in an order that is there already."""
    out = np.empty((BATCH, FEATURES), np.float32)
    order = np.random.default_rng(0).permutation(len(records))
    while True:
        for first in range(0, len(records), BATCH):
            rows = order[first : first + BATCH]
            records.take(rows, axis=0, out=out[: len(rows)], mode="clip")
            yield out[: len(rows)], rows


def torch_batches(records: np.ndarray, names: np.ndarray) -> dict[str, Iterator[Any]]:
    """The DataLoaders; none where PyTorch is not installed."""
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: uv run --group oracle ...")
        return {}
    import warnings

    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    # Workers and the process itself share two processors.
    torch.set_num_threads(1)
    tensors = torch.from_numpy(records), torch.from_numpy(names)
    usual = torch.utils.data.TensorDataset(*tensors)

    class Whole(torch.utils.data.Dataset):
        """Asked for all records of a batch at once."""

        def __len__(self) -> int:
            return len(names)

        def __getitems__(self, rows: list[int]) -> Any:
            index = torch.tensor(rows)
            return tuple(tensor[index] for tensor in tensors)

    def loaded(dataset: Any, **settings: Any) -> Iterator[Any]:
        loader = torch.utils.data.DataLoader(dataset, BATCH, shuffle=True, **settings)
        while True:
            yield from loader

    two = {"num_workers": 2, "persistent_workers": True}
    whole = {"collate_fn": lambda batch: batch}
    return {
        "DataLoader, 0 workers": loaded(usual),
        "DataLoader, 2 workers": loaded(usual, **two),
        "DataLoader of whole batches, 0": loaded(Whole(), **whole),
        "DataLoader of whole batches, 2": loaded(Whole(), **whole, **two),
    }


def check(name: str, contender: Iterator[Any], records: np.ndarray) -> None:
    """That an epoch holds each record once, and with its name."""
    seen = np.zeros(len(records), bool)
    for inputs, names in contender:
        rows = np.asarray(names)
        if seen[rows].any() or not np.array_equal(np.asarray(inputs)[::31], records[rows][::31]):
            sys.exit(f"nothing is compared: {name} gives other batches")
        seen[rows] = True
        if seen.all():
            return


# A stream larger than memory


@frozen
class Made(Dataset):
    """Records that are made when they are asked for."""

    records: int

    def load(self, environment: Any) -> Sections:
        """All of them."""
        return joined_sections(self.blocks(environment))

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Sections]:
        """Blocks of some megabytes, with numbers from 0 to 255."""
        size = records or 4096
        for first in range(0, self.records, size):
            rows = min(size, self.records - first)
            inputs = np.random.default_rng(first).integers(0, 256, (rows, FEATURES), np.uint8).astype(np.float32)
            yield {"inputs": inputs}

    def fingerprint(self, environment: Any) -> str:
        """They are always the same."""
        return "made"


def stream(arguments: argparse.Namespace, folder: Path) -> None:
    """Two epochs of more records than memory is allowed for."""
    count = int(arguments.gigabytes * 1e9 / 4 / FEATURES)
    environment = sigma.Environment(root=folder)
    dataset = Made(count, preprocess={"inputs": [Normalise(known=(0, 255))]}, cache="disk")
    with Watch() as watch:
        begin = perf_counter()
        records = dataset.prepare(environment, 1).training["inputs"]
        size = records.nbytes / 1e9
        print(
            f"{size:.2f} GB, {count:,} records of {FEATURES} float32, prepared in {perf_counter() - begin:.0f} s; "
            f"memory in use at most {watch.most / 1e9:.2f} GB"
        )
        files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > records.nbytes // 2]
        # As a trainer has it unless told otherwise.
        batches = Prefetch(Minibatch("block").batches({"inputs": records}, BATCH, 1), where_slow=True)
        for epoch in (1, 2):
            dropped(files, arguments.cold)
            limit = rate(size, partial(read, files))
            dropped(files, arguments.cold)
            watch.most = 0
            found = rate(size, partial(used, batches))
            print(
                f"epoch {epoch}: {found:.2f} GB/s, the file read from one end to the other {limit:.2f} GB/s: "
                f"{found / limit:.0%}; memory in use at most {watch.most / 1e9:.2f} GB"
            )
        batches.close()


def used(batches: Batches) -> None:
    """An epoch, which has to hold every record."""
    if sum(len(batch[0]) for batch in batches) != batches.records:
        sys.exit("records are missing")


def rate(size: float, action: Callable[[], object]) -> float:
    """In GB/s."""
    begin = perf_counter()
    action()
    return size / (perf_counter() - begin)


def read(paths: list[Path]) -> None:
    """In pieces of 8 MiB, into one buffer."""
    buffer = bytearray(8 << 20)
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def dropped(paths: list[Path], is_cold: bool) -> None:
    """Have the system forget what it keeps of files."""
    for path in paths if is_cold else ():
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Watch:
    """Samples the memory that this process has in use, of files that are mapped too."""

    def __init__(self) -> None:
        self.most = 0
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._is_over.is_set():
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            self.most = max(self.most, pages * os.sysconf("SC_PAGESIZE"))
            sleep(0.02)


# Tables


def table(arguments: argparse.Namespace, folder: Path) -> None:
    """A million rows of ten numbers, in turns."""
    from pyarrow import csv

    path = written_table(folder / "table.csv")
    environment = sigma.Environment(root=folder)

    extractor = CSV(str(path), {"inputs": "0-9"}, header=True, dtype="float32")

    def blocks() -> None:
        for _ in extractor.blocks(environment):
            pass

    def ours() -> np.ndarray:
        return joined_sections(extractor.blocks(environment))["inputs"]

    def theirs() -> np.ndarray:
        columns = csv.read_csv(path).columns
        found = np.empty((len(columns[0]), len(columns)), np.float32)
        for number, column in enumerate(columns):
            found[:, number] = column.to_numpy()
        return found

    size = path.stat().st_size / 1e9
    if not np.allclose(ours(), theirs()):
        sys.exit("nothing is compared: the tables differ")
    contenders = {
        "Sigma, block by block": blocks,
        "Sigma, into one array": ours,
        "pyarrow, into one array": theirs,
        "pyarrow, reading alone": partial(csv.read_csv, path),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(arguments.rounds):
        # Whoever comes behind another one finds its memory warm.
        for name in random.sample(list(contenders), len(contenders)):
            rates[name].append(rate(size, contenders[name]))
    for name, found in rates.items():
        ratio = statistics.median(one / other for one, other in zip(rates["Sigma, block by block"], found, strict=True))
        print(f"{name:34} {statistics.median(found):.3f} GB/s  Sigma's blocks come {ratio:5.2f} x as fast")


def written_table(path: Path) -> Path:
    """A file with a header and a million rows of ten numbers."""
    numbers = np.random.default_rng(0).normal(size=(100_000, 10)).astype(np.float32)
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(f"c{column}" for column in range(10)) + "\n")
        text = "".join(",".join(f"{number:.6g}" for number in row) + "\n" for row in numbers)
        for _ in range(10):
            file.write(text)
    return path


# How long a training waits


def waits(arguments: argparse.Namespace, folder: Path) -> None:
    """Some hundred steps of each case a round, in a new random order."""
    del folder
    contenders = {
        f"{case}, {backend}{', given floats' * is_floats}": (case, backend, is_floats)
        for case, backends in {"mnist": ("numba", "numpy"), "digits": ("numba", "numpy"), "text": ("numba",)}.items()
        for backend in backends
        for is_floats in ((False, True) if case == "mnist" else (False,))
        if f"{case}-{backend}".startswith(arguments.case)
    }
    recipes = waiting_recipes(arguments.records)
    trainers = {
        name: trainer_of(recipes[case], backend, is_floats=is_floats)
        for name, (case, backend, is_floats) in contenders.items()
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for turn in range(arguments.rounds + 1):
        for name in random.sample(list(trainers), len(trainers)):
            times = times_of(trainers[name], STEPS * (turn + 1))
            if turn:
                # In the first one programs are compiled, and memory is touched for the first time.
                found[name].append(times)
    for name, trainer in trainers.items():
        twin = trainers.get(f"{name}, given floats", trainer)
        if not np.array_equal(*(each.team.pull(["parameters"])["parameters"] for each in (trainer, twin))):
            sys.exit(f"nothing is compared: {name} ends with other parameters than when it is given floats")
    for name, times in found.items():
        waiting, whole = np.array(times).T * 1e6
        low, middle, high = np.quantile(waiting / whole, (0.25, 0.5, 0.75))
        print(
            f"{name:26} {np.median(waiting):6.1f} us of {np.median(whole):8.1f} us a step: "
            f"{middle:.2%} ({low:.2%} to {high:.2%}); least {waiting.min():.1f} us, {whole.min():.1f} us"
        )


def waiting_recipes(records: int) -> dict[str, dict[str, Any]]:
    """Settings of trainers by name, and the data."""
    chance = np.random.default_rng(0)
    # Pixels of which most are black, as those of digits.
    pixels = chance.integers(0, 256, (records, FEATURES), np.uint8) * (chance.random((records, FEATURES)) < 0.2)
    images = {
        "inputs": np.multiply(pixels, np.float32(1 / 255), dtype=np.float32),
        "targets": chance.integers(0, 10, records),
    }
    letters = chance.integers(0, 66, (records // 10, 65))
    text = {"inputs": letters[:, :-1].copy(), "targets": letters[:, 1:].copy()}
    dense = {"use": "dense", "size": 256, "activation": "relu", "repeat": 2}
    end = [{"use": "dense", "size": 10}, {"use": "softmax_cross_entropy"}]
    gru = [
        {"use": "input", "shape": [64], "dtype": "integer"},
        {"use": "embedding", "vocabulary": 66, "size": 32},
        {"use": "gru", "size": 128},
        {"use": "dense", "size": 66},
        {"use": "softmax_cross_entropy"},
    ]
    return {
        "mnist": {"data": images, "network": [{"use": "input", "shape": [FEATURES]}, dense, *end]},
        "digits": {
            "data": Digits(split=Fractions((0.8, 0.2))),
            "network": [{"use": "input", "shape": [64]}, dense, *end],
        },
        "text": {"data": text, "batch_size": 64, "network": gru},
    }


def trainer_of(settings: dict[str, Any], backend: str, *, is_floats: bool) -> sigma.Trainer:
    """A trainer, built; one whose backend is given floats even where it would take whole numbers of one byte."""
    usual = {"optimiser": "adam", "stop": "1 epochs", "seed": 1, "backend": backend}
    # On a busy machine a thread might begin to make batches ahead, in some turns and not in others.
    trainer = sigma.Trainer(**usual, **settings, prefetch=0)
    kind = type(trainer.setup.backend)
    by_itself, kind.takes_codes = kind.takes_codes, kind.takes_codes and not is_floats
    try:
        trainer.build()
    finally:
        kind.takes_codes = by_itself
    return trainer


def times_of(trainer: sigma.Trainer, last: int) -> tuple[float, float]:
    """Seconds a step that the loop waits, and that it takes in all, on the way to the last iteration."""
    profile = trainer.run(stop=f"{last} iterations", profile=True).profile
    assert profile is not None
    seconds = {row.name: row.seconds for row in profile.rows}
    names = ("batches", "loop", "criterion", f"step ({trainer.setup.backend.name})")
    return profile.each_step(seconds["batches"]), profile.each_step(sum(seconds.get(name, 0.0) for name in names))


if __name__ == "__main__":
    main()
