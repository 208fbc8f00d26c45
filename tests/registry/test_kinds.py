"""The kinds of component."""

import pytest

from sigma_core.errors import UnknownComponentError
from sigma_core.registry import KINDS, ComponentRegistry, Composer, kind_of
from sigma_core.training.recipe import built


def test_a_kind_is_found_by_plural_and_by_singular():
    """Both words mean the same kind."""
    assert [kind_of(kind.name) for kind in KINDS.values()] == list(KINDS.values())
    assert [kind_of(kind.singular) for kind in KINDS.values()] == list(KINDS.values())


def test_a_kind_has_a_group_of_entry_points():
    """The group is called after the plural."""
    assert kind_of("criterion").group == "sigma.criteria"


def test_a_cost_counts_as_a_layer_but_not_the_other_way():
    """A cost is the last layer of a network."""
    assert KINDS["layers"].names == ("layers", "costs")
    assert KINDS["costs"].names == ("costs",)


def test_an_article_fits_its_noun():
    """Messages are sentences."""
    assert (KINDS["optimisers"].article, KINDS["layers"].article) == ("an optimiser", "a layer")


def test_an_unknown_kind_names_all_and_the_nearest():
    """A slip of spelling is put right by the message."""
    with pytest.raises(UnknownComponentError) as caught:
        kind_of("optimizers")
    assert str(caught.value) == (
        "kind 'optimizers': there is no such kind of component\n"
        f"  expected: {', '.join(sorted(KINDS))} (nearest: optimisers)"
    )


def test_a_kind_may_have_no_contract_in_the_kernel(tmp_path):
    """Its components are found, described and made as any; what they derive from is a plugin's affair."""

    class Map:
        """Where things are."""

    registry = ComponentRegistry(path=[tmp_path])
    registry.register("panel", "map", Map)
    assert registry.get("panels", "map") is Map
    assert isinstance(built(Composer(registry), "panels", "map"), Map)
