"""Files and memory."""

import gzip
from pathlib import Path

import pytest
from sigma_data import URL, File, FirstAvailable, Glob, Memory

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


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no file of Linux that cannot be read")
@pytest.mark.parametrize("size", [-1, 1, 1 << 20])
def test_what_the_system_refuses_is_a_storage_error(size, refused):
    """While the file is read, too, as on a broken disk: nothing is mapped at the first byte of a process."""
    message = "file '/proc/self/mem': it cannot be read: Input/output error"
    with File("/proc/self/mem").raw() as stream:
        assert refused(stream.read, size) == ("StorageError", message)
    assert refused(File("/proc/self/mem").open) == ("StorageError", message)


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


def test_a_glob_is_the_files_that_match(tmp_path, monkeypatch):
    """Sorted by path, folders left out, `**` for any of them."""
    for name in ("b.csv", "a.csv", "deep/er/c.csv", "d.txt", "e.csv/f"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    parts = Glob(str(tmp_path / "*.csv")).parts()
    assert parts == (File(tmp_path / "a.csv"), File(tmp_path / "b.csv"))
    assert [content(part) for part in parts] == [b"a.csv", b"b.csv"]
    assert len(Glob(tmp_path / "**" / "*.csv").parts()) == 3
    assert content(Glob(tmp_path / "*.txt")) == b"d.txt"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(Glob("~/*.csv").parts()) == 2


def test_several_files_are_no_single_stream(tmp_path, refused):
    """They are for extractors that read parts."""
    for name in "ab":
        (tmp_path / name).write_bytes(b"")
    assert refused(Glob(tmp_path / "?").open) == (
        "DataError",
        (
            f"files '{tmp_path / '?'}': it is 2 files, from file '{tmp_path / 'a'}' to file '{tmp_path / 'b'}'\n"
            "  expected: one file\n"
            "  to do:    name one of them, or use an extractor that reads several"
        ),
    )


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", "no file matches"),
        ("no/er/*.csv", "there is no folder '{}/no'"),
        ("**/*.csv", "no file matches"),
        ("a\0*", "no file matches"),
    ],
)
def test_a_pattern_that_matches_nothing_is_told(tmp_path, refused, pattern, found):
    """With how far it leads."""
    kind, text = refused(Glob(f"{tmp_path}/{pattern}").parts)
    assert (kind, text) == (
        "DataError",
        f"files '{tmp_path}/{pattern}': {found.format(tmp_path)}\n  expected: a pattern that files match",
    )


def test_fingerprints_change_with_what_they_are_of(tmp_path):
    """A file's with its content, a pattern's with its files, that of memory with its bytes."""
    (tmp_path / "a").write_bytes(b"1")
    file, files = File(tmp_path / "a"), Glob(tmp_path / "*")
    before = file.fingerprint(), files.fingerprint()
    assert (file.fingerprint(), files.fingerprint()) == before
    (tmp_path / "b").write_bytes(b"2")
    assert file.fingerprint() == before[0]
    assert files.fingerprint() != before[1]
    (tmp_path / "a").write_bytes(b"12")
    assert file.fingerprint() != before[0]
    assert File(tmp_path / "c").fingerprint() is None
    assert Memory(b"1").fingerprint() == Memory("1").fingerprint() != Memory(b"2").fingerprint()


def test_the_first_available_is_taken(tmp_path, environment, server):
    """Others are not even asked."""
    server.files["/a.bin"] = b"abc"
    (tmp_path / "a").write_bytes(b"a")
    fetched = URL(f"{server.address}/a.bin")
    assert content(FirstAvailable([tmp_path / "no", tmp_path / "a", fetched])) == b"a"
    assert server.asked == []
    choice = FirstAvailable([tmp_path / "no", fetched])
    with choice.open(environment) as stream:
        assert stream.read() == b"abc"
    assert choice.parts(environment) == (fetched,)
    assert choice.fingerprint(environment) == fetched.fingerprint(environment)
    assert choice.describe() == f"the first available of 2 sources, file '{tmp_path / 'no'}' first"
    assert server.asked == ["/a.bin"]


def test_all_reasons_are_told_when_none_is_available(tmp_path, environment, server, refused):
    """With what the last says can be done."""
    fetched = URL(f"{server.address}/a.bin")
    place = fetched._download(environment).destination
    choice = FirstAvailable([tmp_path / "no", fetched])
    assert refused(choice.open, environment) == (
        "DownloadError",
        (
            f"the first available of 2 sources, file '{tmp_path / 'no'}' first: "
            f"file '{tmp_path / 'no'}': there is no such file in folder '{tmp_path}'; "
            f"url '{server.address}/a.bin': it answered 404 Not Found\n"
            "  expected: one source that is there\n"
            f"  to do:    try again later, or put the file to '{place}' yourself"
        ),
    )


def test_files_that_are_not_there_can_be_put_right(tmp_path, refused):
    """By whoever asked; one alone is told as it is, and none at all, too."""
    kind, text = refused(FirstAvailable([tmp_path / "a", tmp_path / "b"]).open)
    assert kind == "DataError"
    assert text.endswith("\n  expected: one source that is there")
    assert refused(FirstAvailable(tmp_path / "a").open) == refused(File(tmp_path / "a").open)
    assert FirstAvailable(tmp_path / "a").describe() == f"file '{tmp_path / 'a'}'"
    assert refused(FirstAvailable([]).open) == (
        "DataError",
        "the first available of 0 sources: there is no source\n  expected: one source that is there",
    )


@pytest.mark.parametrize("make", [File, Glob, lambda path: URL("https://example.org/a", path=path)])
def test_the_home_of_nobody_is_told(environment, refused, make):
    """`~name` is the home folder of a user."""
    source = make("~nobody-at-all/a")
    assert refused(source.open, environment) == (
        "DataError",
        (
            f"{source.describe()}: there is no such home folder\n"
            "  expected: the path of a file\n"
            "  to do:    write it in full"
        ),
    )
    if isinstance(source, File):
        assert source.fingerprint() is None


def test_a_name_that_is_too_long_is_told(refused):
    """By the system."""
    kind, text = refused(File("a" * 5000).open)
    assert kind == "StorageError"
    assert text.endswith("it cannot be read: File name too long")
