"""A passport's history: a timeline for people, JSON for machines, each within the reader's rights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request

from app.core import scopes
from app.core.access import ANYONE, Reader
from app.core.errors import NotYet
from app.core.sections import ROLES, SECTION_INFO
from app.core.times import parse, to_seconds
from app.core.vocabulary import MODEL_SECTIONS
from app.services import correction, history, reading, resigning
from app.services.correction import Corrected
from app.services.history import Event, Version
from app.services.plants import Plant
from app.web.api import sent_reason
from app.web.current import context
from app.web.documents import looked_back_to, well_formed
from app.web.passports import looking, not_yet, private, readable, readable_moment
from app.web.readers import anyone, current_reader, of_plant_with

blueprint = Blueprint("history", __name__)

BY: Final = {name: f"by the {role.title.partition(' (')[0].lower()}" for name, role in ROLES.items()} | {
    "plant": "by the maker’s plant"
}
"""Who asked for a change, by role."""
BY_RECORDS: Final = "from the records of the production line"
EVENTS: Final = {
    "revoked": ("Revoked for good", "revoked"),
    "suspended": ("Suspended", "suspended"),
    "reinstated": ("In force again", "valid"),
}
_PAGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that happened at one time for one reason."""

    title: str
    kind: str
    """Of `EVENTS` or `_TITLES`; the class of its mark on the line."""
    icon: str
    when: str
    datetime: str
    by: str
    reason: str | None
    versions: tuple[Version, ...]


@blueprint.get("/passports/<uuid>/history")
@anyone
def page(uuid: str) -> Response:
    """When what changed, by whom and why, with a way to look back."""
    ctx = context()
    at = looked_back_to()
    try:
        found = history.show(ctx, well_formed(uuid), current_reader(), at=at, page=_page())
    except NotYet:
        return not_yet(uuid, at or ctx.now())
    return private(
        render_template(
            "history.html",
            history=found,
            moments=tuple(_moments(found.entries)),
            section_info=SECTION_INFO,
            model_sections=MODEL_SECTIONS,
            model=_model(uuid),
            as_of=None if at is None else looking(uuid, at),
            at_text="" if at is None else request.args["at"],
            first_day=found.issued_at[:10],
            today=f"{ctx.now():%Y-%m-%d}",
            checked_at=readable_moment(ctx.now()),
            origin=ctx.settings.origin,
        )
    )


@blueprint.get("/api/v1/passports/<uuid>/history")
@anyone
def as_json(uuid: str) -> Response:
    """The same for machines; `?at=` ends it at a moment, `?page=` goes back."""
    at = looked_back_to()
    found = history.show(context(), well_formed(uuid), current_reader(), at=at, page=_page())
    answer = jsonify(
        {
            "passport": f"urn:uuid:{found.uuid}",
            "state": found.state,
            "issuedAt": found.issued_at,
            "asOf": None if at is None else to_seconds(at),
            "versions": [_version(one) for one in found.entries if isinstance(one, Version)],
            "events": [
                {"kind": one.kind, "at": one.at, "madeBy": one.made_by, "reason": one.reason}
                for one in found.entries
                if isinstance(one, Event)
            ],
            "page": found.page,
            "hasOlder": found.has_older,
        }
    )
    return private(answer)


@blueprint.post("/api/v1/passports/<uuid>/corrections")
@of_plant_with(scopes.CORRECT)
def correct(plant: Plant, uuid: str) -> Response:
    """Sign anew what differs from the records: `{"reason": …}`. Nothing differs: nothing is signed."""
    reason = sent_reason()
    actor = Reader("plant", plant.id, plant.economic_operator_id)
    done = correction.correct(context(), well_formed(uuid), reason, actor)
    response = jsonify({"passport": f"urn:uuid:{uuid}", "corrected": [_corrected(one) for one in done]})
    response.status_code = 201 if done else 200
    return response


def _corrected(one: Corrected) -> dict[str, Any]:
    return {
        "section": one.section,
        "version": one.version + 1,
        "url": f"{one.url}/{one.version + 1}",
        "changes": [change.as_dict() for change in one.changes],
    }


def _version(one: Version) -> dict[str, Any]:
    return {
        "section": one.section,
        "version": one.version,
        "url": one.url,
        "logProof": f"{one.url}/log-proof",
        "at": one.at,
        "madeBy": one.made_by,
        "reason": one.reason,
        "digestMultibase": one.digest,
        "signedBy": one.signed_by or None,
        "newest": one.is_newest,
        "verdict": one.verdict.state,
        "changes": None if one.changes is None else [change.as_dict() for change in one.changes],
    }


def _moments(entries: Sequence[Version | Event]) -> Iterator[Moment]:
    """Versions that were published together for one reason are one moment."""
    for (at, made_by, reason, _), group in groupby(
        entries, key=lambda one: (one.at, one.made_by, one.reason, isinstance(one, Event))
    ):
        together = list(group)
        versions = tuple(one for one in together if isinstance(one, Version))
        kind = together[0].kind if isinstance(together[0], Event) else _kind(versions, reason)
        title, icon = EVENTS.get(kind) or _TITLES[kind]
        yield Moment(
            title=title,
            kind=kind,
            icon=icon,
            when=readable(at),
            datetime=to_seconds(parse(at)),
            by=BY.get(made_by, "") if made_by else BY_RECORDS,
            reason=reason,
            versions=versions,
        )


_TITLES: Final = {
    "issued": ("Passport issued", "document"),
    "corrected": ("Corrected", "undo"),
    "resigned": ("Signed anew", "lens"),
    "renewed": ("Brought up to date", "lens"),
    "first": ("First signed", "document"),
    "model": ("First signed for the model", "document"),
}


def _kind(versions: Sequence[Version], reason: str | None) -> str:
    if any(one.section == "public" and one.version == 1 for one in versions):
        return "issued"
    if reason is not None:
        # after a theft the version before is believed by nobody, so that there is nothing to compare with
        same = ((), None) if reason == resigning.REASON else ((),)
        return "resigned" if all(one.changes in same for one in versions) else "corrected"
    if any(one.version > 1 for one in versions):
        return "renewed"
    return "model" if all(one.section in MODEL_SECTIONS for one in versions) else "first"


def _model(uuid: str) -> str:
    """The model's name as the public section has it now; empty where that cannot be believed (T1)."""
    shown = reading.show(context(), uuid, ANYONE)
    subjects = [reading.believed(one.report) or {} for one in shown.sections]
    return str(subjects[0].get("batteryModelIdentifier", "")) if subjects else ""


def _page() -> int:
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(_PAGES)) else 0
