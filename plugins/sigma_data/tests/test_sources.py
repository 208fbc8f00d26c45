"""Files and memory."""

import gzip

import pytest
from sigma_data import File, Memory

from sigma_core.errors import DataError


def content(source):
    with source.open() as stream:
        return stream.read()


def test_a_file_gives_its_bytes(tmp_path):
    """Again and again, from the first one."""
    (tmp_path / "a.bin").write_bytes(b"abc")
    source = File(tmp_path / "a.bin")
    assert content(source) == content(source) == b"abc"
    assert source.describe() == f"file '{tmp_path / 'a.bin'}'"


def test_gzip_is_told_by_its_first_bytes_not_by_its_name(tmp_path):
    """A compressed file is decompressed, a file that is only called so is not."""
    (tmp_path / "a.csv").write_bytes(gzip.compress(b"abc" * 10000))
    (tmp_path / "b.csv.gz").write_bytes(b"abc")
    assert content(File(tmp_path / "a.csv")) == b"abc" * 10000
    assert content(File(tmp_path / "b.csv.gz")) == b"abc"
    assert content(Memory(gzip.compress(b"abc"))) == b"abc"


def test_memory_gives_bytes_and_texts():
    """Texts as UTF-8."""
    assert content(Memory(b"abc")) == b"abc"
    assert content(Memory("ä")) == b"\xc3\xa4"
    assert Memory("", name="a table").describe() == "a table"


def test_the_home_folder_is_known(tmp_path, monkeypatch):
    """As `~`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "a.bin").write_bytes(b"abc")
    assert content(File("~/a.bin")) == b"abc"


def test_streams_close_their_file(tmp_path):
    """Also those that decompress."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"abc"))
    with File(tmp_path / "a.gz").open() as stream:
        stream.read(1)
    assert stream.closed


def test_a_missing_file_is_told_with_the_nearest(tmp_path, refused):
    """The folder is named, too."""
    (tmp_path / "iris.csv").write_bytes(b"")
    assert refused(File(tmp_path / "irs.csv").open) == (
        "DataError",
        (
            f"file '{tmp_path / 'irs.csv'}': there is no such file in folder '{tmp_path}'\n"
            "  expected: the path of a file that exists (nearest: iris.csv)"
        ),
    )


def test_a_missing_folder_is_told(tmp_path, refused):
    """It is the folder that has to be put right."""
    assert refused(File(tmp_path / "no" / "iris.csv").open) == (
        "DataError",
        (
            f"file '{tmp_path / 'no' / 'iris.csv'}': there is no folder '{tmp_path / 'no'}'\n"
            "  expected: the path of a file that exists"
        ),
    )


def test_a_folder_is_no_file(tmp_path, refused):
    """Whatever the system would say."""
    assert refused(File(tmp_path).open) == (
        "DataError",
        f"file '{tmp_path}': it is a folder\n  expected: the path of a file that exists",
    )


def test_what_the_system_refuses_is_a_storage_error(tmp_path, monkeypatch, refused):
    """No permission, a broken disk."""
    (tmp_path / "a").write_bytes(b"")

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", denied)
    assert refused(File(tmp_path / "a").open) == (
        "StorageError",
        f"file '{tmp_path / 'a'}': it cannot be read: Permission denied",
    )


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda data: data[:-10], "its gzip data ends early"),
        (lambda data: data[:-8] + bytes(8), "its gzip data is damaged: CRC check failed 0x0 != 0x"),
        (
            lambda data: data[:12] + b"\xff" * 8 + data[20:],
            "its gzip data is damaged: Error -3 while",
        ),
    ],
)
def test_damaged_gzip_is_told(damage, found, refused):
    """Cut off, changed at its end, changed in its middle."""
    kind, message = refused(content, Memory(damage(gzip.compress(bytes(range(256)))), name="a.gz"))
    assert kind == "DataError"
    assert message.startswith(f"a.gz: {found}")
    assert message.endswith("\n  expected: a whole file\n  to do:    copy or download it again")


def test_a_path_that_no_system_takes_is_refused():
    """One with a zero in it, as a slip in a recipe's quotes makes."""
    with pytest.raises(DataError) as caught:
        File("a\0b").open()

    assert str(caught.value) == (
        f"file 'a\\x00b': {caught.value.__cause__}\n  expected: the path of a file that exists"
    )
