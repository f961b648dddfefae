"""The trust list and the DID document: which keys speak for this economic operator.

The list is signed by root keys. In a demo the root key lies beside the others; in production it is kept
offline and the list is signed there. Source: T5, T6; credential profile section 2.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from app.core import did, log, trust
from app.core.errors import NotConfigured
from app.core.key_register import KeyRecord
from app.core.times import parse, to_seconds, to_text
from app.core.trust import RootSigner, TrustList
from app.core.vocabulary import CREDENTIAL_TYPES
from app.services import issuance, status
from app.services.context import Context

LIST_LENGTH: Final = timedelta(days=90)
RENEW_BEFORE: Final = timedelta(days=30)
STATUS_LIST_TYPE: Final = "BitstringStatusListCredential"


def ensure(ctx: Context, root_signer: RootSigner | None) -> None:
    """Make what a new installation lacks: status lists, the key's log entry, a trust list; renew an old list.

    `root_signer` is None where the root key is kept offline: then a list is only taken, never made.
    """
    now = ctx.now()
    with ctx.unit_of_work() as work:
        newest = work.trust_lists.newest()
        if newest is not None and not work.status_lists.names():
            raise NotConfigured("The status lists are gone, and revocations with them: restore a backup.")
        keys = [_key_entry(ctx, record) for record in work.keys.all()]
        if newest is None:
            status.create_lists(work, ctx.issuer.did)
            leaves = [log.key_added(key["id"], key["publicKeyMultibase"], at=now) for key in keys]
            issuance.append_log(work, ctx, leaves, now)
        if root_signer is not None and (newest is None or _is_due(ctx, bytes(newest.body), keys)):
            version = newest.version + 1 if newest else 1
            signed = {
                "type": "TrustList",
                "version": version,
                "issued": to_seconds(now),
                "expires": to_seconds(now + LIST_LENGTH),
                "issuers": [
                    {
                        **ctx.issuer.as_member(),
                        "documentTypes": [*CREDENTIAL_TYPES.values(), STATUS_LIST_TYPE],
                        "keys": keys,
                    }
                ],
            }
            work.trust_lists.add(version, trust.build_signed(signed, [root_signer]), to_text(now))
        work.commit()


def published(ctx: Context) -> bytes:
    """The newest trust list, as signed. Raises: NotConfigured while there is none."""
    with ctx.read() as store:
        newest = store.trust_lists.newest()
    if newest is None:
        raise NotConfigured("There is no trust list yet: sign one with the root key.")
    return bytes(newest.body)


def current(ctx: Context) -> TrustList | None:
    """The newest trust list, if its signatures hold and it has not expired."""
    try:
        return trust.parse(published(ctx), ctx.trust_root, ctx.now())
    except (NotConfigured, trust.TrustListRefused):
        return None


def key_valid_from(ctx: Context) -> datetime | None:
    """Since when the newest list says that the seal key is valid: in data of before the register."""
    with ctx.read() as store:
        newest = store.trust_lists.newest()
    if newest is None:
        return None
    return parse(orjson.loads(bytes(newest.body))["signed"]["issuers"][0]["keys"][0]["validFrom"])


def did_document(ctx: Context) -> dict[str, Any]:
    """The did:web document with every seal key that there ever was."""
    with ctx.read() as store:
        records = store.keys.all()
    return did.document(
        ctx.issuer.did,
        [did.DidKey(each.name, each.public_key, each.expires, each.revoked) for each in records],
    )


def _is_due(ctx: Context, body: bytes, keys: list[dict[str, str]]) -> bool:
    """The list ends soon, or the register of keys says something else."""
    try:
        ends = trust.parse(body, ctx.trust_root, ctx.now()).expires
    except trust.TrustListExpired:
        return True
    listed = orjson.loads(body)["signed"]["issuers"][0]["keys"]
    return bool(ends < ctx.now() + RENEW_BEFORE or listed != keys)


def _key_entry(ctx: Context, record: KeyRecord) -> dict[str, str]:
    """One key as a trust list names it. A key that does not sign yet is listed since it was made: readers
    must know it before it is put into use."""
    times = {
        "validFrom": record.valid_from or record.created_at,
        "expires": record.expires,
        "revoked": record.revoked,
    }
    return {
        "id": f"{ctx.issuer.did}#{record.name}",
        "publicKeyMultibase": record.public_key.to_multikey(),
        **{name: to_seconds(at) for name, at in times.items() if at},
    }
