"""A refused record tried again, by the door that it had come to."""

from app.core.errors import NotFound
from app.services import epcis, intake
from app.services.context import Context
from app.services.intake import Accepted
from app.services.plants import Plant


def replay(ctx: Context, plant: Plant, quarantine_id: str, mended: bytes | None = None) -> Accepted:
    """Try what waits in quarantine again, as it was or mended: an event of EPCIS is read as one.

    Raises: NotFound; Quarantined when it is refused again.
    """
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    if row is None or row.plant_id != plant.id or row.settled is not None:
        raise NotFound("There is no such record in this plant's quarantine.")
    if row.door == epcis.DOOR:
        return epcis.replay(ctx, plant, quarantine_id, bytes(row.body), mended)
    return intake.replay(ctx, plant, quarantine_id, mended)
