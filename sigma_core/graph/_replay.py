"""Recorded values over other inputs: what depends on some nodes, recorded again with others in their places."""

from collections.abc import Collection, Iterable, Mapping

from sigma_core.graph._value import Value


def dependents(outputs: Iterable[Value], sources: Collection[int]) -> list[Value]:
    """The nodes behind outputs that depend on the sources, by index; in order, without the sources themselves."""
    oldest = min(sources, default=0)
    seen: dict[int, Value] = {}
    waiting = list(outputs)
    while waiting:
        value = waiting.pop()
        # Nothing older than the sources can depend on them.
        if value.index > oldest and value.index not in seen and value.index not in sources:
            seen[value.index] = value
            waiting.extend(value.inputs)
    reached = set(sources)
    found = []
    for index in sorted(seen):
        if any(each.index in reached for each in seen[index].inputs):
            reached.add(index)
            found.append(seen[index])
    return found


def substituted(outputs: Iterable[Value], replacements: Mapping[int, Value]) -> tuple[Value, ...]:
    """The outputs with values, by index, replaced by others of their shapes and dtypes."""
    outputs = tuple(outputs)
    new = dict(replacements)
    for node in dependents(outputs, replacements.keys()):
        new[node.index] = node.with_inputs(tuple(new.get(value.index, value) for value in node.inputs))
    return tuple(new.get(value.index, value) for value in outputs)
