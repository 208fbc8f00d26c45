"""Write the reference of all hooks into docs/hooks.md, from the docstrings of their specifications.

    python tools/hooks_page.py            # write
    python tools/hooks_page.py --check    # exit with 1 if the page is not current

Only what stands between the two markers is written; the rest of the page is kept by hand.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import fields

from sigma_core.hooks import HOOKS, SPECIFICATIONS

PAGE = Path(__file__).parents[1] / "docs" / "hooks.md"
BEGIN = "<!-- reference: begin, written by tools/hooks_page.py -->"
END = "<!-- reference: end -->"


def type_name(annotation: object) -> str:
    """An annotation as it is written in the source."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return text.replace("collections.abc.", "").replace("typing.", "")


def reference() -> Iterator[str]:
    """The lines of the reference: a chapter for each subject, a section for each hook."""
    for specifications in SPECIFICATIONS:
        yield f"### {inspect.getdoc(specifications).splitlines()[0].rstrip('.')}"
        yield ""
        for name, function in vars(specifications).items():
            if name not in HOOKS:
                continue
            event = HOOKS[name]
            yield f"#### `{name}(event, trainer)`"
            yield ""
            yield inspect.getdoc(function)
            yield ""
            yield f"`event` is `{event.__name__}` (schema {event.schema}): {inspect.getdoc(event)}"
            yield ""
            for attribute in fields(event):
                yield f"- `{attribute.name}`: `{type_name(attribute.type)}`"
            yield ""


def renewed(page: str) -> str:
    """The page with a current reference."""
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    text = "\n".join(reference())
    return f"{head}{BEGIN}\n\n{text}\n{END}{tail}"


def main() -> int:
    """Write the page, or check it."""
    page = PAGE.read_text(encoding="utf-8")
    current = renewed(page)
    if "--check" in sys.argv[1:]:
        if page != current:
            print("docs/hooks.md is not current: run `python tools/hooks_page.py`")
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
