"""What is known of a model before a pack is built: what its records give, what is missing, what is due later.

Each finding says which article, point of the annex and official data point ask for it, and who supplies it,
by which record. Batches are judged with what their model says; what only a pack can say is listed apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core import completeness, identifiers
from app.core.completeness import Finding
from app.core.doubts import Doubt, doubts
from app.core.errors import NotFound
from app.core.identifiers import ModelKey
from app.core.passport import Draft
from app.core.supply import told
from app.services import drafts
from app.services.context import Context

MAX_LOTS: Final = 50
"""Newest batches that are looked at: a page, not an archive."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, with what it lacks that a batch supplies."""

    lot: str
    missing: tuple[Finding, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """How a model stands."""

    gtin: str
    name: str | None
    draft: Draft
    findings: tuple[Finding, ...]
    """Of what is supplied for the model."""
    doubts: tuple[Doubt, ...]
    batches: tuple[Batch, ...]
    of_batch: tuple[Finding, ...]
    of_pack: tuple[Finding, ...]
    """What each batch and each pack owes in this battery category."""

    @property
    def missing(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state in ("missing", "implausible"))

    @property
    def later(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state == "not-yet-due")


def of_model(ctx: Context, gtin: str, operator: str) -> ModelStanding:
    """Raises: MalformedIdentifier; NotFound for a model of which no record came in, or another operator's."""
    gtin = identifiers.gtin(gtin)
    key = ModelKey(gtin).digest()
    with ctx.read() as store:
        if not store.records.has_about(key, operator):
            raise NotFound("No record about this model has come in yet.")
        draft = drafts.of_model(store, gtin)
        lots = store.batteries.lots_of(key, limit=MAX_LOTS)
        of_lots = {lot: drafts.of_model(store, gtin, lot) for lot in lots}
    found = completeness.findings(draft)
    name = draft.value("batteryModelIdentifier")
    return ModelStanding(
        gtin=gtin,
        name=name if isinstance(name, str) else None,
        draft=draft,
        findings=tuple(one for one in found if one.level == "model"),
        doubts=doubts(draft),
        batches=tuple(_batch(lot, of_lot, draft) for lot, of_lot in of_lots.items()),
        of_batch=_owed(found, "batch"),
        of_pack=_owed(found, "item"),
    )


def as_dict(found: ModelStanding) -> dict[str, Any]:
    """The same for JSON."""
    category = found.draft.category
    owed, there = completeness.owed(found.findings)
    return {
        "gtin": found.gtin,
        "model": found.name,
        "category": category,
        "complete": not found.missing,
        "owed": owed,
        "there": there,
        "findings": told(found.findings, category),
        "doubts": [one.as_dict() for one in found.doubts],
        "batches": [
            {
                "lot": batch.lot,
                "complete": not batch.missing,
                "missing": told(batch.missing, category),
                "doubts": [one.as_dict() for one in batch.doubts],
            }
            for batch in found.batches
        ],
        "owedByBatch": told(found.of_batch, category),
        "owedByPack": told(found.of_pack, category),
    }


def _batch(lot: str, draft: Draft, model: Draft) -> Batch:
    known = {one.why for one in doubts(model)}
    missing = tuple(
        one
        for one in completeness.findings(draft)
        if one.level == "batch" and one.state in ("missing", "implausible")
    )
    return Batch(lot, missing, tuple(one for one in doubts(draft) if one.why not in known))


def _owed(findings: Sequence[Finding], level: str) -> tuple[Finding, ...]:
    return tuple(
        one for one in findings if one.level == level and one.obligation in ("required", "conditional")
    )
