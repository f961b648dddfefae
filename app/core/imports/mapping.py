"""The walk: every value of a document meets its row, is read, and put in its place, or told why not."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from app.core.catalogue import Attribute, ValueForm, by_id, members_of
from app.core.errors import MalformedInput
from app.core.imports import convert, readers, words
from app.core.imports.assembling import Assembly
from app.core.imports.convert import Read
from app.core.imports.leaves import Leaf, Part, Steps
from app.core.imports.outcomes import Outcome
from app.core.imports.readers import Document
from app.core.imports.tables import Row, Table, beside, squashed

UNKNOWN: Final = "The table of this format does not know it."


class Mapped:
    """What one document says: assemblies by attribute, what names the battery, an outcome for each value."""

    def __init__(self) -> None:
        self.assemblies: dict[str, Assembly] = {}
        self.subject: dict[str, list[tuple[str, Outcome]]] = {}
        self.outcomes: list[Outcome] = []
        self.helpers: list[tuple[Outcome, list[Outcome]]] = []
        self.cited: dict[str, list[Outcome]] = {}
        """Values that name a document, by the place of each value of that document."""

    def settle(self) -> None:
        """Once the values are checked: a unit, time or kind shares the fate of what it stands beside."""
        for outcome, of in self.helpers:
            taken = next((one for one in of if one.status == "mapped"), None)
            first = taken or (of[0] if of else None)
            outcome.attribute = first.attribute if first else None
            outcome.status = "mapped" if taken else "notTaken"
            outcome.record = taken.record if taken else None
            outcome.reason = (
                "read with the value that it stands beside"
                if taken
                else "The value that it stands beside was not taken."
            )


def mapped(table: Table, parts: tuple[Part, ...]) -> Mapped:
    """Walk over all parts. Nothing is checked by the catalogue yet."""
    found = Mapped()
    documents: dict[str, Document] = {}
    by_part: list[tuple[Part, dict[Steps, Leaf]]] = []
    for part in parts:
        leaves = {lower(leaf.steps): leaf for leaf in part.leaves()}
        by_part.append((part, leaves))
        documents.update(readers.documents_in(leaves))
    for part, leaves in by_part:
        _Walk(table, part, leaves, documents, found).all()
    found.helpers.extend(
        (outcome, found.cited[outcome.leaf.pointer])
        for outcome in found.outcomes
        if outcome.leaf.pointer in found.cited
    )
    return found


def lower(steps: Steps) -> Steps:
    return tuple(squashed(step) for step in steps)


class _Walk:
    def __init__(
        self,
        table: Table,
        part: Part,
        leaves: Mapping[Steps, Leaf],
        documents: readers.Documents,
        into: Mapped,
    ) -> None:
        self.table, self.part, self.leaves, self.documents, self.into = table, part, leaves, documents, into
        self.helped: dict[Steps, list[Outcome]] = {}
        self.firsts: dict[str, str] = {}
        self.no_times: dict[Steps, str] = {}

    def all(self) -> None:
        outcomes: dict[Steps, Outcome] = {}
        for leaf in self.part.leaves():
            outcome = Outcome(leaf, "unknown", reason=UNKNOWN)
            self.into.outcomes.append(outcome)
            outcomes[lower(leaf.steps)] = outcome
            self._one(leaf, outcome)
        for place, outcome in outcomes.items():
            general = outcome.status == "unknown" or (outcome.row is not None and outcome.row.whole)
            if general and (
                place in self.helped or (outcome.row is None and self.table.is_helper(self.part.name, place))
            ):
                if place in self.no_times:
                    outcome.refuse(self.no_times[place])
                else:
                    self.into.helpers.append((outcome, self.helped.get(place, [])))

    def _one(self, leaf: Leaf, outcome: Outcome) -> None:
        if leaf.value is None or leaf.value in ("", {}, []):
            outcome.status, outcome.reason = "notTaken", "It is empty."
            return
        rows = self.table.rows_for(self.part.name, leaf.steps)
        fitting = [row for row in rows if self._fits(row, leaf)]
        row = next((row for row in fitting if not row.also), None)
        if row is None:
            return
        outcome.row = row
        if row.skip is not None:
            outcome.status, outcome.reason = "notTaken", row.skip
        elif row.subject is not None:
            self._name(row, leaf, outcome)
        else:
            self._take(row, leaf, outcome)
        for row in fitting:
            if row.also:
                outcome.also.append(Outcome(leaf, "unknown", row=row))
                self._take(row, leaf, outcome.also[-1])

    def _fits(self, row: Row, leaf: Leaf) -> bool:
        for places, wanted in row.when.items():
            found = (self._beside(leaf, relative) for relative in places.split("||"))
            there = next((one for one in found if one is not None), None)
            if there is None or not wanted:
                if wanted or there is not None:
                    return False
                continue
            if words.plain(_text(there.value)) not in map(words.plain, wanted.split("|")):
                return False
        return row.shaped is None or convert.looks(row.shaped, leaf.value)

    def _beside(self, leaf: Leaf, relative: str) -> Leaf | None:
        return self.leaves.get(lower(beside(leaf.steps, relative)))

    def _anywhere(self, name: str) -> Leaf | None:
        return next(
            (leaf for steps, leaf in self.leaves.items() if steps and steps[-1] == squashed(name)), None
        )

    def _name(self, row: Row, leaf: Leaf, outcome: Outcome) -> None:
        try:
            text, note = convert.clean(leaf.value)
        except MalformedInput as refusal:
            outcome.refuse(str(refusal))
            return
        outcome.reason = note
        self._help(row, leaf, outcome)
        self.into.subject.setdefault(str(row.subject), []).append((text, outcome))

    def _take(self, row: Row, leaf: Leaf, outcome: Outcome) -> None:
        attribute = by_id(str(row.attribute_id))
        if attribute is None:
            raise LookupError(f"a table names the attribute {row.attribute_id}, which there is not")
        outcome.attribute = attribute.id
        try:
            steps = self._target(row, leaf)
            read = self._read(row, leaf, _form(attribute, steps))
        except MalformedInput as refusal:
            outcome.refuse(str(refusal))
            self._help(row, leaf, outcome)
            return
        assembly = self.into.assemblies.setdefault(attribute.id, Assembly(attribute))
        outcome.status, outcome.after = "mapped", read.value
        outcome.reason = "; ".join(filter(None, (row.note, read.note))) or None
        if not assembly.place(steps, read.value, outcome, joined=row.joined):
            outcome.refuse("Another value of the document went there already.")
        for name, constant in row.constants.items():
            assembly.place((*steps[:-1], name), _constant(attribute, steps, name, constant), None)
        if isinstance(leaf.value, str) and leaf.value.strip() in self.documents:
            for pointer in self.documents[leaf.value.strip()].places:
                self.into.cited.setdefault(pointer, []).append(outcome)
        self._help(row, leaf, outcome)
        self._date(row, leaf, outcome, assembly)

    def _target(self, row: Row, leaf: Leaf) -> Steps:
        """Steps of the value within the attribute: a place of a list is the place in the document."""
        places = ["/".join(leaf.steps[: at + 1]) for at, step in enumerate(leaf.steps) if step.isdigit()]
        if row.alone:
            here = places[-1] if places and not row.source.endswith("*") else "/".join(leaf.steps)
            kind = f"{row.attribute_id}/{row.steps[-1]}" if row.source.endswith("*") else row.attribute_id
            if self.firsts.setdefault(str(kind), here) != here:
                raise MalformedInput("The attribute holds one, and an earlier one was taken.", rule="alone")
        found = []
        for step in row.steps:
            if step == "[]":
                found.append(places.pop(0) if places else "/".join(leaf.steps))
            elif step == "*":
                found.append(leaf.steps[-1])
            else:
                found.append(step.removeprefix("[").removesuffix("]"))
        return tuple(found)

    def _read(self, row: Row, leaf: Leaf, form: tuple[str, ValueForm]) -> Read:
        unit = row.unit
        for relative in row.unit_at:
            there = self._beside(leaf, relative)
            if there is None:
                continue
            unit = words.unit_of(_text(there.value))
            if unit is None:
                raise MalformedInput("Its unit is not known here.", rule="unit")
            break
        if row.read == "key":
            return _chosen(leaf, form)
        if row.read is not None:
            around = readers.Around(
                lambda relative: self._beside(leaf, relative), self._anywhere, self.documents, unit
            )
            return readers.READERS[row.read](leaf.value, around)
        return convert.value(form[1], form[0], leaf.value, unit)

    def _help(self, row: Row, leaf: Leaf, outcome: Outcome) -> None:
        for relative in row.helpers:
            self.helped.setdefault(lower(beside(leaf.steps, relative)), []).append(outcome)

    def _date(self, row: Row, leaf: Leaf, outcome: Outcome, assembly: Assembly) -> None:
        said = next((one for name in row.source_at if (one := self._beside(leaf, name)) is not None), None)
        if said is not None and isinstance(said.value, str) and said.value.strip():
            assembly.source = said.value.strip()[:200]
        for relative in row.time_at:
            there = self._beside(leaf, relative)
            if there is None:
                continue
            try:
                assembly.times.append(convert.time(_text(there.value)).value)
                if "observedAt" in members_of(assembly.attribute):
                    assembly.place(("observedAt",), assembly.times[-1], None)
            except MalformedInput as refusal:
                self.no_times[lower(there.steps)] = str(refusal)
            return


def _chosen(leaf: Leaf, form: tuple[str, ValueForm]) -> Read:
    """An entry of an enumeration that is written as the name of the member."""
    if leaf.value is False:
        raise MalformedInput("It is not chosen.", rule="enum")
    read = convert.value(form[1], form[0], leaf.steps[-1], None)
    return Read(read.value, "; ".join(filter(None, ("the name of the member", read.note))))


def _form(attribute: Attribute, steps: Steps) -> tuple[str, ValueForm]:
    """Name and form of the member at `steps`."""
    name, form, entry = attribute.path[-1], attribute, False
    found: ValueForm = form
    for step in steps:
        if found.is_list and not entry:
            entry = True
            continue
        if found.type == "multilingual_text":
            return step, ValueForm(type="string")
        name, found, entry = step, members_of(found)[step], False
    return name, found


def _constant(attribute: Attribute, steps: Steps, name: str, text: str) -> Any:
    form = _form(attribute, (*steps[:-1], name))[1]
    return convert.value(form, name, Decimal(text) if form.type == "decimal" else text, form.unit).value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
