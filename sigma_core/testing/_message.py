"""Messages of errors, for tests that match them whole."""

from sigma_core.errors import SigmaError


def message(error: SigmaError) -> str:
    """The message of an error without the line of source that it names, which moves whenever a test is edited."""
    return str(error).replace(f"\n  at:       {error.line}", "", 1) if error.line else str(error)
