"""The EPCIS door: the capture interface of EPCIS 2.0 for a plant's events.

A document is answered when all of it is durable, so its job is finished when its address is told.
Source: EPCIS 2.0, 12.6; T27, T28, T33.
"""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, NotAcceptable

from app.core import epcis_document
from app.services import epcis
from app.services.plants import Plant
from app.web import problems
from app.web.api import require_type
from app.web.current import context
from app.web.readers import of_plant, spend

blueprint = Blueprint("epcis", __name__, url_prefix="/epcis")

MEDIA_TYPES: Final = ("application/json", "application/ld+json")
VERSION: Final = "2.0.0"
_SPOKEN: Final = ("2", "2.0", "2.0.0", "2.0.1")
_TOLD: Final = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-EPCIS-Min": VERSION,
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-EPCIS-Capture-Limit": str(epcis_document.MAX_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(epcis_document.MAX_BYTES),
}


@blueprint.after_request
def versions(response: Response) -> Response:
    """What is spoken here and how much is taken at once, on every answer."""
    response.headers.update(_TOLD)
    return response


@blueprint.post("/capture")
@of_plant
def capture(plant: Plant) -> Response:
    """Events in: 202 with the address of the job that tells what became of them."""
    _require_version()
    request.max_content_length = epcis_document.MAX_BYTES
    require_type(*MEDIA_TYPES)
    sent = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    behaviour = next((known for known in epcis.BEHAVIOURS if known == sent.strip().lower()), None)
    if behaviour is None:
        raise BadRequest(f"GS1-Capture-Error-Behaviour is one of {', '.join(epcis.BEHAVIOURS)}.")
    made = epcis.capture(
        context(), plant, request.get_data(), behaviour, count=lambda events: spend(plant, events)
    )
    response = jsonify(_told(made))
    response.status_code = 202
    response.headers["Location"] = f"/epcis/capture/{made['captureID']}"
    response.headers["GS1-Capture-Error-Behaviour"] = behaviour
    return response


@blueprint.get("/capture")
@of_plant
def jobs(plant: Plant) -> Response:
    """The plant's capture jobs, newest first, a page at a time."""
    _require_version()
    per_page = request.args.get("perPage", "30")
    if not (per_page.isascii() and per_page.isdigit() and 1 <= int(per_page[:9]) <= epcis.MOST_ON_A_PAGE):
        raise BadRequest(f"perPage is a whole number from 1 to {epcis.MOST_ON_A_PAGE}.")
    found, following = epcis.jobs(context(), plant, int(per_page), request.args.get("nextPageToken"))
    response = jsonify([_told(job) for job in found])
    if following is not None:
        query = urlencode({"perPage": per_page, "nextPageToken": following})
        response.headers["Link"] = f'</epcis/capture?{query}>; rel="next"'
    return response


@blueprint.get("/capture/<capture_id>")
@of_plant
def job(plant: Plant, capture_id: str) -> Response:
    """One capture job."""
    _require_version()
    return jsonify(_told(epcis.job(context(), plant, capture_id)))


def _require_version() -> None:
    if request.headers.get("GS1-EPCIS-Version", VERSION).strip() not in _SPOKEN:
        raise NotAcceptable(f"EPCIS {VERSION} is spoken here.")


def _told(job: dict[str, Any]) -> dict[str, Any]:
    """With its errors as problems (RFC 9457)."""
    return {**job, "errors": [problems.of_kept(error) for error in job["errors"]]}
