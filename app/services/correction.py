"""Corrections after issue: what the records say now is signed anew, on purpose, with a reason.

A public or model section is never signed again by itself. Here the maker looks at what would change, says
why, and each section whose values differ gets a new version that names the old one in `replaces`.
Steps: (1) compare what is out with the draft, (2) refuse if that is not what the maker was shown, (3) plan
and sign as at an issue, (4) publish all of it or nothing; where the battery changed meanwhile, begin again
with (1) (T50).
Source: design section 7, "Corrections after issue".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core import access, changes, completeness, credential
from app.core.access import Permission, Reader
from app.core.changes import Change
from app.core.completeness import CompletePassport
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.vocabulary import MODEL_SECTIONS, SECTIONS, Section
from app.services import drafts, issuance, reading, reasons, signing
from app.services.context import Context
from app.services.publication import Cause

_TRIES: Final = 5
_NOT_NOW: Final[Mapping[str, str]] = {
    "draft": "This passport has not been issued: send the right values as records.",
    "suspended": "This passport is suspended. It can be corrected once the battery has its OK again.",
    "revoked": "A revoked passport is not corrected.",
}


@dataclass(frozen=True, slots=True)
class Corrected:
    """One section whose values differ from what is out, or did until just now."""

    section: Section
    version: int
    """Of what it replaces."""
    url: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a correction would sign. `mark` is another one as soon as anything of it is."""

    sections: tuple[Corrected, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class _Judged:
    battery: Any
    passport: CompletePassport
    newest_record: int
    heads: Mapping[Section, Any]
    due: tuple[Section, ...]


def propose(ctx: Context, uuid: str, actor: Reader) -> Proposal:
    """What would change, for the maker to look at before it is signed.

    Raises: NotFound; Forbidden; Conflict where there is nothing to correct; IncompletePassport.
    """
    access.require(Permission.CORRECT, actor)
    judged = _judge(ctx, uuid, actor)
    return Proposal(_told(ctx, judged), _mark(judged))


def correct(
    ctx: Context, uuid: str, reason: str, actor: Reader, *, mark: str | None = None
) -> tuple[Corrected, ...]:
    """Sign what differs; what was signed, or nothing where nothing differs.

    `mark` is that of the proposal that was looked at. Raises: as `propose`; MalformedInput without a reason;
    Conflict, where something else would be signed now than was looked at.
    """
    access.require(Permission.CORRECT, actor)
    cause = Cause(actor.role, reasons.checked(reason))
    for _ in range(_TRIES):
        judged = _judge(ctx, uuid, actor)  # (1)
        if mark not in (None, _mark(judged)):  # (2)
            raise Conflict("The values changed since you looked. Look again at what would change.")
        if not judged.due:
            return ()
        told = _told(ctx, judged)
        if _sign(ctx, judged, cause):  # (3) (4)
            return told
    raise Conflict("The battery changed at each of five tries. Try again.")


def _judge(ctx: Context, uuid: str, actor: Reader) -> _Judged:
    with ctx.read() as store:
        battery = store.batteries.by_uuid(uuid)
        if battery is None:
            raise NotFound("There is no such passport.")
        if battery.economic_operator_id != actor.economic_operator_id:
            raise Forbidden("Only the maker of this battery can correct its passport.")
        if battery.state in _NOT_NOW:
            raise Conflict(_NOT_NOW[battery.state])
        draft, newest_record = drafts.load(store, battery)
        heads = {
            row.section: row for row in store.documents.heads_of([battery.key, battery.model_key], SECTIONS)
        }
    passport = completeness.require(draft)
    due = tuple(
        section
        for section in credential.sections_to_issue(passport)
        if section not in heads or heads[section].content_digest != signing.content_digest(passport, section)
    )
    return _Judged(battery, passport, newest_record, heads, due)


def _sign(ctx: Context, judged: _Judged, cause: Cause) -> bool:
    sections = judged.due
    if "public" in sections:
        # it lists every model section that there is, changed or not; those unchanged are not signed again
        models = [name for name in credential.sections_to_issue(judged.passport) if name in MODEL_SECTIONS]
        sections = (*models, *(name for name in judged.due if name not in MODEL_SECTIONS))
    return issuance.reissue(
        ctx,
        judged.battery,
        judged.passport,
        sections,
        newest_record=judged.newest_record,
        versions={name: row.version for name, row in judged.heads.items()},
        cause=cause,
    )


def _told(ctx: Context, judged: _Judged) -> tuple[Corrected, ...]:
    battery, origin = judged.battery, ctx.settings.origin
    out = reading.subjects(ctx, battery, judged.due)
    return tuple(
        Corrected(
            section,
            judged.heads[section].version if section in judged.heads else 0,
            reading.section_url(origin, battery.passport_uuid, battery.gtin, section),
            changes.between(section, out.get(section, {}), judged.passport.subject(section)),
        )
        for section in SECTIONS
        if section in judged.due
    )


def _mark(judged: _Judged) -> str:
    digest = hashlib.sha256()
    for section in judged.due:
        version = judged.heads[section].version if section in judged.heads else 0
        digest.update(f"{section} {version} ".encode() + signing.content_digest(judged.passport, section))
    return digest.hexdigest()[:32]
