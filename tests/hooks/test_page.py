"""The reference page: current, and complete."""

import inspect
import runpy
import sys
from pathlib import Path

import pytest

from sigma_core.events import (
    BudgetExceeded,
    CommandApplied,
    CommandRefused,
    Event,
    LogRecorded,
    RunDescribed,
    RunProfiled,
    SubscriberFailed,
    TaskProgressed,
    ValuesPublished,
)
from sigma_core.hooks import HOOKS, SPECIFICATIONS

ROOT = Path(__file__).parents[2]
_OF_THE_BUS = {
    BudgetExceeded,
    CommandApplied,
    CommandRefused,
    LogRecorded,
    RunDescribed,
    RunProfiled,
    SubscriberFailed,
    TaskProgressed,
    ValuesPublished,
}
TOOL = ROOT / "tools" / "hooks_page.py"
PAGE = ROOT / "docs" / "hooks.md"


def run_tool(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [str(TOOL), *arguments])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOL), run_name="__main__")
    return caught.value.code


def test_the_page_is_current(monkeypatch):
    """What the tool would write is what lies in the repository."""
    assert run_tool(monkeypatch, "--check") == 0


def test_renewing_keeps_what_stands_around():
    """Only what is between the markers is written, and writing twice changes nothing."""
    tool = runpy.run_path(str(TOOL))
    page = f"before\n{tool['BEGIN']}\nold\n{tool['END']}\nafter\n"
    renewed = tool["renewed"](page)
    assert renewed.startswith(f"before\n{tool['BEGIN']}\n\n### A whole run")
    assert renewed.endswith(f"{tool['END']}\nafter\n")
    assert tool["renewed"](renewed) == renewed


def test_every_signature_is_in_the_page():
    """Each hook's signature stands in the page as a heading."""
    page = PAGE.read_text(encoding="utf-8")
    for hook in HOOKS:
        assert f"#### `{hook}(event, trainer)`\n" in page


def test_every_event_has_a_hook():
    """All events but those of the bus alone have a hook."""
    assert set(Event.__subclasses__()) - _OF_THE_BUS >= set(HOOKS.values())
    in_house = {each for each in Event.__subclasses__() if each.__module__.startswith("sigma_core.")}
    assert in_house - _OF_THE_BUS == set(HOOKS.values())


@pytest.mark.parametrize("specifications", SPECIFICATIONS)
def test_every_specification_says_when_and_what(specifications):
    """Each docstring has a summary, when the hook is called, and what an exception does."""
    for name, function in vars(specifications).items():
        if name in HOOKS:
            summary, called, *rest = inspect.getdoc(function).split("\n\n")
            assert summary.endswith(".")
            assert called.startswith("Called ")
            assert "exception" in " ".join(rest)
            assert list(inspect.signature(function).parameters) == ["self", "event", "trainer"]
