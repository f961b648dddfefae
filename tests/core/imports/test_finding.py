"""The passport inside what tools put around it, in packages and XML: the same records, places named."""

import io
import json
import zipfile
from typing import Any
from xml.sax.saxutils import escape

import pytest

from app.core.errors import MalformedInput, TooLarge
from app.core.imports import records
from app.core.imports.leaves import walk
from app.core.imports.outcomes import Imported
from app.core.imports.records import Told
from app.core.json_pointer import pointer_to
from tests.core.imports.documents import GTIN, NOW, bytes_of, imported

CATENA_X, READY, SHELL, FULL = "catena-x-6.1.0", "batterypass-ready-ev", "idta-environment", "en-18223-full"
ASPECTS = "battery-pass-1.2.1"


def document(name: str) -> Any:
    return json.loads(bytes_of(name))


def read(value: Any) -> Imported:
    return of_bytes(json.dumps(value).encode())


def of_bytes(data: bytes) -> Imported:
    return records.imported(data, Told(GTIN), NOW)


def values(found: Imported) -> dict[str, Any]:
    return {record.part: record.document["values"] for record in found.records}


def prefixed(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        return {prefix + name: prefixed(one, prefix) for name, one in value.items()}
    return [prefixed(one, prefix) for one in value] if isinstance(value, list) else value


AROUND = {
    "an answer": (CATENA_X, lambda one: {"payload": one, "status": 200}, {"/status"}),
    "a list of one": (READY, lambda one: [one], set()),
    "deep": (FULL, lambda one: {"data": {"items": [{"body": one}], "total": 1}}, {"/data/total"}),
    "a credential": (
        ASPECTS,
        lambda one: {"type": ["VerifiableCredential"], "credentialSubject": {"id": "did:web:a.b", **one}},
        {"/type/0", "/credentialSubject/id"},
    ),
    "aspects apart": (ASPECTS, lambda one: list(one.values()), set()),
    "aspects by urn": (
        ASPECTS,
        lambda one: {f"urn:samm:io.a.example.{name}:1.2.0#{name}": part for name, part in one.items()},
        set(),
    ),
    "aspects by package": (
        ASPECTS, lambda one: {f"io.BatteryPass.{name}": part for name, part in one.items()}, set()
    ),
    "names with a prefix": (ASPECTS, lambda one: prefixed(one, "bp:"), set()),
    "a page of submodels": (
        SHELL, lambda one: {"paging_metadata": {"cursor": "x"}, "result": one["submodels"]},
        {"/paging_metadata/cursor"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_what_stands_around_a_passport_changes_nothing_and_is_told(name: str):
    inside, around, unknown = AROUND[name]
    whole = around(document(inside))
    found, bare = read(whole), read(document(inside))
    assert (found.format, found.version) == (bare.format, bare.version)
    assert (values(found), found.subject) == (values(bare), bare.subject)
    before = {outcome.leaf.value for outcome in bare.outcomes if outcome.status == "unknown"}
    told = {one.leaf.pointer for one in found.outcomes if one.status == "unknown"}
    assert {at for at in told if at in unknown or not before} == unknown
    places = [pointer_to(steps) for steps, _ in walk(whole)]
    accounted = [outcome.leaf.pointer for outcome in found.outcomes]
    assert len(set(accounted)) == len(accounted)
    assert set(accounted) <= set(places)
    assert sum(found.counts().values()) == len(places)


def test_parts_in_value_only_form_under_their_names_are_one_passport():
    technical, condition = document("idta-technical-values"), document("idta-condition-values")
    found = read({"TechnicalData": technical, "ProductCondition": condition})
    assert values(found)["model"] == values(imported("idta-technical-values"))["model"]
    assert {one.leaf.pointer.split("/")[1] for one in found.outcomes} == {"TechnicalData", "ProductCondition"}


def test_two_passports_in_one_file_are_refused_by_name():
    with pytest.raises(MalformedInput, match=r"2 passports .*Catena-X battery_pass at /0.*file of its own"):
        read([document(CATENA_X), document(CATENA_X)])
    with pytest.raises(MalformedInput, match=r"BatteryPass-Ready at /b"):
        read({"a": {"pass": document(CATENA_X)}, "b": document(READY)})


@pytest.mark.parametrize(
    "value",
    [
        {"metadata": {"labels": {"app": "x"}}},
        {"a": {"Documents": [], "Title": "x"}},
        {"eubat:batteryCategory": "x", "gs1:gtin": GTIN},
        [],
    ],
)
def test_a_word_that_is_known_deep_in_a_file_makes_no_passport(value: Any):
    with pytest.raises(MalformedInput, match="none of the formats"):
        read(value)


# --- packages and XML


def xml(environment: dict[str, Any]) -> str:
    """The XML form of an environment: the members of the JSON form as elements, in the order given."""
    inside = "".join(f"<submodel>{_members(one)}</submodel>" for one in environment["submodels"])
    return (
        '<?xml version="1.0"?><environment xmlns="https://admin-shell.io/aas/3/0">'
        f"<assetAdministrationShells/><submodels>{inside}</submodels></environment>"
    )


def _members(element: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_inside(name, value)}</{name}>"
        for name, value in element.items()
        if name not in ("modelType", "description")
    )


def _inside(name: str, value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return _members(value)
    inner = {"keys": "key", "value": "langStringTextType"}.get(name, "")
    return "".join(
        f"<{tag}>{_members(one)}</{tag}>" for one in value for tag in [_tag(one.get("modelType", inner))]
    )


def _tag(kind: str) -> str:
    return kind[:1].lower() + kind[1:]


def package(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("aasx/aasx-origin", "Intentionally empty.")
        for name, text in files.items():
            made.writestr(f"aasx/shell/{name.replace('_', '.')}", text)
    return packed.getvalue()


def test_a_shell_in_xml_and_in_a_package_becomes_what_it_becomes_in_json():
    shell = document(SHELL)
    wanted = values(imported(SHELL))
    in_xml = xml(shell)
    for data, encoding in (
        (in_xml.encode(), "XML"),
        (package(x_aas_xml=in_xml), "AASX package, XML"),
        (package(x_aas_json=json.dumps(shell), x_aas_xml="<broken"), "AASX package, UTF-8"),
    ):
        found = of_bytes(data)
        assert (values(found), found.encoding) == (wanted, encoding)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04 no zip", "cannot be unpacked"),
        (package(Ü_json="{}").replace("Ü".encode(), b"\xff\xfe"), "cannot be unpacked"),
        (package(readme_txt="x"), "no package of an Asset"),
        (package(a_aas_json="{}", b_aas_json="{}"), "2 shells"),
        (b"<html/>", "no JSON, and no Asset"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "no JSON, and no Asset"),
        (b"<a", "no JSON, and no Asset"),
    ],
)
def test_what_is_no_package_of_a_shell_is_refused(data: bytes, told: str):
    with pytest.raises(MalformedInput, match=told):
        of_bytes(data)


def test_a_package_that_unpacks_to_more_than_a_document_may_have_is_refused():
    with pytest.raises(TooLarge):
        of_bytes(package(a_aas_json=" " * 10_485_761))


def with_verbs(value: Any) -> Any:
    """Members that hold more than one value, named as a vocabulary names relations: `hasCellType`."""
    if isinstance(value, list):
        return [with_verbs(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        f"has{name[:1].upper()}{name[1:]}" if isinstance(one, dict) and name.isalpha() else name: with_verbs(
            one
        )
        for name, one in value.items()
    }


def test_a_vocabulary_that_puts_a_verb_before_its_nouns_is_the_same_one():
    plain = document("en-18223-vocabulary")
    named = with_verbs(plain)
    assert named != plain
    found, bare = read(named), read(plain)
    assert (values(found), found.counts()) == (values(bare), bare.counts())
