"""What a record is about, as keys of the store."""

from collections.abc import Sequence

from app.core.identifiers import BatteryKey, ModelKey, batch_digest, digest_of, lot_digest, serial_digest
from app.core.intake import IntakeRecord
from app.store.unit_of_work import Store


def battery_of(record: IntakeRecord) -> BatteryKey | None:
    """The battery of an item record, else None."""
    if record.level == "item" and record.gtin and record.serial:
        return BatteryKey(record.gtin, record.serial)
    return None


def batch_key(gtin: str, lot: str) -> bytes:
    """A production batch of a model."""
    return batch_digest(gtin, lot)


def record_key(record: IntakeRecord) -> bytes:
    """Key that the record is found by: battery, batch, model, or what has no GTIN.

    A lot, cell or module is known by its kind and number: the number must be unique with one economic
    operator. Serials that differ only in case fall together, as those of batteries do.
    """
    battery = battery_of(record)
    if battery is not None:
        return battery.digest()
    if record.gtin is None and record.lot is None and record.serial is None:
        return digest_of(f"{record.kind}:{record.record_id}")
    if record.gtin is None:
        if record.serial is not None:
            return serial_digest(record.kind, record.serial)
        return lot_digest(record.kind, record.lot or "")
    return batch_key(record.gtin, record.lot) if record.lot else ModelKey(record.gtin).digest()


def models_known(store: Store, keys: Sequence[BatteryKey]) -> set[bytes]:
    """Of the models of these serialised products, the keys of those that some record speaks of."""
    return set(store.records.newest_of_each({ModelKey(key.gtin).digest() for key in keys}))
