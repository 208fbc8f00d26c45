"""What a text means where a source is wanted."""

from pathlib import Path

import pytest
from sigma_data import CSV, URL, Archive, File, FirstAvailable, Fsspec, Glob, Memory
from sigma_data.sources import as_source

from sigma_core.testing import ComponentRegistry, Composer


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("data/iris.csv", File("data/iris.csv")),
        ("~/iris.csv.gz", File("~/iris.csv.gz")),
        ("https://example.org/a.csv?x=*", URL("https://example.org/a.csv?x=*")),
        ("HTTP://example.org/a.csv", URL("HTTP://example.org/a.csv")),
        ("s3://bucket/a/*.csv", Fsspec("s3://bucket/a/*.csv")),
        ("data/*.csv", Glob("data/*.csv")),
        ("data/**/[0-9].csv", Glob("data/**/[0-9].csv")),
        ("a.zip!b.csv", Archive(File("a.zip"), "b.csv")),
        ("a.zip", Archive(File("a.zip"))),
        ("data/*.TAR.XZ", Archive(Glob("data/*.TAR.XZ"))),
        ("https://example.org/a.tgz", Archive(URL("https://example.org/a.tgz"))),
        ("a.zip!b.tar", Archive(Archive(File("a.zip"), "b.tar"))),
        (Path("a.tar"), Archive(File("a.tar"))),
        ("a.tar.csv", File("a.tar.csv")),
        ("a.zip!b/*.csv", Archive(File("a.zip"), "b/*.csv")),
        ("https://example.org/a.zip!b.csv", Archive(URL("https://example.org/a.zip"), "b.csv")),
        ("s3://bucket/a.tar!b.tar!c", Archive(Archive(Fsspec("s3://bucket/a.tar"), "b.tar"), "c")),
        ("wow!", File("wow!")),
        ("!a", File("!a")),
        ("C:\\data\\a.csv", File("C:\\data\\a.csv")),
        ("a\0b", File("a\0b")),
        ("~nobody-at-all/*!", Glob("~nobody-at-all/*!")),
        ("*" * 5000, Glob("*" * 5000)),
        (Path("data/iris.csv"), File(str(Path("data/iris.csv")))),
        ("", File("")),
        (b"1,2", Memory(b"1,2")),
        (File("a"), File("a")),
        (3, 3),
    ],
)
def test_a_text_is_what_it_looks_like(text, source):
    """And anything else stays as it is."""
    assert as_source(text) == source


def test_a_file_that_exists_goes_before_what_its_name_looks_like(tmp_path, monkeypatch):
    """Names may hold anything."""
    monkeypatch.chdir(tmp_path)
    for name in ("a!b.csv", "[1].csv"):
        Path(name).write_bytes(b"")
        assert as_source(name) == File(name)


def test_recipes_and_python_take_the_same_texts():
    """Extractors, archives and choices alike."""
    composer = Composer(ComponentRegistry())
    settings = {"use": "csv", "source": {"use": "first_available", "sources": ["a.csv", "https://example.org/a.zip!b"]}}
    wanted = FirstAvailable((File("a.csv"), Archive(URL("https://example.org/a.zip"), "b")))
    assert composer.build("extractors", settings).source == wanted
    assert CSV(FirstAvailable(["a.csv", "https://example.org/a.zip!b"])).source == wanted
    assert composer.build("extractors", composer.table(CSV(wanted))).source == wanted
    assert FirstAvailable("a.csv").sources == (File("a.csv"),)
