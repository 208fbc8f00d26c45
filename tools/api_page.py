"""Write docs/api.md, the list of all public names, from the docstrings.

`python tools/api_page.py` writes it; with `--check` it only says, by its exit code, whether the page is current.
"""

import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
DOORS = {
    "sigma_core": "For whoever composes trainers.",
    "sigma_core.extend": "For authors of plugins: all that a plugin may import of the kernel.",
    "sigma_core.testing": "For tests of plugins.",
}
HEAD = """\
# Public names

Written by `tools/api_page.py` from the docstrings. What is not listed here is private and may change with any version.
`help(name)` in Python shows the whole docstring and the signature.
"""


# What the aliases of types stand for: they have no docstrings.
ALIASES = {
    "Array": "An array of NumPy.",
    "Batch": "An array of shape (batch, ...) for each section, in the iterator's order.",
    "FittedState": "What fitting found: arrays and plain numbers by name.",
    "Kernel": "(writer, node) -> the lines of a call that compute the node into `writer.array(node)`.",
    "MOMENTS": "What a trigger counts, by the event of a run: starts, stops, pauses, resumes, resets.",
    "Moment": 'When a criterion looks: "iteration" or "epoch".',
    "PHASES": "The phases in which hooks of one event run, in order.",
    "Reader": "A function that gives floats of records, (records, ...), by their numbers, (records,).",
    "Rows": "Places of records, ascending, of shape (records,).",
    "Sections": "Arrays of shape (records, ...) by section.",
    "Send": "A function that takes a command to the run.",
    "Shape": "A tuple of extents.",
    "State": "A dictionary of JSON values.",
}


def kind(thing: Any) -> str:
    """What a public name stands for, in a word."""
    if inspect.isclass(thing):
        return "error" if issubclass(thing, BaseException) else "class"
    return "function" if inspect.isroutine(thing) else "value"


def summary(name: str, thing: Any) -> str:
    """What a name stands for, in a line."""
    return ALIASES[name] if name in ALIASES else (inspect.getdoc(thing) or "").splitlines()[0].replace("|", "\\|")


def rows(door: str) -> Iterator[str]:
    """The table of a door."""
    module = import_module(door)
    yield "| name | | what it is |"
    yield "|---|---|---|"
    for name in sorted(module.__all__, key=str.lower):
        thing = getattr(module, name)
        yield f"| `{name}` | {kind(thing)} | {summary(name, thing)} |"


def page() -> str:
    """The whole page."""
    chapters = ["\n".join([f"## `{door}`", "", text, "", *rows(door)]) for door, text in DOORS.items()]
    return "\n\n".join([HEAD.rstrip(), *chapters]) + "\n"


def main() -> int:
    """Write the page, or check it."""
    current = page()
    if "--check" in sys.argv[1:]:
        is_current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == current
        if not is_current:
            print("docs/api.md is not current: run `python tools/api_page.py`")
        return int(not is_current)
    PAGE.write_text(current, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
