"""TOML in parts that are coloured apart. It is not read: also what is no TOML comes out whole."""

import re

_PARTS = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<text>\"{3}[\s\S]*?(?:\"{3,5}|\Z) | '{3}[\s\S]*?(?:'{3,5}|\Z) | "(?:\\.|[^"\\\n])*"? | '[^'\n]*'?)
  | (?P<table>^[ \t]*\[\[?[^\n\]=]*\]\]?(?=[ \t]*(?:\#|$)))
  | (?P<key>[A-Za-z_][\w.-]*(?=[ \t]*=))
  | (?P<number>(?<![\w.])[+-]?(?:\d[\w.:+-]*|inf|nan)(?!\w))
  | (?P<word>\b(?:true|false)\b)
    """,
    re.VERBOSE | re.MULTILINE,
)
Part = tuple[str, str]
"""Of which kind, and the text: `comment`, `text`, `table`, `key`, `number`, `word`, or nothing."""


def parts(text: str) -> list[Part]:
    """The text in parts, which joined are the text again. A key that is quoted is a key where it stands before `=`."""
    found: list[Part] = []
    end = 0
    for match in _PARTS.finditer(text):
        if match.start() > end:
            found.append(("", text[end : match.start()]))
        kind = match.lastgroup or ""
        if kind == "text" and re.match(r"[ \t]*(?:\.[\w.-]+[ \t]*)?=", text[match.end() : match.end() + 80]):
            kind = "key"
        found.append((kind, match[0]))
        end = match.end()
    if end < len(text):
        found.append(("", text[end:]))
    return found
