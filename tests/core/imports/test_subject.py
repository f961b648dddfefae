"""Which battery a document speaks of: what names it, what does not, and what is wrong."""

import json

import pytest

from app.core.errors import MalformedInput
from app.core.imports import records
from app.core.imports.records import Told

NOW = "2026-11-24T12:00:00Z"
GTIN = "09506000134352"
UNTOLD = Told()


def subject(identifier: str, told: Told = UNTOLD) -> dict[str, str]:
    document = {"productIdentifier": identifier, "batteryMass": 3, "batteryCategory": "lmt"}
    return dict(records.imported(json.dumps(document).encode(), told, NOW).subject)


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        (f"https://a.example/01/{GTIN}/21/S%2F1?x=1", {"gtin": GTIN, "serial": "S/1"}),
        (f"https://a.example/some/path/01/{GTIN}", {"gtin": GTIN}),
        ("urn:epc:id:sgtin:9506000.013435.S-1", {"gtin": GTIN, "serial": "S-1"}),
        ("urn:epc:id:sgtin:9506000.013435.S%2F1", {"gtin": GTIN, "serial": "S/1"}),
        (f"]d201{GTIN}21S1", {"gtin": GTIN, "serial": "S1"}),
        (f"(01){GTIN}(21)S1", {"gtin": GTIN, "serial": "S1"}),
        (GTIN, {"gtin": GTIN}),
        ("9506000134352", {"gtin": GTIN}),
    ],
)
def test_what_names_a_battery_by_a_gs1_key(identifier: str, found: dict[str, str]):
    assert subject(identifier) == found


@pytest.mark.parametrize(
    "identifier",
    ["34567890", "urn:uuid:550e8400-e29b-41d4-a716-446655440000", "https://a.example/x", "DMC 7"],
)
def test_what_is_no_gs1_key_names_no_battery(identifier: str):
    with pytest.raises(MalformedInput, match="names no GTIN"):
        subject(identifier)
    assert subject(identifier, Told("9506000134352", "S-9")) == {"gtin": GTIN, "serial": "S-9"}


@pytest.mark.parametrize("identifier", ["https://a.example/01/09521234010016/21/EV-1", "09521234010016"])
def test_a_wrong_check_digit_is_named_and_another_gtin_may_be_told(identifier: str):
    with pytest.raises(MalformedInput, match="/productIdentifier: The check digit of this GTIN is 6"):
        subject(identifier)
    assert subject(identifier, Told(GTIN)) == {"gtin": GTIN}


def test_two_batteries_in_one_document_are_refused():
    with pytest.raises(MalformedInput, match="is not the one that was told"):
        subject(f"https://a.example/01/{GTIN}/21/S-1", Told(serial="S-2"))
