"""`sigma data`: what a recipe trains on, and the cache."""

import json

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from sigma_data import Digits


@pytest.fixture
def recipe(tmp_path):
    """A recipe with digits, of which nothing is trained."""
    path = tmp_path / "digits.toml"
    path.write_text(
        'stop = "1 epochs"\n'
        'dataset = { use = "digits", split = [0.5, 0.5], shuffle = false }\n'
        'optimiser = "adam"\n'
        'network = [{ use = "input", shape = [64] }, { use = "dense", size = 10 }, "softmax_cross_entropy"]\n',
        "utf-8",
    )
    return path


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """A cache of its own."""
    monkeypatch.setenv("SIGMA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


def test_data_is_described(sigma, recipe):
    """Every part of it."""
    code, out, err = sigma("data", "describe", recipe)
    assert (code, err) == (0, "")
    digits = Digits().load(None)
    inputs, targets = digits["inputs"][:898].astype(np.float64), digits["targets"][:898]
    counts = ", ".join(f"{number} {count}" for number, count in enumerate(np.bincount(targets)[:8]))
    assert out.startswith(
        "training: 898 records\n"
        f"  inputs: (64,) float32, 0 to 1, mean {inputs.mean():.4g}, deviation {inputs.std():.4g}\n"
        f"  targets: () int64, 0 to 9, mean {targets.mean():.4g}, deviation {targets.std():.4g}, "
        f"10 classes: {counts}, ...\n"
        "validation: 899 records\n"
    )


def test_records_are_described_as_they_are_read(sigma, recipe):
    """Also as JSON."""
    code, out, _ = sigma("data", "describe", recipe, "--raw", "--json")
    assert code == 0
    told = json.loads(out)["records"]
    assert told["records"] == 1797
    assert sum(told["sections"]["targets"]["classes"].values()) == 1797


def test_the_first_records_are_a_table(sigma, recipe):
    """Of long ones the first values."""
    code, out, err = sigma("data", "preview", recipe, "--records", "2")
    assert (code, err) == (0, "")
    assert out == (
        "record  inputs                       targets\n0       0 0 0.3125 0.8125 0.5625 0.0625 ...  0\n".replace(
            "inputs  ", "inputs  "
        )
        + "1       0 0 0 0.75 0.8125 0.3125 ...         1\n"
    ).replace("inputs                       targets", "inputs                               targets")


def test_the_first_records_are_a_picture(sigma, recipe, tmp_path):
    """Which others can read, and which shows the digits."""
    place = tmp_path / "digits.png"
    assert sigma("data", "preview", recipe, "--records", "5", "--png", place) == (0, "", "")
    with Image.open(place) as image:
        pixels = np.asarray(image)
    assert pixels.shape == (64 + 2 + 64, 3 * 64 + 2 * 2)
    digits = Digits().load(None)["inputs"][:5].reshape(5, 8, 8)
    np.testing.assert_array_equal(pixels[66::8, 66:130:8], (digits[4] * 255).round())
    assert (pixels[64] == 255).all()


def test_colours_stay_colours():
    """Red, green and blue, side by side."""
    from sigma_core.cli._png import png
    from sigma_core.cli._preview import as_image

    images = np.random.default_rng(0).random((2, 3, 4, 3)).astype(np.float32)
    images[0, 0, 0], images[1, 0, 0] = 0, 1
    import io

    with Image.open(io.BytesIO(png(as_image({"targets": np.arange(2), "images": images}, 2, None)))) as image:
        pixels = np.asarray(image)
    assert pixels.shape == (3 * 16, 8 * 16 + 2, 3)
    np.testing.assert_array_equal(pixels[::16, :64:16], (images[0].astype(np.float64) * 255).round())


def test_a_preview_says_what_it_cannot_show(sigma, recipe, tmp_path):
    """No image, no such section, no such place."""
    place = tmp_path / "a.png"
    assert sigma("data", "preview", recipe, "--png", place, "--section", "targets") == (
        2,
        "",
        (
            "error: preview, section 'targets': its records have the shape ()\n"
            "  expected: images: rows and columns, perhaps 1 or 3 channels, or as many values as a square has\n"
            "  to do:    name another section with --section, or leave --png out\n"
        ),
    )
    assert sigma("data", "preview", recipe, "--png", place, "--section", "target") == (
        2,
        "",
        "error: preview: there is no section 'target'\n  expected: one of inputs, targets (nearest: targets)\n",
    )
    assert sigma("data", "preview", recipe, "--png", tmp_path / "none" / "a.png") == (
        2,
        "",
        (
            f"error: --png {tmp_path / 'none' / 'a.png'}: No such file or directory\n"
            "  expected: a file that can be written\n"
            "  to do:    choose another place\n"
        ),
    )


def test_the_cache_is_listed_and_cleared(sigma, recipe, cache, tmp_path):
    """By the command alone, and as JSON."""
    (tmp_path / "a.csv").write_text("1,2,0\n3,4,1\n5,6,0\n", "utf-8")
    settings = ['dataset={ use = "extracted", extractor = { use = "csv", source = "a.csv" }, cache = "disk" }']
    settings = [text for setting in settings for text in ("--set", setting)]
    assert sigma("data", "cache", "list") == (0, f"0 B in 0 entries, in '{cache}'\n", "")
    assert sigma("data", "describe", recipe, *settings)[1].startswith("training: 3 records\n")
    assert sigma("data", "preview", recipe, *settings)[0] == 0
    code, out, _ = sigma("data", "cache", "list")
    assert code == 0
    lines = out.splitlines()
    assert lines[1].endswith("  Extracted: training 3 records")
    assert lines[2].endswith(f" in 1 entries, in '{cache}'")
    (entry,) = json.loads(sigma("data", "cache", "list", "--json")[1])
    assert entry["is_in_use"] is False
    assert sigma("data", "cache", "clear", "--limit", "1 GB")[1].startswith("removed 0 B in 0 entries, kept ")
    assert sigma("data", "cache", "clear")[1].endswith(" in 1 entries, kept 0 B in 0, 0 of them in use\n")
    assert sigma("data", "cache", "clear", "--limit", "lots") == (
        2,
        "",
        "error: --limit: 'lots' is no size\n  expected: a number of bytes, or such as 500 MB or 20 GB\n",
    )


def test_downloads_are_listed_and_cleared(sigma, cache):
    """Where that is asked for, whole ones and what is left of others; not one that a process fetches just now."""
    folder = cache.parent / "downloads"
    for name, told, content in (("a", "about.json", "content"), ("b", "part.json", "content.part")):
        (folder / name).mkdir(parents=True)
        (folder / name / told).write_text(f'{{"address": "https://example.org/{name}.csv"}}', "utf-8")
        (folder / name / content).write_bytes(bytes(1000))
    (folder / "c").mkdir()
    with FileLock(folder / "b" / "lock"):
        code, out, _ = sigma("data", "cache", "list")
        assert code == 0
        told = {line.partition("  download of ")[2] for line in out.splitlines()}
        assert told == {"", "https://example.org/a.csv", "https://example.org/b.csv", "an address that is not known"}
        assert out.endswith(f" in 3 downloads, in '{folder}'\n")
        in_use = {each["entry"]: each["is_in_use"] for each in json.loads(sigma("data", "cache", "list", "--json")[1])}
        assert in_use == {"a": False, "b": True, "c": False}
        assert sigma("data", "cache", "clear")[1] == "removed 0 B in 0 entries, kept 0 B in 0, 0 of them in use\n"
        assert sigma("data", "cache", "clear", "--downloads")[1].endswith(" in 2 downloads\n")
    assert [path.name for path in folder.iterdir()] == ["b"]


def test_records_are_appended_to_data_that_grows(sigma, recipe, tmp_path):
    """And described as any others."""
    folder = (tmp_path / "records").as_posix()
    text = recipe.read_text("utf-8").replace('use = "digits"', f'use = "growing", folder = "{folder}", base = "digits"')
    recipe.write_text(text, "utf-8")
    np.savez(tmp_path / "more.npz", inputs=np.zeros((3, 64)), targets=np.arange(3))
    code, out, err = sigma("data", "describe", recipe, "--raw")
    assert (code, err, out.splitlines()[0]) == (0, "", "records: 1,797 records")
    code, out, err = sigma("data", "append", recipe, tmp_path / "more.npz")
    assert (code, err, out) == (0, "", "3 records appended, 1,800 in all\n")
    code, out, err = sigma("data", "describe", recipe)
    assert (code, err, out.splitlines()[0]) == (0, "", "training: 900 records")


def test_what_cannot_be_appended_is_told(sigma, recipe, tmp_path):
    """Data that does not grow, a file that is none, and one that is not there."""
    code, _, err = sigma("data", "append", recipe, tmp_path / "more.npz")
    assert (code, err) == (
        2,
        (
            f"error: {recipe}, dataset: Digits does not grow\n"
            "  expected: a dataset that grows\n"
            '  to do:    write dataset = { use = "growing", folder = "..." }\n'
        ),
    )
    text = recipe.read_text("utf-8").replace('use = "digits"', 'use = "growing", folder = "records"')
    recipe.write_text(text, "utf-8")
    file = tmp_path / "more.npz"
    code, _, err = sigma("data", "append", recipe, file)
    assert (code, err) == (
        2,
        (
            f"error: {file}: it cannot be read: [Errno 2] No such file or directory: '{file}'\n"
            "  expected: a file of numpy.savez\n"
            "  to do:    write it with an array for each section\n"
        ),
    )
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "torn.npz").write_bytes(b"PK\3\4 and no more")
    for name in ("one.npy", "torn.npz"):
        code, _, err = sigma("data", "append", recipe, tmp_path / name)
        assert code == 2
        assert f"{name}: it cannot be read: " in err
