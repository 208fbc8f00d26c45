"""The first of several sources that is there."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from attrs import frozen

from sigma_core.extend import DataError, DownloadError, SigmaError, Source, UserError, components
from sigma_data.sources._text import as_source, as_sources


@frozen
class FirstAvailable(Source):
    """What the first of several sources gives that can be opened: mirrors, or a file and where to fetch it from."""

    sources: tuple[Source, ...] = components("sources", converter=as_sources, text=as_source)

    def found(self, environment: Any = None) -> Source:
        """The first that can be opened.

        Raises `DataError` with all reasons when there is none, `DownloadError` where one of them was to be fetched.
        """
        failures = []
        for source in self.sources:
            try:
                for part in source.parts(environment)[:1]:
                    part.open(environment).close()
            except SigmaError as error:
                failures.append(error)
            else:
                return source
        if len(failures) == 1:
            raise failures[0]
        kind = DataError if all(isinstance(failure, UserError) for failure in failures) else DownloadError
        raise kind(
            self.describe(),
            "; ".join(f"{failure.where}: {failure.found}" for failure in failures) or "there is no source",
            "one source that is there",
            next((failure.remedy for failure in reversed(failures) if failure.remedy), ""),
        )

    def parts(self, environment: Any = None) -> Sequence[Source]:
        """Those of the first that is there."""
        return self.found(environment).parts(environment)

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the first that is there; raises as `found`."""
        return self.found(environment).open(environment)

    def describe(self) -> str:
        """How many there are, and the first."""
        if len(self.sources) == 1:
            return self.sources[0].describe()
        first = f", {self.sources[0].describe()} first" if self.sources else ""
        return f"the first available of {len(self.sources)} sources{first}"

    def fingerprint(self, environment: Any = None) -> str | None:
        """That of the first that is there."""
        return self.found(environment).fingerprint(environment)
