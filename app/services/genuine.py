"""Whether a stored document is what was issued: its bytes are what the log says, and its key signed them.

A row that somebody with the database in hand wrote or moved fails here, also where it bears a good signature
of a key that was stolen (T1, T7, T39).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from app.core import identifiers, log, proof
from app.core.errors import MalformedInput
from app.core.identifiers import ModelKey
from app.core.key_register import KeyRecord
from app.core.multibase import digest_multibase
from app.core.times import parse
from app.core.vocabulary import MODEL_SECTIONS
from app.services.context import Context
from app.store.unit_of_work import Store


def read(body: bytes) -> dict[str, Any]:
    """The document in these bytes; empty where there is none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def subject_of(document: Mapping[str, Any]) -> str:
    """The identifier of what the document is about; empty where it has none."""
    subject = document.get("credentialSubject")
    return str(subject.get("id", "")) if isinstance(subject, dict) else ""


def method_of(document: Mapping[str, Any]) -> str:
    """The verification method of its first proof; empty where it has none."""
    try:
        return str(document["proof"][0]["verificationMethod"])
    except (LookupError, TypeError):
        return ""


def require(
    ctx: Context,
    store: Store,
    row: Any,
    document: Mapping[str, Any],
    leaves: Mapping[int, bytes],
    method: str,
    key: KeyRecord,
) -> ModelKey:
    """The model that the document of a row is about. `leaves` has the log's entries at the rows that
    documents name.

    Raises: MalformedInput, ProofError, saying what is wrong.
    """
    _require_logged(ctx, store, row, leaves)
    proofs = document.get("proof")
    if not isinstance(proofs, list) or not proofs or method_of(document) != method:
        raise MalformedInput("it is not signed by the key that its row names", rule="signed-by")
    proof.verify_proof(document, proofs[0], key.public_key)
    return _require_subject(ctx, row, subject_of(document))


def _require_logged(ctx: Context, store: Store, row: Any, leaves: Mapping[int, bytes]) -> None:
    """The bytes have the digest of the row, and the log has it with the row's version and time."""
    if digest_multibase(bytes(row.body)) != row.digest:
        raise MalformedInput("its stored bytes were altered", rule="digest")
    salt = None if row.section == "public" else log.derived_salt(ctx.secret, row.digest)
    at = parse(row.created_at)
    leaf = log.issued(row.section, row.digest, salt=salt, version=row.version, at=at)
    if row.log_position is None:  # stored before documents knew their entries
        known = store.log.has(log.leaf_hash(leaf))
    else:
        known = leaves.get(row.log_position) == leaf
    if not known:
        raise MalformedInput("the log does not know it", rule="log")


def _require_subject(ctx: Context, row: Any, subject: str) -> ModelKey:
    """It is about what it is stored under."""
    origin = ctx.settings.origin
    if row.section in MODEL_SECTIONS:
        model = ModelKey(subject.rpartition("/01/")[2][:14])
        good = (model.digest(), model.uri(origin)) == (bytes(row.subject_key), subject)
    else:
        key = identifiers.parse_scanned(subject)
        model = ModelKey(key.gtin)
        good = (key.digest(), key.uri(origin)) == (bytes(row.subject_key), subject)
    if not good:
        raise MalformedInput("it is about something else than it is stored under", rule="subject")
    return model
