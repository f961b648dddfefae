"""A mapping: what a plant's own columns mean, as data.

A document (TOML or JSON) has a `name`, a `[source]` that says how files are written, and one entry of
`[[records]]` for each record that a row makes. Each of its `fields` says where a value goes (`to`) and where
it comes from: `from` a column, a `template` of columns, a `constant`, or the `file`. See docs/mapping.md.
"""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from app.core.catalogue import SHAPES, ValueForm
from app.core.intake import WITHOUT_DETAILS, Kind, named_by
from app.core.mapping_flat import FEW
from app.core.mapping_targets import EACH

FileFact = Literal["time", "name"]
_TIMES: Final = ("date", "datetime", "year_month")


@dataclass(frozen=True, slots=True)
class SourceForm:
    """How the plant's files are written; None is found, or is an error where it is needed."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str = "."
    thousands: str | None = None
    zone: str | None = None
    skip_lines: int = 0
    """Tables: lines before the header."""
    skip_after_header: int = 0
    """Tables: rows below the header that are no data."""
    mqtt: tuple[str, ...] = ()
    """Lines of the plant whose messages are read through it."""
    rows: str | None = None
    """JSON documents: the member that holds the rows."""
    empty: frozenset[str] = frozenset()
    """Cells that mean that there is no value, beside empty ones."""
    ignored: tuple[str, ...] = ()
    tells_unmapped: bool = False
    """Columns that nobody speaks of are told, and do not stop the row."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One value: where it goes, where it comes from, and what is done to it on the way."""

    to: str
    columns: tuple[str, ...] = ()
    template: str | None = None
    constant: Any = None
    file: FileFact | None = None
    unit: str | None = None
    decimals: int | None = None
    format: str | None = None
    zone: str | None = None
    table: MappingOf[str, Any] | None = None
    split: str | None = None
    pad: int | None = None
    is_optional: bool = False

    @property
    def spreads(self) -> bool:
        """Whether it goes into each entry of a list."""
        return EACH in self.to.split(".")


@dataclass(frozen=True, slots=True)
class Only:
    """When a record is made of a row at all: by the texts of one column."""

    column: str
    texts: frozenset[str] | None
    """None: whenever the column has a value."""


@dataclass(frozen=True, slots=True)
class RecordRule:
    """One record of a row. `kind`, or the column that says it with its table."""

    kinds: tuple[Kind, ...]
    kind_rule: Rule | None
    only: tuple[Only, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Mapping:
    """A mapping as it was read; `document` is the same as data."""

    name: str
    about: str
    source: SourceForm
    records: tuple[RecordRule, ...]
    document: MappingOf[str, Any]

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column that something is made of."""
        return frozenset(
            column
            for record in self.records
            for column in (
                *(each for rule in record.rules for each in rule.columns),
                *(record.kind_rule.columns if record.kind_rule else ()),
                *(only.column for only in record.only),
            )
        )

    @cached_property
    def has_many_stars(self) -> bool:
        """Whether so many columns have a `*` that each row is worth an index."""
        return sum("*" in column for column in self.columns) > FEW

    @cached_property
    def needed(self) -> frozenset[str]:
        """Those without which a table's header is not the one that the mapping was made for."""
        optional = {each for record in self.records for rule in record.rules if rule.is_optional
                    for each in rule.columns}  # fmt: skip
        return self.columns - optional


def gaps(mapping: Mapping) -> list[str]:
    """What every record needs and the mapping never gives, in words: with one of these no row is accepted."""
    found = []
    for number, record in enumerate(mapping.records, 1):
        given = {rule.to.split(".")[0] if rule.to.split(".")[0] != "details" else
                 ".".join(rule.to.split(".")[:2]) for rule in record.rules}  # fmt: skip
        for kind in record.kinds:
            of = f"Record {number} ({kind})"
            if "sentAt" not in given:
                found.append(f"{of} says no time: map a column to sentAt, or take the file's time.")
            wanted = named_by(kind)
            if given & {"gtin", "lot", "serial"} not in map(set, wanted):
                said = " or ".join(" and ".join(each) for each in wanted)
                found.append(f"{of} must say what it is about: map columns to {said}.")
            for member in SHAPES[f"details/{kind}"].fields:
                if member.required and kind not in WITHOUT_DETAILS and f"details.{member.name}" not in given:
                    found.append(f"{of} needs details.{member.name}: {member.definition}.")
    return found


def type_of_envelope(to: str) -> str:
    """Type of the members that are no attributes: times, or texts."""
    return "datetime" if to == "sentAt" or to.endswith(".observedAt") else "string"


def is_time(form: ValueForm) -> bool:
    return form.type in _TIMES
