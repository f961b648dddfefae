"""The mapping that a page's form describes: one row of the form a column, with what goes beside the columns.

Names in the form: `column.N`, `to.N`, `unit.N`, `format.N`, `table.N`, `pad.N`, `round.N` for each column;
`fixed.PLACE` for what is the same in every row; `time.template`, `time.format`, `time.file` for the time.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from app.core.catalogue import SHAPES
from app.core.errors import MalformedInput
from app.core.intake import KINDS, WITHOUT_DETAILS, Kind
from app.core.mapping_proposal import Proposal

IGNORED: Final = "-"
STAMP: Final = "release"
TIME: Final = "time"
"""Places that are none: left out, the OK stamp as a record of its own, part of the time of the row."""
_COUNTS: Final = ("skip_lines", "skip_after_header")
_SOURCE: Final = ("delimiter", "encoding", "decimal", "thousands", "zone", "rows", *_COUNTS)
MOST_COLUMNS: Final = 500
_CLAUSE: Final = "docs/mapping.md"


def of_proposal(found: Proposal, name: str, source: Mapping[str, Any]) -> dict[str, str]:
    """A proposal as the form shows it."""
    form = {"name": name, "kind": found.kind, "zone": found.zone, "decimal": found.marks.decimal}
    form["thousands"] = found.marks.thousands or ""
    form |= {key: str(value) for key, value in source.items() if value}
    for at, each in enumerate(found.suggestions):
        members: dict[str, Any] = {
            "column": each.column, "to": each.to, "unit": each.unit, "format": each.format,
            "table": table_text(each.table), "pad": each.pad, "round": each.decimals,
            "split": each.split,
        }  # fmt: skip
        form |= {f"{key}.{at}": "" if value is None else str(value) for key, value in members.items()}
    for extra in found.extra:
        form["time.template"] = str(extra.get("template", ""))
        form["time.format"] = str(extra.get("format", ""))
        form["time.file"] = "yes" if "file" in extra else ""
    for at, each in enumerate(found.suggestions):
        if each.to is None and f"{{{each.column}}}" in form.get("time.template", ""):
            form[f"to.{at}"] = TIME
    if found.release is not None:
        at = found.suggestions.index(found.release)
        form[f"to.{at}"] = STAMP
    return form


def columns_of(form: Mapping[str, str]) -> list[str]:
    """The columns that the form speaks of, in order."""
    found: list[str] = []
    while f"column.{len(found)}" in form and len(found) < MOST_COLUMNS:
        found.append(form[f"column.{len(found)}"])
    return found


def undecided(form: Mapping[str, str]) -> list[str]:
    """Columns that are neither mapped nor ignored: a row with one of them is refused."""
    return [column for at, column in enumerate(columns_of(form)) if not form.get(f"to.{at}")]


def ignore_undecided(form: MutableMapping[str, str]) -> None:
    """Leave out on purpose every column that is not decided; decided ones stay as they are."""
    for at in range(len(columns_of(form))):
        form[f"to.{at}"] = form.get(f"to.{at}") or IGNORED


def document(form: Mapping[str, str]) -> dict[str, Any]:
    """The mapping document. Raises: MalformedInput where a cell of the form cannot be read."""
    kind = _kind(form)
    ignored, fields, stamps = [], [], []
    for at, column in enumerate(columns_of(form)):
        to = form.get(f"to.{at}", "")
        if to == IGNORED:
            ignored.append(column)
        elif to == STAMP:
            stamps.append((column, _texts(form.get(f"table.{at}", ""))))
        elif to and to != TIME:
            fields.append(_field(form, at, column, to))
    shared = [*_time(form), *(each for each in fields if each["to"] in ("gtin", "serial", "sentAt"))]
    fixed = [
        {"to": name.removeprefix("fixed."), "constant": text.strip()}
        for name, text in form.items()
        if name.startswith("fixed.") and text.strip()
    ]
    own = [each for each in fixed if each["to"] != "stampedBy"]
    records: list[dict[str, Any]] = [{"kind": kind, "fields": [*_time(form), *fields, *own]}]
    by = [each["constant"] for each in fixed if each["to"] == "stampedBy"]
    for column, texts in stamps:
        stamped = [
            *shared,
            {"to": "details.stamp", "constant": "OK"},
            {"to": "details.stampedBy", "constant": by[0] if by else "end of line"},
        ]
        records.append({"kind": "release", "only": {"from": column, "is": texts}, "fields": stamped})
    source: dict[str, Any] = {key: text for key in _SOURCE if (text := form.get(key, "").strip("\r\n"))}
    source |= {key: int(source[key]) for key in _COUNTS if source.get(key, "").isdecimal()}
    if lines := form.get("mqtt", "").replace(",", " ").split():
        source["mqtt"] = lines
    if ignored:
        source["ignored"] = ignored
    about = {"about": form["about"].strip()} if form.get("about", "").strip() else {}
    return {"name": form.get("name", "").strip(), **about, "source": source, "records": records}


def name_of(filename: str) -> str:
    """A name for the mapping of a file, made of the file's own."""
    head = filename.rpartition(".")[0] or filename
    plain = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in head.lower())
    return "-".join(part for part in plain.split("-") if part)[:64].strip("-") or "mapping"


def needed(kind: Kind) -> list[tuple[str, str]]:
    """Details that every record of a kind must have, with what they are: to be given once for all rows."""
    if kind in WITHOUT_DETAILS:
        return []
    return [
        (f"details.{each.name}", each.definition)
        for each in SHAPES[f"details/{kind}"].fields
        if each.required and not each.shape
    ]


def table_text(table: Mapping[str, Any] | None) -> str | None:
    """A table as the form has it: `OK = pass; NOK = fail`."""
    return "; ".join(f"{text} = {means}" for text, means in table.items()) if table else None


def _kind(form: Mapping[str, str]) -> Kind:
    for kind in KINDS:
        if kind == form.get("kind"):
            return kind
    raise MalformedInput(
        f"Choose a kind of record: {', '.join(KINDS)}.", pointer="/kind", rule="enum", clause=_CLAUSE
    )


def _field(form: Mapping[str, str], at: int, column: str, to: str) -> dict[str, Any]:
    found: dict[str, Any] = {"to": to, "from": column}
    for key in ("unit", "format", "split"):
        if text := form.get(f"{key}.{at}", "").strip():
            found[key] = text
    for key in ("pad", "round"):
        if text := form.get(f"{key}.{at}", "").strip():
            if not text.isdecimal() or len(text) > 2:
                raise MalformedInput(
                    f"Column {column}: {key} is a whole number.", pointer=f"/{key}.{at}", rule="whole"
                )
            found[key] = int(text)
    if text := form.get(f"table.{at}", "").strip():
        pairs = [part.partition("=") for part in text.split(";") if part.strip()]
        if not all(mark and head.strip() and tail.strip() for head, mark, tail in pairs):
            raise MalformedInput(
                f"Column {column}: write the table as OK = pass; NOK = fail.", pointer=f"/table.{at}",
                rule="table", clause=_CLAUSE,
            )  # fmt: skip
        found["table"] = {head.strip(): tail.strip() for head, _, tail in pairs}
    return found


def _texts(text: str) -> list[str]:
    """Texts that stamp a pack: `IO; OK`, or those of a table whose meaning is OK."""
    parts = [part.partition("=") for part in text.split(";") if part.strip()]
    return [head.strip() for head, mark, tail in parts if not mark or tail.strip().upper() == "OK"] or ["OK"]


def _time(form: Mapping[str, str]) -> list[dict[str, Any]]:
    if form.get("time.file"):
        return [{"to": "sentAt", "file": "time"}]
    template = form.get("time.template", "").strip()
    if not template:
        return []
    written = form.get("time.format", "").strip()
    return [{"to": "sentAt", "template": template, **({"format": written} if written else {})}]
