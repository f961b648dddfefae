"""Filled spreadsheets and other files of records, sent from a page: what was taken, what is wrong where."""

import base64
from typing import Final

from flask import Blueprint, Response, render_template, request

from app.core.access import Permission
from app.core.errors import MalformedInput, NotFound, Rejected
from app.core.intake import KINDS, kind_named
from app.services import files, mappings, plants, spreadsheets, uploads
from app.services.files import How
from app.services.uploads import MAX_BYTES, Upload
from app.web.current import context
from app.web.readers import requires

blueprint = Blueprint("uploads", __name__)

SHOWN: Final = 200
_FORM_BYTES: Final = MAX_BYTES + 65_536
_MARKED_BYTES: Final = 4 * MAX_BYTES // 3 + 65_536


@blueprint.before_request
def limit() -> None:
    """A file may be larger than other bodies; one that comes back marked is in the form, as base64."""
    request.max_content_length = _MARKED_BYTES if request.endpoint == "uploads.marked" else _FORM_BYTES
    if request.endpoint == "uploads.marked":
        request.max_form_memory_size = _MARKED_BYTES


@blueprint.get("/uploads")
@requires(Permission.ENTER_RECORDS)
def page() -> str:
    """A form for a file."""
    return _page()


@blueprint.post("/uploads")
@requires(Permission.ENTER_RECORDS)
def take() -> Response | str:
    """Take the records of a file in, or only judge them; either way say what became of each row."""
    ctx, form = context(), request.form
    try:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise MalformedInput("Choose a file.", pointer="/file", rule="required")
        plant = plants.get(ctx, form.get("plant", ""))
        named = form.get("mapping", "")
        kind = kind_named(form.get("kind"))
        # A mapping says the kind itself.
        how = How(mapping=mappings.get(ctx, plant, named)) if named else How(kind)
        with sent.stream as stream:
            data = stream.read(MAX_BYTES + 1)
        found = uploads.take(ctx, plant, sent.filename, data, how, stores=form.get("act") == "take")
    except (Rejected, NotFound) as refusal:
        return Response(_page(refusal=str(refusal)), 422, mimetype="text/html")
    return Response(_page(found), 422 if found.result.refusal else 200, mimetype="text/html")


@blueprint.post("/uploads/marked")
@requires(Permission.ENTER_RECORDS)
def marked() -> Response:
    """The workbook with its errors marked, as the page before had it: nothing of it is kept here."""
    try:
        data = base64.b64decode(request.form.get("workbook", ""), validate=True)
    except ValueError:  # binascii's own, and a text that is not ASCII
        data = b""
    if not data.startswith(b"PK"):
        raise MalformedInput("The workbook did not come back whole. Send the file again.", rule="base64")
    response = Response(data, mimetype=spreadsheets.MEDIA_TYPE)
    name = uploads.safe_name(request.form.get("name", "marked.xlsx"))
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _page(found: Upload | None = None, *, refusal: str = "") -> str:
    ctx, form = context(), request.form
    book = found.marked if found and found.marked and len(found.marked) <= MAX_BYTES else None
    return render_template(
        "uploads.html",
        result=found.result if found else None,
        is_dry_run=form.get("act") != "take",
        marked=base64.b64encode(book).decode() if book else "",
        marked_name=found.marked_name if found else "",
        most=SHOWN,
        refusal=refusal or (found.result.refusal if found else ""),
        chosen=form,
        endings=", ".join(files.SUFFIXES),
        megabytes=MAX_BYTES >> 20,
        kinds=KINDS,
        mappings=mappings.listed(ctx),
        plants=plants.sending(ctx),
    )
