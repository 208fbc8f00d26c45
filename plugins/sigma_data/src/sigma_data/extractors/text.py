"""Text: a record for each character, word or line."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO, Literal

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import DataError, Extractor, Sections, Source, component, fields
from sigma_data._words import words
from sigma_data.extractors._text_blocks import in_blocks
from sigma_data.sources import as_source

_PIECE = 1 << 16
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
    encoding: str = field(default="utf-8")
    lowercase: bool = False

    @encoding.validator
    def _check_encoding(self, attribute: "Attribute[str]", value: str) -> None:
        try:
            codecs.lookup(value)
        except (LookupError, TypeError):
            raise fields.refusal(self, attribute, value, "an encoding, such as utf-8, utf-16 or latin-1") from None

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
            pieces = self._decoded(stream, part.describe())
            match self.unit:
                case "characters":
                    yield from chain.from_iterable(pieces)
                case "words":
                    for line in _lines(pieces):
                        yield from words(line)
                case "lines":
                    yield from (line for line in _lines(pieces) if line.strip())

    def _decoded(self, stream: BinaryIO, where: str) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)()
        line = 1
        while True:
            piece = stream.read(_PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeError as error:
                before = error.object[: error.start].count(b"\n") if isinstance(error, UnicodeDecodeError) else 0
                raise DataError(
                    f"{where}, line {line + before}",
                    f"it is no {self.encoding}: {getattr(error, 'reason', error)}",
                    f"text in {self.encoding}",
                    'name its encoding, such as encoding = "latin-1"',
                ) from error
            line += text.count("\n")
            if text:
                yield text.lower() if self.lowercase else text
            if not piece:
                return


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from (line.rstrip("\r") for line in whole)
    if rest:
        yield rest.rstrip("\r")
