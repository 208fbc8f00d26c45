"""The contracts of preprocessors, and what fitting makes of one."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from sigma_core.data._sections import Array, Sections
from sigma_core.errors import DataError, SigmaError

FittedState = Mapping[str, Any]
"""What fitting found: arrays and plain numbers by name."""

EVERY_SECTION = "*"
"""The key of preprocessors that take all sections at once."""


@frozen
class Preprocessor(ABC):
    """A pure function of one section, with numbers that it learns from the training records alone.

    A component of kind `preprocessors`. Settings are its fields; what it learns is its state, which is kept with the
    data, so that validation, prediction and serving are treated exactly as training was. What becomes of a record does
    not depend on the others: records come in blocks of any size.
    """

    is_for_training_only: ClassVar[bool] = False
    """Whether records to validate on or to predict for are left as they are."""
    takes_missing_values: ClassVar[bool] = False
    """Whether NaN and infinity are its business, as those of what fills them in; else they are refused before it."""

    def fit(self, blocks: Iterable[Array]) -> FittedState:  # noqa: ARG002  # for preprocessors that learn from the data
        """What there is to learn from the training records; nothing unless overridden.

        Blocks have the shape (records, ...) and come once, in order; `joined(blocks)` is all of them, in memory.
        """
        return {}

    def update(self, state: FittedState, blocks: Iterable[Array]) -> FittedState:  # noqa: ARG002  # for running ones
        """What is learnt when further training records come, as to data that grows; nothing unless overridden."""
        return state

    @abstractmethod
    def apply(self, array: Array, state: FittedState) -> Array:
        """The preprocessed records, of shape (records, ...), as many as before; `array` is left as it is."""


@frozen
class RecordsPreprocessor(ABC):
    """A pure function of whole records, all sections at once; a component of kind `preprocessors`.

    It stands under the key `*` and may add and remove sections and records: `preprocess = { "*" = ["filter"] }`.
    """

    is_for_training_only: ClassVar[bool] = False
    """Whether records to validate on or to predict for are left as they are, as those that a filter would drop."""
    takes_missing_values: ClassVar[bool] = False
    """As in `Preprocessor`: whether it may be given NaN and infinity, as what drops such records is."""
    needs_all_records: ClassVar[bool] = False
    """Whether what becomes of a record depends on the others of its part, as in a shuffle: `apply` gets all, at once.

    Without it, records come in blocks of any size, and what becomes of one does not depend on that.
    """

    def fit(self, blocks: Iterable[Sections]) -> FittedState:  # noqa: ARG002  # for preprocessors that learn
        """What there is to learn from the training records, as in `Preprocessor`; nothing unless overridden."""
        return {}

    @abstractmethod
    def apply(self, sections: Sections, state: FittedState) -> Sections:
        """The preprocessed records, aligned; what is given is left as it is.

        Of records to predict for, only the sections of inputs are there.
        """


@frozen(eq=False)
class FittedPreprocessor:
    """A preprocessor with what it has learnt."""

    preprocessor: Preprocessor | RecordsPreprocessor
    state: FittedState = field(converter=dict)

    def apply(self, records: Any) -> Any:
        """The preprocessed records: an array of shape (records, ...), or sections for one that takes all of them."""
        return self.preprocessor.apply(records, self.state)


@contextmanager
def misfits(preprocessor: Any, records: Mapping[str, Any], where: str, *advice: str) -> Iterator[None]:
    """What a preprocessor raises of records that it does not take, as `DataError`: a fault of theirs.

    They are looked at only then, so that the mapping may be filled meanwhile; a section by itself has no name in it.
    """
    try:
        yield
    except SigmaError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        arrays = {name: np.asarray(each) for name, each in records.items()}
        shapes = " and ".join(f"{name} {array.shape} of {array.dtype}".strip() for name, array in arrays.items())
        raise DataError(
            where,
            f"{type(preprocessor).__name__} does not take an array of shape {shapes}: {type(error).__name__}: {error}",
            *advice,
        ) from error
