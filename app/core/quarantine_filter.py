"""Which refused records are meant: by mapping, rule, place, file and door; each only where it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from app.core.errors import MalformedInput

_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """`mapping` is a name, for all of its versions, or a name and version; `file` is a file's name, or what
    else comes before the row in an origin."""

    mapping: str | None = None
    rule: str | None = None
    pointer: str | None = None
    file: str | None = None
    door: str | None = None

    def as_dict(self) -> dict[str, str]:
        """What is given."""
        return {each.name: text for each in fields(self) if (text := getattr(self, each.name))}


MEMBERS: Final = tuple(each.name for each in fields(QuarantineFilter))


def parse(given: Mapping[str, object]) -> QuarantineFilter:
    """Members that are known, as texts; empty ones ask for nothing. Raises: MalformedInput."""
    for name, text in given.items():
        if name not in MEMBERS:
            raise MalformedInput(
                f"Filter by {', '.join(MEMBERS)}.", pointer=f"/{name[:40]}", rule="unknown-member"
            )
        if not isinstance(text, str) or len(text) > _LONGEST or "\0" in text:
            raise MalformedInput(
                f"A text of at most {_LONGEST} characters stands here.", pointer=f"/{name}", rule="type"
            )
    return QuarantineFilter(**{name: str(text).strip() or None for name, text in given.items()})
