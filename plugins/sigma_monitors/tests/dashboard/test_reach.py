"""The dashboard without a mouse, and for those who see less or nothing of it."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

import sigma_core as sigma

CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
FOCUSED = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const inner = element.querySelector(".q-checkbox__bg, .q-toggle__track, .q-slider__thumb");
  const frame = element.closest(".q-field__control");
  const ringed = [style, inner && getComputedStyle(inner), frame && getComputedStyle(frame, "::after")].filter(Boolean);
  return {
    name: element.getAttribute("aria-label") || element.innerText.replace(/\\s+/g, " ").trim(),
    role: element.getAttribute("role") || element.tagName.toLowerCase(),
    isSeen: ringed.some((each) =>
      parseFloat(each.outlineWidth) >= 1 && each.outlineStyle !== "none" || each.boxShadow !== "none"
      || parseFloat(each.borderTopWidth) >= 1),
  };
}"""

INSIDE = "document.activeElement === document.body || !!document.activeElement.closest('[role=dialog]')"
NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, [role=checkbox], [role=switch], [role=tab]")]
  .filter((each) => each.checkVisibility() && !each.closest("[aria-hidden=true]"))
  .filter((each) => !(each.getAttribute("aria-label") || each.innerText || each.title || each.placeholder
    || each.labels?.length || each.closest("[aria-label]")))
  .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory, short_recipe):
    """The directory of a short run that has ended."""
    directory = tmp_path_factory.mktemp("digits") / "digits"
    sigma.Trainer.from_recipe(sigma.Recipe.parse(short_recipe)).run(directory=directory)
    return directory


@pytest.fixture
def runs(digits, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(digits, tmp_path / "runs" / name)
    return tmp_path / "runs"


def walked(page, steps):
    """What has the focus after each press of Tab."""
    found = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUSED))
    return found


def test_the_list_is_walked_through_in_order_and_the_focus_is_seen(runs, served, visit):
    page = visit(served.address)
    expect(page.get_by_role("link", name="two", exact=True)).to_be_visible()
    order = page.locator(".sigma-run-name").all_inner_texts()
    rows = [name for run in order for name in (run, run, f"Tags of {run}", f"Delete {run}")]
    columns = ["Name", "Status", "Progress", "Score", "Changed", "Duration", "Ended because"]
    expected = ["To the content", "All runs", "Language", "Theme", "Sign out", "Search", "Choose all", *columns, *rows]
    found = walked(page, len(expected))
    # Signs of sorting stand in the headers, as text of a font of signs.
    assert [each["name"].removesuffix("arrow_upward") for each in found] == expected
    assert [each["name"] for each in found if not each["isSeen"]] == []


def test_the_list_is_used_by_keys_alone(runs, served, visit):
    page = visit(served.address)
    expect(page.get_by_role("link", name="two", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # Past the bar, right into the content.
    assert walked(page, 1)[0]["name"] == "Search"
    header = page.get_by_role("columnheader", name="Name")
    header.focus()
    for direction, names in (("ascending", ["one", "two"]), ("descending", ["two", "one"])):
        page.keyboard.press("Enter")
        expect(header).to_have_attribute("aria-sort", direction)
        assert page.locator(".sigma-run-name").all_inner_texts() == names
    for name in ("one", "two"):
        page.get_by_role("checkbox", name=name).focus()
        page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Compare")).to_be_enabled()

    remove = page.get_by_role("button", name="Delete two")
    remove.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete two?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        # Behind its last button lies the page itself, before its first one again: never what is behind the dialog.
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('[role=dialog]')"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(remove).to_be_focused()
    assert (runs / "two").exists()


def test_a_list_that_changes_leaves_the_focus_where_it_is(train, served, visit):
    with train("digits-1"):
        page = visit(served.address)
        tags = page.get_by_role("button", name="Tags of digits-1")
        tags.focus()
        before = page.locator(".sigma-cell-progress").first.get_attribute("title")
        expect(page.locator(".sigma-cell-progress").first).not_to_have_attribute("title", before)
        expect(tags).to_be_focused()


def test_a_run_is_used_by_keys_alone(runs, served, visit):
    page = visit(f"{served.base}run/one?{served.address.partition('?')[2]}")
    expect(page.locator('[data-panel="loss"] .sigma-chart')).to_be_visible()
    found = walked(page, 12)
    names = [each["name"] for each in found]
    assert names[:7] == ["To the content", "All runs", "one", "Arrange panels", "Language", "Theme", "Sign out"]
    assert found[7]["role"] == "tab"
    assert names[8:10] == ["Chart settings", "Download as CSV"]
    assert [each["name"] for each in found if not each["isSeen"]] == []

    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Steer")).to_have_attribute("aria-selected", "true")

    arrange = page.get_by_role("button", name="Arrange panels")
    arrange.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Arrange panels")
    up = dialog.get_by_role("button", name="Move Scores up")
    up.focus()
    up.evaluate("(button) => (button.dataset.old = true)")
    page.keyboard.press("Enter")
    # It has moved, so it is another button, and can be moved further.
    expect(up).not_to_have_attribute("data-old", "true")
    expect(up).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(arrange).to_be_focused()


def test_what_a_page_shows_is_told_in_words_too(runs, served, visit):
    page = visit(f"{served.base}run/one?{served.address.partition('?')[2]}")
    chart = page.locator('[data-panel="loss"]').get_by_role("img")
    number = r"\d+(\.\d+)?"
    line = rf"training\.loss: from {number} to {number}, lowest {number}, highest {number}; validation\.loss: from .+"
    expect(chart).to_have_accessible_name(re.compile(rf"one Loss; {line}"))
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "100")
    expect(page.get_by_role("region", name="Playback")).to_be_visible()
    for button in ("Play", "One step", "Save a checkpoint", "Stop"):
        expect(page.get_by_role("button", name=button, exact=True)).to_be_disabled()
    # Whatever can be pressed or filled in has a name.
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
            page.wait_for_timeout(300)
            assert page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(runs, served, visit, theme):
    page = visit(served.address, color_scheme=theme)
    expect(page.get_by_role("link", name="two", exact=True)).to_be_visible()
    weak = {"list": page.evaluate(CONTRAST)}
    for button in ("Delete one", "Tags of one", "Language"):
        page.get_by_role("button", name=button).click()
        page.wait_for_timeout(500)
        weak[button] = page.evaluate(CONTRAST)
        page.keyboard.press("Escape")
    page.goto(f"{served.base}compare?runs=one,two")
    expect(page.get_by_role("heading", name="Best scores")).to_be_visible()
    weak["comparison"] = page.evaluate(CONTRAST)
    page.goto(f"{served.base}run/one")
    expect(page.locator('[data-panel="loss"] .sigma-chart')).to_be_visible()
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            # Colours fade into each other.
            page.wait_for_timeout(500)
            weak[tab.inner_text()] = page.evaluate(CONTRAST)
    assert {place: texts for place, texts in weak.items() if texts} == {}
