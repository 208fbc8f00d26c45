"""What a checkpoint of a trainer holds, and how a trainer goes on from one."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sigma_core.errors import CheckpointError, IdentifierError, listed
from sigma_core.registry import matches
from sigma_core.training._calls import calling
from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._criterion import Criterion
from sigma_core.training._filling import Arrays
from sigma_core.training._hook_arrays import put_back, taken_out, without_hooks
from sigma_core.training._hook_changes import NO_CHANGES, hook_changes
from sigma_core.training._inputs import form_of
from sigma_core.training._layout import Place
from sigma_core.training._schedule import Schedule

if TYPE_CHECKING:
    from sigma_core.training._loop import Loop
    from sigma_core.training._trainer import Trainer


# Arrays that are there or not by how parameters are improved.
_OF_THE_METHOD = ("slots.", "optimiser.", "modifiers.", "schedules.", "accumulated")

_KINDS: Mapping[str, tuple[type, ...]] = {
    "epoch": (int,),
    "iteration": (int,),
    "seconds": (int, float),
    "scores": (dict,),
    "batches": (dict,),
    "stop": (object,),
    "criterion": (dict, type(None)),
    "hooks": (dict, type(None)),
    "plugins": (dict,),
    "shapes": (dict,),
    "layout": (dict,),
    "schedules": (dict,),
}
# No count and no time is larger.
_LARGEST = 2**53


def _is_of(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (not isinstance(value, int | float) or 0 <= value <= _LARGEST)


def _are_scores(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(score, int | float | list) for score in value.values())


def _are_changes(value: Any) -> bool:
    parts = {**NO_CHANGES, **value} if isinstance(value, dict) else {"attached": None, "detached": None}
    return isinstance(parts["attached"], dict) and isinstance(parts["detached"], list)


def _is_growth(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("content"), str | None)
        and all(_is_of(value.get(key), (int,)) for key in ("first", "begun"))
        and isinstance(value.get("changes"), list)
        and all(len(change) == 2 and all(_is_of(each, (int,)) for each in change) for change in value["changes"])
    )


_FITS: Mapping[str, Callable[[Any], bool]] = {
    **{key: partial(_is_of, kinds=kinds) for key, kinds in _KINDS.items()},
    "scores": _are_scores,
    # Checkpoints of before do not have these.
    "commands": partial(_is_of, kinds=(int,)),
    "hook_changes": _are_changes,
    # Of data that grows.
    "growth": _is_growth,
}


def identity(component: Criterion | Schedule) -> str:
    """What tells a criterion or schedule from others, in this process and the next; its state is of no use to them."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(component))


def checkpoint_of(
    trainer: "Trainer", loop: "Loop | None", hooks: Mapping[str, Any] | None, memory: Arrays | None = None
) -> Checkpoint:
    """Everything that decides how the training goes on: arrays, counters, and the state of whatever has one.

    `hooks` is the state of the triggers where no run goes on; of one that does, background hooks are waited for, so
    that no event is missed or seen twice. Raises HookFailedError if one of them has failed. The arrays are copied into
    `memory`, which takes up what is needed, and are the checkpoint's until it is used for the next one.
    """
    if loop is not None:
        loop.finish_background()
    plugins, arrays_of_hooks = taken_out(hook_states(trainer))
    state = {
        "epoch": trainer.clock.epoch,
        "iteration": trainer.clock.iteration,
        "seconds": trainer.clock.elapsed(),
        "scores": dict(trainer.scores if loop is None else loop.scores),
        "batches": trainer.batches.state() if loop is None else loop.batches_state(),
        "stop": trainer.criterion,
        "criterion": trainer.criterion_state if loop is None else loop.criterion_state,
        "hooks": hooks if loop is None else loop.dispatch.state(),
        "plugins": plugins,
        "hook_changes": hook_changes(trainer),
        "commands": trainer.commands,
        "shapes": _shapes(trainer),
        "layout": trainer.parts.layout.description,
        "schedules": dict(trainer.schedule_states),
        "data": form_of(trainer.data),
    }
    if trainer.parts.growth is not None:
        state["growth"] = trainer.parts.growth.state
    memory = {} if memory is None else memory
    arrays = trainer.team.copied(memory)
    memory.clear()
    memory |= arrays
    return Checkpoint(_named(trainer, memory) | arrays_of_hooks, state, trainer.written_by)


def values_of(trainer: "Trainer", patterns: Iterable[str]) -> Checkpoint:
    """Those arrays alone that patterns choose, such as `network.**`; enough to take over, not to go on from.

    Raises IdentifierError for a pattern that matches nothing.
    """
    arrays = _named(trainer, trainer.team.pull())
    tags = {name: spec.tags for name, spec in trainer.network.parameters.items()}
    chosen: dict[str, Any] = {}
    for pattern in patterns:
        found = {name: array for name, array in arrays.items() if matches(pattern, name, tags.get(name, ()))}
        if not found:
            raise IdentifierError(
                f"save, pattern {pattern!r}",
                "it matches nothing",
                listed(arrays, pattern),
                "write a pattern that matches one of these",
            )
        chosen |= found
    return Checkpoint(chosen, {"values": list(patterns)}, trainer.written_by)


def _named(trainer: "Trainer", arrays: Arrays) -> Arrays:
    """The state's arrays, the parameters by identifier: views of the vectors that hold them."""
    rest = dict(arrays)
    return trainer.parts.layout.views(rest.pop("parameters"), rest.pop("fixed")) | rest


def _in_vectors(trainer: "Trainer", arrays: Mapping[str, Any]) -> Arrays:
    """The other way round."""
    rest = dict(arrays)
    layout, dtype = trainer.parts.layout, trainer.network.dtype

    def vector(places: tuple[Place, ...]) -> Any:
        return np.concatenate([np.empty(0, dtype), *(rest.pop(place.identifier).reshape(-1) for place in places)])

    vectors = {"parameters": vector(layout.trainable), "fixed": vector(layout.fixed)}
    return vectors | rest


def restore(trainer: "Trainer", checkpoint: Checkpoint, directory: Path | str) -> Mapping[str, Any]:
    """Put a checkpoint's arrays and positions in place; the rest of its state is returned.

    Raises CheckpointError when it does not fit the trainer's network, optimiser or dtype; `directory` is where it lay.
    """
    state = checkpoint.state
    if "values" in state:
        raise CheckpointError(
            str(directory),
            f"it holds chosen values alone: {state['values']}",
            "the whole state of a trainer",
            "use it with transfer() or load_parameters()",
        )
    missing = [key for key in _KINDS if key not in state]
    if missing:
        raise CheckpointError(
            str(directory),
            f"its manifest lacks {', '.join(missing)}",
            "the whole state of a trainer",
            "use another checkpoint of the run",
        )
    wrong = [key for key, fits in _FITS.items() if key in state and not fits(state[key])]
    if wrong:
        raise CheckpointError(
            str(directory),
            f"its manifest has another {wrong[0]}: {state[wrong[0]]!r}"[:200],
            "the whole state of a trainer",
            "use another checkpoint of the run",
        )
    if "growth" in state:
        trainer.regrow(state["growth"], state["batches"].get("epoch", 1), state.get("data", {}).get("preprocessing"))
    layout = trainer.parts.layout.description
    is_same = state["shapes"] == _shapes(trainer)
    # Before the arrays, whose lengths follow from it.
    if is_same and state["layout"] != layout:
        raise CheckpointError(
            str(directory),
            f"its parameters are grouped or frozen otherwise: {_laid(state['layout'])}",
            _laid(layout),
            "restore it into a trainer with the same parameter_groups and frozen",
        )
    arrays, found = _named(trainer, trainer.team.pull()), without_hooks(checkpoint.arrays)
    fits = found.keys() == arrays.keys() and all(
        found[name].shape == array.shape and found[name].dtype == array.dtype for name, array in arrays.items()
    )
    if not is_same or not fits:
        raise CheckpointError(
            str(directory),
            f"it is of another training: {_described(state['shapes'], found)}",
            _described(_shapes(trainer), arrays),
            "restore it into a trainer with the same network, optimiser and dtype",
        )
    try:
        plugins = put_back(state["plugins"], checkpoint.arrays)
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            str(directory),
            f"the state of a hook names an array that is not there: {error}",
            "a whole checkpoint",
            "use another checkpoint of the run",
        ) from error
    trainer.batches.restore(state["batches"])
    trainer.team.push(_in_vectors(trainer, found))
    restore_hooks(trainer, plugins)
    return state


def loaded(trainer: "Trainer", directory: Path | str) -> Mapping[str, Any]:
    """As `restore`, from a folder and in the middle of a run. Raises CheckpointError, and changes nothing then."""
    checkpoint = Checkpoint.read(directory)
    trainer.batches.close()
    return restore(trainer, checkpoint, directory)


def first(trainer: "Trainer") -> Mapping[str, Any]:
    """As `loaded`, from before the first iteration."""
    parts, hooks = trainer.first_parts()
    state = {
        "epoch": 0,
        "iteration": 0,
        "seconds": 0.0,
        "scores": {},
        "batches": parts.batches.state(),
        "stop": "",
        "criterion": None,
        "hooks": None,
        "plugins": hooks,
        "shapes": _shapes(trainer),
        "layout": trainer.parts.layout.description,
        "schedules": {},
    }
    if parts.growth is not None:
        state["growth"] = parts.growth.state
    arrays = parts.team.pull()
    parts.batches.close()
    parts.team.close()
    trainer.batches.close()
    return restore(trainer, Checkpoint(_named(trainer, arrays), state), "reset")


def state_hash(trainer: "Trainer") -> str:
    """SHA-256 of the parameters and of everything else that a step reads and writes, in hexadecimal."""
    digest = hashlib.sha256()
    for name, array in sorted(trainer.team.pull().items()):
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def hook_states(trainer: "Trainer") -> dict[str, Any]:
    """The states of all hooks that have one, by the name of the plugin; copies."""
    states = {}
    for name, plugin in _stateful(trainer).items():
        with calling(f"plugin {name!r}, state"):
            states[name] = deepcopy(plugin.state())
    return states


def restore_hooks(trainer: "Trainer", states: Mapping[str, Any]) -> None:
    """Give hooks their states back; those that are not there keep what they have."""
    for name, plugin in _stateful(trainer).items():
        if name in states:
            with calling(f"plugin {name!r}, restore"):
                plugin.restore(deepcopy(states[name]))


def _stateful(trainer: "Trainer") -> dict[str, Any]:
    return {
        name: plugin
        for name, plugin in trainer.hooks.list_name_plugin()
        if callable(getattr(plugin, "state", None)) and callable(getattr(plugin, "restore", None))
    }


def _shapes(trainer: "Trainer") -> dict[str, list[int]]:
    return {name: list(spec.shape) for name, spec in trainer.network.parameters.items()}


def _described(shapes: Mapping[str, list[int]], arrays: Mapping[str, Any]) -> str:
    """A network and what trains it, in a line."""
    parameters = ", ".join(
        f"{name} {tuple(shape) if isinstance(shape, list) else shape}" for name, shape in shapes.items()
    )
    slots = [name for name in arrays if name.startswith(_OF_THE_METHOD)]
    dtype = next((array.dtype for name, array in arrays.items() if name.startswith("network.")), "no")
    return f"{dtype} {parameters}; {', '.join(sorted(slots)) or 'no slots'}"


def _laid(layout: Mapping[str, Any]) -> str:
    """Which parameters are trained together and which are not, in a line."""
    return "; ".join(f"{part}: {', '.join(map(str, names))}" for part, names in layout.items() if names)
