"""RFC 8785: the fast path and the reference give the same bytes, wherever the fast path is taken."""

from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import canonical
from app.core.errors import MalformedInput
from tests.vectors.kit import a_credential

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXT | st.text(st.characters(max_codepoint=127), max_size=8)
ODD_TEXT = st.sampled_from(
    ['":1.5', ",1.5", "[1e5", ":0e", "null", '":null,"', "1.0", "-0", "\\", '"', "1E3", ",-1.e", "é:1.5"]
)
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


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.integers(-9, 9) | TEXT | ODD_TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | ODD_TEXT, inner, max_size=4),
        max_leaves=12,
    )
)
def test_a_float_among_texts_that_look_like_numbers_is_not_overlooked(value: Any) -> None:
    assert canonical.jcs(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [{"a": [float("nan")]}, {"a": {"b": float("-inf")}}, {"a": 2**53}])
def test_what_the_fast_path_would_write_as_null_is_refused_at_any_depth(value: Any) -> None:
    with pytest.raises(MalformedInput):
        canonical.jcs(value)


def test_the_form_of_a_passport_needs_no_second_look() -> None:
    document = a_credential() | {"id": "urn:uuid:0eabe5e4-445d-4a42-bbaf-7e8e9295dffb"}
    document["credentialSubject"]["operatorInformation"] = {"identifier": "1.5"}
    written = orjson.dumps(document)
    assert written.isascii()
    assert not canonical.PERHAPS_FLOAT.search(written)


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
