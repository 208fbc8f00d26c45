"""Where the wall time of a run went, by plugin."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from attrs import asdict, frozen

from sigma_core.training.profiling._budgets import Exceeded
from sigma_core.training.profiling._stopwatch import BATCHES, Tally, cost_of_measuring

MUCH_WAITING = 0.05
"""The share of the time above which waiting for data is worth a word."""
WORTH_A_THREAD = 20e-6
"""Seconds for a batch from which a thread that makes it ahead is of use."""


@frozen
class ProfileRow:
    """One thing on which time was spent; what was nested in it has rows of its own and is not counted here."""

    plugin: str
    """The distribution whose code it is, or the module of a hook of your own."""
    name: str
    event: str = ""
    """The hook that was called; empty for what the kernel does."""
    calls: int = 0
    seconds: float = 0.0


@frozen
class Profile:
    """Where the wall time of a run went, from the call of `Trainer.run` on; the rows add up to it."""

    run: str
    seconds: float
    """The wall time, pauses included."""
    iterations: int
    """Those of this run alone."""
    rows: tuple[ProfileRow, ...]
    apart: tuple[ProfileRow, ...] = ()
    """What other threads did beside the run; it does not count to the wall time."""
    exceeded: tuple[Exceeded, ...] = ()
    """The budgets that were exceeded."""
    measuring: float = 0.0
    """About how many of the seconds went on measuring."""
    hints: tuple[str, ...] = ()
    """What may make the run faster."""

    @classmethod
    def of(
        cls,
        run: str,
        iterations: int,
        counted: tuple[int, Iterable[Tally]],
        exceeded: Iterable[Exceeded] = (),
        *,
        prefetch: int | None = 0,
    ) -> Self:
        """The profile of what a stopwatch has counted."""
        total, tallies = counted[0], list(counted[1])
        rows: list[ProfileRow] = []
        apart: list[ProfileRow] = []
        for tally in sorted(tallies, key=lambda each: -each.nanoseconds):
            if tally.calls or tally.nanoseconds:
                row = ProfileRow(tally.plugin, tally.name, tally.event, tally.calls, tally.nanoseconds / 1e9)
                (apart if tally.is_apart else rows).append(row)
        calls = sum(tally.calls for tally in tallies if not tally.is_apart)
        data = next((row for row in rows if row.name == BATCHES and not row.event), None)
        return cls(
            run=run,
            seconds=total / 1e9,
            iterations=iterations,
            rows=tuple(rows),
            apart=tuple(apart),
            exceeded=tuple(exceeded),
            measuring=min(calls * cost_of_measuring(), total / 1e9),
            hints=_hints(data, total / 1e9, prefetch),
        )

    def share(self, seconds: float) -> float:
        """Which part of the wall time that is, from 0 to 1."""
        return seconds / self.seconds if self.seconds else 0.0

    def each_step(self, seconds: float) -> float:
        """How many seconds of them an iteration took."""
        return seconds / self.iterations if self.iterations else 0.0

    @property
    def plugins(self) -> dict[str, float]:
        """Seconds by plugin, the most first."""
        found: dict[str, float] = {}
        for row in self.rows:
            found[row.plugin] = found.get(row.plugin, 0.0) + row.seconds
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    def table(self) -> str:
        """A table for a terminal: plugins, and in each what it was."""
        from sigma_core.training.profiling._table import as_table

        return as_table(self)

    def svg(self) -> str:
        """A picture of the same: one bar, as long as the run, with a piece for each row."""
        from sigma_core.training.profiling._picture import as_svg

        return as_svg(self)

    def to_dict(self) -> dict[str, Any]:
        """The profile in JSON's terms."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The profile that `to_dict` has written."""
        rows = {name: tuple(ProfileRow(**row) for row in data[name]) for name in ("rows", "apart")}
        return cls(
            **{
                **data,
                **rows,
                "hints": tuple(data["hints"]),
                "exceeded": tuple(Exceeded(**each) for each in data["exceeded"]),
            }
        )


def _hints(data: ProfileRow | None, total: float, prefetch: int | None) -> tuple[str, ...]:
    if data is None or data.seconds <= MUCH_WAITING * total:
        return ()
    if prefetch:
        # A thread that hands over what takes no time to make is itself what is waited for.
        remedy = "raise `prefetch`, or leave it out where batches are quick to make, or make batches larger"
    elif data.seconds > WORTH_A_THREAD * data.calls and prefetch is None:
        # A thread makes them already, or will where that goes on.
        remedy = "have them made by more threads, `prefetch = { depth = 4, threads = 2 }`, or make batches larger"
    elif data.seconds > WORTH_A_THREAD * data.calls:
        remedy = "set `prefetch`, to 2 for a start, or make batches larger"
    else:
        remedy = "make batches larger"
    return (f"{100 * data.seconds / total:.0f} % of the time went on waiting for data: {remedy}",)
