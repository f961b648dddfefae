"""The verdict in words: from reports of checks to one headline a person understands.

Sign, word and colour go together; no technical word in the first two lines; a signature that does not fit
shows none of the data (T1, T3). Names of checks and errors are those of the verification report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CHECK_NAMES: Final[Mapping[str, str]] = {
    "parse": "Readable",
    "form": "Right form",
    "proof-choice": "Carries a signature",
    "key": "Signer is known",
    "signature-jcs": "Signature fits every byte",
    "time": "Dates are in order",
    "signature-rdfc": "Signature fits the meaning",
    "schema": "Complete and well-formed",
    "status": "Not revoked",
    "links": "Belongs together",
    "log": "Entered in the public log",
    "binding": "About this battery",
}
"""What each check asks, in the order in which they are made."""

OUTCOMES: Final[Mapping[str, str]] = {"passed": "passed", "failed": "failed", "not-checked": "not checked"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` is the class of the verdict card, `icon` its sign. `shows_data` False: nothing may be shown."""

    state: str
    icon: str
    headline: str
    sentence: str
    shows_data: bool
    trusted: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One check with its outcome in words."""

    name: str
    outcome: str
    said: str
    sentence: str
    error: str


_GENUINE: Final = Verdict("valid", "valid", "Record is genuine", "Signed by {signer}.", True, True)
_STRANGER: Final = Verdict(
    "unknown",
    "question",
    "Signed by somebody we don’t know",
    "The signer is not on the trust list. What stands below is their own claim.",
    True,
    False,
)
_NOT_TRUSTED: Final = Verdict(
    "unknown",
    "question",
    "Signer is known, but not trusted with this",
    "The trust list does not let the signer vouch for this record, or not any more; see below.",
    True,
    False,
)
_OPEN: Final = Verdict(
    "unknown",
    "unknown",
    "Not fully checked",
    "Something could not be checked just now; see below.",
    True,
    True,
)
_STALE: Final = Verdict(
    "unknown",
    "unknown",
    "Not fully checked",
    "Signature is good; whether the record was revoked could not be asked.",
    True,
    True,
)
_REVOKED: Final = Verdict(
    "revoked",
    "revoked",
    "Revoked by the issuer",
    "The record was genuine, and its issuer has taken it back. It is kept for the history.",
    True,
    True,
)
_SUSPENDED: Final = Verdict(
    "revoked",
    "suspended",
    "Suspended by the issuer",
    "The record is genuine, but its issuer asks not to rely on it for now.",
    True,
    True,
)
_ALTERED: Final = Verdict(
    "altered",
    "altered",
    "Record was altered",
    "It does not fit its signature. Nothing of it is shown: do not rely on it, and report it.",
    False,
    False,
)
_INVALID: Final = Verdict(
    "invalid",
    "invalid",
    "Record is not valid",
    "One of the checks below failed. Nothing of it is shown.",
    False,
    False,
)
_STOLEN_KEY: Final = Verdict(
    "invalid",
    "invalid",
    "Its key is no longer trusted",
    "The key that signed this record fell into wrong hands, and nothing proves that the record is older."
    " Nothing of it is shown.",
    False,
    False,
)
_UNCHECKED: Final = Verdict(
    "unknown",
    "unknown",
    "Not checked",
    "This record was not checked, so nothing of it is shown.",
    False,
    False,
)

_BY_ERROR: Final[Mapping[str, Verdict]] = {
    "PROOF_VERIFICATION_ERROR": _ALTERED,
    "DATA_LOSS_DETECTION_ERROR": _ALTERED,
    "LINK_DIGEST_MISMATCH": _ALTERED,
    "KEY_REVOKED": _STOLEN_KEY,
    "REVOKED": _REVOKED,
    "SUSPENDED": _SUSPENDED,
    "ISSUER_UNTRUSTED": _STRANGER,
    "STATUS_RETRIEVAL_ERROR": _STALE,
}
"""Errors people are told about in words of their own; any other is `not valid` or `not fully checked`."""

_FOR_INVALID: Final = (_ALTERED, _STOLEN_KEY, _REVOKED, _SUSPENDED)
_GRAVITY: Final = (
    _ALTERED, _INVALID, _STOLEN_KEY, _UNCHECKED, _REVOKED, _SUSPENDED,
    _STRANGER, _NOT_TRUSTED, _OPEN, _STALE, _GENUINE,
)  # fmt: skip


def of_report(report: Mapping[str, Any] | None) -> Verdict:
    """The verdict on one section, from `Report.as_dict()`. No report is no verdict, and shows nothing."""
    if not report:
        return _UNCHECKED
    named = [_BY_ERROR[error] for error in _errors(report) if error in _BY_ERROR]
    worst = min(named, key=_GRAVITY.index) if named else None
    if report.get("verdict") == "valid":
        return _GENUINE
    if report.get("verdict") == "unknown":
        if worst is _STRANGER and (report.get("issuer") or {}).get("name"):
            return _NOT_TRUSTED
        return worst if worst in (_STRANGER, _STALE) and worst is not None else _OPEN
    return worst if worst in _FOR_INVALID and worst is not None and _only(report, worst) else _INVALID


def _errors(report: Mapping[str, Any]) -> list[str]:
    return [check["error"] for check in report.get("checks", ()) if check.get("error")]


def _only(report: Mapping[str, Any], verdict: Verdict) -> bool:
    """Revoked and suspended keep the data, so they hold only where nothing else failed."""
    if not verdict.shows_data:
        return True
    failed = [check.get("error") for check in report["checks"] if check.get("outcome") == "failed"]
    return all(error in ("REVOKED", "SUSPENDED") for error in failed)


def overall(verdicts: Sequence[Verdict], state: str, signer: str) -> Verdict:
    """One verdict for the page: the gravest of its sections and of the passport's own state.

    `state` is issued, suspended or revoked; `signer` the name in the trust list, never in the record (T3).
    """
    told = {"revoked": _REVOKED, "suspended": _SUSPENDED}.get(state)
    found = [*verdicts, *([told] if told else [])]
    worst = min(found, key=_GRAVITY.index) if found else _UNCHECKED
    if worst is not _GENUINE:
        return worst
    return Verdict(
        worst.state,
        worst.icon,
        worst.headline,
        worst.sentence.format(signer=signer or "a known issuer"),
        True,
        True,
    )


def findings(report: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """The checks one by one. After a signature that does not fit, what was not checked is left out."""
    checks = report.get("checks", ()) if report else ()
    altered = any(check["outcome"] == "failed" and check["name"].startswith("signature") for check in checks)
    return tuple(
        Finding(
            CHECK_NAMES.get(check["name"], check["name"]),
            check["outcome"],
            OUTCOMES.get(check["outcome"], "not checked"),
            check.get("sentence", ""),
            check.get("error") or "",
        )
        for check in checks
        if not (altered and check["outcome"] == "not-checked")
    )
