"""What several layers ask of that which comes in."""

from sigma_core.extend import Layer, Shape, ShapeError, Value


def check_axis(layer: Layer, shape: Shape, of: str) -> None:
    """Raise ShapeError for records without an axis; `of` is what the last one counts, such as "feature"."""
    if not shape:
        raise ShapeError(
            type(layer).__name__,
            "records of shape ()",
            f"records of shape (..., {of}s)",
            f"give the input before it at least one {of}",
        )


def check_sequence(layer: Layer, shape: Shape) -> None:
    """Raise ShapeError unless records are sequences, (time, features)."""
    if len(shape) != 2:
        raise ShapeError(
            type(layer).__name__,
            f"records of shape {shape}",
            "records of shape (time, features)",
            "give the input two axes, or put an Embedding layer before it",
        )


def check_integers(layer: Layer, inputs: Value) -> None:
    """Raise ShapeError unless what comes in are integers."""
    if inputs.dtype.kind not in "iu":
        raise ShapeError(
            type(layer).__name__,
            f"inputs are {inputs.dtype}",
            "integers",
            'give the input before it dtype="integer"',
        )
