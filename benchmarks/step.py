"""What a training step costs - forward, backward and Adam in float32 - beside PyTorch, JAX and its matrix products.

Every contender is a process of its own that is stopped while others have their turn. In each round all have one, in a
new random order: steps to warm up, then groups of steps with a clock. All start from the same weights and train on the
same batches in the same order; before anything is timed, their first losses are compared.

    uv run python benchmarks/step.py --json step.json
    uv run --group benchmarks python benchmarks/step.py                 # with the peers
"""

import argparse
import json
import os
import sys
from pathlib import Path

# They would reach NumPy in this process and in all others; read when it is imported, so they go before that.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)

from steps.cases import CASES
from steps.contenders import MODULES
from steps.measuring import LossesDifferError, measure
from steps.report import machine, rows_of, table


def main() -> None:
    """Measure, print the table, write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=chosen(CASES), default=list(CASES), help="some of " + ", ".join(CASES))
    parser.add_argument("--contenders", type=chosen(MODULES), default=list(MODULES), help="of " + ", ".join(MODULES))
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--turns", type=float, default=1.0, help="how long, as a multiple of about 0.3 seconds")
    parser.add_argument("--cores", type=int, default=min(2, os.cpu_count() or 1), help="and threads of each contender")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    arguments = parser.parse_args()

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
    rows, versions, skipped = [], {}, {}
    for case in arguments.cases:
        try:
            result = measure(case, arguments.contenders, arguments.rounds, arguments.cores, turns=arguments.turns)
        except LossesDifferError as error:
            sys.exit(f"nothing is compared: {error}")
        rows += rows_of(case, result)
        versions |= result.versions
        skipped |= {(case, name): reason for name, reason in result.skipped.items()}
    print(machine(arguments.cores, versions))
    print(f"medians and quartiles of {arguments.rounds} rounds\n")
    print(table(rows, markdown=arguments.markdown))
    for (case, name), reason in skipped.items():
        print(f"skipped: {name} in {case} ({reason})")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


def chosen(known: object) -> object:
    """A converter of names with commas between them; argparse reports a name that is not known."""

    def names(text: str) -> list[str]:
        found = text.split(",")
        unknown = [name for name in found if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}; there are {', '.join(known)}")
        return found

    return names


if __name__ == "__main__":
    main()
