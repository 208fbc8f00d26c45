"""NumPy code traced and run gives what NumPy gives: numbers, shapes and dtypes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import Graph, as_value, evaluate, one_hot, optimise, placeholder
from sigma_core.graph.operations import UFUNC_OPERATIONS

DTYPES = tuple(np.dtype(code) for code in "?bBiIlLefd")
SHAPES = ((), (0,), (1,), (3,), (2, 3), (2, 1), (1, 3), (0, 3), (2, 1, 3))


def compare(function, *arrays):
    """The function on values, evaluated, optimised or not, against the function on arrays."""
    with np.errstate(all="ignore"):
        expected = function(*arrays)
        values = [placeholder(array.shape, array.dtype, str(number)) for number, array in enumerate(arrays)]
        traced = as_value(function(*values))
        graph = Graph(values, [traced])
        for program in (graph, optimise(graph)):
            (result,) = evaluate(program, *arrays)
            assert (traced.shape, traced.dtype) == (np.shape(expected), np.asarray(expected).dtype)
            assert (result.shape, result.dtype) == (traced.shape, traced.dtype)
            tolerance = {2: 1e-2, 4: 1e-5}.get(result.dtype.itemsize, 1e-12)
            np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


def sample(shape, dtype, seed=0):
    random = np.random.default_rng(seed)
    numbers = random.uniform(0.1, 3.0, shape)
    return np.asarray(numbers > 1 if dtype == np.bool_ else numbers, dtype)


@pytest.mark.parametrize("ufunc", UFUNC_OPERATIONS, ids=lambda ufunc: ufunc.__name__)
def test_a_ufunc_has_numpys_loop_for_each_pair_of_dtypes(ufunc):
    """Results and dtypes are NumPy's; where NumPy has no loop there is an error."""
    for first in DTYPES:
        for second in DTYPES if ufunc.nin == 2 else (None,):
            arrays = [sample((3,), dtype, seed) for seed, dtype in enumerate((first, second)) if dtype is not None]
            try:
                with np.errstate(all="ignore"):
                    ufunc(*arrays)
            except TypeError:
                with pytest.raises(ShapeError) as caught:
                    ufunc(*(placeholder((3,), array.dtype, "x") for array in arrays))
                dtypes = " and ".join(str(array.dtype) for array in arrays)
                found = f"traced function: np.{ufunc.__name__} has no loop for {dtypes}"
                assert testing.message(caught.value) == f"{found}\n  to do:    convert with astype"
            else:
                compare(ufunc, *arrays)


@given(data=st.data())
@settings(max_examples=100)
def test_operands_broadcast_as_in_numpy(data):
    """Shapes of any number of axes, with sizes 0 and 1."""
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=4))
    first, second = (sample(shape, data.draw(st.sampled_from(DTYPES[3:])), 1) for shape in shapes.input_shapes)
    compare(lambda a, b: a + b, first, second)
    compare(lambda a, b: np.where(a > 1, a, b), first, second)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("number", [2, 2.5, True, np.float32(2.5), np.float64(2.5), np.int8(2)], ids=repr)
def test_scalars_promote_by_nep_50(dtype, number):
    """Python's numbers are weak, NumPy's scalars and truth values are not."""
    array = sample((3,), dtype)
    compare(lambda x: x * number, array)
    compare(lambda x: number + x, array)
    compare(lambda x: np.maximum(x, number), array)
    compare(lambda x: np.where(x > 1, x, number), array)
    compare(lambda x: x > number, array)


REDUCTIONS = (np.sum, np.prod, np.mean, np.var, np.std, np.max, np.min, np.all, np.any)


@pytest.mark.parametrize("function", REDUCTIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_reductions_have_numpys_axes_and_dtypes(function, dtype):
    """Axes, keepdims and the dtypes that small integers widen to."""
    array = sample((2, 1, 3), dtype)
    for axis in (None, 0, -1, (0, 2), (), (1, -1)):
        compare(lambda x, axis=axis: function(x, axis=axis), array)
        compare(lambda x, axis=axis: function(x, axis=axis, keepdims=True), array)
    compare(lambda x: getattr(x, function.__name__)(), sample((), dtype))


@pytest.mark.parametrize(
    "dtype", [np.int8, np.int32, np.uint16, np.int64, np.float32], ids=lambda dtype: dtype.__name__
)
def test_a_sum_or_product_has_the_dtype_that_is_asked_for(dtype):
    """Also a small integer, to which NumPy does not widen then; the total is modulo its size."""
    array = np.array([[100, 120], [3, -100]], np.int8)
    for function in (np.sum, np.prod, np.cumsum, np.cumprod, np.trace, np.add.reduce, np.multiply.accumulate):
        compare(lambda x, function=function: function(x, dtype=dtype), array)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32], ids=lambda dtype: dtype.__name__)
def test_clip_takes_bounds_beyond_the_dtype(dtype):
    """A Python integer that no element can reach bounds nothing."""
    array = sample((3,), dtype)
    compare(lambda x: np.clip(x, -1, 2**40), array)
    compare(lambda x: np.clip(x, 1, None), array)
    compare(lambda x: np.clip(x, None, None), array)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("share", [0.3, 1, [0, 1], np.float32(0.3), np.float64(0.3), [0.3, 0.4]], ids=repr)
def test_quantiles_promote_by_nep_50(dtype, share):
    """A Python number takes the dtype of the array, NumPy's and those of a list do not."""
    for method in ("linear", "lower"):
        compare(lambda x, method=method: np.quantile(x, share, method=method), sample((5,), dtype))
        compare(lambda x, method=method: np.percentile(x, share, method=method), sample((5,), dtype))


def _augmented(x):
    y = x + 0
    y += 1
    y -= x * 0.5
    y *= 2
    y /= 3
    y **= 2
    y = y[0]
    y @= np.eye(2)
    return y


SHAPED = {
    "reshape": lambda x: x.reshape(3, -1),
    "reshape_tuple": lambda x: np.reshape(x, (4, 3)),
    "ravel": np.ravel,
    "flatten": lambda x: x.flatten(),
    "T": lambda x: x.T,
    "transpose": lambda x: x.transpose(1, 0, 2),
    "transpose_list": lambda x: np.transpose(x, [2, 0, 1]),
    "swapaxes": lambda x: x.swapaxes(0, -1),
    "matrix_transpose": np.matrix_transpose,
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "moveaxis_many": lambda x: np.moveaxis(x, (0, 1), (2, 0)),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "squeeze": lambda x: np.squeeze(x[:, :1]),
    "squeeze_axis": lambda x: x[:1].squeeze(0),
    "broadcast_to": lambda x: np.broadcast_to(x, (5, 2, 3, 2)),
    "flip": np.flip,
    "flip_axis": lambda x: np.flip(x, 1),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "repeat_flat": lambda x: x.repeat(3),
    "tile": lambda x: np.tile(x, (2, 1, 3)),
    "tile_more": lambda x: np.tile(x, (2, 1, 1, 2)),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "concatenate": lambda x: np.concatenate([x, x * 2, np.zeros((2, 1, 2))], axis=1),
    "concatenate_flat": lambda x: np.concatenate([x, x], axis=None),
    "stack": lambda x: np.stack([x, -x], axis=-1),
    "vstack": lambda x: np.vstack([x[0, 0], x[0, 1]]),
    "hstack": lambda x: np.hstack([x[0, 0], x[0, 1]]),
    "hstack_matrices": lambda x: np.hstack([x[0], x[1]]),
    "split": lambda x: np.split(x, 3, axis=1)[1],
    "split_at": lambda x: np.split(x, [1], axis=1)[1],
    "array_split": lambda x: np.array_split(x, 2, axis=1)[0],
    "pad": lambda x: np.pad(x, 1),
    "pad_number": lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=3),
    "cumsum": np.cumsum,
    "cumsum_axis": lambda x: x.cumsum(1),
    "clip": lambda x: x.clip(0.5, 1),
    "clip_low": lambda x: np.clip(x, min=0.5),
    "argmax": np.argmax,
    "argmax_axis": lambda x: x.argmax(1),
    "argmin_keepdims": lambda x: np.argmin(x, axis=1, keepdims=True),
    "argmax_flat_keepdims": lambda x: np.argmax(x, keepdims=True),
    "norm": np.linalg.norm,
    "norm_axis": lambda x: np.linalg.norm(x, axis=1),
    "sum_where": lambda x: np.sum(x, axis=1, where=x > 1),
    "sum_dtype": lambda x: np.sum(x, dtype=np.float32),
    "reduce": lambda x: np.add.reduce(x, 1),
    "zeros_like": np.zeros_like,
    "ones_like": lambda x: np.ones_like(x, dtype=np.float32),
    "full_like": lambda x: np.full_like(x, 2.5),
    "nan_to_num": lambda x: np.nan_to_num(x / (x - x)),
    "round": lambda x: np.round(x * 3),
    "copy": lambda x: x.copy(),
    "diagonal": lambda x: np.diagonal(x[0]),
    "outer": lambda x: np.outer(x, x[0]),
    "inner": lambda x: np.inner(x, x[0]),
    "vdot": lambda x: np.vdot(x, x),
    "int": lambda x: x[1],
    "negative_int": lambda x: x[-1, 0],
    "all_ints": lambda x: x[1, 2, 0],
    "slices": lambda x: x[:, 1:3, ::-1],
    "backwards": lambda x: x[::-1, 2:0:-1],
    "backwards_to_start": lambda x: x[:, 1::-1],
    "empty_slice": lambda x: x[:, 2:1],
    "new_axis": lambda x: x[None, :, None, 0],
    "ellipsis": lambda x: x[..., 0],
    "ellipsis_middle": lambda x: x[0, ..., 1],
    "indices": lambda x: x[:, [2, 0, 2]],
    "indices_negative": lambda x: x[:, np.array([[-1, 0], [1, -2]])],
    "indices_two": lambda x: x[[0, 1], [2, 0]],
    "indices_apart": lambda x: x[[0, 1], :, [1, 0]],
    "indices_int_apart": lambda x: x[0, :, [1, 0, 1]],
    "indices_slice": lambda x: x[1:, [2, 0], None],
    "indices_around_no_axes": lambda x: x[:, [0, 2], ..., [1, 0]],
    "indices_around_no_axes_number": lambda x: x[:, [0, 2], ..., 1],
    "indices_behind_no_axes": lambda x: x[:, ..., [0, 2], [1, 0]],
    "indices_around_axes": lambda x: x[[0, 1], ..., [1, 0]],
    "mask_behind": lambda x: x[..., np.array([False, True])],
    "mask": lambda x: x[np.array([True, False])],
    "mask_matrix": lambda x: x[np.array([[True, False, True], [False, True, True]])],
    "take": lambda x: np.take(x, [0, 5, -1]),
    "take_axis": lambda x: np.take(x, [[2, 0]], axis=1),
    "take_clip": lambda x: x.take([9, -5, 1], axis=1, mode="clip"),
    "take_wrap": lambda x: x.take([9, -5, 1], axis=1, mode="wrap"),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[[2, 0]], [[1, 1]]]), axis=1),
    "take_along_axis_one": lambda x: np.take_along_axis(x, np.array([[[2]]]), axis=1),
    "astype": lambda x: x.astype(np.int32) + 1,
    "augmented": _augmented,
    "len": lambda x: x * len(x),
    "questions": lambda x: x * (np.ndim(x) + np.size(x) + np.size(x, 1) + np.shape(x)[0] + x.ndim + x.size + x.nbytes),
    "result_type": lambda x: np.ones(2, np.result_type(x, np.float32, 1.0)) + x,
}


@pytest.mark.parametrize("name", SHAPED)
def test_functions_that_shape_join_and_pick_are_numpys(name):
    """One expression each on an array of shape (2, 3, 2)."""
    compare(SHAPED[name], np.random.default_rng(1).uniform(0.1, 2.0, (2, 3, 2)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((5, 2, 3), (3,)), ((1, 1), (1, 1)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtypes", ["dd", "ff", "fd", "id", "ii"])
def test_products_are_numpys(first, second, dtypes):
    """Matrices, vectors and stacks of both."""
    a, b = sample(first, np.dtype(dtypes[0])), sample(second, np.dtype(dtypes[1]), 1)
    compare(lambda a, b: a @ b, a, b)
    if len(first) < 4:
        compare(np.dot, a, b)


def test_tensordot_and_dot_contract_numpys_axes():
    """Axes as a number, as pairs, and dot of stacks and of scalars."""
    a, b = sample((2, 3, 4), np.float64), sample((4, 3, 5), np.float64, 1)
    compare(lambda a, b: np.tensordot(a, b, ((1, 2), (1, 0))), a, b)
    compare(lambda a, b: np.tensordot(a, b, 1), a, b)
    compare(lambda a, b: np.tensordot(a, b, (-1, 0)), a, b)
    compare(lambda a, b: np.tensordot(a[0, 0], b[0, 0], 0), a, b)
    compare(lambda a, b: np.dot(a, np.swapaxes(b, 0, 1)), a, b)
    compare(lambda a, b: np.dot(a[0, 0, 0], b), a, b)
    compare(lambda a, b: np.inner(a[0, 0, 0], b), a, b)


def test_one_hot_rows_have_a_one_at_the_index():
    """Rows of the unit matrix, of the dtype asked for."""
    indices = np.array([[2, 0], [1, 1]])
    value = placeholder((2, 2), np.int64, "x")
    (result,) = evaluate(Graph([value], [one_hot(value, 3)]), indices)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, np.eye(3)[indices])


def test_indices_out_of_bounds_are_errors_when_run():
    """As in NumPy."""
    value = placeholder((3,), np.float64, "x")
    index = placeholder((1,), np.int64, "i")
    graph = Graph([value, index], [value[index]])
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        evaluate(graph, np.zeros(3), np.array([3]))
