"""An invented factory: lots, packs, tests, stamps and faults, each message with what is expected of it.

Nothing here looks at a clock: the time comes in, chance comes from a seed, so the same seed, start and times
make the same bytes. What became of each pack in the end is known here without asking the product, and so is
which lots went into it (the recall question). The doors that carry messages are faces.
"""

import copy
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

from app.core.line_simulation_faults import FAULTS, Expected, Fault, Message, broken, expected_pack
from app.core.line_simulation_parts import Parts, Said
from app.core.times import to_seconds

PACKS_OF_BATCH: Final = 200
PACKS_OF_CELL_LOT: Final = 50
HELD_BACK: Final = 5
"""Packs that are made before a late record arrives."""
_DATA: Final[Mapping[str, Any]] = json.loads(
    (resources.files("app.core") / "data" / "line_simulation.json").read_bytes()
)
GTIN: Final[str] = _DATA["gtin"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Shares of packs, 0 to 1: `faults` that something goes wrong on the way, one of `kinds` each time;
    `scrapped` that the pack gets no stamp, `withdrawn` that its stamp is taken back, `read` that it reports
    from use; `modular` that it is built of a module, `exchanged` that such a pack gets another one later.
    `activity` leaves the carbon activity out where a test has no emission factors."""

    faults: float = 0.03
    kinds: Sequence[Fault] = FAULTS
    scrapped: float = 0.005
    withdrawn: float = 0.01
    read: float = 0.05
    modular: float = 0.1
    exchanged: float = 0.1
    activity: bool = True


@dataclass(slots=True)
class Pack:
    """One battery as the factory knows it. `state` is how it stands in the end
    (`line_simulation_faults.standing`), `missing` the attributes that it then lacks; `cell_lots`, and the
    number of its `module` where it is built of one, are what is in it then."""

    serial: str
    batch_lot: str
    cell_lots: tuple[str, ...]
    fault: Fault | None = None
    state: str = "issued"
    missing: frozenset[str] = frozenset()
    module: str | None = None


@dataclass(slots=True)
class Factory:
    """One run of one line. `packs` and `lots` grow with each pack."""

    seed: int
    begun: datetime
    plan: Plan = field(default_factory=Plan)
    packs: dict[str, Pack] = field(default_factory=dict)
    lots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Lots of material that went into each lot of cells."""
    _numbers: int = 0
    _held: list[tuple[int, Message]] = field(default_factory=list)
    _chance: random.Random = field(init=False)
    _parts: Parts = field(init=False)
    tag: str = field(init=False)
    """Six marks that set the identifiers of this run apart from those of others."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311  (a simulation)
        made = hashlib.sha256(f"{self.seed} {to_seconds(self.begun)}".encode()).hexdigest()
        self.tag = made[:6].upper()
        self._parts = Parts(self.seed, self.tag, _DATA, self.plan.modular, self.plan.exchanged)

    # --- what the factory says

    def opening(self, now: datetime) -> list[Message]:
        """Model data, certificates and tests of the model, and what its footprint is worked out from."""
        model = {"gtin": GTIN}
        found = [self._good("model", model, now, **copy.deepcopy(_DATA["model"]))]
        found += [self._good("certificate", model, now, **one) for one in _DATA["certificates"]]
        found += [self._good("test", model, now, **one) for one in _DATA["tests"]]
        found += [self._said(one, now) for one in self._parts.reports(GTIN)]
        if self.plan.activity:
            found.append(self._good("carbon-activity", model, now, details=_DATA["activity"]))
        return found

    def next_pack(self, now: datetime) -> list[Message]:
        """Everything about one more pack, with the lots and the batch that begin with it, and what is due of
        earlier ones: late records, exchanges, reports."""
        number = len(self.packs)
        found: list[Message] = []
        if number % PACKS_OF_CELL_LOT == 0:
            found += self._new_cell_lot(number // PACKS_OF_CELL_LOT, now)
        if number % PACKS_OF_BATCH == 0:
            found.append(self._new_batch(number // PACKS_OF_BATCH, now))
        found += self._pack(number, now)
        found += self._due(number)
        return found

    def closing(self) -> list[Message]:
        """What was still held back."""
        return self._due(None)

    # --- what the factory knows

    def packs_of_lot(self, lot: str) -> frozenset[str]:
        """The recall question: serials of the packs that hold this lot of cells or material."""
        cells = {name for name, materials in self.lots.items() if lot in (name, *materials)}
        return frozenset(serial for serial, pack in self.packs.items() if cells & set(pack.cell_lots))

    # --- lots

    def _lot(self, mark: str, number: int) -> str:
        return f"{mark}-{self.tag}-{number:03}"

    def _new_cell_lot(self, number: int, now: datetime) -> Iterator[Message]:
        materials = []
        for place, one in enumerate(_DATA["materials"]):
            # A delivery of material is enough for two lots of cells.
            lot = self._lot(f"M{place}", number // 2)
            materials.append(lot)
            if number % 2 == 0:
                details = {
                    "material": one["material"],
                    "supplier": {"name": one["supplier"]},
                    "lotNumber": f"{one['country']}-{self._chance.randrange(10**5):05}",
                    "dateReceived": str((now - timedelta(days=self._chance.randint(3, 20))).date()),
                    "quantity": {"value": int(one["kg"]), "unit": "kg"},
                    "countryOfOrigin": one["country"],
                    "recycledShare": one["share"],
                }
                yield self._good("material-lot", {"lot": lot}, now, details=details)
        lot = self._lot("C", number)
        self.lots[lot] = tuple(materials)
        yield self._good("cell-lot", {"lot": lot}, now, details={**_DATA["cells"], "materialLots": materials})
        for cell in self._parts.cells(lot, materials, now):
            yield self._said(cell, now)

    def _new_batch(self, number: int, now: datetime) -> Message:
        subject = {"gtin": GTIN, "lot": self._lot("B", number)}
        # The lots of a whole batch are not known when it begins: each pack names its own.
        details = {"plant": _DATA["plant"], "productionStart": str(now.date())}
        report = self._parts.batch_report(GTIN, subject["lot"], _DATA["operator"])
        self._held.append(((number + 1) * PACKS_OF_BATCH, self._said(report, now)))
        return self._good("batch", subject, now, values=_DATA["batchValues"], details=details)

    # --- packs

    def _pack(self, number: int, now: datetime) -> Iterator[Message]:
        serial = f"LS{self.tag}-{number + 1:06}"
        first = number // PACKS_OF_CELL_LOT
        cell_lots = [self._lot("C", first)]
        if number % PACKS_OF_CELL_LOT < 3 and first:
            cell_lots.append(self._lot("C", first - 1))  # what was left of the lot before
        chance = self._chance
        fault = chance.choice(self.plan.kinds) if chance.random() < self.plan.faults else None
        pack = Pack(serial, self._lot("B", number // PACKS_OF_BATCH), tuple(cell_lots), fault)
        self.packs[serial] = pack
        subject = {"gtin": GTIN, "serial": serial}
        if self._parts.is_modular():
            pack.module, module = self._parts.module(cell_lots, now)
            yield self._said(module, now)
        records = [self._record("pack", subject, now, **self._assembly(pack, now))]
        records.append(self._record("test", subject, now, details=self._end_of_line(pack, now)))
        fate = chance.random()
        if fate >= self.plan.scrapped:
            details = {"stamp": "OK", "stampedBy": "end-of-line station", "station": "EOL-1"}
            records.append(self._record("release", subject, now, details=details))
        if self.plan.scrapped <= fate < self.plan.scrapped + self.plan.withdrawn:
            details = {"reason": "Torque of the cover was not recorded"}
            later = now + timedelta(seconds=1)
            records.append(self._record("withdrawal", subject, later, details=details))
        elif chance.random() < self.plan.read:
            records.append(self._record("reading", subject, now, **self._reading(now)))
        pack.state, pack.missing = expected_pack([record["kind"] for record in records], fault, records[0])
        late, at_once = broken(records, fault, chance)
        self._held += [(number + HELD_BACK, message) for message in late]
        yield from at_once
        if pack.module and fault is None and self._parts.is_exchanged():
            yield from self._exchange(pack, pack.module, number, now)

    def _exchange(self, pack: Pack, old: str, number: int, now: datetime) -> Iterator[Message]:
        """Another module, of the newest of its lots alone, is built at once and put in some packs later."""
        lots, later = pack.cell_lots[:1], now + timedelta(seconds=2)
        new, module = self._parts.module(lots, now)
        yield self._said(module, now)
        said = self._parts.exchange({"gtin": GTIN, "serial": pack.serial}, old, new, later)
        self._held.append((number + 2 * HELD_BACK, self._said(said, later)))
        pack.module, pack.cell_lots = new, lots

    def _due(self, number: int | None) -> list[Message]:
        due = [message for at, message in self._held if number is None or at <= number]
        self._held = [] if number is None else [one for one in self._held if one[0] > number]
        return due

    def _assembly(self, pack: Pack, now: datetime) -> dict[str, Any]:
        chance = self._chance
        read = {"observedAt": to_seconds(now), "source": "end-of-line test"}

        def measured(value: float, unit: str) -> dict[str, Any]:
            return {"value": value, "unit": unit, **read}

        capacity = round(13.8 + chance.uniform(0, 0.4), 2)
        power, resistance = chance.randint(555, 575), round(chance.uniform(0.068, 0.073), 4)
        efficiency = round(chance.uniform(96.5, 97.0), 1)
        values = {
            "manufacturingDate": now.strftime("%Y-%m"),
            "batteryStatus": {"value": "original", **read},
            "statusValues": {
                "ratedCapacity": measured(capacity, "Ah"),
                "power": measured(power, "W"),
                "internalResistance": measured(resistance, "ohm"),
                "roundTripEfficiency": measured(efficiency, "%"),
                "expectedLifetimeCycles": {"value": 1500, **read},
            },
            "capacityFade": measured(0.0, "%"),
            "powerFade": measured(0.0, "%"),
            "internalResistanceIncrease": {
                "value": [{"batteryComponent": "pack", "increase": {"value": 0.0, "unit": "%"}}], **read
            },
            "roundTripEfficiencyFade": measured(0.0, "%"),
            "expectedLifetime": measured(10, "a"),
            "remainingCapacity": measured(capacity, "Ah"),
            "remainingPowerCapability": {
                "value": [
                    {
                        "atSoC": {"value": 80, "unit": "%"},
                        "powerCapabilityAt": {"value": power, "unit": "W"},
                    }
                ],
                **read,
            },
            "remainingRoundTripEnergyEfficiency": measured(efficiency, "%"),
            "evolutionOfSelfDischarge": measured(0.0, "%"),
            "currentInternalResistance": measured(resistance, "ohm"),
        }  # fmt: skip
        modules, lots = [{"moduleNumber": pack.module}], list(pack.cell_lots)
        details = {
            "batchLot": pack.batch_lot,
            "assembledOn": str(now.date()),
            "configuration": _DATA["configuration"],
            **({"modules": modules} if pack.module else {"cellLots": lots}),
            "qualityResults": [
                {
                    "check": "insulation resistance", "result": "pass", "measured": chance.randint(600, 990),
                    "limit": 1, "unit": "MOhm", "at": to_seconds(now), "station": "safety test",
                }
            ],
        }  # fmt: skip
        return {"values": values, "details": details}

    def _end_of_line(self, pack: Pack, now: datetime) -> dict[str, Any]:
        return {
            "testType": "capacity-validation",
            "standard": "IEC 61960-3",
            "laboratory": f"Line end, {_DATA['plant']}",
            "performedOn": str(now.date()),
            "result": "pass",
            "reportNumber": f"EOL-{pack.serial}",
            "log": [
                {"minutes": 0, "voltage": 38.9, "capacity": 0},
                {"minutes": 118, "voltage": 30.1, "capacity": round(self._chance.uniform(13.8, 14.2), 2)},
            ],
        }

    def _reading(self, now: datetime) -> dict[str, Any]:
        cycles = self._chance.randint(1, 30)
        read = {"observedAt": to_seconds(now), "source": "display D2"}
        values = {
            "numberOfFullCycles": {"value": cycles, **read},
            "stateOfCharge": {"value": self._chance.randint(20, 95), "unit": "%", **read},
            "capacityFade": {"value": round(cycles / 100, 2), "unit": "%", **read},
        }
        return {"values": values, "details": {"device": "display D2"}}

    # --- records

    def _record(self, kind: str, subject: dict[str, str], now: datetime, **parts: Any) -> dict[str, Any]:
        self._numbers += 1
        envelope = {"recordId": f"SIM-{self.tag}-{self._numbers:07}", "kind": kind, "sentAt": to_seconds(now)}
        return {**envelope, "subject": subject, **parts}

    def _good(self, kind: str, subject: dict[str, str], now: datetime, **parts: Any) -> Message:
        return Message(self._record(kind, subject, now, **parts), Expected("accepted"))

    def _said(self, said: Said, now: datetime) -> Message:
        kind, subject, details = said
        return self._good(kind, subject, now, details=details)
