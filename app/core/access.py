"""Who may do what: permissions and sections by role, as data. Default is no (T10).

Reading is a set of sections (app/core/sections.py, from data/roles.json); doing is a set of permissions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.core.errors import Forbidden, Unauthenticated
from app.core.sections import ROLES, readable
from app.core.vocabulary import Section


class Permission(StrEnum):
    """One thing that a route or command lets somebody do."""

    READ_PUBLIC = "read-public"
    READ_OWN_SECTIONS = "read-own-sections"
    READ_DRAFTS = "read-drafts"
    REPLAY_QUARANTINE = "replay-quarantine"
    ENTER_RECORDS = "enter-records"
    REVOKE = "revoke"
    CORRECT = "correct"
    SEND_RECORDS = "send-records"
    SIGNED_IN = "signed-in"


_BY_ROLE: Final[Mapping[str, frozenset[Permission]]] = {
    "maker": frozenset(
        {
            Permission.READ_DRAFTS,
            Permission.REPLAY_QUARANTINE,
            Permission.ENTER_RECORDS,
            Permission.REVOKE,
            Permission.CORRECT,
        }
    ),
    "plant": frozenset({Permission.CORRECT}),
}
"""What a role may do beside reading. A plant is no account: it comes with its token."""
_EVERYBODY: Final = frozenset({Permission.READ_PUBLIC, Permission.READ_OWN_SECTIONS})


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who looks or acts: a role, and a name once signed in."""

    role: str
    name: str | None = None
    economic_operator_id: str | None = None

    @property
    def sections(self) -> frozenset[Section]:
        """What this reader may see."""
        return readable(self.role)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this reader may do."""
        signed_in = frozenset({Permission.SIGNED_IN}) if self.name else frozenset()
        return _EVERYBODY | signed_in | _BY_ROLE.get(self.role, frozenset())


ANYONE: Final = Reader("public")


def require(permission: Permission, reader: Reader) -> None:
    """Raises: Unauthenticated when signing in might help, Forbidden when it would not."""
    if permission in reader.permissions:
        return
    if reader.name is None:
        raise Unauthenticated("Sign in to do this.")
    raise Forbidden("Your role does not include this.")


def is_role(name: str) -> bool:
    """Whether an account can have this role."""
    return name in ROLES and name != "public"
