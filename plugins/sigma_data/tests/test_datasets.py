"""Built-in datasets, against scikit-learn's loaders."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from sigma_data import CSV, XOR, BreastCancer, Digits, Extracted, Iris, Memory, OneHot, Standardise, Wine
from sigma_data.datasets import _bundled
from sklearn import datasets as scikit


@pytest.mark.parametrize(
    ("dataset", "load", "scale"),
    [
        (Digits(), scikit.load_digits, 16),
        (Iris(), scikit.load_iris, 1),
        (Wine(), scikit.load_wine, 1),
        (BreastCancer(), scikit.load_breast_cancer, 1),
    ],
)
def test_records_are_those_of_scikit_learn(dataset, load, scale, environment):
    """All of them, in their order; inputs float32, targets whole numbers."""
    inputs, targets = load(return_X_y=True)
    sections = dataset.load(environment)
    np.testing.assert_array_equal(sections["inputs"], (inputs / scale).astype(np.float32))
    np.testing.assert_array_equal(sections["targets"], targets)
    assert sections["inputs"].dtype == np.float32
    assert sections["targets"].dtype == np.int64


@pytest.mark.parametrize("dataset", [Iris, Wine, BreastCancer])
def test_measures_are_standardised_unless_said_otherwise(dataset, environment):
    """By the training records alone."""
    data = dataset(split=(0.8, 0.2)).prepare(environment, 1)
    np.testing.assert_allclose(data.training["inputs"].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.training["inputs"].std(axis=0), 1, atol=1e-5)
    raw = dataset(preprocess={}, shuffle=False).prepare(environment, 1)
    np.testing.assert_array_equal(raw.training["inputs"], dataset().load(environment)["inputs"])


def test_scikit_learn_is_not_imported(environment, monkeypatch):
    """Its files are read, its seconds of import are not spent."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    Digits().load(environment)
    assert "sklearn" not in sys.modules


def test_without_scikit_learn_the_datasets_are_unavailable(environment, monkeypatch, refused):
    """The error says how to install it."""
    monkeypatch.setattr(_bundled, "find_spec", lambda name: None if name == "sklearn" else find_spec(name))
    assert refused(Digits().load, environment) == (
        "PluginUnavailableError",
        (
            "dataset file digits.csv.gz: it comes with scikit-learn, which is not installed\n"
            "  to do:    pip install scikit-learn"
        ),
    )


def test_xor_is_the_exclusive_or(environment):
    """Four records, targets as vectors of one."""
    sections = XOR().load(environment)
    assert sections["inputs"].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert sections["targets"].tolist() == [[0], [1], [1], [0]]


def test_extracted_records_are_split_and_preprocessed(environment):
    """As those of any dataset."""
    extractor = CSV(Memory("1,a\n2,b\n3,a\n4,b\n"), {"inputs": (0,), "targets": 1}, categories={"1": "auto"})
    preprocess = {"inputs": (Standardise(),), "targets": (OneHot(),)}
    data = Extracted(extractor, split=(0.5, 0.5), shuffle=False, preprocess=preprocess).prepare(environment, 0)
    assert data.training["inputs"].tolist() == [[-1], [1]]
    assert data.validation["validation"]["targets"].tolist() == [[1, 0], [0, 1]]
