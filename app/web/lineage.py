"""Where values come from: the maker's pages, the same by API for a plant, and each record as it was sent."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from app.core.access import Permission
from app.core.errors import NotFound
from app.core.sections import SECTION_INFO
from app.services import lineage, reading
from app.services.lineage import Lineage
from app.services.plants import Plant
from app.web.current import context
from app.web.documents import well_formed
from app.web.readers import current_reader, of_plant, requires

blueprint = Blueprint("lineage", __name__)


@blueprint.get("/passports/<uuid>/lineage")
@requires(Permission.READ_DRAFTS)
def page(uuid: str) -> str:
    """Every value of the newest versions, or of one version, with the record behind it."""
    found = _asked(uuid, _operator())
    return render_template(
        "lineage.html", found=found, section_info=SECTION_INFO, section=request.args.get("section"),
        query=request.query_string.decode("ascii", "ignore"),
    )  # fmt: skip


@blueprint.get("/passports/<uuid>/lineage.csv")
@requires(Permission.READ_DRAFTS)
def page_csv(uuid: str) -> Response:
    """The same for the maker's spreadsheet."""
    return _csv(_asked(uuid, _operator()))


@blueprint.get("/passports/<uuid>/lineage.json")
@requires(Permission.READ_DRAFTS)
def page_json(uuid: str) -> Response:
    """The same for the maker's programs."""
    return jsonify(lineage.as_dict(_asked(uuid, _operator())))


@blueprint.get("/api/v1/passports/<uuid>/lineage")
@of_plant
def result(plant: Plant, uuid: str) -> Response:
    """Every value with the record behind it, for a plant of the maker."""
    return jsonify(lineage.as_dict(_asked(uuid, plant.economic_operator_id)))


@blueprint.get("/api/v1/passports/<uuid>/lineage.csv")
@of_plant
def result_csv(plant: Plant, uuid: str) -> Response:
    """The same as rows."""
    return _csv(_asked(uuid, plant.economic_operator_id))


@blueprint.get("/records/<plant_id>/<record_id>")
@requires(Permission.READ_DRAFTS)
def record(plant_id: str, record_id: str) -> str:
    """One accepted record: how it came in, and its text."""
    return render_template("record.html", record=lineage.record(context(), plant_id, record_id, _operator()))


@blueprint.get("/api/v1/records/<record_id>")
@of_plant
def own_record(plant: Plant, record_id: str) -> Response:
    """One accepted record of the plant that asks."""
    return jsonify(lineage.record(context(), plant.id, record_id, plant.economic_operator_id))


def of_page(uuid: str) -> dict[str, Any]:
    """For the passport's own page: the records behind it, and nothing for anybody but its maker."""
    reader = current_reader()
    if Permission.READ_DRAFTS not in reader.permissions:
        return {}
    try:
        return {"lineage": lineage.of_passport(context(), uuid, reader.economic_operator_id or "")}
    except NotFound:
        return {}


def _operator() -> str:
    return current_reader().economic_operator_id or ""


def _asked(uuid: str, operator: str) -> Lineage:
    """What `?section=` and `?version=` ask for. Raises: NotFound."""
    section, version = request.args.get("section"), request.args.get("version")
    if version is not None and not (version.isascii() and version.isdigit() and len(version) <= 9):
        raise NotFound(reading.NOTHING)
    return lineage.of_passport(
        context(), well_formed(uuid), operator, section, None if version is None else int(version)
    )


def _csv(found: Lineage) -> Response:
    answer = Response(lineage.as_csv(found), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="lineage-{found.uuid}.csv"'
    return answer
