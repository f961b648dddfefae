"""EN 18223 passports for tests: one document in the compressed and in the full form."""

from typing import Any

from app.core.catalogue import CATALOGUE, list_parent
from tests.core.samples import a_value
from tests.factories import PLAUSIBLE, as_sent

HEADER = {
    "digitalProductPassportId": "https://pass.ahorn.example/31",
    "uniqueProductIdentifier": "https://pass.ahorn.example/01/09506000134352/21/AH-31",
    "granularity": "item",
    "dppSchemaVersion": "EN 18223:2026",
    "dppStatus": "active",
    "lastUpdated": "2026-10-10T08:00:00Z",
    "economicOperatorId": "GLN 9506000130101",
    "facilityId": "GLN 9506000130118",
    "contentSpecificationIds": ["https://w3id.org/open-battery-passport/v1"],
}
OWN_HEADER = ("operatorInformation.identifier", "facilityIdentifier")


def of_catalogue() -> dict[str, Any]:
    """Every attribute that a maker sets, under our own ids, in the groups of the catalogue."""
    found: dict[str, dict[str, Any]] = {}
    for row in CATALOGUE:
        if row.system or list_parent(row) is not None or row.type == "series" or row.id in OWN_HEADER:
            continue
        value = as_sent(row, PLAUSIBLE.get(row.id, a_value(row)))
        if row.wrapped and not (isinstance(value, dict) and "unit" in value):
            value = {"value": value}
        if row.wrapped:
            value = value | {"observedAt": "2026-10-01T06:00:00Z", "source": "workshop 7"}
        if row.type == "object" and row.id == "temperatureInformation":
            value = {name: one for name, one in value.items() if name != "histogram"}
        found.setdefault(row.group, {})[row.id] = value
    return found


def full(elements: dict[str, Any]) -> list[dict[str, Any]]:
    """The same as elements that describe themselves."""
    return [_element(name, value) for name, value in elements.items()]


def _element(name: str, value: Any) -> dict[str, Any]:
    found = {"elementId": name, "dictionaryReference": f"https://w3id.org/open-battery-passport/v1#{name}"}
    if isinstance(value, dict) and value and all(len(tag) == 2 for tag in value):
        texts = [{"value": text, "language": tag} for tag, text in value.items()]
        return found | {"objectType": "MultiLanguageDataElement", "value": texts}
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return found | {
            "objectType": "SingleValuedDataElement", "valueDataType": "xsd:decimal",
            "value": value["value"], "unitOfMeasure": value["unit"],
        }  # fmt: skip
    if isinstance(value, dict):
        return found | {"objectType": "DataElementCollection", "elements": full(value)}
    if isinstance(value, list):
        entries = [full(one) if isinstance(one, dict) else one for one in value]
        return found | {"objectType": "MultiValuedDataElement", "value": entries}
    return found | {"objectType": "SingleValuedDataElement", "valueDataType": "xsd:string", "value": value}


def compressed() -> dict[str, Any]:
    """Our own ids, the elements in the groups of the catalogue."""
    return {**HEADER, "elements": of_catalogue()}


def described() -> dict[str, Any]:
    """The same in the full form, within an answer of EN 18222."""
    groups = [
        {"elementId": group, "objectType": "DataElementCollection", "elements": full(rows)}
        for group, rows in of_catalogue().items()
    ]
    return {"statusCode": "Success", "payload": {**HEADER, "elements": groups}}
