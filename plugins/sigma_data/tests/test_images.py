"""Images, against Pillow and NumPy."""

import io
import sys
import zipfile
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from sigma_data import Images, Memory

import sigma_core as sigma
from sigma_core.extend import DataError, LogRecorded, TaskProgressed, joined_sections

CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4}
MODES = {"grey": "L", "rgb": "RGB", "rgba": "RGBA"}


def noise(height=6, width=9, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def packed(image, form="PNG", **settings):
    file = io.BytesIO()
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    image.save(file, form, **settings)
    return file.getvalue()


def read(*images, **settings):
    return Images([Memory(content) for content in images], **settings).extract()["inputs"]


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from(list(MODES)),
    st.sampled_from(list(MODES)),
    st.sampled_from(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]),
    st.sampled_from(["stretch", "crop", "pad"]),
    st.sampled_from(["last", "first"]),
)
def test_sizes_and_modes_are_those_of_pillow(shape, size, stored, mode, method, fit, channels):
    """Whatever the image was."""
    array = noise(*shape, CHANNELS[stored])
    made = read(packed(array), size=size, mode=mode, filter=method, fit=fit, channels=channels, fill=7)[0]
    image, wanted = (
        Image.fromarray(np.squeeze(array, 2) if stored == "grey" else array).convert(MODES[mode]),
        size[::-1],
    )
    chosen = Image.Resampling[method.upper()]
    fill = 7 if mode == "grey" else (7,) * CHANNELS[mode]
    expected = np.asarray(
        {
            "stretch": lambda: image.resize(wanted, chosen),
            "crop": lambda: ImageOps.fit(image, wanted, chosen),
            "pad": lambda: ImageOps.pad(image, wanted, chosen, fill),
        }[fit]()
    ).reshape(*size, CHANNELS[mode])
    np.testing.assert_array_equal(made, expected if channels == "last" else expected.transpose(2, 0, 1))


@settings(max_examples=20)
@given(st.integers(1, 7), st.integers(1, 5), st.one_of(st.none(), st.integers(1, 4)))
def test_the_order_is_that_of_the_files(count, threads, records):
    """However many decode, and however many are asked for at a time."""
    contents = [packed(noise(2 + number % 3 * 40, 3, seed=number)) for number in range(count)]
    images = Images([Memory(content) for content in contents], size=(2, 3), filter="nearest", threads=threads)
    blocks = list(images.blocks(records=records))
    assert all(len(block["inputs"]) <= (records or count) for block in blocks)
    expected = [np.asarray(Image.open(io.BytesIO(each)).resize((3, 2), Image.Resampling.NEAREST)) for each in contents]
    np.testing.assert_array_equal(joined_sections(blocks)["inputs"], expected)


def test_blocks_are_of_a_natural_size_where_nobody_says():
    """Sixteen megabytes."""
    content = packed(np.zeros((1024, 2048, 3), np.uint8))
    blocks = list(Images([Memory(content)] * 5).blocks())
    assert [len(block["inputs"]) for block in blocks] == [2, 2, 1]


def test_whoever_reads_no_further_leaves_no_thread_behind():
    """Though images are under way."""
    import threading

    blocks = Images([Memory(packed(noise()))] * 50, threads=3).blocks(records=1)
    next(blocks)
    blocks.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sigma-decode")]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_their_camera_was(orientation):
    """All eight orientations of EXIF."""
    image = Image.fromarray(noise())
    exif = image.getexif()
    exif[0x0112] = orientation
    content = packed(image, "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(read(content)[0], np.asarray(expected))
    assert (expected.size == image.size) == (orientation < 5)


@pytest.mark.parametrize("form", ["JPEG", "BMP", "TIFF", "PPM", "WEBP"])
def test_formats_are_those_of_pillow(form):
    """Compressed with losses or without."""
    content = packed(noise(16, 24), form)
    np.testing.assert_array_equal(read(content)[0], np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_pixels_of_sixteen_bits_become_eight():
    """Pillow alone cuts them off at 255."""
    deep = (np.arange(6, dtype=np.uint16) * 10_000).reshape(2, 3)
    for form in ("PNG", "TIFF"):
        made = read(packed(Image.fromarray(deep), form), mode="grey")
        np.testing.assert_array_equal(made[0, ..., 0], deep >> 8)


def test_of_animations_the_first_frame_is_read():
    """As it looks."""
    frames = [Image.fromarray(np.full((4, 5), value, np.uint8)) for value in (10, 200)]
    content = packed(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read(content, mode="grey")[0, ..., 0], np.full((4, 5), 10))


def test_palettes_with_transparency_are_converted_by_way_of_it():
    """Without a warning of Pillow's."""
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    content = packed(image, "PNG", transparency=b"\x00\xff")
    assert read(content, mode="rgba")[0].tolist() == [[[10, 20, 30, 0], [40, 50, 60, 255]]]
    assert read(content)[0].tolist() == [[[10, 20, 30], [40, 50, 60]]]


def test_a_convolution_network_learns_from_a_folder_by_a_recipe(tmp_path, monkeypatch):
    """From files to classes."""
    random = np.random.default_rng(0)
    for name, axis in (("columns", 1), ("rows", 0)):
        (tmp_path / "lines" / name).mkdir(parents=True)
        for number in range(32):
            stripes = np.where(np.arange(8) % 4 < 2, 30, 220) + random.integers(-25, 25, (8, 8))
            image = Image.fromarray((stripes if axis else stripes.T).clip(0, 255).astype(np.uint8))
            image.resize((12, 10)).save(tmp_path / "lines" / name / f"{number:02}.png")
    monkeypatch.chdir(tmp_path)
    recipe = sigma.Recipe.parse(
        """
        seed = 1
        stop = "4 epochs"
        batch_size = 8
        optimiser = { use = "adam", learning_rate = 0.01 }
        network = [
          { use = "input", shape = [8, 8, 1] },
          { use = "convolution", size = 8, window = 3 },
          { use = "element_wise", activation = "relu" },
          { use = "flatten" },
          { use = "dense", size = 2 },
          { use = "softmax_cross_entropy" },
        ]
        [dataset]
        use = "extracted"
        extractor = { use = "images", source = "lines/", size = 8, mode = "grey" }
        preprocess = { inputs = [{ use = "normalise", known = [0, 255] }] }
        split = [0.75, 0.25]
        """
    )
    trainer = sigma.Trainer.from_recipe(recipe)
    trainer.run()
    assert trainer.scores["validation.accuracy"] == 1


def test_broken_files_may_be_left_out(flowers, environment):
    """Counted, with the first of them; the others keep their classes."""
    log = environment.bus.subscribe("test", [LogRecorded])
    (flowers / "rose" / "0.png").write_bytes(b"")
    made = Images(flowers, broken="drop").extract(environment)
    assert made["targets"].tolist() == [0, 0, 1, 2, 2]
    (entry,) = log.drain()
    assert (entry.level, entry.text, dict(entry.fields)) == (
        "warning",
        "broken files left out",
        {"source": f"folder '{flowers}'", "files": 1, "of": 6, "first": f"file '{flowers}/rose/0.png'"},
    )


def test_a_missing_library_is_told_with_the_command(monkeypatch, refused):
    """That installs it."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refused(Images(Memory(b"")).extract) == (
        "PluginUnavailableError",
        (
            "memory: it takes Pillow to read it, which is not installed\n"
            "  expected: the optional dependency sigma-data[images]\n"
            "  to do:    pip install 'sigma-data[images]'"
        ),
    )


WHOLE = (
    '\n  expected: a whole file\n  to do:    copy or download it again, or leave such files out with broken = "drop"'
)


def bomb():
    """A small file that says it has a billion pixels."""
    content = bytearray(packed(np.zeros((1, 1, 1), np.uint8)))
    content[16:24] = (40_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


JPEG = packed(noise(40, 40), "JPEG")
CRC = bytearray(packed(noise(40, 40)))
CRC[60] ^= 1
FAULTS = {
    "empty": (b"", "it is empty" + WHOLE),
    "a text": (b"this is no image", "it is no image that Pillow knows" + WHOLE),
    "cut short": (JPEG[: len(JPEG) // 2], f"it is damaged: image file is truncated (0 bytes not processed){WHOLE}"),
    "damaged": (bytes(CRC), "it is damaged: broken PNG file (bad header checksum in b'IDAT')" + WHOLE),
    "floats": (packed(Image.new("F", (2, 2)), "TIFF"), "it is damaged: its pixels are floats" + WHOLE),
    "many bits": (
        packed(Image.new("I", (2, 2), 1 << 20), "TIFF"),
        "it is damaged: its pixels are of more than 16 bits" + WHOLE,
    ),
    "a bomb": (
        bomb(),
        (
            "it has so many pixels that it may be a bomb\n"
            "  expected: at most 89478485\n"
            "  to do:    if you trust it, raise PIL.Image.MAX_IMAGE_PIXELS in Python"
        ),
    ),
}


@pytest.mark.parametrize(("content", "text"), FAULTS.values(), ids=FAULTS)
def test_a_broken_file_is_told_by_its_name(content, text, refused):
    """And is all that there is, where such files are dropped."""
    kind, told = refused(read, packed(noise(40, 40)), content)
    assert kind == "DataError"
    if "truncated" in text:
        told = told[: told.index("(")] + "(0 bytes not processed)" + told[told.index(")") + 1 :]
    assert told == f"memory: {text}"
    assert len(read(packed(noise(40, 40)), content, broken="drop")) == 1


@given(st.integers(0, len(JPEG) - 1), st.binary(min_size=1, max_size=9))
def test_damage_anywhere_is_an_image_or_a_data_error(place, damage):
    """Never another error."""
    with pytest.MonkeyPatch.context() as patch, suppress(DataError):
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
        read(JPEG[:place] + damage + JPEG[place + len(damage) :], size=4)


def test_a_bomb_that_pillow_only_warns_of_is_one(monkeypatch, refused):
    """More than its limit, less than twice as much."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    assert "it may be a bomb\n  expected: at most 50\n" in refused(read, packed(noise(8, 8)))[1]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert len(read(packed(noise(8, 8)))) == 1


def test_a_broken_member_of_an_archive_is_one_of_the_broken_files(tmp_path):
    """As its sum tells."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("0.bmp", packed(noise(20, 20), "BMP"))
        archive.writestr("1.bmp", packed(noise(20, 20), "BMP"))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[200] ^= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"member '0\.bmp': its zip data is damaged"):
        Images(f"{tmp_path}/a.zip!*").extract()
    assert len(Images(f"{tmp_path}/a.zip!*", broken="drop").extract()["inputs"]) == 1


def test_the_reading_of_images_says_how_far_it_has_come(environment):
    """As a task, in files."""
    heard = environment.bus.subscribe("test", [TaskProgressed])
    Images([Memory(packed(noise(2, 3)), "a"), Memory(packed(noise(2, 3)), "b")]).extract(environment)
    first, *_, last = heard.drain()
    assert (first.name, first.done, first.total, first.unit) == ("reading of a and b", 0, 2, "files")
    assert (last.done, last.total, last.state) == (2, 2, "done")


DIFFERENT = {
    "another size": (
        lambda: Images([Memory(packed(noise(2, 3))), Memory(packed(noise(4, 3)))]),
        (
            "memory: it is 4 x 3 pixels (height x width)\n"
            "  expected: 2 x 3, as the first\n"
            "  to do:    bring all to one size: size = [64, 64]"
        ),
    ),
    "another size, channels first": (
        lambda: Images([Memory(packed(noise(2, 3))), Memory(packed(noise(4, 3)))], channels="first"),
        (
            "memory: it is 4 x 3 pixels (height x width)\n"
            "  expected: 2 x 3, as the first\n"
            "  to do:    bring all to one size: size = [64, 64]"
        ),
    ),
    "all broken": (
        lambda: Images([Memory(b"", "a"), Memory(b"", "b")], broken="drop"),
        (
            "a and b: all 2 files are broken; of a: it is empty\n"
            "  expected: a file that can be read\n"
            "  to do:    copy or download them again"
        ),
    ),
}


@pytest.mark.parametrize(("make", "text"), DIFFERENT.values(), ids=DIFFERENT)
def test_images_that_do_not_fit_together_are_told(make, text, refused):
    """With the file and the sizes."""
    assert refused(make().extract) == ("DataError", text)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"size": (1, 2, 3)}, "Images.size: (1, 2, 3)\n  expected: an integer of at least 1, or height and width"),
        ({"size": 0}, "Images.size: 0\n  expected: an integer of at least 1, or one for each axis"),
        ({"mode": "gray"}, "Images.mode: 'gray'\n  expected: one of 'grey', 'rgb', 'rgba'"),
        (
            {"classes": ["a", "a"]},
            "Images.classes: ('a', 'a')\n  expected: 'auto', 'none' or the names of the classes, each once",
        ),
    ],
)
def test_settings_are_checked(settings, text, refused):
    """When the extractor is made."""
    assert refused(Images, "a/", **settings) == ("SettingError", text)
