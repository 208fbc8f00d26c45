"""What to say when there are several files where one is wanted."""

from collections.abc import Sequence

from sigma_core.extend import DataError, Source


def the_only(parts: Sequence[Source], where: str) -> Source:
    """The one part that there is; raises `DataError` when there are more."""
    if len(parts) > 1:
        raise DataError(
            where,
            f"it is {len(parts)} files, from {parts[0].describe()} to {parts[-1].describe()}",
            "one file",
            "name one of them, or use an extractor that reads several",
        )
    return parts[0]
