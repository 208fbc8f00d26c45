"""A monitor of one's own: the best epochs of a run, told in its process, and again from what it has kept.

To run it: `python examples/own_monitor.py`. Given the directory of a run, which may go on in another process, it
watches that one: `python examples/own_monitor.py runs/digits-1`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import define, field
from sigma_data import Digits
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.extend import EpochEnded, Event, Monitor, Progress, RunEnded, RunInfo, Send, Stop


@define(eq=False)
class Best(Monitor):
    """Tell each epoch that is better than all before; with a `goal`, end the run when it is reached."""

    score: str = "validation.loss"
    goal: float | None = None
    _best: tuple[float, int] = field(default=(float("inf"), 0), init=False)

    events = (EpochEnded, RunEnded)

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:
        """A run begins, or is gone on with."""
        self._progress, self._send = progress, send
        length = "open end" if run.epochs is None else f"at most {run.epochs} epochs"
        print(f"{run.name}: {run.parameters:,} parameters, {length}")

    def receive(self, events: list[Event]) -> None:
        """All that has happened since the last call, oldest first."""
        for event in events:
            if isinstance(event, EpochEnded) and event.scores[self.score] < self._best[0]:
                self._best = event.scores[self.score], event.epoch
                print(f"  epoch {event.epoch}: {self.score} {self._best[0]:.4f}")
                if self.goal is not None and self._best[0] < self.goal:
                    self._send(Stop(f"{self.score} below {self.goal:g}"))
            elif isinstance(event, RunEnded):
                print(f"  ended because: {event.ended_because}; the best was epoch {self._best[1]}")

    def stop(self) -> None:
        """The run is over, or nobody looks at it any more."""
        print(f"  seen until iteration {self._progress.iteration}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sigma.watch(sys.argv[1], [Best()])
        sys.exit()
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "digits"
        trainer = sigma.Trainer(
            Input(64) + Dense(64, activation="relu") + Dense(10) + SoftmaxCrossEntropy(),
            data=Digits(split=(0.8, 0.2)),
            optimiser=Adam(0.01),
            stop="12 epochs",
            seed=1,
        )
        trainer.run(directory=directory, monitors=[Best(goal=0.15)])
        print("once more, from what is kept of it:")
        sigma.watch(directory, [Best()])
