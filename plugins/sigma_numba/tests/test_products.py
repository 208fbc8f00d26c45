"""Products of two matrices: whichever way the operands lie, whatever their sizes, the same numbers each time."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigma_numba import NumbaBackend, _products, _team
from sigma_numba._products import tiles
from sigma_numba._registers import fits
from sigma_numba._team import Team

from sigma_core.testing import trace


@pytest.fixture
def pays():
    """As it is."""
    return _products.pays


@pytest.fixture(autouse=True)
def _always(pays, monkeypatch):
    """Kernels are right on machines too on which they gain nothing."""
    monkeypatch.setattr(_products, "pays", lambda: True)


LAYOUTS = {
    "as rows": (lambda x: x, lambda x: x),
    "as columns": (lambda x: x.T.copy(), np.transpose),
    "every second": (lambda x: x.repeat(2, 0).repeat(2, 1), lambda x: x[::2, ::2]),
    "backwards": (lambda x: x[::-1, ::-1].copy(), lambda x: x[::-1, ::-1]),
    "one row for all": (lambda x: x, lambda x: np.broadcast_to(x[:1], x.shape)),
}
"""How a matrix may lie: what is given instead of it, and what is traced to see it."""


def product(a, b, first="as rows", second="as rows"):
    """Of the compiled program, called twice, whose operands lie so; and of NumPy, in float64."""
    (lay_a, see_a), (lay_b, see_b) = LAYOUTS[first], LAYOUTS[second]
    arrays = lay_a(a), lay_b(b)
    graph = trace(lambda a, b: see_a(a) @ see_b(b), *arrays)
    program = NumbaBackend().compile(graph, bound=graph.input_names)
    executable = program.instantiate(dict(zip(graph.input_names, arrays, strict=True)))
    executable()
    exact = see_a(arrays[0]).astype(np.float64) @ see_b(arrays[1]).astype(np.float64)
    return program.source, np.array(executable()[0]), exact


def source_of(function, *shapes, bound=()):
    """The source of a program over zeros of these shapes, of which some stay."""
    graph = trace(function, *(np.zeros(shape, np.float32) for shape in shapes))
    return NumbaBackend().compile(graph, bound=[graph.input_names[each] for each in bound]).source


def matrices(rows, inner, columns, dtype=np.float32):
    random = np.random.default_rng(1)
    return tuple(random.standard_normal(shape).astype(dtype) for shape in ((rows, inner), (inner, columns)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("second", list(LAYOUTS))
@pytest.mark.parametrize(
    "sizes", [(32, 784, 256), (101, 67, 333), (784, 5, 40), (4, 600, 130), (300, 128, 9), (48, 64, 1024)]
)
def test_products_are_those_of_numpy(sizes, second, dtype):
    """Blocks and panels that fit, and such that are laid over each other; rows that are a multiple of a page apart."""
    source, found, exact = product(*matrices(*sizes, dtype), second=second)
    assert "product_" in source
    np.testing.assert_allclose(found, exact, rtol=0, atol=np.finfo(dtype).eps * 4 * sizes[1])


@pytest.fixture
def eager(monkeypatch, interpreted):
    """Products of any size are kernels, which run as Python."""
    monkeypatch.setattr(_products, "LEAST", 1)


@pytest.mark.usefixtures("eager")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.tuples(st.integers(4, 40), st.integers(1, 9), st.integers(4, 40)),
    layouts=st.tuples(st.sampled_from(list(LAYOUTS)), st.sampled_from(list(LAYOUTS))),
)
def test_small_products_however_the_operands_lie(sizes, layouts):
    """By kernels that run as Python."""
    source, found, exact = product(*matrices(*sizes, np.float64), *layouts)
    assert "product_" in source
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-12)


@given(
    rows=st.integers(4, 300),
    columns=st.integers(4, 300),
    lanes=st.sampled_from([2, 4, 8, 16]),
    count=st.sampled_from([16, 32]),
)
def test_tiles_cover_a_result(rows, columns, lanes, count):
    """All of it, and nothing beside it, with sums that fit into registers."""
    cut = tiles(rows, columns, lanes, count)
    assert fits(cut.block, cut.vectors, count)
    assert cut.block <= rows
    assert cut.width <= columns
    names = {"select": lambda condition, a, b: a if condition else b}
    first_rows = [eval(cut.row("q"), names, {"q": each}) for each in range(cut.blocks)]  # noqa: S307  # our own text
    first_columns = [eval(cut.column("t"), names, {"t": each}) for each in range(cut.panels)]  # noqa: S307
    assert {row + each for row in first_rows for each in range(cut.block)} == set(range(rows))
    assert {column + each for column in first_columns for each in range(cut.width)} == set(range(columns))


def test_a_row_does_not_depend_on_the_others():
    """It is the same, bit for bit, in batches of any size that a kernel multiplies."""
    a, b = matrices(150, 300, 200)
    _, whole, _ = product(a, b)
    for rows in (4, 37, 128):
        _, part, _ = product(a[:rows], b)
        np.testing.assert_array_equal(part, whole[:rows])


def test_a_product_does_not_depend_on_the_number_of_threads(monkeypatch):
    """Whoever computes a number adds its terms up in the same order."""
    a, b = matrices(150, 300, 200)
    results = []
    for count in (1, 2, 5):
        own = Team(_team._engine(), None)
        own.grow(count)
        with monkeypatch.context() as patch:
            patch.setattr(_team, "_known", own)
            patch.setattr(_team, "find_library", lambda: None)
            results.append(product(a, b)[1])
        own.stop()
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


@pytest.mark.parametrize(
    ("sizes", "dtype"), [((3, 999, 99), np.float32), ((99, 999, 3), np.float32), ((8, 8, 8), np.float32)]
)
def test_what_has_nothing_to_gain_is_left_to_numpy(sizes, dtype):
    """A few rows or columns, and what takes no time anyway."""
    source, found, exact = product(*matrices(*sizes, dtype))
    assert ".dot" in source
    assert "product_" not in source
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("is_fast", "library", "words"), [(True, object(), "product_"), (False, object(), ".dot"), (True, None, ".dot")]
)
def test_kernels_stand_aside_where_nobody_has_measured_them(monkeypatch, pays, is_fast, library, words):
    """On another kind of processor; and where another matrix library has threads that they have not."""
    monkeypatch.setattr(_products, "pays", pays)
    monkeypatch.setattr(_products, "multiplies_fast", lambda: is_fast)
    monkeypatch.setattr(_products, "team", lambda: SimpleNamespace(library=library))
    source, _, _ = product(*matrices(64, 64, 64))
    assert words in source


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.bool_])
def test_other_dtypes_are_left_to_numpy(dtype):
    """Which has no fast products of them either."""
    a, b = (np.ones(shape, dtype) for shape in ((64, 50), (50, 64)))
    source, found, _ = product(a, b)
    assert "product_" not in source
    np.testing.assert_array_equal(found, a @ b)


def test_not_a_number_stays_in_its_row_and_column():
    """Numbers that are computed twice, where tiles lie over each other, are the same twice."""
    a, b = matrices(45, 100, 70)
    a[7, 3], b[9, 5] = np.nan, np.inf
    _, found, _ = product(a, b)
    with np.errstate(invalid="ignore"):
        expected = a @ b
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
