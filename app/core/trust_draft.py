"""A trust list or root on its way: unsigned, then signed by one root key after another, then published.

  {"signed": {…}, "signatures": [{"keyId", "signature"}, …], "roots": [root, …]}
`roots` are those whose keys are asked for; they travel along so that a machine without a network and without
the installation's data can sign. They are a help, never a proof: whoever takes the result judges it by the
root that is pinned there. Source: T5, T46; TUF's ceremonies.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.core import json_strict, root_signatures, trust_root, trust_shape
from app.core.canonical import jcs
from app.core.errors import MalformedInput
from app.core.keys import PublicKey
from app.core.multibase import digest_multibase
from app.core.root_signatures import RootSigner, TrustListRefused
from app.core.trust_shape import malformed

MAX_BYTES: Final = 2_097_152
_MEMBERS: Final = {"signed", "signatures"}


@dataclass(frozen=True, slots=True)
class Draft:
    """`signed` with the signatures so far, and the roots whose keys are asked for."""

    signed: Mapping[str, Any]
    signatures: tuple[Mapping[str, str], ...] = ()
    roots: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_root(self) -> bool:
        return self.signed.get("type") == "TrustRoot"

    @property
    def digest(self) -> str:
        """What two people compare before they sign: of the canonical form."""
        return digest_multibase(jcs(dict(self.signed)))

    def judges(self) -> tuple[Mapping[str, Any], ...]:
        """Roots whose threshold is asked for: a root must satisfy itself, too."""
        return (*self.roots, self.signed) if self.is_root else self.roots

    def key_id_of(self, key: PublicKey) -> str | None:
        """Under which name this key is asked for."""
        for root in self.judges():
            for name, listed in trust_root.keys_of(root).items():
                if listed == key:
                    return name
        return None

    def signed_by(self, signer: RootSigner, key: PublicKey) -> "Draft":
        """With one signature more; one that the same key made before is replaced.

        Raises: TrustListRefused when nobody asks for this key.
        """
        name = self.key_id_of(key)
        if name is None:
            raise TrustListRefused("this key is not one of the root keys that the draft asks for")
        named = NamedKey(name, signer)
        mine = root_signatures.sign(self.signed, [named])
        others = [
            one
            for one in self.signatures
            if one["keyId"] != name or not root_signatures.holds(key, self.signed, one["signature"])
        ]
        return Draft(self.signed, (*others, *mine), self.roots)

    def lacks(self) -> list[str]:
        """In words, what is still to be signed; empty when every threshold is met."""
        return [sentence for root in self.judges() if (sentence := _lacking(self, root))]

    def finished(self) -> bytes:
        """The bytes to be published; whether the signatures suffice is for the publisher to judge."""
        return orjson.dumps({"signed": self.signed, "signatures": list(self.signatures)})

    def to_bytes(self) -> bytes:
        """The file that goes from machine to machine."""
        whole = {"signed": self.signed, "signatures": list(self.signatures), "roots": list(self.roots)}
        return json.dumps(whole, indent=1, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A root key under the name that the root gives it."""

    key_id: str
    signer: RootSigner

    def sign_digest(self, digest: bytes) -> bytes:
        return self.signer.sign_digest(digest)


def read(data: bytes) -> Draft:
    """A draft, or a finished list or root. Raises: MalformedInput, TooLarge."""
    document = json_strict.loads(data, max_bytes=MAX_BYTES)
    if not isinstance(document, dict) or not _MEMBERS <= set(document) <= _MEMBERS | {"roots"}:
        raise malformed("", "a draft has signed, signatures and roots")
    signed = document["signed"]
    root_signatures.pairs(document["signatures"])
    roots = document.get("roots", [])
    if not isinstance(roots, list) or not isinstance(signed, dict):
        raise malformed("/signed", "an object is expected, and a list of roots")
    if signed.get("type") == "TrustRoot":
        trust_root.read(orjson.dumps({"signed": signed, "signatures": []}))
    else:
        trust_shape.read(signed)
    read_roots = tuple(trust_root.read(orjson.dumps(one)) for one in roots)
    return Draft(signed, tuple(document["signatures"]), read_roots)


def summary(signed: Mapping[str, Any]) -> Iterator[str]:
    """What a person signs, line by line: never ask anybody to sign what they cannot read."""
    if signed.get("type") == "TrustRoot":
        yield f"trust root, version {signed['version']}, issued {signed['issued']}"
        yield f"  {signed['threshold']} of {len(signed['keys'])} keys must sign"
        for key in signed["keys"]:
            yield f"  {key['id']}  {key['publicKeyMultibase']}"
        return
    yield f"trust list, version {signed['version']}, from {signed['issued']} to {signed['expires']}"
    for issuer in signed["issuers"]:
        since = f", SUSPENDED since {issuer['suspended']}" if "suspended" in issuer else ""
        yield f"  {issuer['id']}  {issuer['name']}{since}"
        yield f"    may sign {', '.join(issuer['documentTypes']) or 'nothing'}"
        for key in issuer["keys"]:
            yield f"    key {_key(key)}"
        yield from (f"    log {one}" for one in issuer.get("logs", ()))
    yield from (f"  witness {one}" for one in signed.get("witnesses", ()))
    yield from (f"  time stamps lead to {one[:24]}…" for one in signed.get("timestampAnchors", ()))


def _key(key: Mapping[str, Any]) -> str:
    words = [key["id"].partition("#")[2], key["publicKeyMultibase"], f"from {key['validFrom']}"]
    words += [
        f"{word} {key[name]}" for name, word in (("expires", "until"), ("revoked", "REVOKED")) if name in key
    ]
    if key.get("x5c"):
        words.append(f"with {len(key['x5c'])} certificates")
    return "  ".join(words)


def _lacking(draft: Draft, root: Mapping[str, Any]) -> str | None:
    try:
        root_signatures.require_threshold(draft.signed, list(draft.signatures), root)
    except (TrustListRefused, MalformedInput) as error:
        return f"root version {trust_root.version_of(root)}: {error}"
    return None


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Sequence[str]:
    """Lines of the summary that were not there before, and those that are gone."""
    old = list(summary(before))[1:] if before else []
    new = list(summary(after))[1:]
    return [f"- {line.strip()}" for line in old if line not in new] + [
        f"+ {line.strip()}" for line in new if line not in old
    ]
