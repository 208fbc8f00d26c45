"""Components described, for people."""

from typing import Any, Literal

from attrs import NOTHING, Factory, field, frozen

from sigma_core.registry import ComponentRegistry, Composer, Description, Limits, Setting, component, components, fields
from sigma_core.registry._settings import COMPUTED


@frozen
class Dense:
    """Weights and a bias.

    The second paragraph.
    """

    size: int
    scales: tuple[float, ...] = ()
    activation: Any = component("activations", default=None)
    metrics: tuple[Any, ...] = components("metrics", default=("mean",))
    names: list[str] = field(factory=list)
    rate: float = fields.number(default=0.5, at_least=0, below=1)
    mode: Literal["sum", "mean"] = "sum"
    twice: int = Factory(lambda self: 2 * self.size, takes_self=True)
    _hidden: bool = True
    unset: int = field(default=0, init=False)


@frozen
class Silent(Dense):
    pass


def test_a_description_has_the_settings_with_types_and_defaults(site):
    """Private fields by their public names; what cannot be set is left out."""
    registry = ComponentRegistry(path=[site])
    registry.register("layers", "dense", Dense)
    assert Composer(registry).describe("layer", "dense") == Description(
        "layers",
        "dense",
        "",
        "",
        "Weights and a bias.",
        "Weights and a bias.\n\nThe second paragraph.",
        (
            Setting("size", "int", NOTHING),
            Setting("scales", "tuple of float", ()),
            Setting("activation", "activations component or None", None, "activations"),
            Setting("metrics", "tuple of metrics components", ("mean",), "metrics"),
            Setting("names", "list of str", []),
            Setting("rate", "float", 0.5, None, Limits(0, 1, excludes_maximum=True)),
            Setting("mode", "'sum' or 'mean'", "sum", None, Limits(choices=("sum", "mean"))),
            Setting("twice", "int", COMPUTED),
            Setting("hidden", "bool", True),
        ),
    )


def test_a_default_that_depends_on_others_is_computed(site):
    """There is no one value to show."""
    registry = ComponentRegistry(path=[site])
    registry.register("layers", "dense", Dense)
    settings = {setting.name: setting for setting in Composer(registry).describe("layers", "dense").settings}
    assert str(settings["twice"].default) == "computed"
    assert not settings["twice"].required
    assert settings["size"].required


def test_a_cost_is_described_as_what_it_is(install, site):
    """With the distribution it comes from; a docstring is not inherited."""
    install("sigma-x", {"sigma.costs": {"silent": "part:Silent"}}, modules={"part.py": "class Silent: pass"})
    found = Composer(ComponentRegistry(path=[site])).describe("layers", "silent")
    assert (found.kind, found.distribution, found.version) == ("costs", "sigma-x", "1.0")
    assert (found.summary, found.documentation, found.settings) == ("", "", ())


def test_a_docstring_is_not_inherited(site):
    """It would describe something else."""
    registry = ComponentRegistry(path=[site])
    registry.register("layers", "silent", Silent)
    assert Composer(registry).describe("layers", "silent").documentation == ""
