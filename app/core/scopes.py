"""What a machine's token lets it do: words separated by spaces (RFC 6749 3.3).

`send` takes records of every kind, `send:pack` of that one kind; `read` shows drafts, quarantine, lineage and
genealogy; `mend` replays and dismisses what was refused; `correct` signs a corrected version of a passport.
"""

import difflib
from typing import Final

from app.core.errors import MalformedInput
from app.core.intake import KINDS

SEND: Final = "send"
READ: Final = "read"
MEND: Final = "mend"
CORRECT: Final = "correct"
ALL: Final = frozenset({SEND, READ, MEND, CORRECT})
"""What a plant's own token may do."""
_OF_KINDS: Final = tuple(f"{SEND}:{kind}" for kind in KINDS)
EVERY_SCOPE: Final = (SEND, READ, MEND, CORRECT, *_OF_KINDS)
_TOLD: Final = f"{SEND}, {SEND}:KIND, {READ}, {MEND}, {CORRECT}"


def parse(text: str) -> frozenset[str]:
    """The scopes that a text names. Raises: MalformedInput for one that is none, or for no scope at all."""
    words = text.split()
    for word in words:
        if word not in EVERY_SCOPE:
            near = difflib.get_close_matches(word, EVERY_SCOPE, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise MalformedInput(
                f"There is no scope {word[:64]}.{hint} There are {_TOLD}.",
                pointer="/scope", rule="scope", clause="RFC 6749 3.3",
            )  # fmt: skip
    if not words:
        raise MalformedInput(
            "Name at least one scope, such as send.", pointer="/scope", rule="scope", clause="RFC 6749 3.3"
        )
    return frozenset(words)


def text(scopes: frozenset[str]) -> str:
    """The form that is stored and sent, always in the same order."""
    return " ".join(word for word in EVERY_SCOPE if word in scopes)


def allows(scopes: frozenset[str], wanted: str) -> bool:
    """Whether a token with these scopes may do `wanted`; sending some kinds is sending, too."""
    return wanted in scopes or (wanted == SEND and any(word in scopes for word in _OF_KINDS))


def kinds(scopes: frozenset[str]) -> tuple[str, ...]:
    """The kinds of record that a token with these scopes may send, in the order of the work."""
    return tuple(kind for kind in KINDS if allows_kind(scopes, kind))


def allows_kind(scopes: frozenset[str], kind: str) -> bool:
    """Whether a token with these scopes may send records of this kind."""
    return SEND in scopes or f"{SEND}:{kind}" in scopes
