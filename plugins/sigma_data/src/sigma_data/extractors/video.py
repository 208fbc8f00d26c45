"""Videos: frames that FFmpeg decodes, one by one or in clips, as arrays of one shape."""

from collections.abc import Callable, Generator, Iterator, Sequence
from fractions import Fraction
from itertools import count
from math import floor, inf, isfinite
from typing import Any, BinaryIO

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, SettingError, Source, fields
from sigma_data.extractors._film import OPTIONS, film
from sigma_data.extractors._optional import optional
from sigma_data.extractors._pictures import WHOLE, Pictures
from sigma_data.sources import sought

_SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("3gp", "asf", "avi", "dv", "f4v", "flv", "gif", "h264", "ivf", "m2ts", "m2v", "m4v", "mjpeg", "mkv", "mov"),
        *("mp4", "mpeg", "mpg", "mts", "mxf", "nut", "ogv", "ts", "vob", "webm", "wmv", "y4m"),
    )
)

# Files round times to milliseconds: a third of a second may be a little less.
_ROUNDING = Fraction(1, 2000)


@frozen
class Video(Pictures):
    """Frames of videos, or clips of them: `Video("gestures/", every=5, size=64, clip=16)`; needs PyAV and Pillow.

    `inputs` are (records, height, width, channels), uint8, with `clip` (records, frames, height, width, channels);
    frames are turned as they are shown. `targets` are numbers of classes, as those of `images`. Files are read one
    after another, those that cannot be sought by way of the disk; what is skipped is decoded still, as others build on
    it. Where broken ones are dropped, the frames before the break stay.

    Raises `DataError` with the file and the frame for one that is empty, damaged, cut short, no video, of more pixels
    than Pillow thinks safe, without frames in the time span or with fewer than a clip takes, unless broken ones are
    dropped; for frames of another size, where none is set; and for classes that have no videos. A stream
    that says nowhere how long it is, such as MPEG's transport stream, may be cut short and nobody can tell.
    """

    every: int = fields.integer(default=1, at_least=1)
    """Of so many frames the first is read, from `start` on."""
    per_second: float | None = fields.number(default=None, above=0)
    """Or so many frames a second, at most all that there are."""
    start: float = fields.number(default=0.0, at_least=0)
    """Seconds from the first frame to the first that is read."""
    end: float | None = fields.number(default=None, above=0)
    """Seconds from the first frame to where frames are read no more; without it, all to the end."""
    clip: int | None = fields.integer(default=None, at_least=1)
    """Frames in a record, which begins where the last one ends; what is left at the end of a file is left out."""

    def __attrs_post_init__(self) -> None:
        if self.per_second is not None and self.every != 1:
            raise SettingError(
                "Video, per_second", f"{self.per_second:g}, beside every = {self.every}", "one of them", "leave one out"
            )
        if self.end is not None and self.end <= self.start:
            raise SettingError("Video, end", f"{self.end:g}", f"above {self.start:g}, the start", "exchange them")

    def _check_libraries(self) -> None:
        optional("av", "PyAV", "video", self._where())
        optional("PIL", "Pillow", "video", self._where())

    def _suffixes(self) -> frozenset[str]:
        return _SUFFIXES

    def _read(self, files: Sequence[Source], environment: Any) -> Generator[tuple[int, Array | DataError], None, None]:
        for place, file in enumerate(files):
            where = file.describe()
            try:
                stream = sought(file.open(environment), where, environment)
            except DataError as error:
                yield place, error
                continue
            with stream:
                for record in self._records(where, stream):
                    yield place, record

    def _records(self, where: str, stream: BinaryIO) -> Iterator[Array | DataError]:
        """The frames of one file, or clips of them; at last perhaps an error."""
        clip: list[Array] = []
        clips = 0
        for frame in self._frames(where, stream):
            if isinstance(frame, DataError):
                yield frame
                return
            if self.clip is None:
                yield frame
                continue
            clip.append(frame)
            self._check_alike(frame, clip[0], where)
            if len(clip) == self.clip:
                yield np.stack(clip)
                clip, clips = [], clips + 1
        if clip and not clips:
            yield DataError(
                where,
                f"{len(clip)} frames are chosen of it",
                f"at least {self.clip}, as many as a clip has",
                'choose more of its frames or shorter clips, or leave such files out with broken = "drop"',
            )

    def _frames(self, where: str, stream: BinaryIO) -> Iterator[Array | DataError]:
        """The frames of one file that are asked for; at last perhaps an error."""
        import av

        if not stream.read(1):
            yield DataError(where, "it is empty", *WHOLE)
            return
        stream.seek(0)
        start, end = _exact(self.start), _exact(inf if self.end is None else self.end)
        is_chosen, number, length, is_any = self._chooser(), -1, 0.0, False
        try:
            with av.open(stream, options=dict(OPTIONS)) as container:
                for time, frame in film(container, where):
                    number, length = number + 1, float(time)
                    if time + _ROUNDING >= end:
                        break
                    if time + _ROUNDING >= start and is_chosen(time + _ROUNDING - start):
                        yield self._picture(frame)
                        is_any = True
            if not is_any:
                yield self._nothing(where, number, length)
        except DataError as error:
            yield error
        except Exception as error:  # decoders raise whatever they come to in damaged bytes
            if isinstance(error, MemoryError) and not isinstance(error, av.FFmpegError):
                raise
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            found = "it is no video, or cut short" if number < 0 else f"it is damaged after frame {number}"
            yield DataError(where, f"{found}: {reason}", *WHOLE)

    def _chooser(self) -> Callable[[Fraction], bool]:
        """Whether a frame is one of those that are asked for; it is told the seconds since the start, in order."""
        if self.per_second is None:
            seen = count()
            return lambda _: next(seen) % self.every == 0
        rate, last = _exact(self.per_second), -1

        def is_first_of_its_slot(time: Fraction) -> bool:
            nonlocal last
            before, last = last, floor(time * rate)
            return last > before

        return is_first_of_its_slot

    def _nothing(self, where: str, number: int, length: float) -> DataError:
        """The error for a file none of whose frames lies in the time span."""
        if number < 0:
            return DataError(where, "there are no frames in it", *WHOLE)
        return DataError(
            where,
            f"none of its frames lies {self._span()}: the last, {number}, comes at {length:.4g} seconds",
            "some in the time span",
            'change start or end, or leave such files out with broken = "drop"',
        )

    def _span(self) -> str:
        return f"from {self.start:g} seconds on" if self.end is None else f"from {self.start:g} to {self.end:g} seconds"

    def _picture(self, frame: Any) -> Array:
        from PIL import Image

        # The rotation is anticlockwise, as NumPy's.
        array = frame.to_ndarray(format="rgba" if self.mode == "rgba" else "rgb24")
        return self._pixels(Image.fromarray(np.ascontiguousarray(np.rot90(array, round(frame.rotation / 90)))))


def _exact(number: float) -> Any:
    """What the number says: 0.1 is a tenth, not a little more."""
    return Fraction(str(number)) if isfinite(number) else number
