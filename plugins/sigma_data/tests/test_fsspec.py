"""Files of the file systems of fsspec, with the one in memory."""

import gzip
import sys

import fsspec
import pytest
from sigma_data import Fsspec

from sigma_core.errors import DataError, PluginUnavailableError, StorageError
from sigma_core.testing import message


@pytest.fixture
def memory():
    """A file system of this process."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe({"/data/b.csv": b"3,4\n", "/data/a.csv": gzip.compress(b"1,2\n"), "/data/deep/c.csv": b"5"})
    yield system
    system.store.clear()


def content(source):
    with source.open() as stream:
        return stream.read()


def refusal(action, kind=DataError):
    with pytest.raises(kind) as caught:
        action()
    return message(caught.value)


def test_a_file_is_read_from_where_it_lies(memory):
    """Decompressed, as others."""
    source = Fsspec("memory://data/a.csv")
    assert content(source) == content(source) == b"1,2\n"
    assert source.parts() == (source,)
    assert source.describe() == "'memory://data/a.csv'"


def test_a_pattern_stands_for_the_files_that_match(memory):
    """Sorted; folders are none."""
    parts = Fsspec("memory://data/*").parts()
    assert [part.describe() for part in parts] == ["'memory:///data/a.csv'", "'memory:///data/b.csv'"]
    assert [content(part) for part in parts] == [b"1,2\n", b"3,4\n"]
    assert content(Fsspec("memory://data/b*")) == b"3,4\n"


def test_a_fingerprint_changes_with_the_file(memory):
    """As its file system tells; one that tells nothing gives none."""
    source, several = Fsspec("memory://data/b.csv"), Fsspec("memory://data/*.csv")
    before = source.fingerprint(), several.fingerprint()
    assert None not in before
    assert (source.fingerprint(), several.fingerprint()) == before
    memory.pipe("/data/b.csv", b"new")
    assert source.fingerprint() != before[0]
    assert several.fingerprint() != before[1]


def test_a_file_system_that_tells_no_change_gives_no_fingerprint(memory, monkeypatch):
    """What is made of it is not kept."""
    monkeypatch.setattr(type(memory), "info", lambda *_, **__: {"size": 3})
    assert Fsspec("memory://data/b.csv").fingerprint() is None


def test_options_go_to_the_file_system(tmp_path):
    """As its own documentation has them."""
    (tmp_path / "a").write_bytes(b"abc")
    address = f"simplecache::file://{tmp_path}/a"
    assert content(Fsspec(address, {"simplecache": {"cache_storage": str(tmp_path / "kept")}})) == b"abc"


def test_a_file_that_is_not_there_is_told(memory):
    """And a pattern that nothing matches."""
    assert refusal(Fsspec("memory://data/no.csv").open) == (
        "'memory://data/no.csv': there is no such file\n  expected: the address of a file that exists"
    )
    assert refusal(Fsspec("memory://data/no*").parts) == (
        "'memory://data/no*': no file matches\n  expected: a pattern that files match"
    )


def test_a_folder_is_told(tmp_path):
    """It is no file."""
    assert refusal(Fsspec(f"file://{tmp_path}").open) == (
        f"'file://{tmp_path}': it is a folder\n  expected: the address of a file"
    )


def test_an_unknown_file_system_is_told_with_the_nearest():
    """Of all that fsspec knows."""
    text = refusal(Fsspec("memori://a").open)
    assert text.startswith("'memori://a': no file system is called 'memori'\n  expected: one of ")
    assert text.endswith("(nearest: memory)")


def test_an_address_that_a_file_system_does_not_take_is_told(memory, monkeypatch):
    """In its words."""

    def refuse(*_, **__):
        raise ValueError("no such bucket name")

    monkeypatch.setattr(fsspec, "open", refuse)
    assert refusal(Fsspec("memory://a").open) == (
        "'memory://a': no such bucket name\n  expected: an address that its file system takes"
    )


def test_what_may_not_be_read_is_a_storage_error(memory, monkeypatch):
    """No permission, no connection."""

    def refuse(*_, **__):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(fsspec, "open", refuse)
    assert refusal(Fsspec("memory://a").open, StorageError) == "'memory://a': it cannot be read: Access Denied"


def test_a_library_that_is_missing_is_told(monkeypatch):
    """That of the file system, in the words of fsspec, or fsspec itself with the command."""
    text = refusal(Fsspec("s3://bucket/a.csv").open, PluginUnavailableError)
    assert text == "'s3://bucket/a.csv': Install s3fs to access S3\n  expected: the library of its file system"
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert refusal(Fsspec("s3://bucket/a.csv").open, PluginUnavailableError) == (
        "'s3://bucket/a.csv': fsspec is not installed\n"
        "  expected: the optional dependency sigma-data[fsspec]\n"
        "  to do:    pip install 'sigma-data[fsspec]'"
    )
