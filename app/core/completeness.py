"""What a draft still lacks, row by row, and the one gate through which a passport becomes complete.

For each attribute the category's obligation decides: required and conditional rows can be missing, optional
ones and those not yet due never. A conditional row applies by its condition, or else needs a value or the
maker's reason why it does not apply. Rows without an official data point are optional by the catalogue, so
they never block. What the system fills in itself is not asked for.

Source: Art. 77(2)-(4), Annex XIII; Commission list of data points for February 2027.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.core.catalogue import CATALOGUE, Attribute, ObligationKind, by_id, list_parent, of_section
from app.core.errors import IncompletePassport
from app.core.nesting import nest
from app.core.passport import Draft
from app.core.plausibility import contradictions
from app.core.vocabulary import CATEGORIES, SECTIONS, Category, Level, Section

State = Literal["missing", "present", "not-applicable", "not-yet-due", "optional", "implausible"]

_ASKED: Final = tuple(row for row in CATALOGUE if not row.system)
"""Rows that the maker is asked for."""

_NEVER_BLOCKING: Final[frozenset[Section]] = frozenset({"use"})


@dataclass(frozen=True, slots=True)
class Finding:
    """How one attribute stands. `level` is who supplies it; `why` is one sentence for the factory."""

    attribute_id: str
    name: str
    state: State
    obligation: ObligationKind
    section: Section
    clause: str
    annex_point: str
    ec_datapoint: int | None
    level: Level
    why: str

    @property
    def blocks(self) -> bool:
        """Whether the passport cannot be issued because of this.

        Rows of the `use` section are owed once the battery is in service; they are shown as missing, but a
        passport that is out must still take a reading that holds only some of them.
        """
        return self.state == "implausible" or (
            self.state == "missing" and self.section not in _NEVER_BLOCKING
        )

    def as_dict(self) -> dict[str, Any]:
        """Public form, as in a problem document."""
        return {
            "id": self.attribute_id,
            "name": self.name,
            "state": self.state,
            "obligation": self.obligation,
            "section": self.section,
            "clause": self.clause,
            "annexPoint": self.annex_point,
            "dataPoint": self.ec_datapoint,
            "level": self.level,
            "why": self.why,
        }


def findings(draft: Draft, category: Category | None = None) -> tuple[Finding, ...]:
    """One finding for each attribute the maker can supply, in catalogue order, then what is implausible.

    Without `category` the draft's own counts; if that is unknown too, a row counts as required only where
    every category requires it.
    """
    known = category or draft.category
    return tuple(_finding(row, *_judge(row, draft, known)) for row in _ASKED) + _odd(draft, known)


def blocking(draft: Draft) -> tuple[Finding, ...]:
    """The findings that keep this draft from being issued."""
    category = draft.category
    judged = ((row, *_judge(row, draft, category)) for row in _ASKED if row.section not in _NEVER_BLOCKING)
    missing = tuple(_finding(*each) for each in judged if each[2] == "missing")
    return missing + _odd(draft, category)


def owed(found: Iterable[Finding]) -> tuple[int, int]:
    """How many attributes are owed before issuing, and how many of these are there. What is owed only in
    service counts once it is there."""
    known = list(found)
    asked = {one.attribute_id for one in known if one.obligation in ("required", "conditional")}
    lacking = {one.attribute_id for one in known if one.blocks}
    later = {one.attribute_id for one in known if one.state == "missing"} - lacking
    return len(asked - later), len(asked - later - lacking)


def require(draft: Draft) -> "CompletePassport":
    """`draft` as a complete passport. Raises: IncompletePassport with every row that blocks."""
    category = draft.category
    blockers = blocking(draft)
    if blockers or category is None or draft.serial is None:
        raise IncompletePassport([finding.as_dict() for finding in blockers])
    return CompletePassport(draft, category, _GATE)


_GATE: Final = object()


class CompletePassport:
    """A draft that may be issued. Only `require` makes one."""

    __slots__ = ("_subjects", "category", "draft", "gtin", "lot", "serial")

    def __init__(self, draft: Draft, category: Category, gate: object) -> None:
        if gate is not _GATE or draft.serial is None:
            raise TypeError("only completeness.require makes a CompletePassport")
        self.draft = draft
        self.category = category
        self.gtin = draft.gtin
        self.serial = draft.serial
        self.lot = draft.lot
        self._subjects = {section: _subject(draft, section) for section in SECTIONS}

    def subject(self, section: Section) -> dict[str, Any]:
        """What the maker says in `section`, nested; id, type and header are the system's."""
        return dict(self._subjects[section])


def _subject(draft: Draft, section: Section) -> dict[str, Any]:
    values: Mapping[str, Any] = {
        row.id: draft.values[row.id].value
        for row in of_section(section)
        if not row.system and row.id in draft.values
    }
    return nest(values)


# --- one row


def _judge(row: Attribute, draft: Draft, category: Category | None) -> tuple[ObligationKind, State, str]:
    kind = _kind(row, category)
    return kind, *_state(row, draft, kind, category)


def _odd(draft: Draft, category: Category | None) -> tuple[Finding, ...]:
    found = ((by_id(each.attribute_ids[0]), each.why) for each in contradictions(draft))
    return tuple(
        _finding(row, _kind(row, category), "implausible", why) for row, why in found if row is not None
    )


def _finding(row: Attribute, kind: ObligationKind, state: State, why: str) -> Finding:
    return Finding(
        attribute_id=row.id,
        name=row.name,
        state=state,
        obligation=kind,
        section=row.section,
        clause=row.clause,
        annex_point=row.annex_point,
        ec_datapoint=row.ec_datapoint,
        level=row.granularity,
        why=why,
    )


def _kind(row: Attribute, category: Category | None) -> ObligationKind:
    if category is not None:
        return row.obligation[category].kind
    kinds = {row.obligation[each].kind for each in CATEGORIES}
    return kinds.pop() if len(kinds) == 1 else "optional"


def _state(
    row: Attribute, draft: Draft, kind: ObligationKind, category: Category | None
) -> tuple[State, str]:
    if _present(row, draft):
        return "present", "given"
    reason = draft.not_applicable.get(row.id)
    if kind == "required":
        if reason is not None:
            return "missing", "required for this battery category; a reason does not replace the value"
        return "missing", _ask(row)
    if reason is not None:
        return "not-applicable", str(reason.value)
    if kind == "conditional":
        return _conditional(row, draft)
    if kind == "not-yet-due":
        due = row.obligation[category or "ev"].due
        return "not-yet-due", f"welcome, owed from: {due}"
    return "optional", "welcome"


def _conditional(row: Attribute, draft: Draft) -> tuple[State, str]:
    condition = row.condition
    if condition is None:
        return "missing", _ask(row)
    if condition.present is None:
        why = f"owed if {condition.when}; give the value, or say under notApplicable why it does not apply"
        return "missing", why
    trigger = by_id(condition.present)
    if trigger is not None and _present(trigger, draft):
        return "missing", f"owed because {condition.when}"
    return "not-applicable", f"owed once {condition.when}"


def _present(row: Attribute, draft: Draft) -> bool:
    """A field of list entries is present when every entry has it."""
    parent = list_parent(row)
    if parent is None:
        return row.id in draft.values
    entries = draft.value(parent.id)
    return bool(entries) and all(row.path[-1] in entry for entry in entries)


def _ask(row: Attribute) -> str:
    parent = list_parent(row)
    where = f" inside each entry of {parent.id}" if parent is not None else ""
    return f"give it{where} in a record of the {' or '.join(row.levels)}"
