"""The catalogue as a page of tables: `python -m app.core.attribute_table`.

Its output is `docs/attributes.md`; a test compares the two.
"""

import sys
from collections.abc import Iterable
from typing import Final

from app.core import units
from app.core.catalogue import CATALOGUE, GROUPS, SHAPES, Attribute, Obligation
from app.core.sections import ROLES, SECTION_INFO
from app.core.vocabulary import CATEGORIES, SECTIONS

_MARKS: Final = {"required": "required", "conditional": "if", "optional": "–", "not-yet-due": "later"}
_INTRODUCTION: Final = """# Attributes of a battery passport

Made from `app/core/data/catalogue.json` by `python -m app.core.attribute_table`; a test keeps it current.

Each attribute belongs to one section; a section is signed alone and read by the roles below. Obligations hold
for 18 February 2027: **required**; **if**: owed on the condition in the last column; **later**: not yet due,
welcome; **–**: optional. Rows without an official data point never block issuing. Stationary batteries are
industrial batteries with Annex VII.

In a record, a measured value is an object of value and unit. In a passport it is a text in the unit given
here; a dynamic value is an object of `value`, `observedAt` and `source`. Dotted ids nest.
"""


def page() -> str:
    """The whole page, ending in a line break."""
    parts = [_INTRODUCTION, "## Who reads which section\n", _roles()]
    for group, title in GROUPS.items():
        rows = [row for row in CATALOGUE if row.group == group]
        parts += [f"\n## {title}\n", _table(rows)]
    parts += ["\n## Nested values\n", _shapes()]
    return "\n".join(parts) + "\n"


def _roles() -> str:
    head = ["section", "what it is", "Annex XIII point", "read by"]
    lines = [
        [
            f"`{name}`",
            SECTION_INFO[name].about,
            SECTION_INFO[name].annex_point,
            ", ".join(role.name for role in ROLES.values() if name in role.sections),
        ]
        for name in SECTIONS
    ]
    return _lines(head, lines)


def _table(rows: Iterable[Attribute]) -> str:
    head = ["id", "what it is", "unit", "section", "set for", *CATEGORIES, "source", "condition or date"]
    return _lines(head, [_row(row) for row in rows])


def _row(row: Attribute) -> list[str]:
    supplier = "the system" if row.system else ", ".join(row.levels)
    point = f"; data point {row.ec_datapoint}" if row.ec_datapoint is not None else ""
    return [
        f"`{row.id}`",
        f"**{row.name}**: {row.definition}",
        units.label(row.unit),
        row.section if row.carried == "subject" else f"{row.section} (not signed)",
        supplier,
        *(_MARKS[row.obligation[category].kind] for category in CATEGORIES),
        f"{row.clause}{point}",
        _when(row),
    ]


def _shapes() -> str:
    head = ["value", "member", "what it is", "type", "unit", "needed"]
    used = {row.shape for row in CATALOGUE}
    while more := {field.shape for name in used if name for field in SHAPES[name].fields} - used:
        used |= more
    lines = [
        [f"`{name}`: {shape.title}" if first else "", f"`{field.name}`", field.definition, field.type,
         units.label(field.unit), "yes" if field.required else ""]
        for name, shape in SHAPES.items()
        if name in used
        for first, field in ((index == 0, field) for index, field in enumerate(shape.fields))
    ]  # fmt: skip
    return _lines(head, lines)


def _when(row: Attribute) -> str:
    dues = {owed.due for owed in _owed(row) if owed.due}
    words = [f"if {row.condition.when}"] if row.condition is not None else []
    return "; ".join([*words, *sorted(dues)])


def _owed(row: Attribute) -> tuple[Obligation, ...]:
    return tuple(row.obligation[category] for category in CATEGORIES)


def _lines(head: list[str], rows: list[list[str]]) -> str:
    table = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in table)


if __name__ == "__main__":
    sys.stdout.write(page())
