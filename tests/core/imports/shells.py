"""Asset Administration Shells for tests: the value-only form with all the metadata that a shell has."""

from typing import Any

_SAMM = "urn:samm:io.admin-shell.idta.batterypass"
SEMANTICS = {
    "header": ("DppMetadata", "https://admin-shell.io/idta/cds/dppMetadata/1"),
    "nameplate": ("DigitalNameplate", f"{_SAMM}.digital_nameplate:1.0.0#DigitalNameplate"),
    "handover": ("HandoverDocumentation", f"{_SAMM}.handover_documentation:1.0.0#HandoverDocumentation"),
    "footprint": ("CarbonFootprint", f"{_SAMM}.carbon_footprint:1.0.0#CarbonFootprint"),
    "technical": ("TechnicalData", "https://admin-shell.io/idta/digitalbatterypassport/TechnicalData/1/0"),
    "condition": ("ProductCondition", f"{_SAMM}.product_condition:1.0.2#ProductCondition"),
    "materials": ("MaterialComposition", f"{_SAMM}.material_composition:1.0.1#MaterialComposition"),
    "circularity": ("Circularity", f"{_SAMM}.circularity:1.0.0#Circularity"),
}
LANGUAGES = {"en", "de", "fr"}


def environment(parts: dict[str, Any]) -> dict[str, Any]:
    """An environment of submodels, one for each part in value-only form."""
    submodels = []
    for name, values in parts.items():
        short, semantic = SEMANTICS[name]
        submodels.append(
            {
                "modelType": "Submodel",
                "idShort": short,
                "id": f"https://cells.example/submodels/{short}",
                "kind": "Instance",
                "semanticId": _reference(semantic),
                "description": [{"language": "en", "text": "A part of a battery passport"}],
                "submodelElements": [_element(short_id, value) for short_id, value in values.items()],
            }
        )
    submodels.append(
        {"modelType": "Submodel", "idShort": "TimeSeries", "id": "urn:x:other", "submodelElements": []}
    )
    return {
        "assetAdministrationShells": [
            {
                "modelType": "AssetAdministrationShell",
                "id": "urn:x:shell",
                "assetInformation": {"assetKind": "Instance"},
            }
        ],
        "submodels": submodels,
        "conceptDescriptions": [{"modelType": "ConceptDescription", "id": "urn:x:concept"}],
    }


def _element(short: str | None, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {} if short is None else {"idShort": short}
    found["semanticId"] = _reference(f"urn:x:{short}")
    if isinstance(value, dict) and value and set(value) <= LANGUAGES:
        texts = [{"language": tag, "text": text} for tag, text in value.items()]
        return found | {"modelType": "MultiLanguageProperty", "value": texts}
    if isinstance(value, dict) and set(value) == {"value", "contentType"}:
        return found | {"modelType": "File", **value}
    if isinstance(value, dict):
        return found | {
            "modelType": "SubmodelElementCollection",
            "value": [_element(name, member) for name, member in value.items()],
        }
    if isinstance(value, list):
        return found | {
            "modelType": "SubmodelElementList",
            "value": [_element(None, member) for member in value],
        }
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return found | {"modelType": "Property", "valueType": "xs:string", "value": text}


def _reference(value: str) -> dict[str, Any]:
    return {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": value}]}
