"""Activity data as a plant sends it: a small valid whole, of which a test changes what it is about."""

import copy
import json
from decimal import Decimal
from typing import Any

from app.core import carbon, carbon_activity, carbon_factors, json_strict
from app.core.carbon import Footprint
from app.core.carbon_factors import FactorSet

SET = {"name": "test-set", "version": "1"}
FACILITY = "GLN 9506000130026"
WHOLE: dict[str, Any] = {
    "facility": FACILITY,
    "country": "DE",
    "year": 2025,
    "factorSet": SET,
    "serviceLife": {
        "ratedEnergy": {"value": 50, "unit": "kWh"},
        "cycles": 1000,
        "averageCapacity": {"value": 90, "unit": "%"},
        "basis": "cycle-life test",
    },
    "materials": [
        {
            "name": "Aluminium", "mass": {"value": 100, "unit": "kg"}, "factor": "material.al",
            "dataType": "primary", "uncertainty": {"value": 5, "unit": "%"},
        },
        {
            "name": "Cathode", "mass": {"value": 80, "unit": "kg"}, "dataType": "primary",
            "uncertainty": {"value": 0, "unit": "%"},
            "ownFactor": {
                "value": 20, "unit": "kg CO2e/kg", "source": "supplier's declaration 17", "year": 2024,
                "geography": "FI", "dataType": "primary", "uncertainty": {"value": 10, "unit": "%"},
            },
        },
    ],
    "energy": [
        {
            "name": "Assembly", "site": "Hall 2", "carrier": "electricity",
            "amount": {"value": 6000000, "unit": "kWh"}, "batteries": 3000, "factor": "energy.mix",
            "dataType": "primary", "uncertainty": {"value": 0, "unit": "%"},
        }
    ],
    "transport": [
        {
            "name": "To the car plant", "mode": "road", "distance": {"value": 500, "unit": "km"},
            "mass": {"value": 400, "unit": "kg"}, "stage": "distribution", "factor": "transport.lorry",
            "dataType": "secondary", "uncertainty": {"value": 0, "unit": "%"},
        }
    ],
    "endOfLife": [
        {
            "name": "Recycling", "role": "process", "mass": {"value": 400, "unit": "kg"},
            "factor": "eol.hydro", "dataType": "secondary",
        },
        {
            "name": "Aluminium recovered", "role": "credit", "mass": {"value": 60, "unit": "kg"},
            "factor": "material.al", "dataType": "secondary",
        },
    ],
}  # fmt: skip


def a_factor(identifier: str, group: str, value: str, **changes: Any) -> dict[str, Any]:
    unit = carbon_factors.UNIT_OF_GROUP[group]  # type: ignore[index]
    return {
        "id": identifier, "name": identifier, "group": group, "value": value, "unit": unit,
        "uncertainty": "20", "basis": "cited", "source": "Somewhere public", "year": 2024, "geography": "EU",
    } | changes  # fmt: skip


FACTORS: dict[str, Any] = {
    **SET,
    "title": "Set of the tests",
    "factors": [
        a_factor("material.al", "material", "10"),
        a_factor("energy.mix", "energy", "0.4", kind="electricity", uncertainty="5", geography="DE"),
        a_factor("transport.lorry", "transport", "0.1", kind="road", uncertainty="30"),
        a_factor("eol.hydro", "end-of-life", "2", uncertainty="50"),
        a_factor("gas.ch4", "gas", "27", uncertainty="40", geography="GLO"),
    ],
}


def whole() -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(WHOLE)


def factor_set(**changes: Any) -> FactorSet:
    return carbon_factors.read_json(json.dumps(FACTORS | changes).encode())


def footprint(details: dict[str, Any], factors: FactorSet | None = None) -> Footprint:
    """What activity data comes to, read as from a file."""
    sent = json_strict.loads(json.dumps(details, default=_as_number).encode(), decimals=True)
    return carbon.calculate(carbon_activity.of_details(sent), factors or factor_set())


def _as_number(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value
