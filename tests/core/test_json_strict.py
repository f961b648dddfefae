"""The strict reader: what it says to whoever sent the document, and that its two paths agree (T25)."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import json_scanner, json_strict
from app.core.errors import MalformedJson, TooLarge
from app.core.json_scanner import Limits

LIMITS = Limits(64, 2_000, 10_000, 16_384, decimals=False)


def refused(text: str, **options: Any) -> MalformedJson:
    with pytest.raises(MalformedJson) as caught:
        json_strict.loads(text.encode(), **options)
    return caught.value


@pytest.mark.parametrize(
    ("text", "pointer", "rule", "says"),
    [
        ('{"values":{"a":1,"a":2}}', "/values/a", "doubled-member", "twice"),
        ('{"a/b~c":{"x":1.5}}', "/a~1b~0c/x", "number", "send it as text"),
        ('{"rows":[1,2,NaN]}', "/rows/2", "number", "NaN"),
        ('{"rows":[1,9007199254740992]}', "/rows/1", "number", "2^53-1"),
        ('{\n  "a": 1,\n  "b": tru\n}', "/b", "syntax", "line 3, column 8"),
        ('{"a":1,}', "", "syntax", "member name"),
        ('{"a":"\\ud800"}', "/a", "text", "U+D800"),
        ('{"a":"x', "/a", "text", "does not end"),
        ("", "", "syntax", "ends too early"),
        ("{} {}", "", "one-document", "more after the end"),
    ],
)
def test_a_refusal_says_where_and_why(text: str, pointer: str, rule: str, says: str) -> None:
    fault = refused(text)
    assert fault.pointer == pointer
    assert fault.rule == rule
    assert says in str(fault)
    assert "line " in str(fault)


def test_bytes_that_are_not_utf_8_are_counted_not_guessed() -> None:
    with pytest.raises(MalformedJson, match="byte 6 is not UTF-8"):
        json_strict.loads(b'{"a":"\xfc"}')


def test_a_large_document_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        json_strict.loads(b"[" * 11, max_bytes=10)
    assert json_strict.loads(b"[1]       ", max_bytes=10) == [1]


def test_decimals_keep_their_exact_text() -> None:
    found = json_strict.loads(b'{"a":94.50,"b":7,"c":-0.10}', decimals=True)
    assert found == {"a": Decimal("94.50"), "b": 7, "c": Decimal("-0.10")}
    assert [str(found["a"]), str(found["c"])] == ["94.50", "-0.10"]
    assert type(found["b"]) is int


def test_members_keep_their_order() -> None:
    assert list(json_strict.loads(b'{"b":1,"a":2}')) == ["b", "a"]


def test_limits_are_arguments() -> None:
    assert json_strict.loads(b'["xxxx"]', max_text_bytes=4) == ["xxxx"]
    assert refused('["xxxxx"]', max_text_bytes=4).rule == "text-length"
    assert refused("[[[1]]]", max_depth=2).rule == "depth"
    assert refused("[1,2,3]", max_items=2).rule == "items"
    assert refused('{"a":1,"b":2}', max_members=1).rule == "members"


def test_a_pointer_in_a_message_holds_no_control_characters() -> None:
    assert "\x00" not in refused('{"a\\u0000":{"b":1}}').pointer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
RUBBLE = r'{ } [ ] , : " "a" "b" 1 -0 1.5 1e3 NaN true null \u0061 \ud800 \udc00 \b \ 01 9007199254740993'
FRAGMENTS = st.lists(
    st.sampled_from([*RUBBLE.split(), " ", "\n", "\t", "\u00fc", "\x7f", "\uffff"]), max_size=14
).map("".join)


def readable(text: str) -> bool:
    """The word of the slow scanner, which states the rules plainly."""
    try:
        json_scanner.explain(text, LIMITS)
    except MalformedJson:
        return False
    return True


@settings(max_examples=400, deadline=None, derandomize=True)
@given(FRAGMENTS)
def test_the_fast_and_the_slow_path_agree_on_rubble(text: str) -> None:
    rule = None
    try:
        json_strict.loads(text.encode())
    except MalformedJson as fault:
        rule = fault.rule
    assert (rule is None) == readable(text)
    assert rule != "json", "the slow scanner must know why"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(JSON, st.booleans())
def test_what_is_taken_is_what_the_standard_library_reads(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    try:
        assert json_strict.loads(text.encode()) == value
        assert readable(text)
    except MalformedJson:
        assert not readable(text)
