"""Changes to a trust list before it is signed: pure, each from one `signed` part to the next.

The operator's own keys are never removed (T7): those of the list before stay, with their ends.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from app.core import times
from app.core.errors import Conflict, NotFound
from app.core.multibase import base64_encode

LIST_LENGTH: Final = timedelta(days=90)

Signed = Mapping[str, Any]
Change = Callable[[Signed], Signed]
"""From one `signed` part to another."""


def unchanged(signed: Signed) -> Signed:
    return signed


def renewed(before: Signed | None, own: Mapping[str, Any], now: datetime, version: int) -> dict[str, Any]:
    """The next list: `own` is what the installation says of itself, and stands first; all else stays."""
    before = before or {"issuers": []}
    was: Mapping[str, Any] = next((one for one in before["issuers"] if one["id"] == own["id"]), {})
    kept = {name: before[name] for name in ("witnesses", "timestampAnchors") if name in before}
    others = [one for one in before["issuers"] if one["id"] != own["id"]]
    return {
        "type": "TrustList",
        "version": version,
        "issued": times.to_seconds(now),
        "expires": times.to_seconds(now + LIST_LENGTH),
        "issuers": [_own(was, own), *others],
        **kept,
    }


def _own(was: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The operator's own entry: what only the list knows (chains, a suspension) is carried on."""
    known = {key["id"]: key for key in was.get("keys", ())}
    named = {key["id"] for key in own["keys"]}
    keys = [dict(key) for key in known.values() if key["id"] not in named]
    for key in own["keys"]:
        chain = known.get(key["id"], {}).get("x5c")
        keys.append({**key, **({"x5c": chain} if chain else {})})
    logs = [*was.get("logs", ()), *(one for one in own.get("logs", ()) if one not in was.get("logs", ()))]
    carried = {name: was[name] for name in ("suspended", "organizationIdentifier") if name in was}
    return {**own, "keys": keys, **carried, **({"logs": logs} if logs else {})}


def add_issuer(issuer: Mapping[str, Any]) -> Change:
    """A further issuer. One that is listed gets the new name, types and keys; a listed key never leaves."""

    def change(signed: Signed) -> Signed:
        was = next((one for one in signed["issuers"] if one["id"] == issuer["id"]), None)
        if was is None:
            return {**signed, "issuers": [*signed["issuers"], dict(issuer)]}
        known = {key["id"]: key for key in was["keys"]}
        for key in issuer["keys"]:
            before = known.get(key["id"])
            if before and before["publicKeyMultibase"] != key["publicKeyMultibase"]:
                raise Conflict(
                    f"The key {key['id']} is listed with other bytes: a key's name is never used again."
                )
            known[key["id"]] = {
                **(before or {}),
                **key,
                **({"validFrom": before["validFrom"]} if before else {}),
            }
        return _with(signed, issuer["id"], {**was, **issuer, "keys": list(known.values())})

    return change


def suspend(did: str, at: datetime) -> Change:
    """Nothing of this issuer counts from `at` on."""
    return lambda signed: _with(signed, did, {**_issuer(signed, did), "suspended": times.to_seconds(at)})


def resume(did: str) -> Change:
    def change(signed: Signed) -> Signed:
        left = {name: value for name, value in _issuer(signed, did).items() if name != "suspended"}
        return _with(signed, did, left)

    return change


def remove(did: str, own: str) -> Change:
    """Take another issuer off the list: what it signed is unknown from then on. Raises: Conflict."""

    def change(signed: Signed) -> Signed:
        if did == own:
            raise Conflict(
                "The keys of this installation are never removed: let them expire, or revoke them."
            )
        _issuer(signed, did)
        return {**signed, "issuers": [one for one in signed["issuers"] if one["id"] != did]}

    return change


def chain(key_id: str, certificates: Sequence[bytes], organization_identifier: str | None = None) -> Change:
    """The certificates that stand behind a listed key, leaf first; none takes them away."""
    did = key_id.partition("#")[0]

    def change(signed: Signed) -> Signed:
        issuer = dict(_issuer(signed, did))
        if all(key["id"] != key_id for key in issuer["keys"]):
            raise NotFound(f"The key {key_id} is not on the trust list.")
        texts = [base64_encode(one) for one in certificates]
        issuer["keys"] = [_with_chain(key, texts) if key["id"] == key_id else key for key in issuer["keys"]]
        if organization_identifier is not None:
            issuer["organizationIdentifier"] = organization_identifier
        return _with(signed, did, issuer)

    return change


def add_text(member: str, text: str) -> Change:
    """One entry more in a list of texts: `witnesses` or `timestampAnchors`."""

    def change(signed: Signed) -> Signed:
        found = signed.get(member, [])
        return signed if text in found else {**signed, member: [*found, text]}

    return change


def remove_text(member: str, text: str) -> Change:
    """One entry less. Raises: NotFound."""

    def change(signed: Signed) -> Signed:
        found = signed.get(member, [])
        if text not in found:
            raise NotFound("That is not on the trust list.")
        return {**signed, member: [one for one in found if one != text]}

    return change


def dropped_keys(before: Signed, after: Signed, did: str) -> Iterable[str]:
    """Keys of this issuer that the list before had otherwise: gone, with other bytes, or revived (T7)."""
    now = {key["id"]: key for key in _keys(after, did)}
    for key in _keys(before, did):
        other = now.get(key["id"])
        same = other is not None and other["publicKeyMultibase"] == key["publicKeyMultibase"]
        if not same or ("revoked" in key and not _is_revoked_by(other, key["revoked"])):
            yield key["id"]


def _is_revoked_by(key: Any, at: str) -> bool:
    return "revoked" in key and times.parse(key["revoked"]) <= times.parse(at)


def _keys(signed: Signed, did: str) -> Sequence[Mapping[str, Any]]:
    return next((one["keys"] for one in signed["issuers"] if one["id"] == did), ())


def _issuer(signed: Signed, did: str) -> Mapping[str, Any]:
    found = next((one for one in signed["issuers"] if one["id"] == did), None)
    if found is None:
        raise NotFound(f"The issuer {did} is not on the trust list.")
    return found  # type: ignore[no-any-return]


def _with(signed: Signed, did: str, issuer: Mapping[str, Any]) -> Signed:
    return {**signed, "issuers": [dict(issuer) if one["id"] == did else one for one in signed["issuers"]]}


def _with_chain(key: Mapping[str, Any], texts: list[str]) -> dict[str, Any]:
    left = {name: value for name, value in key.items() if name != "x5c"}
    return {**left, "x5c": texts} if texts else left
