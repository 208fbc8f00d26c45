"""Byte records and NumPy's files."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sigma_data import Memory, NumPy, Records

from sigma_core.extend import joined_sections

LAYOUT = (("targets", "u1"), ("_gap", "u1", (2,)), ("inputs", ">i2", (2, 2)))


def saved(array, *, save=np.save, **keywords):
    file = io.BytesIO()
    save(file, *([array] if array is not None else []), **keywords)
    return file.getvalue()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3))
def test_records_are_those_that_were_written(count, block, header):
    """Whatever the block."""
    table = np.zeros(count, list(LAYOUT))
    table["targets"] = np.arange(count)
    table["inputs"] = np.arange(count * 4).reshape(count, 2, 2) - 5
    content = b"#" * header + table.tobytes()
    made = joined_sections(Records(Memory(content), LAYOUT, header).blocks(records=block))
    assert list(made) == ["targets", "inputs"]
    assert made["inputs"].dtype == np.dtype("=i2")
    np.testing.assert_array_equal(made["inputs"], table["inputs"])
    np.testing.assert_array_equal(made["targets"], table["targets"])


@given(
    arrays(
        st.sampled_from([np.dtype("f4"), np.dtype(">f8"), np.dtype("u1"), np.dtype("?")]),
        array_shapes(min_dims=1, max_dims=3, max_side=5),
        elements=st.just(1),
    ),
    st.booleans(),
    st.integers(1, 4),
)
def test_arrays_are_those_that_numpy_reads(array, is_fortran, block):
    """Of any dtype, in either order, block by block."""
    array = array * np.arange(array.size).reshape(array.shape).astype(array.dtype)
    content = saved(np.asfortranarray(array) if is_fortran else array)
    made = joined_sections(NumPy(Memory(content)).blocks(records=block))["inputs"]
    np.testing.assert_array_equal(made, array)
    assert made.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_have_arrays_by_name(save):
    """All of them, or those that are chosen."""
    x, y = np.arange(6.0).reshape(3, 2), np.array([0, 1, 2])
    content = saved(None, save=save, x=x, y=y)
    made = NumPy(Memory(content), {"inputs": "x", "targets": "y"}).extract()
    np.testing.assert_array_equal(made["inputs"], x)
    np.testing.assert_array_equal(made["targets"], y)
    assert list(NumPy(Memory(content)).extract()) == ["x", "y"]
    # Whatever else is there does not matter to who chooses.
    beside = content.replace(b"y.npy", b"y.txt")
    np.testing.assert_array_equal(NumPy(Memory(beside), {"inputs": "x"}).extract()["inputs"], x)


def test_two_files_are_inputs_and_targets():
    """As many records in each."""
    made = NumPy(Memory(saved(np.zeros((2, 3)))), targets=Memory(saved(np.ones(2)))).extract()
    assert {name: array.shape for name, array in made.items()} == {"inputs": (2, 3), "targets": (2,)}


WHOLE = saved(np.arange(4.0))
PACKED = saved(None, save=np.savez, x=np.arange(4.0), y=np.arange(3))
# Sums are looked at when a member has been read, and a small one is read with its header.
DAMAGED = bytearray(saved(None, save=np.savez, x=np.arange(4_000.0)))
DAMAGED[DAMAGED.index(np.arange(4_000.0).tobytes()) + 9_999] ^= 1
BROKEN = bytearray(saved(None, save=np.savez, x=np.arange(4.0)))
BROKEN[BROKEN.index(np.arange(4.0).tobytes()) + 9] ^= 1
EMPTY = io.BytesIO()
zipfile.ZipFile(EMPTY, "w").close()
FAULTS = {
    "a file that ends inside a record": (
        lambda: Records(Memory(b"12345"), (("inputs", "u1", (2,)),)).extract(),
        (
            "memory, record 2: it ends after 1 bytes\n"
            "  expected: 2 bytes, as its layout has\n"
            "  to do:    copy or download the file again, or mend the layout"
        ),
    ),
    "a file that ends inside the header": (
        lambda: Records(Memory(b"12"), (("inputs", "u1"),), 3).extract(),
        "memory: it ends after 2 bytes\n  expected: a header of 3 bytes",
    ),
    "a file without records": (
        lambda: Records(Memory(b""), (("inputs", "u1"),)).extract(),
        "memory: it has no records\n  expected: records of 1 bytes\n  to do:    give another file",
    ),
    "no file of NumPy's": (
        lambda: NumPy(Memory(b"1,2,3,4")).extract(),
        (
            "memory: it starts with the bytes 31 2c 32 2c 33 2c\n"
            "  expected: a file of NumPy's, .npy or .npz\n"
            "  to do:    save it by np.save or np.savez"
        ),
    ),
    "an empty file": (
        lambda: NumPy(Memory(b"")).extract(),
        (
            "memory: it starts with the bytes of an empty file\n"
            "  expected: a file of NumPy's, .npy or .npz\n"
            "  to do:    save it by np.save or np.savez"
        ),
    ),
    "an array that is cut short": (
        lambda: NumPy(Memory(WHOLE[:-3])).extract(),
        (
            "memory: it ends 3 bytes early\n"
            "  expected: an array of shape (4,) of float64, as its header states\n"
            "  to do:    copy it again"
        ),
    ),
    "a header that is none": (
        lambda: NumPy(Memory(WHOLE[:6] + b"\x09\x00" + WHOLE[8:])).extract(),
        (
            "memory: it is of version 9.0 of the format\n"
            "  expected: one of 1.0, 2.0\n"
            "  to do:    save it by np.save as an array of numbers"
        ),
    ),
    "objects": (
        lambda: NumPy(Memory(saved(np.array([{}], object)))).extract(),
        None,
    ),
    "a header that is no Python": (
        lambda: NumPy(Memory(WHOLE.replace(b"}", b" "))).extract(),
        (
            "memory: its header is none of NumPy's: ('EOF in multi-line statement', (2, 0))\n"
            "  expected: an array as np.save writes it"
        ),
    ),
    "a shape that there is not": (
        lambda: NumPy(Memory(WHOLE.replace(b"(4,), ", b"(-4,),"))).extract(),
        "memory: its header states the shape (-4,)\n  expected: lengths from 0 on\n  to do:    copy it again",
    ),
    "dates": (
        lambda: NumPy(Memory(saved(np.zeros(2, "M8[s]")))).extract(),
        (
            "memory: it holds values of datetime64[s]\n"
            "  expected: numbers or texts\n"
            "  to do:    save it as an array of numbers"
        ),
    ),
    "two arrays in a file": (
        lambda: NumPy(Memory(WHOLE + WHOLE)).extract(),
        (
            "memory: it goes on behind its array\n"
            "  expected: an array of shape (4,) of float64, as its header states\n"
            "  to do:    save one array in each file"
        ),
    ),
    "a single number": (
        lambda: NumPy(Memory(saved(np.array(3.0)))).extract(),
        ("memory: it is a single number\n  expected: an array of shape (records, ...)"),
    ),
    "an archive of nothing": (
        lambda: NumPy(Memory(EMPTY.getvalue())).extract(),
        "memory: it has no files in it\n  expected: an archive of files",
    ),
    "an archive with an array whose name was damaged": (
        lambda: NumPy(Memory(PACKED.replace(b"y.npy", b"y.nqy"))).extract(),
        (
            "memory, member 'y.nqy': its name does not end in .npy, as those of arrays do\n"
            "  expected: a file as np.savez writes it\n"
            "  to do:    copy it again, or choose arrays by sections"
        ),
    ),
    "an archive that is cut short": (
        lambda: NumPy(Memory(PACKED[:-30])).extract(),
        (
            "memory: its zip data is damaged: File is not a zip file\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "an archive that is damaged": (
        lambda: NumPy(Memory(bytes(DAMAGED)), {"inputs": "x"}).extract(),
        (
            "memory, member 'x.npy': its zip data is damaged: Bad CRC-32 for file 'x.npy'\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "a header that is damaged": (
        lambda: NumPy(Memory(bytes(BROKEN))).extract(),
        (
            "memory, member 'x.npy': its zip data is damaged: Bad CRC-32 for file 'x.npy'\n"
            "  expected: a whole file\n"
            "  to do:    copy or download it again"
        ),
    ),
    "arrays that differ in length": (
        lambda: NumPy(Memory(PACKED)).extract(),
        (
            "memory: its arrays differ in length: x 4, y 3\n"
            "  expected: arrays whose first axes have the same length\n"
            "  to do:    choose by sections which of them are wanted"
        ),
    ),
    "an array that there is not": (
        lambda: NumPy(Memory(PACKED), {"inputs": "xs"}).extract(),
        ("memory: there is no array 'xs'\n  expected: one of x, y (nearest: x)\n  to do:    name another"),
    ),
}


@pytest.mark.parametrize(("action", "message"), FAULTS.values(), ids=FAULTS)
def test_files_that_are_damaged_are_refused(action, message, refused):
    """Objects, which would be run when they are read, too."""
    kind, said = refused(action)
    assert kind == "DataError"
    if message is None:
        assert said.endswith(
            "it holds Python objects\n  expected: numbers or texts\n  to do:    save it as an array of numbers"
        )
    else:
        assert said == message


@pytest.mark.parametrize("layout", [[["inputs", "u9"]], [["_gap", "u1"]], [["inputs", "O"]], []])
def test_a_layout_has_to_be_one(layout, refused):
    """Of numbers, and of a section at least."""
    kind, said = refused(Records, Memory(b""), layout)
    assert kind == "SettingError"
    assert said.startswith(f"Records.layout: {tuple(map(tuple, layout))!r}")
    assert said.endswith(
        'expected: a name, a type and perhaps a shape for each part, such as ["inputs", "u1", [28, 28]]'
    )
