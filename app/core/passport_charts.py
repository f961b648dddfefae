"""Which charts a passport has, and from which signed values they are drawn."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.core import charts, display, times
from app.core.rows import objects_at, text_at
from app.core.vocabulary import Section

FOOTPRINT_STAGES: Final = (
    ("rawMaterialExtraction", "Raw materials"),
    ("mainProduction", "Production"),
    ("distribution", "Distribution"),
    ("recycling", "End of life"),
)


def bars(sections: Mapping[Section, Mapping[str, Any]]) -> list[charts.BarChart | None]:
    """Charts of parts of a whole; None for what the sections at hand do not tell."""
    public, composition, use = (sections.get(name, {}) for name in ("public", "composition", "use"))
    bands = objects_at(use, "temperatureInformation", "histogram")
    return [
        charts.bar_chart(
            "footprint",
            "Carbon footprint by stage of life",
            "kg CO₂e/kWh",
            [
                (name, text_at(public, "carbonFootprintPerLifecycleStage", at), "")
                for at, name in FOOTPRINT_STAGES
            ],
            what="Largest part of the carbon footprint",
        ),
        charts.bar_chart(
            "materials",
            "What it is made of",
            "kg",
            [
                (
                    text_at(item, "batteryMaterialName"),
                    text_at(item, "batteryMaterialMass"),
                    text_at(item, "batteryMaterialLocation", "componentName"),
                )
                for item in objects_at(composition, "batteryMaterials")
            ],
            what="Largest part of the listed mass",
            sort=True,
        ),
        charts.bar_chart(
            "temperature",
            "Time at each temperature",
            "min",
            [(_band(band), text_at(band, "minutes"), "") for band in bands],
            what="Most of the time",
        ),
    ]


def _band(band: Mapping[str, Any]) -> str:
    return f"{display.number(text_at(band, 'lower'))} to {display.number(text_at(band, 'upper'))} °C"


def lines(sections: Mapping[Section, Mapping[str, Any]]) -> list[charts.LineChart | None]:
    """Charts over time: state of health against what is guaranteed, and cycles."""
    log = objects_at(sections.get("use", {}), "capacityLog")
    warranty = sections.get("warranty", {})
    return [
        charts.line_chart(
            "health",
            "State of health",
            "%",
            log,
            "stateOfHealth",
            name="State of health",
            guarantee=_guarantee(warranty),
            start=_start(warranty),
        ),
        charts.line_chart(
            "cycles",
            "Full cycles",
            "",
            log,
            "fullCycles",
            name="Full cycles",
            floor=Decimal(0),
            start=_start(warranty),
        ),
    ]


def _guarantee(warranty: Mapping[str, Any]) -> list[tuple[float, Decimal]]:
    """Points of the guaranteed curve that are told in years."""
    pairs = [
        (charts.decimal(text_at(point, "years")), charts.decimal(text_at(point, "remainingCapacityPercent")))
        for point in objects_at(warranty, "warranty", "guaranteedCapacity")
    ]
    return [(float(years), least) for years, least in pairs if years is not None and least is not None]


def _start(warranty: Mapping[str, Any]) -> datetime | None:
    try:
        return times.parse(f"{text_at(warranty, 'warranty', 'start')}T00:00:00Z")
    except ValueError:
        return None
