"""Videos, against frames whose grey level is their number."""

import io
import sys
import zipfile
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sigma_data import Memory, Video

import sigma_core as sigma
from sigma_core.extend import DataError, LogRecorded, joined_sections


def numbered(count=40, height=24, width=32):
    """Frames whose grey level is their number."""
    return [np.full((height, width, 3), number, np.uint8) for number in range(count)]


def packed(frames, form="matroska", codec="ffv1", *, rate=10, rotation=0, file=None, **settings):
    """A video; without losses, where the codec is not another."""
    exact = {"ffv1": "bgr0", "png": "rgb24"}
    content = io.BytesIO()
    with av.open(file or content, "w", format=form, options=settings) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2] if frames else (24, 32)
        stream.pix_fmt = exact.get(codec, "yuv420p")
        if rotation:
            stream.set_display_rotation(rotation)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.start_encoding()
        container.mux(stream.encode())
    return content.getvalue()


def places(content):
    """Where the packet of each frame begins."""
    with av.open(io.BytesIO(content)) as container:
        return [packet.pos for packet in container.demux(video=0) if packet.size]


def read(*contents, **settings):
    return Video([Memory(content) for content in contents], **settings).extract()["inputs"]


def numbers(*contents, **settings):
    return read(*contents, **settings)[..., 0, 0, 0].tolist()


FORTY = packed(numbered())
TINY = packed(numbered(81, 4, 4))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, range(40)),
        ({"every": 5}, range(0, 40, 5)),
        ({"every": 7, "start": 1}, range(10, 40, 7)),
        ({"per_second": 2}, range(0, 40, 5)),
        ({"per_second": 4}, [0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 25, 28, 30, 33, 35, 38]),
        ({"per_second": 100}, range(40)),
        ({"per_second": 0.3}, [0, 34]),
        ({"per_second": 2, "start": 0.3}, range(3, 40, 5)),
        ({"start": 0.1, "end": 0.7}, range(1, 7)),
        ({"start": 3.9}, [39]),
        ({"end": 9}, range(40)),
    ],
)
def test_frames_are_chosen_by_number_or_by_time(chosen, expected):
    """Within the time span."""
    assert numbers(FORTY, **chosen) == list(expected)


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30_000, 1001), Fraction(12), Fraction(24)])
def test_rounded_times_choose_the_same_frames(rate):
    """Matroska rounds to milliseconds."""
    content = packed(numbered(72), rate=rate)
    assert numbers(content, per_second=3) == list(range(0, 72, round(rate / 3)))


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 9), st.one_of(st.none(), st.integers(1, 5)))
def test_clips_follow_each_other(clip, every, records):
    """The rest of each file is left out, however many records are asked for at a time."""
    video = Video([Memory(TINY)] * 2, every=every, clip=clip)
    chosen = np.arange(0, 81, every)
    if len(chosen) < clip:
        with pytest.raises(DataError, match="frames are chosen of it"):
            video.extract()
        return
    blocks = list(video.blocks(records=records))
    whole = chosen[: len(chosen) // clip * clip].reshape(-1, clip)
    inputs = joined_sections(blocks)["inputs"]
    assert all(len(block["inputs"]) <= (records or 200) for block in blocks)
    assert inputs.shape[1:] == (clip, 4, 4, 3)
    np.testing.assert_array_equal(inputs[..., 0, 0, 0], np.concatenate([whole, whole]))


def test_blocks_are_of_a_natural_size_where_nobody_says():
    """Sixteen megabytes, of clips too."""
    content = packed([np.zeros((1024, 2048, 3), np.uint8)] * 5)
    assert [len(block["inputs"]) for block in Video(Memory(content)).blocks()] == [2, 2, 1]
    assert [len(block["inputs"]) for block in Video(Memory(content), clip=2).blocks()] == [1, 1]


@pytest.mark.parametrize(
    ("form", "codec"),
    [("mp4", "h264"), ("mp4", "mpeg4"), ("mov", "h264"), ("avi", "mpeg4"), ("mpegts", "h264"), ("webm", "libvpx")],
)
def test_formats_are_those_of_ffmpeg(form, codec):
    """With the losses of each, which are less than a step."""
    content = packed([frame * 6 for frame in numbered()], form, codec)
    found = read(content, every=3, mode="grey")[..., 0].mean((1, 2))
    np.testing.assert_allclose(found, np.arange(0, 240, 18), rtol=0, atol=5)


@pytest.mark.parametrize("mode", ["grey", "rgb", "rgba"])
@pytest.mark.parametrize("channels", ["last", "first"])
def test_sizes_and_modes_are_those_of_images(mode, channels):
    """By Pillow."""
    frames = list(np.random.default_rng(0).integers(0, 256, (4, 12, 16, 3), np.uint8))
    found = read(packed(frames), mode=mode, channels=channels, size=[5, 6], clip=2)
    convert = {"grey": "L", "rgb": "RGB", "rgba": "RGBA"}[mode]
    expected = np.stack(
        [
            np.asarray(Image.fromarray(each).convert(convert).resize((6, 5), Image.Resampling.BILINEAR))
            for each in frames
        ]
    ).reshape(2, 2, 5, 6, -1)
    np.testing.assert_array_equal(found, expected if channels == "last" else np.moveaxis(expected, -1, 2))


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_frames_are_turned_as_they_are_shown(rotation):
    """Anticlockwise, as telephones note it."""
    frame = np.zeros((24, 32, 3), np.uint8)
    frame[:12, :16] = 200
    found = read(packed([frame], rotation=rotation))
    np.testing.assert_array_equal(found[0], np.rot90(frame, rotation // 90))


def test_whoever_reads_no_further_leaves_no_file_open(tmp_path):
    """Though frames are left."""
    (tmp_path / "a.mkv").write_bytes(FORTY)
    blocks = Video(tmp_path / "a.mkv").blocks(records=1)
    assert next(blocks)["inputs"].shape == (1, 24, 32, 3)
    blocks.close()


def test_streams_that_cannot_be_sought_are_read_by_way_of_the_disk(tmp_path, environment):
    """Such as members of archives; folders tell classes there too."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("wave/0.mkv", "nod/0.mkv", "nod/notes.txt"):
            archive.writestr(name, FORTY)
    video = Video(f"{tmp_path}/a.zip!*", every=20)
    sections = video.extract(environment)
    assert sections["targets"].tolist() == [0, 0, 1, 1]
    assert sections["inputs"][:, 0, 0, 0].tolist() == [0, 20, 0, 20]
    assert video.class_names() == ("nod", "wave")


def test_a_network_learns_from_folders_of_clips_by_a_recipe(tmp_path, monkeypatch):
    """What goes up and what goes down: no single frame tells."""
    random = np.random.default_rng(0)
    for name, step in (("down", 1), ("up", -1)):
        (tmp_path / "moves" / name).mkdir(parents=True)
        for number in range(4):
            frames = []
            for place in range(16):
                frame = random.integers(0, 40, (8, 8, 3)).astype(np.uint8)
                frame[step * (place + number) % 8] = 220
                frames.append(frame)
            (tmp_path / "moves" / name / f"{number}.mp4").write_bytes(packed(frames, "mp4", "h264"))
    monkeypatch.chdir(tmp_path)
    recipe = sigma.Recipe.parse(
        """
        seed = 1
        stop = "30 epochs"
        batch_size = 8
        optimiser = { use = "adam", learning_rate = 0.02 }
        network = [
          { use = "input", shape = [2, 8, 8, 1] },
          { use = "flatten" },
          { use = "dense", size = 32, activation = "relu" },
          { use = "dense", size = 2 },
          { use = "softmax_cross_entropy" },
        ]
        [dataset]
        use = "extracted"
        extractor = { use = "video", source = "moves/", clip = 2, size = 8, mode = "grey" }
        preprocess = { inputs = [{ use = "normalise", known = [0, 255] }] }
        split = [0.75, 0.25]
        """
    )
    trainer = sigma.Trainer.from_recipe(recipe)
    trainer.run()
    assert trainer.scores["validation.accuracy"] > 0.9


WHOLE = (
    '\n  expected: a whole file\n  to do:    copy or download it again, or leave such files out with broken = "drop"'
)


def cut(content):
    """A file that ends where the packet of frame 22 begins."""
    return content[: places(content)[22]]


def damaged():
    """A file whose frame 5 has other bytes."""
    content = bytearray(packed(numbered(), "mov", "png"))
    begin = places(content)[5]
    content[begin + 50 : begin + 60] = bytes(10)
    return bytes(content)


def sound(form="wav", frames=()):
    """A file of eight seconds without pictures, or with some."""
    content = io.BytesIO()
    with av.open(content, "w", format=form) as container:
        film = container.add_stream("mpeg4", rate=10, width=32, height=24) if frames else None
        stream = container.add_stream("pcm_s16le", rate=8000)
        for frame in frames:
            container.mux(film.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        for second in range(8):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
            sound.sample_rate, sound.pts = 8000, second * 8000
            container.mux(stream.encode(sound))
        for each in (film, stream):
            container.mux(each.encode() if each else [])
    return content.getvalue()


INVALID = "Invalid data found when processing input"
FAULTS = {
    "empty": (b"", {}, f"it is empty{WHOLE}"),
    "a text": (b"this is no video\n" * 50, {}, f"it is no video, or cut short: {INVALID}{WHOLE}"),
    "a playlist": (
        b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        {},
        f"it is no video, or cut short: {INVALID}{WHOLE}",
    ),
    "a list of files": (
        b"ffconcat version 1.0\nfile /a.mkv\n",
        {},
        f"it is no video, or cut short: Operation not permitted{WHOLE}",
    ),
    "sound": (sound(), {}, f"there is no video in it, though it reads like wav{WHOLE}"),
    "no frames": (packed([], "avi"), {}, f"there are no frames in it{WHOLE}"),
    "MP4, cut": (cut(packed(numbered(), "mp4", "h264")), {}, f"it is no video, or cut short: {INVALID}{WHOLE}"),
    "Matroska, cut": (cut(FORTY), {}, f"it is cut short after frame 21: it has 2.2 of 4 seconds{WHOLE}"),
    "Matroska, cut early": (
        FORTY[: places(FORTY)[0]],
        {},
        f"it is cut short before its first frame: it has 0 of 4 seconds{WHOLE}",
    ),
    "damaged": (damaged(), {}, f"it is damaged after frame 4: {INVALID}{WHOLE}"),
    "nothing from the start": (
        FORTY,
        {"start": 4},
        (
            "none of its frames lies from 4 seconds on: the last, 39, comes at 3.9 seconds\n"
            "  expected: some in the time span\n"
            '  to do:    change start or end, or leave such files out with broken = "drop"'
        ),
    ),
    "nothing in the time span": (
        FORTY,
        {"start": 0.31, "end": 0.39},
        (
            "none of its frames lies from 0.31 to 0.39 seconds: the last, 4, comes at 0.4 seconds\n"
            "  expected: some in the time span\n"
            '  to do:    change start or end, or leave such files out with broken = "drop"'
        ),
    ),
    "less than a clip": (
        FORTY,
        {"clip": 16, "every": 5},
        (
            "8 frames are chosen of it\n"
            "  expected: at least 16, as many as a clip has\n"
            '  to do:    choose more of its frames or shorter clips, or leave such files out with broken = "drop"'
        ),
    ),
}


@pytest.mark.parametrize(("content", "settings", "text"), FAULTS.values(), ids=FAULTS)
def test_a_broken_file_is_told_by_its_name(content, settings, text, refused):
    """And the frame."""
    assert refused(read, content, **settings) == ("DataError", f"memory: {text}")


@pytest.mark.parametrize("missing", [("av", "PyAV"), ("PIL", "Pillow")])
def test_a_missing_library_is_told_with_the_command(missing, monkeypatch, refused):
    """That installs it."""
    module, library = missing
    monkeypatch.setitem(sys.modules, module, None)
    assert refused(read, FORTY) == (
        "PluginUnavailableError",
        (
            f"memory: it takes {library} to read it, which is not installed\n"
            "  expected: the optional dependency sigma-data[video]\n"
            "  to do:    pip install 'sigma-data[video]'"
        ),
    )


def test_an_mp4_that_begins_with_its_index_is_cut_short_too(tmp_path, refused):
    """FFmpeg opens that."""
    path = tmp_path / "a.mp4"
    packed(numbered(), "mp4", "mpeg4", file=str(path), movflags="faststart")
    assert len(Video(path).extract()["inputs"]) == 40
    path.write_bytes(cut(path.read_bytes()))
    assert refused(Video(path).extract) == (
        "DataError",
        f"file '{path}': it is cut short after frame 21: it has 2.2 of 4 seconds{WHOLE}",
    )


def test_an_avi_that_is_cut_short_has_fewer_frames_than_it_says(refused):
    """Its times are worked out from its length."""
    content = packed(numbered(), "avi", "mpeg4")
    assert refused(read, cut(content)) == (
        "DataError",
        f"memory: it is cut short after frame 21: it has 22 of 40 frames{WHOLE}",
    )


def test_sound_may_go_on_for_longer_than_the_frames(refused):
    """And tells all the same that a file is cut short."""
    content = sound("matroska", numbered())
    assert read(content).shape == (40, 24, 32, 3)
    assert refused(read, content[:-1000])[1].startswith("memory: it is cut short after frame 39: it has ")


def test_a_stream_without_times_has_those_of_its_rate():
    """Or of 25 frames a second."""
    content = packed(numbered(), "h264", "h264")
    assert len(read(content)) == 40
    assert len(read(content, per_second=5)) == 8


def test_what_lies_before_the_end_of_the_time_span_is_all_that_is_read():
    """Of a file that is cut short after it."""
    assert numbers(cut(FORTY), end=1.5) == list(range(15))


def test_broken_files_may_be_left_out(tmp_path, environment):
    """Counted, with the first of them; frames before a break stay."""
    log = environment.bus.subscribe("test", [LogRecorded])
    for name, content in {"a/0.mkv": cut(FORTY), "a/1.mkv": b"", "b/0.mkv": FORTY}.items():
        (tmp_path / "films" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "films" / name).write_bytes(content)
    sections = Video(tmp_path / "films", every=10, broken="drop").extract(environment)
    assert sections["inputs"][:, 0, 0, 0].tolist() == [0, 10, 20, 0, 10, 20, 30]
    assert sections["targets"].tolist() == [0, 0, 0, 1, 1, 1, 1]
    (entry,) = log.drain()
    assert (entry.level, entry.text, dict(entry.fields)) == (
        "warning",
        "broken files left out",
        {"source": f"folder '{tmp_path}/films'", "files": 2, "of": 3, "first": f"file '{tmp_path}/films/a/0.mkv'"},
    )


def test_a_broken_member_of_an_archive_is_one_of_the_broken_files(tmp_path):
    """As its sum tells."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("0.mkv", "1.mkv"):
            archive.writestr(name, FORTY)
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"member '0\.mkv': its zip data is damaged"):
        Video(f"{path}!*").extract()
    assert len(Video(f"{path}!*", broken="drop").extract()["inputs"]) == 40


H264 = packed(numbered(), "mp4", "h264")


@given(st.integers(0, len(H264) - 1), st.binary(min_size=1, max_size=9))
def test_damage_anywhere_is_a_video_or_a_data_error(place, damage):
    """Never another error."""
    with suppress(DataError):
        read(H264[:place] + damage + H264[place + len(damage) :], size=4)


def test_frames_may_be_bombs(monkeypatch, refused):
    """As images."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 24 * 32 - 1)
    assert refused(read, FORTY) == (
        "DataError",
        (
            "memory: it has so many pixels that it may be a bomb\n"
            "  expected: at most 767\n"
            "  to do:    if you trust it, raise PIL.Image.MAX_IMAGE_PIXELS in Python"
        ),
    )
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert len(read(FORTY)) == 40


def test_a_lack_of_memory_is_no_fault_of_the_file(monkeypatch):
    """Unless it says that it is that large, which FFmpeg tells."""
    errors = [av.error.MemoryError(12, "Cannot allocate memory"), MemoryError()]

    def raising(*_, **__):
        raise errors.pop(0)

    monkeypatch.setattr(av, "open", raising)
    with pytest.raises(DataError, match="it is no video, or cut short: Cannot allocate memory"):
        read(FORTY)
    with pytest.raises(MemoryError):
        read(FORTY)


def test_frames_of_different_sizes_are_told(refused):
    """In several files, and in one, where a clip has both."""
    small, large = packed(numbered(4, 8, 8), "mpegts", "mpeg2video"), packed(numbered(4, 16, 8), "mpegts", "mpeg2video")
    text = (
        "memory: it is 16 x 8 pixels (height x width)\n"
        "  expected: 8 x 8, as the first\n"
        "  to do:    bring all to one size: size = [64, 64]"
    )
    assert refused(read, small, large) == ("DataError", text)
    assert refused(read, small + large, clip=8) == ("DataError", text)
    assert read(small, large, clip=4, size=8).shape == (2, 4, 8, 8, 3)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"every": 2, "per_second": 3},
            "Video, per_second: 3, beside every = 2\n  expected: one of them\n  to do:    leave one out",
        ),
        ({"start": 2, "end": 1.5}, "Video, end: 1.5\n  expected: above 2, the start\n  to do:    exchange them"),
        ({"end": 0}, "Video.end: 0.0\n  expected: a finite number above 0"),
        ({"per_second": 0}, "Video.per_second: 0.0\n  expected: a finite number above 0"),
        ({"every": 0}, "Video.every: 0\n  expected: an integer of at least 1"),
        ({"clip": 0}, "Video.clip: 0\n  expected: an integer of at least 1"),
        ({"start": -1}, "Video.start: -1.0\n  expected: a finite number of at least 0"),
    ],
)
def test_settings_are_checked(settings, text, refused):
    """When the extractor is made."""
    assert refused(Video, "a/", **settings) == ("SettingError", text)
