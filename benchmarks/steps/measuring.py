"""A case: all contenders built, their losses compared, and turns taken round after round."""

import random
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from attrs import field, frozen

from steps.cases import CASES
from steps.contenders import WITHOUT_LOSSES
from steps.process import Child, ContenderError, environment

CHECKED_STEPS = 20
TOLERANCE = 1e-4


class LossesDifferError(Exception):
    """The contenders do not compute the same, so there is nothing to compare."""


@frozen
class Measured:
    """What was found of one contender."""

    seconds: list[float] = field(factory=list)
    """Per step: the median of each round."""
    compile_seconds: float = 0.0
    """With an empty cache."""
    cached_compile_seconds: float | None = None
    """In a fresh process that finds what another has compiled."""
    memory: int = 0
    """The most that the process held, in bytes."""


@frozen
class CaseResult:
    """All contenders of one case, with who was left out and why."""

    measured: Mapping[str, Measured]
    skipped: Mapping[str, str]
    versions: Mapping[str, str]


def say(text: str) -> None:
    """On the standard error output, where progress goes."""
    print(text, file=sys.stderr, flush=True)


def measure(case: str, names: Sequence[str], rounds: int, cores: int, *, turns: float = 1.0) -> CaseResult:
    """Measure some contenders in turn; `turns` makes every turn longer or shorter.

    Raises LossesDifferError where two contenders' losses of the first steps are not equal.
    """
    with ExitStack() as stack:
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        children, cold, skipped = _built(stack, case, names, environment(cores, cache))
        _check_losses(case, children)
        seconds: dict[str, list[float]] = {child.name: [] for child in children}
        plan = CASES[case]
        groups = max(1, round(plan.groups * turns))
        warm_up = max(1, round(plan.warm_up * turns))
        for number in range(rounds):
            random.Random(number).shuffle(children)
            for child in children:
                taken = child.ask("turn", warm_up=warm_up, groups=groups, group=plan.group)
                seconds[child.name].append(statistics.median(taken))
            say(f"{case}: round {number + 1} of {rounds}")
        measured = {
            child.name: Measured(
                seconds[child.name],
                cold.get(child.name, child.compile_seconds),
                child.compile_seconds if child.name in cold else None,
                child.ask("memory"),
            )
            for child in children
        }
        versions = {name: version for child in children for name, version in child.versions.items()}
    return CaseResult({name: measured[name] for name in names if name in measured}, skipped, versions)


def _built(
    stack: ExitStack, case: str, names: Sequence[str], surroundings: dict[str, str]
) -> tuple[list[Child], dict[str, float], dict[str, str]]:
    """Everybody who works here; what Sigma's took to compile with an empty cache; who does not work, and why."""
    children, cold, skipped = [], {}, {}
    for name in names:
        say(f"{case}: {name}")
        try:
            if name.startswith("sigma"):
                # A process of its own: the one that is measured finds the cache filled, as a user's second run does.
                with Child(case, name, surroundings) as first:
                    cold[name] = first.compile_seconds
            children.append(stack.enter_context(Child(case, name, surroundings)))
        except ContenderError as error:
            skipped[name] = str(error)
            say(f"{case}: skipped {name} ({error})")
    return children, cold, skipped


def _check_losses(case: str, children: Sequence[Child]) -> None:
    training = [child for child in children if child.name not in WITHOUT_LOSSES]
    losses = {child.name: child.ask("losses", count=CHECKED_STEPS) for child in training}
    if not losses:
        return
    oracle, expected = next(iter(losses.items()))
    for name, found in losses.items():
        for step, (one, other) in enumerate(zip(expected, found, strict=True), start=1):
            # Written so that NaN is a difference too.
            if not abs(one - other) <= TOLERANCE * abs(one):
                raise LossesDifferError(f"{case}, step {step}: the loss is {one} in {oracle}, {other} in {name}")
