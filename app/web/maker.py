"""Pages for the maker: one battery's draft, the quarantine, and one's own account."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core import identifiers, quarantine_filter, refused_view
from app.core.access import Permission
from app.core.catalogue import GROUPS, by_id
from app.core.errors import MalformedInput
from app.core.quarantine_filter import QuarantineFilter
from app.services import drafts, intake, mappings, plants, replaying
from app.services.intake import Quarantined
from app.services.plants import Plant
from app.services.replaying import Replayed
from app.web.current import context
from app.web.readers import current_reader, requires

blueprint = Blueprint("maker", __name__)


@blueprint.get("/account")
@requires(Permission.SIGNED_IN)
def account() -> str:
    """Who is signed in, what that role reads, and a way out."""
    return render_template("account.html", account=current_reader())


@blueprint.get("/drafts/<gtin>/<path:serial>")
@requires(Permission.READ_DRAFTS)
def draft(gtin: str, serial: str) -> str:
    """What one battery has, what it lacks and who can supply it."""
    operator = current_reader().economic_operator_id or ""
    found = drafts.show(context(), identifiers.battery_key(gtin, serial), operator)
    return render_template("draft.html", draft=found, groups=_grouped(found["values"]))


def _grouped(values: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Values by the group of their attribute, in the order of the catalogue, each with its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for value in values:
        row = by_id(value["attribute"])
        group, name = (row.group, row.name) if row is not None else ("", value["attribute"])
        found.setdefault(group, []).append({**value, "name": name})
    return [(title, found[group]) for group, title in {**GROUPS, "": "Other"}.items() if group in found]


@blueprint.get("/quarantine")
@requires(Permission.READ_DRAFTS)
def quarantine() -> str:
    """Refused records with what is wrong and where: all of them, or what a filter means."""
    return _quarantine(_filter(request.args))


@blueprint.post("/quarantine/replay")
@requires(Permission.REPLAY_QUARANTINE)
def replay_many() -> str:
    """Try all that the filter means once more; without `sure`, it is only judged and told."""
    ctx, only = context(), _filter(request.form)
    named = request.form.get("with", "").strip() or None
    told = replaying.replay_many(
        ctx, _plants(request.form, named), only, mapping=named, dry_run="sure" not in request.form
    )
    return _quarantine(only, told, named)


def _filter(given: Mapping[str, str]) -> QuarantineFilter:
    return quarantine_filter.parse({name: given.get(name, "") for name in quarantine_filter.MEMBERS})


def _plants(given: Mapping[str, str], mapping: str | None) -> list[Plant]:
    """The plant that was chosen, or else all; of a mapping, those that have one of its name."""
    ctx, named = context(), given.get("plant", "").strip()
    if named:
        return [plants.of_records(ctx, named)]
    if mapping is None:
        return [plants.of_records(ctx, each["id"]) for each in plants.names(ctx)]
    name = mapping.partition(":")[0]
    return [plants.of_records(ctx, each["plant"]) for each in mappings.listed(ctx) if each["name"] == name]


def _quarantine(only: QuarantineFilter, told: Replayed | None = None, with_mapping: str | None = None) -> str:
    ctx, given = context(), request.values
    named = given.get("plant", "").strip()
    plant = plants.of_records(ctx, named) if named else None
    chosen = {**only.as_dict(), **({"plant": named} if named else {})}
    return render_template(
        "quarantine.html",
        quarantine=intake.quarantine_list(ctx, plant, given.get("page", 1, int), only),
        chosen=chosen,
        plants=plants.names(ctx),
        mappings=mappings.listed(ctx, plant),
        told=told,
        with_mapping=with_mapping,
    )


@blueprint.get("/quarantine/<quarantine_id>")
@requires(Permission.READ_DRAFTS)
def quarantined(quarantine_id: str) -> str:
    """One refused record with the place at fault, to be mended, replayed or dismissed."""
    return _quarantined(replaying.entry(context(), quarantine_id))


@blueprint.get("/quarantine/<quarantine_id>/original")
@requires(Permission.READ_DRAFTS)
def original(quarantine_id: str) -> Response:
    """What was refused, byte for byte as it came."""
    body = replaying.original(context(), quarantine_id)
    response = Response(body, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=f"refused-{quarantine_id}.txt")
    return response


def _quarantined(record: Mapping[str, Any], refusal: str = "") -> str:
    problem = record["problem"]
    shown = refused_view.shown(
        record["body"], replaying.place(record), problem["code"], str(problem.get("detail", ""))
    )
    return render_template("quarantined.html", record=record, shown=shown, refusal=refusal)


@blueprint.post("/quarantine/<quarantine_id>/replay")
@requires(Permission.REPLAY_QUARANTINE)
def replay(quarantine_id: str) -> Response | Redirect:
    """Try a refused record again: as it was, with the value at fault mended, or with a mended text."""
    ctx = context()
    mended = _mended(intake.quarantine_entry(ctx, quarantine_id)["body"])
    try:
        named = request.form.get("mapping", "").strip() or None
        plant = intake.plant_of(ctx, quarantine_id)
        replaying.replay(ctx, plant, quarantine_id, mended.encode() or None, named)
    except Quarantined as refusal:
        entry = replaying.entry(ctx, refusal.quarantine_id)
        return Response(_quarantined(entry, str(refusal)), 422, mimetype="text/html")
    return redirect("/quarantine", 303)


def _mended(text: str) -> str:
    """The text that the form asks to try; empty where nothing in it was changed. Raises: MalformedInput."""
    sent = request.form
    for place, value, written in zip(*map(sent.getlist, ("place", "value", "as")), strict=False):
        try:
            text = refused_view.with_value(text, place, value, "plain" if written == "plain" else "text")
        except ValueError as error:
            raise MalformedInput(f"This cannot stand there: {error}.", pointer=place, rule="value") from None
    if sent.getlist("place"):
        return text
    body = sent.get("body", "").strip()
    return "" if refused_view.is_unchanged(body, text) else body


@blueprint.post("/quarantine/<quarantine_id>/dismissal")
@requires(Permission.REPLAY_QUARANTINE)
def dismiss(quarantine_id: str) -> Redirect:
    """Close a refused record for good, with a reason."""
    ctx = context()
    plant = intake.plant_of(ctx, quarantine_id)
    intake.dismiss(ctx, plant, quarantine_id, request.form.get("reason", ""), current_reader().role)
    return redirect("/quarantine", 303)
