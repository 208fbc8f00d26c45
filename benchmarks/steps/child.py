"""The process of one contender: builds it, then does what it is asked for, a line of JSON each way."""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from steps.cases import CASES
from steps.contenders import MODULES
from steps.contenders.contract import Contender


def peak_memory() -> int:
    """The most memory that this process has held so far, in bytes."""
    # Not getrusage's: that is inherited from the parent.
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def turn(contender: Contender, warm_up: int, groups: int, group: int) -> dict[str, Any]:
    """Some steps without a clock, then groups of them with one: seconds per step of each group."""
    contender.run(0, warm_up)
    seconds = []
    for number in range(groups):
        start = perf_counter()
        contender.run(number * group, group)
        seconds.append((perf_counter() - start) / group)
    return {"seconds": seconds}


REQUESTS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "losses": lambda contender, count: {"losses": contender.losses(count)},
    "turn": turn,
    "memory": lambda _contender: {"memory": peak_memory()},
}


def main(case: str, name: str) -> None:
    """Answer until the parent closes the pipe."""
    # What libraries print goes to the standard error output; this pipe is for answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(found: Mapping[str, Any]) -> None:
        print(json.dumps(found), file=answers, flush=True)

    module, words = MODULES[name]
    try:
        contender = import_module(module).build(CASES[case], *words)
        contender.run(0, 0)
    except Exception as error:  # noqa: BLE001  # whatever it is, this contender does not take part
        answer({"failed": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"})
        return
    answer({"compile_seconds": contender.compile_seconds, "versions": dict(contender.versions)})
    for line in sys.stdin:
        request = json.loads(line)
        answer(REQUESTS[request.pop("do")](contender, **request))


if __name__ == "__main__":
    main(*sys.argv[1:])
