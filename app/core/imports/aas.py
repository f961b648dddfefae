"""Asset Administration Shells in plain form: idShort becomes the member's name, what is around is structure.

Takes an environment, a list of submodels, one submodel, and the value-only form. Which of the seven parts of
IDTA 02035 a submodel is, its semanticId, its id or its idShort says.
Source: AAS metamodel v3 (IDTA 01001), value-only serialisation (IDTA 01002), IDTA 02035-1 to -7, 02099-1.
"""

import re
from collections import Counter
from typing import Any, Final

from app.core.errors import MalformedInput
from app.core.imports.leaves import Part, Steps, walk
from app.core.json_pointer import pointer_to

_PARTS: Final = (
    ("nameplate", ("digitalnameplate", "batterynameplate", "nameplate")),
    ("handover", ("handoverdocumentation",)),
    ("footprint", ("productcarbonfootprint", "carbonfootprint")),
    ("technical", ("technicaldata",)),
    ("condition", ("productcondition",)),
    ("materials", ("materialcomposition",)),
    ("circularity", ("circularity",)),
    ("header", ("digitalproductpassport", "dppheader", "dppmetadata", "dpp")),
)
_VALUE_ONLY: Final = {
    "nameplate": {"uriofproduct", "urioftheproduct", "lifecyclestage", "dateofmanufacture", "markings"},
    "handover": {"documents"},
    "footprint": {"productcarbonfootprints"},
    "technical": {"generalinformation", "technicalpropertyareas"},
    "condition": {"energythroughput", "stateofcertifiedenergy", "remainingpowercapability", "remainingenergy",
                  "numberoffullcycles", "stateofcharge"},
    "materials": {"batterychemistry", "batterymaterials", "hazardoussubstances"},
    "circularity": {"sparepartsources", "recycledcontentinformation", "endoflifeinformation",
                    "dismantlingandremovalinformation"},
}  # fmt: skip
METADATA: Final = "names, semantics and descriptions of the Asset Administration Shell"
OTHER: Final = "concept descriptions, shells and submodels that are no part of a battery passport"


def is_aas(document: Any) -> bool:
    """An environment, submodels or one submodel, in the form with all metadata."""
    if isinstance(document, list):
        return bool(document) and all(_is_submodel(one) for one in document)
    if not isinstance(document, dict):
        return False
    submodels = document.get("submodels")
    return _is_submodel(document) or (
        isinstance(submodels, list) and any(_is_submodel(one) for one in submodels)
    )


def _is_submodel(value: Any) -> bool:
    return isinstance(value, dict) and (
        value.get("modelType") == "Submodel" or isinstance(value.get("submodelElements"), list)
    )


def parts(document: Any) -> tuple[tuple[Part, ...], dict[str, int]]:
    """Submodels that are parts of a battery passport, in plain form, and how many values are structure."""
    if isinstance(document, list):
        submodels, base = document, ""
    elif _is_submodel(document):
        submodels, base = [document], None
    else:
        submodels, base = document["submodels"], "/submodels"
    found: list[Part] = []
    used: set[str] = set()
    structure: Counter[str] = Counter()
    for index, submodel in enumerate(submodels):
        name = _part_of(submodel)
        place = "" if base is None else f"{base}/{index}"
        if name is None:
            continue
        plain = _Plain(place)
        tree = plain.elements(submodel.get("submodelElements", []), ("submodelElements",), ())
        found.append(Part(name, tree, place, plain.pointers))
        used.update(plain.pointers.values())
    if not found:
        raise MalformedInput(
            "None of its submodels is a part of a battery passport (IDTA 02035-1 to -7, 02099-1).",
            rule="import-format",
        )
    taken = tuple(f"{part.base}/" for part in found)
    for steps, _ in walk(document):
        pointer = pointer_to(steps)
        if pointer not in used:
            structure[METADATA if f"{pointer}/".startswith(taken) else OTHER] += 1
    return tuple(found), dict(structure)


def _part_of(submodel: Any) -> str | None:
    if not isinstance(submodel, dict):
        return None
    semantic = submodel.get("semanticId")
    keys = semantic.get("keys", []) if isinstance(semantic, dict) else []
    said = [str(key.get("value", "")) for key in keys if isinstance(key, dict)]
    return part_named(*said, str(submodel.get("idShort", "")), str(submodel.get("id", "")))


def part_named(*names: str) -> str | None:
    """The part that a semanticId, an idShort or an id speaks of; the first that does counts."""
    for text in names:
        pieces = [re.sub(r"[^a-z]", "", piece) for piece in re.split(r"[/#:]", text.lower())]
        for name, words in _PARTS:
            if any(piece in words for piece in pieces if piece != "digitalbatterypassport"):
                return name
    return None


class _Plain:
    """Submodel elements as members; `pointers` has the place in the document of each value."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.pointers: dict[Steps, str] = {}

    def elements(self, elements: Any, at: Steps, steps: Steps, *, listed: bool = False) -> Any:
        found: dict[str, Any] = {}
        for index, element in enumerate(elements if isinstance(elements, list) else []):
            if not isinstance(element, dict):
                continue
            name = str(index) if listed else re.sub(r"__\d+__$", "", str(element.get("idShort", index)))
            while name in found:
                name += "'"
            value = self.element(element, (*at, str(index)), (*steps, name))
            if value is not _NOTHING:
                found[name] = value
        return list(found.values()) if listed and len(found) == len(elements) else found

    def element(self, element: dict[str, Any], at: Steps, steps: Steps) -> Any:
        kind = element.get("modelType")
        kind = kind.get("name") if isinstance(kind, dict) else kind
        value = element.get("value")
        if kind == "Entity":
            return self.elements(element.get("statements", []), (*at, "statements"), steps)
        if kind == "MultiLanguageProperty":
            return self._languages(value, at, steps)
        if isinstance(value, list) and any(isinstance(one, dict) and "modelType" in one for one in value):
            listed = kind == "SubmodelElementList" or not any("idShort" in one for one in value)
            return self.elements(value, (*at, "value"), steps, listed=listed)
        if kind == "File":
            return {
                name: self._leaf(element[name], (*at, name), (*steps, name))
                for name in ("value", "contentType")
                if element.get("value") and name in element
            } or _NOTHING
        if kind == "Range":
            return {
                name: self._leaf(element[name], (*at, name), (*steps, name))
                for name in ("min", "max") if name in element
            }  # fmt: skip
        if "value" not in element or value in ("", [], None):
            return _NOTHING
        if isinstance(value, dict | list):
            for inner, _ in walk(value):
                self.pointers[(*steps, *inner)] = self.base + pointer_to((*at, "value", *inner))
            return value
        return self._leaf(value, (*at, "value"), steps)

    def _languages(self, value: Any, at: Steps, steps: Steps) -> Any:
        found: dict[str, Any] = {}
        for index, entry in enumerate(value if isinstance(value, list) else []):
            if isinstance(entry, dict) and isinstance(entry.get("language"), str) and "text" in entry:
                tag = entry["language"]
                found[tag] = self._leaf(entry["text"], (*at, "value", str(index), "text"), (*steps, tag))
        return found or _NOTHING

    def _leaf(self, value: Any, at: Steps, steps: Steps) -> Any:
        self.pointers[steps] = self.base + pointer_to(at)
        return value


_NOTHING: Final = object()


def value_only(document: Any) -> str | None:
    """The part of which a document is the value-only form, or None."""
    if not isinstance(document, dict):
        return None
    # The names begin with a capital letter; those of Battery Pass 1.2, which they follow, do not.
    if not document or not all(name[:1].isupper() for name in document):
        return None
    scores = _scores(document)
    best = max(scores, key=lambda part: scores[part])
    return best if scores[best] else None


def known_members(document: dict[str, Any]) -> int:
    """How many members are of one part in value-only form."""
    return max(_scores(document).values())


def _scores(document: dict[str, Any]) -> dict[str, int]:
    names = {name.lower() for name in document}
    return {part: len(names & known) for part, known in _VALUE_ONLY.items()}
