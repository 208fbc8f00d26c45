"""Downloads, from a server of this test's own on the loopback address."""

import hashlib
from types import SimpleNamespace

import pytest
from sigma_data.datasets._download import download

from sigma_core.extend import DownloadError

CONTENT = bytes(range(256)) * 1000
SUM = hashlib.sha256(CONTENT).hexdigest()


def test_a_file_is_fetched_whole(tmp_path, server):
    """Into folders that are made for it; nothing else is left there."""
    server.files["/a.gz"] = CONTENT
    said = []
    log = SimpleNamespace(info=lambda event, **fields: said.append((event, fields["address"])))
    download([f"{server.address}/a.gz"], tmp_path / "new" / "a.gz", SUM, log)
    assert (tmp_path / "new" / "a.gz").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.gz"]
    assert said == [("download_started", f"{server.address}/a.gz")]


def test_the_next_address_is_tried(tmp_path, server):
    """After one that has it not, one that breaks off, one that has something else and one that does not answer."""
    server.files |= {"/short/a.gz": CONTENT, "/other/a.gz": b"other", "/good/a.gz": CONTENT}
    server.cut["/short/a.gz"] = 1000
    addresses = [f"{server.address}/{folder}/a.gz" for folder in ("none", "short", "other", "good")]
    download(["http://127.0.0.1:9/a.gz", *addresses], tmp_path / "a.gz", SUM)
    assert (tmp_path / "a.gz").read_bytes() == CONTENT
    assert server.asked == ["/none/a.gz", "/short/a.gz", "/other/a.gz", "/good/a.gz"]


def test_every_refusal_is_reported(tmp_path, server, refused):
    """And nothing is left behind."""
    server.files |= {"/short/a.gz": CONTENT, "/other/a.gz": b"other"}
    server.cut["/short/a.gz"] = 1000
    addresses = [f"{server.address}/{folder}/a.gz" for folder in ("none", "short", "other")]
    kind, message = refused(download, [*addresses, "ftp://127.0.0.1/a.gz"], tmp_path / "a.gz", SUM)
    assert kind == "DownloadError"
    assert message == (
        f"download of a.gz: {addresses[0]}: HTTP Error 404: Not Found; "
        f"{addresses[1]}: it broke off after 1000 of 256000 bytes; "
        f"{addresses[2]}: its SHA-256 is {hashlib.sha256(b'other').hexdigest()}, not {SUM}; "
        "ftp://127.0.0.1/a.gz: it is no http or https address\n"
        "  expected: one address that gives the whole file\n"
        f"  to do:    try again later, or put the file into '{tmp_path}' yourself"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_breaks_off_is_told(tmp_path, server, refused):
    """Also where its length was not said before."""
    server.files["/a.gz"] = CONTENT
    server.chunked.add("/a.gz")
    server.cut["/a.gz"] = 1000
    _, message = refused(download, [f"{server.address}/a.gz"], tmp_path / "a.gz", SUM)
    assert message.startswith(f"download of a.gz: {server.address}/a.gz: it broke off after 0 bytes: IncompleteRead(")


def test_an_address_that_does_not_answer_is_told(tmp_path):
    """With the system's reason, whatever its words."""
    with pytest.raises(DownloadError) as caught:
        download(["http://127.0.0.1:9/a.gz"], tmp_path / "a.gz", SUM)
    head = str(caught.value).splitlines()[0]
    assert head.startswith("download of a.gz: http://127.0.0.1:9/a.gz: ")
    assert "refused" in head


def test_no_address_is_told(tmp_path, refused):
    """A list of mirrors can be empty."""
    assert refused(download, [], tmp_path / "a.gz", SUM) == (
        "DownloadError",
        (
            "download of a.gz: there is no address to get it from\n"
            "  expected: one address that gives the whole file\n"
            f"  to do:    try again later, or put the file into '{tmp_path}' yourself"
        ),
    )


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path, server, refused):
    """No other address would help."""
    server.files["/a.gz"] = CONTENT
    (tmp_path / "file").write_bytes(b"")
    kind, message = refused(download, [f"{server.address}/a.gz"] * 2, tmp_path / "file" / "a.gz", SUM)
    assert kind == "StorageError"
    assert message.startswith(f"download of a.gz: it cannot be written to '{tmp_path / 'file'}': ")
    assert message.endswith("\n  to do:    make room or choose another cache folder")


def test_a_full_disk_leaves_nothing_behind(tmp_path, server, monkeypatch, refused):
    """The file that was begun is removed."""
    server.files["/a.gz"] = CONTENT

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert refused(download, [f"{server.address}/a.gz"], tmp_path / "a.gz", SUM) == (
        "StorageError",
        (
            f"download of a.gz: it cannot be written to '{tmp_path}': No space left on device\n"
            "  to do:    make room or choose another cache folder"
        ),
    )
    assert list(tmp_path.iterdir()) == []
