"""Budgets in a run: whose they are, and which of them were exceeded."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter_ns
from typing import Any

from attrs import define, frozen

from sigma_core.environment import Environment
from sigma_core.errors import SettingError, listed
from sigma_core.hooks import HOOKS, Budget, HookManager, Implementation
from sigma_core.training.profiling._stopwatch import plugin_of

_ALL_OF = 32
"""So many calls of a hook are all looked at; of those behind them one in `_EVERY`."""
_EVERY = 17
"""A prime, so that what a hook does now and then, at each tenth or hundredth call, is met as often as it happens."""


@frozen
class Exceeded:
    """A budget that was exceeded: whose it is, what was found, what is allowed."""

    name: str
    """A hook, `hook.event` or a plugin."""
    plugin: str
    found: str
    allowed: str

    @property
    def told(self) -> str:
        """In one line."""
        return f"{self.name}, {self.found} where {self.allowed} is allowed: {self.remedy}"

    @property
    def remedy(self) -> str:
        """What can be done."""
        whose = "its hooks" if self.is_of(self.plugin) else "it"
        return f"have {whose} called less often, with `when`, or raise the budget"

    def is_of(self, plugin: str) -> bool:
        """Whether it is the budget of all hooks of a plugin."""
        return _plain(self.name) == _plain(plugin)

    def is_about(self, hook: str, event: str) -> bool:
        """Whether it is the budget of that hook."""
        return bool(event) and self.name in (hook, f"{hook}.{event}")


def stands_for(key: str, plugin: str, hook: str, event: str) -> bool:
    """Whether a key of budgets stands for a hook: by its plugin, by its name or by its name and event."""
    return key in (hook, f"{hook}.{event}") or _plain(key) == _plain(plugin)


def _plain(name: str) -> str:
    """Distributions are called as their packages, too: sigma-nn is sigma_nn."""
    return name.replace("_", "-").lower()


@define(eq=False)
class _Sample:
    """Calls of one hook, of which some are timed."""

    calls: int = 0
    timed: int = 0
    first: int = 0
    """Nanoseconds of the calls that are all looked at."""
    later: int = 0

    @property
    def nanoseconds(self) -> float:
        """Those of all calls, as estimated from those that were timed."""
        if self.calls <= _ALL_OF:
            return self.first
        later = self.timed - _ALL_OF
        # Before the first of those behind is looked at, they count as much as the others.
        mean = self.later / later if later else self.first / _ALL_OF
        return self.first + mean * (self.calls - _ALL_OF)

    def sampled(self, function: Callable[..., Any], clock: Callable[[], int]) -> Callable[..., Any]:
        """The function, now and then with a look at the time."""

        def call(*arguments: Any) -> Any:
            self.calls = number = self.calls + 1
            if number > _ALL_OF and number % _EVERY:
                return function(*arguments)
            began = clock()
            try:
                return function(*arguments)
            finally:
                spent = clock() - began
                self.timed += 1
                if number > _ALL_OF:
                    self.later += spent
                else:
                    self.first += spent

        return call


class Budgets:
    """The budgets of one run: those that hooks bring, and those that the user gives by name."""

    def __init__(self, given: Mapping[str, Budget], clock: Callable[[], int] = perf_counter_ns) -> None:
        self._given = given
        self._clock = clock
        self._samples: dict[Implementation, _Sample] = {}

    def sampled(self, implementation: Implementation, function: Callable[..., Any], worker: int) -> Callable[..., Any]:
        """What is called in a run without profile: the function itself, unless somebody has set a budget for it."""
        if worker or not self._has_budget(implementation):
            return function
        return self._samples.setdefault(implementation, _Sample()).sampled(function, self._clock)

    def exceeded(self, running: float) -> list[Exceeded]:
        """The budgets that were exceeded, as far as samples tell."""
        spent = [(each, sample.calls, sample.nanoseconds) for each, sample in self._samples.items()]
        return self.exceeded_by(spent, running)

    def exceeded_by(self, calls: Iterable[tuple[Implementation, int, float]], running: float) -> list[Exceeded]:
        """The budgets that were exceeded by so many calls in so many nanoseconds of each hook."""
        spent = list(calls)
        found: list[Exceeded] = []
        for one in spent:
            implementation = one[0]
            if implementation.budget is not None:
                name = f"{implementation.plugin}.{implementation.hook}"
                found += _over(name, implementation.budget, [one], running)
        for key, budget in self._given.items():
            found += _over(key, budget, [one for one in spent if _is_of(one[0], key)], running)
        return found

    def _has_budget(self, implementation: Implementation) -> bool:
        return implementation.budget is not None or any(_is_of(implementation, key) for key in self._given)


def _is_of(implementation: Implementation, key: str) -> bool:
    return stands_for(key, plugin_of(implementation), implementation.plugin, implementation.hook)


def _over(
    name: str, budget: Budget, spent: list[tuple[Implementation, int, float]], running: float
) -> Iterable[Exceeded]:
    calls, seconds = sum(each[1] for each in spent), sum(each[2] for each in spent) / 1e9
    found = budget.exceeded_by(calls, seconds, running)
    if found is not None:
        yield Exceeded(name, plugin_of(spent[0][0]), found, str(budget))


def check_budgets(given: Mapping[str, Budget], hooks: HookManager, environment: Environment) -> None:
    """Raise SettingError for a budget of nobody: neither a hook of this run nor anything that is installed."""
    implementations = [each for hook in HOOKS for each in hooks.implementations(hook)]
    installed = [each.name for each in environment.components.distributions()]
    named = [each.name for each in environment.components.components("hooks")]
    for key in given:
        if key in named or any(_plain(key) == _plain(name) for name in installed):
            continue
        if not any(_is_of(implementation, key) for implementation in implementations):
            known = sorted({*(each.plugin for each in implementations), *installed})
            raise SettingError(
                f"budgets.{key}",
                "no plugin and no hook of this run is called that",
                listed(known, key),
                "give one of these, or a hook with its event, as in hook.sigma_epoch_ended",
            )
