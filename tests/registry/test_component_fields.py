"""Fields that hold tables of components, and fields where a text is not a name."""

import pytest
from attrs import field, frozen

from sigma_core.errors import SettingError
from sigma_core.registry import ComponentRegistry, Composer, Fault, component, component_table, components


@frozen
class Scale:
    factor: float = 1.0


@frozen
class File:
    path: str


@frozen
class Table:
    steps: dict = component_table("preprocessors")
    source: object = component("sources", default=None, text=File)
    others: tuple = components("sources", text=File)
    sizes: object = component("sources", default=None, plain=tuple[int, ...])


@pytest.fixture
def composer():
    registry = ComponentRegistry(path=[])
    registry.register("preprocessors", "scale", Scale)
    registry.register("sources", "file", File)
    registry.register("datasets", "table", Table)
    return Composer(registry)


def test_a_table_of_components_is_built_key_by_key(composer):
    """A value is a list of components or a single one, each an object, a name or a table."""
    steps = {"inputs": ["scale", {"use": "scale", "factor": 2}], "targets": Scale(3.0)}
    built = composer.build("datasets", {"use": "table", "steps": steps})
    assert built.steps == {"inputs": (Scale(), Scale(2.0)), "targets": (Scale(3.0),)}


def test_a_table_of_components_is_resolved_inside_an_object(composer):
    """Names in a field of an object become components; what is built already stays the object that it is."""
    assert composer.build("datasets", Table({"inputs": "scale"})).steps == {"inputs": (Scale(),)}
    table = Table({"inputs": Scale()})
    assert composer.build("datasets", table) is table


def test_a_table_of_components_is_written_as_settings(composer):
    """What is written builds the same again."""
    table = Table({"inputs": (Scale(), Scale(2.0))})
    settings = composer.table(table)
    assert settings == {"use": "table", "steps": {"inputs": ["scale", {"use": "scale", "factor": 2.0}]}}
    assert composer.build("datasets", settings) == table
    assert composer.table(Table()) == {"use": "table"}


def test_faults_in_a_table_of_components_have_their_place(composer):
    """The key and the position in its list lead there."""
    faults: list[Fault] = []
    assert composer.build("datasets", {"use": "table", "steps": {"inputs": ["scale", "scal"]}}, faults=faults) is None
    assert [fault.place for fault in faults] == [("steps", "inputs", 1)]


def test_what_is_no_table_is_refused(composer):
    """A list says not to which section it belongs."""
    with pytest.raises(SettingError) as caught:
        composer.build("datasets", {"use": "table", "steps": ["scale"]})
    assert str(caught.value) == (
        "datasets 'table' (registered in this process), steps: ['scale'] is a list\n"
        "  expected: a table of preprocessors"
    )


def test_a_text_can_be_made_a_component(composer):
    """Where a field says so, a text is not looked up as a name; a table still is one of a component."""
    assert composer.build("datasets", {"use": "table", "source": "file"}).source == File("file")
    built = composer.build("datasets", {"use": "table", "source": {"use": "file", "path": "a"}})
    assert built.source == File("a")
    assert composer.table(built) == {"use": "table", "source": {"use": "file", "path": "a"}}


def test_tables_of_components_are_described(composer):
    """The type in words, and the kind."""
    steps, *_ = composer.describe("datasets", "table").settings
    assert (steps.type, steps.kind) == ("table of tuples of preprocessors components", "preprocessors")


def test_a_text_that_makes_no_component_is_a_fault_of_its_setting():
    """What the function raises is said at the place of the text."""

    def parse(text):
        raise ValueError(f"{text} is no file")

    @frozen
    class Reader:
        source: object = component("sources", text=parse)

    registry = ComponentRegistry(path=[])
    registry.register("datasets", "reader", Reader)
    faults: list[Fault] = []
    Composer(registry).build("datasets", {"use": "reader", "source": "a"}, place=("dataset",), faults=faults)
    assert [(fault.place, str(fault.error)) for fault in faults] == [
        (("dataset", "source"), "datasets 'reader' (registered in this process), source: a is no file")
    ]


def test_a_validator_that_knows_settings_is_told_where_its_own_stands():
    """Its words stay; the place is that of the setting."""

    def check(instance, attribute, value):
        raise SettingError("somewhere", f"{value} is odd", "an even number", "add one")

    @frozen
    class Even:
        number: int = field(validator=check)

    registry = ComponentRegistry(path=[])
    registry.register("sources", "even", Even)
    with pytest.raises(SettingError) as caught:
        Composer(registry).build("sources", {"use": "even", "number": 3})
    assert str(caught.value) == (
        "sources 'even' (registered in this process), number: 3 is odd\n  expected: an even number\n  to do:    add one"
    )


def test_a_component_field_takes_none_where_none_is_its_default(composer):
    """The source of this one may be left out."""
    assert composer.build("datasets", {"use": "table", "source": None}).source is None


def test_texts_of_a_list_can_be_made_components(composer):
    """Each of them, and a single one without brackets."""
    built = composer.build("datasets", {"use": "table", "others": ["a", {"use": "file", "path": "b"}, File("c")]})
    assert built.others == (File("a"), File("b"), File("c"))
    assert composer.build("datasets", {"use": "table", "others": "a"}).others == (File("a"),)
    assert composer.build("datasets", composer.table(built)) == built


def test_a_list_may_be_no_component_but_what_it_is(composer):
    """In the type that the field says; a table and a name are components all the same."""
    built = composer.build("datasets", {"use": "table", "sizes": [3, 4]})
    assert built.sizes == (3, 4)
    assert composer.table(built) == {"use": "table", "sizes": [3, 4]}
    assert composer.build("datasets", {"use": "table", "sizes": {"use": "file", "path": "a"}}).sizes == File("a")
    with pytest.raises(SettingError) as caught:
        composer.build("datasets", {"use": "table", "sizes": [3, "x"]})
    assert str(caught.value) == (
        "datasets 'table' (registered in this process), sizes[1]: 'x' is a str\n  expected: int"
    )
