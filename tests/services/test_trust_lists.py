"""Lists made by people: drafted here, signed where the root keys are, published here. On both databases."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.core import trust as core
from app.core import trust_draft, trust_edit
from app.core.errors import Conflict, MalformedInput, NotFound
from app.core.multibase import digest_multibase
from app.core.root_signatures import TrustListRefused
from app.core.trust_draft import Draft
from app.keys.file import FileSigner
from app.services import foreign_issuers, trust, trust_lists, trust_report, trust_roots, verification
from app.services.context import Context
from tests.core.test_chains import Party, seal
from tests.factories import a_lean_pack
from tests.installation import START, Clock, rows
from tests.line import Line
from tests.trust_ceremony import new_keys, signed
from tests.vectors import kit as k

TYPES = ["BatteryPassportPublic", "BatteryPassportWarranty"]


def other_issuer(**changes: Any) -> dict[str, Any]:
    key = foreign_issuers.given_key(f"seal-2026={k.OTHER.public_key.to_multikey()}")
    return foreign_issuers.entry(k.OTHER_DID, "Other AG", TYPES, [key], START) | changes


# --- draft, sign, publish


def test_a_list_is_drafted_here_signed_elsewhere_and_published_here(
    line: Line, ctx: Context, root_key: FileSigner
):
    draft = trust_lists.draft(ctx, trust_edit.add_issuer(other_issuer()))
    assert draft.lacks() != []
    assert trust_lists.publish(ctx, signed(draft, root_key)) == 2
    found = trust.current(ctx)
    assert found is not None
    assert found.issuers[k.OTHER_DID].name == "Other AG"
    leaf = line.leaves()[-1]
    assert (leaf["type"], leaf["version"]) == ("trust-list-published", 2)
    assert leaf["digest"] == digest_multibase(trust.published(ctx))


def test_where_the_root_key_lies_beside_a_change_is_published_at_once(ctx: Context):
    outcome = trust_lists.change(ctx, trust_edit.add_text("witnesses", k.VKEY))
    assert (outcome.published, outcome.lacks) == (2, ())
    again = trust_lists.change(ctx, trust_edit.remove_text("witnesses", k.VKEY))
    assert again.published == 3
    with pytest.raises(NotFound):
        trust_lists.change(ctx, trust_edit.remove_text("witnesses", k.VKEY))


def test_without_it_a_change_is_a_draft_that_says_what_it_lacks(ctx: Context, root_key: FileSigner):
    outcome = trust_lists.change(ctx, trust_edit.unchanged)
    assert outcome.published is None
    assert "1 root signatures are needed; 0 hold" in outcome.lacks[0]
    assert len(rows(ctx.engine, "trust_lists")) == 1


def test_a_change_is_told_line_by_line(ctx: Context):
    before = trust_lists.newest_signed(ctx)
    after = trust_lists.draft(ctx, trust_edit.add_issuer(other_issuer())).signed
    told = trust_draft.changes(before, after)
    assert told[0] == "+ did:web:other.example  Other AG"
    assert all(line.startswith("+ ") for line in told)


def test_a_signature_is_only_taken_from_a_key_that_is_asked_for(
    ctx: Context, root_key: FileSigner, tmp_path: Path
):
    stranger = new_keys(tmp_path, "stranger")["stranger"]
    draft = trust_lists.draft(ctx)
    with pytest.raises(TrustListRefused, match="not one of the root keys"):
        draft.signed_by(stranger, stranger.public_key)
    twice = draft.signed_by(root_key, root_key.public_key).signed_by(root_key, root_key.public_key)
    assert len(twice.signatures) == 1


def test_a_list_without_signature_or_altered_after_it_is_not_published(ctx: Context, root_key: FileSigner):
    draft = trust_lists.draft(ctx)
    with pytest.raises(TrustListRefused):
        trust_lists.publish(ctx, draft.to_bytes())
    document = orjson.loads(signed(draft, root_key))
    document["signed"]["issuers"][0]["name"] = "Somebody else"
    with pytest.raises(TrustListRefused):
        trust_lists.publish(ctx, orjson.dumps(document))
    assert len(rows(ctx.engine, "trust_lists")) == 1


def test_no_version_is_published_twice_or_after_a_higher_one(ctx: Context, root_key: FileSigner):
    second, third = trust_lists.draft(ctx), trust_lists.draft(ctx, version=3)
    trust_lists.publish(ctx, signed(third, root_key))
    for late in (second, third):
        with pytest.raises(Conflict, match="Version 3"):
            trust_lists.publish(ctx, signed(late, root_key))
    with pytest.raises(Conflict, match="Version 4 is the lowest"):
        trust_lists.draft(ctx, version=3)


def test_after_a_restore_a_higher_version_than_readers_have_seen_is_drafted(
    ctx: Context, root_key: FileSigner
):
    """The database went back to version 1; phones have seen 7."""
    assert trust_lists.publish(ctx, signed(trust_lists.draft(ctx, version=8), root_key)) == 8
    assert core.parse(trust.published(ctx), ctx.trust_root, ctx.now(), newest_seen_version=7).version == 8


def test_a_draft_that_lay_too_long_is_not_published(ctx: Context, root_key: FileSigner, clock: Clock):
    old = signed(trust_lists.draft(ctx), root_key)
    clock.forward(days=91)
    with pytest.raises(core.TrustListExpired):
        trust_lists.publish(ctx, old)


def test_a_list_that_drops_or_contradicts_a_key_of_ours_is_refused(ctx: Context, root_key: FileSigner):
    own = lambda body: body["issuers"][0]  # noqa: E731

    def tampered(edit: Any) -> bytes:
        body = orjson.loads(orjson.dumps(trust_lists.draft(ctx).signed))
        edit(body)
        return signed(Draft(body, (), (ctx.trust_root,)), root_key)

    key = lambda body: own(body)["keys"][0]  # noqa: E731
    edits = {
        "never removed": lambda body: own(body).update(keys=[]),
        "not on this trust list": lambda body: body.update(issuers=[]),
        "register": lambda body: key(body).update(expires="2027-01-01T00:00:00Z"),
        "the log": lambda body: own(body).update(logs=[]),
    }
    for told, edit in edits.items():
        with pytest.raises(TrustListRefused, match=told):
            trust_lists.publish(ctx, tampered(edit))
    assert len(rows(ctx.engine, "trust_lists")) == 1


def test_a_list_drafted_before_a_key_was_made_is_refused_after(ctx: Context, root_key: FileSigner):
    early = signed(trust_lists.draft(ctx), root_key)
    with ctx.unit_of_work() as work:
        work.keys.change(work.keys.held()[0].name, revoked_at="2026-11-01T00:00:00.000000Z")
        work.commit()
    with pytest.raises(TrustListRefused, match="draft the list anew"):
        trust_lists.publish(ctx, early)


def test_a_root_is_not_published_as_a_list_nor_a_list_as_a_root(ctx: Context):
    with pytest.raises(TrustListRefused, match="root publish"):
        trust_lists.publish(ctx, trust_roots.rotate(ctx, add={}, threshold=None).root.to_bytes())
    with pytest.raises(TrustListRefused, match="no trust root"):
        trust_roots.publish(ctx, trust_lists.draft(ctx).to_bytes())


# --- issuers


def test_a_suspended_issuer_is_unknown_and_known_again_when_it_resumes(line: Line, ctx: Context):
    line.send_all(a_lean_pack(START))
    trust_lists.change(ctx, trust_edit.suspend(ctx.issuer.did, ctx.now()))
    report = line.report("public")
    assert (report.verdict, report.error) == ("unknown", "ISSUER_UNTRUSTED")
    assert report.check("key").sentence == "The signer is suspended on the list of known signers."
    assert trust.renew_if_due(ctx) is False  # a suspension is not undone by a renewal
    trust_lists.change(ctx, trust_edit.resume(ctx.issuer.did))
    assert line.report("public").verdict == "valid"


def test_another_issuer_is_listed_suspended_and_removed(ctx: Context):
    trust_lists.change(ctx, trust_edit.add_issuer(other_issuer()))
    document = k.sign(
        k.a_credential(issuer=k.OTHER_DID, validFrom="2026-11-24T12:00:00Z", credentialStatus=None),
        k.Suite("ecdsa-jcs-2019", k.OTHER, "2026-11-24T12:00:00Z"),
    )
    data = k.text(document).encode()
    assert verification.verify_bytes(ctx, data).check("key").outcome == "passed"
    trust_lists.change(ctx, trust_edit.suspend(k.OTHER_DID, ctx.now()))
    assert "suspended" in verification.verify_bytes(ctx, data).check("key").sentence
    trust_lists.change(ctx, trust_edit.remove(k.OTHER_DID, ctx.issuer.did))
    assert "not on the list" in verification.verify_bytes(ctx, data).check("key").sentence
    with pytest.raises(NotFound):
        trust_lists.change(ctx, trust_edit.suspend(k.OTHER_DID, ctx.now()))


def test_a_listed_issuer_gets_further_keys_and_never_other_bytes_under_a_name(ctx: Context, clock: Clock):
    trust_lists.change(ctx, trust_edit.add_issuer(other_issuer()))
    clock.forward(days=1)
    more = foreign_issuers.given_key(f"seal-2027={k.STRANGER.public_key.to_multikey()}")
    entry = foreign_issuers.entry(k.OTHER_DID, "Other AG", TYPES, [more], clock())
    trust_lists.change(ctx, trust_edit.add_issuer(entry))
    found = trust.current(ctx)
    assert found is not None
    keys = found.issuers[k.OTHER_DID].keys
    assert {one.partition("#")[2]: key.valid_from for one, key in keys.items()} == {
        "seal-2026": START, "seal-2027": clock(),
    }  # fmt: skip
    swapped = foreign_issuers.given_key(f"seal-2026={k.STRANGER.public_key.to_multikey()}")
    entry = foreign_issuers.entry(k.OTHER_DID, "Other AG", TYPES, [swapped], clock())
    with pytest.raises(Conflict, match="never used again"):
        trust_lists.change(ctx, trust_edit.add_issuer(entry))


def test_an_issuer_needs_a_key_and_types_that_there_are():
    key = foreign_issuers.given_key(f"seal={k.OTHER.public_key.to_multikey()}")
    for types, keys in ((TYPES, []), (["BatteryPassport"], [key])):
        with pytest.raises(MalformedInput):
            foreign_issuers.entry(k.OTHER_DID, "Other AG", types, keys, START)
    for text in ("seal", "a#b=zDn", "=zDn", "seal="):
        with pytest.raises(MalformedInput):
            foreign_issuers.given_key(text)


def test_our_own_keys_are_never_removed(ctx: Context):
    with pytest.raises(Conflict, match="never removed"):
        trust_lists.change(ctx, trust_edit.remove(ctx.issuer.did, ctx.issuer.did))


# --- chains


def test_a_chain_must_lead_to_a_pinned_anchor_when_it_is_listed(ctx: Context, clock: Clock):
    anchor = Party("Anchor", ca=True)
    certificate = seal(anchor, days=40)
    method = f"{k.OTHER_DID}#seal-2026"
    key = foreign_issuers.given_key(f"seal-2026={certificate.public_key.to_multikey()}")
    entry = foreign_issuers.entry(k.OTHER_DID, "Other AG", TYPES, [key], START)
    trust_lists.change(ctx, trust_edit.add_issuer(entry))
    chained = trust_edit.chain(method, [certificate.der, anchor.der], "VATDE-123456789")
    with pytest.raises(TrustListRefused, match="no anchor"):
        trust_lists.change(ctx, chained)
    ctx.settings.anchors_dir.mkdir()
    pem = anchor.certificate.public_bytes(Encoding.PEM)
    (ctx.settings.anchors_dir / "anchor.pem").write_bytes(pem)
    with pytest.raises(TrustListRefused, match="VATDE-987654321"):
        trust_lists.change(ctx, trust_edit.chain(method, [certificate.der], "VATDE-987654321"))
    with pytest.raises(TrustListRefused, match="another key"):
        trust_lists.change(ctx, trust_edit.chain(method, [seal(anchor).der]))
    assert trust_lists.change(ctx, chained).published == 3
    assert "leads to CN=Anchor" in trust_report.standing(ctx)["chains"][method]
    # one that has run out is told, and keeps no list from being renewed
    clock.forward(days=61)
    assert trust.renew_if_due(ctx)
    assert trust_report.standing(ctx)["chains"][method].startswith("DOES NOT HOLD")
    trust_lists.change(ctx, trust_edit.chain(method, []))
    assert trust_report.standing(ctx)["chains"] == {}


def test_our_own_chain_outlives_a_renewal(ctx: Context, clock: Clock):
    body = orjson.loads(orjson.dumps(trust_lists.newest_signed(ctx)))
    text = base64.b64encode(b"certificate").decode()
    body["issuers"][0]["keys"][0]["x5c"] = [text]
    own = {
        **body["issuers"][0],
        "keys": [{n: v for n, v in body["issuers"][0]["keys"][0].items() if n != "x5c"}],
    }
    renewed = trust_edit.renewed(body, own, clock(), 2)
    assert renewed["issuers"][0]["keys"][0]["x5c"] == [text]


# --- the state of trust


def test_the_state_of_trust_is_told(ctx: Context, clock: Clock, root_key: FileSigner):
    clock.forward(days=61)
    found = trust_report.standing(ctx)
    assert (found["due"], found["problem"], found["daysLeft"]) == (True, None, 29)
    assert found["ageSeconds"] == timedelta(days=61).total_seconds()
    clock.forward(days=30)
    lines = "\n".join(trust_report.lines(trust_report.standing(ctx)))
    assert "NOT BELIEVED: this trust list ended" in lines
    assert "A new list is due" in lines
