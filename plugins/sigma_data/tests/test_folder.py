"""All files of a folder, and where files of every source lie."""

import zipfile
from pathlib import Path

import pytest
from sigma_data import URL, Archive, File, Folder, Fsspec, Glob, Memory
from sigma_data.sources import as_source


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Files in two folders, hidden ones, and a folder without any."""
    for name in ("b/2.txt", "b/deep/3.txt", "a/1.txt", "4.txt", ".hidden/5.txt", "a/.6.txt"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    (tmp_path / "data" / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def test_a_folder_is_all_files_beneath_it(tree):
    """Sorted by path, without hidden ones."""
    parts = Folder("data").parts()
    assert [part.location() for part in parts] == ["data/4.txt", "data/a/1.txt", "data/b/2.txt", "data/b/deep/3.txt"]
    assert Folder("data").folders() == ["data/a", "data/b", "data/b/deep", "data/none"]
    with Folder(Path("data/a")).open() as stream:
        assert stream.read() == b"a/1.txt"
    assert Folder("data").describe() == "folder 'data'"


def test_a_text_is_a_folder_where_there_is_one_or_where_it_ends_by_a_slash(tree):
    """A pattern and a file are none."""
    assert as_source("data") == as_source(Path("data")) == Folder("data")
    assert as_source("other/") == Folder("other/")
    assert as_source("data/*") == Glob("data/*")
    assert as_source("data/4.txt") == File("data/4.txt")


def test_links_that_lead_back_are_followed_once(tree):
    """And links to elsewhere are followed."""
    (tree / "a" / "back").symlink_to(tree)
    (tree.parent / "far").mkdir()
    (tree.parent / "far" / "7.txt").write_text("")
    (tree / "near").symlink_to(tree.parent / "far")
    assert [Path(part.path).name for part in Folder(tree).parts()] == ["4.txt", "1.txt", "2.txt", "3.txt", "7.txt"]


def test_a_fingerprint_changes_with_the_files_and_the_folders(tree):
    """Which are classes, perhaps."""
    folder = Folder("data")
    marks = [folder.fingerprint()]
    assert folder.fingerprint() == marks[0]
    (tree / "a" / "1.txt").write_text("longer than before")
    marks.append(folder.fingerprint())
    (tree / "none").rename(tree / "nothing")
    marks.append(folder.fingerprint())
    assert len({*marks, None}) == 4


def test_sources_tell_where_they_lie(tmp_path):
    """With all folders; one that lies nowhere has its name."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("rose/1.png", b"")
    assert Archive(File(tmp_path / "a.zip")).parts()[0].location() == "rose/1.png"
    assert URL("https://example.org/rose/a%20b.png?x=/y.gif").location() == "/rose/a b.png"
    assert Fsspec("s3://bucket/rose/1.png").location() == "s3://bucket/rose/1.png"
    assert Folder("data/").location() == "data"
    assert Memory(b"", "bytes").location() == "bytes"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("data/none", "folder 'data/none': there are no files in it\n  expected: a folder with files"),
        (
            "data/nine",
            (
                "folder 'data/nine': there is no such folder in folder 'data'\n"
                "  expected: the path of a folder that exists (nearest: none)"
            ),
        ),
        (
            "date/none",
            "folder 'date/none': there is no folder 'date'\n  expected: the path of a folder that exists",
        ),
        ("data/4.txt", "folder 'data/4.txt': it is a file\n  expected: a folder"),
        (
            "data/b",
            (
                "folder 'data/b': it is 2 files, from file 'data/b/2.txt' to file 'data/b/deep/3.txt'\n"
                "  expected: one file\n"
                "  to do:    name one of them, or use an extractor that reads several"
            ),
        ),
    ],
)
def test_what_is_no_folder_of_files_is_told(tree, path, text, refused):
    """With the nearest."""
    assert refused(Folder(path).open) == ("DataError", text)
