"""Where a mapping puts a value: the columns of the flat form (core/csv_records), and entries of lists.

`originalPowerCapability.0.powerCapabilityAt` is a member of the first entry of a list, and
`details.modules.*.moduleNumber` one of each entry, in step with the `*` of the column that it comes from.
"""

from functools import lru_cache
from typing import Final

from app.core.catalogue import ValueForm, members_of
from app.core.csv_records import Column, column_of
from app.core.errors import MalformedInput
from app.core.intake import Kind

EACH: Final = "*"
_CLAUSE: Final = "docs/mapping.md, targets"
_KEPT: Final = 8_192


@lru_cache(_KEPT)
def target(to: str, kind: Kind) -> Column:
    """Raises: MalformedInput for a place that records of this kind do not have."""
    if "[" in to:
        raise MalformedInput(
            "Name the unit as the member `unit`, not in brackets.", rule="target", clause=_CLAUSE
        )
    steps = to.split(".")
    cut = next((at for at, step in enumerate(steps) if step == EACH or step.isdecimal()), None)
    if cut is None:
        return column_of(to, kind)
    head = column_of(".".join(steps[:cut]), kind)
    entry = EACH if steps[cut] == EACH else int(steps[cut])
    form, rest = head.form, steps[cut + 1 :]
    if form is None or not (form.is_list or form.type == "series") or (type(entry) is int and entry > 999):
        raise MalformedInput(
            f"{'.'.join(steps[:cut])} is no list with such entries.", rule="target", clause=_CLAUSE
        )
    path: tuple[str | int, ...] = (*head.path, *(("value",) if head.wrapped else ()), entry, *rest)
    if not rest:
        return Column(to, path, form.item)
    found = _inner(form, rest)
    if found is None:
        known = ", ".join(members_of(form)) or "none"
        raise MalformedInput(
            f"An entry of {'.'.join(steps[:cut])} has no member {'.'.join(rest)}. It has: {known}.",
            rule="target", clause=_CLAUSE,
        )  # fmt: skip
    return Column(to, path, found)


def is_in_series(to: str, kind: Kind) -> bool:
    """Whether a place lies in the points of a series, whose numbers carry no unit."""
    steps = to.split(".")
    cut = next((at for at, step in enumerate(steps) if step == EACH or step.isdecimal()), None)
    if cut is None:
        return False
    form = column_of(".".join(steps[:cut]), kind).form
    return form is not None and form.type == "series"


def _inner(form: ValueForm, steps: list[str]) -> ValueForm | None:
    found: ValueForm | None = members_of(form).get(steps[0])
    if found is None or len(steps) == 1:
        return found
    if found.type == "multilingual_text" and len(steps) == 2:
        return ValueForm(type="string")
    return _inner(found, steps[1:]) if found.type in ("object", "document") else None
