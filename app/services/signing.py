"""Signing what was planned: each section of a battery is built, signed, and verified as any reader would.

Nothing is stored here: `issuance` plans before and publishes after.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core import credential, proof
from app.core.authenticity import Policy
from app.core.canonical import jcs
from app.core.completeness import CompletePassport
from app.core.credential import Earlier, Issue, Link, StatusEntry
from app.core.identifiers import BatteryKey, ModelKey
from app.core.multibase import digest_multibase
from app.core.proof import Signer
from app.core.times import parse
from app.core.vocabulary import MODEL_SECTIONS, Section
from app.services import keys, status, verification
from app.services.context import Context


@dataclass(frozen=True, slots=True)
class Signed:
    """One section, ready to be stored."""

    section: Section
    subject_key: bytes
    version: int
    credential_id: str
    body: bytes
    digest: str
    content_digest: bytes
    signed_by: str
    """The verification method."""


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
    policy: Policy
    signer: Signer


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
    newest = {row.section: row for row in rows}
    work = _Work(ctx, battery, passport, plan, newest, verification.own_policy(ctx), keys.signer(ctx))
    signed: list[Signed] = []
    links: list[Link] = []
    for section in sections:
        if section in MODEL_SECTIONS:
            made, link = _model(work, section)
            links.append(link)
            if made is not None:
                signed.append(made)
        else:
            signed.append(_item(work, section, links if section == "public" else ()))
    return signed


def subject_key(battery: Any, section: Section) -> bytes:
    """The key that a section of this battery is stored under: the model's or its own."""
    return bytes(battery.model_key if section in MODEL_SECTIONS else battery.key)


def content_digest(passport: CompletePassport, section: Section) -> bytes:
    """Of what the maker says in a section: the same digest, nothing to sign anew."""
    return hashlib.sha256(jcs({"category": passport.category, **passport.subject(section)})).digest()


def _model(work: _Work, section: Section) -> tuple[Signed | None, Link]:
    """A model section: the stored version when nothing changed, else a new one, with a link to it."""
    origin = work.ctx.settings.origin
    model = ModelKey(work.battery.gtin)
    address = f"{origin}/models/{work.battery.gtin}/sections/{section}"
    content = content_digest(work.passport, section)
    newest = work.newest.get(section)
    if newest is not None and newest.content_digest == content:
        return None, Link(f"{address}/{newest.version}", newest.digest)
    earlier: Sequence[Any] = ()
    if newest is not None:
        with work.ctx.read() as store:
            earlier = store.documents.history(work.battery.model_key, section)
    issue = _issue(work, section, earlier)
    unsigned = credential.model_section(work.passport, issue, model=model)
    made = _signed(work, issue, unsigned, content, model.uri(origin))
    return made, Link(f"{address}/{made.version}", made.digest)


def _item(work: _Work, section: Section, related: Sequence[Link]) -> Signed:
    key = BatteryKey(work.battery.gtin, work.battery.serial)
    newest = work.newest.get(section)
    issue = _issue(work, section, [newest] if newest is not None else ())
    passport_id = f"urn:uuid:{work.battery.passport_uuid}"
    unsigned = credential.item_section(
        work.passport, issue, key=key, passport_id=passport_id, related=related
    )
    content = content_digest(work.passport, section)
    return _signed(work, issue, unsigned, content, key.uri(work.ctx.settings.origin))


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


def _signed(
    work: _Work, issue: Issue, unsigned: dict[str, Any], content: bytes, expected_subject: str
) -> Signed:
    suites = proof.suites_for(unsigned)
    body = proof.serialize(proof.add_proofs(unsigned, work.signer, work.ctx.now(), suites))
    verification.require_own(work.ctx, body, expected_subject, work.policy)
    return Signed(
        issue.section, subject_key(work.battery, issue.section), issue.version, issue.credential_id, body,
        digest_multibase(body), content, work.signer.verification_method,
    )  # fmt: skip
