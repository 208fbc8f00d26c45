"""Bring sequences to one length, and say where they are."""

from collections.abc import Iterable
from typing import Literal

from attrs import frozen

from sigma_core.extend import FittedState, RecordsPreprocessor, Sections, check_known, fields, pad_sequences


@frozen
class Pad(RecordsPreprocessor):
    """Sequences of unequal lengths as one array, with a mask as a further section: `Pad(length=100)`.

    The section holds sequences, (time, ...) each, as objects, or one array, (records, time, ...). It becomes (records,
    length, ...), the mask (records, length), true where there is a step. Raises `DataError` for a sequence that is too
    long or empty, unless it is cut.
    """

    length: int | None = fields.integer(default=None, at_least=1)
    """Steps of each; without it, as many as the longest training record has."""
    section: str = "inputs"
    mask: str = "mask"
    """What the section of the mask is called."""
    value: float = fields.number(default=0)
    """What stands where there is no step."""
    longer: Literal["error", "cut"] = fields.choice("error", "cut", default="error")
    """What becomes of sequences that are longer: an error, or what is behind `length` steps is cut off."""

    def fit(self, blocks: Iterable[Sections]) -> FittedState:
        """`length`: that of the longest training record, unless it is given."""
        if self.length is not None:
            return {"length": self.length}
        return {"length": max(max(map(len, block[self._known(block)]), default=1) for block in blocks)}

    def apply(self, sections: Sections, state: FittedState) -> Sections:
        """The sections with the padded one and its mask."""
        length = int(state["length"])
        sequences = list(sections[self._known(sections)])
        if self.longer == "cut":
            sequences = [sequence[:length] for sequence in sequences]
        padded, mask = pad_sequences(sequences, length=length, value=self.value)
        return {**sections, self.section: padded, self.mask: mask}

    def _known(self, sections: Sections) -> str:
        check_known([self.section], sections, "preprocessor pad")
        return self.section
