"""A real browser, on runs whose names and texts are scripts, and on pages of others that reach for the dashboard."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Locator, expect

# Each leaves a mark if it is run.
MARK = "document.documentElement.dataset.marked"
TEXT = (
    f'"><img src=x onerror="{MARK}=1"><script>{MARK}=2</script>{{{{constructor.constructor("{MARK}=3")()}}}}'
    f' \' :a="({MARK}=4)" `${{{MARK}=5}}` [x](javascript:{MARK}=6)'
)
NAMES = [
    f'a"><img src=x onerror="{MARK}=11">',
    f'b" :onclick="({MARK}=12)" :x="({MARK}=12)" innerHTML="<img src=x onerror={MARK}=12>',
    f"c' :x='({MARK}=13)' `${{{MARK}=13}}`",
    f"d{{{{constructor.constructor('{MARK}=14')()}}}}",
    f":e=({MARK}=15)",
    f"javascript:{MARK}=16",
    "g{name}{}{0}#?%2e%2e&amp;,h",
    "__proto__",
    "constructor",
]
KEPT = {"kind", "dtype", "type", "status", "backend", "source"}
"""What pages look things up by, and do not show as it stands."""


@pytest.fixture(scope="module")
def run(tmp_path_factory, short_recipe):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "recipe.toml").write_text(short_recipe, "utf-8")
    command = [sys.executable, "-m", "sigma_core", "train", "recipe.toml", "--directory", "run", "--quiet"]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)
    return folder / "run"


def spoilt(value, key=""):
    """The same, but that each text that is shown ends in what would be a script."""
    if isinstance(value, dict):
        return {name: spoilt(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [spoilt(each, key) for each in value]
    return value + TEXT if isinstance(value, str) and key not in KEPT else value


@pytest.fixture
def runs(run, tmp_path):
    """A folder of runs that somebody has made to attack whoever looks at them."""
    for name in NAMES:
        directory = tmp_path / "runs" / name
        shutil.copytree(run, directory)
        (directory / "tags.json").write_text(json.dumps([TEXT, f":{MARK}=21", "__proto__"]), "utf-8")
        with (directory / "recipe.toml").open("a", encoding="utf-8") as recipe:
            recipe.write(f"\n# {TEXT}\n[description]\ntext = {json.dumps(TEXT + name)}\n")
        with closing(sqlite3.connect(directory / "run.db")) as store, store:
            for number, kind, payload in store.execute("SELECT id, kind, payload FROM events").fetchall():
                if kind in ("run_described", "run_ended", "log_recorded"):
                    changed = json.dumps(spoilt(json.loads(payload)))
                    store.execute("UPDATE events SET payload = ? WHERE id = ?", (changed, number))
            copied = "INSERT INTO metrics SELECT ?, iteration, value FROM metrics WHERE name = 'validation.loss'"
            for metric in (
                f"validation.{TEXT}",
                f":{MARK}=22",
                "validation.constructor",
                f"validation.__proto__ {TEXT}",
            ):
                store.execute(copied, (metric,))
    return tmp_path / "runs"


def unmarked(page):
    assert page.evaluate(MARK) is None


def test_names_and_texts_of_runs_are_never_run(runs, served, visit):
    page = visit(served.address)
    expect(page.locator("a.sigma-link")).to_have_count(len(NAMES))
    unmarked(page)
    links = [link.get_attribute("href") for link in page.locator("a.sigma-link").all()]
    page.locator("tbody .q-checkbox").first.click()
    page.locator("tbody .q-checkbox").nth(1).click()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare**")
    expect(page.get_by_text("Best scores")).to_be_visible()
    page.locator(".sigma-chart canvas").first.hover()
    unmarked(page)
    for link in links:
        page.goto(served.base.rstrip("/") + link)
        expect(page.get_by_role("tab").first).to_be_visible()
        unmarked(page)
    # The texts of all are the same.
    for tab in filter(Locator.is_visible, page.get_by_role("tab").all()):
        tab.click()
        page.wait_for_timeout(1000)
        for chart in filter(Locator.is_visible, page.locator(".sigma-chart canvas").all()):
            chart.hover(force=True)
        for node in page.locator(".sigma-graph-node").all():
            node.dispatch_event("pointerenter", {"pointerType": "mouse"})
            node.dispatch_event("click")
        unmarked(page)


@pytest.fixture
def elsewhere():
    """A page of another server, as it is named; the same machine by another port, and another site by another name."""
    pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def address(host, content):
        pages["/page"] = f"<!doctype html><title>elsewhere</title>{content}"
        return f"http://{host}:{server.server_port}/page"

    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same-site", "cross-site"])
def test_pages_of_others_reach_nothing_but_by_links(elsewhere, host, served, visit):
    """Though the browser has a session: they can lead to a page, but neither read nor send nor show anything."""
    base = served.base.rstrip("/")
    page = visit(elsewhere(host, f'<a href="{served.address}">in</a>'))
    page.get_by_role("link").click()
    page.wait_for_url(f"{base}/")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    (cookie,) = [each for each in page.context.cookies() if each["name"].startswith("sigma-dashboard")]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie").count("sigma-dashboard") == 0

    page.goto(elsewhere(host, f'<a href="{base}/run/missing">to a page</a>'))
    page.get_by_role("link").click()
    expect(page.get_by_text("There is no run missing")).to_be_visible()

    page.goto(elsewhere(host, f'<iframe src="{base}/"></iframe><img src="{base}/favicon.ico">'))
    # Frames are there when their page is.
    expect(page.frame_locator("iframe").locator(".sigma-header, form")).to_have_count(0)
    assert page.evaluate("document.images[0].naturalWidth") == 0
    fetched = "path => fetch(path, {credentials: 'include', mode: 'no-cors'}).then(() => 'read', () => 'refused')"
    assert page.evaluate(fetched, f"{base}/") == "refused"
    opened = """path => new Promise(resolve => {
        const socket = new WebSocket(path);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
    })"""
    socket = f"{base.replace('http', 'ws')}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert page.evaluate(opened, socket) == "refused"

    page.goto(elsewhere(host, f'<form method="post" action="{base}/logout"><button>out</button></form>'))
    page.get_by_role("button").click()
    expect(page.get_by_text("does not answer to pages of others")).to_be_visible()
    page.goto(f"{base}/")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()


def test_a_session_is_given_back_on_the_page_and_begins_again_by_a_form(served, visit):
    page = visit(served.address)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    field = page.get_by_label("Token")
    expect(field).to_be_focused()
    field.fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The token is not right.")
    field.fill(served.address.partition("token=")[2])
    field.press("Enter")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
