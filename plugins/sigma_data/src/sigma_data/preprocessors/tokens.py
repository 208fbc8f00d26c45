"""Cut texts into what they are made of."""

from typing import Literal

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, FittedState, Preprocessor, fields
from sigma_data._words import words


@frozen
class Tokens(Preprocessor):
    """Texts, (records,), become sequences of their words or characters: `Tokens(lowercase=True, most=200)`.

    Each record is an array of texts of its own length, which `vocabulary` numbers and `pad` brings to one length.
    Words are runs of letters and digits, or single marks of punctuation. Raises `DataError` for what is no text, and
    for a text in which there is no word or character.
    """

    unit: Literal["words", "characters"] = fields.choice("words", "characters", default="words")
    lowercase: bool = False
    most: int | None = fields.integer(default=None, at_least=1)
    """What is behind so many of them is left out."""

    def apply(self, array: Array, state: FittedState) -> Array:
        """An array of objects, (records,), each an array of texts."""
        if array.ndim != 1 or array.dtype.kind not in "UO":
            raise DataError(
                "preprocessor tokens",
                f"it gets {array.dtype} of shape {array.shape}",
                "texts, of shape (records,)",
                "put it under the name of a section of texts",
            )
        made = np.empty(len(array), object)
        # Each word is in memory once, however often it occurs.
        known: dict[str, str] = {}
        for record, text in enumerate(array.tolist()):
            tokens = self._tokens(text) if isinstance(text, str) else []
            if not tokens:
                raise DataError(
                    "preprocessor tokens",
                    f"record {record} is {text!r}"[:120],
                    f"a text with {self.unit}",
                    "leave such records out of the data",
                )
            made[record] = np.array([known.setdefault(token, token) for token in tokens], object)
        return made

    def _tokens(self, text: str) -> list[str]:
        # Arrays of texts, such as a vocabulary, drop NUL at their ends.
        text = text.replace("\0", "")
        text = text.lower() if self.lowercase else text
        return (words(text) if self.unit == "words" else list(text))[: self.most]
