"""A proposed mapping as TOML with its reasons as comments: to be read, changed and saved by a person.

What is not decided stands there as a comment, too: columns that nothing fits, and what every record needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core import mapping, mapping_form, mapping_parse, mapping_text
from app.core.mapping_proposal import Proposal, Suggestion


def toml(found: Proposal, name: str, source: Mapping[str, str], notes: Sequence[str]) -> str:
    """The proposal as a mapping file. `notes` are about the file as a whole.

    Raises: MalformedInput for a name that is none.
    """
    form = mapping_form.of_proposal(found, name, source)
    document = mapping_form.document(form)
    by_column = {each.column: each for each in found.suggestions}
    head = [
        "Proposed from a sample: look at each line, change what is wrong, then: passport mapping check FILE",
        f"A row is a {found.kind}: {found.kind_reason}.",
        *notes,
        *_missing(document),
    ]
    lines = [f"# {_one_line(text)}" for text in head]
    for line in mapping_text.dumps(document, lambda field: _why(field, by_column)).split("\n")[:-1]:
        lines.append(line)
        if line == "[source]":
            lines += _undecided(mapping_form.undecided(form), document)
    return "\n".join(lines) + "\n"


def _why(field: Mapping[str, Any], by_column: Mapping[str, Suggestion]) -> Iterator[str]:
    """Reasons for one field of the document, a comment each."""
    made = by_column.get(field.get("from", ""))
    if made is not None and made.to == field["to"] and made.reasons:
        yield _one_line(f"{'a guess: ' if made.is_guess else ''}{'; '.join(made.reasons)}")
    elif "template" in field:
        yield "a day and a time of day, in columns of their own"
    elif field.get("file") == "time":
        yield "no column says when: the time of the file's last change"


def _undecided(columns: Sequence[str], document: Mapping[str, Any]) -> list[str]:
    if not columns or "ignored" in document["source"]:
        return []
    listed = mapping_text.dumps_value(list(columns))
    return [
        "# Nothing fits these columns, and a row with one of them is refused. Map each below, or leave",
        "# them out on purpose by taking the mark from this line:",
        f"# ignored = {listed}",
    ]


def _missing(document: Mapping[str, Any]) -> list[str]:
    """What no record could do without, told now rather than at the first row."""
    return [f"Still to do: {gap}" for gap in mapping.gaps(mapping_parse.parse(document))]


def _one_line(text: str) -> str:
    """A comment ends with its line, and TOML takes no control character in one."""
    return "".join(mark if mark.isprintable() else " " for mark in text)
