"""Number what a text is made of, in several sections alike."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, FittedState, RecordsPreprocessor, Sections, check_known, fields
from sigma_data.preprocessors.categories import check_known as check_class
from sigma_data.preprocessors.categories import no_class, places_of

_REMEDY = "set unknown = true"


@frozen
class Vocabulary(RecordsPreprocessor):
    """Characters, words or other texts become whole numbers, the same ones in all of the sections.

    A section holds texts, (records, ...), or sequences of them, an object each, as `tokens` makes them. What it knows
    are the texts of the training records: all of them, sorted, or the `size` most frequent. Raises `DataError` for a
    text that it does not know, unless unknown ones have a number.
    """

    sections: tuple[str, ...] = fields.texts(default=("inputs", "targets"))
    """Those of them that are there have one vocabulary together."""
    size: int | None = fields.integer(default=None, at_least=1)
    """At most so many texts; the others are unknown."""
    unknown: bool = False
    """Whether 0 stands for what is unknown, and numbers begin at 1; needed where there is a size."""

    def fit(self, blocks: Iterable[Sections]) -> FittedState:
        """`classes`: an array of the texts, in the order of their numbers, an empty text for what is unknown."""
        counts: Counter[str] = Counter()
        for block in blocks:
            for name in self._names(block):
                counts.update(_counted(block[name]))
        if self.size is not None and len(counts) > self.size:
            if not self.unknown:
                raise DataError(
                    "preprocessor vocabulary",
                    f"there are {len(counts)} texts for a vocabulary of {self.size}",
                    "a number for those that are left out",
                    "set unknown = true, or leave out the size",
                )
            # Of those that are as frequent, the first in order.
            chosen = sorted(counts, key=lambda text: (-counts[text], text))[: self.size]
        else:
            chosen = list(counts)
        return {"classes": np.array([*([""] if self.unknown else []), *sorted(chosen)])}

    def apply(self, sections: Sections, state: FittedState) -> Sections:
        """Whole numbers, int64, of the shapes that the texts had; sequences stay sequences."""
        made = dict(sections)
        for name in self._names(sections):
            where = f"preprocessor vocabulary, section {name!r}"
            numbered = self._sequences if _holds_sequences(sections[name]) else self._texts
            made[name] = numbered(sections[name], state, where)
        return made

    def _texts(self, texts: Array, state: FittedState, where: str) -> Array:
        places, is_known = places_of(texts, np.asarray(state["classes"]))
        if not self.unknown:
            check_class(texts, is_known, state, where, _REMEDY)
        return np.where(is_known, places, 0)

    def _sequences(self, sequences: Array, state: FittedState, where: str) -> Array:
        numbers = {text: number for number, text in enumerate(np.asarray(state["classes"]).tolist())}
        made = np.empty(len(sequences), object)
        for record, sequence in enumerate(sequences):
            try:
                places = [numbers.get(text, 0) if self.unknown else numbers[text] for text in sequence]
            except KeyError as error:
                raise no_class(record, *error.args, state, where, _REMEDY) from None
            made[record] = np.array(places, np.int64)
        return made

    def _names(self, sections: Sections) -> list[str]:
        names = [name for name in self.sections if name in sections]
        if not names:
            check_known(self.sections, sections, "preprocessor vocabulary")
        return names


def _holds_sequences(array: Array) -> bool:
    """Whether records are sequences of texts, of unequal lengths; columns of tables are objects that are texts."""
    return array.dtype.kind == "O" and array.ndim == 1 and not isinstance(next(iter(array), ""), str)


def _counted(array: Array) -> Counter[str]:
    if _holds_sequences(array):
        return Counter(chain.from_iterable(array))
    texts, times = np.unique(array, return_counts=True)
    return Counter(dict(zip(texts.tolist(), times.tolist(), strict=True)))
