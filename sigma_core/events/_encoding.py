"""Events as JSON text, for the store."""

import json
from collections.abc import Callable
from json import encoder as _json
from typing import Any

from sigma_core.events._event import Event
from sigma_core.events._payload import payload, plain, values_of


def _make_encode() -> Callable[[Any], str]:
    """What writes a value as JSON in one line; NaN and infinity are a ValueError.

    `JSONEncoder.encode` makes an encoder in C for each value, which takes as long as the text of a small one; here it
    is made once, where there is such a thing.
    """
    plainly = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=plain, check_circular=False)
    make = getattr(_json, "c_make_encoder", None)
    if make is None:
        return plainly.encode
    parts = make(None, plain, _json.encode_basestring_ascii, None, ":", ",", False, False, False)
    return lambda value: "".join(parts(value, 0))


_encode = _make_encode()


def encoded(event: Event) -> tuple[dict[str, Any], str]:
    """The event's fields as they are, and as JSON."""
    found = values_of(event)
    try:
        return found, _encode(found)
    except (TypeError, ValueError, RecursionError):
        # NaN and infinity, or keys that are no texts.
        return found, _encode(payload(event))
