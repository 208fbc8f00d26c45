"""What `import sigma_core` costs beyond `import numpy`: `uv run python tools/import_time.py [--json FILE]`.

Fresh interpreters, the two imports by turns, so that whatever else the machine does meets both alike; medians, of
the extra time that of the pairs.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

LIMIT = 60.0
ROOT = Path(__file__).resolve().parent.parent

_TIMED = """
import time
began = time.perf_counter()
{imports}
took = time.perf_counter() - began
import json, sys
print(json.dumps([1000 * took, sorted(sys.modules)]))
"""


def measure(imports: str) -> tuple[float, list[str]]:
    """Milliseconds that the imports take in a new interpreter, and the names of all modules afterwards."""
    words = [sys.executable, "-c", _TIMED.format(imports=imports)]
    # From elsewhere than the repository, so that the installed package is what is imported.
    answer = subprocess.run(words, cwd=Path(sys.executable).parent, check=True, capture_output=True, text=True)
    milliseconds, modules = json.loads(answer.stdout)
    return milliseconds, modules


def plugins() -> set[str]:
    """The packages of the plugins in this repository."""
    projects = ROOT.glob("plugins/*/pyproject.toml")
    return {tomllib.loads(path.read_text("utf-8"))["project"]["name"].replace("-", "_") for path in projects}


def main() -> int:
    """Measure, print, and exit with 1 where the limit is passed or a plugin was imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="interpreters of each sort (default: 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to a file")
    given = parser.parse_args()

    measure("import numpy, sigma_core")  # fills the caches of compiled files, the operating system's among them
    alone, both, modules = [], [], set[str]()
    for _ in range(given.rounds):
        alone.append(measure("import numpy")[0])
        milliseconds, names = measure("import numpy, sigma_core")
        both.append(milliseconds)
        modules.update(names)
    imported = sorted({name.partition(".")[0] for name in modules} & plugins())
    numpy, together = statistics.median(alone), statistics.median(both)
    # Of pairs, because the machine's load changes more from second to second than from one import to the next.
    extra = statistics.median(after - before for before, after in zip(alone, both, strict=True))
    answer = {
        "numpy_ms": round(numpy, 1),
        "with_sigma_core_ms": round(together, 1),
        "extra_ms": round(extra, 1),
        "limit_ms": LIMIT,
        "rounds": given.rounds,
        "plugins_imported": imported,
        "python": sys.version.split()[0],
        "platform": sys.platform,
    }
    print(f"import numpy               {numpy:7.1f} ms")
    print(f"import numpy, sigma_core   {together:7.1f} ms")
    print(f"extra                      {extra:7.1f} ms   (at most {LIMIT:.0f})")
    print(f"plugins imported           {', '.join(imported) or 'none'}")
    if given.json is not None:
        given.json.write_text(json.dumps(answer, indent=2) + "\n", "utf-8")
    return int(extra > LIMIT or bool(imported))


if __name__ == "__main__":
    sys.exit(main())
