"""Text: a record for each character, word or line."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from sigma_core.extend import DataError, Extractor, Sections, Source, component, fields
from sigma_data._words import words
from sigma_data.extractors._encoding import check_encoding, decoded
from sigma_data.extractors._text_blocks import in_blocks
from sigma_data.sources import as_source

# Records of a block, where nobody says how many.
_NATURAL = {"characters": 1 << 18, "words": 1 << 15, "lines": 1 << 12}


@frozen
class Text(Extractor):
    """The characters, words or lines of a text, in order: `inputs`, texts of shape (records,).

    Words are runs of letters and digits, or single marks of punctuation; lines lose their ends, and blank ones are left
    out. `vocabulary` numbers them, `shifted` makes windows for language models. Raises `DataError` with the line for
    what cannot be decoded, and for a text without records.
    """

    source: Source = component("sources", converter=as_source, text=as_source)
    unit: Literal["characters", "words", "lines"] = fields.choice("characters", "words", "lines", default="characters")
    encoding: str = field(default="utf-8", validator=check_encoding)
    lowercase: bool = False

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """`inputs`: an array of texts, of shape (records,)."""
        size = records or _NATURAL[self.unit]
        texts = chain.from_iterable(self._texts(part, environment) for part in self.source.parts(environment))
        is_empty = True
        for block in in_blocks(texts, size, len):
            is_empty = False
            yield {"inputs": np.array(block)}
        if is_empty:
            raise DataError(
                self.source.describe(), f"there are no {self.unit} in it", f"a text with {self.unit}", "give another"
            )

    def _texts(self, part: Source, environment: Any) -> Iterator[str]:
        with part.open(environment) as stream:
            texts = decoded(stream, self.encoding, part.describe())
            pieces = map(str.lower, texts) if self.lowercase else texts
            match self.unit:
                case "characters":
                    yield from chain.from_iterable(pieces)
                case "words":
                    for line in _lines(pieces):
                        yield from words(line)
                case "lines":
                    yield from (line for line in _lines(pieces) if line.strip())


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from (line.rstrip("\r") for line in whole)
    if rest:
        yield rest.rstrip("\r")
