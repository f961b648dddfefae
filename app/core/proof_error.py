"""Names for what a verifier may find, and the error that carries one.

Source: credential profile, section 8: names of the W3C Recommendations where there is one, else our own.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from app.core.errors import PassportError
from app.core.vocabulary import BASE

ErrorName = Literal[
    "PARSING_ERROR",
    "MALFORMED_VALUE_ERROR",
    "RANGE_ERROR",
    "PROOF_VERIFICATION_ERROR",
    "DATA_LOSS_DETECTION_ERROR",
    "INVALID_VERIFICATION_METHOD",
    "INVALID_DOMAIN_ERROR",
    "INVALID_CHALLENGE_ERROR",
    "STATUS_RETRIEVAL_ERROR",
    "STATUS_VERIFICATION_ERROR",
    "STATUS_LIST_LENGTH_ERROR",
    "CONTEXT_UNKNOWN",
    "UNSUPPORTED_CRYPTOSUITE",
    "ISSUER_MISMATCH",
    "ISSUER_UNTRUSTED",
    "KEY_REVOKED",
    "NOT_YET_VALID",
    "EXPIRED",
    "REVOKED",
    "SUSPENDED",
    "LINK_DIGEST_MISMATCH",
    "SUBJECT_MISMATCH",
    "LOG_PROOF_INVALID",
    "RESOURCE_LIMIT",
]

UNKNOWN_NAMES: Final[frozenset[ErrorName]] = frozenset({"ISSUER_UNTRUSTED", "STATUS_RETRIEVAL_ERROR"})
"""Findings that make a verdict unknown; every other name makes it invalid."""


_STANDARD: Final[Mapping[ErrorName, str]] = {
    "PARSING_ERROR": "https://www.w3.org/TR/vc-data-model#",
    "MALFORMED_VALUE_ERROR": "https://www.w3.org/TR/vc-data-model#",
    "RANGE_ERROR": "https://www.w3.org/TR/vc-data-model#",
    "PROOF_VERIFICATION_ERROR": "https://w3id.org/security#",
    "DATA_LOSS_DETECTION_ERROR": "https://w3id.org/security#",
    "INVALID_DOMAIN_ERROR": "https://w3id.org/security#",
    "INVALID_CHALLENGE_ERROR": "https://w3id.org/security#",
    "INVALID_VERIFICATION_METHOD": "https://w3id.org/security#",
    "STATUS_RETRIEVAL_ERROR": "https://www.w3.org/ns/credentials/status-list#",
    "STATUS_VERIFICATION_ERROR": "https://www.w3.org/ns/credentials/status-list#",
    "STATUS_LIST_LENGTH_ERROR": "https://www.w3.org/ns/credentials/status-list#",
}


def type_of(name: ErrorName) -> str:
    """The address of an error name, as the `type` of a problem object: the source's own where it has one."""
    return _STANDARD.get(name, f"{BASE}/errors#") + name


class ProofError(PassportError):
    """A document does not hold what it claims; `name` says why."""

    code: ClassVar[str] = "proof-invalid"

    def __init__(self, name: ErrorName, detail: str) -> None:
        super().__init__(detail)
        self.name: ErrorName = name

    def members(self) -> dict[str, Any]:
        return {"error": self.name}


class OutOfTime(Exception):
    """A canonicalization was stopped: it says nothing about the document, which stays unknown (T23)."""


class DataLoss(ProofError):
    """Part of the document would not be covered by an RDFC signature (threat T21)."""

    def __init__(self, detail: str) -> None:
        super().__init__("DATA_LOSS_DETECTION_ERROR", detail)


class TooComplex(ProofError):
    """The document's graph is beyond the stated limits (threat T23)."""

    def __init__(self, detail: str) -> None:
        super().__init__("RESOURCE_LIMIT", detail)


class UnknownContext(ProofError):
    """A context that is not among the product's own files (threats T20, T21)."""

    def __init__(self, detail: str) -> None:
        super().__init__("CONTEXT_UNKNOWN", detail)
