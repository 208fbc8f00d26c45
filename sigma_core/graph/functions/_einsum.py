"""Sums of products by their indices: each pair of operands becomes one matrix product."""

from collections.abc import Sequence
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, common_dtype, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._contractions import matmul
from sigma_core.graph.functions._diagonals import diagonal_of
from sigma_core.graph.functions._views import reshape, transpose

Term = tuple[Value, str]
"""An operand with a letter for each of its axes."""


@meaning_of(np.einsum)
def einsum(*operands: Any, dtype: Any = None, optimize: Any = True) -> Value:
    """As np.einsum, in both of its forms; the order of the products is that of np.einsum_path."""
    terms, output = _terms(operands)
    common = common_dtype(*(value for value, _ in terms)) if dtype is None else np.dtype(dtype)
    terms = [_once_each(cast(value, common), letters) for value, letters in terms]
    sizes: dict[str, int] = {}
    for value, letters in terms:
        for letter, size in zip(letters, value.shape, strict=True):
            if sizes.setdefault(letter, size) == 1:
                sizes[letter] = size
            elif size not in (1, sizes[letter]):
                raise ShapeError(
                    place(), f"einsum index {letter!r} has sizes {sizes[letter]} and {size}", "one size for each index"
                )
    # An axis of size 1 stands for the same number at each place of its index.
    terms = [_without_ones(value, letters, sizes) for value, letters in terms]
    for step in _path(terms, output, sizes, optimize):
        chosen = [terms[position] for position in step]
        terms = [term for position, term in enumerate(terms) if position not in step]
        while len(chosen) > 1:
            second, first = chosen.pop(), chosen.pop()
            kept = set(output).union(*(letters for _, letters in (*terms, *chosen)))
            chosen.append(_product(first, second, kept))
        terms.append(chosen[0])
    (last,) = terms
    value, letters = _summed(last, set(output))
    missing = "".join(letter for letter in output if letter not in letters)
    value = transpose(value, [letters.index(letter) for letter in output if letter in letters])
    if missing:
        value = reshape(value, tuple(1 if letter in missing else sizes[letter] for letter in output))
    shape = tuple(sizes[letter] for letter in output)
    return value if value.shape == shape else record("broadcast_to", value, shape=shape)


def _terms(operands: tuple[Any, ...]) -> tuple[list[Term], str]:
    """The operands with a letter for each axis, an ellipsis being letters that no operand uses, and the output's."""
    if not operands:
        raise ShapeError(place(), "np.einsum of nothing", "subscripts and operands")
    if isinstance(operands[0], str):
        text, values = operands[0].replace(" ", ""), [as_value(each) for each in operands[1:]]
    else:
        *pairs, result = operands if len(operands) % 2 else (*operands, None)
        values = [as_value(each) for each in pairs[::2]]
        text = ",".join(map(_letters, pairs[1::2])) + ("" if result is None else "->" + _letters(result))
    inputs, arrow, output = text.partition("->")
    subscripts = inputs.split(",")
    if len(subscripts) != len(values):
        raise ShapeError(place(), f"einsum subscripts {text!r} for {len(values)} operands", "one term for each operand")
    free = [letter for letter in ascii_letters if letter not in text]
    widest = 0
    terms: list[Term] = []
    for value, subscript in zip(values, subscripts, strict=True):
        named = subscript.replace("...", "")
        rest = value.ndim - len(named)
        if rest < 0 or (rest and "..." not in subscript) or not set(named) <= set(ascii_letters):
            raise ShapeError(
                place(), f"einsum subscripts {subscript!r} for shape {value.shape}", "a letter for each axis"
            )
        widest = max(widest, rest)
        terms.append((value, subscript.replace("...", "".join(reversed(free[:rest])))))
    dots = "".join(reversed(free[:widest]))
    if not arrow:
        every = "".join(subscripts).replace("...", "")
        output = dots + "".join(sorted(letter for letter in set(every) if every.count(letter) == 1))
    output = output.replace("...", dots)
    unknown = set(output) - set("".join(letters for _, letters in terms))
    if unknown or len(set(output)) < len(output):
        raise ShapeError(place(), f"einsum output {text.partition('->')[2]!r}", "each letter once, and of an operand")
    return terms, output


def _letters(subscript: Sequence[Any]) -> str:
    return "".join("..." if each is Ellipsis else ascii_letters[each] for each in subscript)


def _once_each(value: Value, letters: str) -> Term:
    """The diagonal over axes that share a letter."""
    for letter in letters:
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            sizes = value.shape[first], value.shape[second]
            if sizes[0] != sizes[1]:
                raise ShapeError(
                    place(),
                    f"einsum index {letter!r} has sizes {sizes[0]} and {sizes[1]}",
                    "one size for each index",
                )
            value = diagonal_of(value, 0, first, second)
            letters = "".join(each for axis, each in enumerate(letters) if axis not in (first, second)) + letter
    return value, letters


def _without_ones(value: Value, letters: str, sizes: dict[str, int]) -> Term:
    kept = [axis for axis, letter in enumerate(letters) if value.shape[axis] == sizes[letter]]
    return reshape(value, tuple(value.shape[axis] for axis in kept)), "".join(letters[axis] for axis in kept)


def _path(terms: list[Term], output: str, sizes: dict[str, int], optimize: Any) -> list[tuple[int, ...]]:
    if len(terms) < 3:
        return [tuple(range(len(terms)))]
    shapes = (tuple(sizes[letter] for letter in letters) for _, letters in terms)
    text = ",".join(letters for _, letters in terms) + "->" + output
    arrays = [np.broadcast_to(np.zeros(()), shape) for shape in shapes]
    path, _ = np.einsum_path(text, *arrays, optimize=optimize)
    return [tuple(sorted(step)) for step in path[1:]]


def _summed(term: Term, kept: set[str]) -> Term:
    value, letters = term
    axes = tuple(axis for axis, letter in enumerate(letters) if letter not in kept)
    if not axes:
        return term
    total = record("sum", value, axes=axes, keepdims=False)
    return cast(total, value.dtype), "".join(letter for letter in letters if letter in kept)


def _product(first: Term, second: Term, kept: set[str]) -> Term:
    """One matrix product: stacks over the indices that both have and keep, sums over those that both have."""
    a, left = _summed(first, kept | set(second[1]))
    b, right = _summed(second, kept | set(first[1]))
    stacks = [letter for letter in left if letter in right and letter in kept]
    inner = [letter for letter in left if letter in right and letter not in kept]
    rows = [letter for letter in left if letter not in right]
    columns = [letter for letter in right if letter not in left]
    a = transpose(a, [left.index(letter) for letter in (*stacks, *rows, *inner)])
    b = transpose(b, [right.index(letter) for letter in (*stacks, *inner, *columns)])
    stack, high = a.shape[: len(stacks)], a.shape[len(stacks) : len(stacks) + len(rows)]
    wide = b.shape[len(stacks) + len(inner) :]
    shape, letters = (*stack, *high, *wide), "".join((*stacks, *rows, *columns))
    if not inner:
        result = reshape(a, (*stack, *high, *(1,) * len(wide))) * reshape(b, (*stack, *(1,) * len(high), *wide))
        return as_value(result), letters
    depth = prod(b.shape[len(stacks) : len(stacks) + len(inner)])
    many = (prod(stack),) if stacks else ()
    product = matmul(reshape(a, (*many, prod(high), depth)), reshape(b, (*many, depth, prod(wide))))
    return reshape(product, shape), letters


@meaning_of(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Value:
    """As np.linalg.multi_dot: in the cheapest order."""
    values = [as_value(array) for array in arrays]
    operands: list[Any] = []
    for position, value in enumerate(values):
        operands += [value, [position + (value.ndim == 1 and position == 0) + axis for axis in range(value.ndim)]]
    ends = [] if values[0].ndim == 1 else [0]
    ends += [] if values[-1].ndim == 1 else [len(values)]
    return einsum(*operands, ends, optimize="optimal" if len(values) < 6 else "greedy")
