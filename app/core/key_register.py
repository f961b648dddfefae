"""The life of signing keys: made, put into use, followed by another, revoked. Never removed.

A normal end is `expires`: what the key signed before stays good. A compromise is `revoked`: nothing that it
signed is believed, unless something else than the signer's date proves that it is older.
Source: T6, T7; credential profile section 2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.core.keys import PublicKey

Backend = Literal["file", "pkcs11", "remote"]
State = Literal["prepared", "signs", "expired", "revoked"]

PREFIX: Final = "seal"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as the register knows it. The private half lies where `backend` finds it by `reference`."""

    name: str
    """Carries a year, and is the fragment of the verification method: `seal-2026`."""
    backend: Backend
    reference: str
    public_key: PublicKey
    created_at: datetime
    valid_from: datetime | None = None
    """None until it first signs."""
    expires: datetime | None = None
    revoked: datetime | None = None
    reason: str | None = None

    def may_sign(self, at: datetime) -> bool:
        """A revoked key never signs again, from whichever time on it is revoked."""
        begun = self.valid_from is not None and self.valid_from <= at
        return begun and self.revoked is None and (self.expires is None or at < self.expires)

    def state(self, at: datetime) -> State:
        """For people: where it stands in its life."""
        if self.revoked:
            return "revoked"
        if self.expires and self.expires <= at:
            return "expired"
        return "signs" if self.valid_from and self.valid_from <= at else "prepared"


def current(records: Iterable[KeyRecord], at: datetime) -> KeyRecord | None:
    """The key that signs: of those that may, the one that was put into use last."""
    able = [record for record in records if record.may_sign(at)]
    return max(able, key=_order, default=None)


def next_name(records: Sequence[KeyRecord], year: int) -> str:
    """`seal-2026`, then `seal-2026-2`: a name is never given twice."""
    taken = {record.name for record in records}
    first = f"{PREFIX}-{year}"
    number = 1
    while (name := first if number == 1 else f"{first}-{number}") in taken:
        number += 1
    return name


def _order(record: KeyRecord) -> tuple[datetime, bool, datetime]:
    # within the second of a rotation both may sign: the one with an end is the old one
    return record.valid_from or record.created_at, record.expires is None, record.created_at
