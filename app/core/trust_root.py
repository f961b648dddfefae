"""Trust roots: which keys, and how many of them, must sign a trust list; and how one root follows another.

  version 1   {"version": 1, "threshold": 2, "keys": [{"id": "root-1", "publicKeyMultibase": "z…"}, …]}
  version n   {"signed": {"type": "TrustRoot", "version": n, "issued": "…Z", "threshold": 2, "keys": […]},
               "signatures": [{"keyId": "root-1", "signature": "z…"}, …]}
Version 1 is pinned when it is first seen, so nothing signs it. Each later one is signed by the threshold of
the root before it and by its own: whoever pinned an older root can follow, step by step, without being told.
The idea is that of The Update Framework 1.0.33, 5.3 (docs/decisions/0013-roots-follow-one-another.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from app.core import json_strict, root_signatures, times
from app.core.keys import PublicKey
from app.core.root_signatures import RootSigner, TrustListRefused
from app.core.trust_shape import malformed

MAX_BYTES: Final = 65_536
MAX_KEYS: Final = 16
_MEMBERS: Final = {"version", "threshold", "keys"}


def first(keys: Mapping[str, PublicKey], threshold: int) -> dict[str, Any]:
    """Version 1, which readers pin. Raises: MalformedInput."""
    root = {"version": 1, **_body(keys, threshold)}
    _require_form(root, _MEMBERS)
    return root


def next_signed(
    before: Mapping[str, Any], keys: Mapping[str, PublicKey], threshold: int, issued: datetime
) -> dict[str, Any]:
    """The `signed` part of the root after `before`. Raises: MalformedInput."""
    signed = {
        "type": "TrustRoot",
        "version": version_of(before) + 1,
        "issued": times.to_seconds(issued),
        **_body(keys, threshold),
    }
    _require_form(signed, _MEMBERS | {"type", "issued"})
    return signed


def build_signed(signed: Mapping[str, Any], signers: Sequence[RootSigner]) -> bytes:
    """The bytes of a signed root."""
    return orjson.dumps({"signed": signed, "signatures": root_signatures.sign(signed, signers)})


def read(data: bytes) -> dict[str, Any]:
    """A root of either form, strictly read; whether it is to be believed is another question (`walk`).

    Raises: MalformedInput, TooLarge.
    """
    document = json_strict.loads(data, max_bytes=MAX_BYTES)
    if isinstance(document, dict) and set(document) == {"signed", "signatures"}:
        _require_form(document["signed"], _MEMBERS | {"type", "issued"})
        if document["signed"]["version"] < 2:
            raise malformed("/signed/version", "a signed root has a version from 2")
    else:
        _require_form(document, _MEMBERS)
        if document["version"] != 1:
            raise malformed("/version", "a root of this version is signed")
    return document  # type: ignore[no-any-return]


def version_of(root: Mapping[str, Any]) -> int:
    return int(root.get("signed", root)["version"])


def keys_of(root: Mapping[str, Any]) -> dict[str, PublicKey]:
    """The root's keys by their names."""
    return {
        key["id"]: PublicKey.from_multikey(key["publicKeyMultibase"])
        for key in root.get("signed", root)["keys"]
    }


def threshold_of(root: Mapping[str, Any]) -> int:
    return int(root.get("signed", root)["threshold"])


def walk(pinned: Mapping[str, Any], later: Iterable[bytes]) -> Mapping[str, Any]:
    """The newest root, reached from `pinned` over the roots `later`, in order, without a gap.

    Raises: MalformedInput, TooLarge; TrustListRefused where a step lacks signatures or skips a version.
    """
    root = pinned
    for data in later:
        following = read(data)
        signed = following.get("signed")
        if signed is None or signed["version"] != version_of(root) + 1:
            raise TrustListRefused("a trust root must follow the one before it, without a gap")
        for judge in (root, signed):
            root_signatures.require_threshold(signed, following["signatures"], judge)
        root = following
    return root


def _body(keys: Mapping[str, PublicKey], threshold: int) -> dict[str, Any]:
    listed = [{"id": name, "publicKeyMultibase": key.to_multikey()} for name, key in keys.items()]
    return {"threshold": threshold, "keys": listed}


def _require_form(root: Any, members: set[str]) -> None:
    if not isinstance(root, Mapping) or set(root) != members:
        raise malformed("", "a trust root has version, threshold and keys, and no unknown member")
    if "type" in members and root["type"] != "TrustRoot":
        raise malformed("/type", "type TrustRoot is expected")
    if "issued" in members:
        _require_time(root["issued"])
    version, threshold, keys = root["version"], root["threshold"], root["keys"]
    if type(version) is not int or version < 1:
        raise malformed("/version", "a version from 1 is expected")
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise malformed("/keys", f"1 to {MAX_KEYS} keys are expected")
    found: dict[str, PublicKey] = {}
    for place, key in enumerate(keys):
        if not isinstance(key, Mapping) or set(key) != {"id", "publicKeyMultibase"}:
            raise malformed(f"/keys/{place}", "id and publicKeyMultibase are expected")
        if not all(isinstance(value, str) and value for value in key.values()):
            raise malformed(f"/keys/{place}", "texts are expected")
        found[key["id"]] = PublicKey.from_multikey(key["publicKeyMultibase"])
    if len(found) != len(keys) or len(set(found.values())) != len(keys):
        raise malformed("/keys", "each key and each name stands there once")
    if any(key.kind != "P-256" for key in found.values()):
        raise malformed("/keys", "root keys are P-256 keys")
    if type(threshold) is not int or not 1 <= threshold <= len(keys):
        raise malformed("/threshold", "a number from 1 to that of the keys is expected")


def _require_time(text: Any) -> None:
    try:
        if not isinstance(text, str):
            raise ValueError
        times.parse(text)
    except ValueError:
        raise malformed("/issued", "a date and time with zone is expected") from None
