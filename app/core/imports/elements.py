"""EN 18223 documents in plain form: the element's id becomes the member's name.

The full form describes each value (`objectType`, `elementId`, `dictionaryReference`, `valueDataType`); the
compressed form has `elementId: value`. Both have the header beside the elements.
Source: EN 18223:2026, 4.1.2 and 5.2 and Annex A, as reported.
"""

from collections import Counter
from typing import Any, Final

from app.core.imports.leaves import Part, Steps, walk
from app.core.json_pointer import pointer_to

_HEADER: Final = frozenset(
    {"digitalProductPassportId", "uniqueProductIdentifier", "dppSchemaVersion", "granularity", "dppStatus"}
)
DESCRIPTIONS: Final = "ids, types and dictionary references of elements (EN 18223)"
ENVELOPE: Final = "the answer around the passport (EN 18222)"


def is_passport(document: Any) -> bool:
    """Whether a document has the header of EN 18223, perhaps within an answer of EN 18222."""
    inner = _inner(document)
    return isinstance(inner, dict) and len(_HEADER & set(inner)) >= 3


def is_full(document: Any) -> bool:
    """Whether its elements describe themselves."""
    elements = _inner(document).get("elements")
    return isinstance(elements, list) and any(
        isinstance(one, dict) and "elementId" in one for one in elements
    )


def _inner(document: Any) -> Any:
    payload = document.get("payload") if isinstance(document, dict) else None
    return payload if isinstance(payload, dict) and "statusCode" in document else document


def parts(document: Any) -> tuple[tuple[Part, ...], dict[str, int]]:
    """The passport in plain form, and how many values describe other values."""
    inner = _inner(document)
    base = "" if inner is document else "/payload"
    full = is_full(document)
    plain = _Plain(base)
    tree: dict[str, Any] = {}
    for name, value in inner.items():
        if name == "elements" and full:
            continue
        if name == "elements" and isinstance(value, dict):
            for member, below in value.items():
                here = _free(tree, member)
                tree[here] = plain.taken(below, ("elements", member), (here,))
            continue
        here = _free(tree, name)
        tree[here] = plain.taken(value, (name,), (here,))
    if full:
        plain.elements(inner["elements"], ("elements",), (), into=tree)
    structure: Counter[str] = Counter()
    used = set(plain.pointers.values())
    for steps, _ in walk(document):
        pointer = pointer_to(steps)
        if pointer not in used:
            structure[DESCRIPTIONS if pointer.startswith(f"{base}/") else ENVELOPE] += 1
    return (Part("passport", tree, base, plain.pointers),), dict(structure)


class _Plain:
    """Elements as members; `pointers` has the place in the document of each value."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.pointers: dict[Steps, str] = {}

    def taken(self, value: Any, at: Steps, steps: Steps) -> Any:
        """A value as it stands; texts with their language become members by language."""
        languages = _languages(value)
        if languages is not None:
            found = {}
            for index, (tag, text) in enumerate(languages):
                found[tag] = self.taken(text, (*at, str(index), "value"), (*steps, tag))
            return found
        if isinstance(value, dict) and value:
            return {name: self.taken(one, (*at, name), (*steps, name)) for name, one in value.items()}
        if isinstance(value, list) and value:
            return [
                self.taken(one, (*at, str(index)), (*steps, str(index))) for index, one in enumerate(value)
            ]
        self.pointers[steps] = self.base + pointer_to(at)
        return value

    def elements(
        self, elements: Any, at: Steps, steps: Steps, into: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        found: dict[str, Any] = {} if into is None else into
        for index, element in enumerate(elements):
            if not isinstance(element, dict):
                found[str(index)] = self.taken(element, (*at, str(index)), (*steps, str(index)))
                continue
            name = _free(found, str(element.get("elementId", index)))
            found[name] = self.element(element, (*at, str(index)), (*steps, name))
        return found

    def element(self, element: dict[str, Any], at: Steps, steps: Steps) -> Any:
        kind = element.get("objectType")
        if kind == "RelatedResource":
            return {
                name: self.taken(element[name], (*at, name), (*steps, name))
                for name in ("url", "contentType", "language", "resourceTitle")
                if name in element
            }
        if isinstance(element.get("elements"), list) and (element["elements"] or "value" not in element):
            return self.elements(element["elements"], (*at, "elements"), steps)
        if "value" not in element:
            return {}
        value, below = element["value"], (*at, "value")
        if isinstance(value, list) and _languages(value) is None:
            return [
                self._entry(one, (*below, str(index)), (*steps, str(index)))
                for index, one in enumerate(value)
            ]
        beside = [name for name in ("unitOfMeasure", "unit", "unitCode", "lastUpdate") if name in element]
        if beside and not isinstance(value, dict | list):
            found = {"value": self.taken(value, below, (*steps, "value"))}
            return found | {name: self.taken(element[name], (*at, name), (*steps, name)) for name in beside}
        return self.taken(value, below, steps)

    def _entry(self, entry: Any, at: Steps, steps: Steps) -> Any:
        """An entry of a list: an element without a name of its own, its members, or a bare value."""
        if isinstance(entry, list) and entry and all(_is_element(one) for one in entry):
            return self.elements(entry, at, steps)
        return self.element(entry, at, steps) if _is_element(entry) else self.taken(entry, at, steps)


def _free(members: dict[str, Any], name: str) -> str:
    """A name that is not taken: of two elements with one id, neither is lost."""
    while name in members:
        name += "'"
    return name


def _is_element(value: Any) -> bool:
    return isinstance(value, dict) and ("objectType" in value or "elementId" in value)


def _languages(value: Any) -> list[tuple[str, Any]] | None:
    """Texts with their language, as EN 18223 writes them; None for anything else."""
    if not isinstance(value, list) or not value:
        return None
    found = [
        (one["language"], one["value"])
        for one in value
        if isinstance(one, dict) and set(one) == {"value", "language"} and isinstance(one["language"], str)
    ]
    tags = [tag for tag, _ in found]
    return found if len(found) == len(value) and len(set(tags)) == len(tags) else None
