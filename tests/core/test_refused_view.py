"""A refused text is shown line by line, token by token as it came, with the place at fault marked."""

import json

import pytest

from app.core import refused, refused_view
from tests import factories
from tests.installation import START

NESTED = '{"a":{},"b":[],"c":[1,{"x":2}],"odd\\"/":"\\u00e9","n":1.50}'


def marked(text: str, pointer: str, code: str = "", detail: str = "") -> str:
    shown = refused_view.shown(text, pointer, code, detail)
    return shown.lines[shown.fault - 1].text.strip() if shown.fault else ""


@pytest.mark.parametrize("text", [NESTED, json.dumps(factories.pack_record(START)), "[]", '[[],{"a":[{}]}]'])
def test_what_is_shown_is_the_same_document(text: str):
    shown = refused_view.shown(text, "")
    assert json.loads(shown.text) == json.loads(text)
    assert shown.text == json.dumps(json.loads(text), indent=2).replace(": 1.5,", ": 1.50,").replace(
        ": 1.5\n", ": 1.50\n"
    )
    assert refused_view.is_unchanged(shown.text.replace("\n", "\r\n"), text)
    assert not refused_view.is_unchanged(shown.text + "x", text)


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("/a", '"a": {},'),
        ("/c/1/x", '"x": 2'),
        ("/c/1", "{"),
        ('/odd"~1', '"odd\\"/": "\\u00e9",'),
        ("/n", '"n": 1.50'),
        ("/c/7/y", '"c": ['),
        ("/nothing", "{"),
        ("", ""),
    ],
)
def test_the_place_at_fault_is_marked(pointer: str, line: str):
    assert marked(NESTED, pointer) == line
    assert refused_view.shown(NESTED, pointer).is_missing == (pointer in ("/c/7/y", "/nothing"))


def test_broken_json_is_shown_as_it_is_and_marked_where_it_breaks():
    text = '{"a": 1,\n "b": [1 2], "a": 3'
    assert marked(text, "", "malformed-json", "line 2, column 10: here a comma or ] is expected") == "1 2"
    assert refused_view.shown(text, "").lines[-1].text == '  "a": 3'
    assert marked("a;b\n1;2;3", "", "malformed-input", "The row has 3 cells.") == ""
    assert [line.text for line in refused_view.shown("a;b\n1;2;3", "").lines] == ["a;b", "1;2;3"]


def test_one_value_is_mended_and_the_rest_stays_byte_for_byte():
    assert refused_view.with_value(NESTED, "/c/1/x", "3.50", "plain") == NESTED.replace(":2}", ":3.50}")
    assert refused_view.with_value(NESTED, '/odd"~1', 'ä"', "text").endswith('"odd\\"/":"ä\\"","n":1.50}')
    for pointer, value in (("/a", "1"), ("/none", "1"), ("/n", "1 2"), ("/n", "NaN")):
        with pytest.raises(ValueError, match="no "):
            refused_view.with_value(NESTED, pointer, value, "plain")


def test_a_number_is_mended_together_with_its_unit():
    text = '{"values": {"batteryMass": {"value": 14000, "unit": "g"}}}'
    places = refused_view.shown(text, "/values/batteryMass/unit").places
    assert [(one.name, one.value, one.written) for one in places] == [
        ("value", "14000", "plain"),
        ("unit", "g", "text"),
    ]
    assert refused_view.shown(text, "/values/batteryMass").places == ()


def test_a_very_long_text_is_shown_by_its_beginning():
    shown = refused_view.shown('{"a": [' + "1," * 500_000, "/a/400000")
    assert shown.is_cut
    assert len(shown.text) < 2_000_000
    assert shown.places == ()


def test_the_column_behind_a_place_is_found():
    row = {
        "kind": "pack",
        "serial": "X",
        "capacityFade [%]": "many",
        "capacityFade.observedAt": "now",
        "?": "1",
    }
    assert refused.column_at(row, "/values/capacityFade/value") == "capacityFade [%]"
    assert refused.column_at(row, "/values/capacityFade/observedAt") == "capacityFade.observedAt"
    assert refused.column_at(row, "/subject/serial") == "serial"
    assert refused.column_at(row, "/values/batteryMass") is None
