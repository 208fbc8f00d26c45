"""What a trainer costs per step, over calling its compiled step directly; beside the trainers of PyTorch's world.

Every contender trains the same small network on the same batches; in each round all of them run once, in a new random
order, and overheads are medians over the rounds. For each framework the base is its own step called in a bare loop
over one batch, so that neither pays for the other's arithmetic. An idle hook is registered for every iteration and
due at none of them.

Logged runs keep the loss of every iteration in a file and have a progress bar; what is written on the console goes to
the null device. Sigma's is longer, so that its start and its end (a directory, checkpoints) are a small part of it; how
long they take is told apart, from runs of one epoch. Its base is the step alone for a quarter as long right before it
and right behind it, because a machine does not keep its pace for seconds.

    uv run python benchmarks/overhead.py --json overhead.json
    uv run --group benchmarks python benchmarks/overhead.py      # with the peers
"""

import argparse
import json
import logging
import os
import platform
import random
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

# Settings of some machines that halve OpenBLAS's speed; read when NumPy is imported, so they go before that.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# The console draws its live picture, whatever this one is.
os.environ |= {"FORCE_COLOR": "1", "TERM": "xterm-256color"}

import numpy as np
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core import hookimpl
from sigma_core.data import Minibatches

BATCH, FEATURES, HIDDEN, CLASSES = 16, 8, 8, 2
BATCHES_PER_EPOCH = 500
IDLE_HOOKS = 20

Measure = Callable[[int], float]
"""Runs about that many epochs and says how many seconds a step took."""


def make_data() -> tuple[np.ndarray, np.ndarray]:
    """Inputs (records, features) and classes (records,)."""
    generator = np.random.default_rng(0)
    records = BATCH * BATCHES_PER_EPOCH
    return (
        generator.normal(size=(records, FEATURES)).astype(np.float32),
        generator.integers(0, CLASSES, records),
    )


class Idle:
    """Registered for every iteration, due at none."""

    @hookimpl(when="1000000000 iterations")
    def sigma_iteration_ended(self, event: Any, trainer: Any) -> None:
        """Never called."""
        raise AssertionError("an idle hook was called")


class Called:
    """Called at every iteration, and does nothing."""

    def sigma_iteration_ended(self, event: Any, trainer: Any) -> None:
        """Nothing."""


@contextmanager
def silenced() -> Iterator[Path]:
    """A folder for logs, while the console is a terminal that nobody looks at."""
    with TemporaryDirectory() as folder, Path(os.devnull).open("w") as null:
        null.isatty = lambda: True  # type: ignore[method-assign]
        with redirect_stdout(null), redirect_stderr(null):
            yield Path(folder)


def sigma_contenders() -> dict[str, Measure]:
    """The step alone, the step over an iterator's batches, and a trainer with no, idle and called hooks.

    All are the same trainer, so that all have the same memory: where arrays lie moves a step by more than hooks do.
    """
    network = Input(FEATURES) + Dense(HIDDEN, activation="relu") + Dense(CLASSES) + SoftmaxCrossEntropy()
    subject = sigma.Trainer(network, make_data(), Adam(1e-3), "1 epochs", batch_size=BATCH, metrics=[]).build()
    batches = Minibatches(subject.data.training, BATCH, sections=subject.network.sections)
    first = tuple(np.array(array) for array in next(iter(batches)))
    step = subject.team.worker.executable(first)

    def step_alone(epochs: int) -> float:
        start = perf_counter()
        for _ in range(epochs * BATCHES_PER_EPOCH):
            step(*first)
        return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

    def step_over_batches(epochs: int) -> float:
        start = perf_counter()
        for epoch in range(1, epochs + 1):
            for batch in batches.epoch(epoch):
                step(*batch)
        return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

    around = [0.0]

    def running(hooks: Sequence[Any]) -> Measure:
        """A whole run, its start and end included."""

        def measure(epochs: int) -> float:
            for number, hook in enumerate(hooks):
                subject.attach(hook, f"hook_{number}")
            done = subject.clock.iteration // BATCHES_PER_EPOCH
            start = perf_counter()
            subject.run(stop=f"{done + epochs} epochs")
            seconds = perf_counter() - start
            for number in range(len(hooks)):
                subject.detach(f"hook_{number}")
            return seconds / (epochs * BATCHES_PER_EPOCH)

        return measure

    return {
        "sigma: compiled step alone": step_alone,
        "sigma: step over batches": step_over_batches,
        "sigma: trainer": running(()),
        f"sigma: trainer, {IDLE_HOOKS} idle hooks": running([Idle() for _ in range(IDLE_HOOKS)]),
        f"sigma: trainer, {IDLE_HOOKS} called hooks": running([Called() for _ in range(IDLE_HOOKS)]),
        AROUND: lambda _: statistics.mean(around),
        LOGGED: between(step_alone, logged(subject), around),
        SHORT: logged(subject),
    }


def between(step_alone: Measure, run: Measure, around: list[float]) -> Measure:
    """A run between two of the step alone, of which `around` holds what they took."""

    def measure(epochs: int) -> float:
        around.clear()
        around.append(step_alone(max(1, epochs // 4)))
        seconds = run(epochs)
        around.append(step_alone(max(1, epochs // 4)))
        return seconds

    return measure


def logged(trainer: sigma.Trainer) -> Measure:
    """A whole run with its directory, which holds the run store, and the console's live picture."""

    def measure(epochs: int) -> float:
        done = trainer.clock.iteration // BATCHES_PER_EPOCH
        with silenced() as folder:
            start = perf_counter()
            trainer.run(stop=f"{done + epochs} epochs", directory=folder / "run", monitors=["console"])
            return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

    return measure


def torch_step() -> tuple[Callable[[Any, Any], Any], list[tuple[Any, Any]]]:
    """A training step in PyTorch, and one epoch of batches."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES))
    optimiser = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    loss_of = torch.nn.CrossEntropyLoss()
    inputs, targets = (torch.from_numpy(array) for array in make_data())
    batches = list(zip(inputs.split(BATCH), targets.split(BATCH), strict=True))

    def step(x: Any, y: Any) -> Any:
        optimiser.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimiser.step()
        return loss

    return step, batches


def torch_contenders() -> dict[str, Measure]:
    """PyTorch's step alone; the base of its two trainers."""
    step, batches = torch_step()

    def step_alone(epochs: int) -> float:
        x, y = batches[0]
        start = perf_counter()
        for _ in range(epochs * BATCHES_PER_EPOCH):
            step(x, y)
        return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

    return {"pytorch: step alone": step_alone}


def ignite_contenders() -> dict[str, Measure]:
    """An Ignite engine around the PyTorch step."""
    from ignite.engine import Engine, Events

    step, batches = torch_step()

    def running(idle: int) -> Measure:
        engine = Engine(lambda _, batch: step(*batch))
        for _ in range(idle):
            engine.add_event_handler(Events.ITERATION_COMPLETED(every=1_000_000_000), lambda _: None)

        def measure(epochs: int) -> float:
            start = perf_counter()
            engine.run(batches, max_epochs=epochs)
            return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

        return measure

    def logged(epochs: int) -> float:
        from ignite.handlers.tqdm_logger import ProgressBar

        with silenced() as folder, (folder / "losses.csv").open("w") as file:
            engine = Engine(lambda _, batch: step(*batch))
            ProgressBar().attach(engine, output_transform=lambda loss: {"loss": loss.item()})
            engine.add_event_handler(
                Events.ITERATION_COMPLETED,
                lambda engine: file.write(f"{engine.state.iteration},{engine.state.output.item()}\n"),
            )
            start = perf_counter()
            engine.run(batches, max_epochs=epochs)
            return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

    return {
        "ignite: engine, logged": logged,
        "ignite: engine": running(0),
        f"ignite: engine, {IDLE_HOOKS} idle hooks": running(IDLE_HOOKS),
    }


def lightning_contenders() -> dict[str, Measure]:
    """A Lightning trainer, everything optional switched off, around the same network."""
    import lightning
    import torch
    from lightning.pytorch.loggers import CSVLogger

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    _, batches = torch_step()

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = torch.nn.Sequential(
                torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES)
            )

        def training_step(self, batch: Any, _: int) -> Any:
            loss = torch.nn.functional.cross_entropy(self.model(batch[0]), batch[1])
            if self.trainer.logger is not None:
                self.log("loss", loss, prog_bar=True)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), 1e-3, fused=True)

    class Idle(lightning.Callback):
        def on_train_batch_end(self, *_: Any, **__: Any) -> None:
            # Lightning has no triggers: a callback that is idle is called, and decides so itself.
            pass

    def running(idle: int) -> Measure:
        def measure(epochs: int) -> float:
            trainer = lightning.Trainer(
                max_epochs=epochs,
                accelerator="cpu",
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                callbacks=[Idle() for _ in range(idle)],
            )
            start = perf_counter()
            trainer.fit(Module(), torch.utils.data.DataLoader(batches, batch_size=None))
            return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

        return measure

    def logged(epochs: int) -> float:
        with silenced() as folder:
            trainer = lightning.Trainer(
                max_epochs=epochs,
                accelerator="cpu",
                logger=CSVLogger(folder),
                log_every_n_steps=1,
                enable_checkpointing=False,
                enable_model_summary=False,
            )
            start = perf_counter()
            trainer.fit(Module(), torch.utils.data.DataLoader(batches, batch_size=None))
            return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

    return {
        "lightning: trainer, logged": logged,
        "lightning: trainer": running(0),
        f"lightning: trainer, {IDLE_HOOKS} idle hooks": running(IDLE_HOOKS),
    }


def keras_contenders() -> dict[str, Measure]:
    """Keras on PyTorch: its `fit`, which logs by epochs only."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    inputs, targets = make_data()
    model = keras.Sequential([keras.layers.Dense(HIDDEN, "relu"), keras.layers.Dense(CLASSES)])
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def running(is_logged: bool) -> Measure:
        def measure(epochs: int) -> float:
            with silenced() as folder:
                callbacks = [keras.callbacks.CSVLogger(folder / "losses.csv")] if is_logged else []
                start = perf_counter()
                model.fit(
                    inputs, targets, BATCH, epochs, verbose=1 if is_logged else 0, callbacks=callbacks, shuffle=True
                )
                return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

        return measure

    return {"keras: fit": running(False), "keras: fit, logged": running(True)}


def transformers_contenders() -> dict[str, Measure]:
    """The trainer of Hugging Face around the same network."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    inputs, targets = (torch.from_numpy(array) for array in make_data())
    records = [{"x": x, "labels": y} for x, y in zip(inputs, targets, strict=True)]

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES)
            )

        def forward(self, x: Any, labels: Any) -> dict[str, Any]:
            return {"loss": torch.nn.functional.cross_entropy(self.layers(x), labels)}

    def running(is_logged: bool) -> Measure:
        def measure(epochs: int) -> float:
            with silenced() as folder:
                settings = transformers.TrainingArguments(
                    str(folder),
                    num_train_epochs=epochs,
                    per_device_train_batch_size=BATCH,
                    learning_rate=1e-3,
                    optim="adamw_torch_fused",
                    max_grad_norm=0.0,
                    logging_strategy="steps" if is_logged else "no",
                    logging_steps=1,
                    disable_tqdm=not is_logged,
                    save_strategy="no",
                    report_to="none",
                    use_cpu=True,
                )
                trainer = transformers.Trainer(Model(), settings, train_dataset=records)
                start = perf_counter()
                trainer.train()
                return (perf_counter() - start) / (epochs * BATCHES_PER_EPOCH)

        return measure

    return {"transformers: trainer": running(False), "transformers: trainer, logged": running(True)}


LOGGED, AROUND, SHORT = "sigma: trainer, logged", "sigma: step around that", "sigma: trainer, logged, one epoch"
BASES = {
    "sigma": "sigma: compiled step alone",
    "pytorch": "pytorch: step alone",
    "ignite": "pytorch: step alone",
    "lightning": "pytorch: step alone",
    "keras": "pytorch: step alone",
    "transformers": "pytorch: step alone",
}
PEERS = (torch_contenders, ignite_contenders, lightning_contenders, keras_contenders, transformers_contenders)
SLOW = ("lightning", "keras", "transformers")
LONGER = 50
"""Times as many epochs where a run of Sigma is logged."""


def contenders() -> dict[str, Measure]:
    """Everybody who is installed; who is not is skipped with a word."""
    found = sigma_contenders()
    for make in PEERS:
        try:
            found |= make()
        except ImportError as error:
            print(f"skipped: {make.__name__.removesuffix('_contenders')} ({error})", file=sys.stderr)
    return found


def measure_all(rounds: int, epochs: int) -> dict[str, list[float]]:
    """Seconds per step of every contender in every round."""
    everybody = contenders()
    for measure in everybody.values():
        measure(1)
    seconds: dict[str, list[float]] = {name: [] for name in everybody}
    order = list(everybody)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        # What was around a run is known behind it.
        for name in sorted(order, key=AROUND.__eq__):
            # These take a hundred times as long; a quarter of the epochs tells as much.
            shorter = max(1, epochs // 4) if name.startswith(SLOW) else epochs
            number_of_epochs = epochs * LONGER if name == LOGGED else 1 if name == SHORT else shorter
            seconds[name].append(everybody[name](number_of_epochs))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


def rows_of(seconds: dict[str, list[float]]) -> list[dict[str, Any]]:
    """A row per contender: median seconds per step, and what it adds to its base, per step and per hook."""
    rows = []
    for name, values in seconds.items():
        base = seconds[AROUND if name == LOGGED else BASES[name.split(":")[0]]]
        added = statistics.median(value - under for value, under in zip(values, base, strict=True))
        row = {
            "contender": name,
            "median_seconds": statistics.median(values),
            "overhead_microseconds": added * 1e6,
            "spread_microseconds": (max(values) - min(values)) * 1e6,
        }
        if name == SHORT:
            each = zip(values, seconds[LOGGED], strict=True)
            row["start_and_end_ms"] = statistics.median(short - long for short, long in each) * BATCHES_PER_EPOCH * 1e3
        if "hooks" in name:
            plain = seconds[name.split(",")[0]]
            row["microseconds_per_hook"] = (
                statistics.median(value - under for value, under in zip(values, plain, strict=True)) * 1e6 / IDLE_HOOKS
            )
        rows.append(row)
    return rows


def main() -> None:
    """Measure, print the table, write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=4, help=f"of {BATCHES_PER_EPOCH} steps each, per round")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    arguments = parser.parse_args()
    rows = rows_of(measure_all(arguments.rounds, arguments.epochs))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"{'contender':<36}{'step us':>10}{'overhead us':>13}{'spread us':>11}{'us per hook':>13}")
    for row in rows:
        per_hook = f"{row['microseconds_per_hook']:.3f}" if "microseconds_per_hook" in row else ""
        print(
            f"{row['contender']:<36}{row['median_seconds'] * 1e6:>10.2f}{row['overhead_microseconds']:>13.2f}"
            f"{row['spread_microseconds']:>11.2f}{per_hook:>13}"
        )
        if "start_and_end_ms" in row:
            print(f"{'':<36}of which start and end {row['start_and_end_ms']:.0f} milliseconds")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
