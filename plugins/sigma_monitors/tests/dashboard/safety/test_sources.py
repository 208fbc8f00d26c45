"""Texts of runs stay texts: no page is built in a way that could make code of them."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

DASHBOARD = Path(str(files("sigma_monitors.dashboard")))
MODULES = sorted(DASHBOARD.rglob("*.py"))
# What becomes a part of a page as it stands, or is run.
RAW = {
    "add_body_html",
    "add_css",
    "add_head_html",
    "add_sass",
    "add_scss",
    "add_slot",
    "html",
    "markdown",
    "mermaid",
    "restructured_text",
    "run_javascript",
}
# Their arguments travel as JSON; unless the name of the method begins with a colon, which makes them code.
METHODS = {"run_chart_method", "run_editor_method", "run_grid_method", "run_method", "run_row_method"}
# Each with the reason why nothing of a run is in it.
REVIEWED = {
    "ui.add_css(style())": "the style sheet of the package",
    "ui.run_javascript(preferences.script() + ('; location.reload()' if reload else ''))": "JSON, percent-encoded",
    "client.run_javascript(f\"setTimeout(() => document.getElementById('{place}')?.focus(), 50)\")": (
        "what NiceGUI calls an element, a letter and a number"
    ),
    "table.add_slot(slot.name.removesuffix('.html'), slot.read_text('utf-8'))": "templates of the package",
}


def is_our_text(node):
    """A text that stands in the source, a translation of one, or a number that is formatted."""
    match node:
        case (
            ast.Constant()
            | ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=".0f" | ".2f" | ".3f" | "d")]))
        ):
            parts = []
        case ast.JoinedStr(values=parts):
            pass
        case ast.FormattedValue(value=part):
            parts = [part]
        case ast.Call(func=ast.Name(id="say") | ast.Attribute(attr="say" | "_say"), args=parts, keywords=[]):
            pass
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, op=ast.Add(), right=second):
            parts = [first, second]
        case _:
            return False
    return all(map(is_our_text, parts))


def strangers(path, names):
    """Calls of methods of these names that are given something else, as they are written."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            values = [*node.args, *(each.value for each in node.keywords)]
            if not all(map(is_our_text, values)):
                yield ast.unparse(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(DASHBOARD).as_posix())
def test_what_is_parsed_holds_no_text_of_a_run(path):
    """Of `name="value"` in props, a name with a colon has its value evaluated, and any text with a quotation mark in it
    can begin another. `named` and `element.props["..."] = text` take any text.
    """
    assert list(strangers(path, {"props"})) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(DASHBOARD).as_posix())
def test_what_becomes_a_part_of_a_page_holds_no_text_of_a_run(path):
    """HTML, styles and scripts that do not stand in the source are listed here, with the reason why they are good."""
    assert [text for text in strangers(path, RAW) if text not in REVIEWED] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(DASHBOARD).as_posix())
def test_methods_in_the_browser_are_called_by_name(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            name = node.args[node.func.attr == "run_row_method"]
            assert isinstance(name, ast.Constant), ast.unparse(node)
            assert name.value.isidentifier()


def test_templates_put_values_into_pages_as_text():
    """`v-html` would not, and a link may only lead where the server says."""
    templates = [path for path in DASHBOARD.rglob("*") if path.suffix in (".html", ".js", ".vue")]
    assert templates
    for path in templates:
        text = path.read_text("utf-8")
        assert re.findall(r"v-html|innerHTML|outerHTML|insertAdjacent|document\.write|\beval|new Function", text) == []
        assert set(re.findall(r':(?:xlink:)?(?:href|src|srcdoc)="([^"]*)"', text)) <= {"props.row.link"}, path.name


def test_charts_tell_what_is_under_the_pointer_as_text():
    """A tooltip of ECharts is HTML, unless it is told otherwise, and does not escape what formatters give."""
    for path in MODULES:
        text = path.read_text("utf-8")
        assert text.count('"tooltip": {') == text.count('"renderMode": "richText"'), path.name
