"""The board of the line: counts, why packs wait, and each battery by filter; as page, by API, as a file."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from app.core.access import Permission
from app.core.errors import MalformedInput
from app.services import board, keys, models
from app.services.plants import Plant
from app.web.current import context
from app.web.readers import current_reader, of_plant, requires

blueprint = Blueprint("board", __name__)

STATES: Final = {
    "making": "In the making",
    "waiting": "Waiting",
    "issued": "Issued",
    "suspended": "Suspended",
    "revoked": "Revoked",
}
TOP: Final = 5
"""Reasons that are shown at once; the others are folded."""
SHOWN: Final = 25
"""Batteries on one page."""
_NAMES: Final = ("state", "plant", "gtin", "lot", "reason", "text", "from", "to")


@blueprint.get("/drafts")
@requires(Permission.READ_DRAFTS)
def page() -> str:
    """The line at a glance, and its batteries, the newest first."""
    ctx = context()
    wanted = _wanted()
    counts = board.counts(ctx, wanted.plant)
    return render_template(
        "drafts.html",
        counts=counts,
        reasons=_reasons(counts["waiting"], wanted.reason),
        page=board.page(ctx, wanted, request.args.get("after"), SHOWN),
        top=TOP,
        wanted=wanted,
        query=urlencode(wanted.as_query()),
        plants=board.plants(ctx),
        states=STATES,
        name_of=board.name_of,
        cannot_sign=keys.trouble(ctx),
    )


@blueprint.get("/board.json")
@requires(Permission.READ_DRAFTS)
def figures() -> Response:
    """The counts, for the page that looks again by itself."""
    return jsonify(board.counts(context(), _of_plant()))


@blueprint.get("/drafts.csv")
@requires(Permission.READ_DRAFTS)
def page_csv() -> Response:
    """Every battery of the filter as rows."""
    return _streamed(board.csv_lines(board.export(context(), _wanted())), "text/csv", "line.csv")


@blueprint.get("/drafts.json")
@requires(Permission.READ_DRAFTS)
def page_json() -> Response:
    """Every battery of the filter as one array."""
    return _streamed(board.json_lines(board.export(context(), _wanted())), "application/json", "line.json")


@blueprint.get("/api/v1/board")
@of_plant
def counted(_plant: Plant) -> Response:
    """The counts by API, of all plants or of one."""
    return jsonify(board.counts(context(), _of_plant()))


@blueprint.get("/api/v1/drafts")
@of_plant
def listed(_plant: Plant) -> Response:
    """Batteries by filter, a page at a time."""
    limit = request.args.get("limit", str(board.PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= board.MOST):
        raise MalformedInput(f"Ask for 1 to {board.MOST}.", pointer="/limit", rule="limit")
    found = board.page(context(), _wanted(), request.args.get("after"), int(limit))
    return jsonify({"batteries": list(found.batteries), "after": found.after})


def _reasons(waiting: list[dict[str, Any]], chosen: str | None) -> dict[str, str]:
    """What can be chosen: what is lacking now, what else keeps a pack, and what is chosen already."""
    found = {each["reason"]: each["name"] for each in waiting} | dict(board.WORDS)
    return found | ({chosen: board.name_of(chosen)} if chosen else {})


@blueprint.get("/models/<gtin>/completeness")
@requires(Permission.READ_DRAFTS)
def model_page(gtin: str) -> str:
    """What a model has, what it lacks, what is due later, and its batches."""
    found = models.as_dict(models.of_model(context(), gtin, current_reader().economic_operator_id or ""))
    return render_template(
        "model.html",
        model=found,
        missing=[one for one in found["findings"] if one["state"] in ("missing", "implausible")],
        later=[one for one in found["findings"] if one["state"] == "not-yet-due"],
    )


@blueprint.get("/api/v1/models/<gtin>/completeness")
@of_plant
def model(plant: Plant, gtin: str) -> Response:
    """What a model has, lacks and will owe."""
    return jsonify(models.as_dict(models.of_model(context(), gtin, plant.economic_operator_id)))


def _wanted() -> board.Filter:
    return board.asked({name: request.args[name] for name in _NAMES if name in request.args})


def _of_plant() -> str | None:
    return board.asked({"plant": request.args.get("plant", "")}).plant


def _streamed(chunks: Any, media_type: str, name: str) -> Response:
    answer = Response(chunks, mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
