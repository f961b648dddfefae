"""Issuing and verifying for test suites (VC API), with did:key issuers that live as long as the process.

The same core as production, under another policy; nothing here reaches production's keys, lists or tables.
Source: credential profile, section 9; VC API (W3C CCG).
"""

import secrets
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from app.core import (
    contexts,
    credential_form,
    form_values,
    presentation,
    proof,
    proof_chain,
    status_list,
    times,
    verification,
)  # fmt: skip
from app.core.errors import MalformedInput
from app.core.evidence import Policy
from app.core.jsonld import Canonicalizer
from app.core.keys import KeyKind
from app.core.multibase import multibase_encode_base58btc
from app.core.proof_error import ProofError
from app.core.report import Report
from app.core.status_list import MIN_ENTRIES, StatusList
from app.core.vocabulary import CREDENTIALS_V1_URL
from app.keys.conformance import KINDS, ConformanceKey

PURPOSES: Final = ("revocation", "suspension")
DATA_INTEGRITY_URL: Final = "https://w3id.org/security/data-integrity/v2"
KEY_NAMES: Final[Mapping[str, KeyKind]] = {"p-256": "P-256", "p-384": "P-384", "ed25519": "Ed25519"}
_SUITES: Final[Mapping[KeyKind, tuple[str, ...]]] = {
    "P-256": (proof.ECDSA_RDFC, proof.ECDSA_JCS),
    "P-384": (proof.ECDSA_JCS,),
    "Ed25519": (proof.EDDSA_RDFC, proof.EDDSA_JCS),
}
"""Suites by key; the first is taken where the caller names none."""
_COPIED: Final = ("expires", "domain", "challenge", "nonce", "previousProof")
"""Options of the caller that become members of the proof, as they are."""
_MOST_KNOWN: Final = 10_000


@dataclass(slots=True)
class Conformance:
    """One running conformance mode: its keys, its status lists, what it issued."""

    origin: str
    now: Callable[[], datetime]
    keys: Mapping[KeyKind, ConformanceKey] = field(
        default_factory=lambda: {kind: ConformanceKey(kind) for kind in KINDS}
    )
    documents: Mapping[str, bytes] = field(default_factory=contexts.for_conformance)
    lists: dict[str, StatusList] = field(default_factory=dict)
    """Bits by the address of the list."""
    known: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    """(purpose, list, index) of the credentials that were issued, by id."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    canonicalizer: Canonicalizer = field(init=False)

    def __post_init__(self) -> None:
        self.canonicalizer = Canonicalizer(self.documents)

    def policy(self) -> Policy:
        """What is believed here: every did:key for itself, and our own status lists."""
        return Policy(
            conformance=True,
            contexts=frozenset(self.documents),
            resources=self.documents,
            canonicalize=self.canonicalizer.canonicalize,
            status_lists={url: list_bytes(self, url) for url in list(self.lists)},
            schema_required=False,
        )

    def issuers(self) -> list[dict[str, Any]]:
        """Who issues here, with which suites."""
        return [
            {
                "id": key.did,
                "keyType": kind,
                "cryptosuites": list(_SUITES[kind]),
                "statusLists": [_list_url(self, kind, purpose) for purpose in PURPOSES],
            }
            for kind, key in self.keys.items()
        ]


def issue(state: Conformance, credential: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """`credential` with one more proof, by one of our keys. Proofs that it has already stay.

    Options: `cryptosuite`, `keyType`, `created`, `statusPurpose`, `credentialId`, and members of the proof.
    Raises: ProofError for a credential or an option that no standard allows.
    """
    key, suite = _choice(state, credential, options)
    document = dict(credential)
    document["issuer"] = _issuer(document.get("issuer"), state, key)
    if isinstance(options.get("credentialId"), str):
        document.setdefault("id", options["credentialId"])
    found = document.get("@context")
    if isinstance(found, list) and found[:1] == [CREDENTIALS_V1_URL] and DATA_INTEGRITY_URL not in found:
        document["@context"] = [*found, DATA_INTEGRITY_URL]  # VC 1.1 has no terms for these proofs
    if "statusPurpose" in options:
        _add_status(state, document, key, form_values.texts(options["statusPurpose"], "statusPurpose"))
    policy = state.policy()
    credential_form.require(document, policy.contexts)
    require_defined(state, document)
    signed = _sign(state, document, key, suite, options)
    report = verification.verify(proof.serialize(signed), policy, now=state.now())
    if report.verdict == "invalid":
        report.require()
    return signed


def verify(state: Conformance, credential: Any, options: Mapping[str, Any]) -> Report:
    """The report on a credential, or on the token in an envelope. Raises: ProofError."""
    if not isinstance(credential, dict):
        raise form_values.malformed("verifiableCredential")
    report = verification.verify(presentation.credential_bytes(credential), state.policy(), now=state.now())
    if report.verdict == "valid" and "proof" in credential:
        _require_expected(credential["proof"], options)
    if report.verdict == "valid" and report.document is not None:
        require_defined(state, report.document)
    return report


def verify_presentation(state: Conformance, presented: Any, options: Mapping[str, Any]) -> Sequence[Report]:
    """Reports on the credentials of a presentation. Raises: ProofError where that itself does not hold."""
    if not isinstance(presented, dict):
        raise form_values.malformed("verifiablePresentation")
    found = presentation.verify(
        proof.serialize(presented),
        state.policy(),
        now=state.now(),
        challenge=_text_option(options, "challenge"),
        domain=_domain(options),
    )
    if found.fault is not None:
        raise found.fault
    return found.credentials


def set_status(state: Conformance, credential_id: str, purpose: str, *, to: bool) -> None:
    """Set or clear the bit of a credential that was issued here. Raises: ProofError."""
    with state.lock:
        for known, url, index in state.known.get(credential_id, []):
            if known == purpose:
                state.lists[url] = state.lists[url].with_bit(index, to)
                return
    raise form_values.malformed("credentialStatus")


def list_bytes(state: Conformance, url: str) -> bytes:
    """A status list, signed now by the issuer of its credentials. Raises: LookupError."""
    kind = next(k for k in state.keys for purpose in PURPOSES if _list_url(state, k, purpose) == url)
    purpose = url.rpartition("/")[2]
    unsigned = status_list.credential(url, purpose, state.lists[url], state.keys[kind].did, state.now())
    jcs = proof.EDDSA_JCS if kind == "Ed25519" else proof.ECDSA_JCS
    return proof.serialize(_sign(state, unsigned, state.keys[kind], jcs, {}))


def list_at(state: Conformance, key_name: str, purpose: str) -> bytes:
    """The status list of one key and purpose, empty where it was never used. Raises: LookupError."""
    if key_name not in KEY_NAMES or purpose not in PURPOSES:
        raise LookupError("no such list")
    url = _list_url(state, KEY_NAMES[key_name], purpose)
    with state.lock:
        state.lists.setdefault(url, StatusList.empty())
    return list_bytes(state, url)


def require_defined(state: Conformance, document: Mapping[str, Any]) -> None:
    """Every term is one that the contexts define, whatever suite signs (VC Data Model 2.0, 4.3, 6.1).

    The direction of a text is no term: it is left out, as RDF has no form for it. Raises: ProofError.
    """
    state.canonicalizer.require_no_loss(
        {name: _undirected(value) for name, value in document.items() if name != "proof"}
    )


def _undirected(value: Any) -> Any:
    if isinstance(value, list):
        return [_undirected(one) for one in value]
    if isinstance(value, dict):
        return {
            name: _undirected(one)
            for name, one in value.items()
            if not (name == "@direction" and "@value" in value)
        }
    return value


def _choice(
    state: Conformance, credential: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[ConformanceKey, str]:
    """The key and suite: as asked for, else those of the issuer that is named, else P-256."""
    issuer = credential.get("issuer")
    named = issuer.get("id") if isinstance(issuer, dict) else issuer
    suite, kind = _text_option(options, "cryptosuite"), _text_option(options, "keyType")
    fitting = [
        key
        for key in state.keys.values()
        if kind in (None, key.kind) and (suite is None or suite in _SUITES[key.kind])
    ]
    if not fitting:
        raise ProofError("UNSUPPORTED_CRYPTOSUITE", "There is no key here for that kind of signature.")
    chosen = next((key for key in fitting if key.did == named), fitting[0])
    return chosen, suite or _SUITES[chosen.kind][0]


def _issuer(named: Any, state: Conformance, key: ConformanceKey) -> Any:
    """The issuer of the credential is whoever signs it; a malformed one is left to be refused."""
    if named is None or (isinstance(named, str) and form_values.is_iri(named)):
        return key.did if named is not None else None
    if isinstance(named, dict) and form_values.is_iri(named.get("id")):
        return {**named, "id": key.did}
    return named


def _sign(
    state: Conformance,
    document: Mapping[str, Any],
    key: ConformanceKey,
    suite: str,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    earlier = form_values.objects(document["proof"], "proof", 7) if "proof" in document else []
    made: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": _text_option(options, "created") or times.to_seconds(state.now()),
        "verificationMethod": key.verification_method,
        "proofPurpose": "assertionMethod",
        **{name: options[name] for name in _COPIED if name in options},
    }
    if earlier:
        made["id"] = f"urn:uuid:{uuid.uuid4()}"
    proof_chain.require_members(made, more=True)
    before = proof_chain.previous(made, [*earlier, made])
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if suite in proof.JCS_SUITES:
        made["@context"] = unsecured["@context"]
    secured = unsecured | ({"proof": list(before)} if before else {})
    try:
        data = proof.hash_data(secured, made, key.public_key, state.canonicalizer.canonicalize)
    except MalformedInput as fault:
        raise ProofError("MALFORMED_VALUE_ERROR", str(fault)) from fault
    made["proofValue"] = multibase_encode_base58btc(key.sign(data))
    return unsecured | {"proof": [*earlier, made] if earlier else made}


def _add_status(
    state: Conformance, document: dict[str, Any], key: ConformanceKey, purposes: Sequence[str]
) -> None:
    entries, places = [], []
    with state.lock:
        for purpose in purposes:
            if purpose not in PURPOSES:
                raise form_values.malformed("statusPurpose")
            url, index = _list_url(state, key.kind, purpose), secrets.randbelow(MIN_ENTRIES)
            state.lists.setdefault(url, StatusList.empty())
            entries.append(status_list.entry(url, purpose, index))
            places.append((purpose, url, index))
        document.setdefault("id", f"urn:uuid:{uuid.uuid4()}")
        if len(state.known) >= _MOST_KNOWN:
            state.known.clear()
        if isinstance(document["id"], str):
            state.known[document["id"]] = places
    document["credentialStatus"] = entries if len(entries) > 1 else entries[0]


def _list_url(state: Conformance, kind: KeyKind, purpose: str) -> str:
    return f"{state.origin}/conformance/status/{kind.lower()}/{purpose}"


def _require_expected(proofs: Any, options: Mapping[str, Any]) -> None:
    presentation.require_expected(
        proofs if isinstance(proofs, list) else [proofs],
        _text_option(options, "challenge"),
        _domain(options),
    )


def _domain(options: Mapping[str, Any]) -> Sequence[str] | None:
    return form_values.texts(options["domain"], "options.domain") if "domain" in options else None


def _text_option(options: Mapping[str, Any], name: str) -> str | None:
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise form_values.malformed(f"options.{name}")
    return value
