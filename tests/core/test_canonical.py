"""RFC 8785: the fast path and the reference give the same bytes, wherever the fast path is taken."""

from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import canonical
from app.core.errors import MalformedInput

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXT | st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(VALUES)
def test_the_canonical_form_is_that_of_the_reference(value: Any) -> None:
    assert canonical.jcs(value) == rfc8785.dumps(value)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_go_through_the_reference(value: float) -> None:
    assert canonical.jcs([value]) == rfc8785.dumps([value])


def test_names_beyond_ascii_are_ordered_by_utf_16_which_orjson_does_not_do() -> None:
    value = {"\ufb33": 1, "\U0001f600": 2}
    assert canonical.jcs(value) == '{"\U0001f600":2,"\ufb33":1}'.encode()
    assert orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != canonical.jcs(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, "\ud800", {"\ud800": 1}, {1: 2}, object()]
)
def test_a_value_without_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedInput):
        canonical.jcs([value])
