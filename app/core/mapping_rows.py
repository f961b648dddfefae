"""A mapping applied to one row: the records that it makes, or why it makes none.

A row is taken whole or not at all: of a row that makes three records, one that cannot be read refuses all.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.core import mapping_cells, mapping_flat
from app.core.csv_records import Column, named, pointer_of, put, with_lists
from app.core.errors import MalformedInput
from app.core.intake import Kind
from app.core.json_pointer import nearest, token
from app.core.mapping import Mapping, RecordRule, Rule, SourceForm
from app.core.mapping_flat import Cell, Entries, Row
from app.core.mapping_parse import TEMPLATE
from app.core.mapping_targets import EACH, is_in_series, target
from app.core.times import to_text

_CLAUSE: Final = "docs/mapping.md"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says beside its rows. `time` is None where a message has none of its own."""

    name: str = ""
    time: datetime | None = None


def require_columns(mapping: Mapping, columns: Sequence[str]) -> list[str]:
    """Judge a table's header: returns columns that the mapping does not speak of, where it only tells them.

    Raises: MalformedInput for a header that is not the one that the mapping was made for.
    """
    missing = sorted(
        name for name in mapping.needed if not any(mapping_flat.stands_for(name, each) for each in columns)
    )
    if missing:
        raise MalformedInput(
            f"The file has no column {_listed(missing)}, which the mapping {mapping.name} reads. Is it"
            " another kind of file? A column that may be missing is marked optional in the mapping.",
            rule="missing-column", clause=_CLAUSE,
        )  # fmt: skip
    return unmapped(mapping, columns)


def unmapped(mapping: Mapping, columns: Iterable[str]) -> list[str]:
    """Columns that the mapping neither reads nor ignores. Raises: MalformedInput, unless it only tells."""
    found = mapping_flat.unmapped(columns, mapping.columns, mapping.source.ignored)
    if found and not mapping.source.tells_unmapped:
        raise MalformedInput(
            f"The mapping {mapping.name} does not speak of the column {_listed(found)}. Map it, or list it"
            " under ignored.",
            pointer=f"/{token(found[0])}", rule="unmapped-column", clause=_CLAUSE,
        )  # fmt: skip
    return found


def records(mapping: Mapping, row: Row, facts: FileFacts) -> list[dict[str, Any]]:
    """The records of one row, in the order of the mapping. Raises: MalformedInput, its pointer the column."""
    entries = Entries(row, mapping.has_many_stars)
    found = [
        _record(mapping, record, entries, facts)
        for record in mapping.records
        if all(_holds(only.texts, row.get(only.column), mapping.source) for only in record.only)
    ]
    if not found:
        raise MalformedInput(
            f"No record of the mapping {mapping.name} is made of this row: none of its `only` holds.",
            rule="no-record", clause=_CLAUSE,
        )  # fmt: skip
    return found


def column_at(mapping: Mapping, pointer: str) -> str | None:
    """The column that gave the value at a place in a record, for people who look for it in their file."""
    return nearest(
        pointer,
        (
            (pointer_of(target(rule.to, kind)), ", ".join(rule.columns))
            for record in mapping.records
            for rule in record.rules
            if rule.columns
            for kind in record.kinds
        ),
    )


def _holds(texts: frozenset[str] | None, cell: Cell, source: SourceForm) -> bool:
    if texts is None:
        return not mapping_cells.is_empty(cell, source)
    return (mapping_cells.text_of(cell) if cell is not None else "") in texts


def _record(mapping: Mapping, record: RecordRule, entries: Entries, facts: FileFacts) -> dict[str, Any]:
    kind = _kind(record, entries.row, mapping.source)
    document: dict[str, Any] = {"recordId": "", "kind": kind}
    for rule in record.rules:
        try:
            _give(document, rule, kind, entries, facts, mapping.source)
        except MalformedInput as fault:
            columns = ", ".join(rule.columns)
            raise MalformedInput(
                f"{f'Column {columns}' if columns else rule.to}: {fault}",
                pointer=f"/{token(rule.columns[0])}" if rule.columns else "",
                rule=fault.rule, clause=fault.clause,
            ) from None  # fmt: skip
    return named(with_lists(document))


def _kind(record: RecordRule, row: Row, source: SourceForm) -> Kind:
    if record.kind_rule is None:
        return record.kinds[0]
    (column,) = record.kind_rule.columns
    cell = row.get(column)
    text = "" if mapping_cells.is_empty(cell, source) else mapping_cells.text_of(cell)
    table: MappingOf[str, Any] = record.kind_rule.table or {}
    if text not in table:
        raise MalformedInput(
            f"Column {column}: it says which kind of record the row is; known are {', '.join(table)}.",
            pointer=f"/{token(column)}", rule="kind", clause=_CLAUSE,
        )  # fmt: skip
    kind: Kind = table[text]
    return kind


def _give(
    document: dict[str, Any], rule: Rule, kind: Kind, entries: Entries, facts: FileFacts, source: SourceForm
) -> None:
    """Set what one rule gives; nothing where its column says nothing."""
    column = target(rule.to, kind)
    if rule.constant is not None and not isinstance(rule.constant, str):
        put(document, column, rule.constant)
        return
    bare = is_in_series(rule.to, kind)
    starred = next((name for name in rule.columns if "*" in name), None)
    if starred is not None:
        cells = entries.of(starred)
        values = {
            at: mapping_cells.value(rule, _of_entry(column, rule), cell, source, bare=bare)
            for at, cell in cells.items()
            if not mapping_cells.is_empty(cell, source)
        }
        if rule.spreads:
            for at, each in values.items():
                put(document, _at(column, at), each)
        elif values:
            put(document, column, list(values.values()))
        return
    cell = _cell(rule, entries.row, facts, source)
    if not mapping_cells.is_empty(cell, source):
        of = SourceForm() if rule.constant is not None else source
        put(document, column, mapping_cells.value(rule, column.form, cell, of, bare=bare))


def _of_entry(column: Column, rule: Rule) -> Any:
    return (
        column.form.item
        if column.form is not None and not rule.spreads and column.form.is_list
        else column.form
    )


def _at(column: Column, place: int) -> Column:
    path = tuple(place if step == EACH else step for step in column.path)
    return Column(column.name, path, column.form, column.unit, column.wrapped)


def _cell(rule: Rule, row: Row, facts: FileFacts, source: SourceForm) -> Cell:
    if rule.constant is not None:
        return str(rule.constant)
    if rule.file == "name":
        return facts.name
    if rule.file == "time":
        if facts.time is None:
            raise MalformedInput(
                "The mapping takes the time from the file, and none came with these rows: send it as `time`.",
                rule="file-time", clause=_CLAUSE,
            )  # fmt: skip
        return to_text(facts.time)
    if rule.template is None:
        return row.get(rule.columns[0])
    parts = {name: row.get(name) for name in rule.columns}
    if any(mapping_cells.is_empty(part, source) for part in parts.values()):
        return None
    return TEMPLATE.sub(lambda found: mapping_cells.text_of(parts[found[1]]), rule.template)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
