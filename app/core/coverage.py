"""What a sample of records never says: attributes that a passport owes, and that none of them fills.

The records of a sample are taken as if they spoke of one battery: an attribute counts as filled once any of
them gives it, or a reason why it does not apply. Source: Art. 77(2)-(4) and Annex XIII, as in completeness.
"""

from dataclasses import dataclass, field
from typing import Final

from app.core import completeness
from app.core.completeness import Finding
from app.core.intake import IntakeRecord
from app.core.passport import Draft, Sourced, claims_of
from app.core.vocabulary import CATEGORIES, Category

_OWED: Final = ("required", "conditional")


@dataclass(slots=True)
class Coverage:
    """Filled record by record; holds one value of each attribute, however long the sample."""

    _values: dict[str, Sourced] = field(default_factory=dict)
    _reasons: dict[str, Sourced] = field(default_factory=dict)

    def see(self, record: IntakeRecord) -> None:
        """Take note of one record."""
        if record.level is None:
            return
        for attribute_id, claim in claims_of(record):
            (self._reasons if claim.is_reason else self._values).setdefault(attribute_id, claim)

    def missing(self, category: Category | None = None) -> list[Finding]:
        """What a passport of this category owes and the sample never fills, in the catalogue's order.

        Without a category, the sample's own; without either, what every category owes.
        """
        draft = Draft(
            gtin="", serial=None, lot=None, values=self._values, not_applicable=self._reasons, losers={},
            release="none",
        )  # fmt: skip
        found = completeness.findings(draft, category or draft.category)
        return [each for each in found if each.state == "missing" and each.obligation in _OWED]

    def category(self) -> Category | None:
        """What the sample says about its batteries."""
        found = self._values.get("batteryCategory")
        return found.value if found is not None and found.value in CATEGORIES else None
