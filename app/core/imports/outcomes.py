"""What became of each value of a document, and of the document as a whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from app.core.imports.leaves import Leaf
from app.core.imports.tables import Row
from app.core.json_pointer import pointer_to

Status = Literal["mapped", "refused", "notTaken", "unknown"]
STATUSES: Final[tuple[Status, ...]] = ("mapped", "refused", "notTaken", "unknown")


@dataclass(slots=True)
class Outcome:
    """One value. `attribute` is where it went or would have gone; `after` is the value in our form."""

    leaf: Leaf
    status: Status
    attribute: str | None = None
    after: Any = None
    record: str | None = None
    reason: str | None = None
    row: Row | None = None
    """The row of the table that spoke of it."""
    also: list["Outcome"] = field(default_factory=list)
    """Further attributes that it goes into."""

    def refuse(self, reason: str) -> None:
        self.status, self.reason, self.after, self.record = "refused", reason, None, None

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"path": self.leaf.pointer}
        if not self.leaf.pointer.endswith(pointer_to(self.leaf.steps)):
            told["element"] = "/".join(self.leaf.steps)
        told["value"] = shown(self.leaf.value)
        for name, value in (
            ("attribute", self.attribute),
            ("after", shown(self.after) if self.after is not None else None),
            ("record", self.record),
            ("note" if self.status == "mapped" else "reason", self.reason),
        ):
            if value is not None:
                told[name] = value
        besides = [one.attribute for one in self.also if one.status == "mapped"]
        return told | ({"also": besides} if besides else {})


@dataclass(frozen=True, slots=True)
class Record:
    """One intake record that the document becomes. `part` names it within the document."""

    part: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """A document read as records, with what became of each of its values."""

    format: str
    version: str
    evidence: tuple[str, ...]
    encoding: str
    digest: str
    subject: Mapping[str, str]
    records: tuple[Record, ...]
    outcomes: tuple[Outcome, ...]
    structure: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many values there are of each fate; they add up to all of the document."""
        found = Counter(outcome.status for outcome in self.outcomes)
        return {**{status: found[status] for status in STATUSES}, "structure": sum(self.structure.values())}

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "version": self.version,
            "evidence": list(self.evidence),
            "encoding": self.encoding,
            "sha256": self.digest,
            "subject": dict(self.subject),
            "counts": self.counts(),
            **{status: told(self.outcomes, status) for status in STATUSES},
            "structure": dict(self.structure),
        }


def told(outcomes: Sequence[Outcome], status: Status) -> list[dict[str, Any]]:
    """The values of one fate, in document order."""
    return [outcome.as_dict() for outcome in outcomes if outcome.status == status]


def shown(value: Any) -> Any:
    """A value as JSON can write it: numbers keep their digits as text."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: shown(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shown(member) for member in value]
    return value
