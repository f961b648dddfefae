"""Who signed this document, and is it unchanged? Steps 1 to 8 of a verification (credential profile,
section 5).

Each step takes what is known so far, adds to it, and returns its check; a ProofError it raises is its
failure. Nothing here asks the network or the clock (threat T20).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from app.core import credential_form, jose, json_strict, proof, proof_chain, times
from app.core.did import key_of_did_key
from app.core.errors import MalformedInput, TooLarge
from app.core.evidence import Evidence, Policy, SchemaValidator, Signed, Step, not_checked, passed
from app.core.keys import PublicKey
from app.core.proof_error import ProofError
from app.core.report import Check
from app.core.trust import TrustedIssuer, TrustedKey

__all__ = ["Evidence", "Policy", "SchemaValidator", "Signed", "Step", "not_checked", "passed"]

MAX_BYTES: Final = 262_144
CLOCK_LEEWAY: Final = timedelta(minutes=5)


def parse(e: Evidence) -> Check:
    """(1) Size, then strict JSON, which a token carries. PARSING_ERROR, RESOURCE_LIMIT; for the header of a
    token also MALFORMED_VALUE_ERROR, UNSUPPORTED_CRYPTOSUITE."""
    data = e.data
    if jose.looks_like_token(data) and len(data) <= MAX_BYTES:
        e.token = jose.read(data)
        data = e.token.payload
    try:
        document = json_strict.loads(data, max_bytes=MAX_BYTES, max_text_bytes=e.max_text_bytes)
    except TooLarge:
        raise ProofError("RESOURCE_LIMIT", "The record is larger than any passport may be.") from None
    except MalformedInput:
        raise ProofError("PARSING_ERROR", "The record is damaged and cannot be read.") from None
    if not isinstance(document, dict):
        raise ProofError("PARSING_ERROR", "This is not a record.")
    e.document = document
    return passed("parse", "The record can be read in one way only.")


def form(e: Evidence) -> Check:
    """(2) Contexts of the allow-list, type, id, issuer, subject, dates, status: see `credential_form`."""
    found = credential_form.require(e.document, e.policy.contexts)
    e.issuer_id, e.types, e.ours = found.issuer_id, found.types, found.ours
    if e.token is not None:
        jose.require_claims(e.token, e.document, e.issuer_id)
    return passed("form", "The record has the form of a passport record.")


def proof_choice(e: Evidence) -> Check:
    """(3) At least one proof of a kind we know, each of them well formed; in our own profile a JCS proof.
    PROOF_VERIFICATION_ERROR, UNSUPPORTED_CRYPTOSUITE."""
    if e.token is not None:
        e.signed.append(Signed(e.token.options(e.document), by_issuer=False))
        return passed("proof-choice", "The record carries a signature of a kind we know.")
    found = e.document.get("proof")
    proofs = [found] if isinstance(found, dict) else found
    if not isinstance(proofs, list) or not proofs or not all(isinstance(one, dict) for one in proofs):
        raise ProofError("PROOF_VERIFICATION_ERROR", "The record is not signed.")
    for one in proofs:
        suite = one.get("cryptosuite")
        if (
            one.get("type") != "DataIntegrityProof"
            or not isinstance(suite, str)
            or suite not in proof.KEY_KINDS
        ):
            e.unsupported += 1
            continue
        proof_chain.require_members(one, more=e.policy.conformance and not e.ours)
        for name in ("created", "expires"):
            if name in one and credential_form.read_moment(one[name]) is None:
                raise ProofError("PROOF_VERIFICATION_ERROR", "A signature has a date that is none.")
        e.signed.append(Signed(one, by_issuer=False, previous=proof_chain.previous(one, proofs)))
    if not e.signed or (e.ours and not any(one.is_jcs for one in e.signed)):
        raise ProofError("UNSUPPORTED_CRYPTOSUITE", "The record is signed in a way we do not take.")
    more = f" {e.unsupported} more of a kind we do not know: not checked." if e.unsupported else ""
    return passed("proof-choice", f"The record carries a signature of a kind we know.{more}")


def key(e: Evidence) -> Check:
    """(4) The issuer's own key, on the trust list, allowed for this type and fit for the suite.
    ISSUER_MISMATCH, INVALID_VERIFICATION_METHOD, PROOF_VERIFICATION_ERROR; ISSUER_UNTRUSTED leaves the
    verdict unknown."""
    bound = e.is_bound and not (e.policy.conformance and e.issuer_id.startswith("https:"))
    listed = e.policy.trust_list.issuers if e.policy.trust_list else {}
    for one in e.signed:
        method = one.proof.get("verificationMethod")
        controller, _, fragment = method.partition("#") if isinstance(method, str) else ("", "", "")
        if not isinstance(method, str) or not controller or not fragment or "#" in fragment:
            raise ProofError("INVALID_VERIFICATION_METHOD", "The signature does not say whose key made it.")
        if one.proof.get("proofPurpose") != e.purpose:
            raise ProofError("PROOF_VERIFICATION_ERROR", "The signature was made for another purpose.")
        one.by_issuer = controller == e.issuer_id or not bound
        party = listed.get(controller)
        one.trusted = _listed(e, party, method)
        one.key = one.trusted.public_key if one.trusted else _self_made(method)
        if one.key and one.key.kind not in one.key_kinds:
            raise ProofError("INVALID_VERIFICATION_METHOD", "The key does not fit this kind of signature.")
    if not any(one.by_issuer and (one.is_jcs or not e.ours) for one in e.signed):
        raise ProofError("ISSUER_MISMATCH", "The record is signed by somebody else than its issuer.")
    return _trust(e)


def _listed(e: Evidence, party: TrustedIssuer | None, method: str) -> TrustedKey | None:
    if party is None:
        return None
    found = party.keys.get(method)
    return party.keys.get(jose.listed_name(method)) if found is None and e.token is not None else found


def _trust(e: Evidence) -> Check:
    own = [one for one in e.signed if one.by_issuer]
    if e.policy.conformance and all(one.key for one in own):
        e.is_trusted = True
        return passed("key", "The key is taken as it stands: test mode.")
    trust_list = e.policy.trust_list
    if trust_list is None:
        return _untrusted("There is no list of known signers at hand.")
    fetched = e.policy.trust_list_fetched_at
    if trust_list.expires <= e.now or (fetched is not None and e.now - fetched > e.policy.max_age):
        return _untrusted("The list of known signers at hand is too old.")
    e.issuer = trust_list.issuer(e.issuer_id)
    if e.issuer is None:
        return _untrusted("The signer is not on the list of known signers.")
    if e.issuer.suspended and e.issuer.suspended <= e.now:
        return _untrusted("The signer is suspended on the list of known signers.")
    if not all(one.trusted for one in own):
        e.issuer = None
        return _untrusted("The key is not on the list of known signers.")
    kinds = set(e.types) - {"VerifiableCredential", "BitstringStatusListCredential"}
    if not kinds <= e.issuer.document_types:
        return _untrusted("The signer is known, but not for records of this kind.")
    e.is_trusted = True
    return passed("key", "The signer is on the list of known signers.")


def signature_jcs(e: Evidence) -> Check:
    """(5) Signatures over every byte of meaning: canonical JSON. PROOF_VERIFICATION_ERROR."""
    return _signatures(e, "signature-jcs", [one for one in e.signed if one.is_jcs])


def time(e: Evidence) -> Check:
    """(6) Dates of the record, its signatures and their keys. NOT_YET_VALID, EXPIRED, KEY_REVOKED."""
    d = e.document
    latest = e.now + CLOCK_LEEWAY
    start, end = credential_form.dates_of(d)
    if start in d and times.parse(d[start]) > latest:
        raise ProofError("NOT_YET_VALID", "The record is dated in the future.")
    if end in d and not e.may_be_over and times.parse(d[end]) < e.now:
        raise ProofError("EXPIRED", "The record has run out.")
    starts = jose.not_before(e.token, d) if e.token else None
    if starts is not None and starts > latest:
        raise ProofError("NOT_YET_VALID", "The signature is dated in the future.")
    for one in e.signed:
        # The signer's own date proves nothing; it only has to lie where the key was good.
        created = times.parse(one.proof["created"]) if "created" in one.proof else e.now
        if created > latest:
            raise ProofError("NOT_YET_VALID", "The signature is dated in the future.")
        if "expires" in one.proof and times.parse(one.proof["expires"]) < e.now:
            raise ProofError("EXPIRED", "The signature has run out.")
        if one.trusted is None:
            continue
        if created < one.trusted.valid_from:
            raise ProofError("NOT_YET_VALID", "The signature is older than its key.")
        if one.trusted.expires and created >= one.trusted.expires:
            raise ProofError("EXPIRED", "The signature was made after its key had run out.")
        revoked = one.trusted.revoked
        if revoked and revoked <= e.now and not (e.proven_at and e.proven_at < revoked):
            raise ProofError("KEY_REVOKED", "The key fell into wrong hands; nothing proves an earlier date.")
    return passed("time", "All dates are in order.")


def signature_rdfc(e: Evidence) -> Check:
    """(7) Signatures over the meaning: RDF canonical form, with no loss and within the graph limits.
    PROOF_VERIFICATION_ERROR, DATA_LOSS_DETECTION_ERROR, RESOURCE_LIMIT."""
    name = "signature-rdfc"
    if not e.is_trusted:
        return not_checked(name, "Not checked, because the signer is not known.")
    return _signatures(e, name, [one for one in e.signed if not one.is_jcs])


def _signatures(e: Evidence, name: str, signed: Sequence[Signed]) -> Check:
    """(8) Every proof that is present and supported must verify; an endorser's key may be out of reach."""
    done = 0
    for one in signed:
        if one.key is None:
            continue
        try:
            if e.token is not None:
                jose.verify(e.token, one.key)
            else:
                proof_chain.verify(e, one, one.key)
        except ProofError as fault:
            if fault.name == "PROOF_VERIFICATION_ERROR":
                raise ProofError(fault.name, "The record was altered: the signature does not fit.") from fault
            raise
        done += 1
        e.is_signed = e.is_signed or one.by_issuer
    if not signed:
        return not_checked(name, "The record has no signature of this kind.")
    if not any(one.by_issuer and one.key for one in signed):
        return not_checked(name, "Not checked: we do not have the signer's key.")
    more = f" {len(signed) - done} by others could not be checked." if done < len(signed) else ""
    return passed(name, f"The record is as it was signed.{more}")


def _self_made(method: str) -> PublicKey | None:
    if not method.startswith("did:key:"):
        return None
    try:
        return key_of_did_key(method)
    except MalformedInput:
        raise ProofError("INVALID_VERIFICATION_METHOD", "The key in the signature is none.") from None


def _untrusted(sentence: str) -> Check:
    return Check("key", "not-checked", "ISSUER_UNTRUSTED", sentence)
