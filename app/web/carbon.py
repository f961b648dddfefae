"""The carbon footprint of a model: the maker's page, and the same by API; the terms as CSV."""

from flask import Blueprint, Response, jsonify, render_template

from app.core import carbon_charts, carbon_report, carbon_view
from app.core.access import Permission
from app.services import footprints
from app.services.footprints import ModelFootprint
from app.services.plants import Plant
from app.web.current import context
from app.web.readers import current_reader, of_plant, requires

blueprint = Blueprint("carbon", __name__)


@blueprint.get("/carbon")
@requires(Permission.READ_DRAFTS)
def every() -> str:
    """Each model with its footprint, and what of it goes into drafts."""
    models = [
        {
            "of": found,
            "plants": [
                {
                    "facility": plant.facility,
                    "counts": footprints.counts(found, plant),
                    "per_kwh": carbon_charts.short(plant.footprint.total.per_kwh)
                    if plant.footprint
                    else None,
                }
                for plant in found.plants
            ],
        }
        for found in footprints.models(context(), current_reader().economic_operator_id or "")
    ]
    return render_template(
        "carbon_models.html", models=models, most=footprints.MAX_MODELS,
        statement=carbon_report.DISCLAIMER,
    )  # fmt: skip


@blueprint.get("/models/<gtin>/carbon")
@requires(Permission.READ_DRAFTS)
def page(gtin: str) -> str:
    """What was calculated for each plant, opened to its terms, beside what was declared."""
    found = _own(gtin)
    plants: list[dict[str, object]] = [
        {
            "of": plant,
            "counts": footprints.counts(found, plant),
            "view": carbon_view.plant(plant.footprint, str(at), found.battery_mass),
            "compared": [
                (each, carbon_view.compare(each.values, plant.footprint))
                for each in found.declared
                if each.values and each.facility in (None, plant.facility)
            ],
        }
        if plant.footprint
        else {"of": plant, "counts": "incomplete", "view": None, "compared": []}
        for at, plant in enumerate(found.plants, start=1)
    ]
    return render_template(
        "carbon.html", found=found, plants=plants, statement=carbon_report.DISCLAIMER,
        unit=carbon_report.FUNCTIONAL_UNIT,
    )  # fmt: skip


@blueprint.get("/models/<gtin>/carbon.csv")
@requires(Permission.READ_DRAFTS)
def page_csv(gtin: str) -> Response:
    """Every term as a row, for the maker's spreadsheet."""
    return _csv(_own(gtin))


@blueprint.get("/api/v1/models/<gtin>/carbon")
@of_plant
def result(plant: Plant, gtin: str) -> Response:
    """Calculated and declared footprint with every term."""
    return jsonify(footprints.as_dict(footprints.of_model(context(), gtin, plant.economic_operator_id)))


@blueprint.get("/api/v1/models/<gtin>/carbon.csv")
@of_plant
def result_csv(plant: Plant, gtin: str) -> Response:
    """Every term as a row."""
    return _csv(footprints.of_model(context(), gtin, plant.economic_operator_id))


def _own(gtin: str) -> ModelFootprint:
    return footprints.of_model(context(), gtin, current_reader().economic_operator_id or "")


def _csv(found: ModelFootprint) -> Response:
    answer = Response(carbon_report.as_csv(found.footprints), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="carbon-{found.gtin}.csv"'
    return answer
