"""A new plugin from the template: `uv run python tools/new_plugin.py sigma-mine ../sigma_mine`."""

import argparse
import re
import shutil
import sys
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent / "template"


def main() -> int:
    """Copy the template under another name, in the files and in what they say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the distribution, such as sigma-mine")
    parser.add_argument("folder", type=Path, help="where to make it; must not exist")
    given = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", given.name):
        parser.error(f"'{given.name}' is no name: lower-case words joined by hyphens, such as sigma-mine")
    if given.folder.exists():
        parser.error(f"{given.folder} exists already")
    package = given.name.replace("-", "_")
    shutil.copytree(TEMPLATE, given.folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "dist"))
    (given.folder / "src" / "sigma_template").rename(given.folder / "src" / package)
    for path in sorted(given.folder.rglob("*")):
        if path.is_file():
            text = path.read_text("utf-8").replace("sigma_template", package).replace("sigma-template", given.name)
            path.write_text(text, "utf-8", newline="\n")
    print(f"{given.folder}: a plugin called {given.name}; its README says how to go on")
    return 0


if __name__ == "__main__":
    sys.exit(main())
