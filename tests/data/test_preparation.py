"""Data in memory and data on the disk are the same, bit for bit, however the records are read."""

from types import SimpleNamespace

import numpy as np
import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.data import Dataset, InMemory, Preprocessor, RecordsPreprocessor, sliced
from sigma_core.data import _blocks as blocks_module
from sigma_core.data import _preparation as preparation
from sigma_core.environment import Environment
from sigma_core.errors import DataError
from sigma_core.events import TaskProgressed
from sigma_core.testing import message


@frozen
class Stream(Dataset):
    """Numbers and words that come in blocks of any size."""

    count: int = 300
    seed: int = 3
    natural: int = 1000
    fault: str = ""

    def load(self, environment):
        random = np.random.default_rng(self.seed)
        words = np.array(["a", "bb", "cccc"])[random.integers(0, 3, self.count)]
        inputs = random.normal(3, 2, (self.count, 5))
        if self.fault == "nan":
            inputs[self.count // 2 :, 1] = np.nan
        return {"inputs": inputs, "words": words, "targets": np.arange(self.count) % 7}

    def blocks(self, environment, records=None):
        for block in sliced(self.load(environment), records or self.natural):
            # As wide as the words of this block are, as readers of texts give them.
            yield {name: np.array(array.tolist()) if name == "words" else array for name, array in block.items()}
            if self.fault == "sections":
                yield {"inputs": block["inputs"]}

    def fingerprint(self, environment):
        return f"{self.seed}, {self.count}"


@frozen
class Scaled(Preprocessor):
    """Less the mean, in sums of which the last digits depend on how the records are grouped."""

    def fit(self, blocks):
        total, count = 0.0, 0
        for block in blocks:
            total, count = total + block.sum(axis=0), count + len(block)
        return {"mean": total / count}

    def apply(self, array, state):
        return np.exp((array - state["mean"]) / 7)


@frozen
class Codes(Preprocessor):
    """Places of words in their alphabet."""

    def fit(self, blocks):
        return {"words": np.unique(np.concatenate([np.unique(block) for block in blocks]))}

    def apply(self, array, state):
        return np.searchsorted(state["words"], array)


@frozen
class Positive(RecordsPreprocessor):
    """Training records of which the first input is positive."""

    is_for_training_only = True

    def apply(self, sections, state):
        kept = sections["inputs"][:, 0] > 0
        return {name: array[kept] for name, array in sections.items()}


@frozen
class Backwards(RecordsPreprocessor):
    """All records in reverse."""

    needs_all_records = True

    def apply(self, sections, state):
        return {name: array[::-1] for name, array in sections.items()}


@frozen
class Long(Preprocessor):
    """Whether words have several letters; learns nothing, so that one pass will do."""

    def apply(self, array, state):
        return np.char.str_len(array) > 1


CHAINS = {
    "nothing to learn": {"words": (Long(),)},
    "nothing but numbers": {"words": (Codes(),)},
    "sections": {"inputs": (Scaled(), Scaled()), "words": (Codes(),)},
    "records": {"*": (Positive(),), "inputs": (Scaled(),), "words": (Codes(),)},
    "all records": {"inputs": (Scaled(),), "*": (Backwards(), Positive()), "words": (Codes(),)},
}


@pytest.fixture
def environment(tmp_path):
    return SimpleNamespace(paths=SimpleNamespace(cache=tmp_path / "cache"))


def same(one, other):
    """Whether two preparations are equal to the last bit."""
    assert one.sections == other.sections
    assert list(one.validation) == list(other.validation)
    for part in ("training", *one.validation):
        first, second = ({"training": data.training, **data.validation}[part] for data in (one, other))
        assert {name: array.dtype for name, array in first.items()} == {n: array.dtype for n, array in second.items()}
        assert {name: array.tobytes() for name, array in first.items()} == {n: a.tobytes() for n, a in second.items()}
    learnt = [
        {
            (key, name): np.asarray(value).tolist()
            for key, chain in data.preprocessing.items()
            for fitted in chain
            for name, value in fitted.state.items()
        }
        for data in (one, other)
    ]
    assert learnt[0] == learnt[1]


@pytest.mark.parametrize("chains", CHAINS)
@settings(max_examples=4, deadline=None)
@given(
    block=st.sampled_from(["auto", "all"]) | st.integers(1, 400),
    natural=st.integers(1, 400),
    usual=st.integers(1, 9),
    seed=st.integers(0, 9),
)
def test_memory_and_disk_give_the_same(chains, block, natural, usual, seed, tmp_path_factory):
    """Whatever the size of the blocks that are read, and whether the cache has the data already."""
    environment = SimpleNamespace(paths=SimpleNamespace(cache=tmp_path_factory.mktemp("cache")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_module, "_BYTES", usual * 100)
        plain = Stream(split=(0.6, 0.3, 0.1), preprocess=CHAINS[chains], cache="memory")
        expected = plain.prepare(environment, seed, "float32")
        disk = evolve(plain, cache="disk", block=block, natural=natural)
        made = disk.prepare(environment, seed, "float32")
        same(expected, made)
        same(expected, evolve(disk, block="auto").prepare(environment, seed, "float32"))
        same(expected, evolve(plain, block=block).prepare(environment, seed, "float32"))
        whole = evolve(disk, split=None)
        same(evolve(plain, split=None).prepare(environment, seed), whole.prepare(environment, seed))


def test_auto_goes_to_the_disk_when_memory_ends(environment, monkeypatch):
    """Small data stays in memory; what is larger than its share is mapped, and found by the next one."""
    dataset = Stream(split=(0.5, 0.5), preprocess=CHAINS["sections"], natural=50)
    small = dataset.prepare(environment, 1)
    assert not isinstance(small.training["inputs"], np.memmap)
    assert not environment.paths.cache.exists()

    monkeypatch.setattr(preparation, "free_memory", lambda: 4 * 8000)
    large = dataset.prepare(environment, 1)
    assert isinstance(large.training["inputs"], np.memmap)
    same(small, large)
    monkeypatch.setattr(Stream, "load", None)  # it need not read again
    same(small, dataset.prepare(environment, 1))


def test_mapped_data_cannot_be_written(environment):
    """It is everybody's."""
    data = Stream(cache="disk", preprocess=CHAINS["sections"]).prepare(environment, 1)
    with pytest.raises(ValueError, match="read-only"):
        data.training["inputs"][0] = 0


def test_arrays_in_memory_can_be_put_on_the_disk(environment):
    """Under a key of their content; what nobody can tell is kept for as long as it is used."""
    arrays = {"inputs": np.arange(10.0)}
    data = InMemory(arrays, cache="disk").prepare(environment, 1)
    assert isinstance(data.training["inputs"], np.memmap)
    same(InMemory(arrays).prepare(environment, 1), data)

    class Local(InMemory):
        """A class of which another process knows nothing."""

    folder = environment.paths.cache / "data"
    private = Local(arrays, cache="disk").prepare(environment, 1)
    assert [path.name.partition("-")[0] for path in folder.iterdir() if path.name.startswith("private")] == ["private"]
    view = private.training["inputs"][3:]
    del private
    assert list(view) == [3, 4, 5, 6, 7, 8, 9]
    del view
    assert not [path for path in folder.iterdir() if "private" in path.name]


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_a_dtype_is_that_of_floats(cache, environment):
    """Cast on their way; what it cannot hold is an error."""
    sections = {"inputs": np.array([1.0, 2.0]), "targets": np.array([0, 1])}
    data = InMemory(sections, cache=cache).prepare(environment, 1, "float32")
    assert {name: str(dtype) for name, dtype in data.dtypes.items()} == {"inputs": "float32", "targets": "int64"}
    with pytest.raises(DataError) as caught:
        InMemory({"inputs": np.array([1.0, 1e300])}, cache=cache).prepare(environment, 1, "float32")
    assert message(caught.value) == (
        "training data, section 'inputs': it holds 1e+300, which is too large for float32\n"
        "  expected: numbers up to 3.403e+38\n"
        "  to do:    scale them, as normalise does, or train in float64"
    )


@frozen
class Unsteady(Preprocessor):
    """Halves where all are even, and so of a dtype that depends on the block."""

    def apply(self, array, state):
        return array // 2 if (array % 2 == 0).all() else array / 2


@frozen
class Nobody(RecordsPreprocessor):
    """Drops every record."""

    def apply(self, sections, state):
        return {name: array[:0] for name, array in sections.items()}


@frozen
class Numbers(Preprocessor):
    """For numbers alone, as those that count on arrays being of them."""

    learns: bool

    def fit(self, blocks):
        return {"sum": sum(self.apply(block, {}).sum() for block in blocks)} if self.learns else {}

    def apply(self, array, state):
        if array.dtype.kind == "U":
            raise TypeError("no number")
        return array


@frozen
class NumbersOfAll(RecordsPreprocessor):
    """The same of all sections."""

    def apply(self, sections, state):
        return {name: Numbers(learns=False).apply(array, {}) for name, array in sections.items()}


TAKEN = (
    "  expected: records that it takes\n"
    "  to do:    have what stands before it make such records, as categories makes numbers of texts, or leave it out"
)


@pytest.mark.parametrize("cache", ["memory", "disk"])
@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (
            Stream(fault="nan", natural=40, preprocess={"words": (Codes(),)}),
            (
                "dataset Stream: section 'inputs' is not finite in 150 of 300 records; "
                "the first is record 150, column 1: nan\n"
                "  expected: finite numbers\n"
                "  to do:    leave those records out or fill the values in before training"
            ),
        ),
        (
            Stream(fault="sections", natural=40, preprocess={"words": (Long(),)}),
            (
                "dataset Stream: a block has the sections inputs, and others have inputs, words, targets\n"
                "  expected: the same sections in each block"
            ),
        ),
        (Stream(count=0), "dataset Stream: it has no records\n  expected: at least one record"),
        (
            Stream(preprocess={"words": (Codes(),), "targets": (Unsteady(),)}),
            (
                "dataset Stream, training after preprocessing: section 'targets' holds int64 of shape () up to "
                "record 0, and from there float64 of shape ()\n"
                "  expected: one shape and dtype\n"
                "  to do:    have the extractor and the preprocessors give the same for every block"
            ),
        ),
        (
            Stream(preprocess={"*": (Nobody(),), "words": (Codes(),)}),
            (
                "dataset Stream, training, Codes: no record is left to learn from\n"
                "  expected: at least one training record\n"
                "  to do:    have what comes before drop fewer records"
            ),
        ),
        *(
            (
                Stream(count=2, preprocess={"words": (Numbers(learns),)}),
                (
                    "dataset Stream, preprocess.words: Numbers does not take an array of shape (1,) of <U4: "
                    f"TypeError: no number\n{TAKEN}"
                ),
            )
            for learns in (True, False)
        ),
        (
            Stream(count=2, preprocess={"*": (NumbersOfAll(),)}),
            (
                "dataset Stream, preprocess.*: NumbersOfAll does not take an array of shape inputs (1, 5) of float64 "
                f"and words (1,) of <U4 and targets (1,) of int64: TypeError: no number\n{TAKEN}"
            ),
        ),
        (
            Stream(preprocess={"*": (Nobody(),)}),
            "dataset Stream, training after preprocessing: it has no records\n  expected: at least one record",
        ),
    ],
)
def test_bad_records_are_refused_alike(dataset, expected, cache, environment, monkeypatch):
    """In memory and on the disk, which is left as it was."""
    monkeypatch.setattr(blocks_module, "_BYTES", 8)
    with pytest.raises(DataError) as caught:
        evolve(dataset, cache=cache).prepare(environment, 1)
    assert message(caught.value) == expected
    folder = environment.paths.cache / "data"
    assert cache == "memory" or {path.name for path in folder.iterdir()} <= {"locks", "users"}


def test_objects_do_not_go_to_the_disk(environment):
    """Texts that are held as objects do."""
    words = np.array(["one", "seven"], object)
    chains = {"inputs": (Codes(),)}
    same(
        InMemory({"inputs": words}, preprocess=chains).prepare(environment, 1),
        InMemory({"inputs": words}, preprocess=chains, cache="disk").prepare(environment, 1),
    )
    with pytest.raises(DataError) as caught:
        InMemory({"inputs": np.array([{}, {}])}, cache="disk").prepare(environment, 1)
    assert message(caught.value) == (
        "section 'inputs': it holds Python objects, such as one of type dict\n"
        "  expected: numbers or texts, where records do not fit into memory\n"
        '  to do:    have the extractor give arrays of numbers, or set cache = "memory"'
    )


def test_a_block_has_records():
    """Or it is auto, or all."""
    with pytest.raises(ValueError, match="0 is no number of records: at least one, or auto, or all"):
        Stream(block=0)


def test_what_goes_to_the_disk_says_how_far_it_has_come(tmp_path, monkeypatch):
    """As tasks; small data says nothing."""
    monkeypatch.setenv("SIGMA_CACHE", str(tmp_path))
    with Environment() as environment:
        heard = environment.bus.subscribe("test", [TaskProgressed])
        chains = {"words": (Codes(),)}
        Stream(preprocess=chains).prepare(environment, 0)
        assert heard.drain() == []
        Stream(preprocess=chains, cache="disk", natural=50).prepare(environment, 0)
    assert {event.name: (event.done, event.total, event.unit, event.state) for event in heard.drain()} == {
        "reading dataset Stream": (300, None, "records", "done"),
        "preparing dataset Stream": (300, 300, "records", "done"),
    }
