"""The trust list and the DID document: which keys speak for this economic operator.

The list is signed by root keys. In a demo the root key lies beside the others; in production it is kept
offline and the list is signed there. Source: T5, T6; credential profile section 2.
"""

from datetime import timedelta
from typing import Any, Final

import orjson

from app.core import did, log, trust
from app.core.errors import NotConfigured
from app.core.times import to_seconds, to_text
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
        if newest is None:
            status.create_lists(work, ctx.issuer.did)
            leaf = log.key_added(ctx.signer.verification_method, ctx.signer.public_key.to_multikey(), at=now)
            issuance.append_log(work, ctx, [leaf], now)
        if root_signer is not None and (newest is None or _is_ageing(ctx, bytes(newest.body))):
            version = newest.version + 1 if newest else 1
            valid_from = _valid_from(bytes(newest.body)) if newest else to_seconds(now)
            signed = {
                "type": "TrustList",
                "version": version,
                "issued": to_seconds(now),
                "expires": to_seconds(now + LIST_LENGTH),
                "issuers": [
                    {
                        **ctx.issuer.as_member(),
                        "documentTypes": [*CREDENTIAL_TYPES.values(), STATUS_LIST_TYPE],
                        "keys": [
                            {
                                "id": ctx.signer.verification_method,
                                "publicKeyMultibase": ctx.signer.public_key.to_multikey(),
                                "validFrom": valid_from,
                            }
                        ],
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


def did_document(ctx: Context) -> dict[str, Any]:
    """The did:web document with the seal key."""
    name = ctx.signer.verification_method.partition("#")[2]
    return did.document(ctx.issuer.did, [did.DidKey(name, ctx.signer.public_key)])


def _is_ageing(ctx: Context, body: bytes) -> bool:
    try:
        return trust.parse(body, ctx.trust_root, ctx.now()).expires < ctx.now() + RENEW_BEFORE
    except trust.TrustListExpired:
        return True


def _valid_from(body: bytes) -> str:
    """Since when the seal key is valid: a renewed list says the same as the one before."""
    return str(orjson.loads(body)["signed"]["issuers"][0]["keys"][0]["validFrom"])
