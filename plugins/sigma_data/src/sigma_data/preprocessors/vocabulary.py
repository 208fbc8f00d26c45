"""Number what a text is made of, in several sections alike."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from attrs import frozen

from sigma_core.extend import DataError, FittedState, RecordsPreprocessor, Sections, check_known, fields
from sigma_data.preprocessors.categories import check_known as check_class
from sigma_data.preprocessors.categories import places_of


@frozen
class Vocabulary(RecordsPreprocessor):
    """Characters, words or other texts become whole numbers, the same ones in all of the sections.

    What it knows are the texts of the training records: all of them, sorted, or the `size` most frequent. Raises
    `DataError` for a text that it does not know, unless unknown ones have a number.
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
                texts, times = np.unique(block[name], return_counts=True)
                counts.update(dict(zip(texts.tolist(), times.tolist(), strict=True)))
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
        """Whole numbers, int64, of the shapes that the texts had."""
        classes = np.asarray(state["classes"])
        made = dict(sections)
        for name in self._names(sections):
            places, is_known = places_of(sections[name], classes)
            if not self.unknown:
                where = f"preprocessor vocabulary, section {name!r}"
                check_class(sections[name], is_known, state, where, "set unknown = true")
            made[name] = np.where(is_known, places, 0)
        return made

    def _names(self, sections: Sections) -> list[str]:
        names = [name for name in self.sections if name in sections]
        if not names:
            check_known(self.sections, sections, "preprocessor vocabulary")
        return names
