"""Passports that others wrote: the maker's page (choose, look, take in), and the same by API."""

import base64
import binascii
from typing import Final

from flask import Blueprint, Response, jsonify, render_template, request

from app.core.access import Permission
from app.core.errors import MalformedInput, Rejected, TooLarge
from app.core.imports.formats import TITLES
from app.core.imports.outcomes import STATUSES
from app.core.imports.records import Told
from app.services import imports, plants
from app.services.imports import Result
from app.services.plants import Plant
from app.web.api import require_type
from app.web.current import context
from app.web.readers import of_plant, requires

blueprint = Blueprint("imports", __name__)

MAX_BYTES: Final = 4_194_304
_FORM_BYTES: Final = 2 * MAX_BYTES


@blueprint.before_request
def limit() -> None:
    """A document may be larger than other bodies; after the look it comes back in the form, as base64."""
    is_page = request.endpoint == "imports.take_by_page"
    request.max_content_length = _FORM_BYTES if is_page else MAX_BYTES
    request.max_form_memory_size = _FORM_BYTES


@blueprint.post("/api/v1/intake/imports")
@of_plant
def take(plant: Plant) -> Response:
    """A document of another format: 201 when something new was taken, else 200."""
    require_type("application/json")
    told = Told(request.args.get("gtin") or None, request.args.get("serial") or None)
    name = request.args.get("name", "request")
    if request.args.get("dryRun") == "true":
        result = imports.look(context(), name, request.get_data(), told)
    else:
        result = imports.take(context(), plant, name, request.get_data(), told, door="rest")
    response = jsonify(result.as_dict())
    response.status_code = 201 if any(sent.state == "accepted" for sent in result.sent) else 200
    return response


@blueprint.get("/imports")
@requires(Permission.READ_DRAFTS)
def page() -> str:
    """A form for a document, and which formats are known."""
    return _page()


@blueprint.post("/imports")
@requires(Permission.REPLAY_QUARANTINE)
def take_by_page() -> Response | str:
    """First what would become of the document, then, from the form below it, taking it in."""
    ctx, form = context(), request.form
    told = Told(form.get("gtin", "").strip() or None, form.get("serial", "").strip() or None)
    try:
        name, data = _document()
        if form.get("action") == "take":
            plant = plants.get(ctx, form.get("plant", ""))
            result = imports.take(ctx, plant, name, data, told, door="page")
        else:
            result = imports.look(ctx, name, data, told)
    except Rejected as refusal:
        # What names no battery is worth a second try with what was typed.
        return Response(_page(refusal=str(refusal), told=told), 422, mimetype="text/html")
    return _page(result, told=told, document=base64.b64encode(data).decode())


def _document() -> tuple[str, bytes]:
    """The file that was chosen, or the one that was looked at and comes back in the form."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        with sent.stream as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise TooLarge(f"At most {MAX_BYTES} bytes are taken here; the command line takes more.")
        return sent.filename, data
    if not request.form.get("document"):
        raise MalformedInput("Choose a file.", pointer="/file", rule="required")
    try:
        data = base64.b64decode(request.form["document"], validate=True)
    except binascii.Error:
        raise MalformedInput(
            "The document did not come back whole. Choose it again.", rule="base64"
        ) from None
    return request.form.get("name", "document"), data


def _page(
    result: Result | None = None, *, refusal: str = "", told: Told = imports.UNTOLD, document: str = ""
) -> str:
    return render_template(
        "imports.html",
        result=result.as_dict() if result else None,
        title=TITLES[result.imported.format] if result else "",
        planned=result is not None and all(sent.state == "planned" for sent in result.sent),
        statuses=STATUSES,
        refusal=refusal,
        told=told,
        document=document,
        formats=list(TITLES.values()),
        plants=plants.sending(context()),
    )
