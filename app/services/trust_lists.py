"""Making trust lists: drafted from the newest one and the register of keys, signed by root keys, published.

Nothing here needs a root key: signatures come with the draft, or from keys that lie beside the others, as in
a demo. Source: T5, T6, T46; credential profile section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson

from app.core import log, times, trust, trust_draft, trust_edit, trust_root, trust_shape
from app.core.errors import Conflict
from app.core.key_register import KeyRecord
from app.core.multibase import digest_multibase
from app.core.root_signatures import TrustListRefused
from app.core.trust_draft import Draft
from app.core.trust_edit import Change, unchanged
from app.core.vocabulary import CREDENTIAL_TYPES
from app.services import trust_chains
from app.services.context import Context
from app.services.publication import append_log
from app.store.unit_of_work import Collision, Store, UnitOfWork

RENEW_BEFORE: Final = timedelta(days=30)
STATUS_LIST_TYPE: Final = "BitstringStatusListCredential"
_OF_EACH_VERSION: Final = frozenset({"version", "issued", "expires"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: a published version, or a draft that still lacks signatures."""

    draft: Draft
    published: int | None
    lacks: tuple[str, ...] = ()


def newest_signed(ctx: Context) -> dict[str, Any] | None:
    """What the newest list says; None while there is none."""
    with ctx.read() as store:
        return _newest(store)


def draft(ctx: Context, change: Change = unchanged, *, version: int | None = None) -> Draft:
    """The next version, unsigned: the newest list, brought up to date, with `change` on top.

    `version` skips numbers, as after a restore from backup, when readers have seen more than the database.
    Raises: Conflict for a version that is not higher; MalformedInput where the change makes no list.
    """
    with ctx.read() as store:
        return _draft(ctx, store, change, version)


def renew(ctx: Context) -> bool:
    """Publish the next list by itself, if it is due and the root keys lie here."""
    if not is_due(ctx):
        return False
    found = sign_beside(ctx, draft(ctx))
    if found.lacks():
        return False
    return publish(ctx, found.finished(), skip_if_taken=True) is not None


def change(ctx: Context, wanted: Change, *, version: int | None = None) -> Outcome:
    """Draft a change, sign it with what root keys lie here, publish it if they suffice."""
    found = sign_beside(ctx, draft(ctx, wanted, version=version))
    lacks = tuple(found.lacks())
    return Outcome(found, None if lacks else publish(ctx, found.finished()), lacks)


def sign_beside(ctx: Context, found: Draft) -> Draft:
    """With the signatures of those root keys that lie in the data directory: none in production."""
    for signer in ctx.root_signers():
        if found.key_id_of(signer.public_key) is not None:
            found = found.signed_by(signer, signer.public_key)
    return found


def publish(ctx: Context, data: bytes, *, skip_if_taken: bool = False) -> int | None:
    """Take a signed list: from now on it is the one that is served. Returns its version.

    1. enough keys of the newest root signed it; 2. it has not ended; 3. its version is higher than any
    before; 4. it says of this installation what the register of keys says, and drops none of its keys;
    5. its chains lead to pinned anchors; 6. a leaf in the log, in the same transaction.
    Raises: MalformedInput, TooLarge; TrustListRefused, Conflict. `skip_if_taken`: None instead where
    another process published this version a moment ago.
    """
    found = trust_draft.read(data)
    if found.is_root:
        raise TrustListRefused("this is a trust root: publish it with `passport trust root publish`")
    try:
        with ctx.unit_of_work() as work:
            version = take(work, ctx, found, trust_root.walk(ctx.trust_root, work.trust_roots.all()))
            work.commit()
    except (Collision, Conflict):
        if skip_if_taken:
            return None
        raise
    return version


def take(work: UnitOfWork, ctx: Context, found: Draft, root: Mapping[str, Any]) -> int:
    """The checks of `publish`, and the rows, in the caller's transaction."""
    now = ctx.now()
    keys = work.keys.held()  # before the newest list is read: one list at a time
    body = found.finished()
    # (1), (2)
    trust_list = trust.parse(body, root, now)
    if trust_list.issued > now + timedelta(minutes=5):
        raise TrustListRefused("this trust list is dated in the future")
    # (3)
    before = _newest(work)
    if before is not None and trust_list.version <= before["version"]:
        raise Conflict(f"Version {before['version']} of the trust list is there: draft a higher one.")
    # (4)
    _require_own(ctx, before, found.signed, keys)
    # (5)
    trust_chains.require_new(ctx, before, found.signed)
    # (6)
    work.trust_lists.add(trust_list.version, body, times.to_text(now))
    leaf = log.trust_list_published(trust_list.version, digest_multibase(body), at=now)
    append_log(work, ctx, [leaf], now)
    return trust_list.version


def _draft(ctx: Context, store: Store, wanted: Change, version: int | None) -> Draft:
    before = _newest(store)
    least = before["version"] + 1 if before else 1
    if version is not None and version < least:
        raise Conflict(f"Version {least} is the lowest that can be drafted: older ones were published.")
    own = _own_entry(ctx, store.keys.all())
    signed = dict(wanted(trust_edit.renewed(before, own, ctx.now(), version or least)))
    trust_shape.read(signed)
    return Draft(signed, (), (trust_root.walk(ctx.trust_root, store.trust_roots.all()),))


def is_due(ctx: Context) -> bool:
    """Whether the newest list ends soon, or does not say what the register of keys and the log say."""
    with ctx.read() as store:
        before, keys = _newest(store), store.keys.all()
    if before is None:
        return True
    if times.parse(before["expires"]) < ctx.now() + RENEW_BEFORE:
        return True
    after = trust_edit.renewed(before, _own_entry(ctx, keys), ctx.now(), 1)
    return _lasting(before) != _lasting(after)


def _lasting(signed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in signed.items() if name not in _OF_EACH_VERSION}


def _newest(store: Store) -> dict[str, Any] | None:
    row = store.trust_lists.newest()
    return orjson.loads(bytes(row.body))["signed"] if row is not None else None


def _own_entry(ctx: Context, keys: list[KeyRecord]) -> dict[str, Any]:
    """What this installation says of itself."""
    logs = [str(key.vkey) for _, key in sorted(ctx.log_keys.items())]
    return {
        **ctx.issuer.as_member(),
        "documentTypes": [*CREDENTIAL_TYPES.values(), STATUS_LIST_TYPE],
        "keys": [_key_entry(ctx, record) for record in keys],
        **({"logs": logs} if logs else {}),
    }


def _key_entry(ctx: Context, record: KeyRecord) -> dict[str, str]:
    """One key as a trust list names it. A key that does not sign yet is listed since it was made: readers
    must know it before it is put into use."""
    ends = {
        "validFrom": record.valid_from or record.created_at,
        "expires": record.expires,
        "revoked": record.revoked,
    }
    return {
        "id": f"{ctx.issuer.did}#{record.name}",
        "publicKeyMultibase": record.public_key.to_multikey(),
        **{name: times.to_seconds(at) for name, at in ends.items() if at},
    }


def _require_own(
    ctx: Context, before: Mapping[str, Any] | None, after: Mapping[str, Any], keys: list[KeyRecord]
) -> None:
    """Raises: TrustListRefused where the list and the register of keys disagree, or a key is gone."""
    own = next((one for one in after["issuers"] if one["id"] == ctx.issuer.did), None)
    if own is None:
        raise TrustListRefused(f"{ctx.issuer.did} is not on this trust list: nothing here could be believed")
    gone = list(trust_edit.dropped_keys(before, after, ctx.issuer.did)) if before else []
    if gone:
        raise TrustListRefused(f"the list drops or changes {', '.join(gone)}: keys are never removed")
    listed = {key["id"]: key for key in own["keys"]}
    for record in keys:
        entry = _key_entry(ctx, record)
        found = listed.get(entry["id"], {})
        if any(found.get(name) != entry.get(name) for name in ("publicKeyMultibase", "revoked", "expires")):
            raise TrustListRefused(
                f"the list and the register of keys disagree about {record.name}: draft the list anew"
            )
    missing = [str(key.vkey) for key in ctx.log_keys.values() if str(key.vkey) not in own.get("logs", ())]
    if missing:
        raise TrustListRefused(
            f"the list does not name the log {missing[0].partition('+')[0]}: draft it anew"
        )
