"""Budgets in runs: whose they are, what is told of them, and that all others cost nothing."""

import pytest

from sigma_core import hookimpl
from sigma_core.errors import SettingError
from sigma_core.events import BudgetExceeded, IterationEnded, LogRecorded
from sigma_core.hooks import Budget
from sigma_core.testing import message
from sigma_core.training.profiling import Exceeded


class Spending:
    """Takes two milliseconds at each iteration, ten at each tenth, three at the end of an epoch."""

    def __init__(self, clock):
        self.clock = clock

    @hookimpl(budget="1 ms")
    def sigma_iteration_ended(self, event):
        self.clock.spend(10 if event.iteration % 10 == 0 else 2)

    @hookimpl(budget="4 ms")
    def sigma_epoch_ended(self):
        self.clock.spend(3)


@pytest.fixture
def exceeded():
    """What is told of budgets while a trainer runs."""

    def run(trainer, **settings):
        told = trainer.environment.bus.subscribe("test", (BudgetExceeded,))
        trainer.run(**settings)
        return [(event.name, event.found, event.allowed) for event in told.drain()]

    return run


@pytest.mark.parametrize("is_profiled", [False, True])
def test_a_hook_over_its_budget_is_named_once(make, clock, exceeded, is_profiled):
    """With a profile, and without one by samples: here each call is looked at, as there are few."""
    assert exceeded(make(hooks=[Spending(clock)]), profile=is_profiled) == [
        ("spending.sigma_iteration_ended", "2 ms a call", "1 ms")
    ]


@pytest.mark.parametrize(
    ("iterations", "sampled", "exact"),
    [
        # The first 32 calls, 29 of 2 ms and 3 of 10 ms, and one that counts as much.
        (33, 88 / 32, (30 * 2 + 3 * 10) / 33),
        # One in 17 of the 168 others, nine of 2 ms and one of 10 ms.
        (200, (88 + 2.8 * 168) / 200, 2.8),
    ],
)
def test_of_many_calls_some_are_looked_at(make, clock, exceeded, iterations, sampled, exact):
    """Enough of them to meet what happens at every tenth; a profile looks at all."""
    trainer = make(f"{iterations} iterations", hooks=[Spending(clock)])

    assert exceeded(trainer) == [("spending.sigma_iteration_ended", f"{sampled:.3g} ms a call", "1 ms")]
    trainer.reset()
    assert exceeded(trainer, profile=True) == [("spending.sigma_iteration_ended", f"{exact:.3g} ms a call", "1 ms")]


@pytest.mark.parametrize(
    ("key", "budget", "found"),
    [
        ("spending", "1 ms", "2.25 ms a call"),
        ("spending.sigma_epoch_ended", "2 ms", "3 ms a call"),
        ("tests", "1500 us", "2.25 ms a call"),
        ("Tests", "2.2 ms", "2.25 ms a call"),
        ("spending", "3 ms", None),
    ],
)
def test_budgets_are_given_by_plugin_hook_and_event(make, clock, exceeded, key, budget, found):
    """Six iterations of 2 ms and two epochs of 3 ms are 2.25 ms a call."""
    told = exceeded(make(hooks=[Spending(clock)], budgets={key: budget}))

    assert [each for each in told if each[0] == key] == ([] if found is None else [(key, found, budget)])


def test_what_is_told_says_what_to_do(make, clock):
    """On the bus, and in the log, which monitors show."""
    trainer = make(hooks=[Spending(clock)], budgets={"tests": "1 ms"})
    told = trainer.environment.bus.subscribe("test", (BudgetExceeded, LogRecorded))
    trainer.run()

    assert [
        (event.level, event.text, event.fields["name"]) for event in told.drain() if isinstance(event, LogRecorded)
    ] == [
        ("warning", "over its time budget", "spending.sigma_iteration_ended"),
        ("warning", "over its time budget", "tests"),
    ]
    whole = Exceeded("sigma_nn", "sigma-nn", "4 % of the running time", "2 %")
    assert whole.told == (
        "sigma_nn, 4 % of the running time where 2 % is allowed: "
        "have its hooks called less often, with `when`, or raise the budget"
    )


def test_hooks_without_a_budget_are_called_as_they_are(make, hook):
    """Only one that has a budget is looked at."""
    found = []

    def look(_event, trainer):
        entries = trainer._loop.dispatch.lane(IterationEnded).entries
        found.append([entry.function == entry.implementation.function for entry in entries])

    trainer = make("1 iterations", hooks=[hook(iteration_ended=look)], budgets={"second": "1 s"})
    trainer.attach(hook(iteration_ended=lambda *_: None), "second")
    trainer.run()

    assert found == [[True, False]]


def test_a_budget_of_nobody_is_refused(make, clock):
    """Before the run starts; a plugin that is installed, or a hook that could be attached, is somebody."""
    make(budgets={"sigma_nn": "2 %", "early_stop": "1 ms"}).run()
    with pytest.raises(SettingError) as caught:
        make(hooks=[Spending(clock)], budgets={"spendin": "1 ms"}).run()

    text = message(caught.value)
    assert text.startswith(
        "budgets.spendin: no plugin and no hook of this run is called that\n  expected: sigma-core, "
    )
    assert text.endswith(
        "spending (nearest: spending)\n"
        "  to do:    give one of these, or a hook with its event, as in hook.sigma_epoch_ended"
    )


def test_budgets_are_settings(make):
    """As text or as budgets; the recipe holds texts."""
    setup = make(budgets={"early_stop": Budget(50, "us"), "sigma_nn": "2%"}).setup

    assert {name: str(budget) for name, budget in setup.budgets.items()} == {"early_stop": "50 us", "sigma_nn": "2 %"}
    with pytest.raises(SettingError) as caught:
        make(budgets={"sigma_nn": "2"})
    assert message(caught.value) == (
        "budgets.sigma_nn: '2'\n"
        '  expected: a time for each call, such as "50 us", "1 ms" or "2 s", or a share of the run, such as "2 %"\n'
        "  to do:    write a number above 0 and one of us, ms, s and %"
    )
    with pytest.raises(SettingError) as caught:
        make(budgets=["2 %"])
    assert message(caught.value) == (
        "budgets: ['2 %']\n  expected: a table of plugins and hooks\n  to do:    write { sigma_nn = \"2 %\" }"
    )
    with pytest.raises(SettingError) as caught:
        make(profile="yes")
    assert message(caught.value) == "profile: 'yes'\n  expected: true or false\n  to do:    give one of these"
