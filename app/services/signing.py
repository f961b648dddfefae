"""Signing what was planned: each section of a battery is built, signed, and verified as any reader would.

Nothing is stored here: `issuance` plans before and publishes after.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from app.core import credential, proof
from app.core import verification as core_verification
from app.core.authenticity import Policy
from app.core.canonical import jcs
from app.core.catalogue import of_section
from app.core.completeness import CompletePassport
from app.core.credential import Earlier, Issue, Link, StatusEntry
from app.core.identifiers import BatteryKey, ModelKey
from app.core.multibase import digest_multibase
from app.core.proof import Signer
from app.core.times import parse
from app.core.vocabulary import MODEL_SECTIONS, Section
from app.services import keys, status, verification
from app.services.context import Context
from app.services.publication import Signed

_WITHDRAWN: Final = ("REVOKED", "SUSPENDED")


@dataclass(frozen=True, slots=True)
class Unsigned:
    """One section, ready to be signed."""

    section: Section
    subject_key: bytes
    version: int
    credential_id: str
    document: dict[str, Any]
    expected_subject: str
    content_digest: bytes
    sources: bytes | None
    """As `sources_of` says it: kept beside the document, never in it."""

    def signed(self, body: bytes, signed_by: str) -> Signed:
        """The same with what signing made of its document."""
        return Signed(
            self.section, self.subject_key, self.version, self.credential_id, body, digest_multibase(body),
            self.content_digest, signed_by, self.sources,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Work:
    """What the sections of one battery have in common while they are signed."""

    ctx: Context
    battery: Any
    passport: CompletePassport
    plan: Mapping[str, Any]
    """The stored intention: `at`, and `credentials` and `status` by section."""
    newest: Mapping[str, Any]
    """The newest stored version of each section, without its bytes."""


def sign(
    ctx: Context,
    battery: Any,
    passport: CompletePassport,
    sections: Sequence[Section],
    plan: Mapping[str, Any],
) -> list[Signed]:
    """`sections` of one battery, signed as planned; model sections come first, as the public one lists them.

    A model section whose values did not change is not signed again. Raises: ProofError when a signature does
    not verify; CannotSign.
    """
    with ctx.read() as store:
        rows = store.documents.heads_of([battery.key, battery.model_key], sections)
    work = _Work(ctx, battery, passport, plan, {row.section: row for row in rows})
    policy, signer = verification.own_policy(ctx), keys.signer(ctx)

    def finished(unsigned: Unsigned) -> Signed:
        body = sign_document(
            unsigned.document, unsigned.expected_subject, signer, policy, ctx.now(),
            with_rdfc=ctx.settings.rdfc_proofs,
        )  # fmt: skip
        return unsigned.signed(body, signer.verification_method)

    signed: list[Signed] = []
    links: list[Link] = []
    for section in sections:
        if section not in MODEL_SECTIONS:
            signed.append(finished(_item(work, section, links if section == "public" else ())))
            continue
        kept = _kept_link(work, section)
        if kept is None:
            made = finished(_model(work, section))
            signed.append(made)
            kept = Link(f"{_model_address(work, section)}/{made.version}", made.digest)
        links.append(kept)
    return signed


def unsigned_items(
    ctx: Context,
    battery: Any,
    passport: CompletePassport,
    sections: Sequence[Section],
    plan: Mapping[str, Any],
    newest: Mapping[str, Any],
) -> list[Unsigned] | None:
    """The item sections of a battery whose model sections are stored as they are; None if one of those is to
    be signed as well. `newest` has the newest version of each section."""
    work = _Work(ctx, battery, passport, plan, newest)
    links = [_kept_link(work, section) for section in sections if section in MODEL_SECTIONS]
    known = [link for link in links if link is not None]
    if len(known) < len(links):
        return None
    return [
        _item(work, section, known if section == "public" else ())
        for section in sections
        if section not in MODEL_SECTIONS
    ]


def sign_document(
    document: dict[str, Any],
    expected_subject: str,
    signer: Signer,
    policy: Policy,
    now: datetime,
    *,
    with_rdfc: bool = True,
    withdrawn_too: bool = False,
) -> bytes:
    """The bytes to store: signed, then verified with every suite as any reader would. `withdrawn_too`: also
    of a passport that is revoked or suspended, and stays so.

    Raises: ProofError when a signature does not verify; CannotSign.
    """
    suites = proof.suites_for(document) if with_rdfc else (proof.ECDSA_JCS,)
    body = proof.serialize(proof.add_proofs(document, signer, now, suites))
    report = core_verification.verify(body, policy, now=now, expected_subject=expected_subject)
    if not (withdrawn_too and report.error in _WITHDRAWN):
        report.require()
    return body


def subject_key(battery: Any, section: Section) -> bytes:
    """The key that a section of this battery is stored under: the model's or its own."""
    return bytes(battery.model_key if section in MODEL_SECTIONS else battery.key)


def content_digest(passport: CompletePassport, section: Section) -> bytes:
    """Of what the maker says in a section: the same digest, nothing to sign anew."""
    return hashlib.sha256(jcs({"category": passport.category, **passport.subject(section)})).digest()


def sources_of(passport: CompletePassport, section: Section) -> bytes | None:
    """Number of the record behind each value of a section, as JSON by attribute id; None: none is known."""
    values = passport.draft.values
    found = {
        row.id: values[row.id].sequence
        for row in of_section(section)
        if not row.system and row.id in values and values[row.id].sequence
    }
    return orjson.dumps(found) if found else None


def _model_address(work: _Work, section: Section) -> str:
    return f"{work.ctx.settings.origin}/models/{work.battery.gtin}/sections/{section}"


def is_kept(passport: CompletePassport, section: Section, newest: Mapping[str, Any]) -> bool:
    """Whether a model section is stored with these values."""
    found = newest.get(section)
    return found is not None and found.content_digest == content_digest(passport, section)


def _kept_link(work: _Work, section: Section) -> Link | None:
    """A link to the stored version of a model section; None when there is none, or its values changed."""
    if not is_kept(work.passport, section, work.newest):
        return None
    newest = work.newest[section]
    return Link(f"{_model_address(work, section)}/{newest.version}", newest.digest)


def _model(work: _Work, section: Section) -> Unsigned:
    """A new version of a model section."""
    model = ModelKey(work.battery.gtin)
    earlier: Sequence[Any] = ()
    if section in work.newest:
        with work.ctx.read() as store:
            earlier = store.documents.history(work.battery.model_key, section)
    issue = _issue(work, section, earlier)
    document = credential.model_section(work.passport, issue, model=model)
    return _unsigned(work, issue, document, model.uri(work.ctx.settings.origin))


def _item(work: _Work, section: Section, related: Sequence[Link]) -> Unsigned:
    key = BatteryKey(work.battery.gtin, work.battery.serial)
    newest = work.newest.get(section)
    issue = _issue(work, section, [newest] if newest is not None else ())
    passport_id = f"urn:uuid:{work.battery.passport_uuid}"
    document = credential.item_section(
        work.passport, issue, key=key, passport_id=passport_id, related=related
    )
    return _unsigned(work, issue, document, key.uri(work.ctx.settings.origin))


def _issue(work: _Work, section: Section, earlier: Sequence[Any]) -> Issue:
    return Issue(
        section=section,
        category=work.passport.category,
        issuer=work.ctx.issuer,
        origin=work.ctx.settings.origin,
        credential_id=work.plan["credentials"][section],
        at=parse(work.plan["at"]),
        status=[
            StatusEntry(purpose, status.url(work.ctx, name), index)
            for purpose, name, index in work.plan["status"][section]
        ],
        version=earlier[0].version + 1 if earlier else 1,
        earlier=[Earlier(row.credential_id, row.digest) for row in earlier],
        demo=work.ctx.settings.demo,
    )


def _unsigned(work: _Work, issue: Issue, document: dict[str, Any], expected_subject: str) -> Unsigned:
    return Unsigned(
        issue.section, subject_key(work.battery, issue.section), issue.version, issue.credential_id, document,
        expected_subject, content_digest(work.passport, issue.section),
        sources_of(work.passport, issue.section),
    )  # fmt: skip
