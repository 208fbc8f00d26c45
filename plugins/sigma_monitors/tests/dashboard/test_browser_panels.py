"""Panels as people meet them: the network, the log, the networks that were kept, the data."""

import json
from zipfile import ZipFile

from playwright.sync_api import expect

from sigma_core.extend import RunStore, send_command

RECIPE = """
seed = 1
stop = "100000 epochs"
dataset = { use = "digits", split = [0.8, 0.2] }
optimiser = { use = "adam", learning_rate = 1e-3 }
network = [
  { use = "input", shape = [64] },
  { use = "residual", layers = [{ use = "dense", size = 64 }] },
  { use = "dense", size = 10 },
  { use = "softmax_cross_entropy" },
]
"""


def opened(served, visit, tab, **settings):
    """The page of the run, at a tab."""
    page = visit(f"{served.base}run/digits-1?{served.address.partition('?')[2]}", **settings)
    page.get_by_role("tab", name=tab).click()
    return page


def loads(directory):
    """The commands that were applied and had the run go on from elsewhere."""
    with RunStore.open(directory) as store:
        applied = store.events("command_applied")
        return [event for event in applied if event.payload["command"]["command"] == "load"]


def paused(directory):
    """So that whoever shares the machine has it for themselves."""
    send_command(directory, {"command": "pause"})


def test_the_network_is_drawn_folded_and_looked_into(served, train, visit):
    with train("digits-1", recipe=RECIPE) as directory:
        paused(directory)
        page = opened(served, visit, "Network")
        nodes = page.locator(".sigma-graph-node")
        expect(nodes).to_have_count(7)
        page.locator(".sigma-graph-fold").first.click()
        expect(nodes).to_have_count(6)
        expect(page.locator(".sigma-role-block")).to_contain_text("2 layers")
        page.locator(".sigma-role-block .sigma-graph-fold").click()
        expect(nodes).to_have_count(7)

        nodes.filter(has_text="input_1").click()
        details = page.get_by_label("About a layer")
        expect(details).to_contain_text("Input")
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="dense_1", exact=True))
        row.first.get_by_role("checkbox").click()
        expect(details).to_contain_text("64 x 10 = 640")
        expect(page.locator(".sigma-chosen")).to_contain_text("dense_1")

        # The picture is moved about by keys, too.
        picture = page.locator(".sigma-graph-picture > g")
        before = picture.get_attribute("transform")
        page.locator(".sigma-graph").focus()
        page.keyboard.press("+")
        expect(picture).not_to_have_attribute("transform", before)

        page.get_by_role("button", name="Publish them each epoch").click()
        send_command(directory, {"command": "resume"})
        expect(page.locator(".sigma-spreads")).to_contain_text("weights")


def test_the_log_is_searched_while_it_grows(served, train, visit):
    with train("digits-1", recipe=RECIPE) as directory:
        paused(directory)
        send_command(directory, {"command": "set_value", "identifier": "optimiser.learning_rate", "value": 0.5})
        page = opened(served, visit, "Log")
        rows = page.locator(".sigma-log-row")
        expect(rows.filter(has_text="optimiser.learning_rate = 0.5")).to_have_count(1)
        send_command(directory, {"command": "set_value", "identifier": "optimiser.learning_rate", "value": 0.25})
        expect(rows.filter(has_text="optimiser.learning_rate = 0.25")).to_have_count(1)
        page.get_by_label("Search").fill("0.25")
        expect(rows).to_have_count(1)
        rows.click()
        expect(page.get_by_role("region", name="All about a line")).to_contain_text('"origin": "command line"')
        page.get_by_role("button", name="Commands").click()
        expect(page.get_by_text("No line is like that")).to_be_visible()


def test_a_network_is_saved_gone_on_from_and_fetched(served, train, visit, until, tmp_path):
    with train("digits-1", recipe=RECIPE) as directory:
        paused(directory)
        page = opened(served, visit, "Recipe")
        expect(page.locator(".sigma-source")).to_contain_text('use = "residual"')
        page.get_by_role("button", name="Save the network").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("../out")
        expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        dialog.get_by_label("Name").fill("by hand")
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_role("button", name="Download by hand")).to_be_visible()
        kept = json.loads((directory / "checkpoints" / "by hand" / "manifest.json").read_text("utf-8"))

        page.get_by_role("button", name="Go on from by hand").click()
        page.get_by_role("dialog").get_by_role("button", name="Go on from there").click()
        expect(page.get_by_text("The run goes on from by hand")).to_be_visible()
        loaded = until(lambda: loads(directory), "the command in the store")
        assert [event.payload["command"]["path"] for event in loaded] == [str(directory / "checkpoints" / "by hand")]

        with page.expect_download() as download:
            page.get_by_role("button", name="Download by hand").click()
        assert download.value.suggested_filename == "digits-1-by hand.zip"
        download.value.save_as(tmp_path / "fetched.zip")
        with ZipFile(tmp_path / "fetched.zip") as archive:
            assert json.loads(archive.read("by hand/manifest.json")) == kept


def test_records_are_shown_when_they_are_asked_for(served, train, visit):
    with train("digits-1", recipe=RECIPE) as directory:
        paused(directory)
        page = opened(served, visit, "Data", viewport={"width": 390, "height": 844})
        page.get_by_role("button", name="Show records").click()
        pictures = page.get_by_role("img", name="inputs")
        expect(pictures).to_have_count(24)
        assert pictures.first.evaluate("image => image.naturalWidth") == 8
        page.get_by_role("tab", name="validation").click()
        expect(pictures).to_have_count(24)
        # Nothing is wider than the page.
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        (directory / "recipe.toml").unlink()
        page.get_by_role("button", name="Show records").click()
        expect(page.get_by_text("This run has no recipe, from which its data could be read.")).to_be_visible()
