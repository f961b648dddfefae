"""A mapping proposed for a sample: where each column goes and why; what is guessed is called a guess."""

import time
from typing import Any

import pytest

from app.core import (
    mapping_form,
    mapping_notes,
    mapping_parse,
    mapping_places,
    mapping_proposal,
    mapping_rows,
    mapping_text,
    mapping_words,
)
from app.core.intake import KINDS
from app.core.mapping import gaps
from app.core.mapping_proposal import Proposal, Suggestion, propose
from app.core.mapping_rows import FileFacts
from app.core.mapping_targets import target
from tests.core.mes import ROW

ENGLISH = {
    "Timestamp": "11/18/2026 09:05", "Serial No": "A1", "EAN": "9506000134352", "Weight": "412.5",
    "Nominal Voltage (mV)": "365000", "state_of_charge_%": "30", "Operator": "x",
}  # fmt: skip


def of(row: dict[str, str], *more: dict[str, str], kind: Any = None) -> Proposal:
    return propose(list(row), [row, *more], kind)


def column(found: Proposal, name: str) -> Suggestion:
    return next(each for each in found.suggestions if each.column == name)


def test_a_german_export_is_recognised_column_by_column():
    found = of(ROW, ROW | {"Seriennummer": "EOL-0002", "Ergebnis": "NIO"})
    assert (found.kind, found.zone) == ("pack", "Europe/Berlin")
    assert (found.marks.decimal, found.marks.thousands) == (",", ".")
    goes = {each.column: (each.to, each.unit) for each in found.suggestions if each.to}
    assert goes == {
        "Seriennummer": ("serial", None), "GTIN": ("gtin", None), "Datum": ("details.assembledOn", None),
        "Zellchargen": ("details.cellLots", None), "Gewicht [kg]": ("batteryMass", "kg"),
        "Nennkapazität [mAh]": ("ratedCapacity", "mAh"),
        "Energie [Wh]": ("certifiedUsableBatteryEnergy", "Wh"),
    }  # fmt: skip
    assert "the check digits of all values fit a GTIN" in column(found, "GTIN").reasons
    assert column(found, "GTIN").pad == 14
    assert column(found, "Zellchargen").split == ","
    assert found.extra == (
        {"to": "sentAt", "template": "{Datum} {Uhrzeit}", "format": "DD.MM.YYYY HH:mm:ss"},
    )
    assert found.release is not None
    assert (found.release.column, found.release.table) == ("Ergebnis", {"IO": "OK"})


def test_what_is_proposed_and_completed_makes_the_records():
    found = of(ROW, ROW | {"Ergebnis": "NIO"})
    form = mapping_form.of_proposal(found, "eol", {"delimiter": ";"})
    form["fixed.details.configuration"] = "96s2p"
    for at, each in enumerate(found.suggestions):
        if not form[f"to.{at}"]:
            form[f"to.{at}"] = mapping_form.IGNORED
            assert each.column in ("Auftrag", "Temperatur [K]", "Prüfstand", "Bemerkung")
    mapping = mapping_parse.parse(mapping_form.document(form))
    assert gaps(mapping) == []
    pack, release = mapping_rows.records(mapping, ROW, FileFacts())
    assert pack["values"]["certifiedUsableBatteryEnergy"] == {"value": "34.4005", "unit": "kWh"}
    assert (pack["sentAt"], pack["details"]["cellLots"]) == ("2026-11-18T08:05:03Z", ["C1", "C2"])
    assert release["details"]["stamp"] == "OK"
    assert mapping_text.loads(mapping_text.dumps(mapping.document).encode()).document == mapping.document


def test_a_unit_that_no_header_names_is_guessed_from_the_magnitude_and_said_so():
    found = of(ENGLISH, kind="reading")
    weight = column(found, "Weight")
    assert (weight.to, weight.unit, weight.is_guess) == ("batteryMass", "kg", True)
    in_grams = column(of(ENGLISH | {"Weight": "412500"}, kind="reading"), "Weight")
    assert (in_grams.unit, in_grams.is_guess) == ("g", True)
    assert "guessed from the magnitude (412500 g)" in in_grams.reasons[-1]
    volts = column(found, "Nominal Voltage (mV)")
    assert (volts.unit, volts.is_guess) == ("mV", False)
    assert column(found, "Operator").to is None


def test_a_day_and_a_month_that_could_change_places_are_a_guess():
    first = {"Test date": "03/04/2026", "Serial": "A"}
    assert column(of(first, kind="test"), "Test date").is_guess
    settled = column(of(first, {"Test date": "30/04/2026", "Serial": "B"}, kind="test"), "Test date")
    assert (settled.format, settled.is_guess) == ("DD/MM/YYYY", False)


def test_verdicts_get_their_meaning_and_a_bad_value_does_not_hide_a_column():
    found = of({"Ergebnis": "IO"}, {"Ergebnis": "NIO"}, kind="test")
    assert column(found, "Ergebnis").table == {"IO": "pass", "NIO": "fail"}
    some = [{"Gewicht [kg]": text} for text in ("412,5", "412,6", "412,7", "412,8", "schwer")]
    weight = column(propose(["Gewicht [kg]"], some, "pack"), "Gewicht [kg]")
    assert weight.to == "batteryMass"
    assert "1 of 5 values are no numbers: they will be refused" in weight.reasons


def test_a_row_without_a_time_takes_the_files():
    assert of({"Seriennummer": "A"}, kind="pack").extra == ({"to": "sentAt", "file": "time"},)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Nennkapazität [Ah]", ("Nennkapazität", "Ah")),
        ("Energy (Wh)", ("Energy", "Wh")),
        ("Masse in kg", ("Masse", "kg")),
        ("mass_kg", ("mass", "kg")),
        ("Spannung V", ("Spannung", "V")),
        ("Seriennummer", ("Seriennummer", None)),
    ],
)
def test_units_are_read_from_headers(header: str, found: tuple[str, str | None]):
    assert mapping_words.unit_of(header) == found


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_that_is_offered_is_one(kind: Any):
    offered = mapping_places.targets(kind)
    assert len(offered) == len(set(offered))
    for to in offered:
        target(to, kind)
    assert sorted(place for _, members in mapping_places.grouped(kind) for place, _ in members) == sorted(
        offered
    )


def test_a_sample_of_very_many_columns_costs_no_more_than_the_first_of_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mapping_proposal, "MOST_JUDGED", 1)
    found = mapping_proposal.propose(["Seriennummer", "GTIN"], [], "pack").suggestions
    assert [(each.column, each.to) for each in found] == [("Seriennummer", "serial"), ("GTIN", None)]


def test_a_number_with_check_digits_is_the_gtin_whatever_its_column_is_called():
    found = of({"Artikelnummer": "9506000131092", "Seriennummer": "A1", "Gewicht [kg]": "2,35"}, kind="pack")
    article = column(found, "Artikelnummer")
    assert (article.to, article.is_guess) == ("gtin", True)


def test_one_bad_cell_of_three_hides_no_column():
    row = {"Seriennummer": "A1", "Gewicht [kg]": "2,35"}
    found = of(row, row | {"Gewicht [kg]": "2,36"}, row | {"Gewicht [kg]": "schwer"}, kind="pack")
    mass = column(found, "Gewicht [kg]")
    assert (mass.to, mass.unit) == ("batteryMass", "kg")
    assert "1 of 3 values are no numbers: they will be refused" in mass.reasons


@pytest.mark.parametrize(("kind", "wanted"), [
    ("cell", "serial"), ("module", "serial"), ("cell-lot", "lot"), ("pack", "gtin and serial"),
])  # fmt: skip
def test_what_a_kind_is_named_by_is_told(kind: Any, wanted: str):
    document = {"name": "x", "records": [{"kind": kind, "fields": [{"to": "sentAt", "file": "time"}]}]}
    told = gaps(mapping_parse.parse(document))
    assert f"Record 1 ({kind}) must say what it is about: map columns to {wanted}." in told


def test_a_proposal_as_a_file_says_why_and_what_is_still_to_do():
    found = propose(list(ENGLISH), [ENGLISH], "reading", {"Nominal Voltage (mV)": "V"})
    text = mapping_notes.toml(found, "bms", {"delimiter": ","}, ["Line 1 is\npassed over."])
    assert "# Line 1 is passed over.\n" in text
    assert "\u201d; the header says mV\n" in text
    assert "\u201d; no unit in the header: guessed from the magnitude (412.5 kg)\n" in text
    assert "  # a guess: the name is like" in text
    assert '# ignored = ["Operator"]' in text
    decided = text.replace('# ignored = ["Operator"]', 'ignored = ["Operator"]')
    assert mapping_text.loads(decided.encode()).source.ignored == ("Operator",)


def test_a_unit_below_the_header_counts_and_is_said_so():
    found = propose(["Serial", "Weight"], [{"Serial": "A", "Weight": "412500"}], "pack", {"Weight": "g"})
    weight = column(found, "Weight")
    assert (weight.unit, weight.is_guess) == ("g", False)
    assert "the row below the header says g" in weight.reasons


def test_two_hundred_columns_are_proposed_while_a_person_waits():
    """A bench that logs everything. Each name is held against each place once, not for every kind anew."""
    wide = ROW | {f"Zelle {number} Spannung [V]": "3,65" for number in range(200)}
    mapping_words.likeness.cache_clear()
    begin = time.process_time()
    found = propose(list(wide), [wide])
    assert time.process_time() - begin < 8  # it takes 0.6; it took 73
    assert column(found, "Seriennummer").to == "serial"
