"""The passport page's view: everything that was passed in, nothing that was not, in words for people."""

from typing import Any

import pytest

from app.core import display, rows, verdict
from app.core.catalogue import CATALOGUE, list_parent
from app.core.view import PassportView, passport_view
from app.core.vocabulary import SECTIONS, Section
from tests.core.samples import a_full_subject

CHECKS = tuple(verdict.CHECK_NAMES)


def a_report(state: str = "valid", **changes: tuple[str, str | None]) -> dict[str, Any]:
    found = dict.fromkeys(CHECKS, ("passed", None)) | changes
    return {
        "verdict": state,
        "checks": [
            {"name": name, "outcome": found[name][0], "error": found[name][1], "sentence": "So it is."}
            for name in CHECKS
        ],
    }


ALTERED = a_report("invalid", **{"signature-jcs": ("failed", "PROOF_VERIFICATION_ERROR")})
REVOKED = a_report("invalid", status=("failed", "REVOKED"))
STRANGER = a_report("unknown", key=("not-checked", "ISSUER_UNTRUSTED"))
STALE = a_report("unknown", status=("not-checked", "STATUS_RETRIEVAL_ERROR"))


def a_view(*sections: Section, report: dict[str, Any] | None = None, **options: Any) -> PassportView:
    names = sections or ("public",)
    return passport_view(
        {name: a_full_subject(name) for name in names},
        {name: report or a_report() for name in names},
        **{"signer": "Maker AG"} | options,
    )


def ids(view: PassportView) -> set[str]:
    return {row.label.id for group in view.groups for row in group.rows}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_attribute_of_a_section_has_a_row_but_what_has_its_place_elsewhere(section):
    owed = {
        row.id
        for row in CATALOGUE
        if row.section == section and row.carried == "subject" and list_parent(row) is None
    }
    assert ids(a_view(section)) == owed - {"capacityLog"}


def test_only_sections_that_were_passed_in_are_shown():
    view = a_view("public")
    shown = {row.label.section for group in view.groups for row in group.rows}
    assert shown == {"public"}
    assert view.hazards is None
    assert not view.lines
    assert [section.name for section in view.sections] == ["public"]


def test_a_member_that_no_row_of_the_section_knows_is_not_shown():
    subject = a_full_subject("public") | {"stateOfCharge": {"value": "11.25"}}
    view = passport_view({"public": subject}, {"public": a_report()})
    assert "11.25" not in repr(view)


def test_an_altered_record_shows_none_of_its_data():
    view = a_view("public", "dismantling", report=ALTERED)
    assert view.verdict.headline == "Record was altered"
    assert (view.head, view.hazards, view.groups, view.bars, view.lines) == (None, None, (), (), ())


def test_one_altered_section_is_enough_to_show_nothing():
    subjects = {name: a_full_subject(name) for name in ("public", "use")}
    view = passport_view(subjects, {"public": a_report(), "use": ALTERED})
    assert view.verdict.state == "altered"
    assert not view.groups


def test_a_section_without_a_report_shows_nothing():
    view = passport_view({"public": a_full_subject("public")}, {})
    assert view.verdict.headline == "Not checked"
    assert not view.groups


def test_after_a_signature_that_does_not_fit_no_later_check_is_listed():
    report = a_report(
        "invalid",
        **{"signature-jcs": ("failed", "PROOF_VERIFICATION_ERROR")},
        **dict.fromkeys(CHECKS[CHECKS.index("signature-jcs") + 1 :], ("not-checked", None)),
    )
    found = a_view(report=report).sections[0].findings
    assert found[-1].name == "Signature fits every byte"
    assert found[-1].outcome == "failed"


def test_a_withdrawn_record_keeps_its_data_and_says_so():
    view = a_view(report=REVOKED)
    assert view.verdict.state == "revoked"
    assert view.groups


def test_a_withdrawn_record_that_fails_in_another_way_too_shows_nothing():
    report = a_report("invalid", status=("failed", "REVOKED"), schema=("failed", "MALFORMED_VALUE_ERROR"))
    assert not a_view(report=report).groups


@pytest.mark.parametrize(("state", "icon"), [("revoked", "revoked"), ("suspended", "suspended")])
def test_the_passports_own_state_counts_as_much_as_the_reports(state, icon):
    view = a_view(state=state)
    assert (view.verdict.state, view.verdict.icon) == ("revoked", icon)
    assert view.groups


def test_an_unknown_signer_is_never_called_genuine_and_its_data_is_a_claim():
    view = a_view(report=STRANGER, signer="")
    assert view.verdict.headline == "Signed by somebody we don’t know"
    assert not view.verdict.trusted
    assert view.groups


def test_a_listed_signer_that_is_suspended_is_named_as_known_and_not_trusted():
    view = a_view(report=STRANGER | {"issuer": {"id": "did:web:maker.example", "name": "Maker AG"}})
    assert view.verdict.headline == "Signer is known, but not trusted with this"
    assert (view.verdict.state, view.verdict.trusted) == ("unknown", False)


def test_a_status_that_could_not_be_asked_is_never_green():
    view = a_view(report=STALE)
    assert (view.verdict.state, view.verdict.headline) == ("unknown", "Not fully checked")


def test_the_signers_name_is_the_trust_lists_not_the_records():
    subject = a_full_subject("public")
    subject["manufacturerInformation"]["contactName"] = "Somebody Else Inc"
    view = passport_view({"public": subject}, {"public": a_report()}, signer="Maker AG")
    assert view.verdict.sentence == "Signed by Maker AG."


def test_recycler_gets_the_hazard_sheet_in_the_order_of_work():
    subjects = {name: a_full_subject(name) for name in ("public", "dismantling")}
    subjects["public"]["hazardousSubstances"][0]["hazardousSubstanceImpact"] = ["H301 Toxic if swallowed"]
    hazards = passport_view(subjects, {name: a_report() for name in subjects}).hazards
    assert hazards is not None
    assert [title for title, _ in hazards.procedures] == ["Protect yourself", "Isolate", "Discharge"]
    assert hazards.substances[0].statements == (("H301", "Toxic if swallowed"),)
    assert hazards.voltage.endswith(" V")
    assert hazards.tools
    assert hazards.manuals


def test_the_label_shows_what_annex_vi_asks_for():
    particulars = dict(a_view().particulars)
    assert {
        "Category",
        "Made in",
        "Made",
        "Mass",
        "Capacity",
        "Chemistry",
        "Extinguishing agent",
    } <= particulars.keys()


@pytest.mark.parametrize(
    ("title", "metals"), [("Pb", ("Pb",)), ("Cd, Pb", ("Cd", "Pb")), ("Neither Cd nor Pb", ()), ("", ())]
)
def test_a_metals_symbol_is_printed_only_where_the_maker_names_it_alone(title, metals):
    subject = a_full_subject("public")
    subject["labels"]["hazardousMaterial"] = {"documentTitle": title, "text": "beneath the bin"}
    assert passport_view({"public": subject}, {"public": a_report()}).metals == metals


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x.example"]
)
def test_only_web_addresses_become_links(href):
    subject = {
        "declarationOfConformity": {"documentTitle": "Declaration", "url": href},
        "carbonFootprintStudy": href,
    }
    view = passport_view({"public": subject}, {"public": a_report()})
    found = {row.label.id: row for group in view.groups for row in group.rows}
    assert found["declarationOfConformity"].items[0].href == ""
    assert (found["carbonFootprintStudy"].kind, found["carbonFootprintStudy"].href) == ("code", "")


ODD: list[Any] = ["", "x", -1, True, [], [[]], ["x", {}], [{}], {}, {"a": {"b": [1]}}, {"value": []}]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_value_of_an_unexpected_shape_never_breaks_the_page(section, odd):
    full = a_full_subject(section)
    for name in full:
        subjects = {"public": a_full_subject("public"), "dismantling": {}} | {section: full | {name: odd}}
        passport_view(subjects, {each: a_report() for each in subjects})
        if isinstance(full[name], dict):
            for inner in full[name]:
                subjects[section] = full | {name: full[name] | {inner: odd}}
                passport_view(subjects, {each: a_report() for each in subjects})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("94.50", "94.50"),
        ("1234", "1234"),
        ("12345.678", "12\u202f345.678"),
        ("-30", "−30"),
        (281500, "281\u202f500"),
    ],
)
def test_numbers_keep_the_digits_that_were_signed(value, text):
    assert display.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-09", "September 2026"),
        ("2026-09-03", "3 September 2026"),
        ("2026-09-03T08:00:00Z", "3 September 2026, 08:00 UTC"),
        ("2026-13", "2026-13"),
        ("soon", "soon"),
    ],
)
def test_dates_are_written_out_and_other_texts_stay(value, text):
    assert display.date(value) == text


@pytest.mark.parametrize(("value", "text"), [("P8Y", "8 years"), ("P1Y6M", "1 year 6 months"), ("P", "P")])
def test_periods_are_written_out(value, text):
    assert display.period(value) == text


def test_a_record_whose_key_was_stolen_says_so_and_shows_nothing():
    stolen = a_report("invalid", time=("failed", "KEY_REVOKED"))
    view = passport_view({"public": {"batteryModelIdentifier": "KX-82"}}, {"public": stolen})
    assert view.verdict.headline == "Its key is no longer trusted"
    assert (view.verdict.state, view.verdict.shows_data, view.head) == ("invalid", False, None)


def test_a_dynamic_value_carries_when_and_by_whom_it_was_observed():
    subject = {"capacityFade": {"value": "4.2", "observedAt": "2031-08-14T09:12:00Z", "source": "Workshop"}}
    view = passport_view({"condition": subject}, {"condition": a_report()})
    row = view.groups[0].rows[0]
    assert (row.text, row.label.unit, row.observed) == ("4.2", "%", "14 August 2031, 09:12 UTC · Workshop")


def test_what_most_values_share_is_said_once_for_the_group():
    def seen(source: str) -> dict[str, str]:
        return {"value": "4.2", "observedAt": "2031-08-14T09:12:00Z", "source": source}

    subject = {name: seen("Workshop") for name in ("capacityFade", "powerFade", "stateOfCertifiedEnergy")}
    subject["remainingEnergy"] = seen("Test bench")
    group = passport_view({"condition": subject}, {"condition": a_report()}).groups[0]
    assert group.observed == "14 August 2031, 09:12 UTC · Workshop"
    assert [row.observed.endswith("Test bench") for row in group.rows] == [False, False, False, True]


def test_time_at_each_temperature_is_a_chart_and_not_a_line_of_figures():
    bands = [{"lower": "-20", "upper": "0", "minutes": 40}, {"lower": "0", "upper": "30", "minutes": 60}]
    subject = {"temperatureInformation": {"average": "21", "histogram": bands}}
    view = passport_view({"use": subject}, {"use": a_report()})
    assert [bar.name for bar in view.bars[0].bars] == ["−20 to 0 °C", "0 to 30 °C"]
    assert view.groups[0].rows[0].items == (("Mean temperature", "21 °C"),)


def test_long_entries_become_records_and_short_ones_a_table():
    by_id = {label.id: label for label in rows.GUIDE.labels}
    short = rows.row(by_id["criticalRawMaterials"], [{"materialName": "Cobalt"}, {"materialName": "Lithium"}])
    long = rows.row(by_id["criticalRawMaterials"], [{"materialName": "x" * 120}])
    assert short is not None
    assert (short.kind, [column.name for column in short.columns]) == ("table", ["Name"])
    assert long is not None
    assert long.kind == "records"
