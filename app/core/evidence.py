"""What a verifier believes, and what it knows so far about one document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core import contexts, jose, proof
from app.core.jose import Token
from app.core.keys import KeyKind, PublicKey
from app.core.report import Check
from app.core.trust import TrustedIssuer, TrustedKey, TrustList

SchemaValidator = Callable[[str, dict[str, Any]], Sequence[str]]
"""(schema address, document without proof) -> what is wrong, one sentence each. LookupError: no such schema
here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a verifier believes, and what it has at hand. Everything is local; nothing is fetched."""

    trust_list: TrustList | None = None
    trust_list_fetched_at: datetime | None = None
    status_lists: Mapping[str, bytes] = field(default_factory=dict)
    """Status list credentials as stored, by address."""
    contexts: frozenset[str] = frozenset(contexts.DOCUMENTS)
    schema_validator: SchemaValidator | None = None
    schema_required: bool = True
    """Whether a document that names a schema is unknown, not valid, as long as that schema was not
    checked."""
    max_age: timedelta = timedelta(hours=24)
    """How long a trust list or status list is believed after it was fetched or issued."""
    conformance: bool = False
    """Test suites only: a did:key issuer counts as trusted, an issuer that is an https address is not
    bound; proofs may be in chains, and carry what our own profile has no use for."""
    resources: Mapping[str, bytes] = field(default_factory=dict)
    """Documents at hand by address, which a `relatedResource` may name by digest."""
    canonicalize: Callable[[Mapping[str, Any]], bytes] | None = None
    """Canonical N-Quads for RDFC proofs; None takes the product's own contexts."""
    read_lists: dict[bytes, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What `status_check` read from status lists already, by their bytes. A changed copy begins empty."""


@dataclass(slots=True)
class Signed:
    """One supported proof of the document, with the key it names, where that key is known."""

    proof: dict[str, Any]
    by_issuer: bool
    trusted: TrustedKey | None = None
    key: PublicKey | None = None
    previous: Sequence[Mapping[str, Any]] = ()
    """The proofs that it was made over as well, where it is part of a chain."""

    @property
    def is_jcs(self) -> bool:
        """Whether it covers every byte of meaning: canonical JSON, or the payload of a token."""
        return self.proof["cryptosuite"] not in proof.RDFC_SUITES

    @property
    def key_kinds(self) -> frozenset[KeyKind]:
        """The kinds of key that go with it."""
        suite = self.proof["cryptosuite"]
        return proof.KEY_KINDS[suite] if suite in proof.KEY_KINDS else jose.KEY_KINDS[suite]


@dataclass(slots=True)
class Evidence:
    """What is known so far about one document. The steps fill it in, in order."""

    data: bytes
    policy: Policy
    now: datetime
    proven_at: datetime | None = None
    max_text_bytes: int = 16_384
    may_be_over: bool = False
    """Whether a past `validUntil` is for the caller to weigh, as with an old status list."""
    purpose: str = "assertionMethod"
    """What its proofs must have been made for: a presentation's are for authentication."""
    is_bound: bool = True
    """Whether the signer must be the issuer: a presentation may have no holder."""
    token: Token | None = None
    """What carries the document, where it came in the JOSE form."""
    document: dict[str, Any] = field(default_factory=dict)
    issuer_id: str = ""
    types: tuple[str, ...] = ()
    ours: bool = False
    """Whether it uses the product's context, and so must keep to the whole profile."""
    signed: list[Signed] = field(default_factory=list)
    unsupported: int = 0
    issuer: TrustedIssuer | None = None
    is_trusted: bool = False
    is_signed: bool = False
    """A signature by the issuer's own key fits."""
    unfinished: bool = False
    """A step was stopped for its time: the verdict cannot be better than unknown."""


Step = Callable[[Evidence], Check]


def passed(name: str, sentence: str) -> Check:
    return Check(name, "passed", None, sentence)


def not_checked(name: str, sentence: str) -> Check:
    return Check(name, "not-checked", None, sentence)
