"""Files of every format, with bytes of them changed, lost, or cut off."""

import gzip
import io
import lzma
import tarfile
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sigma_data import CSV, HTML, IDX, Archive, Arrow, Images, JSONLines, Memory, NumPy, Parquet, Records, Text

from sigma_core.extend import DataError

TABLE = pa.table({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": ["x", "yy", "x"], "d": [[1.0, 2.0]] * 3})
SECTIONS = {"inputs": "a,b", "targets": "c", "pairs": "d"}
LINES = b"".join(b"%d,%f,%s\n" % (number, number / 3, b"xy"[number % 2 :]) for number in range(9))


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def ipc(new):
    def write(file):
        with new(file, TABLE.schema) as writer:
            writer.write_table(TABLE)

    return written(write)


def packed(file):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", LINES)


def tarred(file):
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(LINES)
        archive.addfile(entry, io.BytesIO(LINES))


def picture(kind):
    array = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    return written(lambda file: Image.fromarray(array).save(file, kind))


def table(source, **settings):
    return CSV(source, {"inputs": "0,1", "targets": 2}, categories={"2": "auto"}, **settings)


PAGE = b"<meta charset=utf-8>" + b"<div><p>A <b>text</b></p><a href=/x>y</a></div>" * 3
FORMATS = {
    "arrow file": (ipc(pa.ipc.new_file), lambda source: Arrow(source, SECTIONS)),
    "arrow stream": (ipc(pa.ipc.new_stream), lambda source: Arrow(source, SECTIONS, categories={"c": "auto"})),
    "csv": (LINES, table),
    "csv in UTF-16": (LINES.decode().encode("utf-16"), lambda source: table(source, encoding="utf-16")),
    "csv, what does not do dropped": (LINES, lambda source: table(source, missing="drop", uneven="drop")),
    "gzip": (gzip.compress(LINES, mtime=0), table),
    "html": (PAGE, lambda source: HTML(source, {"inputs": "p", "links": "a@href"}, each="div")),
    "idx": (b"\0\0\x08\2\0\0\0\4\0\0\0\3" + bytes(12), IDX),
    "jpeg": (picture("JPEG"), lambda source: Images(source, size=8)),
    "json lines": (b'{"a": 1, "b": 2.5, "c": "x", "d": [1]}\n' * 3, lambda source: JSONLines(source, SECTIONS)),
    "npy": (written(lambda file: np.save(file, np.arange(12.0).reshape(4, 3))), NumPy),
    "npy, columns first": (written(lambda file: np.save(file, np.zeros((4, 3), order="F"))), NumPy),
    "npz": (written(lambda file: np.savez_compressed(file, inputs=np.arange(9), targets=np.arange(9))), NumPy),
    "parquet": (
        written(lambda file: pa.parquet.write_table(TABLE, file, compression="none", use_dictionary=False)),
        lambda source: Parquet(source, SECTIONS),
    ),
    "png": (picture("PNG"), Images),
    "records": (bytes(range(40)), lambda source: Records(source, (("targets", "u1"), ("inputs", ">i2", (3,))))),
    "tar": (written(tarred), lambda source: table(Archive(source))),
    "text": ("Grüße, Welt!\n".encode() * 3, lambda source: Text(source, "words")),
    "xz": (lzma.compress(LINES), table),
    "zip": (written(packed), lambda source: table(Archive(source))),
}
# Their sums tell every change of what is in them.
SUMMED = ("gzip", "png", "xz", "zip")


@st.composite
def damaged(draw, content):
    """Some bytes others, some lost, or the end."""
    made = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(made) - 1, 0)))
        match draw(st.sampled_from(("another", "lost", "more", "cut"))):
            case "another":
                made[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "lost":
                del made[place : place + draw(st.integers(1, 9))]
            case "more":
                made[place:place] = draw(st.binary(min_size=1, max_size=9))
            case "cut":
                del made[place:]
    return bytes(made)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_damage_is_told_or_does_no_harm(name, data):
    """As an error of the data with its place; nothing that a library raises comes through, and no sum is passed by."""
    content, made = FORMATS[name]
    changed = data.draw(damaged(content))
    try:
        sections = made(Memory(changed, name="a file")).extract()
    except DataError as error:
        place = error.where
    else:
        place = "a file"
        _check_sound(name, sections)
    assert place.startswith("a file")


def _check_sound(name, sections):
    content, made = FORMATS[name]
    assert len({len(array) for array in sections.values()}) == 1
    if name in SUMMED:
        for section, array in made(Memory(content)).extract().items():
            np.testing.assert_array_equal(sections[section], array)
