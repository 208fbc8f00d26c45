"""MNIST, from files made here and from real ones where they are at hand."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from sigma_data import MNIST
from sigma_data.datasets import mnist

REAL = Path(__file__).parents[4] / "shared" / "data" / "mnist"
TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def encoded(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype("u1").tobytes()


def write(folder, names, count, *, compressed=False, first=0):
    """Images whose pixels are all the label's, labels that count from `first`."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = (np.arange(count) + first) % 10
    images = np.broadcast_to(labels[:, None, None], (count, 28, 28))
    for name, array in zip(names, (images, labels), strict=True):
        content = encoded(array)
        path = folder / (f"{name}.gz" if compressed else name)
        path.write_bytes(gzip.compress(content) if compressed else content)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_part_is_read_from_its_folder(tmp_path, environment, compressed):
    """Compressed or not; pixels from 0 to 1."""
    write(tmp_path, TRAIN, 12, compressed=compressed)
    sections = MNIST(str(tmp_path)).load(environment)
    assert sections["inputs"].shape == (12, 784)
    assert sections["inputs"].dtype == np.float32
    np.testing.assert_allclose(sections["inputs"][:, 0], np.arange(12) % 10 / 255, rtol=1e-6)
    assert sections["targets"].tolist() == [*range(10), 0, 1]
    assert sections["targets"].dtype == np.int64


def test_all_parts_have_the_training_digits_first(tmp_path, environment):
    """So that the published split is one by counts."""
    write(tmp_path, TRAIN, 3)
    write(tmp_path, TEST, 2, first=5)
    assert MNIST(str(tmp_path), "all").load(environment)["targets"].tolist() == [0, 1, 2, 5, 6]
    assert MNIST(str(tmp_path), "test").load(environment)["targets"].tolist() == [5, 6]


def test_without_a_split_the_test_digits_validate(tmp_path, environment):
    """As in results that are published; a split of the training digits takes their place."""
    write(tmp_path, TRAIN, 10)
    write(tmp_path, TEST, 2, first=5)
    data = MNIST(str(tmp_path)).prepare(environment, 1)
    assert (data.records, {name: part["targets"].tolist() for name, part in data.validation.items()}) == (
        10,
        {"validation": [5, 6]},
    )
    assert len(MNIST(str(tmp_path), split=(7, 3)).prepare(environment, 1).validation["validation"]["targets"]) == 3
    assert MNIST(str(tmp_path), "test").prepare(environment, 1).validation == {}


def test_a_validation_that_is_missing_is_told_with_what_to_do(tmp_path, environment, refused):
    """Either the other files or a split."""
    write(tmp_path, TRAIN, 10)
    assert refused(MNIST(str(tmp_path)).prepare, environment, 1) == (
        "DataError",
        (
            f"dataset MNIST: neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz is in '{tmp_path}' "
            f"nor in '{environment.paths.cache / 'mnist'}'\n"
            "  expected: the IDX files of the digits\n"
            '  to do:    give part "train" a split, or download = true to fetch the others'
        ),
    )


def test_images_can_stay_images(tmp_path, environment):
    """Rows, columns and one channel."""
    write(tmp_path, TEST, 2)
    assert MNIST(str(tmp_path), "test", flatten=False).load(environment)["inputs"].shape == (2, 28, 28, 1)


def test_the_cache_is_looked_into_after_the_folder(tmp_path, environment):
    """Each file on its own."""
    write(environment.paths.cache / "mnist", TRAIN, 4)
    assert len(MNIST().load(environment)["targets"]) == 4
    write(tmp_path / "folder", TRAIN, 2)
    assert len(MNIST(str(tmp_path / "folder")).load(environment)["targets"]) == 2


def test_the_content_tells_data_in_the_cache_from_other_data(tmp_path, environment):
    """By all files that are read, those that validate too."""
    write(tmp_path, TRAIN, 4)
    assert MNIST(str(tmp_path)).fingerprint(environment) is None
    split = MNIST(str(tmp_path), split=(0.5, 0.5)).fingerprint(environment)
    write(tmp_path, TEST, 2)
    assert split == MNIST(str(tmp_path), split=(0.5, 0.5)).fingerprint(environment) is not None
    assert MNIST(str(tmp_path)).fingerprint(environment) not in (None, split)
    write(tmp_path, TRAIN, 5)
    assert MNIST(str(tmp_path), split=(0.5, 0.5)).fingerprint(environment) != split


def test_missing_files_are_told_with_what_to_do(tmp_path, environment, refused):
    """Where they were looked for, and how to get them."""
    assert refused(MNIST(str(tmp_path)).load, environment) == (
        "DataError",
        (
            f"dataset MNIST: neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz is in '{tmp_path}' "
            f"nor in '{environment.paths.cache / 'mnist'}'\n"
            "  expected: the IDX files of the digits\n"
            "  to do:    set path to the folder that holds them, or download = true to fetch them"
        ),
    )


def test_another_part_that_is_there_is_pointed_out(tmp_path, environment, refused):
    """A folder often holds one part only."""
    write(tmp_path, TEST, 2)
    _, message = refused(MNIST(str(tmp_path)).load, environment)
    assert message.endswith(
        '\n  to do:    set part = "test", whose files are there, or download = true to fetch the others'
    )


def test_files_of_other_shapes_are_refused(tmp_path, environment, refused):
    """They are IDX, but no digits."""
    write(tmp_path, TRAIN, 2)
    (tmp_path / TRAIN[0]).write_bytes(encoded(np.zeros((2, 14, 14))))
    assert refused(MNIST(str(tmp_path)).load, environment) == (
        "DataError",
        (
            f"file '{tmp_path / TRAIN[0]}': it holds uint8 of shape (2, 14, 14)\n"
            "  expected: uint8 of shape (records, 28, 28)"
        ),
    )
    write(tmp_path, TRAIN, 2)
    (tmp_path / TRAIN[1]).write_bytes(encoded(np.zeros((2, 1))))
    assert refused(MNIST(str(tmp_path)).load, environment) == (
        "DataError",
        f"file '{tmp_path / TRAIN[1]}': it holds uint8 of shape (2, 1)\n  expected: uint8 of shape (records)",
    )


def test_images_without_labels_are_refused(tmp_path, environment, refused):
    """Both files are named."""
    write(tmp_path, TRAIN, 2)
    (tmp_path / TRAIN[1]).write_bytes(encoded(np.zeros(3)))
    assert refused(MNIST(str(tmp_path)).load, environment) == (
        "DataError",
        (
            f"file '{tmp_path / TRAIN[0]}': it has 2 images, and file '{tmp_path / TRAIN[1]}' has 3 labels\n"
            "  expected: a label for each image"
        ),
    )


def test_missing_files_are_downloaded_into_the_cache(tmp_path, environment, server, monkeypatch):
    """Once; the sums of the published files are those that are asked for."""
    write(tmp_path / "published", TRAIN, 3, compressed=True)
    for path in (tmp_path / "published").iterdir():
        server.files[f"/digits/{path.name}"] = path.read_bytes()
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "published").iterdir()}
    monkeypatch.setattr(mnist, "SHA256", sums)
    dataset = MNIST(download=True, mirrors=(f"{server.address}/digits/",))
    assert dataset.load(environment)["targets"].tolist() == [0, 1, 2]
    assert dataset.load(environment)["targets"].tolist() == [0, 1, 2]
    assert sorted(server.asked) == [f"/digits/{name}.gz" for name in TRAIN]
    assert sorted(path.name for path in (environment.paths.cache / "mnist").iterdir()) == [f"{n}.gz" for n in TRAIN]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real digits are not in shared/data/mnist beside the repository")
def test_real_digits_are_read(environment):
    """The 10,000 test images: known counts per class, known first labels."""
    data = MNIST(str(REAL), "test", split=(8000, 2000)).prepare(environment, 1)
    assert data.records == 8000
    assert data.shapes == {"inputs": (784,), "targets": ()}
    sections = MNIST(str(REAL), "test").load(environment)
    assert sections["targets"][:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(sections["targets"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (sections["inputs"].min(), sections["inputs"].max()) == (0, 1)
