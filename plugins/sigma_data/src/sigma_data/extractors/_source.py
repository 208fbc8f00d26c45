"""What extractors accept as a source."""

from sigma_data.sources import as_source

__all__ = ["as_source"]
