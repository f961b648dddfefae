"""Inclusion proofs of stored documents, for whoever may read the document."""

from typing import Any

import pytest

from app.core import log_proof, notes
from app.core.access import ANYONE, Reader
from app.core.errors import NotFound
from app.core.log import LogEvidence
from app.core.times import to_text
from app.core.vocabulary import MODEL_SECTIONS
from app.services import checkpoints, reading, verification
from app.services.context import Context
from app.store.tables import documents
from tests.factories import GTIN
from tests.installation import rows
from tests.line import Line
from tests.vectors import cases_notes as n

MAKER = Reader("maker", "maker-1", "")
"""Reads every section."""


@pytest.fixture
def start() -> str:
    return "issued"


def logs(ctx: Context) -> list[str]:
    return [str(key) for key in checkpoints.vkeys(ctx)]


def proof_of(ctx: Context, line: Line, row: dict[str, Any], reader: Reader = MAKER) -> str:
    subject = GTIN if row["section"] in MODEL_SECTIONS else line.battery().passport_uuid
    return reading.log_proof(ctx, subject, row["section"], reader, row["version"])


def test_each_version_of_each_section_has_a_proof_that_holds(line: Line):
    ctx = line.ctx
    policy = verification.own_policy(ctx)
    stored = rows(ctx.engine, "documents")
    assert len(stored) > 5
    for row in stored:
        text = proof_of(ctx, line, row)
        entry, _ = log_proof.judged(text, logs(ctx))
        assert isinstance(entry, LogEvidence)
        assert (entry.salt is None) == (row["section"] == "public")
        report = verification.verification.verify(bytes(row["body"]), policy, now=ctx.now(), log=entry)
        assert report.check("log").outcome == "passed"
        other = next(one for one in stored if one is not row)
        wrong = verification.verification.verify(bytes(other["body"]), policy, now=ctx.now(), log=entry)
        assert wrong.error == "LOG_PROOF_INVALID"


def test_who_may_not_read_a_section_may_not_have_its_proof(line: Line):
    for row in rows(line.ctx.engine, "documents"):
        if row["section"] == "public":
            assert proof_of(line.ctx, line, row, ANYONE)
        else:
            with pytest.raises(NotFound):
                proof_of(line.ctx, line, row, ANYONE)
    for version in (0, 2, 2**70):
        with pytest.raises(NotFound):
            reading.log_proof(line.ctx, line.battery().passport_uuid, "public", ANYONE, version)


def test_a_document_of_before_entries_were_known_has_no_proof_and_is_shown_all_the_same(line: Line):
    with line.ctx.engine.begin() as connection:
        connection.execute(documents.update().values(log_position=None))
    with pytest.raises(NotFound):
        reading.log_proof(line.ctx, line.battery().passport_uuid, "public", ANYONE, 1)
    assert line.report("public").verdict == "valid"


def test_the_proof_carries_the_earliest_checkpoint_that_a_witness_saw(line: Line):
    ctx = line.ctx
    uuid = line.battery().passport_uuid
    before = reading.log_proof(ctx, uuid, "public", ANYONE, 1)
    first = log_proof.read(before, logs(ctx)).checkpoint
    with ctx.unit_of_work() as work:
        seen = n.cosigned(str(first))
        at = to_text(ctx.now())
        work.log.add_cosignature(number=1, size=first.size, witness=n.WITNESS_NAME, line=seen, at=at)
        work.log.append_all([(b"{}", bytes(32))] * 9, ctx.issuer.did, at)
        work.commit()
    checkpoints.make(ctx)
    found = log_proof.read(reading.log_proof(ctx, uuid, "public", ANYONE, 1), logs(ctx), [str(n.WITNESS)])
    assert found.checkpoint == first
    assert found.proven_at is not None
    assert int(found.proven_at.timestamp()) == n.SEEN
    assert notes.Note.parse(before.partition("\n\n")[2]).text == str(first)


def test_the_pages_own_report_asks_the_log(line: Line):
    """The trust list names the log, so the server's own verification compares."""
    shown = reading.show(line.ctx, str(line.battery().passport_uuid), MAKER)
    assert len(shown.sections) > 5
    assert {one.report.check("log").outcome for one in shown.sections} == {"passed"}
    assert {one.report.verdict for one in shown.sections} == {"valid"}
