"""Files inside archives, which this test makes; attacks among them."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_data import CSV, Archive, File, Memory
from sigma_data.archives import tar
from sigma_data.sources import as_source

from sigma_core.errors import DataError, SigmaError, StorageError
from sigma_core.extend import ArchiveFormat, Member, TaskProgressed
from sigma_core.testing import message

FILES = {"b/2.csv": b"3,4\n" * 5000, "a.csv": b"1,2\n", "b/1.csv": b"5,6\n"}


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        archive.mkdir("b")
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files, *others):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        folder = tarfile.TarInfo("./b")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}" if name[0].isalpha() else name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for other in others:
            archive.addfile(other)
    return packed.getvalue()


PACKED = {
    "zip": zipped,
    "zip stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip bzip2": lambda files: zipped(files, zipfile.ZIP_BZIP2),
    "zip lzma": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "tar": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
    "zip.gz": lambda files: gzip.compress(zipped(files)),
}


def content(source, environment=None):
    with source.open(environment) as stream:
        return stream.read()


def held(packed, member="*", **settings):
    return Archive(Memory(packed, name="an archive"), member, **settings)


def refusal(action, *arguments, kind=DataError):
    with pytest.raises(kind) as caught:
        action(*arguments)
    return message(caught.value)


@pytest.mark.parametrize("form", PACKED)
def test_members_are_parts_in_order_of_their_names(environment, form):
    """Each of them a source of its own, in whatever it is packed."""
    for where in (None, environment):
        parts = held(PACKED[form](FILES)).parts(where)
        assert [part.describe() for part in parts] == [
            f"an archive, member '{name}'" for name in ("a.csv", "b/1.csv", "b/2.csv")
        ]
        assert [content(part, where) for part in parts] == [FILES[name] for name in sorted(FILES)]
        assert content(held(PACKED[form](FILES), "a.csv"), where) == FILES["a.csv"]


@pytest.mark.parametrize(
    ("pattern", "names"), [("b/*", ["b/1.csv", "b/2.csv"]), ("*1.csv", ["b/1.csv"]), ("[ab].csv", ["a.csv"])]
)
def test_a_pattern_chooses_members(pattern, names):
    """Over folders, too."""
    assert [part.name for part in held(zipped(FILES), pattern).parts()] == names


def test_a_name_goes_before_a_pattern():
    """Names may hold what stands for something else in patterns."""
    packed = zipped({"[a].csv": b"1", "a.csv": b"2"})
    assert content(held(packed, "[a].csv")) == b"1"


def test_a_later_member_replaces_an_earlier_one():
    """As archives that were appended to mean it."""
    packed = io.BytesIO(tarred({"a": b"1"}))
    with tarfile.open(fileobj=packed, mode="a") as archive:
        entry = tarfile.TarInfo("a")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"2"))
    assert content(held(packed.getvalue(), "a")) == b"2"


def test_what_macs_add_is_left_out():
    """Unless it is asked for."""
    packed = zipped({"a": b"1", "__MACOSX/._a": b"2"})
    assert content(held(packed)) == b"1"
    assert content(held(packed, "__MACOSX/*")) == b"2"


def test_members_may_be_compressed_too():
    """Which is told by their first bytes, as that of a file."""
    assert content(held(zipped({"a.gz": gzip.compress(b"abc")}))) == b"abc"


def test_archives_may_stand_in_archives(tmp_path):
    """Each by a mark in the text."""
    (tmp_path / "a.zip").write_bytes(zipped({"b.tar.gz": gzip.compress(tarred(FILES)), "c": b""}))
    inner = as_source(f"{tmp_path / 'a.zip'}!b.tar.gz!b/*.csv")
    assert inner == Archive(Archive(File(str(tmp_path / "a.zip")), "b.tar.gz"), "b/*.csv")
    assert [content(part) for part in inner.parts()] == [FILES["b/1.csv"], FILES["b/2.csv"]]


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
def test_members_can_be_read_at_once(form):
    """From several threads; each has its own place in the archive."""
    files = {f"{number}": bytes([number]) * 100_000 for number in range(20)}
    parts = held(PACKED[form](files)).parts()
    with ThreadPoolExecutor(4) as pool:
        assert dict(zip((part.name for part in parts), pool.map(content, parts), strict=True)) == files


def test_an_archive_is_closed_with_its_last_member(tmp_path):
    """Also one that is being read when nobody has its source any more."""
    (tmp_path / "a.zip").write_bytes(zipped(FILES))
    stream = Archive(File(tmp_path / "a.zip"), "b/2.csv").open()
    assert stream.read(3) == b"3,4"
    assert len(stream.read()) == 19_997
    stream.close()


def test_what_has_to_be_unpacked_is_a_task(environment):
    """A compressed tar cannot be sought; nothing of it is left."""
    heard = environment.bus.subscribe("test", [TaskProgressed])
    assert len(held(gzip.compress(tarred(FILES))).parts(environment)) == 3
    assert [event.name for event in heard.drain()][:1] == ["unpacking of an archive"]
    assert list(environment.paths.cache.iterdir()) == []


@pytest.mark.parametrize("form", [zipped, tarred])
@pytest.mark.parametrize("name", ["../a", "b/../../a", "/etc/a", "..", "C:/a", "b\\..\\..\\a"])
def test_names_that_lead_out_are_refused(form, name):
    """Nothing is unpacked into folders here, but whoever reads may look at names."""
    assert refusal(held(form({name: b"1", "good": b"2"})).parts) == (
        f"an archive, member '{name}': its name leads out of the archive\n"
        "  expected: a name inside it\n"
        "  to do:    do not trust this archive"
    )
    assert content(held(form({name: b"1", "good": b"2"}), "good")) == b"2"


def entry(name, kind, target=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.FIFOTYPE, "a device"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
    ],
)
def test_what_is_no_plain_file_is_refused(kind, found):
    """Where it is chosen."""
    packed = tarred({"good": b"2"}, entry("evil", kind, "/etc/passwd"))
    for pattern in ("evil", "*"):
        assert refusal(held(packed, pattern).parts) == (
            f"an archive, member 'evil': it is {found}\n"
            "  expected: a plain file\n"
            "  to do:    choose members that are files"
        )
    assert content(held(packed, "good")) == b"2"


@pytest.mark.parametrize(("kind", "found"), [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")])
def test_a_zip_may_hold_links_too(kind, found):
    """Where Unix made it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        evil = zipfile.ZipInfo("evil")
        evil.create_system, evil.external_attr = 3, kind << 16
        archive.writestr(evil, "/etc/passwd")
    assert refusal(held(packed.getvalue()).parts).startswith(f"an archive, member 'evil': it is {found}\n")


def test_an_encrypted_member_is_refused():
    """There is no place for passwords in recipes."""
    packed = bytearray(zipped({"a": b"1"}, zipfile.ZIP_STORED))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.rindex(mark) + place] |= 1
    assert refusal(held(bytes(packed)).parts).startswith("an archive, member 'a': it is encrypted\n")


def test_a_bomb_is_refused_by_its_ratio():
    """Before anything is read; whoever trusts it can have it."""
    packed = zipped({str(number): bytes(1 << 25) for number in range(3)})
    assert refusal(held(packed).parts) == (
        f"an archive: its {len(packed)} bytes are {3 << 25} when they are unpacked: it looks like a bomb\n"
        "  expected: at most 1000 bytes for each\n"
        "  to do:    if you trust it, raise largest_ratio"
    )
    assert len(held(packed, "1").parts()) == 1
    assert len(held(packed, largest_ratio=1e6).parts()) == 3


def test_an_archive_is_refused_by_its_size():
    """Of the members that are chosen; of a compressed tar, of all of it, as soon as it is too large."""
    wanted = "  expected: at most 1000\n  to do:    if you trust it, raise largest_size"
    assert refusal(held(zipped(FILES), largest_size=1000).parts) == (
        f"an archive: it holds 20008 bytes and more when it is unpacked\n{wanted}"
    )
    assert len(held(zipped(FILES), "a.csv", largest_size=1000).parts()) == 1
    assert refusal(held(gzip.compress(tarred(FILES)), "a.csv", largest_size=1000).parts).endswith(wanted)


def test_a_member_that_is_longer_than_it_says_is_refused():
    """A format of somebody else may not look."""

    class Liar(ArchiveFormat):
        def recognises(self, stream):
            return True

        def members(self, stream):
            return [Member("a", 3, lambda: io.BytesIO(b"12345"))]

    assert refusal(content, held(b"x", format=Liar())) == (
        "an archive, member 'a': it holds more than the 3 bytes that it announces\n"
        "  expected: a whole file\n"
        "  to do:    copy or download it again"
    )


def cut(form, length):
    packed = PACKED[form](FILES)
    return packed[: int(len(packed) * length)]


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("zip", "zip data is damaged: File is not a zip file"),
        ("tar", "tar data is damaged: unexpected end of data"),
        ("tar.gz", "gzip data ends early"),
        ("tar.xz", "xz data ends early"),
        ("tar.bz2", "bzip2 data ends early"),
    ],
)
def test_a_truncated_archive_is_told(form, found):
    """It is no smaller one."""
    assert refusal(held(cut(form, 0.6)).parts) == (
        f"an archive: its {found}\n  expected: a whole file\n  to do:    copy or download it again"
    )


def test_no_member_of_a_tar_is_lost_in_silence():
    """A header that is damaged, or missing because the file was cut between two members, is no end."""
    packed = tarred({"a": b"1" * 600, "b": b"2" * 600, "c": b"3" * 600})
    start = packed.index(b"./b\0", 1536)
    damaged = packed[: start + 3] + b"!" + packed[start + 4 :]
    whole = "\n  expected: a whole file\n  to do:    copy or download it again"
    assert refusal(held(damaged).parts) == (
        f"an archive: its tar data is damaged: there is no header at byte {start}{whole}"
    )
    assert refusal(held(packed[:start]).parts) == f"an archive: its tar data ends early{whole}"


def test_no_member_of_a_zip_is_lost_in_silence():
    """One whose record is taken for the comment of another."""
    packed = bytearray(zipped({"a": b"1", "b": b"2"}))
    first, second, last = packed.index(b"PK\x01\x02"), packed.rindex(b"PK\x01\x02"), packed.index(b"PK\x05\x06")
    packed[first + 32] = last - second  # the length of its comment
    assert refusal(held(bytes(packed)).parts) == (
        "an archive: its zip data is damaged: it has 2 of the 3 members that it announces\n"
        "  expected: a whole file\n"
        "  to do:    copy or download it again"
    )


def headed(content, field, start=0):
    """A tar whose header at `start` has another field of size, and the sum that goes with it."""
    packed = bytearray(content)
    packed[start + 124 : start + 136] = field
    packed[start + 148 : start + 156] = b" " * 8
    packed[start + 148 : start + 156] = b"%06o\0 " % sum(packed[start : start + 512])
    return bytes(packed)


def test_a_tar_cannot_lead_back():
    """A member of less than no bytes would be read again and again."""
    packed = headed(tarred({"a": b"1"}, entry("b", tarfile.REGTYPE)), (-1024).to_bytes(12, "big", signed=True), 512)
    assert "its tar data is damaged: " in refusal(held(packed).parts)


def test_a_tar_of_headers_without_end_is_told():
    """Each of which announces the next."""
    packed = tarred({}, *[entry("a", tarfile.XHDTYPE)] * 3000, entry("b", tarfile.REGTYPE))
    assert "its tar data is damaged: " in refusal(held(packed).parts)


@pytest.mark.parametrize("form", ["zip", "zip stored", "zip bzip2", "zip lzma"])
def test_a_damaged_member_is_told(form):
    """By its sum, or by what cannot be decompressed."""
    packed = bytearray(PACKED[form]({"a": bytes(range(256)) * 100}))
    middle = packed.index(b"PK\x01\x02") // 2
    packed[middle : middle + 8] = b"\xff" * 8
    text = refusal(content, held(bytes(packed)))
    assert text.startswith("an archive, member 'a': its zip data is damaged: ")


def test_a_compression_that_is_not_known_is_told():
    """With its number."""
    packed = bytearray(zipped({"a": b"1"}, zipfile.ZIP_STORED))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        packed[packed.rindex(mark) + place] = 99
    assert "its zip data is damaged: That compression method is not supported" in refusal(content, held(bytes(packed)))


def test_a_tar_that_ends_inside_a_member_is_told_when_it_is_read():
    """Its headers may be whole."""

    class Short(ArchiveFormat):
        def recognises(self, stream):
            return True

        def members(self, stream):
            return [Member("a", 10, lambda: tar._opened(stream, Lock(), 0, 10))]

    assert refusal(content, held(b"12345", format=Short())).startswith(
        "an archive, member 'a': its short data ends early\n"
    )


def test_what_is_no_archive_is_told():
    """And what is nothing."""
    remedy = "  to do:    name its format if it is one, or leave out the member"
    assert refusal(held(b"1,2,3\n").parts) == (f"an archive: it is no archive\n  expected: one of tar, zip\n{remedy}")
    assert refusal(held(b"").parts) == f"an archive: it is empty\n  expected: one of tar, zip\n{remedy}"


@pytest.mark.parametrize("form", [zipped, tarred])
def test_an_archive_of_nothing_is_told(form):
    """It has folders at most."""
    assert refusal(held(form({})).parts) == "an archive: it has no files in it\n  expected: an archive of files"


def test_a_member_that_is_not_there_is_told_with_the_nearest():
    """Of all there are."""
    assert refusal(held(zipped(FILES), "c.csv").parts) == (
        "an archive: no member is called or matches 'c.csv'\n"
        "  expected: one of a.csv, b/1.csv, b/2.csv (nearest: a.csv)"
    )


def test_several_members_are_no_single_stream():
    """They are for extractors that read parts."""
    assert refusal(held(zipped(FILES)).open) == (
        "an archive: it is 3 files, from an archive, member 'a.csv' to an archive, member 'b/2.csv'\n"
        "  expected: one file\n"
        "  to do:    name one of them, or use an extractor that reads several"
    )


def test_the_member_and_line_of_a_fault_are_told(tmp_path):
    """As those of a file."""
    (tmp_path / "a.zip").write_bytes(zipped({"a.csv": b"1,2\n", "b.csv": b"1,2\n3\n"}))
    assert refusal(CSV(f"{tmp_path / 'a.zip'}!*.csv", header=False).extract).startswith(
        f"file '{tmp_path / 'a.zip'}', member 'b.csv', line 2: "
    )


def test_a_full_disk_is_told(environment, monkeypatch):
    """What was unpacked vanishes by itself."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert refusal(held(gzip.compress(tarred(FILES))).parts, environment, kind=StorageError) == (
        "an archive: it cannot be unpacked: No space left on device\n"
        "  to do:    make room or choose another cache folder"
    )


def test_a_disk_that_becomes_full_is_told(environment, monkeypatch):
    """In the middle of it."""

    class Full(io.BytesIO):
        def write(self, piece):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Full())
    assert "it cannot be unpacked: No space left" in refusal(
        held(gzip.compress(tarred(FILES))).parts, environment, kind=StorageError
    )


def test_a_format_can_be_named_and_added(environment):
    """One that is not told by its first bytes."""

    class Lines(ArchiveFormat):
        """Each line is a member."""

        def recognises(self, stream):
            return stream.read(5) == b"LINES"

        def members(self, stream):
            for number, line in enumerate(stream.read().splitlines()[1:]):
                yield Member(f"{number}", len(line), lambda line=line: io.BytesIO(line))

    environment.register("archives", "lines", Lines)
    assert [content(part) for part in held(b"LINES\na\nbc").parts(environment)] == [b"a", b"bc"]
    assert [content(part) for part in held(b"\na\nbc", format=Lines()).parts()] == [b"a", b"bc"]


def test_a_fingerprint_is_that_of_the_archive_and_the_choice(tmp_path):
    """Nothing is read for it."""
    (tmp_path / "a.zip").write_bytes(b"no zip")
    archive = Archive(File(tmp_path / "a.zip"), "a")
    assert archive.fingerprint() == Archive(File(tmp_path / "a.zip"), "a").fingerprint()
    assert archive.fingerprint() != evolve(archive, member="b").fingerprint()
    assert Archive(File(tmp_path / "none.zip")).fingerprint() is None
    (tmp_path / "a.zip").write_bytes(zipped(FILES))
    prints = {part.fingerprint() for part in Archive(File(tmp_path / "a.zip")).parts()}
    assert len(prints) == 3


@pytest.mark.parametrize("form", ["zip", "zip lzma", "tar", "tar.gz", "tar.xz"])
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_damage_anywhere_is_told_or_does_no_harm(form, data):
    """Whatever becomes of an archive, what is raised is an error of ours."""
    packed = bytearray(PACKED[form]({"a": b"abc" * 30, "b/c": b"1"}))
    for place in data.draw(st.lists(st.integers(0, len(packed) - 1), max_size=4)):
        packed[place] = data.draw(st.integers(0, 255))
    with suppress(SigmaError):
        for part in held(bytes(packed[: data.draw(st.integers(0, len(packed)))])).parts():
            content(part)
