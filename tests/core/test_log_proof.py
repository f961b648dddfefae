"""Proofs of an entry in a public log: the shared vectors, which also drive the browser."""

from operator import itemgetter
from typing import Any

import pytest

from app.core import log_proof, times, trust
from app.core.log import LogEvidence
from app.core.proof_error import ProofError
from app.core.verification import Policy, verify
from tests.core.test_vectors import load
from tests.vectors import cases_log, kit


@pytest.mark.parametrize("case", load("log-proof"), ids=itemgetter("name"))
def test_a_proof_is_judged_as_the_vector_says(case: dict[str, Any]):
    now = times.parse(case["now"])
    evidence, proven_at = log_proof.judged(case["proof"], case["logs"], case["witnesses"])
    policy = Policy(
        trust_list=trust.parse(kit.a_signed_trust_list(), case["root"], now),
        status_lists={url: text.encode() for url, text in case["statusLists"].items()},
        schema_required=False,
    )
    report = verify(case["credential"].encode(), policy, now=now, log=evidence, proven_at=proven_at)
    assert (report.verdict, report.error) == (case["verdict"], case["error"])
    assert report.check("log").outcome == case["logOutcome"]
    assert (None if proven_at is None else int(proven_at.timestamp())) == case["provenAt"]


def test_a_proof_is_read_as_it_was_written():
    leaf = b'{"digest":"u"}'
    text = cases_log.proof(leaf, salt=cases_log.SALT)
    found = log_proof.read(text, cases_log.ALL)
    assert isinstance(found.evidence, LogEvidence)
    note = text.rpartition("\n\n")
    checkpoint = f"{note[0].rpartition(chr(10) * 2)[2]}\n\n{note[2]}"
    again = log_proof.write(
        found.evidence.leaf, found.evidence.salt, found.evidence.index, found.evidence.proof, checkpoint
    )
    assert again == text


def test_cutting_a_proof_anywhere_never_makes_another_that_holds():
    text = cases_log.proof(b'{"digest":"u"}')
    for end in range(0, len(text) - 1, 7):
        with pytest.raises(ProofError):
            log_proof.read(text[:end], cases_log.ALL)
