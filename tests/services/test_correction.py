"""Corrections after issue: a new version made on purpose, with a reason; everything else stays as it is."""

from datetime import timedelta
from typing import Any

import pytest

from app.core.access import ANYONE, Reader
from app.core.errors import Conflict, Forbidden, MalformedInput, NotFound, Unauthenticated
from app.core.multibase import digest_multibase
from app.services import correction, issuance, revocation
from app.services.context import Context
from tests.factories import (
    SERIAL,
    a_further_pack,
    a_lean_pack,
    model_record,
    owed_values,
    pack_record,
    withdrawal_record,
)
from tests.installation import START
from tests.line import Line
from tests.services.test_parallel import at_once

_S = timedelta(seconds=10)
REASON = "The plate says so; the first record was mistyped."


@pytest.fixture
def maker(ctx: Context) -> Reader:
    return Reader("maker", "m", ctx.issuer.did)


def better_model(after: timedelta = _S, **changes: Any) -> dict[str, Any]:
    return model_record(START + after, values=owed_values("model", **changes))


def kilograms(value: str) -> dict[str, str]:
    return {"value": value, "unit": "kg"}


def issued(line: Line, **changes: Any) -> str:
    """The passport of a battery about which the model's record was mended since, and nothing signed anew."""
    line.send_all(a_lean_pack(START))
    line.send(better_model(**(changes or {"batteryMass": kilograms("412.5")})))
    return str(line.battery().passport_uuid)


def test_what_is_corrected_gets_a_new_version_with_role_and_reason_and_names_the_old_one(
    line: Line, maker: Reader
):
    uuid = issued(line)
    before = line.history("public")
    assert len(before) == 1  # a public section is never signed anew by itself
    (done,) = correction.correct(line.ctx, uuid, f"  {REASON} ", maker)
    assert (done.section, done.version) == ("public", 1)
    old, new = line.history("public")
    assert old == before[0]
    assert new["credentialSubject"]["batteryMass"] == "412.5"
    assert [entry["id"] for entry in new["replaces"]] == [old["id"]]
    (row,) = [row for row in line.stored() if row["version"] == 2]
    assert (row["section"], row["made_by"], row["reason"]) == ("public", "maker", REASON)
    assert line.leaf_types()[-1] == "credential-reissued"
    assert line.report("public").verdict == "valid"


def test_the_maker_sees_beforehand_what_would_change_with_units(line: Line, maker: Reader):
    uuid = issued(line)
    proposal = correction.propose(line.ctx, uuid, maker)
    ((section, change),) = [(one.section, change) for one in proposal.sections for change in one.changes]
    old = line.history("public")[0]["credentialSubject"]["batteryMass"]
    assert section == "public"
    assert (change.attribute, change.name, change.old, change.new) == (
        "batteryMass", "Battery mass", old, "412.5",
    )  # fmt: skip
    assert change.after == ("412.5 kg",)
    assert len(line.stored()) == 6  # looking signs nothing


def test_where_nothing_differs_nothing_is_signed(line: Line, maker: Reader):
    line.send_all(a_lean_pack(START))
    uuid = line.battery().passport_uuid
    before = (line.stored(), line.leaves())
    assert correction.propose(line.ctx, uuid, maker).sections == ()
    assert correction.correct(line.ctx, uuid, REASON, maker) == ()
    assert (line.stored(), line.leaves()) == before


def test_a_public_section_made_anew_lists_the_models_sections_as_they_are_now(line: Line, maker: Reader):
    uuid = issued(line)
    (instructions,) = owed_values("model")["dismantlingAndRemovalInformation"]
    changes = {"dismantlingAndRemovalInformation": [instructions | {"text": "Open the lid last"}]}
    line.send(better_model(2 * _S, batteryMass=kilograms("412.5"), **changes))
    done = correction.correct(line.ctx, uuid, REASON, maker)
    sections = {one.section for one in done}
    assert sections == {"public", "dismantling"}
    with line.ctx.read() as store:
        rows = store.documents.newest_of(
            [line.battery().model_key], ("composition", "dismantling", "compliance")
        )
    assert {entry["digestMultibase"] for entry in line.history("public")[-1]["relatedResource"]} == {
        digest_multibase(bytes(row.body)) for row in rows
    }
    assert {line.report(section).verdict for section in sections} == {"valid"}


def test_a_models_section_that_is_corrected_leaves_the_other_batteries_valid(line: Line, maker: Reader):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    (instructions,) = owed_values("model")["dismantlingAndRemovalInformation"]
    line.send(better_model(dismantlingAndRemovalInformation=[instructions | {"text": "Open the lid last"}]))
    uuid = line.battery().passport_uuid
    done = correction.correct(line.ctx, uuid, REASON, maker)
    assert [one.section for one in done] == ["dismantling"]
    assert len(line.history("dismantling")) == 2
    assert len(line.history("public", "P0002")) == 1
    for serial in (SERIAL, "P0002"):
        assert line.report("public", serial).verdict == "valid"


def test_what_the_maker_looked_at_is_what_is_signed_or_nothing_is(line: Line, maker: Reader):
    uuid = issued(line)
    mark = correction.propose(line.ctx, uuid, maker).mark
    line.send(better_model(2 * _S, batteryMass=kilograms("413.0")))
    with pytest.raises(Conflict):
        correction.correct(line.ctx, uuid, REASON, maker, mark=mark)
    assert len(line.history("public")) == 1
    correction.correct(line.ctx, uuid, REASON, maker, mark=correction.propose(line.ctx, uuid, maker).mark)
    assert line.history("public")[-1]["credentialSubject"]["batteryMass"] == "413.0"


def test_two_who_correct_at_once_make_one_new_version(line: Line, maker: Reader):
    uuid = issued(line)
    call = lambda: correction.correct(line.ctx, uuid, REASON, maker)  # noqa: E731
    results = at_once(call, call, call)
    assert sorted(len(result) for result in results) == [0, 0, 1], results
    assert len(line.history("public")) == 2


def test_a_record_that_arrives_while_signing_is_in_what_is_published(
    line: Line, maker: Reader, monkeypatch: pytest.MonkeyPatch
):
    uuid = issued(line)
    publish = issuance._publish
    late = [better_model(2 * _S, batteryMass=kilograms("414.0"))]

    def joined_by_another(*given: Any) -> bool:
        if late:
            line.send(late.pop())
        return publish(*given)

    monkeypatch.setattr(issuance, "_publish", joined_by_another)
    correction.correct(line.ctx, uuid, REASON, maker)
    assert [each["credentialSubject"]["batteryMass"] for each in line.history("public")][1:] == ["414.0"]


def test_what_was_withdrawn_suspended_or_never_issued_is_not_corrected(line: Line, maker: Reader):
    uuid = issued(line)
    line.send(pack_record(START, "P9", values=owed_values("item")))
    with pytest.raises(Conflict):
        correction.correct(line.ctx, line.battery("P9").passport_uuid, REASON, maker)
    with pytest.raises(NotFound):
        correction.correct(line.ctx, "00000000-0000-4000-8000-000000000000", REASON, maker)
    line.send(withdrawal_record(START + 2 * _S))
    with pytest.raises(Conflict):
        correction.correct(line.ctx, uuid, REASON, maker)
    revocation.revoke(line.ctx, uuid, "recalled", maker)
    with pytest.raises(Conflict):
        correction.correct(line.ctx, uuid, REASON, maker)
    assert len(line.history("public")) == 1


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501, "a\x00bc"])
def test_a_correction_needs_a_reason(line: Line, maker: Reader, reason: str):
    uuid = issued(line)
    with pytest.raises(MalformedInput):
        correction.correct(line.ctx, uuid, reason, maker)
    assert len(line.history("public")) == 1


def test_only_the_maker_of_the_battery_corrects(line: Line):
    uuid = issued(line)
    with pytest.raises(Unauthenticated):
        correction.correct(line.ctx, uuid, REASON, ANYONE)
    for role in ("admin", "authority", "recycler", "service"):
        with pytest.raises(Forbidden):
            correction.correct(line.ctx, uuid, REASON, Reader(role, "somebody", line.ctx.issuer.did))
        with pytest.raises(Forbidden):
            correction.propose(line.ctx, uuid, Reader(role, "somebody", line.ctx.issuer.did))
    with pytest.raises(Forbidden):
        correction.correct(line.ctx, uuid, REASON, Reader("maker", "m", "did:web:other.example"))
    assert len(line.history("public")) == 1
