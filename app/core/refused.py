"""What a refused body still tells of itself."""

import json

from app.core import epcis_records


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
