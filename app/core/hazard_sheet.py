"""The hazard sheet: what a recycler or workshop must know before touching the pack, on one screen.

Source: Annex XIII 1(b), 1(s), 2(c), 2(d). Safety comes from the signed sections and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core import display
from app.core.rows import Document, Row, objects_at, text_at, texts_at

PROCEDURES: Final = (
    ("safetyMeasures.safetyInstructions", "Protect yourself"),
    ("safetyMeasures.isolation", "Isolate"),
    ("safetyMeasures.dischargeProcedure", "Discharge"),
)
"""Steps of the hazard sheet in the order of work."""

_STATEMENT: Final = re.compile(r"((?:EU)?[HP]\d{3}[A-Za-z]{0,3}(?:\s?\+\s?[HP]\d{3})*)[:\s]*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Substance:
    """A hazardous substance: `statements` are (code, text), the code empty where there is none."""

    name: str
    identifier: str
    share: str
    classes: tuple[str, ...]
    statements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hazards:
    """What a person must know before touching the pack. `tools`: (tool, what for), in order of use."""

    chemistry: str
    chemistry_words: str
    voltage: str
    mass: str
    fire: tuple[str, ...]
    vent: str
    procedures: tuple[tuple[str, Document], ...]
    substances: tuple[Substance, ...]
    tools: tuple[tuple[str, str], ...]
    manuals: tuple[Document, ...]


def hazards(public: Mapping[str, Any], dismantling: Mapping[str, Any], rows: Mapping[str, Row]) -> Hazards:
    fire = rows.get("safetyMeasures.extinguishingAgent")
    manuals = rows.get("dismantlingAndRemovalInformation")
    procedures = tuple(
        (title, rows[attribute_id].items[0])
        for attribute_id, title in PROCEDURES
        if attribute_id in rows and rows[attribute_id].kind == "documents"
    )
    return Hazards(
        chemistry=text_at(public, "batteryChemistry", "shortName"),
        chemistry_words=text_at(public, "batteryChemistry", "clearName"),
        voltage=_measured(rows, "maximumVoltage") or _measured(rows, "nominalVoltage"),
        mass=_measured(rows, "batteryMass"),
        fire=fire.items if fire and fire.kind == "list" else (),
        vent=_text(rows, "safetyMeasures.ventLocation"),
        procedures=procedures,
        substances=tuple(_substance(item) for item in objects_at(public, "hazardousSubstances")),
        tools=tuple(_tool(item) for item in objects_at(dismantling, "safetyMeasures", "tools")),
        manuals=manuals.items if manuals and manuals.kind == "documents" else (),
    )


def _tool(item: Mapping[str, Any]) -> tuple[str, str]:
    torque = text_at(item, "torque")
    parts = (
        text_at(item, "purpose"),
        text_at(item, "fastener"),
        f"{display.number(torque)} N·m" if torque else "",
    )
    return text_at(item, "tool"), " · ".join(part for part in parts if part)


def _substance(item: Mapping[str, Any]) -> Substance:
    share = text_at(item, "hazardousSubstanceConcentration")
    return Substance(
        name=text_at(item, "hazardousSubstanceName"),
        identifier=text_at(item, "hazardousSubstanceIdentifier"),
        share=f"{display.number(share)} %" if share else "",
        classes=tuple(texts_at(item, "hazardousSubstanceClass")),
        statements=tuple(_statement(text) for text in texts_at(item, "hazardousSubstanceImpact")),
    )


def _statement(text: str) -> tuple[str, str]:
    found = _STATEMENT.match(text)
    return (found[1], found[2]) if found and found[2] else ("", text)


def _measured(rows: Mapping[str, Row], attribute_id: str) -> str:
    found = rows.get(attribute_id)
    return f"{found.text} {found.label.unit}".strip() if found else ""


def _text(rows: Mapping[str, Row], attribute_id: str) -> str:
    found = rows.get(attribute_id)
    return found.text if found else ""
