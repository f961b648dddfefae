"""JSON Canonicalization Scheme, RFC 8785: the same value always gives the same bytes."""

import re
from typing import Any, Final

import orjson
import rfc8785

from app.core.errors import MalformedInput

_QUICK: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)
"""Refuses what lies beyond 2^53-1, and what is no plain value of JSON."""
PERHAPS_FLOAT: Final = re.compile(rb'[\[,:](?<![^"]:)-?[0-9]+[.eE]')
"""What a float leaves in orjson's output; NaN and Infinity leave `null`. Texts may look so: a second look
decides."""


def jcs(value: Any) -> bytes:
    """The RFC 8785 form of `value`, in UTF-8.

    In the credential profile (no floats, whole numbers within 2^53-1, ASCII member names) orjson's sorted
    output is the same bytes at a fiftieth of the cost; anything else goes through rfc8785. A property test
    holds them equal.
    Raises: MalformedInput for what RFC 8785 has no form for: NaN, larger integers, lone surrogates.
    """
    try:
        quick = _quickly(value)
        return rfc8785.dumps(value) if quick is None else quick
    except (
        rfc8785.CanonicalizationError,
        orjson.JSONEncodeError,
        UnicodeEncodeError,
        RecursionError,
    ) as fault:
        raise MalformedInput(
            "this value has no canonical JSON form", rule="jcs", clause="RFC 8785"
        ) from fault


def _quickly(value: Any) -> bytes | None:
    """orjson's form, where it is the one of RFC 8785: no float, and names whose byte order is the order of
    their UTF-16 code units."""
    try:
        found = orjson.dumps(value, option=_QUICK)
    except orjson.JSONEncodeError:
        return None  # rfc8785 knows why, or takes it all the same
    holds = found[:1] in b'{["'
    if holds and found.isascii() and b"null" not in found and not PERHAPS_FLOAT.search(found):
        return found
    return found if _in_profile(value) else None


def _in_profile(value: Any) -> bool:
    """Whether all names in `value` are ASCII, and no value is a float."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind is dict:
            if not "".join(one).isascii():
                return False
            waiting.extend(one.values())
        elif kind is list or kind is tuple:
            waiting.extend(one)
        elif kind is float:
            return False
    return True
