"""What holds for every component of this plugin."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from sigma_core.registry import ComponentRegistry, Composer
from sigma_core.testing import check_dataset, check_preprocessor

REGISTRY = ComponentRegistry()
OURS = [entry for entry in REGISTRY.components() if entry.distribution == "sigma-data"]
# Settings that have to be given.
REQUIRED = {
    "archive": {"source": "a.tar.gz"},
    "fsspec": {"address": "s3://a/b.csv"},
    "glob": {"pattern": "a/*.csv"},
    "url": {"address": "https://example.org/a.csv"},
    "file": {"path": "a.csv"},
    "folder": {"path": "a/"},
    "memory": {"content": "1,2"},
    "arrow": {"source": "a.feather"},
    "csv": {"source": "a.csv"},
    "json_lines": {"source": "a.jsonl"},
    "parquet": {"source": "a.parquet"},
    "idx": {"inputs": "a.idx"},
    "filtered": {"extractor": {"use": "csv", "source": "a.csv"}},
    "html": {"source": "a.html", "sections": {"inputs": "p"}},
    "images": {"source": "a/"},
    "numpy": {"source": "a.npy"},
    "records": {"source": "a.bin", "layout": [["inputs", "u1", [2, 2]]]},
    "shifted": {"extractor": {"use": "text", "source": "a.txt"}},
    "text": {"source": "a.txt"},
    "video": {"source": "a/"},
    "cast": {"dtype": "float32"},
    "map": {"function": "log1p"},
    "permute": {"axes": [1, 0]},
    "reshape": {"shape": [2, 2]},
    "window": {"length": 3},
    "extracted": {"extractor": {"use": "csv", "source": "a.csv"}},
}


def rows():
    """Those of the README's table: kind, name, what it is, example."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    cells = [line.strip("| ").split(" | ") for line in readme.splitlines() if line.startswith("| ")]
    return [row for row in cells if len(row) == 4 and "`" in row[1]]


def test_the_plugin_offers_what_its_table_lists():
    """The README has a row for each component, and no other."""
    assert sorted((kind, name.strip("`")) for kind, name, *_ in rows()) == sorted(
        (entry.kind, entry.name) for entry in OURS
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1].strip("`"))
def test_the_examples_of_the_table_are_recipes(row):
    """Each can be copied as it is."""
    kind, _, _, example = row
    text = example.removeprefix("`").removesuffix("`")
    if text.startswith("source = "):
        kind, text = "extractors", f'{{ use = "csv", {text} }}'
    elif kind == "archives":
        kind = "sources"
    assert Composer(REGISTRY).build(kind, tomllib.loads(f"value = {text}")["value"]) is not None


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: f"{entry.kind}:{entry.name}")
def test_settings_build_a_component_and_are_had_back(entry):
    """A recipe and an object are equal in power."""
    composer = Composer(REGISTRY)
    built = composer.build(entry.kind, {"use": entry.name, **REQUIRED.get(entry.name, {})})
    if entry.name != "memory":  # bytes are nothing that TOML can write
        assert composer.build(entry.kind, composer.table(built)) == built
    assert composer.describe(entry.kind, entry.name).summary


LABELS = np.arange(12) % 3
MISSING = np.where(np.arange(24).reshape(12, 2) % 5 == 1, np.nan, np.arange(24.0).reshape(12, 2))
SEQUENCES = np.array([np.arange(1 + number % 4) for number in range(12)], object)
# Records that a preprocessor takes, where floats are not what it is for.
RECORDS = {
    "categories": np.array(["red", "green", "blue"])[LABELS],
    "fill": MISSING,
    "filter": {"inputs": MISSING, "targets": LABELS},
    "one_hot": LABELS,
    "pad": {"inputs": SEQUENCES, "targets": LABELS},
    "permute": np.arange(48.0).reshape(12, 2, 2),
    "reshape": np.arange(48.0).reshape(12, 4),
    "tokens": np.array(["one two, three", "two", "one"])[LABELS],
    "vocabulary": {"inputs": np.array(["a", "b", "c"])[LABELS], "targets": np.array(["c", "a", "b"])[LABELS]},
}


@pytest.mark.parametrize("entry", [entry for entry in OURS if entry.kind == "preprocessors"], ids=lambda e: e.name)
def test_preprocessors_keep_their_contract(entry):
    """Pure, the same whatever the blocks, with a state that can be kept."""
    preprocessor = Composer(REGISTRY).build(entry.kind, {"use": entry.name, **REQUIRED.get(entry.name, {})})
    check_preprocessor(preprocessor, RECORDS.get(entry.name))


# Datasets that would have to be downloaded, with the records of the small file of their format that is made for them.
PUBLISHED = {"connect_4": 40, "heart_disease": 60, "mnist": 20, "text_corpus": 50}
SETTINGS = {
    "extracted": {"extractor": {"use": "csv", "source": "processed.cleveland.data", "missing": 0.0}},
    "growing": {"base": "iris"},
    "mnist": {"part": "test"},
}


@pytest.mark.parametrize("entry", [entry for entry in OURS if entry.kind == "datasets"], ids=lambda e: e.name)
def test_datasets_keep_their_contract(entry, environment, published, monkeypatch, tmp_path):
    """The same for a seed, from memory, disk and blocks; parts that share nothing."""
    monkeypatch.chdir(tmp_path)
    if entry.name in PUBLISHED:
        published(environment.paths.cache / entry.name, entry.name, PUBLISHED[entry.name])
    published(tmp_path, "heart_disease", 60)
    settings = {"use": entry.name, **SETTINGS.get(entry.name, {})}
    check_dataset(Composer(REGISTRY).build("datasets", settings), environment)
