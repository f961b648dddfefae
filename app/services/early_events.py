"""Events about products of which nothing was known yet: their drafts begin when their model is known.

An event may be about anything that has a GTIN and serial, a pump as well as a battery, so it begins no draft
by itself (`BEGINS_NO_BATTERY`). Once a record speaks of the model, its products are batteries.
"""

from collections.abc import Iterable
from typing import Final

from app.core.identifiers import ModelKey
from app.core.intake import BEGINS_NO_BATTERY, IntakeRecord
from app.core.times import to_text
from app.services import subjects
from app.services.context import Context
from app.store.unit_of_work import Collision

CHUNK: Final = 500
"""Drafts that are begun in one transaction."""


def begin_drafts(ctx: Context, record: IntakeRecord) -> None:
    """After a record about a model: a draft for each product of it that events alone have named.

    A transaction for each chunk; stopped in the middle, it is done with the rest of what follows the record.
    """
    if record.level == "model" and record.gtin is not None:
        _begin(ctx, record.gtin)


def begin_missed(ctx: Context, records: Iterable[IntakeRecord]) -> None:
    """After events: drafts of products whose model was stored at the same moment.

    On PostgreSQL neither transaction may have seen the other's record. Each looks again after its commit, and
    one of them is the later.
    """
    named = {
        key.digest(): key
        for record in records
        if record.kind in BEGINS_NO_BATTERY and (key := subjects.battery_of(record)) is not None
    }
    if not named:
        return
    with ctx.read() as store:
        begun = {bytes(row.key) for row in store.batteries.by_keys(sorted(named))}
        left = [key for digest, key in named.items() if digest not in begun]
        models = subjects.models_known(store, left) if left else set()
    for gtin in sorted({key.gtin for key in left}):
        if ModelKey(gtin).digest() in models:
            _begin(ctx, gtin)


def _begin(ctx: Context, gtin: str) -> None:
    while True:
        with ctx.read() as store:
            early = store.batteries.named_early(gtin, limit=CHUNK)
        if not early:
            return
        first = {bytes(row.subject_key): row for row in reversed(early)}
        drafts = [
            {
                "key": key, "operator": row.economic_operator_id, "gtin": gtin, "serial": row.serial,
                "model_key": ModelKey(gtin).digest(), "lot": None, "release": "none",
                "at": to_text(ctx.now()), "plant_id": row.plant_id,
            }
            for key, row in first.items()
        ]  # fmt: skip
        try:
            with ctx.unit_of_work() as work:
                work.batteries.add_many(drafts)
                work.commit()
        except Collision:
            continue  # another record began one of them at this moment
