"""Order: phases, demands, registration; and the rows that explain it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import HookOrderError
from sigma_core.hooks import PHASES, HookManager, Row, hookimpl
from sigma_core.hooks._implementation import Implementation
from sigma_core.hooks._order import order


def entry(plugin, number, *, phase="observe", before=(), after=()):
    return Implementation(
        hook="sigma_epoch_ended",
        plugin=plugin,
        distribution="",
        function=print,
        arguments=(),
        phase=phase,
        before=before,
        after=after,
        scope="run",
        when=None,
        requires=(),
        order=number,
    )


def names(entries):
    return [each.plugin for each in order(entries)]


def test_phases_come_first():
    """Whatever the order of registration, phases follow one another."""
    entries = [entry(phase, number, phase=phase) for number, phase in enumerate(reversed(PHASES))]
    assert names(entries) == list(PHASES)


def test_demands_come_before_registration():
    """before and after are followed, everything else stays as registered."""
    entries = [
        entry("a", 1),
        entry("b", 2, after=("d",)),
        entry("c", 3),
        entry("d", 4, after=("nobody",)),
        entry("e", 5, before=("a", "nobody")),
    ]
    assert names(entries) == ["c", "d", "b", "e", "a"]


def test_a_cycle_prints_its_path():
    """Plugins that must run before each other are an error with the way round."""
    entries = [
        entry("first", 1),
        entry("a", 2, before=("b",)),
        entry("b", 3, before=("c",)),
        entry("c", 4, before=("a",)),
        entry("last", 5, after=("c",)),
    ]
    with pytest.raises(HookOrderError) as caught:
        order(entries)
    assert str(caught.value) == (
        "hook 'sigma_epoch_ended': plugins must run before each other: a -> b -> c -> a\n"
        "  expected: an order without a circle\n"
        "  to do:    take one `before` or `after` of these plugins away"
    )


def test_a_plugin_before_itself_is_a_cycle():
    """The shortest circle is one plugin."""
    with pytest.raises(HookOrderError) as caught:
        order([entry("a", 1, before=("a",))])
    assert caught.value.found == "plugins must run before each other: a -> a"


def test_a_demand_against_the_phases_is_refused():
    """A demand that the phases contradict is not followed in silence."""
    entries = [entry("save", 1, phase="persist", before=("grade",)), entry("grade", 2, phase="score")]
    with pytest.raises(HookOrderError) as caught:
        order(entries)
    assert str(caught.value) == (
        "hook 'sigma_epoch_ended': save (phase persist) must run before grade (phase score)\n"
        "  expected: phases in the order modify, score, schedule, persist, observe\n"
        "  to do:    move one of the two to the other's phase, or take the demand of save away"
    )


@given(st.permutations(range(8)), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_every_demand_is_met(ranks, pairs):
    """Whatever can be met is met, and nobody is lost."""
    demands = {index: [] for index in range(8)}
    for one, other in pairs:
        if ranks[one] < ranks[other]:
            demands[one].append(other)
    entries = [entry(f"p{index}", index, before=tuple(f"p{other}" for other in demands[index])) for index in range(8)]
    found = names(entries)
    assert sorted(found) == sorted(each.plugin for each in entries)
    for one, others in demands.items():
        for other in others:
            assert found.index(f"p{one}") < found.index(f"p{other}")


def test_rows_explain_each_place():
    """`explain` says of every implementation why it stands where it stands."""

    class Save:
        @hookimpl(phase="persist", when="2 epochs", after=("grade", "nobody"))
        def sigma_epoch_ended(self):
            pass

    class Grade:
        @hookimpl(phase="persist", before="report")
        def sigma_epoch_ended(self):
            pass

    class Report:
        @hookimpl(scope="worker")
        def sigma_epoch_ended(self):
            pass

        def sigma_run_ended(self):
            pass

    manager = HookManager()
    manager.register(Report(), distribution="sigma-monitors")
    manager.register(Save())
    manager.register(Grade())
    hook = "sigma_epoch_ended"
    rows = (
        Row(hook, 1, "grade", "", "persist", "run", "each time",
            "phase persist; before=report; save has after=grade; registration order 3"),
        Row(hook, 2, "save", "", "persist", "run", "every 2 epochs",
            "phase persist; after=grade; after=nobody (not registered, no effect); registration order 2"),
        Row(hook, 3, "report", "sigma-monitors", "observe", "worker", "each time",
            "phase observe after persist; grade has before=report; registration order 1"),
    )  # fmt: skip
    assert manager.explain(hook) == rows
    assert [row.hook for row in manager.explain()] == ["sigma_run_ended", hook, hook, hook]
