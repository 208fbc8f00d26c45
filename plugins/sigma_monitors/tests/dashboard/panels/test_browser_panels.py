"""Panels as people meet them: drawing, and setting what can be set."""

import re

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


def test_what_is_inside_shows_when_it_is_attached(served, train, visit):
    """A button attaches what publishes it; arrays are chosen."""
    with train("digits-1", "--set", 'metrics=["accuracy", "confusion_matrix"]') as directory:
        page = opened(visit, served, "digits-1", "Inside")
        confusion = page.locator("[data-panel=confusion]")
        expect(confusion).to_contain_text("Recall and precision")
        for name in ("histograms", "pictures"):
            panel = page.locator(f"[data-panel={name}]")
            panel.get_by_role("button", name="Attach to this run").click()
            expect(panel.get_by_role("button", name="Attach to this run")).to_be_hidden()
        expect(page.locator("[data-panel=histograms]")).to_contain_text("after iteration")
        image = page.locator("[data-panel=pictures]").get_by_role("img", name="network.layers.dense_1.weights")
        expect(image).to_be_visible()
        assert image.get_attribute("src").startswith("data:image/png;base64,")
        send_command(directory, {"command": "stop"}, 60)
        expect(page.locator("[data-panel=maximised]")).to_contain_text('use = "target_maximisation"')


MOVES = """
seed = 1
stop = "100000 epochs"
dataset = { use = "tic_tac_toe", task = "move" }
optimiser = { use = "adam", learning_rate = 5e-3 }
network = [
  { use = "input", shape = [27] },
  { use = "dense", size = 32, activation = "relu" },
  { use = "dense", size = 9 },
  { use = "softmax_cross_entropy" },
]
"""


ANSWERED = """marks => {
  const panel = document.querySelector('[data-panel=tic_tac_toe]');
  const marked = [...panel.querySelectorAll('.sigma-cell-mark')].filter(each => each.innerText).length;
  return marked === marks || /won|draw/.test(panel.querySelector('.sigma-game-told').innerText);
}"""
"""Whether so many cells are marked, or the game is over."""


def test_a_game_is_played_to_its_end(served, train, visit):
    """Against a network that still learns; then the other begins."""
    with train("moves-1", recipe=MOVES) as directory:
        send_command(directory, {"command": "pause"}, 60)
        page = opened(visit, served, "moves-1", "Try")
        panel = page.locator("[data-panel=tic_tac_toe]")
        told, free = panel.locator(".sigma-game-told"), panel.locator(".sigma-cell:not(.disabled)")
        for moves in range(1, 6):
            free.first.click()
            page.wait_for_function(ANSWERED, arg=2 * moves)
            if "turn" not in told.inner_text():
                break
        expect(told).to_contain_text(re.compile("won|draw"))
        expect(panel).to_contain_text(re.compile("(won|lost|drawn) 1"))
        panel.get_by_role("button", name="New game: the network begins").click()
        expect(told).to_contain_text("It is your turn.")
        expect(free).to_have_count(8)
