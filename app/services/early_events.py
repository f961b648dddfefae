"""Events about products of which nothing was known yet: their drafts begin when their model is known.

An event may be about anything that has a GTIN and serial, a pump as well as a battery, so it begins no draft
by itself (`BEGINS_NO_BATTERY`). Once a record speaks of the model, its products are batteries.
"""

from typing import Final

from app.core.identifiers import ModelKey
from app.core.intake import IntakeRecord
from app.core.times import to_text
from app.services.context import Context
from app.store.unit_of_work import Collision

CHUNK: Final = 500
"""Drafts that are begun in one transaction."""


def begin_drafts(ctx: Context, record: IntakeRecord) -> None:
    """After a record about a model: a draft for each product of it that events alone have named.

    A transaction for each chunk; stopped in the middle, it is done with the rest of what follows the record.
    """
    if record.level != "model" or record.gtin is None:
        return
    while True:
        with ctx.read() as store:
            early = store.batteries.named_early(record.gtin, limit=CHUNK)
        if not early:
            return
        first = {bytes(row.subject_key): row for row in reversed(early)}
        drafts = [
            {
                "key": key, "operator": row.economic_operator_id, "gtin": record.gtin, "serial": row.serial,
                "model_key": ModelKey(record.gtin).digest(), "lot": None, "release": "none",
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
