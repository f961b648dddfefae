"""The register of keys: it alone says who signs, and every process follows it at once."""

from datetime import timedelta

import pytest

from app.core.errors import CannotSign, NotConfigured
from app.core.identifiers import BatteryKey
from app.core.times import to_text
from app.keys import file as key_files
from app.services import issuance, keys, signing, status
from app.services.context import Context
from tests import factories
from tests.factories import a_further_pack, a_lean_pack
from tests.installation import START, Clock, rows
from tests.line import Line


def change(ctx: Context, **values: object) -> None:
    """What another process does to the first key."""
    with ctx.unit_of_work() as work:
        work.keys.change("seal-2026", **values)
        work.commit()


def test_a_new_installation_has_its_key_in_the_register(ctx: Context):
    (record,) = keys.all(ctx)
    assert (record.name, record.backend, record.reference) == ("seal-2026", "file", "seal-2026.pem")
    assert record.created_at == record.valid_from == START
    signer = keys.signer(ctx)
    assert signer.verification_method == f"{ctx.issuer.did}#seal-2026"
    assert signer.public_key == record.public_key


def test_each_document_says_in_its_row_who_signed_it(line: Line):
    line.send_all(a_lean_pack(START))
    assert {row["signed_by"] for row in line.stored()} == {f"{line.ctx.issuer.did}#seal-2026"}


def test_a_running_server_signs_no_more_once_another_process_revoked_the_key(line: Line):
    *before, stamp = a_lean_pack(START)
    line.send_all(before)
    change(line.ctx, revoked_at=to_text(START))
    with pytest.raises(CannotSign, match="passport keys"):
        line.send(stamp)
    assert line.stored() == []
    assert rows(line.ctx.engine, "issuance_intentions") == []
    assert line.state() == "draft"


def test_what_waited_for_a_key_is_issued_when_there_is_one(line: Line):
    *before, stamp = a_lean_pack(START)
    line.send_all(before)
    change(line.ctx, expires_at=to_text(START - timedelta(hours=1)))
    with pytest.raises(CannotSign):
        line.send(stamp)
    assert issuance.recover(line.ctx) == 0
    change(line.ctx, expires_at=None)
    assert line.send(stamp)["battery"]["state"] == "issued"


def test_what_a_key_signed_just_before_its_revocation_is_signed_anew(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    *before, stamp = a_lean_pack(START)
    line.send_all(before)
    real = signing.sign

    def revoked_meanwhile(*given: object, **named: object) -> object:
        signed = real(*given, **named)  # type: ignore[arg-type]
        change(line.ctx, revoked_at=to_text(START))
        return signed

    with monkeypatch.context() as patched:
        patched.setattr(signing, "sign", revoked_meanwhile)
        with pytest.raises(CannotSign):
            line.send(stamp)
    assert line.stored() == []
    change(line.ctx, revoked_at=None)
    issuance.settle(line.ctx, BatteryKey(factories.GTIN, factories.SERIAL))
    assert line.state() == "issued"


def test_lists_that_no_key_can_sign_are_shown_as_they_are_and_verdicts_become_unknown(
    line: Line, clock: Clock
):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    known = status.published(line.ctx, "revocation-1")
    clock.forward(hours=2)
    change(line.ctx, expires_at=to_text(clock.now))
    assert status.published(line.ctx, "revocation-1") == known
    assert line.report("public").verdict == "valid"
    with line.ctx.unit_of_work() as work:
        status.drop_signatures(work)
        work.commit()
    with pytest.raises(CannotSign):
        status.published(line.ctx, "revocation-1")
    assert line.report("public").verdict == "unknown"


def test_another_key_in_the_place_of_the_right_one_is_refused(ctx: Context):
    path = ctx.settings.keys_dir / "seal-2026.pem"
    path.unlink()
    key_files.create(path)
    with pytest.raises(NotConfigured, match=r"seal-2026\.pem"):
        keys.signer(ctx)
