"""The dashboard as people meet it: a real browser on a real server and a run that goes on."""

import json

from playwright.sync_api import Error, expect

from sigma_core.extend import send_command, summary

DRAWN = """() => {
  const charts = Object.values(document.querySelectorAll('[data-panel="loss"] .sigma-chart'));
  const chart = charts.length && getElement(Number(charts[0].id.slice(1)))?.chart;
  const series = chart ? chart.getOption().series : [];
  return series.length && series[0].data.length ? series[0].data[series[0].data.length - 1][0] : 0;
}"""


def drawn(page):
    """The last iteration that the chart of losses shows; 0 where there is none, or the page is on its way."""
    try:
        return page.evaluate(DRAWN)
    except Error:
        return 0


def test_a_run_that_goes_on_is_seen_and_steered(served, train, visit, until):
    with train("digits-1") as directory:
        page = visit(served.address)
        row = page.get_by_role("row").filter(has_text="digits-1")
        expect(row.get_by_text("running")).to_be_visible()
        row.get_by_role("link", name="digits-1").click()

        # The chart grows by itself.
        first = until(lambda: drawn(page), "the curve")
        until(lambda: drawn(page) > first, "more of the curve")

        page.get_by_role("button", name="Pause", exact=True).click()
        status = page.locator(".sigma-play .sigma-status")
        expect(status).to_contain_text("paused")
        held = summary(directory)
        assert held.status == "paused"
        step = page.get_by_role("button", name="One step")
        step.click()
        until(lambda: summary(directory).iterations == held.iterations + 1, "the step")
        assert summary(directory).status == "paused"

        page.get_by_role("button", name="Play", exact=True).click()
        expect(status).to_contain_text("running")
        until(lambda: summary(directory).iterations > held.iterations + 10, "the run")

        page.get_by_role("button", name="Save a checkpoint").click()
        until(lambda: list((directory / "checkpoints").glob("iteration-*/manifest.json")), "the checkpoint")

        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Stop").click()
        expect(status).to_contain_text("ended")
        assert summary(directory).ended_because == "stopped on the dashboard"
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()


def test_the_page_survives_a_restart_of_the_server_and_of_the_run(served, train, visit, until):
    status = "section .sigma-status"
    with train("digits-1") as directory:
        page = visit(f"{served.base}run/digits-1?{served.address.partition('?')[2]}")
        expect(page.locator(status)).to_contain_text("running")
        served.stop()
        served.start()
        # It comes back by itself, by the session it had: nobody gives it the new token.
        before = until(lambda: drawn(page), "the curve after the server")
        until(lambda: drawn(page) > before, "more of the curve")
        send_command(directory, {"command": "stop"})
        expect(page.locator(status)).to_contain_text("ended")
    with train("digits-1", "--set", 'stop="200000 epochs"', command="resume"):
        expect(page.locator(status)).to_contain_text("running")
        before = drawn(page)
        until(lambda: drawn(page) > before, "the curve of the run that goes on")
    # The process was killed, and the page says so.
    expect(page.locator(status)).to_contain_text("stale")
    expect(page.get_by_role("alert")).to_contain_text("ended without a word")


def test_runs_are_searched_tagged_compared_and_deleted(served, train, visit, tmp_path, until):
    for name, stop in (("short", "2 epochs"), ("long", "4 epochs")):
        with train(name) as directory:
            send_command(directory, {"command": "stop", "reason": stop})
            until(lambda directory=directory: summary(directory).status == "ended", "the end")
    page = visit(served.address)
    rows = page.get_by_role("row").filter(has=page.get_by_role("link"))
    expect(rows).to_have_count(2)

    page.get_by_role("textbox", name="Search").fill("long")
    expect(rows).to_have_count(1)
    page.get_by_role("textbox", name="Search").fill("")
    expect(rows).to_have_count(2)

    page.get_by_role("button", name="Tags of long").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input").fill("best <b>one</b>")
    dialog.locator("input").press("Enter")
    dialog.get_by_role("button", name="Apply").click()
    # A tag is text, whatever it looks like.
    expect(page.get_by_role("row").filter(has_text="best <b>one</b>")).to_have_count(1)
    assert "best <b>one</b>" in json.loads((tmp_path / "runs" / "long" / "tags.json").read_text("utf-8"))

    for checkbox in page.get_by_role("row").filter(has=page.get_by_role("link")).get_by_role("checkbox").all():
        checkbox.click()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Best scores")).to_be_visible()
    expect(page.get_by_role("link", name="short")).to_be_visible()

    page.get_by_role("link", name="All runs").first.click()
    page.get_by_role("button", name="Delete short").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert (tmp_path / "runs" / "short").is_dir()
    page.get_by_role("button", name="Delete short").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="short")).to_have_count(0)
    assert not (tmp_path / "runs" / "short").exists()


def test_language_and_theme_are_chosen_and_kept(served, visit):
    page = visit(served.address)
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.get_by_text("sigma train examples/digits.toml")).to_be_visible()
    page.get_by_role("button", name="Language").click()
    page.get_by_text("Deutsch").click()
    expect(page.get_by_text("Noch keine Läufe")).to_be_visible()
    page.get_by_role("button", name="Farben").click()
    page.get_by_text("Dunkel").click()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.reload()
    expect(page.get_by_text("Noch keine Läufe")).to_be_visible()
    expect(page.locator("body.body--dark")).to_have_count(1)
    german = visit(served.address, locale="de-DE", color_scheme="dark")
    expect(german.get_by_text("Noch keine Läufe")).to_be_visible()
    expect(german.locator("body.body--dark")).to_have_count(1)


def test_a_phone_shows_all_of_a_page(served, train, visit, until):
    with train("digits-1"):
        page = visit(served.address, viewport={"width": 390, "height": 844}, has_touch=True)
        page.get_by_role("link", name="digits-1").click()
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        until(lambda: drawn(page), "the curve")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_comes_from_elsewhere(served, train, visit, until):
    with train("digits-1"):
        page = visit(served.address)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.get_by_role("link", name="digits-1").click()
        until(lambda: drawn(page), "the curve")
    own = (served.base, served.base.replace("http", "ws"), "data:", "blob:")
    assert asked
    assert [url for url in asked if not url.startswith(own)] == []
