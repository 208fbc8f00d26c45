"""The frames of a video with their times, and whether all that there should be came."""

from collections.abc import Iterator
from fractions import Fraction
from math import inf
from typing import Any

from sigma_core.extend import DataError
from sigma_data.extractors._pictures import WHOLE, bomb

OPTIONS = {
    # What reads like a playlist would have other files and addresses opened.
    "protocol_whitelist": "none",
    # Damage that a decoder hides would be learnt.
    "err_detect": "explode",
}
# The container of MP4 counts frames that its edits cut off, so that times alone tell where it ends.
_WITH_EDITS = "mov,mp4"
# By so many frames a file may end before it says.
_SPARE = Fraction(3, 2)
_MICRO = 1_000_000


def film(container: Any, where: str) -> Iterator[tuple[Fraction, Any]]:
    """Each frame of an open file, with the seconds since the first.

    Raises `DataError` where there is no video, for one of more pixels than Pillow thinks safe, and after the last frame
    of one that says it is longer: FFmpeg itself takes a file that is cut short for one that ends.
    """
    from PIL import Image

    stream = container.streams.best("video")
    if stream is None:
        raise DataError(where, f"there is no video in it, though it reads like {container.format.name}", *WHOLE)
    if stream.width * stream.height > (Image.MAX_IMAGE_PIXELS or inf):
        raise bomb(where, Image.MAX_IMAGE_PIXELS)
    stream.thread_type = "AUTO"
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    first: Fraction | None = None
    reached = Fraction(0)
    frames = packets = 0
    for packet in container.demux():
        if packet.pts is not None:
            reached = max(reached, (packet.pts + (packet.duration or 0)) * packet.time_base)
        if packet.stream_index != stream.index:
            continue
        packets += packet.size > 0
        for frame in packet.decode():
            time = Fraction(frames) / rate if frame.pts is None else frame.pts * frame.time_base
            first = time if first is None else first
            yield time - first, frame
            frames += 1
    if packets < stream.frames and not container.format.name.startswith(_WITH_EDITS):
        raise _cut(where, frames, f"{packets} of {stream.frames} frames")
    duration = Fraction(container.duration or 0, _MICRO)
    if reached < duration - _SPARE / rate:
        raise _cut(where, frames, f"{float(reached):.4g} of {float(duration):.4g} seconds")


def _cut(where: str, frames: int, found: str) -> DataError:
    place = f"after frame {frames - 1}" if frames else "before its first frame"
    return DataError(where, f"it is cut short {place}: it has {found}", *WHOLE)
