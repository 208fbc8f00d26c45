"""Datasets that are downloaded, from small files of their format that are made here."""

import errno
import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sigma_data import MNIST, Connect4, HeartDisease, TextCorpus, Vocabulary
from sigma_data.datasets import text_corpus

SHAKESPEARE = Path(__file__).parents[4] / "shared" / "data" / "text" / "tinyshakespeare.txt"
TEXT = "to be, or not to be\n" * 9
DATASETS = {"connect_4": Connect4, "heart_disease": HeartDisease}
ORIGINALS = {"connect_4": "connect-4.data", "heart_disease": "processed.cleveland.data"}


def test_positions_are_boards(tmp_path, environment, published):
    """The file has columns from the left, and in them cells from the bottom; boards have rows from the top."""
    path = published(tmp_path, "connect_4", 1)
    cells = ["b"] * 42
    cells[0], cells[6], cells[7], cells[41] = "x", "o", "x", "o"  # a1, b1, b2, g6
    path.write_text(",".join([*cells, "draw"]))
    sections = Connect4(str(tmp_path), flatten=False).load(environment)
    expected = np.full((6, 7), 2)
    expected[5, 0], expected[5, 1], expected[4, 1], expected[0, 6] = 0, 1, 0, 1
    np.testing.assert_array_equal(sections["inputs"][0].argmax(axis=2), expected)
    assert (sections["inputs"].shape, sections["inputs"].sum()) == ((1, 6, 7, 3), 42)
    assert sections["targets"].tolist() == [1]
    flat = Connect4(str(tmp_path)).load(environment)["inputs"]
    np.testing.assert_array_equal(flat, sections["inputs"].reshape(1, 126))


def test_outcomes_are_numbered_from_the_worst(tmp_path, environment, published):
    """0 loss, 1 draw, 2 win."""
    path = published(tmp_path, "connect_4", 60)
    words = [row.rpartition(",")[2] for row in path.read_text().split()]
    targets = Connect4(str(tmp_path)).load(environment)["targets"]
    assert targets.tolist() == [["loss", "draw", "win"].index(word) for word in words]
    assert set(targets) == {0, 1, 2}


def test_measures_that_are_missing_are_filled_in(tmp_path, environment, published):
    """By the median, before they are standardised; or they stay, or their patients are left out."""
    published(tmp_path, "heart_disease", 303)
    raw = HeartDisease(str(tmp_path)).load(environment)
    assert raw["inputs"].shape == (303, 13)
    assert (raw["inputs"].dtype, raw["targets"].dtype) == (np.float32, np.int64)
    assert np.argwhere(np.isnan(raw["inputs"])).tolist() == [[row, 12] for row in range(0, 303, 50)]
    data = HeartDisease(str(tmp_path)).prepare(environment, 1)
    np.testing.assert_allclose(data.training["inputs"][:, :12].std(axis=0), 1, atol=1e-5)
    assert len(HeartDisease(str(tmp_path), drop_missing=True).load(environment)["targets"]) == 296


def test_the_disease_has_degrees(tmp_path, environment, published):
    """0 to 4, of which all but 0 are a disease."""
    published(tmp_path, "heart_disease", 303)
    degrees = HeartDisease(str(tmp_path), degrees=True).load(environment)["targets"]
    assert set(degrees) == {0, 1, 2, 3, 4}
    assert HeartDisease(str(tmp_path)).load(environment)["targets"].tolist() == (degrees > 0).astype(int).tolist()


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("form", ["plain", ".Z", "zip", "cache"])
def test_the_file_is_found_as_it_is_published(tmp_path, environment, published, compressed, name, form):
    """Compressed, in its archive, in a folder or in the cache."""
    folder = environment.paths.cache / name if form == "cache" else tmp_path
    path = published(folder, name, 20)
    expected = DATASETS[name](str(folder)).load(environment)
    if form == ".Z":
        path.write_bytes(compressed(path.read_bytes()))
        if name == "connect_4":
            path.rename(path.with_name("connect-4.data.Z"))
    if form == "zip":
        with zipfile.ZipFile(tmp_path / f"{name.replace('_', '+')}.zip", "w") as archive:
            archive.writestr("Index", "of files")
            content = path.read_bytes()
            is_packed = name == "connect_4"
            archive.writestr(path.name + (".Z" if is_packed else ""), compressed(content) if is_packed else content)
        path.unlink()
    found = DATASETS[name]("" if form == "cache" else str(tmp_path)).load(environment)
    for section, array in expected.items():
        np.testing.assert_array_equal(found[section], array)


@pytest.mark.parametrize("name", DATASETS)
def test_the_file_is_fetched_once(tmp_path, environment, published, server, name):
    """From the first mirror that has it; then it is in the cache."""
    path = published(tmp_path / "published", name, 20)
    server.files[f"/second/{path.name}"] = path.read_bytes()
    mirrors = tuple(f"{server.address}/{place}" for place in ("first/a.zip!b", f"second/{path.name}"))
    fetched = DATASETS[name](download=True, mirrors=mirrors).load(environment)
    again = DATASETS[name]().load(environment)
    np.testing.assert_array_equal(fetched["targets"], again["targets"])
    assert server.asked.count(f"/second/{path.name}") == 1
    assert (environment.paths.cache / name / path.name).read_bytes() == path.read_bytes()


def test_a_missing_file_is_told_with_what_to_do(tmp_path, environment, refused):
    """Where it was looked for, and how to get it."""
    cache = environment.paths.cache
    assert refused(Connect4(str(tmp_path)).load, environment) == (
        "DataError",
        (
            "dataset Connect4: neither connect-4.data nor connect-4.data.Z nor connect+4.zip nor connect-4.zip is "
            f"in '{tmp_path}' nor in '{cache / 'connect_4'}'\n"
            "  expected: the published positions\n"
            "  to do:    set path to the folder that holds it, or download = true to fetch it"
        ),
    )
    assert refused(HeartDisease().load, environment) == (
        "DataError",
        (
            "dataset HeartDisease: neither processed.cleveland.data nor heart+disease.zip nor heart-disease.zip is "
            f"in '{cache / 'heart_disease'}'\n"
            "  expected: the patients of Cleveland\n"
            "  to do:    set path to the folder that holds it, or download = true to fetch it"
        ),
    )
    assert refused(TextCorpus().load, environment) == (
        "DataError",
        (
            f"dataset TextCorpus: neither tinyshakespeare.txt nor input.txt is in '{cache / 'text_corpus'}'\n"
            "  expected: a text\n"
            "  to do:    set source to a text, or download = true to fetch Tiny Shakespeare"
        ),
    )


@pytest.mark.parametrize("dataset", [Connect4, HeartDisease, MNIST])
def test_folders_that_cannot_be(environment, refused, dataset):
    """A home of nobody, a name that is too long for any system."""
    name = dataset.__name__
    assert refused(dataset("~nobody-of-this-name/a").load, environment) == (
        "DataError",
        (
            f"dataset {name}, path '~nobody-of-this-name/a': there is no such home folder\n"
            "  expected: the path of a file\n"
            "  to do:    write it in full"
        ),
    )
    assert dataset("~nobody-of-this-name/a").fingerprint(environment) is None
    path = "a" * 5000
    kind, message = refused(dataset(path).load, environment)
    assert (kind, message) == (
        "StorageError",
        (
            f"dataset {name}: folder '{path}' cannot be looked into: {os.strerror(errno.ENAMETOOLONG)}\n"
            "  expected: a folder that can be read"
        ),
    )


@pytest.mark.parametrize(("name", "count"), [("connect_4", "67,557"), ("heart_disease", "303")])
def test_a_file_that_is_cut_short_is_refused(tmp_path, environment, published, refused, name, count):
    """At the end of a row, which no parser would notice."""
    path = published(tmp_path, name, 20, is_whole=False)
    assert refused(DATASETS[name](str(tmp_path)).load, environment) == (
        "DataError",
        (
            f"file '{path}': it has 20 records\n"
            f"  expected: the {count} that were published\n"
            "  to do:    copy or download it again; files of your own are read by the dataset `extracted`"
        ),
    )


def test_what_is_no_position_is_refused(tmp_path, environment, published, refused):
    """With its line."""
    path = published(tmp_path, "connect_4", 3)
    path.write_text(path.read_text().replace("win", "victory").replace("loss", "victory").replace("draw", "victory"))
    kind, message = refused(Connect4(str(tmp_path)).load, environment)
    assert (kind, message) == (
        "DataError",
        f"file '{path}', line 1: 'victory' in column 42 is no category\n  expected: one of draw, loss, win",
    )


@pytest.mark.parametrize("name", DATASETS)
def test_the_content_tells_data_in_the_cache_from_other_data(tmp_path, environment, published, name):
    """A file that is changed is other data; one that is not there tells nothing."""
    dataset = DATASETS[name](str(tmp_path))
    assert dataset.fingerprint(environment) is None
    path = published(tmp_path, name, 20)
    mark = dataset.fingerprint(environment)
    assert mark == dataset.fingerprint(environment) is not None
    path.write_text(path.read_text() + "\n")
    assert dataset.fingerprint(environment) != mark


def test_a_text_is_windows_and_what_follows(environment):
    """Of characters or words, as whole numbers alike in both."""
    data = TextCorpus(TEXT.encode(), length=8).prepare(environment, 0)
    (vocabulary,) = data.preprocessing["*"]
    letters = vocabulary.state["classes"][data.training["inputs"]]
    assert "".join(letters.ravel()) == TEXT[: letters.size]
    assert "".join(vocabulary.state["classes"][data.training["targets"]].ravel()) == TEXT[1 : letters.size + 1]
    raw = TextCorpus(TEXT.encode(), "words", 3, preprocess={}).load(environment)
    assert raw["inputs"][:2].tolist() == [["to", "be", ","], ["or", "not", "to"]]
    assert raw["targets"][:2].tolist() == [["be", ",", "or"], ["not", "to", "be"]]


def test_what_the_training_part_does_not_have_is_unknown(environment):
    """The end of the text validates; its letters may be new."""
    data = TextCorpus(b"ab" * 20 + b"cd", length=2, split=(0.5, 0.5), shuffle=False).prepare(environment, 0)
    assert set(data.training["inputs"].ravel()) == {1, 2}
    assert set(data.validation["validation"]["targets"].ravel()) == {0, 1, 2}


def test_words_may_be_fewer(environment):
    """By a vocabulary of one's own."""
    own = {"*": Vocabulary(size=2, unknown=True)}
    data = TextCorpus(TEXT.encode(), "words", 4, lowercase=True, preprocess=own).prepare(environment, 0)
    assert data.preprocessing["*"][0].state["classes"].tolist() == ["", "be", "to"]


def test_tiny_shakespeare_is_fetched_and_checked(environment, server, monkeypatch):
    """Once; another text in its place is refused by its sum."""
    content = TEXT.encode()
    server.files["/input.txt"] = content
    monkeypatch.setattr(text_corpus, "SHA256", hashlib.sha256(content).hexdigest())
    corpus = TextCorpus(length=8, download=True, mirrors=(f"{server.address}/input.txt",))
    assert corpus.fingerprint(environment) is None
    assert len(corpus.load(environment)["inputs"]) == len(corpus.load(environment)["targets"]) == 22
    assert server.asked == ["/input.txt"]
    assert corpus.fingerprint(environment) is not None


@pytest.mark.skipif(not SHAKESPEARE.is_file(), reason="no shared/data/text beside the repository")
def test_the_sum_is_that_of_the_real_text(environment):
    """And the number of its characters that of the docstring."""
    content = SHAKESPEARE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == text_corpus.SHA256
    assert len(content) == 1_115_394
    data = TextCorpus(SHAKESPEARE, split=(0.9, 0.1), shuffle=False).prepare(environment, 0)
    assert (data.records, len(data.validation["validation"]["inputs"])) == (15_685, 1_743)
    assert len(data.preprocessing["*"][0].state["classes"]) == 66
