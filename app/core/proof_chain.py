"""Proof sets and proof chains: which proofs a proof was made over, beside the document.

A proof with `previousProof` covers the document with those proofs, and no others, as its `proof` member; each
proof is then checked by itself. Our own profile has no chains: its proofs have none of these members, and
production refuses them in every document. Source: VC Data Integrity 1.0, 2.1 (members), 2.1.2, 4.5 (Verify
Proof Sets and Chains).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.core import proof
from app.core.evidence import Evidence, Signed
from app.core.form_values import is_iri
from app.core.keys import PublicKey
from app.core.proof_error import ProofError

MORE_MEMBERS: Final = frozenset({"id", "previousProof", "domain", "challenge", "nonce"})
"""Members that a proof may have in the conformance profile, beside those of our own."""


def require_members(one: Mapping[str, Any], *, more: bool) -> None:
    """Only members that are known, in their form. Raises: ProofError."""
    if not set(one) <= (proof.PROOF_MEMBERS | MORE_MEMBERS if more else proof.PROOF_MEMBERS):
        raise _failed("A signature comes with something we do not know.")
    if "id" in one and not is_iri(one["id"]):
        raise _failed("A signature has a name that is none.")
    for name in ("challenge", "nonce"):
        if not isinstance(one.get(name, ""), str):
            raise _failed("A signature comes with something in a wrong form.")
    for name in ("domain", "previousProof"):
        if name in one and _texts(one[name]) is None:
            raise _failed("A signature comes with something in a wrong form.")


def previous(one: Mapping[str, Any], proofs: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The proofs that `one` names as made before it, in the order in which it names them.

    Raises: ProofError when one of them is not there, is there twice, or is of a kind that we cannot check.
    """
    found = []
    for name in _texts(one.get("previousProof", [])) or []:
        matching = [other for other in proofs if other.get("id") == name]
        if len(matching) != 1 or matching[0] is one:
            raise _failed("A signature was made after another one that is not there.")
        suite = matching[0].get("cryptosuite")
        if not isinstance(suite, str) or suite not in proof.KEY_KINDS:
            raise ProofError("UNSUPPORTED_CRYPTOSUITE", "The record is signed in a way we do not take.")
        found.append(matching[0])
    return found


def verify(e: Evidence, one: Signed, key: PublicKey) -> None:
    """Check one proof of a set or chain with `key`. Raises: ProofError."""
    secured = {name: value for name, value in e.document.items() if name != "proof"}
    if one.previous:
        secured |= {"proof": list(one.previous)}
    proof.verify_signature(
        secured,
        one.proof,
        key,
        e.policy.canonicalize,
        may_lack_contexts=e.policy.conformance and not e.ours,
    )


def _texts(value: Any) -> list[str] | None:
    found = [value] if isinstance(value, str) else value
    return found if isinstance(found, list) and all(isinstance(text, str) for text in found) else None


def _failed(sentence: str) -> ProofError:
    return ProofError("PROOF_VERIFICATION_ERROR", sentence)
