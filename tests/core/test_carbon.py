"""Carbon footprints: examples reckoned by hand, laws that hold for all, and what is refused."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import carbon_activity, carbon_charts, carbon_factors, carbon_report, csv_cells, intake
from app.core.carbon_activity import STAGES
from app.core.errors import MalformedInput
from tests.core.activity import FACTORS, factor_set, footprint, whole

# --- by hand


def test_a_footprint_reckoned_by_hand():
    found = footprint(whole())
    # energy over the service life: 50 kWh x 1000 cycles x 0.9 = 45,000 kWh
    assert found.activity.service_life.energy == 45_000
    # raw materials: 100 kg x 10 + 80 kg x 20 = 1000 + 1600 = 2600 kg CO2e
    assert found.stages["rawMaterialExtraction"].kg == 2600
    # production: 6,000,000 kWh / 3000 batteries = 2000 kWh; x 0.4 = 800 kg CO2e
    assert found.stages["mainProduction"].kg == 800
    # distribution: 400 kg x 500 km / 1000 = 200 t.km; x 0.1 = 20 kg CO2e
    assert found.stages["distribution"].kg == 20
    # end of life: 400 kg x 2 - 60 kg x 10 = 800 - 600 = 200 kg CO2e
    assert found.stages["recycling"].kg == 200
    # together 2600 + 800 + 20 + 200 = 3620 kg CO2e
    assert found.total.kg == 3620
    # a kWh: 2600/45000 = 0.057778, 800/45000 = 0.017778, 20/45000 = 0.000444, 200/45000 = 0.004444
    assert [str(found.stages[stage].per_kwh) for stage in STAGES] == [
        "0.057778", "0.017778", "0.000444", "0.004444",
    ]  # fmt: skip
    # and together 3620/45000 = 0.0804444...
    assert found.figures["batteryCarbonFootprint"] == "0.080444"
    assert found.figures["absoluteCarbonFootprint"] == "3620"


def test_the_uncertainty_of_the_example_reckoned_by_hand():
    found = footprint(whole())
    # amounts: aluminium 1000 x 5 % = 50; the others are exact or unstated
    # factors: aluminium is used twice, 1000 - 600 = 400 net, x 20 % = 80; cathode 1600 x 10 % = 160;
    #          electricity 800 x 5 % = 40; lorry 20 x 30 % = 6; recycling 800 x 50 % = 400
    # root of 50² + 80² + 160² + 40² + 6² + 400² = root of 196,136 = 442.87; of 3620 that is 12.2 %
    assert found.total.uncertainty == Decimal("12.2")
    # production alone: 40 of 800
    assert found.stages["mainProduction"].uncertainty == Decimal("5.0")


def test_the_share_of_primary_data_reckoned_by_hand():
    found = footprint(whole())
    # sizes: 1000 + 1600 + 800 + 20 + 800 + 600 = 4820; amount and factor primary: the cathode, 1600
    assert found.primary_share == Decimal("33.2")
    # amounts alone: 1000 + 1600 + 800 = 3400
    assert found.primary_amounts == Decimal("70.5")


def test_energy_over_the_service_life_may_be_stated_as_a_whole():
    details = whole() | {
        "serviceLife": {"totalEnergy": {"value": "36200", "unit": "kWh"}, "basis": "warranty: 36.2 MWh"}
    }
    found = footprint(details)
    assert (found.figures["batteryCarbonFootprint"], found.activity.service_life.formula) == (
        "0.1", "36200 kWh, as stated",
    )  # fmt: skip


def test_every_share_of_the_service_life_is_a_factor_of_its_formula():
    life = whole()["serviceLife"] | {
        "depthOfDischarge": {"value": 80, "unit": "%"},
        "dischargeEfficiency": {"value": 95, "unit": "%"},
    }
    found = footprint(whole() | {"serviceLife": life}).activity.service_life
    # 50 x 1000 x 0.8 x 0.9 x 0.95 = 34,200
    assert found.energy == 34_200
    assert found.formula == (
        "50 kWh × 1000 cycles × 80 % depth of discharge × 90 % average capacity × 95 % efficiency"
    )


def test_a_gas_that_escapes_counts_by_its_warming_potential():
    leak = {
        "name": "Leak",
        "mass": {"value": "0.5", "unit": "kg"},
        "factor": "gas.ch4",
        "dataType": "primary",
    }
    found = footprint(whole() | {"emissions": [leak]})
    assert found.stages["mainProduction"].kg == Decimal("813.5")  # 800 + 0.5 x 27


def test_the_shipped_factors_of_burning_gas_follow_from_their_sources():
    [shipped] = carbon_factors.shipped()
    # IPCC 2006, table 2.2: 56,100 kg CO2, 1 kg CH4, 0.1 kg N2O a TJ; AR6: 27.0 and 273; 1 kWh = 3.6e-6 TJ
    by_hand = (56_100 + 1 * Decimal("27.0") + Decimal("0.1") * 273) * Decimal("0.0000036")
    assert shipped.factors["energy.natural-gas"].value == by_hand.quantize(Decimal("0.000001"))


# --- laws


AMOUNTS = st.decimals("0", "10000", places=3)  # so that eight of them are not refused as absurd


def with_masses(masses: list[Decimal]) -> dict[str, Any]:
    materials = [
        {
            "name": f"M{at}", "mass": {"value": format(mass, "f"), "unit": "kg"}, "factor": "material.al",
            "dataType": "primary",
        }
        for at, mass in enumerate(masses)
    ]  # fmt: skip
    return whole() | {"materials": materials, "endOfLife": whole()["endOfLife"][:1]}


@settings(max_examples=60, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=8))
def test_the_stages_add_up_to_the_total_and_the_terms_to_their_stage(masses: list[Decimal]):
    found = footprint(with_masses(masses))
    assert sum(each.kg for each in found.stages.values()) == found.total.kg
    assert sum(each.per_kwh for each in found.stages.values()) == found.total.per_kwh
    for stage in STAGES:
        assert sum(term.kg for term in found.of_stage(stage)) == found.stages[stage].kg
    figures = found.figures
    parts = [Decimal(value) for name, value in figures.items() if "Stage." in name]
    assert sum(parts) == Decimal(figures["batteryCarbonFootprint"])


@settings(max_examples=60, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=8), st.integers(0, 7))
def test_twice_the_mass_is_twice_the_term_and_changes_no_other(masses: list[Decimal], at: int):
    at %= len(masses)
    once = {term.line.name: term.kg for term in footprint(with_masses(masses)).terms}
    masses = [mass * 2 if place == at else mass for place, mass in enumerate(masses)]
    twice = {term.line.name: term.kg for term in footprint(with_masses(masses)).terms}
    assert twice == once | {f"M{at}": once[f"M{at}"] * 2}


@settings(max_examples=60, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_not_a_byte(masses: list[Decimal], chance: random.Random):
    details = with_masses(masses)
    mixed = details | {"materials": chance.sample(details["materials"], len(details["materials"]))}
    one, other = (json.dumps(carbon_report.as_dict(footprint(each))) for each in (details, mixed))
    assert one == other
    assert carbon_report.as_csv([footprint(details)]) == carbon_report.as_csv([footprint(mixed)])


@settings(max_examples=30, deadline=None)
@given(AMOUNTS.filter(bool))
def test_a_line_cut_in_two_is_as_uncertain_as_before_where_its_factor_is_what_is_uncertain(mass: Decimal):
    whole_line, halves = with_masses([mass]), with_masses([mass / 2, mass / 2])
    assert footprint(whole_line).total.uncertainty == footprint(halves).total.uncertainty


def test_the_same_input_gives_the_same_bytes_with_a_set_read_from_its_own_body():
    again = carbon_factors.read_json(factor_set().body)
    assert again == factor_set()
    one, other = (
        json.dumps(carbon_report.as_dict(footprint(whole(), each))) for each in (factor_set(), again)
    )
    assert one == other


# --- what is refused


def a_line(table: str, at: int = 0, **changes: Any) -> dict[str, Any]:
    details = whole()
    details[table][at] |= changes
    details[table][at] = {name: value for name, value in details[table][at].items() if value is not None}
    return details


BAD = [
    ("negative mass", a_line("materials", mass={"value": -1, "unit": "kg"}), "range",
     "/materials/0/mass/value"),
    ("mass in grams", a_line("materials", mass={"value": 1, "unit": "g"}), "unit", "/materials/0/mass/unit"),
    ("mass without unit", a_line("materials", mass=3), "unit", "/materials/0/mass"),
    ("energy in MJ", a_line("energy", amount={"value": 1, "unit": "MJ"}), "unit", "/energy/0/amount/unit"),
    ("energy as text with comma", a_line("energy", amount={"value": "1,5", "unit": "kWh"}), "decimal",
     "/energy/0/amount/value"),
    ("twice around the earth", a_line("transport", distance={"value": 80000, "unit": "km"}), "range",
     "/transport/0/distance/value"),
    ("unknown member", a_line("materials", weight=3), "unknown-member", "/materials/0/weight"),
    ("unknown factor", a_line("materials", factor="material.unobtainium"), "factor", "/materials/0/factor"),
    ("factor of another table", a_line("materials", factor="energy.mix"), "factor", "/materials/0/factor"),
    ("factor of another carrier", a_line("energy", carrier="steam"), "factor", "/energy/0/factor"),
    ("factor of another mode", a_line("transport", mode="air"), "factor", "/transport/0/factor"),
    ("no factor", a_line("materials", factor=None), "factor", "/materials/0"),
    ("two factors", a_line("materials", 1, factor="material.al"), "factor", "/materials/1"),
    ("unknown data type", a_line("materials", dataType="guess"), "enum", "/materials/0/dataType"),
    ("no batteries", a_line("energy", batteries=0), "range", "/energy/0/batteries"),
    ("unknown stage", a_line("transport", stage="use"), "enum", "/transport/0/stage"),
    ("transport without stage", a_line("transport", stage=None), "required", "/transport/0/stage"),
    ("own factor in another unit",
     a_line("materials", 1, ownFactor=whole()["materials"][1]["ownFactor"] | {"unit": "kg CO2e/kWh"}),
     "unit", "/materials/1/ownFactor/unit"),
    ("own factor in grams",
     a_line("materials", 1, ownFactor=whole()["materials"][1]["ownFactor"] | {"value": 20000}),
     "range", "/materials/1/ownFactor/value"),
    ("no cycles", whole() | {"serviceLife": {"ratedEnergy": {"value": 5, "unit": "kWh"}, "basis": "x"}},
     "required", "/serviceLife/cycles"),
    ("both forms of energy",
     whole() | {"serviceLife": whole()["serviceLife"] | {"totalEnergy": {"value": 5, "unit": "kWh"}}},
     "either", "/serviceLife/totalEnergy"),
    ("more than whole", whole() | {"serviceLife": whole()["serviceLife"]
     | {"averageCapacity": {"value": 101, "unit": "%"}}}, "range", "/serviceLife/averageCapacity/value"),
    ("nothing at all", {name: whole()[name] for name in
     ("facility", "country", "year", "factorSet", "serviceLife")}, "not-empty", ""),
    ("credits above all", a_line("endOfLife", 1, mass={"value": 900, "unit": "kg"}), "range",
     "/details/endOfLife"),
    ("absurd a kWh", whole() | {"serviceLife": {"totalEnergy": {"value": 36, "unit": "kWh"}, "basis": "x"}},
     "range", "/details/serviceLife"),
    ("another set", whole() | {"factorSet": {"name": "test-set", "version": "2"}}, "factor-set",
     "/details/factorSet"),
    ("no country", {name: value for name, value in whole().items() if name != "country"}, "required",
     "/country"),
]  # fmt: skip


@pytest.mark.parametrize(("details", "rule", "pointer"), [case[1:] for case in BAD], ids=[c[0] for c in BAD])
def test_bad_activity_data_is_refused_with_the_place_and_the_rule(details, rule: str, pointer: str):
    with pytest.raises(MalformedInput) as caught:
        footprint(details)
    assert (caught.value.rule, caught.value.pointer) == (rule, pointer)


def test_activity_data_speaks_of_a_model_alone_and_carries_no_values():
    record = {
        "recordId": "R1", "kind": "carbon-activity", "sentAt": "2026-11-24T08:00:00Z",
        "subject": {"gtin": "09506000134352", "lot": "L1"}, "details": whole(),
    }  # fmt: skip
    with pytest.raises(MalformedInput) as caught:
        intake.parse(record)
    assert caught.value.rule == "level"
    with pytest.raises(MalformedInput) as caught:
        intake.parse(
            record | {"subject": {"gtin": "09506000134352"}, "values": {"batteryCarbonFootprint": "1"}}
        )
    assert caught.value.rule == "level"


def test_a_record_of_another_kind_is_no_activity_data():
    record = intake.parse(
        {
            "recordId": "R1", "kind": "model", "sentAt": "2026-11-24T08:00:00Z",
            "subject": {"gtin": "09506000134352"},
        }
    )  # fmt: skip
    with pytest.raises(MalformedInput):
        carbon_activity.of_record(record)


# --- what is told


def test_data_quality_names_what_is_missing_and_weak():
    details = whole()
    del details["transport"]
    details["materials"][0]["country"] = "CN"
    factors = factor_set(
        factors=[
            each | {"year": 2012} if each["id"] == "energy.mix" else each | {"basis": "illustrative"}
            if each["id"] == "eol.hydro" else each
            for each in FACTORS["factors"]
        ]
    )  # fmt: skip
    found = carbon_report.notes(footprint(details, factors), Decimal(400))
    names = {note.code: note.names for note in found}
    assert names["stage-missing"] == ()
    assert names["mass"] == ()  # 180 kg of 400
    assert names["old"] == ("Assembly",)
    assert names["illustrative"] == ("Recycling",)
    assert names["geography"] == ("Cathode", "Aluminium")  # FI for DE, and EU for CN
    assert names["amount-uncertainty"] == ("Recycling", "Aluminium recovered")
    assert not footprint(details, factors).is_whole


def test_cells_that_a_spreadsheet_would_run_are_neutralised():
    details = a_line("materials", name='=HYPERLINK("x")', component="@SUM(A1)")
    rows = carbon_report.as_csv([footprint(details)]).decode().split("\r\n")
    assert any("'=HYPERLINK" in row and "'@SUM" in row for row in rows)
    assert not any(
        cell.startswith(("=", "@", "+")) for row in rows for cell in row.replace('"', "").split(",")
    )
    assert [csv_cells.text(each) for each in ("-1", " =1", "\t1", "1", "")] == [
        "'-1",
        "' =1",
        "'\t1",
        "1",
        "",
    ]


def test_a_chart_shows_credits_on_the_other_side_of_the_line():
    chart = carbon_charts.by_contributor(footprint(whole()), "1")
    credit = next(bar for bar in chart.bars if bar.is_credit)
    assert credit.x + credit.width == pytest.approx(chart.zero, abs=0.02)
    assert all(bar.x == chart.zero for bar in chart.bars if not bar.is_credit)
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 for bar in chart.bars)
    assert chart.summary == "Largest contributor: Cathode, 44\u00a0% of the total. Credits: −600 kg CO₂e."
    assert carbon_charts.by_stage(footprint(whole()), "1").total == "3620"


def test_many_contributors_end_in_one_bar_for_the_rest():
    chart = carbon_charts.by_contributor(footprint(with_masses([Decimal(n) for n in range(1, 30)])), "1")
    assert len(chart.bars) == 12
    assert chart.bars[-1].name.endswith("others")


def test_nothing_to_show_is_no_chart():
    details = whole() | {"materials": whole()["materials"][:1]}
    details["materials"][0]["mass"] = {"value": 0, "unit": "kg"}
    for table in ("energy", "transport", "endOfLife"):
        del details[table]
    found = footprint(details)
    assert (found.total.kg, found.total.uncertainty, found.primary_share) == (0, None, None)
    assert carbon_charts.by_stage(found, "1") is None
