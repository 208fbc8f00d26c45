"""A profile as a table."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.training.profiling._profile import Profile, ProfileRow

_HEADER = ("by plugin", "event", "calls", "ms", "us/step", "share", "")
_IS_NUMBER = (False, False, True, True, True, True, False)


def as_table(profile: "Profile") -> str:
    """Plugins and what they did, the longest first; what was measured beside it and what may help below."""
    lines = [_HEADER, *_lines(profile)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    told = ["  ".join(_cell(*each) for each in zip(line, widths, _IS_NUMBER, strict=True)).rstrip() for line in lines]
    steps = "1 iteration" if profile.iterations == 1 else f"{profile.iterations} iterations"
    share = 100 * profile.share(profile.measuring)
    return "\n".join(
        [
            f"{profile.run}: where {profile.seconds:.3f} s and {steps} went",
            *told,
            f"measuring took about {1e3 * profile.measuring:.3g} ms of it ({share:.1f} %)",
            *(f"over its budget: {each.told}" for each in profile.exceeded),
            *profile.hints,
        ]
    )


def _lines(profile: "Profile") -> Iterator[tuple[str, ...]]:
    for plugin, seconds in profile.plugins.items():
        yield (plugin, "", "", *_times(profile, seconds), _mark(each.is_of(plugin) for each in profile.exceeded))
        for row in profile.rows:
            if row.plugin == plugin:
                yield _line(profile, row)
    yield ("all", "", "", *_times(profile, sum(row.seconds for row in profile.rows)), "")
    if profile.apart:
        yield ("in other threads", "", "", "", "", "", "")
    for row in profile.apart:
        name, event, calls, milliseconds, *_ = _line(profile, row)
        yield (name, event, calls, milliseconds, "", "", "")


def _line(profile: "Profile", row: "ProfileRow") -> tuple[str, ...]:
    event = row.event.removeprefix("sigma_")
    mark = _mark(each.is_about(row.name, row.event) for each in profile.exceeded)
    return (f"  {row.name}", event, str(row.calls or ""), *_times(profile, row.seconds), mark)


def _times(profile: "Profile", seconds: float) -> tuple[str, str, str]:
    each = f"{1e6 * profile.each_step(seconds):.2f}" if profile.iterations else ""
    return f"{1e3 * seconds:.2f}", each, f"{100 * profile.share(seconds):.1f} %"


def _mark(found: Iterable[bool]) -> str:
    return "over its budget" if any(found) else ""


def _cell(text: str, width: int, is_number: bool) -> str:
    return text.rjust(width) if is_number else text.ljust(width)
