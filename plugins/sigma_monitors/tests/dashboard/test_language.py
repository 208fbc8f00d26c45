"""The languages of the pages."""

import ast
import string
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from sigma_monitors import dashboard
from sigma_monitors.dashboard._language import NAMES, language, preferred
from sigma_monitors.dashboard._look import STATUS_ICONS
from sigma_monitors.dashboard._page_run import TABS
from sigma_monitors.dashboard._preferences import THEMES

FOLDER = Path(dashboard.__file__).parent


def said():
    """Every text that the pages say, with the file that says it."""
    found = {}
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("say", "_say"):
                    found[node.args[0].value] = path.name
    for entry in entry_points(group="sigma.panels"):
        if entry.value.startswith("sigma_monitors."):
            panel = entry.load()
            found |= {panel.title: entry.value, panel.tab: entry.value}
    found |= dict.fromkeys((*STATUS_ICONS, *TABS, *(theme.capitalize() for theme in THEMES)), "words")
    return found


def constants():
    """Every text in the code: what is said may be chosen from several."""
    nodes = (node for path in FOLDER.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("code", sorted(set(NAMES) - {"en"}))
def test_every_text_has_a_translation_and_no_translation_lacks_a_text(code):
    texts = said()
    known = language(code).texts
    assert [f"{path}: {text}" for text, path in texts.items() if text not in known] == []
    assert sorted(set(known) - set(texts) - constants()) == []


@pytest.mark.parametrize("code", sorted(set(NAMES) - {"en"}))
def test_a_translation_has_the_places_of_its_text(code):
    def places(text):
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    assert [text for text, translated in language(code).texts.items() if places(text) != places(translated)] == []


def test_what_has_no_translation_is_said_in_english():
    assert language("de")("never said before {name}", name="digits") == "never said before digits"
    assert language("tlh")("Pause") == "Pause"


def test_numbers_are_written_as_the_language_writes_them():
    assert language("en").number(1234567) == "1,234,567"
    assert language("de").number(1234567) == "1.234.567"
    assert language("en").number(0.12345) == "0.1235"
    assert language("de").number(0.12345) == "0,1235"


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en"),
        ("en;q=0.2, de;q=0.9", "de"),
        ("de;q=nonsense, en", "en"),
        ("xx", "en"),
    ],
)
def test_a_browser_gets_the_best_of_the_languages_that_it_accepts(accepted, code):
    assert preferred(accepted) == code
