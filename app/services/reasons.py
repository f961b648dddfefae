"""Why somebody asked for a change, in their own words."""

import unicodedata
from typing import Final

from app.core.errors import MalformedInput
from app.core.texts import Place, string

LONGEST: Final = 500


def checked(reason: str) -> str:
    """The reason without blanks around it, in 3 to 500 characters. Raises: MalformedInput."""
    reason = unicodedata.normalize("NFC", reason.strip())
    if not 3 <= len(reason) <= LONGEST:
        raise MalformedInput("Say why, in 3 to 500 characters.", pointer="/reason", rule="reason")
    return string(reason, Place("/reason", ""), LONGEST)
