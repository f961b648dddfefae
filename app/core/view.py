"""What the passport page shows, worked out from signed sections: the template only draws it.

Contract with the template and the route:

    view = passport_view(sections, reports, state=..., signer=...)

sections   section name -> `credentialSubject` of the newest stored credential. Only sections that the reader
           may read are passed in: what is not passed in cannot leak (T11).
reports    section name -> `Report.as_dict()` of the same bytes. A section without a report is not shown.
state      the passport's own state: issued, suspended, revoked.
signer     the issuer's name from the trust list; empty where it is not on it (T3).

view.verdict     `Verdict`: the card at the top; `shows_data` False empties everything below it
view.sections    `SectionView` for each section passed in: title, verdict, checks
view.head        `Head` or None: what it is, who made it, the figures to compare with the plate (T2)
view.hazards     `Hazards` or None: one screen for recycler and workshop, where a restricted section is there
view.bars, view.lines   charts; each with a sentence and a table
view.groups      `Group` of `Row`, in catalogue order
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core import charts, display, passport_charts
from app.core import verdict as verdicts
from app.core.hazard_sheet import Hazards, hazards
from app.core.rows import GUIDE, Guide, Label, Row, find, row, text_at
from app.core.sections import SECTION_INFO
from app.core.verdict import Finding, Verdict
from app.core.vocabulary import SECTIONS, Section

FIGURES: Final = (
    ("ratedCapacity", "Capacity"),
    ("certifiedUsableBatteryEnergy", "Usable energy"),
    ("nominalVoltage", "Nominal voltage"),
    ("batteryMass", "Mass"),
)
"""Attributes in the head, with the short names they have there."""

PARTICULARS: Final = (
    ("batteryCategory", "Category"),
    ("batterySerialNumber", "Serial"),
    ("manufacturerInformation.postalAddress", "Manufacturer"),
    ("manufacturingPlace", "Made in"),
    ("manufacturingDate", "Made"),
    ("batteryMass", "Mass"),
    ("ratedCapacity", "Capacity"),
    ("batteryChemistry", "Chemistry"),
    ("hazardousSubstances", "Hazardous substances"),
    ("safetyMeasures.extinguishingAgent", "Extinguishing agent"),
    ("criticalRawMaterials", "Critical raw materials"),
)
"""Annex VI Part A, points 1 to 10, in the order of the law as far as the label's reader is served by it."""
METALS: Final = "labels.hazardousMaterial"

_WORTH_SHARING: Final = 3
_METAL: Final = re.compile("Cd|Pb")
_METALS: Final = re.compile(r"(Cd|Pb)(\W+(Cd|Pb))?")
_HAZARD_SECTIONS: Final = frozenset({"composition", "dismantling"})
_DRAWN: Final = frozenset({"capacityLog"})
"""Attributes whose table stands with their chart."""


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Head:
    """The battery in one look. `category` is the code, `what` its plain word."""

    category: str
    what: str
    maker: str
    model: str
    serial: str
    chemistry: str
    chemistry_words: str
    made: str
    place: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """One signed section: its own verdict and checks."""

    name: Section
    title: str
    verdict: Verdict
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading. `observed` is what most dynamic values share, said once for all of them."""

    id: str
    title: str
    rows: tuple[Row, ...]
    observed: str


@dataclass(frozen=True, slots=True)
class PassportView:
    verdict: Verdict
    sections: tuple[SectionView, ...]
    head: Head | None
    hazards: Hazards | None
    bars: tuple[charts.BarChart, ...]
    lines: tuple[charts.LineChart, ...]
    groups: tuple[Group, ...]

    @property
    def particulars(self) -> tuple[tuple[str, str], ...]:
        """What Annex VI Part A asks for on the label beside maker and model, as (name, text)."""
        rows = {found.label.id: found for group in self.groups for found in group.rows}
        return tuple(
            (name, _short(rows[attribute_id])) for attribute_id, name in PARTICULARS if attribute_id in rows
        )

    @property
    def metals(self) -> tuple[str, ...]:
        """`Cd` and `Pb`, where the maker says that they stand beneath the bin (Annex VI Part B)."""
        rows = [found for group in self.groups for found in group.rows if found.label.id == METALS]
        titles = [item.title for found in rows if found.kind == "documents" for item in found.items]
        return tuple(word for title in titles if _METALS.fullmatch(title) for word in _METAL.findall(title))


def passport_view(
    sections: Mapping[Section, Mapping[str, Any]],
    reports: Mapping[Section, Mapping[str, Any]],
    *,
    state: str = "issued",
    signer: str = "",
    guide: Guide = GUIDE,
) -> PassportView:
    """The page of one passport for one reader. Nothing of a section that is not verified is in it (T1)."""
    seen = tuple(
        SectionView(name, SECTION_INFO[name].title, verdicts.of_report(report), verdicts.findings(report))
        for name in SECTIONS
        if name in sections
        for report in (reports.get(name),)
    )
    told = verdicts.overall([section.verdict for section in seen], state, signer)
    if not told.shows_data:
        return PassportView(told, seen, None, None, (), (), ())
    rows = tuple(_rows(sections, guide))
    by_id = {found.label.id: found for found in rows}
    public = sections.get("public", {})
    return PassportView(
        told,
        seen,
        _head(public, by_id),
        hazards(public, sections.get("dismantling", {}), by_id)
        if _HAZARD_SECTIONS & sections.keys()
        else None,
        tuple(chart for chart in passport_charts.bars(sections) if chart),
        tuple(chart for chart in passport_charts.lines(sections) if chart),
        _groups(rows, guide),
    )


def _rows(sections: Mapping[Section, Mapping[str, Any]], guide: Guide) -> list[Row]:
    rows = []
    for label in guide.labels:
        subject = sections.get(label.section)
        if subject is None or label.id in _DRAWN:
            continue
        value = _value(subject, label)
        if value is not None and (found := row(label, value)) is not None:
            rows.append(found)
    return rows


def _value(subject: Mapping[str, Any], label: Label) -> Any:
    path = label.path
    return subject.get(path[0]) if len(path) == 1 else find(subject, path)


def _groups(rows: Sequence[Row], guide: Guide) -> tuple[Group, ...]:
    by_group: dict[str, list[Row]] = {name: [] for name in guide.groups}
    for found in rows:
        by_group[found.label.group].append(found)
    return tuple(
        Group(name, guide.groups[name], tuple(found), _shared(found))
        for name, found in by_group.items()
        if found
    )


def _shared(rows: Sequence[Row]) -> str:
    counted = Counter(found.observed for found in rows if found.observed)
    said, times_said = counted.most_common(1)[0] if counted else ("", 0)
    return said if times_said >= _WORTH_SHARING else ""


def _text(rows: Mapping[str, Row], attribute_id: str) -> str:
    found = rows.get(attribute_id)
    return found.text if found else ""


def _short(found: Row) -> str:
    """A row in one line, for a label: names only where a row holds many things."""
    if found.kind == "list":
        return "; ".join(found.items)
    if found.kind == "map":
        return str(found.items[0][1])
    if found.kind == "table":
        return ", ".join(cells[0] for cells in found.items)
    if found.kind == "records":
        return ", ".join(record[0][1] for record in found.items)
    return f"{found.text} {found.label.unit}".strip()


def _head(public: Mapping[str, Any], rows: Mapping[str, Row]) -> Head:
    town = text_at(public, "manufacturingPlace", "locality")
    country = display.country(text_at(public, "manufacturingPlace", "addressCountry"))
    category = text_at(public, "batteryCategory")
    return Head(
        category=category,
        what=display.word(category),
        maker=_text(rows, "manufacturerInformation.contactName"),
        model=_text(rows, "batteryModelIdentifier"),
        serial=_text(rows, "batterySerialNumber"),
        chemistry=text_at(public, "batteryChemistry", "shortName"),
        chemistry_words=text_at(public, "batteryChemistry", "clearName"),
        made=_text(rows, "manufacturingDate"),
        place=", ".join(part for part in (town, country) if part),
        figures=tuple(
            Figure(name, rows[attribute_id].text, rows[attribute_id].label.unit)
            for attribute_id, name in FIGURES
            if attribute_id in rows
        ),
    )
