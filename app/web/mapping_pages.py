"""Mappings in the browser: drop a sample, look at what is proposed, try it, and save it."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core import (
    mapping_form,
    mapping_parse,
    mapping_places,
    mapping_proposal,
    mapping_sample,
    mapping_text,
    supply,
    unit_conversion,
)
from app.core.access import Permission
from app.core.errors import MalformedInput, Rejected
from app.core.intake import KINDS, Kind, kind_named
from app.core.mapping_targets import target
from app.core.units import UNITS
from app.core.vocabulary import CATEGORIES, Category
from app.services import mapping_samples, mappings, plants
from app.services.mapping_samples import Sample, Tried
from app.services.plants import Plant
from app.web.current import context
from app.web.readers import current_reader, requires

blueprint = Blueprint("mapping_pages", __name__)
_TOML: Final = "application/toml"


@blueprint.get("/mappings")
@requires(Permission.READ_DRAFTS)
def overview() -> str:
    """Every mapping with its newest version, and a form that takes a sample."""
    return _overview()


@blueprint.post("/mappings/proposal")
@requires(Permission.REPLAY_QUARANTINE)
def propose() -> Response | str:
    """A mapping proposed for a sample, each column with its reason."""
    sent = request.files.get("sample")
    try:
        if sent is None or not sent.filename:
            raise MalformedInput("Choose a file with some rows.", pointer="/sample", rule="required")
        sample = mapping_samples.read(sent.filename, sent.read())
        if not sample.rows:
            raise MalformedInput("The file has no row that can be read.", pointer="/sample", rule="empty")
    except Rejected as refusal:
        return Response(_overview(str(refusal)), 422, mimetype="text/html")
    kind = kind_named(request.form.get("kind"))
    found = mapping_proposal.propose(sample.columns, sample.rows, kind, sample.units)
    name = mapping_form.name_of(sent.filename)
    form = mapping_form.of_proposal(found, name, sample.source)
    form["plant"] = request.form.get("plant", "")
    return _editor(form, sample, why_kind=found.kind_reason)


@blueprint.post("/mappings/draft")
@requires(Permission.REPLAY_QUARANTINE)
def draft() -> Response | Redirect | str:
    """What the form says, tried on the sample; `act` says whether it is saved or downloaded as well."""
    form = {name: text for name, text in request.form.items() if name not in ("csrf_token", "sample", "act")}
    act = request.form.get("act", "try")
    if act == "ignore":
        mapping_form.ignore_undecided(form)
    try:
        sample = mapping_samples.of_form(request.form.get("sample", ""))
    except Rejected as refusal:
        return Response(_overview(str(refusal)), 422, mimetype="text/html")
    try:
        document = mapping_form.document(form)
        found = mapping_parse.parse(document)
        if act == "download":
            return _download(found.name, document)
        if act == "save":
            return _saved(_plant(form.get("plant", "")), mapping_text.stored(found))
    except Rejected as refusal:
        return Response(_editor(form, sample, refusal=refusal), 422, mimetype="text/html")
    return _editor(form, sample)


@blueprint.get("/mappings/<plant_id>/<name>")
@requires(Permission.READ_DRAFTS)
def one(plant_id: str, name: str) -> Response | str:
    """One mapping as TOML, to read, to change and to save as the next version."""
    plant, version = _plant(plant_id), request.args.get("version")
    found = mappings.get(context(), plant, f"{name}:{version}" if version else name)
    if request.args.get("form") == "toml":
        return _download(found.mapping.name, found.mapping.document)
    return _one(plant, found.reference, mapping_text.dumps(found.mapping.document))


@blueprint.post("/mappings/<plant_id>/<name>")
@requires(Permission.REPLAY_QUARANTINE)
def change(plant_id: str, name: str) -> Response | Redirect:
    """The text of the form, as the next version."""
    plant, text = _plant(plant_id), request.form.get("text", "")
    try:
        return _saved(plant, text.encode())
    except Rejected as refusal:
        reference = mappings.get(context(), plant, name).reference
        return Response(_one(plant, reference, text, refusal), 422, mimetype="text/html")


def _saved(plant: Plant, text: bytes) -> Redirect:
    reader = current_reader()
    saved = mappings.save(context(), plant, text, f"{reader.role} {reader.name or ''}".strip())
    return redirect(f"/mappings/{plant.id}/{saved.name}", 303)


def _download(name: str, document: Any) -> Response:
    response = Response(mapping_text.dumps(document), mimetype=_TOML)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.toml")
    return response


def _overview(refusal: str | None = None) -> str:
    ctx, only = context(), request.args.get("plant", "").strip()
    return render_template(
        "mappings.html",
        mappings=mappings.listed(ctx, plants.of_records(ctx, only) if only else None),
        only=only,
        plants=plants.sending(ctx),
        kinds=KINDS,
        refusal=refusal,
    )  # fmt: skip


def _one(plant: Plant, reference: str, text: str, refusal: Rejected | None = None) -> str:
    versions = mappings.versions(context(), plant, reference.partition(":")[0])
    return render_template(
        "mapping.html", plant=plant, reference=reference, text=text, versions=versions, refusal=refusal
    )


def _editor(
    form: dict[str, str], sample: Sample, *, refusal: Rejected | None = None, why_kind: str = ""
) -> str:
    """The table of columns, with what would become of the sample as the form stands."""
    kind = kind_named(form.get("kind")) or "pack"
    tried: Tried | None = None
    text, problem = "", refusal
    try:
        found = mapping_parse.parse(mapping_form.document(form))
        text = mapping_text.dumps(found.document)
        tried = mapping_samples.tried(context(), found, sample, _category(form.get("category")))
    except Rejected as fault:
        problem = problem or fault
    return render_template(
        "mapping_draft.html",
        form=form, sample=sample, kind=kind, kinds=KINDS, tried=tried, text=text,
        reasons=_reasons(form, sample, kind),
        refusal=problem, place=getattr(problem, "pointer", ""), categories=CATEGORIES,
        undecided=mapping_form.undecided(form), why_kind=why_kind,
        missing=supply.told(tried.missing, tried.category) if tried else [],
        columns=mapping_form.columns_of(form), targets=mapping_places.grouped(kind),
        places=set(mapping_places.targets(kind)),
        values={name: mapping_sample.shown(sample.rows, name) for name in sample.columns},
        units=_units(kind), needed=_needed(kind, form), plants=plants.sending(context()),
    )  # fmt: skip


def _reasons(form: dict[str, str], sample: Sample, kind: Kind) -> dict[str, mapping_proposal.Suggestion]:
    """Why a column goes where it was proposed to go, while the form still says so; a guess stays a guess
    until a person changes it."""
    found = mapping_proposal.propose(sample.columns, sample.rows, kind, sample.units)
    proposed = mapping_form.of_proposal(found, "", {})
    names = mapping_form.columns_of(form)
    return {
        each.column: each
        for at, each in enumerate(found.suggestions)
        if at < len(names)
        and names[at] == each.column
        and all(form.get(f"{key}.{at}", "") == proposed[f"{key}.{at}"] for key in ("to", "unit", "format"))
    }


def _needed(kind: Kind, form: dict[str, str]) -> list[tuple[str, str]]:
    """Details that no column gives."""
    given = {text for name, text in form.items() if name.startswith("to.")}
    return [each for each in mapping_form.needed(kind) if each[0] not in given]


def _units(kind: Kind) -> list[str]:
    forms = (target(to, kind).form for to in mapping_places.targets(kind))
    codes = {form.unit for form in forms if form is not None and form.unit is not None}
    return sorted({each for code in codes if code in UNITS for each in unit_conversion.known(code)})


def _category(text: str | None) -> Category | None:
    return next((each for each in CATEGORIES if each == text), None)


def _plant(plant_id: str) -> Plant:
    return plants.get(context(), plant_id)
