"""The passport page, by thing: the reader's role decides the rows, the template draws what it is given."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

import orjson
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core import labels, view
from app.core.access import ANYONE, Permission, Reader
from app.core.bounded import Bounded
from app.core.errors import Forbidden, IncompletePassport, NotYet, Rejected
from app.core.identifiers import ModelKey
from app.core.sections import SECTION_INFO
from app.core.times import parse
from app.core.view import PassportView
from app.core.vocabulary import MODEL_SECTIONS
from app.services import as_of, correction, history, labelling, reading, revocation
from app.services.correction import Proposal
from app.services.reading import PassportShown, SectionShown
from app.web import lineage, renderings
from app.web.current import context
from app.web.documents import looked_back_to, well_formed
from app.web.readers import anyone, current_reader, requires

blueprint = Blueprint("passports", __name__)

PAGE_CACHE: Final = "public, max-age=0, s-maxage=60, stale-if-error=86400"
"""A browser asks anew, so that a withdrawal of a moment ago is seen; a cache before this server may wait."""

KEPT_BYTES: Final = 16 << 20
OBJECTS: Final = 30
"""A view takes about so many times the bytes of the values it shows."""


@blueprint.get("/passports/<uuid>")
@anyone
def page(uuid: str) -> Response:
    """One passport as its reader may see it. Public without a session, never cached with one."""
    reader = current_reader()
    ctx = context()
    at = looked_back_to()
    if at is not None:
        return _as_of(well_formed(uuid), reader, at)
    if reader is ANYONE:
        mark = reading.public_mark(ctx, well_formed(uuid))
        response = renderings.page(mark, lambda: _render(reading.show(ctx, uuid, ANYONE, mark.marks)))
        response.headers["Cache-Control"] = PAGE_CACHE
        return response
    return private(_render(reading.show(ctx, well_formed(uuid), reader)))


def _as_of(uuid: str, reader: Reader, at: datetime) -> Response:
    """The page as it stood. Never kept: it is neither today's page nor anybody else's."""
    try:
        shown = as_of.show(context(), uuid, reader, at)
    except NotYet:
        return not_yet(uuid, at)
    told = looking(uuid, at) | {
        "state": shown.state,
        "since": readable(shown.changed_at),
        "reason": shown.reason,
    }
    # The verdict is today's, as the phone's is; the state of that day is told beside it.
    values = page_values(replace(shown, state="issued"))
    return private(render_template("passport.html", **values, as_of=told))


def looking(uuid: str, at: datetime) -> dict[str, Any]:
    """What the banner of a look back says. One to the end of today ends now."""
    is_now = request.args.get("at") == f"{context().now():%Y-%m-%d}"
    return {"moment": readable_moment(at), "is_now": is_now, "live": f"/passports/{uuid}"}


def not_yet(uuid: str, at: datetime) -> Response:
    """The page for a day before the first issue."""
    issued_at = readable(history.issued_at(context(), uuid))
    page = render_template("not_yet.html", as_of=looking(uuid, at), uuid=uuid, issued_at=issued_at)
    return private(page, 404)


def private(page: str | Response, status: int = 200) -> Response:
    """An answer for whoever asked, and kept by nobody."""
    response = make_response(page, status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Cookie"
    return response


def _render(shown: PassportShown) -> str:
    return render_template(
        "passport.html", **page_values(shown), **_proposal(shown), **lineage.of_page(shown.uuid)
    )


def _proposal(shown: PassportShown) -> dict[str, Proposal | int | None]:
    """What a correction would sign, for the maker; or how many values keep it from being signed."""
    reader = current_reader()
    if Permission.CORRECT not in reader.permissions:
        return {}
    try:
        found = correction.propose(context(), shown.uuid, reader)
    except IncompletePassport as refusal:
        return {"unfit": len(refusal.missing)}
    except (Forbidden, Rejected):
        return {}
    return {"proposal": found if found.sections else None}


def page_values(shown: PassportShown) -> dict[str, Any]:
    """What `passport.html` draws."""
    origin = context().settings.origin
    return {
        "view": _view(shown),
        "passport": {
            "uuid": shown.uuid,
            "gtin": shown.key.gtin,
            "serial": shown.key.serial,
            "digital_link": shown.key.uri(origin),
            "state": shown.state,
            "reason": shown.reason,
            "revoked_at": readable(shown.changed_at) if shown.state != "issued" else None,
            "checked_at": readable_moment(context().now()),
            "label_url": f"/passports/{shown.uuid}/label",
            "history_url": f"/passports/{shown.uuid}/history",
        },
        "section_links": {one.section: _links(one, shown) for one in shown.sections},
        "can_revoke": Permission.REVOKE in current_reader().permissions,
        "section_info": SECTION_INFO,
        "model_sections": MODEL_SECTIONS,
    }


def _view(shown: PassportShown) -> PassportView:
    """What is drawn, worked out once for the same documents, reports and state."""
    views = cast(Bounded[object, PassportView], context().kept.setdefault("views", Bounded(KEPT_BYTES)))
    key = (
        shown.state,
        shown.signer,
        tuple(
            (one.section, one.report.digest, one.report.verdict, one.report.checks) for one in shown.sections
        ),
    )
    found = views.get(key)
    if found is None:
        subjects = {one.section: one.document.get("credentialSubject", {}) for one in shown.sections}
        found = view.passport_view(
            subjects,
            {one.section: one.report.as_dict() for one in shown.sections},
            state=shown.state,
            signer=shown.signer,
        )
        views.put(key, found, OBJECTS * len(orjson.dumps(subjects)))
    return found


@blueprint.get("/passports/<uuid>/label")
@anyone
def label_page(uuid: str) -> str:
    """A sheet to print: code, identifier in words, and what Annex VI Part A asks for."""
    ctx = context()
    made = labelling.label(ctx, well_formed(uuid))
    shown = reading.show(ctx, uuid, ANYONE)
    return render_template("label.html", label=made, **page_values(shown))


@blueprint.get("/passports/<uuid>/label.svg")
@anyone
def label_svg(uuid: str) -> Response:
    """The code alone, in millimetres."""
    return Response(labelling.label(context(), well_formed(uuid)).svg(), mimetype="image/svg+xml")


@blueprint.get("/passports/<uuid>/label.png")
@anyone
def label_png(uuid: str) -> Response:
    """The code alone, as a picture that was read back."""
    return Response(labelling.label(context(), well_formed(uuid)).png(), mimetype="image/png")


@blueprint.get("/passports/<uuid>/label.ndef")
@anyone
def label_ndef(uuid: str) -> Response:
    """The NDEF message for an NFC tag, as bytes."""
    made = labelling.label(context(), well_formed(uuid))
    response = Response(labels.ndef_message(made.digital_link), mimetype="application/vnd.nfc.ndef")
    response.headers["Content-Disposition"] = 'attachment; filename="label.ndef"'
    return response


@blueprint.post("/passports/<uuid>/revocation")
@requires(Permission.REVOKE)
def revoke(uuid: str) -> Redirect:
    """Withdraw a passport, with a reason."""
    revocation.revoke(context(), well_formed(uuid), request.form.get("reason", ""), current_reader())
    return redirect(f"/passports/{uuid}", 303)


@blueprint.post("/passports/<uuid>/corrections")
@requires(Permission.CORRECT)
def correct(uuid: str) -> Redirect:
    """Sign anew what differs, with a reason: only what the maker was shown."""
    form = request.form
    correction.correct(
        context(), well_formed(uuid), form.get("reason", ""), current_reader(), mark=form.get("mark", "")
    )
    return redirect(f"/passports/{uuid}/history", 303)


def readable(text: str) -> str:
    """A stored time for people."""
    return readable_moment(parse(text))


def readable_moment(moment: datetime) -> str:
    """`24 November 2026, 08:00 UTC`."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _links(one: SectionShown, shown: PassportShown) -> dict[str, str]:
    origin = context().settings.origin
    is_model = one.section in MODEL_SECTIONS
    return {
        "url": one.url,
        "subject": ModelKey(shown.key.gtin).uri(origin) if is_model else shown.key.uri(origin),
        "digest": one.digest,
        "log_proof": f"{one.url.removesuffix(f'/{one.version}')}/{one.version}/log-proof",
    }
