"""The REST door: records in, drafts and quarantine out, credentials judged."""

from functools import cache
from typing import Final

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.core import csv_records, identifiers, json_strict, quarantine_filter, record_stream, scopes
from app.core.credential import CREDENTIAL_MEDIA_TYPE
from app.core.errors import MalformedInput, NotFound
from app.core.intake import KINDS
from app.core.jose import MEDIA_TYPE as TOKEN_MEDIA_TYPE
from app.services import drafts, intake, replaying, spreadsheets, verification
from app.services.plants import Plant
from app.web import many, openapi
from app.web.current import address, context
from app.web.readers import anyone, of_plant, of_plant_with

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

CREDENTIAL_BODIES: Final = (
    CREDENTIAL_MEDIA_TYPE,
    TOKEN_MEDIA_TYPE,
    "application/ld+json",
    "application/json",
)
FORM: Final = "multipart/form-data"


@blueprint.post("/intake/records")
@of_plant
def take_record(plant: Plant) -> Response:
    """One record in: 201 when new, 200 with the same answer when repeated. Many, as an array or as lines: 207
    with one answer for each."""
    mapping = request.args.get("mapping")
    if mapping is not None:
        require_type(*many.FORMS)
        return many.take_mapped(plant, mapping)
    require_type("application/json", many.NDJSON)
    if request.mimetype == many.NDJSON:
        return many.take_lines(plant)
    body = request.get_data()
    items = record_stream.array_items(body) if record_stream.is_array(body) else None
    if items is not None:
        return many.take_array(plant, items)
    accepted = intake.accept(context(), plant, body)
    response = jsonify(accepted.answer)
    response.status_code = 200 if accepted.repeated else 201
    return response


@blueprint.get("/templates/<kind>.csv")
@anyone
def template(kind: str) -> Response:
    """The header row of a spreadsheet for one kind of record. No secret: the same stands in the catalogue."""
    if kind not in KINDS:
        raise NotFound(f"There is no such kind of record. There are {', '.join(KINDS)}.")
    # The byte-order mark is what makes spreadsheet programs read UTF-8.
    response = Response("\ufeff" + csv_records.template(kind), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={kind}.csv"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/templates/<kind>.xlsx")
@anyone
def workbook(kind: str) -> Response:
    """The same as a workbook, with choices, and a sheet that says what each column means."""
    for known in KINDS:
        if known == kind:
            response = Response(_workbook(known), mimetype=spreadsheets.MEDIA_TYPE)
            response.headers["Content-Disposition"] = f"attachment; filename={kind}.xlsx"
            response.headers["Cache-Control"] = "public, max-age=300"
            return response
    raise NotFound(f"There is no such kind of record. There are {', '.join(KINDS)}.")


_workbook: Final = cache(spreadsheets.template)


@blueprint.get("/drafts/<gtin>/<path:serial>")
@of_plant
def draft(plant: Plant, gtin: str, serial: str) -> Response:
    """What is complete, what is missing, and which article asks for it."""
    return jsonify(drafts.show(context(), identifiers.battery_key(gtin, serial), plant.economic_operator_id))


@blueprint.get("/quarantine")
@of_plant
def quarantine(plant: Plant) -> Response:
    """What was refused and waits, newest first, with its number; all of it, or what is meant."""
    only = quarantine_filter.parse(
        {name: text for name, text in request.args.items() if name in quarantine_filter.MEMBERS}
    )
    return jsonify(intake.quarantine_list(context(), plant, sent_page(), only))


@blueprint.post("/quarantine/replay")
@of_plant_with(scopes.MEND)
def replay_many(plant: Plant) -> Response:
    """Try all that waits and is meant once more, through another version of a mapping if one is named. With
    `dryRun` it is judged and nothing is changed."""
    require_type("application/json")
    given = json_strict.loads(request.get_data())
    if not isinstance(given, dict) or not isinstance(given.get("only"), dict):
        raise MalformedInput(
            'Send an object that says which are meant: {"only": {"mapping": "mes"}}; {} means all.',
            pointer="/only", rule="required",
        )  # fmt: skip
    for name, value in given.items():
        if not isinstance(value, {"only": dict, "mapping": str, "dryRun": bool}.get(name, ())):
            raise MalformedInput(
                "Send only, mapping and dryRun.", pointer=f"/{name[:40]}", rule="unknown-member"
            )
    only = quarantine_filter.parse(given["only"])
    told = replaying.replay_many(
        context(), [plant], only, mapping=given.get("mapping"), dry_run=given.get("dryRun", False)
    )
    return jsonify(told.as_dict())


@blueprint.get("/quarantine/<quarantine_id>")
@of_plant
def quarantined(plant: Plant, quarantine_id: str) -> Response:
    """One refused record with its text, or the plant's own row."""
    return jsonify(replaying.entry(context(), quarantine_id, plant))


@blueprint.post("/quarantine/<quarantine_id>/replay")
@of_plant_with(scopes.MEND)
def replay(plant: Plant, quarantine_id: str) -> Response:
    """Try a refused record again; a body, where there is one, takes the place of the refused text."""
    mended = request.get_data()
    if mended:
        require_type("application/json")
    accepted = replaying.replay(context(), plant, quarantine_id, mended or None, request.args.get("mapping"))
    response = jsonify(accepted.answer)
    response.status_code = 200 if accepted.repeated else 201
    return response


@blueprint.post("/quarantine/<quarantine_id>/dismissal")
@of_plant_with(scopes.MEND)
def dismiss(plant: Plant, quarantine_id: str) -> Response:
    """Close a refused record that will never be accepted; it is kept with the reason."""
    intake.dismiss(context(), plant, quarantine_id, sent_reason(), f"plant {plant.id}"[:32])
    return Response(status=204)


@blueprint.post("/verify")
@anyone
def verify() -> Response:
    """A credential's report. The verdict is in the body: the call itself succeeds."""
    require_type(*CREDENTIAL_BODIES, FORM)
    proof_of_entry = None
    if request.mimetype == FORM:
        data = _part("credential")
        if data is None:
            raise MalformedInput(
                "Send the credential as the part credential.", pointer="/credential", rule="required"
            )
        proof_of_entry = _part("logProof")
    else:
        data = request.get_data()
    report = verification.verify_bytes(
        context(), data, expected_subject=request.args.get("subject"), proof_of_entry=proof_of_entry,
        address=address(),
    )  # fmt: skip
    return jsonify(report.as_dict())


def _part(name: str) -> bytes | None:
    """A part of a form, sent as a file or as text."""
    sent = request.files.get(name)
    if sent is None:
        text = request.form.get(name)
        return None if text is None else text.encode()
    with sent.stream as stream:
        return stream.read()


@blueprint.get("/openapi.json")
@anyone
def document() -> Response:
    """This API, described."""
    response = jsonify(openapi.document(context().settings.origin))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def sent_page() -> int:
    """The number of a page that was asked for. Raises: BadRequest."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise BadRequest("page is a whole number from 1 on.")
    return int(text[:9])


def sent_reason() -> str:
    """The reason that was sent, and nothing else: `{"reason": …}`. Raises: MalformedInput."""
    require_type("application/json")
    given = json_strict.loads(request.get_data())
    reason = given.get("reason") if isinstance(given, dict) and set(given) == {"reason"} else None
    if not isinstance(reason, str):
        raise MalformedInput("Send an object with the reason.", pointer="/reason", rule="reason")
    return reason


def require_type(*accepted: str) -> None:
    """Bodies are taken under their own type only (T33), and as they are: nothing is unpacked here (T28)."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
    if request.mimetype not in accepted:
        raise UnsupportedMediaType(f"Send the body as {accepted[0]}.")
