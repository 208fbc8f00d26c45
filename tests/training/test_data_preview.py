"""The first records of a recipe's data, as they can be looked at."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.data import picture_form, pixels
from sigma_core.errors import DataError
from sigma_core.extend import data_preview

NETWORK = [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}]


def recipe(dataset):
    """With that data; the network plays no part."""
    return {"seed": 1, "stop": "1 epochs", "dataset": dataset, "optimiser": "adam", "network": NETWORK}


def test_images_are_pictures_and_classes_are_labels():
    found = data_preview(recipe({"use": "digits", "split": [0.8, 0.2]}), 3)
    assert {name: part["records"] for name, part in found.description.items()} == {"training": 1438, "validation": 359}
    assert sum(found.description["training"]["sections"]["targets"]["classes"].values()) == 1438
    inputs, targets = (found.records["training"][name] for name in ("inputs", "targets"))
    assert (inputs.kind, targets.kind) == ("pictures", "labels")
    assert [image.shape for image in inputs.records] == [(8, 8, 1)] * 3
    assert {image.dtype for image in inputs.records} == {np.dtype(np.uint8)}
    assert all(label in "0123456789" for label in targets.records)
    assert len(found.records["validation"]["inputs"].records) == 3


def test_tables_are_numbers():
    found = data_preview(recipe({"use": "iris"}), 2)
    inputs = found.records["training"]["inputs"]
    assert inputs.kind == "numbers"
    assert [len(row.split()) for row in inputs.records] == [4, 4]
    assert [float(value) for value in inputs.records[0].split()]


def test_texts_that_a_vocabulary_numbers_can_be_read(tmp_path):
    (tmp_path / "text.txt").write_text("to be or not to be, that is the question", "utf-8")
    settings = {"use": "text_corpus", "source": str(tmp_path / "text.txt"), "length": 8, "shuffle": False}
    found = data_preview(recipe(settings), 1)
    sections = found.records["training"]
    assert {name: section.kind for name, section in sections.items()} == {"inputs": "texts", "targets": "texts"}
    assert sections["inputs"].records == ("to be or",)
    assert sections["targets"].records == ("o be or ",)
    words = data_preview(recipe({**settings, "unit": "words", "length": 3}), 1).records["training"]
    assert words["inputs"].records[0].startswith("to be or")


def test_classes_have_their_names(tmp_path):
    (tmp_path / "table.csv").write_text("a,b,kind\n1,2,cat\n3,4,dog\n5,6,cat\n", "utf-8")
    extractor = {"use": "csv", "source": str(tmp_path / "table.csv"), "header": True}
    extractor |= {"sections": {"inputs": "a,b", "targets": "kind"}, "texts": ["kind"]}
    settings = {"use": "extracted", "extractor": extractor, "preprocess": {"targets": ["categories"]}}
    found = data_preview(recipe(settings), 3).records["training"]
    assert (found["targets"].kind, found["targets"].records) == ("labels", ("cat", "dog", "cat"))


def test_what_does_not_come_about_is_raised(tmp_path):
    with pytest.raises(DataError):
        data_preview(recipe({"use": "text_corpus", "source": str(tmp_path / "none.txt")}))


def test_the_environment_that_is_given_stays_open():
    with sigma.Environment() as environment:
        data_preview(recipe({"use": "xor"}), environment=environment)
        found = data_preview(recipe({"use": "xor"}), environment=environment)
    assert found.records["training"]["inputs"].kind in ("numbers", "labels")


def test_pictures_are_told_by_their_shape():
    assert picture_form((8, 8)) == (8, 8, 1)
    assert picture_form((8, 6, 3)) == (8, 6, 3)
    assert picture_form((64,)) == (8, 8, 1)
    assert picture_form((10,)) is picture_form(()) is picture_form((2, 3, 4)) is picture_form((1, 5)) is None


def test_pixels_go_from_black_to_white():
    assert pixels(np.array([[[1.0, 2.0], [3.0, 5.0]]]), (2, 2, 1)).reshape(-1).tolist() == [0, 64, 128, 255]
    assert pixels(np.ones((1, 2, 2)), (2, 2, 1)).tolist() == np.zeros((1, 2, 2, 1)).tolist()
    largest = np.finfo(np.float64).max
    strange = np.array([[[-largest, largest], [np.nan, np.inf]]])
    assert pixels(strange, (2, 2, 1)).reshape(-1).tolist() == [0, 255, 0, 0]
