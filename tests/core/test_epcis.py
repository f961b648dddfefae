"""What an EPCIS event names and says, without a store."""

import json
from typing import Any

import pytest

from app.core import epcis_document, epcis_records
from app.core.epcis_things import Thing, thing
from app.core.errors import MalformedInput
from app.core.texts import Place
from tests.epcis import a_document, commissioning, declared_wrong, item, stamping
from tests.factories import GTIN, SERIAL
from tests.installation import START


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        (f"https://id.gs1.org/01/{GTIN}/21/P-1", "item", f"(01){GTIN}(21)P-1"),
        (f"https://passports.example/01/{GTIN}/21/p%2D1", "item", f"(01){GTIN}(21)P-1"),
        (f"https://id.gs1.org/01/{GTIN}/10/L1/21/P-1?17=270101", "item", f"(01){GTIN}(21)P-1"),
        (f"https://shop.example/a/b/01/{GTIN}/22/2A/21/P-1", "item", f"(01){GTIN}(21)P-1"),
        ("urn:epc:id:sgtin:9506000.013435.P-1", "item", f"(01){GTIN}(21)P-1"),
        ("urn:epc:id:sgtin:0614141.107346.32%2F1", "item", "(01)10614141073464(21)32/1"),
        ("urn:epc:id:sgtin:061414.1107346.7", "item", "(01)10614141073464(21)7"),
        ("urn:epc:class:lgtin:9506000.013435.L1", "batch", f"(01){GTIN}(10)L1"),
        (f"https://id.gs1.org/01/{GTIN}/10/L1", "batch", f"(01){GTIN}(10)L1"),
        (f"https://id.gs1.org/01/{GTIN}", "product", f"(01){GTIN}"),
        ("urn:epc:idpat:sgtin:9506000.013435.*", "product", f"(01){GTIN}"),
        ("https://cells.example/class/CELL-8", "part-lot", "(10)CELL-8"),
        ("https://cells.example/lot/CELL-8", "part-lot", "(10)CELL-8"),
        ("https://cells.example/class/a-name-longer-than-a-lot-may-be", "other", None),
        ("https://cells.example/obj/0001", "other", None),
        ("urn:epc:id:sgtin:9506000.01343.P-1", "other", None),
        ("urn:epc:id:sscc:4012345.0000000333", "other", None),
        ("https://id.gs1.org/00/095060001343520000", "other", None),
        ("https://id.gs1.org/8004/9506000MOD7", "other", None),
    ],
)
def test_a_thing_has_one_key_however_it_is_spelled(text: str, kind: str, key: str | None):
    found = thing(text, Place("", ""))
    assert (found.kind, found.key) == (kind, key or text)


@pytest.mark.parametrize(
    "text",
    ["P1", "", "https:", "https://a b/", f"https://id.gs1.org/01/{GTIN[:-1]}0/21/P", "https://id.gs1.org/01/1/21/P",
     f"https://id.gs1.org/01/{GTIN}/21/%00", "urn:x:" + "y" * 300, "javascript:alert(1)\n"],
)  # fmt: skip
def test_what_is_no_identifier_is_refused(text: str):
    with pytest.raises(MalformedInput):
        thing(text, Place("", ""))


def translated(event: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    (text,) = epcis_document.events(json.dumps(a_document(event, **changes)).encode())
    return [json.loads(record) for record in epcis_records.translate(text).records]


def test_an_event_about_many_batteries_is_one_whole_and_a_record_for_each():
    whole, *parts = translated(commissioning(START, "A", "B"))
    assert whole["subject"] == {}
    assert [part["subject"]["serial"] for part in parts] == ["A", "B"]
    assert {part["details"]["whole"] for part in parts} == {whole["recordId"]}
    assert "event" not in parts[0]["details"]


def test_ids_of_any_form_and_length_become_ids_of_records():
    ni = "ni:///sha-256;df7bb3c352fef055578554f09f5e2aa41782150ced7bd0b8af24dd3ccb30ba69?ver=CBV2.0"
    for event_id in (ni, "https://mes.example/events/" + "7" * 200, "urn:x:1"):
        records = translated(stamping(START, *(f"S{at}" for at in range(1_000))) | {"eventID": event_id})
        assert len({record["recordId"] for record in records}) == 2_001
        assert max(len(record["recordId"]) for record in records) <= 64
    declared = translated(declared_wrong(stamping(START, *(f"S{at}" for at in range(1_000))), START))
    assert max(len(record["recordId"]) for record in declared) <= 64


def test_the_case_of_a_uuid_does_not_count():
    event = commissioning(START)
    (lower,) = translated(event)
    (upper,) = translated(event | {"eventID": "urn:uuid:" + event["eventID"][9:].upper()})
    assert lower["recordId"] == upper["recordId"]


def test_an_event_declared_wrong_names_the_record_that_it_takes_back():
    event = stamping(START)
    (told, _), (wrong, withdrawal) = translated(event), translated(declared_wrong(event, START))
    assert wrong["details"]["takesBack"] == told["recordId"]
    assert wrong["recordId"] != told["recordId"]
    assert (withdrawal["kind"], withdrawal["subject"]["serial"]) == ("withdrawal", SERIAL)


@pytest.mark.parametrize(
    "changes",
    [
        {"bizStep": "packing"},
        {"disposition": "in_progress"},
        {"epcList": ["urn:cell:1"]},
        {"epcList": [item(), "urn:c:1"]},
    ],
)
def test_a_stamp_has_one_form_alone(changes: dict[str, Any]):
    with pytest.raises(MalformedInput) as caught:
        translated(stamping(START, **changes))
    assert caught.value.rule == "stamp"


@pytest.mark.parametrize(
    "spelled",
    [
        "inspecting",
        "urn:epcglobal:cbv:bizstep:inspecting",
        "cbv:BizStep-inspecting",
        "https://ref.gs1.org/cbv/BizStep-inspecting",
    ],
)
def test_words_of_the_cbv_are_known_in_each_spelling(spelled: str):
    told, stamp = translated(stamping(START, bizStep=spelled))
    assert told["details"]["bizStep"] == "inspecting"
    assert stamp["kind"] == "release"


def test_a_thing_keeps_what_was_sent():
    text = f"https://ID.example/01/{GTIN}/21/{SERIAL}"
    assert thing(text, Place("", "")) == Thing("item", text, GTIN, None, SERIAL)
