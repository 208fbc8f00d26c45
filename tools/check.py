"""Everything that must hold before a change lands, in one command: `uv run python tools/check.py`."""

import argparse
import sys
from collections.abc import Callable

from steps import Steps, command, installed, only

CHECKS: dict[str, Callable[[], None]] = {
    "tests": lambda: command(sys.executable, "-m", "pytest"),
    "lint": lambda: command(installed("ruff"), "check"),
    "format": lambda: command(installed("ruff"), "format", "--check"),
    "types": lambda: command(sys.executable, "-m", "mypy"),
    "layering": lambda: command(installed("lint-imports")),
    "packaging": lambda: command(sys.executable, "tools/check_packaging.py"),
}


def main() -> int:
    """Run the checks that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    # Not `choices`: with nargs="*" argparse would hold the empty list against them.
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"of {', '.join(CHECKS)}; all if none is named")
    parser.add_argument("--fast", action="store_true", help="leave out packaging, which installs into new environments")
    given = parser.parse_args()
    unknown = [name for name in given.checks if name not in CHECKS]
    if unknown:
        parser.error(f"no such check: {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    steps = Steps()
    for name in only(given.checks, list(CHECKS)):
        if name != "packaging" or not given.fast:
            steps.run(name, CHECKS[name])
    return steps.close()


if __name__ == "__main__":
    sys.exit(main())
