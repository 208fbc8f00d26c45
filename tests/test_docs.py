"""What the pages say is so: their code runs, their commands exist, their links lead somewhere.

A comment before a block says what it is, where that is not plain:

    <!-- not run: REASON -->   Python or console, read by people only; commands are checked for their options still
    <!-- file: NAME -->        written to the folder in which the page's other blocks run
    <!-- output -->            what the Python block before it prints; `...` stands for anything
"""

import re
import runpy
import shlex
import shutil
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from io import StringIO
from pathlib import Path

import click
import pytest
from attrs import frozen

import sigma_core
import sigma_core.extend
import sigma_core.testing
from sigma_core.cli import main
from sigma_core.cli._commands import sigma
from sigma_core.extend import OPERATIONS
from sigma_core.training import Recipe, Trainer

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"]
PAGES += [
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
    ROOT / "template" / "README.md",
]
RUN = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
RECIPES = sorted(ROOT.glob("examples/*.toml"))
SCRIPTS = sorted(ROOT.glob("examples/*.py"))
# What makes scripts quick that take their time.
QUICK = {
    "brackets": ["--epochs", "1", "--records", "256"],
    "char_lstm": ["--epochs", "1", "--records", "8", "--units", "16", "--length", "20"],
    "denoising_autoencoder": ["--epochs", "1", "--records", "256"],
    "pages": ["--epochs", "1", "--records", "60"],
    "play_tic_tac_toe": ["--epochs", "1"],
    "reverse": ["--epochs", "1", "--records", "128"],
    "shapes": ["--epochs", "1", "--records", "60"],
    "two_inputs": ["--epochs", "1", "--records", "256"],
}
# The folder of ../shared/data that examples read.
NEEDS = {
    "char_lstm": "text",
    "denoising_autoencoder": "mnist",
    "mnist": "mnist",
    "mnist-convolutional": "mnist",
    "text_corpus": "text",
}
# What has to be downloaded: sigma-data's tests train these on small files that they make.
DOWNLOADED = {"connect_4", "heart_disease"}
WHOLE = {"network", "dataset", "optimiser", "stop"}
DOORS = (sigma_core, sigma_core.extend, sigma_core.testing)

_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")
_SAME = OutputChecker()


@frozen
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    note: str
    line: int


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def blocks(page):
    text = page.read_text("utf-8")
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("text")) + 1
        yield Block(match["language"], match["text"], match["note"] or "", line)


def prose(page):
    return _BLOCK.sub("", page.read_text("utf-8"))


def same(expected, found):
    return _SAME.check_output(expected.strip() + "\n", found.strip() + "\n", ELLIPSIS | NORMALIZE_WHITESPACE)


def quietly(action):
    """What an action prints, and its exit code."""
    printed, code = StringIO(), 0
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            action()
        except SystemExit as end:
            code = end.code or 0
    return printed.getvalue(), code


def commands(block):
    """Each `$ command` of a console block with what it prints; the lines of a bash block, which print nothing."""
    if block.language == "bash":
        return [(line, "") for line in block.text.splitlines() if line.strip()]
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [tuple(part.partition("\n")[::2]) for part in parts]


def check_command(line):
    """Raise for a command or an option that `sigma` does not have; other programs are not looked at."""
    words = shlex.split(line, comments=True)
    if "sigma" not in words:
        return
    command, rest = sigma, words[words.index("sigma") + 1 :]
    context = click.Context(command)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        _, command, rest = command.resolve_command(context, rest)
    if command.context_settings.get("ignore_unknown_options"):
        return
    known = {option for parameter in command.get_params(context) for option in parameter.opts}
    unknown = {word.partition("=")[0] for word in rest if word.startswith("-")} - known - {"--traceback"}
    assert not unknown, f"{line}: {unknown}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with the examples at hand as in the repository; operations that a page makes are its own."""
    known = set(OPERATIONS)
    shutil.copytree(ROOT / "examples", tmp_path / "work" / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    if (ROOT.parent / "shared").is_dir():
        (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.syspath_prepend(tmp_path / "work")
    monkeypatch.setenv("COLUMNS", "200")
    yield tmp_path / "work"
    for name in OPERATIONS.keys() - known:
        del OPERATIONS[name]


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_blocks_of_a_page_run(page, folder):
    """From top to bottom, Python in one namespace; where output is shown, that is what is printed."""
    namespace, printed = {"__name__": "__page__"}, ""
    for block in blocks(page):
        place = f"{name_of(page)}, line {block.line}"
        if block.note.startswith("not run: "):
            continue
        if block.note.startswith("file: "):
            (folder / block.note.removeprefix("file: ")).write_text(block.text, "utf-8")
        elif block.note == "output":
            assert same(block.text, printed), f"{place}:\n{printed}"
        elif block.language == "python":
            # Padded, so that a traceback names the line of the page.
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec", dont_inherit=True)
            printed, _ = quietly(lambda code=code: exec(code, namespace))  # noqa: S102  # the page's own code
        elif block.language == "console":
            for line, expected in commands(block):
                words = shlex.split(line, comments=True)
                assert words[0] == "sigma", f"{place}: {line} is not run; say why"
                found, _ = quietly(lambda words=words: main(words[1:]))
                assert same(expected, found), f"{place}, {line}:\n{found}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_a_page_exist(page):
    """With all of their options, in blocks and in the text."""
    for block in blocks(page):
        if block.language in {"console", "bash"}:
            for line, _ in commands(block):
                check_command(line)
    for span in re.findall(r"`(sigma [^`]+)`", prose(page)):
        check_command(span)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_recipes_of_a_page_compose(page, folder):
    """Whole ones compose, all others are TOML at the least."""
    for block in blocks(page):
        if block.language == "toml":
            values = tomllib.loads(block.text)
            if values.keys() >= WHOLE and not block.note.startswith("file: broken"):
                Trainer.from_recipe(Recipe.parse(block.text, source=f"{name_of(page)}, line {block.line}"))


def anchors(page):
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page):
    """To a file of the repository, and to a heading that it has."""
    for match in _LINK.finditer(prose(page)):
        target = (page.parent / match["path"]).resolve() if match["path"] else page
        assert target.exists(), match["path"]
        assert target.is_relative_to(ROOT), match["path"]
        assert not match["anchor"] or match["anchor"] in anchors(target), match[0]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_of_a_page_is_seen(page):
    """None is swallowed by another, and notes are of the kinds there are."""
    assert 2 * len(list(blocks(page))) == len(re.findall(r"^```", page.read_text("utf-8"), re.MULTILINE))
    assert [block.note for block in blocks(page) if not re.fullmatch(r"output|(file|not run): .+|", block.note)] == []


def test_a_page_with_a_fault_would_be_noticed():
    """The checks themselves: an option that does not exist, an output that is not printed."""
    with pytest.raises(AssertionError, match="--sett"):
        check_command("uv run sigma train a.toml --sett seed=1")
    with pytest.raises(click.UsageError, match="trian"):
        check_command("sigma trian a.toml")
    assert not same("1 fault", "2 faults")


def tool(name):
    return runpy.run_path(str(ROOT / "tools" / name))


def test_the_list_of_public_names_is_current():
    """What `tools/api_page.py` would write is what lies in the repository."""
    assert tool("api_page.py")["page"]() == (ROOT / "docs" / "api.md").read_text("utf-8")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_door_has_the_names_that_are_listed(door):
    """`__all__`, sorted as the linter has it, and nothing that cannot be had."""
    chapter = (ROOT / "docs" / "api.md").read_text("utf-8").split(f"## `{door.__name__}`\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", chapter, re.MULTILINE) == sorted(door.__all__, key=str.lower)
    assert [name for name in door.__all__ if not hasattr(door, name)] == []


def test_the_picture_of_the_console_is_that_of_this_version():
    """It was made by `tools/console_picture.py`, and names what a run of digits names."""
    picture = (ROOT / "docs" / "images" / "console.svg").read_text("utf-8").replace("&#160;", " ")
    assert "validation.accuracy" in picture
    assert "85,002 parameters" in picture


def skip_without_data(example):
    """A test downloads nothing."""
    if example in DOWNLOADED:
        pytest.skip("its data would be downloaded")
    if example in NEEDS and not (ROOT.parent / "shared" / "data" / NEEDS[example]).is_dir():
        pytest.skip(f"no ../shared/data/{NEEDS[example]} here")


def test_the_picture_of_a_network_is_current():
    """What `tools/network_picture.py` would draw is what lies in the repository."""
    assert tool("network_picture.py")["picture"]() == (ROOT / "docs" / "images" / "network.svg").read_text("utf-8")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_an_example_trains(recipe, monkeypatch):
    """For an epoch, from the folder that its relative paths mean."""
    skip_without_data(recipe.stem)
    monkeypatch.chdir(ROOT)
    printed, code = quietly(lambda: main(["train", str(recipe), "--set", "stop=1 epochs", "--no-directory", "--quiet"]))
    assert code == 0, printed
    assert "ended: 1 epochs" in printed


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_in_python_runs(script, folder, monkeypatch):
    """As `python examples/NAME.py` does, with fewer records and epochs where that would take long."""
    skip_without_data(script.stem)
    monkeypatch.setattr(sys, "argv", [str(script), *QUICK.get(script.stem, [])])
    printed, code = quietly(lambda: runpy.run_path(str(script), run_name="__main__"))
    assert code == 0, printed
    assert printed


def test_all_examples_are_listed():
    """Each recipe and script has its row."""
    table = (ROOT / "examples" / "README.md").read_text("utf-8")
    assert [path.name for path in [*RECIPES, *SCRIPTS] if f"[{path.name}]({path.name})" not in table] == []


@pytest.mark.parametrize("folder", [ROOT / "docs", ROOT / "docs" / "decisions"], ids=lambda path: path.name)
def test_all_pages_are_listed(folder):
    """The index of a folder names every page of it."""
    index = (folder / "README.md").read_text("utf-8")
    names = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert [name for name in sorted(names) if f"({name})" not in index] == []
