"""From complete and stamped to issued: when, once, with what, and what later records change."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import log, merkle
from app.core.access import Reader
from app.core.identifiers import BatteryKey
from app.core.multibase import digest_multibase
from app.core.vocabulary import SECTIONS
from app.services import issuance, reading, revocation, verification
from tests import factories
from tests.factories import (
    SERIAL,
    a_further_pack,
    a_lean_pack,
    a_record,
    batch_record,
    model_record,
    owed_values,
    pack_record,
    release_record,
    withdrawal_record,
)
from tests.installation import ORIGIN, START, Clock, rows
from tests.line import Line


def lean_model(**changes: Any) -> dict[str, Any]:
    return model_record(START, values=owed_values("model", **changes))


def lean_batch() -> dict[str, Any]:
    return batch_record(START, values=owed_values("batch"))


def lean_pack(serial: str = SERIAL, **changes: Any) -> dict[str, Any]:
    return pack_record(START, serial, values=owed_values("item", **changes))


def reading_record(clock: Clock, **values: Any) -> dict[str, Any]:
    details = {"device": "BMS reader 3"}
    subject = {"gtin": factories.GTIN, "serial": SERIAL}
    return a_record("reading", subject, clock.now, values=values, details=details)


def percent(value: str) -> dict[str, str]:
    return {"value": value, "unit": "%"}


# --- when


def test_a_complete_and_stamped_battery_gets_its_passport_by_itself(line: Line):
    answers = [line.send(record) for record in a_lean_pack(START)]
    assert answers[2]["battery"]["state"] == "waiting-for-stamp"
    battery = answers[3]["battery"]
    assert (battery["state"], battery["missing"]) == ("issued", [])
    assert battery["passport"] == f"{ORIGIN}/passports/{line.battery().passport_uuid}"


def test_a_stamp_on_an_incomplete_battery_issues_nothing_and_names_each_missing_row(line: Line):
    line.send_all([lean_model(), lean_batch(), lean_pack(batteryStatus=None)])
    battery = line.send(release_record(START))["battery"]
    assert battery["state"] == "incomplete"
    (missing,) = battery["missing"]
    assert (missing["id"], missing["level"], missing["section"]) == ("batteryStatus", "item", "condition")
    assert missing["clause"]
    assert missing["annexPoint"]
    assert line.stored() == []


def test_a_stamp_that_comes_before_the_data_waits_for_it(line: Line):
    assert line.send(release_record(START))["battery"]["state"] == "incomplete"
    line.send_all([lean_model(), lean_batch()])
    assert line.send(lean_pack())["battery"]["state"] == "issued"


def test_the_model_record_that_comes_last_issues_every_pack_that_waited(line: Line):
    line.send(lean_batch())
    for serial in ("W1", "W2", "W3"):
        line.send_all([lean_pack(serial), release_record(START, serial)])
    line.send(lean_pack("W4"))  # not stamped
    answer = line.send(lean_model())
    assert {battery["serial"] for battery in answer["issued"]} == {"W1", "W2", "W3"}
    assert [line.state(serial) for serial in ("W1", "W2", "W3", "W4")] == ["issued"] * 3 + ["draft"]


def test_a_batch_record_issues_the_packs_of_that_batch_alone(line: Line):
    line.send(lean_model())
    other = lean_pack("B2")
    other["details"]["batchLot"] = "L2"
    line.send_all([lean_pack("B1"), release_record(START, "B1"), other, release_record(START, "B2")])
    answer = line.send(lean_batch())
    assert [battery["serial"] for battery in answer["issued"]] == ["B1"]
    assert line.state("B2") == "draft"


def test_a_withdrawn_stamp_stops_issuing(line: Line):
    line.send_all([lean_model(), lean_batch(), release_record(START), withdrawal_record(START + _S)])
    assert line.send(lean_pack())["battery"]["state"] == "waiting-for-stamp"
    assert line.stored() == []


def test_a_withdrawal_after_the_passport_is_out_suspends_it_and_a_new_stamp_reinstates_it(line: Line):
    line.send_all(a_lean_pack(START))
    assert line.send(withdrawal_record(START + _S))["battery"]["state"] == "suspended"
    report = line.report("public")
    assert (report.verdict, report.error) == ("invalid", "SUSPENDED")
    assert line.report("composition").verdict == "valid"  # the model's, so of other batteries too
    assert line.send(release_record(START + 2 * _S))["battery"]["state"] == "issued"
    assert line.report("public").verdict == "valid"
    assert line.leaf_types()[-8:].count("credential-suspended") == 3
    assert line.leaf_types().count("credential-reinstated") == 3


def test_an_old_withdrawal_that_arrives_late_does_not_suspend(line: Line):
    line.send_all(a_lean_pack(START))
    line.send(withdrawal_record(START - timedelta(hours=1)))
    assert line.state() == "issued"


def test_nothing_about_the_stamp_brings_a_revoked_passport_back(line: Line):
    line.send_all(a_lean_pack(START))
    maker = Reader("maker", "m", line.ctx.issuer.did)
    revocation.revoke(line.ctx, line.battery().passport_uuid, "recalled", maker)
    line.send_all([withdrawal_record(START + _S), release_record(START + 2 * _S)])
    assert line.state() == "revoked"
    assert line.report("public").error == "REVOKED"


# --- what


def test_every_stored_document_verifies_with_both_signatures(line: Line):
    line.send_all(factories.a_whole_pack(START))
    stored = line.stored()
    assert {row["section"] for row in stored} == set(SECTIONS)
    for row in stored:
        report = verification.verify_bytes(line.ctx, bytes(row["body"]))
        assert report.verdict == "valid", report
        assert report.check("signature-jcs").outcome == report.check("signature-rdfc").outcome == "passed"
        assert row["digest"] == digest_multibase(bytes(row["body"])) == report.digest


def test_sections_without_a_value_are_not_issued(line: Line):
    line.send_all(a_lean_pack(START))
    assert "warranty" not in {row["section"] for row in line.stored()}


def test_the_model_sections_are_signed_once_and_shared_by_digest(line: Line):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    one, two = line.history("public")[0], line.history("public", "P0002")[0]
    assert one["relatedResource"] == two["relatedResource"]
    assert len(one["relatedResource"]) == 3
    digests = {row["section"]: row["digest"] for row in line.stored() if row["version"] == 1}
    for link in one["relatedResource"]:
        section = link["id"].split("/")[-2]
        assert link["id"] == f"{ORIGIN}/models/{factories.GTIN}/sections/{section}/1"
        assert link["digestMultibase"] == digests[section]
    assert len(line.history("composition")) == 1


def test_each_credential_has_an_id_of_its_own_and_each_passport_one_that_stays(line: Line):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    ids = [row["credential_id"] for row in line.stored()]
    assert len(ids) == len(set(ids))
    passports = {document["passport"] for document in (*line.history("public"), *line.history("condition"))}
    assert passports == {f"urn:uuid:{line.battery().passport_uuid}"}


def test_changed_model_data_gives_a_second_version_and_older_passports_still_hold(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(hours=1)
    mended = owed_values("model", **{"safetyMeasures.ventLocation": "under the lid"})
    line.send(model_record(clock.now, values=mended))
    line.send_all(a_further_pack(clock.now, "P0002"))
    first, second = line.history("dismantling")
    assert second["replaces"] == [
        {
            "id": first["id"],
            "digestMultibase": line.history("public")[0]["relatedResource"][1]["digestMultibase"],
        }
    ]
    assert len(line.history("composition")) == 1
    for serial in (SERIAL, "P0002"):
        uuid = line.battery(serial).passport_uuid
        shown = reading.show(line.ctx, uuid, Reader("maker", "m", line.ctx.issuer.did))
        assert {one.section: one.report.verdict for one in shown.sections} == dict.fromkeys(
            (one.section for one in shown.sections), "valid"
        )
        assert {"dismantling", "public"} <= {one.section for one in shown.sections}


def test_the_order_of_arrival_does_not_decide_what_is_signed(line: Line):
    first, second = (lean_pack(batteryStatus=value) for value in ("original", "repurposed"))
    second["sentAt"] = "2026-11-24T11:00:00Z"
    line.send_all([lean_model(), lean_batch(), first, second, release_record(START)])
    status = line.history("condition")[0]["credentialSubject"]["batteryStatus"]
    assert status["value"] == "original"


# --- afterwards


def test_condition_and_use_are_signed_anew_at_most_once_a_day(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    first = line.history("condition")[0]
    assert (first["sequence"], "previous" in first) == (1, False)
    clock.forward(hours=2)
    line.send(reading_record(clock, stateOfCertifiedEnergy=percent("97.1")))
    assert len(line.history("condition")) == 1
    clock.forward(hours=22)
    line.send(reading_record(clock, stateOfCertifiedEnergy=percent("96.9")))
    first, second = line.history("condition")
    assert second["sequence"] == 2
    assert second["previous"] == digest_of(line, "condition", 1)
    assert second["replaces"] == [{"id": first["id"], "digestMultibase": second["previous"]}]
    assert second["credentialSubject"]["stateOfCertifiedEnergy"]["value"] == "96.9"
    assert second["credentialStatus"] == first["credentialStatus"]
    assert line.report("condition").verdict == "valid"
    assert len(line.history("public")) == 1


def test_a_reading_that_changes_nothing_signs_nothing(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=3)
    line.send(reading_record(clock))
    assert len(line.history("condition")) == 1


def test_a_change_of_the_batterys_status_is_signed_at_once(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(minutes=10)
    line.send(pack_record(clock.now, values={"batteryStatus": "repurposed"}))
    _, second = line.history("condition")
    assert second["credentialSubject"]["batteryStatus"]["value"] == "repurposed"
    assert second["sequence"] == 2


def test_a_section_that_gets_its_first_value_later_is_issued_then(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(minutes=1)
    line.send(pack_record(clock.now, values={"warranty.start": "2026-11-20"}))
    (warranty,) = line.history("warranty")
    assert warranty["credentialSubject"]["warranty"]["start"]
    assert line.report("warranty").verdict == "valid"


def test_a_record_that_takes_completeness_away_is_taken_and_what_is_out_stays(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=2)
    before = line.stored()
    answer = line.send(model_record(clock.now, values={"batteryCategory": "stationary"}))
    assert answer["status"] == "accepted"
    record = reading_record(clock, stateOfCertifiedEnergy=percent("90"))
    assert line.send(record)["battery"]["state"] == "issued"
    assert line.stored() == before


# --- the log


def test_the_log_has_one_leaf_for_each_change_and_their_hashes_fit(line: Line, clock: Clock):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    clock.forward(days=1, minutes=1)
    line.send(reading_record(clock, stateOfCertifiedEnergy=percent("96")))
    maker = Reader("maker", "m", line.ctx.issuer.did)
    revocation.revoke(line.ctx, line.battery("P0002").passport_uuid, "recalled", maker)
    entries = sorted(rows(line.ctx.engine, "log_entries"), key=lambda row: row["log_index"])
    assert [row["log_index"] for row in entries] == list(range(len(entries)))
    assert [row["leaf_hash"] for row in entries] == [merkle.leaf_hash(bytes(row["leaf"])) for row in entries]
    types = line.leaf_types()
    documents = line.stored()
    assert types.count("key-added") == 1
    assert types.count("credential-issued") == sum(row["version"] == 1 for row in documents)
    assert types.count("credential-reissued") == sum(row["version"] > 1 for row in documents) > 0
    assert types.count("credential-revoked") == 3  # public, condition and use of one battery
    told = [kind for kind in types if kind.startswith("credential-")]
    assert len(told) == len(documents) + 3


def test_the_log_names_public_sections_by_digest_and_the_others_by_a_salted_commitment(line: Line):
    line.send_all(a_lean_pack(START))
    documents = {row["section"]: row["digest"] for row in line.stored()}
    issued = [leaf for leaf in line.leaves() if leaf["type"] == "credential-issued"]
    assert [leaf["digest"] for leaf in issued if "digest" in leaf] == [documents["public"]]
    for section, digest in documents.items():
        if section != "public":
            salt = log.derived_salt(line.ctx.secret, digest)
            assert log.commitment(digest, salt) in [leaf.get("commitment") for leaf in issued]
            assert digest not in str(line.leaves())


def test_settling_again_changes_nothing(line: Line):
    line.send_all(a_lean_pack(START))
    before = (line.stored(), line.leaves())
    issuance.settle(line.ctx, BatteryKey(factories.GTIN, SERIAL))
    issuance.recover(line.ctx)
    assert (line.stored(), line.leaves()) == before


_S = timedelta(seconds=10)


def digest_of(line: Line, section: str, version: int) -> str:
    found = [row for row in line.stored() if (row["section"], row["version"]) == (section, version)]
    return str(found[0]["digest"])


@pytest.mark.parametrize("section", ["composition", "dismantling", "compliance"])
def test_a_model_section_is_about_the_model_and_says_nothing_of_a_battery(line: Line, section: str):
    line.send_all(a_lean_pack(START))
    (document,) = line.history(section)
    assert document["credentialSubject"]["id"] == f"{ORIGIN}/01/{factories.GTIN}"
    assert SERIAL not in str(document)
    assert "passport" not in document
