"""Labels of issued passports: what is printed is what is stored (T58)."""

from app.core import labels
from app.core.identifiers import BatteryKey
from app.core.labels import Label
from app.services import reading
from app.services.context import Context


def label(ctx: Context, passport_uuid: str) -> Label:
    """The label of one issued passport. Raises: NotFound; UnreadableLabel."""
    with ctx.read() as store:
        battery = reading.issued(store, passport_uuid)
    return labels.label(BatteryKey(battery.gtin, battery.serial), ctx.settings.origin)
