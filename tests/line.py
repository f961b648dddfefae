"""A production line in a test: sends records and looks at what became of them."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from app.core.errors import Rejected
from app.core.identifiers import BatteryKey, ModelKey
from app.core.report import Report
from app.core.vocabulary import MODEL_SECTIONS
from app.services import intake, verification
from app.services.context import Context
from app.services.plants import Plant
from tests import factories
from tests.installation import rows


class Line:
    """Records of one plant. Serials default to the factory's first battery."""

    def __init__(self, ctx: Context, plant: Plant) -> None:
        self.ctx = ctx
        self.plant = plant

    def send(self, record: dict[str, Any]) -> dict[str, Any]:
        """The answer to a record that is taken."""
        return intake.accept(self.ctx, self.plant, factories.body(record)).answer

    def send_all(self, records: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """The answer to the last of several records."""
        return [self.send(record) for record in records][-1]

    def refused(self, record: dict[str, Any] | bytes) -> intake.Quarantined:
        """The refusal of a record that is not taken."""
        body = record if isinstance(record, bytes) else factories.body(record)
        with pytest.raises(intake.Quarantined) as caught:
            intake.accept(self.ctx, self.plant, body)
        assert isinstance(caught.value.refusal, Rejected)
        return caught.value

    def battery(self, serial: str = factories.SERIAL) -> Any:
        """The battery's row."""
        with self.ctx.read() as store:
            return store.batteries.by_key(BatteryKey(factories.GTIN, serial).digest())

    def state(self, serial: str = factories.SERIAL) -> str:
        return str(self.battery(serial).state)

    def history(self, section: str, serial: str = factories.SERIAL) -> list[dict[str, Any]]:
        """All versions of a section, oldest first, as documents."""
        key = (
            ModelKey(factories.GTIN) if section in MODEL_SECTIONS else BatteryKey(factories.GTIN, serial)
        ).digest()
        with self.ctx.read() as store:
            versions = [row.version for row in store.documents.history(key, section)]
            found = [store.documents.version(key, section, version) for version in sorted(versions)]
        return [orjson.loads(bytes(row.body)) for row in found if row is not None]

    def stored(self) -> list[dict[str, Any]]:
        """Every stored document's row."""
        return rows(self.ctx.engine, "documents")

    def leaves(self) -> list[dict[str, Any]]:
        """The log, oldest first."""
        with self.ctx.read() as store:
            return [orjson.loads(bytes(row.leaf)) for row in store.log.rows(0, 2**31)]

    def leaf_types(self) -> list[str]:
        return [leaf["type"] for leaf in self.leaves()]

    def report(self, section: str, serial: str = factories.SERIAL) -> Report:
        """What any verifier says of the newest version of a section, with every check."""
        key = (
            ModelKey(factories.GTIN) if section in MODEL_SECTIONS else BatteryKey(factories.GTIN, serial)
        ).digest()
        with self.ctx.read() as store:
            row = store.documents.newest(key, section)
        assert row is not None
        return verification.verify_bytes(self.ctx, bytes(row.body))
