"""Compressed bytes: told by what they are, whole or refused."""

import bz2
import gzip
import io
import lzma
import zipfile
from typing import ClassVar

import numpy as np
import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather, parquet, table
from sigma_data import CSV, Arrow, File, Memory, NumPy, Parquet

from sigma_core import Environment
from sigma_core.errors import DataError, StorageError
from sigma_core.extend import Compression
from sigma_core.testing import message

UNPACKED = {"gzip": gzip.decompress, "bzip2": bz2.decompress, "xz": lzma.decompress}
PACKED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
CONTENT = bytes(range(256)) * 64


def content(source, environment=None):
    with source.open(environment) as stream:
        return stream.read()


def length(stream):
    return sum(len(piece) for piece in iter(lambda: stream.read(1 << 22), b""))


def refusal(source, environment=None, kind=DataError):
    with pytest.raises(kind) as caught:
        content(source, environment)
    return message(caught.value)


@pytest.mark.parametrize("name", PACKED)
def test_compressed_bytes_are_told_by_their_first(tmp_path, environment, name):
    """Whatever the file is called; with an environment and without."""
    (tmp_path / "a.csv").write_bytes(PACKED[name](CONTENT))
    for where in (None, environment):
        assert content(File(tmp_path / "a.csv"), where) == CONTENT
        assert content(Memory(PACKED[name](CONTENT)), where) == CONTENT


@pytest.mark.parametrize("name", PACKED)
def test_several_streams_in_one_are_one(name):
    """As `cat a.gz b.gz` makes."""
    assert content(Memory(PACKED[name](b"a") + PACKED[name](b"b"))) == b"ab"


@pytest.mark.parametrize("name", PACKED)
def test_zeros_between_streams_are_padding(name):
    """As tapes and parallel compressors leave them, more than are read at once."""
    padded = PACKED[name](b"a") + bytes(100_000) + PACKED[name](b"b") + bytes(7)
    assert content(Memory(padded)) == b"ab"


@pytest.mark.parametrize("name", PACKED)
def test_no_stream_is_lost_in_silence(name):
    """What stands behind a damaged header is no padding."""
    second = PACKED[name](b"b")
    text = refusal(Memory(PACKED[name](b"a") + b"!" + second[1:], name="a"))
    assert text.startswith(f"a: its {name} data is damaged: ")


@pytest.mark.parametrize("name", PACKED)
@given(pieces=st.lists(st.binary(max_size=300), min_size=1, max_size=4), size=st.integers(1, 500))
def test_it_does_not_matter_how_much_is_read_at_once(name, pieces, size):
    """The standard library says what is right."""
    packed = b"".join(map(PACKED[name], pieces))
    with Memory(packed).open() as stream:
        got = b"".join(iter(lambda: stream.read(size), b""))
    assert got == UNPACKED[name](packed)


@pytest.mark.parametrize("name", PACKED)
def test_nothing_compressed_is_nothing(name):
    """It is whole all the same."""
    assert content(Memory(PACKED[name](b""))) == b""


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_data_that_ends_early_is_told(name, kept):
    """Wherever it is cut."""
    packed = PACKED[name](CONTENT)
    assert refusal(Memory(packed[: int(len(packed) * kept)], name="a")) == (
        f"a: its {name} data ends early\n  expected: a whole file\n  to do:    copy or download it again"
    )


@pytest.mark.parametrize("name", PACKED)
def test_damaged_data_is_told(name):
    """In its middle; the words are those of its library."""
    packed = bytearray(PACKED[name](CONTENT))
    packed[len(packed) // 2 : len(packed) // 2 + 20] = b"\xff" * 20
    text = refusal(Memory(bytes(packed), name="a"))
    assert text.startswith(f"a: its {name} data is damaged: ")
    assert text.endswith("\n  expected: a whole file\n  to do:    copy or download it again")


def test_one_layer_is_taken_off():
    """Who packs twice has reasons, or is up to something."""
    assert content(Memory(gzip.compress(gzip.compress(CONTENT)))) == gzip.compress(CONTENT)


def test_a_bomb_is_refused(tmp_path):
    """Where it becomes too large, long before it is read; whoever trusts it can have it."""
    packed = bz2.compress(bytes(1 << 23)) * 10
    (tmp_path / "a.bz2").write_bytes(packed)
    bomb = File(tmp_path / "a.bz2")
    with bomb.open() as stream, pytest.raises(DataError) as caught:
        length(stream)
    assert message(caught.value) == (
        f"file '{tmp_path / 'a.bz2'}': {caught.value.found}\n"
        "  expected: at most 1000 bytes for each\n"
        "  to do:    if you trust it, raise largest_ratio"
    )
    assert "it looks like a bomb" in caught.value.found
    with evolve(bomb, largest_ratio=1e6).open() as stream:
        assert length(stream) == 10 << 23


def test_a_disk_that_fails_is_no_damage(monkeypatch):
    """What has a number is of the system."""

    def fail(self, buffer):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(gzip.GzipFile, "readinto", fail)
    assert refusal(Memory(gzip.compress(b"a"), name="a"), kind=StorageError) == (
        "a: it cannot be read: Input/output error"
    )


@frozen
class Reversed(Compression):
    """Bytes from the last to the first."""

    magic: ClassVar[bytes] = b"REV"

    def open(self, stream):
        return io.BytesIO(stream.read()[:2:-1])


def test_compressions_can_be_added(environment):
    """By an entry point, or here by hand."""
    assert content(Memory(b"REVcba"), environment) == b"REVcba"
    environment.register("compressions", "reversed", Reversed)
    assert content(Memory(b"REVcba"), environment) == b"abc"


def test_a_compression_that_is_blocked_is_passed_over():
    """What it would have told is as it is."""
    with Environment(block=["compressions:xz"]) as environment:
        assert content(Memory(lzma.compress(b"a")), environment) == lzma.compress(b"a")
        assert content(Memory(gzip.compress(b"a")), environment) == b"a"


def whole(extractor, environment):
    return {name: array.tolist() for name, array in extractor.extract(environment).items()}


@pytest.mark.parametrize(
    ("extractor", "write"),
    [
        (CSV, lambda made: b"a,b\n1.0,3.0\n2.0,4.0\n"),
        (NumPy, lambda made: saved(np.save, np.array([[1.0, 3.0], [2.0, 4.0]]))),
        (NumPy, lambda made: saved(np.savez, inputs=np.array([[1.0, 3.0], [2.0, 4.0]]))),
        (Parquet, lambda made: saved(lambda file: parquet.write_table(made, file))),
        (Arrow, lambda made: saved(lambda file: feather.write_feather(made, file))),
    ],
)
def test_every_format_may_be_compressed_or_in_an_archive(tmp_path, environment, extractor, write):
    """Also those that are read here and there; nothing of what that takes is left."""
    packed = write(table({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    (tmp_path / "a").write_bytes(gzip.compress(packed))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b", packed)
    for text in (f"{tmp_path / 'a'}", f"{tmp_path / 'a.zip'}!b"):
        assert whole(extractor(text), environment) == {"inputs": [[1.0, 3.0], [2.0, 4.0]]}
    assert not environment.paths.cache.is_dir() or list(environment.paths.cache.iterdir()) == []


def saved(save, *arguments, **settings):
    file = io.BytesIO()
    save(file, *arguments, **settings)
    return file.getvalue()
