"""The languages of the pages. The English text is the key; a language is a file of translations."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from attrs import frozen

ENGLISH = "en"
NAMES = {"en": "English", "de": "Deutsch"}
"""The languages there are, each in its own words."""


@frozen
class Language:
    """Says texts in one language; what it has no translation for is said in English."""

    code: str
    texts: Mapping[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """The text, with `{names}` in it replaced by the values given."""
        said = self.texts.get(text, text)
        return said.format(**values) if values else said

    def number(self, value: float, digits: int = 4) -> str:
        """A number as people of that language write it, with so many significant digits."""
        text = f"{value:,}" if isinstance(value, int) else f"{value:.{digits}g}"
        return text.translate(str.maketrans(",.", ".,")) if self.code == "de" else text


@cache
def language(code: str) -> Language:
    """The language of that code, or English."""
    if code not in NAMES or code == ENGLISH:
        return Language(ENGLISH, {})
    text = (files(__package__) / "languages" / f"{code}.toml").read_text("utf-8")
    return Language(code, tomllib.loads(text))


def preferred(accepted: str) -> str:
    """The best of our languages for the header Accept-Language of a browser."""
    ranked = []
    for part in accepted.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    # Sorted by quality alone, so that of equals the first named is taken.
    for _, code in sorted(ranked, key=lambda pair: pair[0]):
        if code in NAMES:
            return code
    return ENGLISH
