"""Unsigned credentials, one for each section: members, order and links of the credential profile.

Source: VC Data Model 2.0; EN 18223:2026 header; Annex XIII points 1 to 4; design decisions 1 and 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.core import status_list
from app.core.completeness import CompletePassport
from app.core.identifiers import BatteryKey, ModelKey
from app.core.sections import header
from app.core.times import to_seconds
from app.core.vocabulary import (
    CONTEXTS,
    CREDENTIAL_TYPES,
    ITEM_SECTIONS,
    MODEL_SECTIONS,
    SCHEMA_VERSION,
    Category,
    Section,
    schema_url,
)

CREDENTIAL_MEDIA_TYPE: Final = "application/vc"
CONTENT_SPECIFICATIONS: Final = ("https://data.europa.eu/eli/reg/2023/1542/oj",)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The economic operator that signs: its did:web and its name."""

    did: str
    name: str

    def as_member(self) -> dict[str, str]:
        """The `issuer` member."""
        return {"id": self.did, "name": self.name}


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One bit of one list. `list_url` is where the list credential is served."""

    purpose: str
    list_url: str
    index: int


@dataclass(frozen=True, slots=True)
class Link:
    """A stored credential, by address and by digest of its stored bytes."""

    url: str
    digest: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier version of the same section."""

    credential_id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is particular to one issue of one section."""

    section: Section
    category: Category
    issuer: Issuer
    origin: str
    credential_id: str
    """`urn:uuid:` version 4, new for every issue."""
    at: datetime
    status: Sequence[StatusEntry]
    version: int = 1
    earlier: Sequence[Earlier] = ()
    """Newest first: one for item sections, all of them for model sections."""
    demo: bool = False


def item_section(
    passport: CompletePassport,
    issue: Issue,
    *,
    key: BatteryKey,
    passport_id: str,
    related: Sequence[Link] = (),
) -> dict[str, Any]:
    """The unsigned credential of one item section. `passport_id` is the stable `urn:uuid:` of the battery.

    `related` lists the model sections by digest: for the public section alone, and all of them there.
    """
    facts = {
        "productIdentifier": key.uri(issue.origin),
        "batterySerialNumber": key.serial,
        "batteryPassportIdentifier": passport_id,
        "granularity": "item",
    }
    subject = _subject(passport, issue, key.uri(issue.origin), "Battery", facts)
    more: dict[str, Any] = {"passport": passport_id}
    if issue.section in ("condition", "use"):
        more["sequence"] = issue.version
        if issue.earlier:
            more["previous"] = issue.earlier[0].digest
    if related:
        more["relatedResource"] = [
            {"id": link.url, "mediaType": CREDENTIAL_MEDIA_TYPE, "digestMultibase": link.digest}
            for link in related
        ]
    return _credential(issue, subject, more)


def model_section(passport: CompletePassport, issue: Issue, *, model: ModelKey) -> dict[str, Any]:
    """The unsigned credential of one model section, shared by all batteries of the model."""
    subject = _subject(passport, issue, model.uri(issue.origin), "BatteryModel", {"granularity": "model"})
    return _credential(issue, subject, {})


def holds_values(passport: CompletePassport, section: Section) -> bool:
    """Whether there is anything to sign: `use` and `warranty` are first issued when they hold a value."""
    return bool(passport.subject(section))


def sections_to_issue(passport: CompletePassport) -> tuple[Section, ...]:
    """Model sections first, since the public section lists them by digest."""
    return tuple(section for section in (*MODEL_SECTIONS, *ITEM_SECTIONS) if holds_values(passport, section))


def _subject(
    passport: CompletePassport, issue: Issue, subject_id: str, kind: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    known = {
        **facts,
        "dppSchemaVersion": SCHEMA_VERSION,
        "lastUpdated": to_seconds(issue.at),
        "contentSpecificationIds": list(CONTENT_SPECIFICATIONS),
    }
    return {
        "id": subject_id,
        "type": kind,
        **{name: known[name] for name in header(issue.section)},
        **passport.subject(issue.section),
    }


def _credential(issue: Issue, subject: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": issue.credential_id,
        "type": ["VerifiableCredential", CREDENTIAL_TYPES[issue.section]],
        "issuer": issue.issuer.as_member(),
        "validFrom": to_seconds(issue.at),
        "credentialSubject": subject,
        "credentialStatus": [
            status_list.entry(entry.list_url, entry.purpose, entry.index) for entry in issue.status
        ],
        "credentialSchema": {"id": schema_url(issue.section, issue.category), "type": "JsonSchema"},
        **more,
    }
    if issue.earlier:
        document["replaces"] = [
            {"id": earlier.credential_id, "digestMultibase": earlier.digest} for earlier in issue.earlier
        ]
    if issue.demo:
        document["demo"] = True
    return document
