"""Sets of emission factors, and what activity data comes to with them.

A set is kept once and never changed: a record names set and version, so its footprint can be worked out again
to the byte, in a year as today. Nothing that is calculated is stored.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from app.core import carbon, carbon_activity, carbon_factors, intake, json_strict
from app.core.carbon import Footprint
from app.core.carbon_factors import FactorSet
from app.core.errors import Conflict, MalformedInput, Rejected
from app.core.intake import IntakeRecord
from app.core.passport import Calculated
from app.core.times import to_text
from app.services.context import Context
from app.store.unit_of_work import Collision, Store

KEPT: Final = 64
"""Footprints and sets that a process keeps: each is asked for with every battery of its model."""


def find_set(store: Store, name: str, version: str) -> FactorSet | None:
    """A set that came with the product or was brought in."""
    shipped = carbon_factors.shipped_set(name, version)
    if shipped is not None:
        return shipped
    row = store.emission_factor_sets.get(name, version)
    return None if row is None else _read(bytes(row.body))


def import_set(ctx: Context, factors: FactorSet) -> bool:
    """Keep a set. False: the very same one is there already.

    Raises: Conflict when another set of this name and version is there.
    """
    known = None
    with ctx.unit_of_work() as work:
        known = find_set(work, factors.name, factors.version)
        if known is None:
            try:
                work.emission_factor_sets.add(
                    name=factors.name, version=factors.version, operator=ctx.issuer.did,
                    digest=bytes.fromhex(factors.digest), body=factors.body, at=to_text(ctx.now()),
                )  # fmt: skip
            except Collision:
                raise Conflict(
                    "Another process is bringing in this set: look whether it is there now."
                ) from None
            work.commit()
            return True
    if known.digest != factors.digest:
        raise Conflict(
            f"Another set {factors.name} {factors.version} is there already, and calculations name it."
            " Give the new one a version of its own."
        )
    return False


def sets(ctx: Context) -> list[dict[str, Any]]:
    """Every set: name, version, digest, where it comes from, how many factors it holds."""
    with ctx.read() as store:
        kept = [(_read(bytes(row.body)), row.created_at) for row in store.emission_factor_sets.all()]
    found = [(each, None) for each in carbon_factors.shipped()] + kept
    return [
        {
            "name": each.name,
            "version": each.version,
            "digest": each.digest,
            "title": each.title,
            "factors": len(each.factors),
            "importedAt": at,
        }
        for each, at in found
    ]


def require_calculable(store: Store, record: IntakeRecord) -> None:
    """Refuse activity data that gives no footprint. Records of other kinds pass. Raises: MalformedInput."""
    if record.kind == carbon_activity.KIND:
        activity = carbon_activity.of_record(record)
        carbon.calculate(activity, _set_of(store, activity.factor_set))


def footprint(store: Store, body: bytes, record: IntakeRecord) -> Footprint:
    """What one accepted record comes to. Raises: MalformedInput where today's rules refuse it."""
    activity = carbon_activity.of_record(record)
    return _footprint(body, _set_of(store, activity.factor_set))


def calculated(store: Store, records: Iterable[tuple[int, bytes, IntakeRecord]]) -> list[Calculated]:
    """What the activity data among `records` (number, bytes, parsed) has to offer to drafts, in their order.

    A footprint without one of the stages offers nothing, nor does one that its maker does not publish.
    """
    found = []
    for number, body, record in records:
        if record.kind == carbon_activity.KIND:
            try:
                made = footprint(store, body, record)
            except Rejected:
                continue  # taken in by an older version of this program: it must not stop the line now
            if made.is_whole and made.activity.publish:
                found.append(_offer(number, record, made))
    return found


def _offer(number: int, record: IntakeRecord, made: Footprint) -> Calculated:
    study = made.activity.study
    return Calculated(
        record.record_id, record.kind, record.sent_at, made.activity.facility, made.figures,
        {"carbonFootprintStudy": study} if study else {}, number,
    )  # fmt: skip


def _set_of(store: Store, name_and_version: tuple[str, str]) -> FactorSet:
    found = find_set(store, *name_and_version)
    if found is None:
        raise MalformedInput(
            "No such set of emission factors is here. See which are: passport carbon factors list",
            pointer="/details/factorSet",
            rule="factor-set",
            clause="Annex II",
        )
    return found


@lru_cache(maxsize=KEPT)
def _footprint(body: bytes, factors: FactorSet) -> Footprint:
    record = intake.parse(json_strict.loads(body, decimals=True))
    return carbon.calculate(carbon_activity.of_record(record), factors)


@lru_cache(maxsize=KEPT)
def _read(body: bytes) -> FactorSet:
    return carbon_factors.read_json(body)
