"""Parts of an invented line: cells with a serial of their own, modules built of cells, exchanges, documents.

Their chance is apart from that of the packs, so that a plan with parts makes the same packs as one without.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from app.core.multibase import digest_multibase
from app.core.times import to_seconds

CELLS_MEASURED: Final = 3
"""Cells of each lot that are measured one by one, and so have a record of their own."""
Said = tuple[str, dict[str, str], dict[str, Any]]
"""Kind, subject and details of a record."""


@dataclass(slots=True)
class Parts:
    """What the second line of the factory builds. `data` is that of the factory; `modular` and `exchanged`
    are shares, 0 to 1: of packs that are built of a module, and of these that get another module later."""

    seed: int
    tag: str
    data: Mapping[str, Any]
    modular: float
    exchanged: float
    modules: int = 0
    _measured: dict[str, list[str]] = field(default_factory=dict)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed} parts")  # noqa: S311  (a simulation)

    def cells(self, lot: str, materials: Sequence[str], now: datetime) -> list[Said]:
        """Cells of a new lot that were measured."""
        found: list[Said] = []
        for number in range(CELLS_MEASURED):
            serial = f"{lot}-{number + 1:04}"
            self._measured.setdefault(lot, []).append(serial)
            details = {
                "cellModel": self.data["cells"]["cellModel"],
                "manufacturer": self.data["cells"]["manufacturer"],
                "cellLot": lot,
                "producedOn": str((now - timedelta(days=9)).date()),
                "materialLots": list(materials),
                "qualityResults": [
                    self._check("open-circuit voltage", (3.285, 3.305), 3, "V", now),
                    self._check("internal resistance", (5.6, 6.4), 2, "mOhm", now),
                ],
            }
            found.append(("cell", {"serial": serial}, details))
        return found

    def is_modular(self) -> bool:
        return self._chance.random() < self.modular

    def is_exchanged(self) -> bool:
        return self._chance.random() < self.exchanged

    def module(self, lots: Sequence[str], now: datetime) -> tuple[str, Said]:
        """One more module of cells from these lots, with a measured cell as long as there is one: its number,
        and what is said of it."""
        self.modules += 1
        number = f"LM{self.tag}-{self.modules:05}"
        single = [cells.pop(0) for lot in lots[:1] if (cells := self._measured.get(lot))]
        left = self.data["cellsOfPack"] - len(single)
        shares = [left - 4 * (len(lots) - 1)] + [4] * (len(lots) - 1)
        details: dict[str, Any] = {
            "moduleModel": self.data["moduleModel"],
            "manufacturer": self.data["operator"],
            "assembledOn": str(now.date()),
            "configuration": self.data["configuration"],
            "cellLots": [{"lot": lot, "cells": cells} for lot, cells in zip(lots, shares, strict=True)],
            "qualityResults": [self._check("weld resistance", (0.11, 0.19), 3, "mOhm", now)],
        }
        if single:
            details["cells"] = single
        return number, ("module", {"serial": number}, details)

    def exchange(self, subject: dict[str, str], old: str, new: str, now: datetime) -> Said:
        """A module of a battery for another one."""
        details = {
            "performedAt": to_seconds(now),
            "reason": "Voltage of one row of cells drifted in the last hour on the shelf",
            "workshop": f"Rework, {self.data['plant']}",
            "removed": [{"part": "module", "number": old}],
            "installed": [{"part": "module", "number": new}],
            "qualityResults": [self._check("insulation resistance", (600, 990), 0, "MOhm", now)],
        }
        return "exchange", subject, details

    def reports(self, gtin: str) -> list[Said]:
        """Reports behind the tests of the model, and the manual."""
        found = []
        for one in self.data["documents"]:
            digest = digest_multibase(f"{one['number']} (invented)".encode())
            found.append(("document", {"gtin": gtin}, {**one, "documentDigest": digest}))
        return found

    def batch_report(self, gtin: str, lot: str, operator: str) -> Said:
        """What the end of the line measured of a batch, as a report."""
        details = {
            "documentType": "test-report",
            "title": f"End-of-line tests of batch {lot}",
            "language": "en",
            "number": f"EOL-{lot}",
            "issuedBy": operator,
            "documentDigest": digest_multibase(f"EOL-{lot} (invented)".encode()),
        }
        return "document", {"gtin": gtin, "lot": lot}, details

    def _check(
        self, check: str, between: tuple[float, float], digits: int, unit: str, now: datetime
    ) -> dict[str, Any]:
        measured = round(self._chance.uniform(*between), digits)
        return {
            "check": check,
            "result": "pass",
            "measured": measured if digits else int(measured),
            "unit": unit,
            "at": to_seconds(now),
        }
