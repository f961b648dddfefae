"""The JSON-LD context of the product, generated from the catalogue.

`python -m app.core.context_terms` prints it; the committed copy is
`data/contexts/open-battery-passport-v1.jsonld`
and a test compares the two. A released context never changes: new terms mean a new address.

Every term is protected, nothing is `@vocab`, and no term of credentials/v2 is defined again. Nested objects
bring their own terms. Lists of objects are sets: an ordered list of unnamed nodes has many nodes that look
alike, which is what makes canonicalization slow; where order matters, entries carry `position`.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from app.core.catalogue import SHAPES, Attribute, Field, ValueForm, item_fields
from app.core.nesting import SUBJECT, Node
from app.core.vocabulary import CREDENTIAL_TYPES, TERMS_URL

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_TYPES: Final[Mapping[str, str | None]] = {
    "string": None,
    "enum": None,
    "email": None,
    "boolean": f"{_XSD}boolean",
    "integer": f"{_XSD}integer",
    "decimal": f"{_XSD}decimal",
    "date": f"{_XSD}date",
    "datetime": f"{_XSD}dateTime",
    "year_month": f"{_XSD}gYearMonth",
    "duration": f"{_XSD}duration",
    "uri": f"{_XSD}anyURI",
    "iri": "@id",
    "series": "@json",
}


def context() -> dict[str, Any]:
    """The whole context document."""
    terms: dict[str, Any] = {"@version": 1.1, "@protected": True}
    for name in (*CREDENTIAL_TYPES.values(), "BatteryLifecycleStatement", "Battery", "BatteryModel"):
        terms[name] = TERMS_URL + name
    terms |= {
        "passport": {"@id": f"{TERMS_URL}passport", "@type": "@id"},
        "sequence": {"@id": f"{TERMS_URL}sequence", "@type": f"{_XSD}integer"},
        "previous": {"@id": f"{TERMS_URL}previous", "@type": "https://w3id.org/security#multibase"},
        "replaces": {"@id": f"{TERMS_URL}replaces", "@container": "@set"},
        "demo": {"@id": f"{TERMS_URL}demo", "@type": f"{_XSD}boolean"},
        "observedAt": {"@id": f"{TERMS_URL}observedAt", "@type": f"{_XSD}dateTime"},
        "source": {"@id": f"{TERMS_URL}source"},
    }
    for name, node in SUBJECT.items():
        terms[name] = _node_term(node)
    return {"@context": terms}


def serialized() -> bytes:
    """The bytes of the committed file."""
    return json.dumps(context(), indent=1, ensure_ascii=False).encode() + b"\n"


def _node_term(node: Node) -> Any:
    iri = TERMS_URL + node.id
    members: dict[str, Any] = {}
    attribute = node.attribute
    if attribute is not None:
        if attribute.wrapped:
            return {
                "@id": iri,
                "@context": {"@protected": True, "value": _value_term(attribute, f"{TERMS_URL}value")},
            }
        if not node.children:
            return _value_term(attribute, iri)
        members |= _shape_terms(attribute)
    members |= {name: _node_term(child) for name, child in node.children.items()}
    return {"@id": iri, "@context": {"@protected": True, **members}}


def _value_term(form: ValueForm, iri: str) -> dict[str, Any]:
    term: dict[str, Any] = {"@id": iri}
    if form.is_list:
        item = form.item
        # Entries of ordered lists are texts only: see the module's docstring.
        term["@container"] = "@list" if form.ordered and item.type == "string" else "@set"
    else:
        item = form
    if item.type == "multilingual_text":
        term["@container"] = "@language"
    elif item.type in ("object", "document"):
        term["@context"] = {"@protected": True, **_shape_terms(form)}
    elif _TYPES[item.type] is not None:
        term["@type"] = _TYPES[item.type]
    return term


def _shape_terms(form: ValueForm) -> dict[str, Any]:
    shape = SHAPES[form.shape or ""]
    terms = {
        field.name: _value_term(field, f"{TERMS_URL}{shape.name}.{field.name}")
        for field in shape.fields
        if not _inherited(field)
    }
    if isinstance(form, Attribute) and form.is_list:
        terms |= {row.path[-1]: _value_term(row, TERMS_URL + row.id) for row in item_fields(form)}
    return terms


def _inherited(field: Field) -> bool:
    """True for members that keep the meaning they have further out."""
    return field.vocabulary == "w3c" or field.name in ("observedAt", "source")


if __name__ == "__main__":
    sys.stdout.buffer.write(serialized())
