"""Verification of one credential: twelve checks, one verdict, no network, no clock.

The same input, trust data and time give the same report here and in the browser;
`tests/vectors/verification.json` holds both to it. Source: credential profile, sections 5, 6 and 8; threats
T1 to T8, T20 to T25.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.core import authenticity, json_strict, link_check, merkle, status_check, times
from app.core.authenticity import Evidence, Policy, SchemaValidator, Step, not_checked, passed
from app.core.credential_form import MAX_ENTRIES, objects
from app.core.errors import MalformedInput, TooLarge
from app.core.log import LogEvidence, commitment
from app.core.multibase import digest_multibase
from app.core.proof_error import ErrorName, OutOfTime, ProofError
from app.core.report import CHECK_NAMES, NOT_REACHED, Check, Outcome, Report, verdict_of

__all__ = [
    "CHECK_NAMES",
    "Check",
    "ErrorName",
    "LogEvidence",
    "Outcome",
    "Policy",
    "ProofError",
    "Report",
    "SchemaValidator",
    "verify",
]


def verify(
    data: bytes,
    policy: Policy,
    *,
    now: datetime,
    expected_subject: str | None = None,
    linked: Mapping[str, bytes] | None = None,
    with_rdfc: bool = True,
    log: LogEvidence | ProofError | None = None,
    proven_at: datetime | None = None,
) -> Report:
    """Check the stored bytes of one credential.

    Stops at the first failure; what only leaves the verdict unknown is collected.
     1. parse: size, strict JSON             7. signature-rdfc: the meaning, no loss, graph limits
     2. form: contexts, members, dates       8. (within 5 and 7) every supported proof must verify
     3. proof-choice: kinds of signature     9. schema: by `credentialSchema`, from the policy
     4. key: issuer's own, on the trust list 10. status: withdrawn?
     5. signature-jcs: every byte            11. links: documents in `linked`, by address
     6. time: record, signature, key         12. log: entry in `log`   13. binding: `expected_subject`

    Valid needs a good signature of a listed key of the issuer, a fresh status where a list is named, and a
    checked schema where one is named (unless the policy makes it optional). Links, log, binding and, beside
    a good JCS signature, RDFC may stay unchecked: the report says so.

    `proven_at` is a time at which the document provably existed (log position, time stamp); it alone saves a
    document whose key was revoked later. `log` may be the fault of a proof that could not be read.
    `with_rdfc=False` leaves step 7 to another process.
    """
    e = Evidence(data, policy, now, proven_at)
    ages: dict[str, Any] = {"trustList": _trust_list_age(policy, now), "statusLists": []}
    steps: tuple[tuple[str, Step], ...] = (
        *_signing_steps(with_rdfc),
        ("schema", _schema),
        ("status", lambda e: status_check.check(e, _establish, ages)),
        ("links", lambda e: link_check.check(e, linked or {}, _establish)),
        ("log", lambda e: _log(e, log)),
        ("binding", lambda e: _binding(e, expected_subject)),
    )
    checks: list[Check] = []
    for name, step in steps:
        if checks and checks[-1].outcome == "failed":
            break
        checks.append(_run(name, step, e))
    failed_at = checks[-1].name if checks[-1].outcome == "failed" else None
    checks.extend(not_checked(name, NOT_REACHED) for name in CHECK_NAMES[len(checks) :])
    done = tuple(checks)
    schema_missing = (
        policy.schema_required
        and "credentialSchema" in e.document
        and done[CHECK_NAMES.index("schema")].outcome == "not-checked"
    )
    hidden = failed_at in ("parse", "form", "proof-choice", "key", "signature-jcs", "signature-rdfc")
    return Report(
        checks=done,
        verdict=verdict_of(done, signed=e.is_signed and e.is_trusted, missing=schema_missing or e.unfinished),
        issuer_id=e.issuer_id or None,
        issuer_name=e.issuer.name if e.issuer else None,
        digest=digest_multibase(data),
        ages=ages,
        document=None if hidden else e.document,
    )


_NO_RDFC: Final = "Not done here: this signature is checked by another process."


def _signing_steps(with_rdfc: bool) -> tuple[tuple[str, Step], ...]:
    return (
        ("parse", authenticity.parse),
        ("form", authenticity.form),
        ("proof-choice", authenticity.proof_choice),
        ("key", authenticity.key),
        ("signature-jcs", authenticity.signature_jcs),
        ("time", authenticity.time),
        (
            "signature-rdfc",
            authenticity.signature_rdfc if with_rdfc else lambda e: _rdfc_left_out(e),
        ),
    )


def _rdfc_left_out(e: Evidence) -> Check:
    if all(one.is_jcs for one in e.signed):
        return authenticity.signature_rdfc(e)
    beside = " The signature over every byte fits." if e.is_signed else ""
    return not_checked("signature-rdfc", _NO_RDFC + beside)


def _run(name: str, step: Step, e: Evidence) -> Check:
    try:
        return step(e)
    except ProofError as fault:
        return Check(name, "failed", fault.name, str(fault))
    except OutOfTime:
        e.unfinished = True
        return not_checked(name, "Not checked: it would take too long here.")


def _establish(e: Evidence) -> None:
    """Steps 1 to 6 for a document beside the one that is verified: a status list, a linked section. RDFC only
    runs where there is no JCS signature. Raises: ProofError."""
    for name, step in _signing_steps(with_rdfc=True):
        if name != "signature-rdfc" or not e.is_signed:
            step(e)


def _schema(e: Evidence) -> Check:
    """(9) Every `credentialSchema` of type JsonSchema, from the local store. MALFORMED_VALUE_ERROR."""
    if "credentialSchema" not in e.document:
        return not_checked("schema", "The record names no schema.")
    validator = e.policy.schema_validator
    if validator is None:
        return not_checked("schema", "Not checked for completeness: no schema is at hand.")
    unsecured = {name: value for name, value in e.document.items() if name != "proof"}
    for entry in objects(e.document["credentialSchema"], "credentialSchema", MAX_ENTRIES):
        address = entry.get("id")
        if entry["type"] != "JsonSchema" or not isinstance(address, str):
            return not_checked("schema", "Not checked for completeness: a kind of schema we do not know.")
        try:
            faults = validator(address, unsecured)
        except LookupError:
            return not_checked("schema", "Not checked for completeness: this schema is not at hand.")
        if faults:
            more = f"{len(faults)} entries are" if len(faults) > 1 else "one entry is"
            raise ProofError("MALFORMED_VALUE_ERROR", f"The record breaks its own rules: {more} wrong.")
    return passed("schema", "The record is complete and well formed.")


def _log(e: Evidence, log: LogEvidence | ProofError | None) -> Check:
    """(12) The entry names this document, or commits to it, and is in the log. LOG_PROOF_INVALID."""
    if log is None:
        return not_checked("log", "The public log was not asked.")
    if isinstance(log, ProofError):
        raise log
    try:
        leaf = json_strict.loads(log.leaf, max_bytes=16_384)
    except (MalformedInput, TooLarge):
        leaf = None
    own = digest_multibase(e.data)
    named = isinstance(leaf, dict) and (
        leaf.get("digest") == own
        or (log.salt is not None and leaf.get("commitment") == commitment(own, log.salt))
    )
    if not named:
        raise ProofError("LOG_PROOF_INVALID", "The entry in the public log is about another record.")
    leaf_hash = merkle.leaf_hash(log.leaf)
    if not merkle.verify_inclusion(leaf_hash, log.index, log.tree_size, log.proof, log.root):
        raise ProofError("LOG_PROOF_INVALID", "The record is not in the public log as claimed.")
    return passed("log", "The record is entered in the public log.")


def _binding(e: Evidence, expected: str | None) -> Check:
    """(13) The subject is the object that was scanned, compared as whole texts (threat T2).
    SUBJECT_MISMATCH."""
    if expected is None:
        return not_checked("binding", "Not compared with a label.")
    subject = e.document["credentialSubject"]
    found = subject.get("id") if isinstance(subject, dict) else None
    if found != expected:
        raise ProofError("SUBJECT_MISMATCH", "The record is about another battery than the label.")
    return passed("binding", "The record is about the battery on the label.")


def _trust_list_age(policy: Policy, now: datetime) -> dict[str, Any] | None:
    """How old the knowledge of signers is: since it was fetched or, where that is not known, issued."""
    trust_list = policy.trust_list
    if trust_list is None:
        return None
    since = policy.trust_list_fetched_at or trust_list.issued
    return {
        "version": trust_list.version,
        "issued": times.to_seconds(trust_list.issued),
        "expires": times.to_seconds(trust_list.expires),
        "ageSeconds": max(0, int((now - since).total_seconds())),
    }
