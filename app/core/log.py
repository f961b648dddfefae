"""Leaves of the transparency log: one for each issue, reissue, revocation and key change.

A leaf is canonical JSON (RFC 8785): `{"v":1,"type":…,"at":…,…}`. It names public things by digest, and
restricted ones by a salted commitment, so that the log can be given to anybody (T11, T40, T42).
Source: RFC 6962 2.1 for the hash.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.core import json_strict
from app.core.canonical import jcs
from app.core.errors import MalformedInput, TooLarge
from app.core.merkle import leaf_hash
from app.core.multibase import digest_multibase
from app.core.times import to_seconds

LEAF_VERSION: Final = 1
MAX_LEAF: Final = 16_384


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """An entry of a log with its proof. `root` is that of a checkpoint whose signature the caller has
    checked; `leaf` is the entry itself, canonical JSON that names the credential's digest, or a commitment to
    it with `salt`."""

    leaf: bytes
    index: int
    tree_size: int
    proof: Sequence[bytes]
    root: bytes
    salt: bytes | None = None


def origin(site: str, number: int) -> str:
    """Name of a log: its address without the scheme (C2SP tlog-tiles). `site` is ours, with it."""
    return f"{site.partition('://')[2]}/log/{number}"


def issued(section: str, credential_digest: str, *, salt: bytes | None, version: int, at: datetime) -> bytes:
    """A credential was issued. `salt` (16 bytes) hides a restricted one behind a commitment."""
    kind = "credential-issued" if version == 1 else "credential-reissued"
    if salt is None:
        return _leaf(kind, at, section=section, digest=credential_digest)
    return _leaf(kind, at, commitment=commitment(credential_digest, salt))


def form_added(section: str, token_digest: str, *, salt: bytes | None, at: datetime) -> bytes:
    """The JOSE form of a credential was made. `salt` (16 bytes) hides that of a restricted one."""
    if salt is None:
        return _leaf("credential-form-added", at, section=section, digest=token_digest)
    return _leaf("credential-form-added", at, commitment=commitment(token_digest, salt))


def status_changed(kind: str, list_name: str, list_index: int, *, salt: bytes, at: datetime) -> bytes:
    """A passport was revoked, suspended or reinstated; which one stands behind a commitment."""
    return _leaf(kind, at, commitment=commitment(f"{list_name}#{list_index}", salt))


def key_added(verification_method: str, public_key_multibase: str, *, at: datetime) -> bytes:
    """A signing key was made known, before it signs."""
    return _leaf(
        "key-added", at, verificationMethod=verification_method, publicKeyMultibase=public_key_multibase
    )


def key_started(verification_method: str, *, at: datetime) -> bytes:
    """A key that was announced before signs from now on."""
    return _leaf("key-started", at, verificationMethod=verification_method)


def key_expired(verification_method: str, *, expires: datetime, at: datetime) -> bytes:
    """A normal end: what the key signed before stays good."""
    return _leaf("key-expired", at, verificationMethod=verification_method, expires=to_seconds(expires))


def key_revoked(verification_method: str, *, since: datetime, at: datetime) -> bytes:
    """A compromise: from `since` on nothing that the key signed is believed."""
    return _leaf("key-revoked", at, verificationMethod=verification_method, revoked=to_seconds(since))


def trust_list_published(version: int, digest: str, *, at: datetime) -> bytes:
    """A version of the trust list; its digest is that of the bytes as they are served."""
    return _leaf("trust-list-published", at, version=version, digest=digest)


def trust_root_published(version: int, digest: str, *, at: datetime) -> bytes:
    """Root keys were changed."""
    return _leaf("trust-root-published", at, version=version, digest=digest)


def commitment(text: str, salt: bytes) -> str:
    """Digest of salt and text; without the salt nobody can search for the text."""
    return digest_multibase(salt + text.encode())


def names(leaf: bytes, digest: str, salt: bytes) -> bool:
    """Whether an entry is about the document of this digest, openly or by a commitment with this salt."""
    try:
        value = json_strict.loads(leaf, max_bytes=MAX_LEAF)
    except (MalformedInput, TooLarge):
        return False
    return isinstance(value, dict) and (
        value.get("digest") == digest or value.get("commitment") == commitment(digest, salt)
    )


def granted(kind: str, text: str, *, salt: bytes, at: datetime) -> bytes:
    """Somebody was given a right or lost it: an account with its role, a plant. Who stands behind a
    commitment (T40, T46)."""
    return _leaf(kind, at, commitment=commitment(text, salt))


def begun(
    number: int, earlier: dict[str, Any], reason: str, published: dict[str, Any] | None, at: datetime
) -> bytes:
    """The first entry of a log that takes the place of one that was closed. `earlier`: origin, size and root
    of that; `published`: the last checkpoint of it that was seen, where it went further."""
    more = {"published": published} if published else {}
    return _leaf("log-begun", at, number=number, earlier=earlier, reason=reason, **more)


def derived_salt(secret: bytes, text: str) -> bytes:
    """16 bytes that only the holder of `secret` can make again."""
    return hashlib.blake2b(text.encode(), key=secret, digest_size=16).digest()


def _leaf(kind: str, at: datetime, **members: Any) -> bytes:
    return jcs({"v": LEAF_VERSION, "type": kind, "at": to_seconds(at), **members})


__all__ = [
    "commitment", "derived_salt", "form_added", "issued", "key_added", "key_expired", "key_revoked",
    "key_started", "leaf_hash", "origin", "status_changed", "trust_list_published", "trust_root_published",
]  # fmt: skip
