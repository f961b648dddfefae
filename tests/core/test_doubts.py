"""What is worth a look is told with its numbers, and never holds a passport back."""

from typing import Any

import pytest

from app.core.completeness import require
from app.core.doubts import doubts
from app.core.passport import assemble
from tests.core.drafts import a_record, whole_records

ENERGY = "certifiedUsableBatteryEnergy"
GOOD = {
    "ratedCapacity": "250",
    "nominalVoltage": "350",
    "certifiedUsableBatteryEnergy": "80",
    "batteryMass": "450",
    "ratedMaximumPower": "150000",
    "powerCapabilityRatio": "1.7",
    "expectedNumberOfCycles": 1500,
    "batteryMaterials": [{"batteryMaterialMass": "300"}],
}
"""An electric vehicle's battery: 87.5 kWh nominal, 194 Wh/kg, 1.71 W/Wh."""
ITEM = {
    "remainingCapacity": {"value": "225"},
    "capacityFade": {"value": "10"},
    "remainingEnergy": {"value": "72"},
    "stateOfCertifiedEnergy": {"value": "90"},
    "manufacturingDate": "2026-11",
}


def found(details: dict[str, Any] | None = None, **changed: Any) -> list[tuple[str, str]]:
    values = {**GOOD, **ITEM, **changed}
    draft = assemble([a_record({name: value for name, value in values.items() if value is not None})])
    return [(one.attribute_ids[0], one.why) for one in doubts(draft, details)]


def test_a_battery_as_they_are_gives_no_doubt():
    assert found({"configuration": "96s2p"}) == []


@pytest.mark.parametrize(
    ("changed", "attribute", "said"),
    [
        ({ENERGY: "80000"}, ENERGY, "80000 kWh, but capacity times"),
        ({ENERGY: "80000"}, ENERGY, "a thousand times too much"),
        ({ENERGY: "0.08"}, ENERGY, "a thousand times too little"),
        ({"batteryMass": "450000", "batteryMaterials": None}, "batteryMass", "are 0.194 Wh/kg"),
        ({"nominalVoltage": "350000"}, "nominalVoltage", "350000 V"),
        ({"ratedMaximumPower": "150"}, "ratedMaximumPower", "0.00171 W/Wh"),
        ({"powerCapabilityRatio": "1700"}, "powerCapabilityRatio", "is the unit right?"),
        ({"expectedNumberOfCycles": 3}, "expectedNumberOfCycles", "3 cycles"),
        ({"batteryMaterials": [{"batteryMaterialMass": "0.3"}]}, "batteryMaterials", "weigh 0.3 kg together"),
        ({"remainingCapacity": {"value": "300"}}, "remainingCapacity", "300 Ah remain of 250 Ah: 120 %"),
        ({"capacityFade": {"value": "30"}}, "capacityFade", "a fade of 30 %, but 225 of 250 Ah remain: 10 %"),
        ({"remainingEnergy": {"value": "72000"}}, "remainingEnergy", "72000 kWh remain of 80 kWh"),
        ({"stateOfCertifiedEnergy": {"value": "120"}}, "stateOfCertifiedEnergy", "120 %"),
        ({"manufacturingDate": "2031-01"}, "manufacturingDate", "a day that had not come"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_numbers(changed: dict[str, Any], attribute: str, said: str):
    told = found(**changed)
    assert [why for name, why in told if name == attribute and said in why], told


@pytest.mark.parametrize("configuration", ["960s2p", "9s2p"])
def test_cells_in_series_give_the_voltage(configuration: str):
    [(name, why)] = found({"configuration": configuration})
    assert name == "nominalVoltage"
    assert "V a cell" in why


def test_a_configuration_that_says_nothing_gives_no_doubt():
    for configuration in ("", "two rows", "0s1p", 7):
        assert found({"configuration": configuration}) == []


def test_a_doubt_holds_no_passport_back():
    draft = assemble(whole_records("ev", expectedNumberOfCycles=3))
    assert "expectedNumberOfCycles" in {one.attribute_ids[0] for one in doubts(draft)}
    require(draft)


def test_a_doubt_cites_where_its_value_is_asked_for():
    (one,) = [each.as_dict() for each in doubts(assemble([a_record({**GOOD, "expectedNumberOfCycles": 3})]))]
    assert one["clause"].startswith("Annex XIII 1(")
    assert isinstance(one["dataPoint"], int)
