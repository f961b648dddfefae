"""Things that go into things, and their keys.

A thing is a battery, module, cell, component, batch, lot or supplier, known by its kind and number. Numbers
without a GTIN must be unique, by kind, with one economic operator; a supplier's lot number is unique with the
supplier alone, so its key holds both.
"""

from dataclasses import dataclass
from typing import Final, Literal

from app.core.identifiers import BatteryKey, batch_digest, digest_of, lot_digest, serial_digest

ThingKind = Literal[
    "battery", "module", "cell", "component", "batch", "cell-lot", "material-lot", "supplier-lot", "supplier",
    "lot-number", "transformation", "thing", "nothing",
]  # fmt: skip

_BETWEEN: Final = "\x1f"
"""Between the two parts of a name; no text of a record holds it."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One node. `of` is the GTIN of a battery or batch, and the supplier of a supplier's lot."""

    kind: ThingKind
    number: str
    of: str | None = None

    @property
    def name(self) -> str:
        """Number and `of` as one text, as it is stored."""
        return self.number if self.of is None else f"{self.of}{_BETWEEN}{self.number}"

    def key(self) -> bytes:
        """16 bytes for the database, the same as those of records about it."""
        if self.kind == "battery":
            return BatteryKey(self.of or "", self.number).digest()
        if self.kind == "batch":
            return batch_digest(self.of or "", self.number)
        if self.kind in ("module", "cell"):
            return serial_digest(self.kind, self.number)
        if self.kind in ("cell-lot", "material-lot"):
            return lot_digest(self.kind, self.number)
        return digest_of(f"{self.kind}{_BETWEEN}{self.name}")


def named(kind: ThingKind, name: str) -> Thing:
    """A thing from its kind and stored name."""
    of, between, number = name.partition(_BETWEEN)
    return Thing(kind, number, of) if between else Thing(kind, name)


NOTHING: Final = Thing("nothing", "")
"""Child of a record that holds nothing: it still takes the place of an earlier one."""
