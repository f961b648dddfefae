"""JSON Schema (2020-12) of each section for each battery category, generated from the catalogue.

The document describes the whole credential, as `credentialSchema` of type JsonSchema asks; what the section
may hold stands under `$defs/subject`. Nothing unknown is let through at any depth. Only these keywords are
used, so that a small validator in the browser can do the same: `$ref` (local), type, const, enum, pattern,
format, minLength, maxLength, minimum, maximum, properties, patternProperties, required, additionalProperties,
items, minItems, maxItems, uniqueItems, minProperties, anyOf. Annotations: x-attribute, x-clause, x-unit.

Forms of single values are made in `schema_forms`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final, NoReturn

import jsonschema_rs

from app.core import vocabulary
from app.core.catalogue import by_id, fields_of
from app.core.json_pointer import pointer_to
from app.core.nesting import SECTION_TREES, Node
from app.core.schema_forms import (
    DID,
    DIGEST,
    MAX_INTEGER,
    SCALARS,
    TEXT,
    URN_UUID,
    Json,
    annotated,
    closed_object,
    field_member,
    is_required,
    shapes_used,
    value,
)
from app.core.sections import header, info
from app.core.vocabulary import MODEL_SECTIONS, Category, Section

MAX_FINDINGS: Final = 50
CHAINED: Final[tuple[Section, ...]] = ("condition", "use")
"""Sections whose credentials count up and point to the one before."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a document breaks its schema. `rule` is the keyword, `clause` the source."""

    pointer: str
    rule: str
    clause: str
    detail: str


def schema(section: Section, category: Category) -> Json:
    """The schema document as it is served at its address."""
    level = "model" if section in MODEL_SECTIONS else "item"
    document: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": vocabulary.schema_url(section, category),
        "title": f"Battery passport, section {section} ({info(section).title}), battery category {category}",
        "type": "object",
        "properties": _members(section, category, level),
        "required": [
            "@context", "id", "type", "issuer", "validFrom", "credentialSubject", "credentialStatus",
            "credentialSchema", *(["passport"] if level == "item" else []),
            *(["sequence"] if section in ("condition", "use") else []),
        ],
        "additionalProperties": False,
    }  # fmt: skip
    subject = _subject(section, category, level)
    document["$defs"] = {"subject": subject, **shapes_used(subject)}
    return document


def validate(section: Section, category: Category, subject: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What is wrong with one `credentialSubject`; empty if nothing is. At most 50 findings."""
    return _findings(_subject_validator(section, category), subject)


def validate_credential(
    section: Section, category: Category, credential: Mapping[str, Any]
) -> tuple[Finding, ...]:
    """What is wrong with one whole credential of this section, its proof's form apart."""
    return _findings(_credential_validator(section, category), credential)


@cache
def schemas() -> Mapping[str, tuple[Section, Category]]:
    """Address of each schema document, with what it is about."""
    return {
        vocabulary.schema_url(section, category): (section, category)
        for section in vocabulary.SECTIONS
        for category in vocabulary.CATEGORIES
    }


# --- the subject


def _subject(section: Section, category: Category, level: str) -> Json:
    properties: dict[str, Json] = {
        "id": {**SCALARS["iri"], "x-clause": "Art. 77(3); Annex XIII 1(a)"},
        "type": {"const": "BatteryModel" if level == "model" else "Battery"},
        "demo": {"const": True, "description": "Present on invented data only"},
    }
    required = ["id", "type"]
    for attribute_id in header(section):
        row = by_id(attribute_id)
        if row is not None:
            properties[attribute_id] = annotated(row, value(row, category))
            required.append(attribute_id)
    properties["granularity"]["const"] = level
    for name, node in SECTION_TREES[section].items():
        if name not in properties:
            properties[name] = _node(node, category)
            if _owed(node, category):
                required.append(name)
    return closed_object(properties, required)


def _node(node: Node, category: Category) -> Json:
    row = node.attribute
    if row is not None and row.wrapped:
        wrapper = closed_object(
            {"value": value(row, category), "observedAt": SCALARS["datetime"], "source": TEXT},
            ["value", "observedAt"],
        )
        return annotated(row, wrapper)
    if row is not None and not node.children:
        return annotated(row, value(row, category))
    own = fields_of(row) if row is not None else ()
    properties = {field.name: field_member(field, category) for field in own}
    required = [field.name for field in own if field.required]
    for name, child in node.children.items():
        properties[name] = _node(child, category)
        if _owed(child, category):
            required.append(name)
    # Of an object with rows below it, the rows may come without its own members, unless it is owed itself.
    if row is not None and not is_required(row, category):
        required = [name for name in required if name in node.children]
    group = closed_object(properties, required)
    return annotated(row, group) if row is not None else group


def _owed(node: Node, category: Category) -> bool:
    own = node.attribute is not None and is_required(node.attribute, category)
    return own or any(_owed(child, category) for child in node.children.values())


# --- the credential around it


_LINK: Final = closed_object(
    {"id": SCALARS["iri"], "mediaType": TEXT, "digestMultibase": {"type": "string", "pattern": DIGEST}},
    ["id", "digestMultibase"],
)
_STATUS: Final = closed_object(
    {
        "id": SCALARS["iri"],
        "type": {"const": "BitstringStatusListEntry"},
        "statusPurpose": {"type": "string", "enum": ["revocation", "suspension"]},
        "statusListIndex": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,9})$"},
        "statusListCredential": SCALARS["iri"],
    },
    ["type", "statusPurpose", "statusListIndex", "statusListCredential"],
)


def _members(section: Section, category: Category, level: str) -> Json:
    members: Json = {
        "@context": {"const": list(vocabulary.CONTEXTS)},
        "id": {"type": "string", "pattern": URN_UUID},
        "type": {"const": ["VerifiableCredential", vocabulary.CREDENTIAL_TYPES[section]]},
        "issuer": closed_object({"id": {"type": "string", "pattern": DID}, "name": TEXT}, ["id", "name"]),
        "validFrom": SCALARS["datetime"],
        "validUntil": SCALARS["datetime"],
        "credentialSubject": {"$ref": "#/$defs/subject"},
        "credentialStatus": {"type": "array", "items": _STATUS, "minItems": 1, "maxItems": 2},
        "credentialSchema": closed_object(
            {"id": {"const": vocabulary.schema_url(section, category)}, "type": {"const": "JsonSchema"}},
            ["id", "type"],
        ),
        "replaces": {"type": "array", "items": _LINK, "minItems": 1, "uniqueItems": True},
        "demo": {"const": True},
        "proof": {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": 8},
    }
    if level == "item":
        members["passport"] = {"type": "string", "pattern": URN_UUID}
    if section == "public":
        members["relatedResource"] = {"type": "array", "items": _LINK, "minItems": 1, "uniqueItems": True}
    if section in CHAINED:
        members["sequence"] = {"type": "integer", "minimum": 1, "maximum": MAX_INTEGER}
        members["previous"] = {"type": "string", "pattern": DIGEST}
    return members


# --- findings


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"schemas are never fetched: {uri}")


def _validator(document: Json) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        document, validate_formats=True, retriever=_refuse, mask="the value"
    )


@cache
def _credential_validator(section: Section, category: Category) -> jsonschema_rs.Draft202012Validator:
    return _validator(schema(section, category))


@cache
def _subject_validator(section: Section, category: Category) -> jsonschema_rs.Draft202012Validator:
    document = schema(section, category)
    return _validator({"$ref": "#/$defs/subject", "$defs": document["$defs"]})


def _findings(
    validator: jsonschema_rs.Draft202012Validator, document: Mapping[str, Any]
) -> tuple[Finding, ...]:
    if validator.is_valid(document):
        return ()
    errors = islice(validator.iter_errors(document), MAX_FINDINGS)
    return tuple(_finding(error) for error in errors)


def _finding(error: jsonschema_rs.ValidationError) -> Finding:
    path = [str(part) for part in error.instance_path]
    rule = error.kind.name
    missing = getattr(error.kind, "property", None)
    unexpected = getattr(error.kind, "unexpected", None)
    if rule == "required" and missing is not None:
        path, detail = [*path, str(missing)], "this member is required and missing"
    elif unexpected:
        path, detail = [*path, str(unexpected[0])], "this member is unknown here"
    else:
        detail = error.message
    return Finding(pointer_to(path), rule, _clause(path), detail)


def _clause(path: Sequence[str]) -> str:
    """Source of the nearest attribute at or above `path`."""
    names = [part for part in path if not part.isdigit() and part != "credentialSubject"]
    while names:
        row = by_id(".".join(names))
        if row is not None:
            return row.clause
        names.pop()
    return ""
