"""Time budgets: their text, and when they are exceeded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core import hookimpl
from sigma_core.errors import HookRegistrationError, SettingError
from sigma_core.hooks import Budget, HookManager
from sigma_core.testing import message


@given(st.integers(1, 99_999), st.sampled_from(["us", "ms", "s", "%"]))
def test_the_text_of_a_budget_parses_back_to_it(amount, unit):
    """With and without blanks."""
    budget = Budget.parse(f"{amount}{unit}")

    assert budget == Budget(amount, unit)
    assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize(
    ("text", "calls", "seconds", "found"),
    [
        ("50 us", 10, 0.0004, None),
        ("50 us", 10, 0.000501, "50.1 us a call"),
        ("1 ms", 1, 0.002, "2 ms a call"),
        ("1 s", 2, 4.0, "2 s a call"),
        ("1 us", 0, 0.0, None),
        ("1e-3 us", 1, 1e-7, "0.1 us a call"),
        ("2 %", 1, 0.2, None),
        ("2 %", 1, 0.21, "2.1 % of the running time"),
    ],
)
def test_a_budget_is_for_a_call_on_average_or_for_a_share_of_the_run(text, calls, seconds, found):
    """Of a run of ten seconds."""
    assert Budget.parse(text).exceeded_by(calls, seconds, 10.0) == found


def test_nothing_is_a_share_of_a_run_that_took_no_time():
    """As of one that failed before it began."""
    assert Budget.parse("2 %").exceeded_by(0, 0.0, 0.0) is None


@pytest.mark.parametrize("text", ["50", "us", "50 min", "-1 ms", "0 ms", "1 ms 2 us", "", 50, None])
def test_what_is_no_budget_is_refused(text):
    """With what may stand there."""
    with pytest.raises(SettingError) as caught:
        Budget.parse(text)

    assert message(caught.value) == (
        f"budget: {text!r}\n"
        '  expected: a time for each call, such as "50 us", "1 ms" or "2 s", or a share of the run, such as "2 %"\n'
        "  to do:    write a number above 0 and one of us, ms, s and %"
    )


def test_a_hook_says_its_budget_where_it_is_marked():
    """As text, as a budget, or as a function of the plugin."""

    class Three:
        limit = "2 ms"

        @hookimpl(budget="50 us")
        def sigma_run_started(self):
            pass

        @hookimpl(budget=Budget(1, "%"))
        def sigma_run_paused(self):
            pass

        @hookimpl(budget=lambda hook: hook.limit)
        def sigma_run_ended(self):
            pass

    manager = HookManager()
    manager.register(Three())
    hooks = ("sigma_run_started", "sigma_run_paused", "sigma_run_ended", "sigma_run_resumed")
    found = [str(each.budget) for hook in hooks for each in manager.implementations(hook)]

    assert found == ["50 us", "1 %", "2 ms"]


def test_a_wrong_budget_is_a_fault_of_the_plugin():
    """Reported with all others when it is registered."""

    class Wrong:
        @hookimpl(budget="5 hours")
        def sigma_run_started(self):
            pass

    with pytest.raises(HookRegistrationError) as caught:
        HookManager().register(Wrong())

    assert message(caught.value) == (
        "plugin 'wrong': cannot be registered: 1 fault\n"
        "hook 'sigma_run_started' of plugin 'wrong', budget: '5 hours'\n"
        '  expected: a time for each call, such as "50 us", "1 ms" or "2 s", or a share of the run, such as "2 %"\n'
        "  to do:    write a number above 0 and one of us, ms, s and %"
    )
