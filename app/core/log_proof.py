"""Proof that a credential is entered in a public log, as a file that can be checked without a network.

  c2sp.org/tlog-proof@v1
  extra BASE64 of {"leaf": the entry's text, "salt"?: "u…"}
  index N
  BASE64 hashes, a line each, from the leaf's sibling up

  a checkpoint with its signatures
The salt shows that the commitment of a restricted credential is to these bytes; whoever may read those may
have it. Source: C2SP tlog-proof; credential profile section 7.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from app.core import checkpoint, jose, json_strict
from app.core.checkpoint import Checkpoint
from app.core.errors import MalformedInput, TooLarge
from app.core.log import LogEvidence
from app.core.multibase import (
    base64_decode,
    base64_encode,
    multibase_decode_base64url,
    multibase_encode_base64url,
)
from app.core.notes import VKey
from app.core.proof_error import ProofError
from app.core.trust_shape import TrustList

MEDIA_TYPE: Final = "text/plain"
SALT: Final = 16
MAX_BYTES: Final = 131_072
MAX_LEAF: Final = 16_384
_FIRST: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")
_HASH: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
_MAX_HASHES: Final = 64


@dataclass(frozen=True, slots=True)
class LogProof:
    """A proof whose checkpoint the log signed. That the entry is about a document, and in the tree, is for
    check 12 of a verification to say."""

    evidence: LogEvidence
    checkpoint: Checkpoint
    proven_at: datetime | None
    """The earliest time at which a listed witness saw the checkpoint: the entry is older."""


def write(leaf: bytes, salt: bytes | None, index: int, hashes: Sequence[bytes], note: str) -> str:
    """The file."""
    extra = {"leaf": leaf.decode()} | ({"salt": multibase_encode_base64url(salt)} if salt else {})
    lines = [
        _FIRST,
        f"extra {base64_encode(orjson.dumps(extra))}",
        f"index {index}",
        *map(base64_encode, hashes),
    ]
    return "\n".join(lines) + f"\n\n{note}"


def read(text: str, logs: Iterable[str], witnesses: Iterable[str] = ()) -> LogProof:
    """The proof in this file, once one of the issuer's logs has signed its checkpoint.

    `logs` and `witnesses` are verifier keys as a trust list has them. Raises: ProofError, LOG_PROOF_INVALID.
    """
    try:
        leaf, salt, index, hashes, note = _parse(text)
    except (MalformedInput, TooLarge):
        raise _invalid("The proof of the entry in the public log cannot be read.") from None
    try:
        opened = checkpoint.open_note(note, keys(logs), keys(witnesses))
    except MalformedInput:
        raise _invalid("The state of the public log is not signed as it should be.") from None
    found = opened.checkpoint
    times = [signature.time for _, signature in opened.cosignatures]
    evidence = LogEvidence(leaf, index, found.size, hashes, found.root, salt)
    return LogProof(evidence, found, min(times, default=None))


def judged(
    text: str, logs: Sequence[str], witnesses: Iterable[str] = ()
) -> tuple[LogEvidence | ProofError | None, datetime | None]:
    """What a verification takes as `log` and `proven_at`. An issuer without a log on the list has nothing to
    compare a proof with: that is not checked, and no fault."""
    if not logs:
        return None, None
    try:
        found = read(text, logs, witnesses)
    except ProofError as fault:
        return fault, None
    return found.evidence, found.proven_at


def known_logs(trust_list: TrustList | None, data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Logs of a credential's issuer and witnesses, as the trust list names them. The credential (or token)
    is only looked at to learn whose it says it is; whether that is so, its verification tells."""
    try:
        document = orjson.loads(jose.read(data).payload if jose.looks_like_token(data) else data)
        issuer = document["issuer"]
        name = issuer["id"] if isinstance(issuer, dict) else issuer
    except (ValueError, KeyError, TypeError, ProofError):
        return (), ()
    found = trust_list.issuer(name) if trust_list is not None and isinstance(name, str) else None
    return (found.logs, trust_list.witnesses) if found is not None and trust_list is not None else ((), ())


def _parse(text: str) -> tuple[bytes, bytes | None, int, list[bytes], str]:
    if len(text.encode()) > MAX_BYTES:
        raise TooLarge("a proof of this length is not read")
    head, empty, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != _FIRST or not empty or len(lines) < 2 or len(lines) > _MAX_HASHES + 2:
        raise _malformed()
    name, _, extra = lines[0].partition(" ")
    index = _INDEX.fullmatch(lines[1])
    if name != "extra" or index is None or not all(map(_HASH.fullmatch, lines[2:])):
        raise _malformed()
    leaf, salt = _extra(json_strict.loads(base64_decode(extra), max_bytes=2 * MAX_LEAF))
    return leaf, salt, int(index[1]), [base64_decode(line) for line in lines[2:]], note


def _extra(value: Any) -> tuple[bytes, bytes | None]:
    if not isinstance(value, dict) or not {"leaf"} <= set(value) <= {"leaf", "salt"}:
        raise _malformed()
    leaf, salt = value["leaf"], value.get("salt")
    if not isinstance(leaf, str) or ("salt" in value and not isinstance(salt, str)):
        raise _malformed()
    data = None if salt is None else multibase_decode_base64url(salt)
    if data is not None and len(data) != SALT:
        raise _malformed()
    return leaf.encode(), data


def keys(texts: Iterable[str]) -> list[VKey]:
    """Keys of kinds that we know; a list may name others for others."""
    found = []
    for text in texts:
        try:
            found.append(VKey.parse(text))
        except MalformedInput:
            continue
    return found


def _malformed() -> MalformedInput:
    return MalformedInput("this is no proof of a log", rule="tlog-proof", clause="C2SP tlog-proof")


def _invalid(sentence: str) -> ProofError:
    return ProofError("LOG_PROOF_INVALID", sentence)
