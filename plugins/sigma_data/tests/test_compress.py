"""Files of Unix's compress; gzip, which reads them too, says whether the test writes them rightly."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_data import Memory

from sigma_core.errors import DataError
from sigma_core.testing import message

TEXT = b"".join(b"line %d of a table,%d,%d\n" % (number, number % 7, number * number) for number in range(20_000))


def refusal(content):
    with pytest.raises(DataError) as caught:
        Memory(content, name="a").open().read()
    return message(caught.value)


@pytest.mark.skipif(shutil.which("gzip") is None, reason="no gzip here")
@pytest.mark.parametrize("most", [10, 12, 16])
@pytest.mark.parametrize("clears", [True, False])
def test_gzip_reads_the_same(compressed, most, clears):
    """Tables that are full, those that are begun anew, codes of every width."""
    packed = compressed(TEXT, most, clears=clears)
    assert subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True).stdout == TEXT
    assert Memory(packed).open().read() == TEXT


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=40) | st.text("ab", max_size=3000).map(str.encode), most=st.integers(10, 16))
def test_what_was_packed_comes_out(compressed, content, most):
    """Nothing, one byte, the same one over and over."""
    assert Memory(compressed(content, most)).open().read() == content


def test_a_header_that_ends_early_is_told():
    """Its third byte says how codes are written."""
    assert refusal(b"\x1f\x9d") == (
        "a: its compress data ends early\n  expected: a whole file\n  to do:    copy or download it again"
    )


def test_codes_that_end_early_are_told():
    """Where the rest of one is no padding; the format has no sum and no length."""
    assert refusal(b"\x1f\x9d\x90\x61\xff") == (
        "a: its compress data ends early\n  expected: a whole file\n  to do:    copy or download it again"
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x1f\x9d\x88ab", "codes of 8 bits are not known"),
        (b"\x1f\x9d\x91ab", "codes of 17 bits are not known"),
        (b"\x1f\x9d\x90\x01\x01", "code 257 stands for nothing yet"),
    ],
)
def test_damage_is_told(content, found):
    """Widths that there are not, codes that nothing stands for."""
    assert refusal(content) == (
        f"a: its compress data is damaged: {found}\n  expected: a whole file\n  to do:    copy or download it again"
    )
