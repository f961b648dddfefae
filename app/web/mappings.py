"""Mappings by API: a plant's own columns, saved by version, and read back as TOML or JSON."""

from typing import Final

from flask import Blueprint, Response, jsonify, request

from app.core import mapping_text
from app.services import mappings
from app.services.plants import Plant
from app.web.api import require_type
from app.web.current import context
from app.web.readers import of_plant

blueprint = Blueprint("mappings", __name__, url_prefix="/api/v1/mappings")
TOML: Final = "application/toml"


@blueprint.get("")
@of_plant
def listed(plant: Plant) -> Response:
    """Every mapping of the plant with its newest version."""
    return jsonify({"mappings": mappings.listed(context(), plant)})


@blueprint.post("")
@of_plant
def save(plant: Plant) -> Response:
    """Keep a mapping as the newest version of its name: 201. The very same as before: 200."""
    require_type(TOML, "application/json")
    saved = mappings.save(context(), plant, request.get_data(), f"plant {plant.id}")
    response = jsonify({"mapping": saved.reference, "name": saved.name, "version": saved.version})
    response.status_code = 201 if saved.is_new else 200
    return response


@blueprint.get("/<mapping_name>")
@of_plant
def one(plant: Plant, mapping_name: str) -> Response:
    """One mapping, its newest version or `?version=`, as JSON, or as TOML where that is asked for."""
    version = request.args.get("version")
    found = mappings.get(context(), plant, f"{mapping_name}:{version}" if version else mapping_name)
    if request.accept_mimetypes.best_match(["application/json", TOML]) == TOML:
        return Response(mapping_text.dumps(found.mapping.document), mimetype=TOML)
    versions = mappings.versions(context(), plant, found.mapping.name)
    return jsonify({"mapping": found.reference, "document": found.mapping.document, "versions": versions})
