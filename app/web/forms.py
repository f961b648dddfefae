"""Forms for records: for plants that still use paper, and for what a line does not send."""

import secrets
from typing import Any, Final

import orjson
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core import form_entries, forms
from app.core.access import Permission
from app.core.errors import NotFound
from app.core.form_entries import Filled
from app.core.intake import KINDS, Kind, kind_named
from app.core.times import to_seconds
from app.core.vocabulary import Level
from app.services import intake, lineage, plants
from app.services.intake import Quarantined, Source
from app.web import problems
from app.web.current import context
from app.web.negotiation import wants_page
from app.web.readers import anyone, current_reader, requires

blueprint = Blueprint("forms", __name__)

PAGE: Final = "page"
_OWN: Final = ("csrf_token", "record", "plant", "level", "add")


@blueprint.get("/forms")
@requires(Permission.ENTER_RECORDS)
def every() -> str:
    """The kinds of record, in the order of the work."""
    return render_template("forms.html", kinds=forms.TITLES)


@blueprint.get("/forms/<kind>")
@requires(Permission.ENTER_RECORDS)
def empty(kind: str) -> str:
    """An empty form, or one that begins like an earlier record (`?plant=…&like=…`)."""
    known = _known(kind)
    level = _level(known, request.args.get("level"))
    like, plant = request.args.get("like"), request.args.get("plant", "")
    entries = _like(plant, like) if like else {}
    return _page(known, level, entries, plant=plant)


@blueprint.get("/forms/<kind>/blank")
@anyone
def blank(kind: str) -> Response:
    """The form alone, made of the public catalogue: no plant, no session, no entry. What a device keeps, so
    that a form that was opened on it opens without a network (T34)."""
    known = _known(kind)
    level = _level(known, request.args.get("level"))
    response = Response(_rendered(known, level, {}, is_blank=True), mimetype="text/html")
    response.headers["Cache-Control"] = "public, no-cache"
    return response


@blueprint.post("/forms/<kind>")
@requires(Permission.ENTER_RECORDS)
def send(kind: str) -> Response | Redirect | str:
    """Take the record in; with faults, the form once more with each beside its field, and nothing stored."""
    known = _known(kind)
    sent = request.form
    level = _level(known, sent.get("level") or None)
    entries = {name: text for name, text in sent.items() if name not in _OWN}
    plant_id, record_id = sent.get("plant", ""), sent.get("record", "")
    if "add" in sent:
        return _page(known, level, entries, plant=plant_id, record_id=record_id, more=sent["add"])
    ctx = context()
    plant = plants.get(ctx, plant_id)
    filled = form_entries.read(known, level, entries, record_id, _sent_at(plant.id, record_id))
    if filled.faults or filled.elsewhere:
        return _refused(
            _page(known, level, entries, plant=plant_id, record_id=record_id, filled=filled), filled
        )
    source = Source(PAGE, f"form {known}, by {current_reader().role}")
    try:
        accepted = intake.accept(ctx, plant, orjson.dumps(filled.document), source=source)
    except Quarantined as refusal:
        filled.elsewhere.append(f"{refusal} It waits in quarantine.")
        page = _page(known, level, entries, plant=plant_id, record_id=record_id, filled=filled)
        return _refused(page, filled)
    if not wants_page():
        return jsonify(accepted.answer)
    return redirect(f"/forms/{known}/sent?plant={plant.id}&record={record_id}&level={level or ''}", 303)


@blueprint.get("/forms/<kind>/sent")
@requires(Permission.ENTER_RECORDS)
def sent(kind: str) -> str:
    """What became of a record, and the way to the next one."""
    known = _known(kind)
    plant, record = request.args.get("plant", ""), request.args.get("record", "")
    found = _record(plant, record)
    return render_template(
        "form_sent.html", kind=known, title=forms.TITLES[known][0], plant=plant, record=record,
        level=_level(known, request.args.get("level") or None), document=found,
    )  # fmt: skip


def _known(kind: str) -> Kind:
    known = kind_named(kind)
    if known is None:
        raise NotFound(f"There is no such kind of record. There are {', '.join(KINDS)}.")
    return known


def _level(kind: Kind, named: str | None) -> Level | None:
    """The level that was asked for, else the finest that this kind has."""
    levels = forms.levels(kind)
    for level in levels:
        if level == named:
            return level
    return None if levels == (None,) else next(one for one in reversed(levels) if one is not None)


def _page(
    kind: Kind,
    level: Level | None,
    entries: dict[str, str],
    *,
    plant: str = "",
    record_id: str = "",
    more: str | None = None,
    filled: Filled | None = None,
) -> str:
    return _rendered(
        kind, level, entries, more, plants=plants.sending(context()), plant=plant,
        record_id=record_id or f"form-{secrets.token_hex(12)}", faults=filled.faults if filled else {},
        elsewhere=filled.elsewhere if filled else [],
    )  # fmt: skip


def _rendered(
    kind: Kind, level: Level | None, entries: dict[str, str], more: str | None = None, **told: Any
) -> str:
    return render_template(
        "form.html",
        form=forms.form(kind, level, entries, more),
        title=forms.TITLES[kind][0],
        about=forms.TITLES[kind][1],
        levels=forms.levels(kind),
        entries=entries,
        **{"faults": {}, "elsewhere": [], **told},
    )


def _refused(page: str, filled: Filled) -> Response:
    if wants_page():
        return Response(page, 422, mimetype="text/html")
    told = {"faults": filled.faults, "elsewhere": filled.elsewhere}
    return problems.answer("malformed-input", 422, "The record has faults; nothing was stored.", told)


def _record(plant: str, record: str) -> dict[str, Any]:
    """A record of the reader's own operator. Raises: NotFound."""
    operator = current_reader().economic_operator_id or ""
    found = lineage.record(context(), plant, record, operator)
    return dict(orjson.loads(found["body"]))


def _sent_at(plant: str, record: str) -> str:
    """The time of this sending, or of the first one: what is sent again after its answer was lost is the same
    record then, and no other one under a known id."""
    try:
        return str(_record(plant, record)["sentAt"])
    except NotFound:
        return to_seconds(context().now())


def _like(plant: str, record: str) -> dict[str, str]:
    """Entries of an earlier record that the next one of its kind has as well: all but its own numbers."""
    return {
        name: text
        for name, text in form_entries.entries_of(_record(plant, record)).items()
        if not form_entries.is_own_number(name)
    }
