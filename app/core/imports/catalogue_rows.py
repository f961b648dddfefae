"""The table of each format: read from data, and for EN 18223 made from the catalogue besides.

EN 18223 leaves the content free. So its elements are taken by the ids of our own catalogue, by the names of
the Battery Pass data model and by those of the OpenEPCIS battery vocabulary; any other name is unknown.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from app.core import units
from app.core.catalogue import CATALOGUE, ValueForm, fields_of, list_parent
from app.core.imports import formats, tables
from app.core.imports.tables import Row, Table

_UNITS: Final = ("../unit", "../unitOfMeasure", "../unitCode")
_TIMES: Final = ("observedAt", "lastUpdate", "lastUpdated")
_NAMES: Final = {
    formats.BATTERY_PASS: "battery-pass",
    formats.CATENA_X: "catena-x",
    formats.READY: "batterypass-ready",
    formats.IDTA: "idta",
    formats.EN_18223: "en-18223",
}


@cache
def table_of(name: str) -> Table:
    """The table of a format, by its id in `formats`."""
    rows = list(tables.rows_in(_NAMES[name]))
    if name != formats.EN_18223:
        return tables.made(rows)
    known = {row.source.lower() for row in rows}
    own = [row for row in _of_catalogue() if row.source.lower() not in known]
    known |= {row.source.lower() for row in own}
    battery_pass = [
        moved
        for row in tables.rows_in("battery-pass")
        if (moved := replace(row, source=f"passport:{row.source.partition(':')[2]}")).source.lower()
        not in known
    ]
    return tables.made([*rows, *own, *battery_pass], loose=True)


def _of_catalogue() -> Iterator[Row]:
    """Rows for elements that carry the ids of our own catalogue, dotted or nested."""
    for attribute in CATALOGUE:
        if attribute.system or list_parent(attribute) is not None:
            continue
        nested = "/".join(attribute.path)
        for place in dict.fromkeys((nested, attribute.id)):
            yield from _members(attribute, place, attribute.id, dynamic=attribute.dynamic)
            if attribute.wrapped and (attribute.is_list or attribute.shape is not None):
                for row in _members(attribute, f"{place}/value", attribute.id):
                    steps = row.source.removeprefix(f"passport:{place}/value").count("/") + 1
                    yield _dated(row, "/".join([".."] * steps))


def _dated(row: Row, up: str) -> Row:
    """With the time and the source of a reading, which stand at `up`."""
    return replace(
        row,
        time_at=tuple(f"{up}/{name}" for name in _TIMES),
        source_at=(f"{up}/source",),
    )


def _members(
    form: ValueForm, place: str, to: str, *, dynamic: bool = False, entry: bool = False
) -> Iterator[Row]:
    source = f"passport:{place}"
    if form.is_list and not entry:
        yield from _members(form if form.shape else form.item, f"{place}/[]", f"{to}/[]", entry=True)
    elif form.shape is not None and form.type != "series":
        if form.type == "document":
            yield Row(source=source, to=to)
            yield Row(source=f"{source}/contentType", to=f"{to}/mediaType")
            yield Row(source=f"{source}/resourceTitle", to=f"{to}/documentTitle")
        for field in fields_of(form):
            yield from _members(field, f"{place}/{field.name}", f"{to}/{field.name}")
    elif form.type == "multilingual_text":
        yield Row(source=f"{source}/*", to=f"{to}/*")
        yield Row(source=source, to=to)
    elif form.type != "series":
        yield Row(source=source, to=to, unit=form.unit, note=_unsaid(form.unit))
        value = Row(source=f"{source}/value", to=to, unit=form.unit, unit_at=_UNITS if form.unit else ())
        yield _dated(value, "..") if dynamic else value


def _unsaid(unit: str | None) -> str | None:
    if unit is None or unit in units.COUNTS:
        return None
    return f"no unit is named: taken as {unit}, as the attribute asks for"
