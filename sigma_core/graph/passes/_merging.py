"""Loops that go the same way: what a derivative keeps of each step is computed in the loop that is there anyway."""

from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._record import record
from sigma_core.graph._value import Value


def merge_loops(graph: Graph) -> Graph:
    """A scan becomes part of another one that computes all of it, and more.

    The placeholder of a carry stands for one recurrence: rules and passes that derive one body from another keep the
    placeholder of what they keep, and make new ones for what is new. So a scan computes all of another if its body has
    the other's placeholders, in the same roles, and they stand for the same values.
    """
    hosts = _hosts(graph)
    if not hosts:
        return graph
    guests: dict[int, list[Value]] = {}
    for node in graph.nodes:
        if node.index in hosts:
            guests.setdefault(hosts[node.index].index, []).append(node)
    new = {value.index: value for value in graph.inputs}
    places: dict[int, list[int]] = {}
    waiting = [node for node in graph.nodes if node.operation.name != "placeholder"]
    # What reads a scan that is computed by a later one has to wait for that.
    while waiting:
        left = []
        for node in waiting:
            host = hosts.get(node.index)
            if any(value.index not in new for value in node.inputs) or (host is not None and host.index not in new):
                left.append(node)
            elif host is not None:
                new[node.index] = new[host.index]
            else:
                new[node.index] = _moved(node, new, guests, places)
        if len(left) == len(waiting):
            # Two pairs of scans wait for each other: they stay as they are.
            return graph
        waiting = left
    return Graph(graph.inputs, [new[value.index] for value in graph.outputs], graph.output_names)


def _hosts(graph: Graph) -> dict[int, Value]:
    """The scan that computes another, by index of the other."""
    scans = [node for node in graph.nodes if node.operation.name == "scan"]
    hosts: dict[int, Value] = {}
    for guest in scans:
        for host in scans:
            taken = host.index in hosts or guest.index in hosts or any(each is guest for each in hosts.values())
            if host is not guest and not taken and _computes(host, guest) and not _depends(host, guest):
                hosts[guest.index] = host
    return hosts


def _computes(host: Value, guest: Value) -> bool:
    same = all(host.attributes[name] == guest.attributes[name] for name in ("length", "reverse"))
    return same and _given(guest).items() <= _given(host).items()


def _given(node: Value) -> dict[int, tuple[str, int]]:
    """Role and value of each input of the body, by index of the placeholder."""
    carries, sequences = node.attributes["carries"], node.attributes["sequences"]
    roles = ["carry"] * carries + ["sequence"] * sequences
    roles += ["constant"] * (len(node.inputs) - len(roles))
    triples = zip(node.attributes["body"].inputs, roles, node.inputs, strict=True)
    return {placeholder.index: (role, value.index) for placeholder, role, value in triples}


def _depends(host: Value, guest: Value) -> bool:
    return any(node.index == guest.index for node in reachable(host.inputs))


def _moved(node: Value, new: dict[int, Value], guests: dict[int, list[Value]], places: dict[int, list[int]]) -> Value:
    inputs = tuple(new[value.index] for value in node.inputs)
    if node.operation.name == "pick" and node.inputs[0].index in places:
        position = places[node.inputs[0].index][node.attributes["position"]]
        return record("pick", *inputs, weak=node.weak, position=position)
    if node.index not in guests:
        return node.with_inputs(inputs)
    body, carries = node.attributes["body"], node.attributes["carries"]
    outputs = list(body.outputs)
    numbers = {value.index: number for number, value in enumerate(body.inputs)}
    for guest in guests[node.index]:
        own, count = guest.attributes["body"], guest.attributes["carries"]
        places[guest.index] = [numbers[value.index] for value in own.inputs[:count]]
        for value in own.outputs[count:]:
            places[guest.index].append(len(outputs))
            outputs.append(value)
    return record("scan", *inputs, **{**node.attributes, "body": Graph(body.inputs, outputs), "carries": carries})
