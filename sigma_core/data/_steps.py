"""Preprocessing as a stream: fitted step by step, applied block by block."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from sigma_core.data._blocks import joined_sections, regular, sliced, usual_records
from sigma_core.data._preprocessor import (
    EVERY_SECTION,
    FittedPreprocessor,
    FittedState,
    Preprocessor,
    RecordsPreprocessor,
    misfits,
)
from sigma_core.data._sections import Array, Sections, check_aligned, check_known, records_of
from sigma_core.errors import DataError

_TAKEN = (
    "records that it takes",
    "have what stands before it make such records, as categories makes numbers of texts, or leave it out",
)
Chains = Mapping[str, tuple[Preprocessor | RecordsPreprocessor, ...]]
Fitted = Mapping[str, tuple[FittedPreprocessor, ...]]
Stream = Callable[[Iterable[str] | None], Iterator[Sections]]
"""Some or all sections of the training records, in order; each call begins anew."""


@frozen(eq=False)
class Steps:
    """Fitted preprocessors in the order in which they are applied."""

    where: str
    steps: tuple[tuple[str, FittedPreprocessor], ...] = ()

    @classmethod
    def fitted(cls, chains: Chains, stream: Stream, where: str, sample: Sections | None = None) -> "Steps":
        """Each learns from what those before it make of the training records, of which `sample` are the first.

        Raises `DataError` for sections that there are not, and preprocessors under a key that is not for them.
        """
        done = cls(where)
        for key, chain in chains.items():
            for preprocessor in chain:
                done._check_place(key, preprocessor, stream if sample is None else lambda _: iter([sample]))
                state: FittedState = {}
                if type(preprocessor).fit not in (Preprocessor.fit, RecordsPreprocessor.fit):
                    blocks = _some(
                        done.applied(stream(done.sources(key)), is_training=True, only=key), preprocessor, where
                    )
                    newest: dict[str, Array] = {}
                    seen: Any = _seen(key, blocks, newest)
                    with misfits(preprocessor, newest, f"{where}, preprocess.{key}", *_TAKEN):
                        state = preprocessor.fit(seen)
                done = Steps(where, (*done.steps, (key, FittedPreprocessor(preprocessor, state))))
        return done

    @classmethod
    def of(cls, fitted: Fitted, where: str) -> "Steps":
        """The steps that data has kept."""
        return cls(where, tuple((key, one) for key, chain in fitted.items() for one in chain))

    def updated(self, stream: Stream) -> "Steps":
        """The same after further training records, of which each step sees what those before it make of them by now."""
        done = Steps(self.where)
        for key, one in self.steps:
            preprocessor = one.preprocessor
            if isinstance(preprocessor, Preprocessor) and type(preprocessor).update is not Preprocessor.update:
                blocks = done.applied(stream(done.sources(key)), is_training=True, only=key)
                learnt = FittedPreprocessor(
                    preprocessor, preprocessor.update(one.state, (each[key] for each in blocks))
                )
            else:
                learnt = one
            done = Steps(self.where, (*done.steps, (key, learnt)))
        return done

    @property
    def by_key(self) -> Fitted:
        """The same, as data keeps them."""
        found: dict[str, tuple[FittedPreprocessor, ...]] = {}
        for key, one in self.steps:
            found[key] = (*found.get(key, ()), one)
        return found

    @property
    def mixes_sections(self) -> bool:
        """Whether some take all sections at once."""
        return any(key == EVERY_SECTION for key, _ in self.steps)

    def sources(self, section: str) -> Iterable[str] | None:
        """The raw sections that one is made of; None: all of them."""
        return None if section == EVERY_SECTION or self.mixes_sections else (section,)

    def touches(self, section: str) -> bool:
        """Whether a raw section becomes another."""
        return any(key in (section, EVERY_SECTION) for key, _ in self.steps)

    def applied(self, blocks: Iterable[Sections], *, is_training: bool, only: str | None = None) -> Iterator[Sections]:
        """What becomes of records; none of the blocks is empty.

        The steps see blocks of the usual size, so that numbers do not depend on how the data was read or is kept.
        With `only`, blocks hold what that section is made of.
        """
        made = regular(blocks)
        for key, one in self.steps:
            if one.preprocessor.is_for_training_only and not is_training:
                continue
            if key == EVERY_SECTION:
                made = self._whole(one, made)
            elif only in (None, EVERY_SECTION, key) or self.mixes_sections:
                made = self._one(key, one, made)
        return made

    def single(self, section: str, array: Array) -> Array:
        """What becomes of training records of one section, where none takes all sections."""
        for key, one in self.steps:
            array = self._applied(key, one, array) if key == section else array
        return array

    def _whole(self, one: FittedPreprocessor, blocks: Iterator[Sections]) -> Iterator[Sections]:
        preprocessor: Any = one.preprocessor
        if preprocessor.needs_all_records:
            everything = joined_sections(blocks)
            made = self._applied(EVERY_SECTION, one, everything) if everything else {}
            yield from sliced(made, usual_records(made)) if made and records_of(made) else ()
            return
        for block in blocks:
            made = self._applied(EVERY_SECTION, one, block)
            if made and records_of(made):
                check_aligned(made, f"{self.where}, after {type(preprocessor).__name__}")
                yield made

    def _one(self, key: str, one: FittedPreprocessor, blocks: Iterator[Sections]) -> Iterator[Sections]:
        return ({**block, key: self._applied(key, one, block[key])} for block in blocks)

    def _applied(self, key: str, one: FittedPreprocessor, records: Any) -> Any:
        given = records if key == EVERY_SECTION else {"": records}
        with misfits(one.preprocessor, given, f"{self.where}, preprocess.{key}", *_TAKEN):
            return one.apply(records)

    def _check_place(self, key: str, preprocessor: Any, stream: Stream) -> None:
        place = f"{self.where}, preprocess"
        if key == EVERY_SECTION:
            if not isinstance(preprocessor, RecordsPreprocessor):
                raise _misplaced(f'{place}."*"', preprocessor, RecordsPreprocessor, "of all sections at once")
            return
        blocks = self.applied(stream(None), is_training=True) if self.mixes_sections else stream(None)
        check_known([key], next(_some(blocks, preprocessor, self.where)), place)
        if not isinstance(preprocessor, Preprocessor):
            raise _misplaced(f"{place}.{key}", preprocessor, Preprocessor, "of one section")


def _seen(key: str, blocks: Iterator[Sections], newest: dict[str, Array]) -> Iterator[Any]:
    """What a preprocessor learns from, the newest of it kept where errors look it up."""
    for block in blocks:
        newest.update(block if key == EVERY_SECTION else {"": block[key]})
        yield block if key == EVERY_SECTION else block[key]


def _some(blocks: Iterator[Sections], preprocessor: Any, where: str) -> Iterator[Sections]:
    """The blocks; raises DataError if there are none."""
    is_empty = True
    for block in blocks:
        is_empty = False
        yield block
    if is_empty:
        raise DataError(
            f"{where}, training, {type(preprocessor).__name__}",
            "no record is left to learn from",
            "at least one training record",
            "have what comes before drop fewer records",
        )


def _misplaced(where: str, preprocessor: Any, kind: type, what: str) -> DataError:
    return DataError(
        where,
        f"{type(preprocessor).__name__} is no {kind.__name__}",
        f"preprocessors {what}",
        "put those of all sections under the key *, those of one under its name",
    )
