"""Panels as people meet them: drawing, and setting what can be set."""

import pytest

from sigma_core.extend import send_command

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import expect


def opened(visit, served, name, tab=None, **settings):
    page = visit(f"{served.base}run/{name}?{served.address.partition('?')[2]}", **settings)
    if tab is not None:
        page.get_by_role("tab", name=tab).click()
    return page


def draw(page, strokes):
    pad = page.get_by_role("img", name="A pad to draw on")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def test_what_is_drawn_is_told_by_the_network(served, train, visit, written):
    """While it goes on, by the run; undone and cleared as one wants."""
    with train("digits-1") as directory:
        send_command(directory, {"command": "pause"}, 60)
        page = opened(visit, served, "digits-1")
        panel = page.locator("[data-panel=guess]")
        expect(panel).to_contain_text("Draw with mouse, finger or pen.")
        draw(page, written[4])
        expect(panel).to_contain_text("Says the network after")
        expect(panel.locator(".sigma-guess-best")).to_have_count(1)
        page.get_by_role("button", name="Undo").click()
        expect(panel).to_contain_text("Says the network after")
        page.get_by_role("button", name="Clear").click()
        expect(panel).to_contain_text("Draw with mouse, finger or pen.")
        expect(panel.locator(".sigma-guess-verdict")).to_contain_text("?")


def test_a_parameter_is_set_refused_and_followed(served, train, visit):
    """What is sent is applied or refused, with the reason; what others set shows, but not under somebody's hand."""
    with train("digits-1") as directory:
        page = opened(visit, served, "digits-1", "Steer")
        row = page.locator(".sigma-setting").filter(has_text="optimiser.learning_rate")
        field = row.get_by_role("textbox", name="optimiser.learning_rate")
        expect(field).to_have_value("0.001")
        field.fill("0.0005")
        field.press("Enter")
        expect(row).to_contain_text("applied after iteration")
        found = send_command(directory, {"command": "get_value", "identifier": "optimiser.learning_rate"}, 60)
        assert found["result"] == pytest.approx(0.0005)

        field.fill("-1")
        field.press("Enter")
        expect(row).to_contain_text("refused: Adam.learning_rate: -1.0 · expected: a finite number of at least 0")
        expect(field).to_have_value("0.0005")
        field.fill("much")
        field.press("Enter")
        expect(row).to_contain_text("refused: much is no number")

        # Somebody writes while somebody else sets it.
        field.press_sequentially("1")
        send_command(directory, {"command": "set_value", "identifier": "optimiser.learning_rate", "value": 0.25}, 60)
        expect(row).to_contain_text("applied after iteration")
        expect(field).to_have_value("0.00051")
        field.press("Escape")
        expect(field).to_have_value("0.25")

        send_command(directory, {"command": "stop"}, 60)
        expect(page.locator("[data-panel=settings]")).to_contain_text("The run has ended")
        expect(field).to_be_disabled()
