"""What a verification found: single checks and one of three verdicts. Never a plain yes or no (threat T1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.core.proof_error import UNKNOWN_NAMES, ErrorName, ProofError

Outcome = Literal["passed", "failed", "not-checked"]
VerdictName = Literal["valid", "invalid", "unknown"]

CHECK_NAMES: Final = (
    "parse",
    "form",
    "proof-choice",
    "key",
    "signature-jcs",
    "time",
    "signature-rdfc",
    "schema",
    "status",
    "links",
    "log",
    "binding",
)
"""In the order in which they are made; the same in the browser. Step 8 of the profile, every supported proof
must verify, is told by proof-choice and the two signatures: docs/decisions/0015."""

NOT_REACHED: Final = "Not reached, because an earlier check failed."


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `failed` always makes the verdict invalid; `not-checked` with an `error` makes it unknown;
    `not-checked` without one is only said. `sentence` is for people and holds nothing from the document."""

    name: str
    outcome: Outcome
    error: ErrorName | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """All twelve checks in order, and the verdict. It has no truth value: read `verdict` or call
    `require`."""

    checks: tuple[Check, ...]
    verdict: VerdictName
    issuer_id: str | None = None
    issuer_name: str | None = None
    """From the trust list; None for an issuer that is not on it, whatever the document says (threat T3)."""
    digest: str = ""
    """`digestMultibase` of the bytes that were verified."""
    ages: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] | None = None
    """The parsed document, unless it could not be read or its signature failed: then nothing may be shown."""

    def __bool__(self) -> bool:
        raise TypeError("a Report is not a yes or no: read .verdict or call .require()")

    @property
    def error(self) -> ErrorName | None:
        """Name of the first finding: what made it invalid, else what made it unknown."""
        failed = (check.error for check in self.checks if check.outcome == "failed")
        unknown = (check.error for check in self.checks if check.error is not None)
        return next(failed, None) or next(unknown, None)

    def check(self, name: str) -> Check:
        """The check of that name (CHECK_NAMES)."""
        return self.checks[CHECK_NAMES.index(name)]

    def require(self) -> None:
        """Return only for a valid document. Raises: ProofError with the first finding."""
        if self.verdict != "valid":
            sentence = next((c.sentence for c in self.checks if c.error == self.error), "Not fully checked.")
            raise ProofError(self.error or "PROOF_VERIFICATION_ERROR", sentence)

    def as_dict(self) -> dict[str, Any]:
        """The JSON answer of the verification API."""
        return {
            "verdict": self.verdict,
            "checks": [
                {"name": c.name, "outcome": c.outcome, "error": c.error, "sentence": c.sentence}
                for c in self.checks
            ],
            "ages": dict(self.ages),
            "issuer": {"id": self.issuer_id, "name": self.issuer_name},
            "digestMultibase": self.digest,
        }


def verdict_of(checks: tuple[Check, ...], *, signed: bool, missing: bool) -> VerdictName:
    """Invalid beats unknown beats valid. Without a good signature of the issuer nothing is valid; nor when
    something is `missing` that had to be checked."""
    if any(check.outcome == "failed" for check in checks):
        return "invalid"
    if not signed or missing or any(check.error in UNKNOWN_NAMES for check in checks):
        return "unknown"
    return "valid"
