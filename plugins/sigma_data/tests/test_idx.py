"""IDX files."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sigma_data import IDX, Memory
from sigma_data.extractors.idx import DTYPES

CODES = {dtype: code for code, dtype in DTYPES.items()}


def encoded(array):
    """An array as IDX; written by hand from the format's description, as an oracle."""
    dtype = next(dtype for dtype in CODES if dtype.newbyteorder("=") == array.dtype)
    header = bytes([0, 0, CODES[dtype], array.ndim]) + b"".join(struct.pack(">I", length) for length in array.shape)
    return header + array.astype(dtype).tobytes()


@given(st.sampled_from(list(CODES)).flatmap(lambda dtype: arrays(dtype.newbyteorder("="), array_shapes())))
def test_every_type_and_shape_is_read(array):
    """To the last bit, in native byte order."""
    for content in (encoded(array), gzip.compress(encoded(array))):
        read = IDX(content).extract()["inputs"]
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)


def test_inputs_and_targets_are_two_files(tmp_path):
    """A path is that of a file."""
    (tmp_path / "images").write_bytes(encoded(np.zeros((3, 2, 2), np.uint8)))
    (tmp_path / "labels").write_bytes(encoded(np.arange(3, dtype=np.uint8)))
    sections = IDX(str(tmp_path / "images"), tmp_path / "labels").extract()
    assert {name: array.shape for name, array in sections.items()} == {"inputs": (3, 2, 2), "targets": (3,)}


WHOLE = encoded(np.arange(6, dtype=np.int16).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.idx: it ends after 0 bytes\n  expected: an IDX file, with a header of at least 8 bytes"),
        (
            b"PK\3\4 and so on",
            (
                "a.idx: it starts with the bytes 50 4b 03 04\n"
                "  expected: an IDX file: 00 00, then a type (08, 09, 0b, 0c, 0d, 0e), then the number of axes"
            ),
        ),
        (
            b"\0\0\x0a\1\0\0\0\1",
            (
                "a.idx: it starts with the bytes 00 00 0a 01\n"
                "  expected: an IDX file: 00 00, then a type (08, 09, 0b, 0c, 0d, 0e), then the number of axes"
            ),
        ),
        (
            WHOLE[:10],
            (
                "a.idx: its header ends after 10 bytes\n"
                "  expected: 12 bytes, for the 2 axes that it announces\n"
                "  to do:    copy or download it again"
            ),
        ),
        (
            WHOLE[:-1],
            (
                "a.idx: it holds 11 bytes of numbers\n"
                "  expected: 12 bytes, for the shape (2, 3) of int16 that its header states\n"
                "  to do:    copy or download it again"
            ),
        ),
        (
            WHOLE + b"abc",
            (
                "a.idx: it holds more than 12 bytes of numbers\n"
                "  expected: 12 bytes, for the shape (2, 3) of int16 that its header states\n"
                "  to do:    copy or download it again"
            ),
        ),
        (
            b"\0\0\x0e\3" + b"\xff" * 12 + b"12345678",
            (
                "a.idx: it holds 8 bytes of numbers\n"
                f"  expected: {(2**32 - 1) ** 3 * 8} bytes, for the shape (4294967295, 4294967295, 4294967295) "
                "of float64 that its header states\n"
                "  to do:    copy or download it again"
            ),
        ),
    ],
)
def test_damaged_files_are_told(content, message, refused):
    """Also headers that promise more than any memory holds."""
    assert refused(IDX(Memory(content, name="a.idx")).extract) == ("DataError", message)
