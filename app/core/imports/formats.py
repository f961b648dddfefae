"""Which format a document is in, by what it holds alone, with the evidence.

Battery Pass SAMM 1.2 (one aspect, or several under their names), Catena-X `battery_pass` 5 and 6,
BatteryPass-Ready 1.0, IDTA 02035 (with metadata or value-only) and EN 18223 (full and compressed).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.errors import MalformedInput
from app.core.imports import aas, elements
from app.core.imports.leaves import Part

BATTERY_PASS: Final = "battery-pass"  # noqa: S105 - a name, no password
CATENA_X: Final = "catena-x"
READY: Final = "batterypass-ready"
IDTA: Final = "idta-02035"
EN_18223: Final = "en-18223"
TITLES: Final[Mapping[str, str]] = {
    BATTERY_PASS: "Battery Pass data model (SAMM)",
    CATENA_X: "Catena-X battery_pass",
    READY: "BatteryPass-Ready",
    IDTA: "IDTA 02035 Digital Battery Passport (AAS)",
    EN_18223: "EN 18223 passport",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A document with its format, and the parts of it that the format's table speaks of."""

    format: str
    version: str
    evidence: tuple[str, ...]
    parts: tuple[Part, ...]
    structure: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{TITLES[self.format]} {self.version}"


def fitting(document: Any) -> Recognised | None:
    """The one format that fits, or None. Raises: MalformedInput where more than one does."""
    found = [made for recogniser in RECOGNISERS if (made := recogniser(document)) is not None]
    if len(found) > 1:
        names = " and ".join(TITLES[one.format] for one in found)
        raise MalformedInput(f"The document could be {names}: send them apart.", rule="import-format")
    return found[0] if found else None


# --- Battery Pass SAMM 1.2

_ASPECTS: Final[Mapping[str, frozenset[str]]] = {
    "general": frozenset(
        {"productIdentifier", "batteryPassportIdentifier", "batteryCategory", "manufacturerInformation",
         "manufacturingDate", "batteryStatus", "batteryMass", "manufacturingPlace", "operatorInformation",
         "puttingIntoService", "warrentyPeriod", "warrantyPeriod"}
    ),
    "footprint": frozenset(
        {"batteryCarbonFootprint", "carbonFootprintPerLifecycleStage", "carbonFootprintPerformanceClass",
         "carbonFootprintStudy", "absoluteCarbonFootprint"}
    ),
    "circularity": frozenset(
        {"dismantlingAndRemovalInformation", "sparePartSources", "recycledContent", "safetyMeasures",
         "endOfLifeInformation", "renewableContent"}
    ),
    "labels": frozenset({"declarationOfConformity", "resultOfTestReport", "labels"}),
    "materials": frozenset({"batteryChemistry", "batteryMaterials", "hazardousSubstances"}),
    "performance": frozenset(
        {"batteryTechicalProperties", "batteryTechnicalProperties", "batteryCondition"}
    ),
    "diligence": frozenset(
        {"supplyChainDueDiligenceReport", "thirdPartyAussurances", "thirdPartyAssurances",
         "supplyChainIndicies", "supplyChainIndices"}
    ),
}  # fmt: skip
_ASPECT_NAMES: Final = {
    "generalproductinformation": "general", "generalinformation": "general",
    "carbonfootprintforbatteries": "footprint", "carbonfootprint": "footprint",
    "circularity": "circularity", "labels": "labels", "labeling": "labels", "labelling": "labels",
    "materialcomposition": "materials", "performanceanddurability": "performance",
    "performance": "performance", "supplychainduediligence": "diligence",
}  # fmt: skip


def _battery_pass(document: Any) -> Recognised | None:
    if not isinstance(document, dict) or elements.is_passport(document) or not document:
        return None
    own = _aspect_of(document)
    if own is not None:
        return _samm((Part(own, document),))
    holder, base = document, ""
    if isinstance(document.get("aspects"), dict):
        holder, base = document["aspects"], "/aspects"
    parts = []
    for name, value in holder.items():
        aspect = _ASPECT_NAMES.get(name.lower())
        inner, place = value, f"{base}/{name}"
        if isinstance(value, dict) and isinstance(value.get("payload"), dict):
            inner, place = value["payload"], f"{place}/payload"
        if aspect is None or not isinstance(inner, dict) or _aspect_of(inner) != aspect:
            continue
        parts.append(Part(aspect, inner, place))
    if not parts:
        return None
    return _samm((*parts, *_rest(document, {part.base for part in parts})))


def _rest(document: Any, taken: set[str]) -> tuple[Part, ...]:
    """What stands beside the parts: told as unknown, not passed over."""
    left = _without(document, "", taken)
    return (Part("other", left),) if left not in ({}, None) else ()


def _without(value: Any, pointer: str, taken: set[str]) -> Any:
    if pointer in taken:
        return None
    if not isinstance(value, dict) or not any(one.startswith(f"{pointer}/") for one in taken):
        return value
    found = {name: _without(one, f"{pointer}/{name}", taken) for name, one in value.items()}
    return {
        name: one
        for name, one in found.items()
        if f"{pointer}/{name}" not in taken and not (one == {} and value[name] != {})
    }


def _aspect_of(document: Mapping[str, Any]) -> str | None:
    """The aspect that most members belong to; all members but a few must, as bare aspects have no wrapper."""
    scores = {name: len(known & set(document)) for name, known in _ASPECTS.items()}
    best = max(scores, key=lambda name: scores[name])
    if not scores[best]:
        return None
    nested = sum(name.lower() in _ASPECT_NAMES and isinstance(document[name], dict) for name in document)
    return best if 2 * scores[best] > nested else None


def known_members(document: Mapping[str, Any]) -> int:
    """How many members are of one aspect of Battery Pass."""
    return max(len(known & set(document)) for known in _ASPECTS.values())


def _samm(parts: tuple[Part, ...]) -> Recognised:
    version = "1.2.0"
    evidence = [
        f"aspect {part.name}: {', '.join(list(part.tree)[:3])}" for part in parts if part.name != "other"
    ]
    for part in parts:
        technical = part.tree.get("batteryTechicalProperties") if part.name == "performance" else None
        if isinstance(technical, dict) and (
            "roundTripEfficiencyat50PerCentCycleLife" in technical
            or isinstance(technical.get("temperatureRangeIdleState"), dict)
        ):
            version = "1.2.1"
            evidence.append("the 50 % efficiency or the temperature range stand as in Performance 1.2.1")
    return Recognised(BATTERY_PASS, version, tuple(evidence), parts)


# --- Catena-X

_CATENA_X_GROUPS: Final = frozenset(
    {"characteristics", "metadata", "commercial", "sources", "sustainability", "identification",
     "performance", "materials", "safety", "handling", "conformity", "operation"}
)  # fmt: skip
_CATENA_X_OWN: Final = frozenset({"identification", "characteristics", "conformity", "handling", "operation"})


def _catena_x(document: Any) -> Recognised | None:
    if not isinstance(document, dict) or elements.is_passport(document):
        return None
    said = document.get("specVersion")
    urn = "io.catenax.battery.battery_pass:"
    named = isinstance(said, str) and urn in said
    groups = sorted(_CATENA_X_GROUPS & set(document))
    if not named and not (len(groups) >= 2 and _CATENA_X_OWN & set(groups) and _is_catena_x(document)):
        return None
    evidence = [f"groups {', '.join(groups)}"]
    version = "6.1.0"
    if named:
        version = str(said).rpartition(":")[2].partition("#")[0]
        evidence.insert(0, f"specVersion {said}")
    elif isinstance(document.get("handling"), dict) and "spareParts" in document["handling"]:
        version = "5.0.0"
        evidence.append("handling.spareParts, which 6.0.0 names content")
    if version.partition(".")[0] not in ("5", "6"):
        raise MalformedInput(
            f"Catena-X battery_pass {version[:20]} is not taken; 5 and 6 are.", rule="import-format"
        )
    return Recognised(CATENA_X, version, tuple(evidence), (Part("pass", document),))


def _is_catena_x(document: Mapping[str, Any]) -> bool:
    """Other Catena-X passes have the same groups: a battery is told by its chemistry or performance."""
    known = {"identification": {"chemistry", "idDmc"}, "performance": {"rated", "dynamic"}}
    return any(
        isinstance(document.get(group), dict) and names & set(document[group])
        for group, names in known.items()
    )


# --- BatteryPass-Ready 1.0

_READY_GROUPS: Final = frozenset(
    {"IdentifiersAndProductData", "PerformanceAndDurability", "BatteryCarbonFootprint",
     "BatteryMaterialsAndComposition", "CircularityAndResourceEfficiency", "SupplyChainDueDiligence",
     "SymbolsLabelsAndDocumentationOfConformity"}
)  # fmt: skip


def _ready(document: Any) -> Recognised | None:
    if not isinstance(document, dict):
        return None
    for name, inner, base in (("", document, ""), *((n, v, f"/{n}") for n, v in document.items())):
        groups = sorted(_READY_GROUPS & set(inner)) if isinstance(inner, dict) else []
        if "IdentifiersAndProductData" in groups or len(groups) >= 2:
            evidence = (f"groups {', '.join(groups)}", *((f"under {name}",) if name else ()))
            parts = (Part("pass", inner, base), *(_rest(document, {base}) if base else ()))
            return Recognised(READY, "1.0", evidence, parts)
    return None


# --- IDTA and EN 18223


def _idta(document: Any) -> Recognised | None:
    if aas.is_aas(document):
        parts, structure = aas.parts(document)
        evidence = tuple(f"submodel {part.name}" for part in parts)
        return Recognised(IDTA, "1.0", evidence, parts, structure)
    if elements.is_passport(document):
        return None
    name = aas.value_only(document)
    if name is not None and isinstance(document, dict) and not _ready(document):
        return Recognised(IDTA, "1.0", (f"value-only form of {name}",), (Part(name, document),))
    return None


def _en_18223(document: Any) -> Recognised | None:
    if not elements.is_passport(document):
        return None
    parts, structure = elements.parts(document)
    form = "full" if elements.is_full(document) else "compressed"
    return Recognised(EN_18223, f"2026 ({form})", ("header of EN 18223",), parts, structure)


RECOGNISERS: Final[tuple[Callable[[Any], Recognised | None], ...]] = (
    _battery_pass, _catena_x, _ready, _idta, _en_18223
)  # fmt: skip
