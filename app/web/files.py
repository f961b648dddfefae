"""Files by REST and by page: sent by a plant or the maker, read by whoever reads a passport that has them."""

from typing import Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core.access import Permission
from app.core.errors import MalformedInput
from app.services import attachments, plants
from app.services.attachments import MAX_BYTES
from app.services.plants import Plant
from app.web.api import require_type
from app.web.current import context
from app.web.documents import FOREVER
from app.web.readers import anyone, current_reader, of_plant, requires
from app.web.security import open_to_all

blueprint = Blueprint("files", __name__)

FORM_BYTES: Final = MAX_BYTES + 65_536


@blueprint.before_request
def limit() -> None:
    """A file may be larger than other bodies. Set here: the guard of forms reads the body before the view."""
    request.max_content_length = FORM_BYTES if request.endpoint == "files.upload" else MAX_BYTES


@blueprint.post("/api/v1/files")
@of_plant
def take(plant: Plant) -> Response:
    """The body is the file: 201 when new, 200 when its bytes are here already; the same answer."""
    require_type(*attachments.MEDIA_TYPES)
    name = request.args.get("name", "")
    file, is_new = attachments.take(context(), plant, request.get_data(), name, request.mimetype)
    response = jsonify(file.as_dict())
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = file.url
    return response


@blueprint.get("/files/<digest>")
@anyone
def file(digest: str) -> Response:
    """The bytes, for whom a passport that links to them is; the address is their digest, so they never
    change."""
    found, body, is_public = attachments.read(context(), digest, current_reader())
    response = Response(body, mimetype=found.media_type)
    # Anything else is saved, not shown: a browser would guess at a table, and run what XML may hold.
    is_shown = found.media_type == "application/pdf" or found.media_type.startswith("image/")
    shown = "inline" if is_shown else "attachment"
    response.headers.set("Content-Disposition", shown, filename=found.name)
    response.set_etag(found.digest)
    response.headers["Cache-Control"] = FOREVER if is_public else "private, no-store"
    if not is_public:
        response.headers["Vary"] = "Cookie"
    response.make_conditional(request)
    return open_to_all(response) if is_public else response


@blueprint.get("/files")
@requires(Permission.READ_DRAFTS)
def newest() -> str:
    """The maker's files, newest first, and a form to add one."""
    ctx = context()
    operator = current_reader().economic_operator_id or ""
    page = request.args.get("page", 1, int)
    return render_template(
        "files.html", files=attachments.newest(ctx, operator, page), page=page,
        plants=plants.sending(ctx), most=attachments.PAGE_LENGTH,
    )  # fmt: skip


@blueprint.post("/files")
@requires(Permission.REPLAY_QUARANTINE)
def upload() -> Redirect:
    """One file from the form."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise MalformedInput("Choose a file.", pointer="/file", rule="required")
    ctx = context()
    plant = plants.get(ctx, request.form.get("plant", ""))
    with sent.stream as stream:
        body = stream.read(MAX_BYTES + 1)
    found, _ = attachments.take(ctx, plant, body, sent.filename)
    return redirect(f"/files#{found.digest}", 303)
