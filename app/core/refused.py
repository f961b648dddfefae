"""What a refused body still tells of itself."""

import json
from collections.abc import Mapping

from app.core import epcis_records
from app.core.csv_records import place_of
from app.core.intake import kind_named
from app.core.json_pointer import nearest


def record_id_in(body: bytes) -> str | None:
    """The sender's id, if the refused body is readable enough to have one."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    except RecursionError:
        return None
    found = document.get("recordId") if isinstance(document, dict) else None
    if found is None and isinstance(document, dict):
        try:
            found = epcis_records.record_id_in(document)
        except UnicodeEncodeError:  # of a lone surrogate there is no digest
            return None
    # A lone surrogate or a zero byte, which JSON can spell, is nothing that a database takes.
    return found[:64] if isinstance(found, str) and found.isprintable() else None


def column_at(row: Mapping[str, str], pointer: str) -> str | None:
    """Which of our columns gave the value at a place in a record; None where none did."""
    kind = kind_named(row.get("kind"))
    return nearest(pointer, ((place_of(header, kind) or "", header) for header in row))
