"""What data is made of, as the page shows it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from sigma_monitors.dashboard.panels._records import Share, balance, records_of, rows_of

import sigma_core as sigma
from sigma_core.extend import DataPreview, PreviewedSection, RunStore, data_preview

RECIPE = {
    "seed": 1,
    "stop": "1 epochs",
    "dataset": {"use": "digits", "split": [0.8, 0.2]},
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [64]}, {"use": "dense", "size": 10}, {"use": "softmax_cross_entropy"}],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of digits: what it says of its data, and what its recipe brings."""
    directory = tmp_path_factory.mktemp("runs") / "digits"
    sigma.Trainer.from_recipe(RECIPE).run(directory=directory)
    with RunStore.open(directory) as store:
        described = store.last("run_described").payload["data"]
    return described, data_preview(directory / "recipe.toml", 3)


def test_there_is_a_row_for_each_section(run):
    described, _ = run
    assert rows_of(described) == [
        ["training", "1,438", "inputs", "64", "float32", ""],
        ["", "", "targets", "1", "int64", "0, 1, 2, 3, 4, 5, 6, 7, ... (10)"],
        ["validation", "359", "inputs", "64", "float32", ""],
        ["", "", "targets", "1", "int64", "0, 1, 2, 3, 4, 5, 6, 7, ... (10)"],
    ]


def test_what_cannot_be_seen_is_written_out():
    section = {"shape": [8], "dtype": "int64", "labels": ["", " ", "\n", "a"]}
    rows = rows_of({"training": {"records": 2, "sections": {"inputs": section}}})
    assert rows[0][-1] == "'', ' ', '\\n', a"


def test_classes_are_counted_by_part(run):
    _, preview = run
    found = balance(preview, {"targets": [f"digit {number}" for number in range(10)]})
    assert list(found) == [("training", "targets"), ("validation", "targets")]
    shares = found["training", "targets"]
    assert [share.name for share in shares] == [f"digit {number}" for number in range(10)]
    assert sum(share.count for share in shares) == 1438
    assert sum(share.share for share in shares) == pytest.approx(1)
    assert max(share.length for share in shares) == 1.0


@pytest.mark.parametrize("classes", [None, {}, {"0": 3}, {str(number): 1 for number in range(60)}])
def test_one_class_or_very_many_have_no_balance(classes):
    preview = DataPreview({"training": {"records": 3, "sections": {"targets": {"classes": classes}}}}, {})
    assert balance(preview, {}) == {}


def test_classes_without_names_are_their_numbers():
    preview = DataPreview({"training": {"records": 4, "sections": {"t": {"classes": {"-1": 1, "5": 3}}}}}, {})
    assert balance(preview, {"t": ["a", "b"]})["training", "t"] == [
        Share("-1", 1, 0.25, pytest.approx(1 / 3)),
        Share("5", 3, 0.75, 1.0),
    ]


def test_records_are_pictures_and_labels(run):
    _, preview = run
    records = records_of(preview.records["training"])
    assert [[shown.kind for shown in record] for record in records] == [["pictures", "labels"]] * 3
    address = records[0][0].content
    assert address.startswith("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        expected = preview.records["training"]["inputs"].records[0][:, :, 0]
        assert np.array_equal(np.asarray(image), expected)


def test_colours_and_texts_are_shown():
    sections = {
        "inputs": PreviewedSection("pictures", (np.zeros((6, 7, 3), np.uint8),)),
        "text": PreviewedSection("texts", ("<b>to be</b>",)),
        "numbers": PreviewedSection("numbers", ("1 2 3",)),
    }
    record = records_of(sections)[0]
    assert [shown.content for shown in record[1:]] == ["<b>to be</b>", "1 2 3"]
    with Image.open(io.BytesIO(base64.b64decode(record[0].content.partition(",")[2]))) as image:
        assert image.size == (7, 6)
        assert image.mode == "RGB"
    assert records_of({}) == []
