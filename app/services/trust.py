"""The trust list, its root and the DID document: whose keys speak for this operator, and who says so.

The list is signed by root keys. In a demo they lie beside the others, and a list is renewed by itself. In
production they are kept offline: a list is drafted here, signed there, published here (`trust_lists`).
Source: T5, T6; credential profile section 2.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from app.core import did, log, trust, trust_root
from app.core.errors import NotConfigured, NotFound
from app.core.times import parse
from app.core.trust import TrustList
from app.services import keys, status, trust_lists
from app.services.context import Context
from app.services.publication import append_log


def ensure(ctx: Context) -> None:
    """Make what a new installation lacks: status lists, log entries of its keys, a trust list; renew an old
    list. A list is made only where enough root keys lie beside the others.

    Raises: NotConfigured when the status lists are gone.
    """
    now = ctx.now()
    with ctx.unit_of_work() as work:
        newest = work.trust_lists.newest()
        if newest is not None and not work.status_lists.names():
            raise NotConfigured("The status lists are gone, and revocations with them: restore a backup.")
        if newest is None and not work.status_lists.names():
            status.create_lists(work, ctx.issuer.did)
            leaves = [
                log.key_added(f"{ctx.issuer.did}#{key.name}", key.public_key.to_multikey(), at=now)
                for key in work.keys.all()
            ]
            append_log(work, ctx, leaves, now)
        work.commit()
    renew_if_due(ctx)


def renew_if_due(ctx: Context) -> bool:
    """Sign and publish a new list where the newest ends soon or does not say what the register of keys says,
    and enough root keys lie beside the others. Returns whether one was published; safe at any time."""
    return trust_lists.renew(ctx)


def root(ctx: Context) -> Mapping[str, Any]:
    """The newest root, reached from the pinned one. Raises: TrustListRefused, MalformedInput."""
    with ctx.read() as store:
        return trust_root.walk(ctx.trust_root, store.trust_roots.all())


def root_bytes(ctx: Context, version: int | None = None) -> bytes:
    """A root as it is served; the newest without `version`. Raises: NotFound."""
    with ctx.read() as store:
        if version is None:
            later = store.trust_roots.all()
            found = later[-1] if later else None
        else:
            found = store.trust_roots.get(version)
    if found is not None:
        return found
    if version in (None, trust_root.version_of(ctx.trust_root)):
        return orjson.dumps(ctx.trust_root)
    raise NotFound("There is no such trust root.")


def published(ctx: Context) -> bytes:
    """The newest trust list, as signed. Raises: NotConfigured while there is none."""
    with ctx.read() as store:
        newest = store.trust_lists.newest()
    if newest is None:
        raise NotConfigured("There is no trust list yet: sign one with the root keys (`passport trust`).")
    return bytes(newest.body)


def current(ctx: Context) -> TrustList | None:
    """The newest trust list, if its signatures hold and it has not expired."""
    try:
        return trust.parse(published(ctx), root(ctx), ctx.now())
    except (NotConfigured, trust.TrustListRefused):
        return None


def at_hand(ctx: Context) -> TrustList | None:
    """The same, and one that has ended, too: a verifier says *unknown* by it, and how old it is."""
    try:
        return trust.parse(published(ctx), root(ctx), ctx.now())
    except trust.TrustListExpired as error:
        return error.trust_list
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
    return did.document(
        ctx.issuer.did,
        [did.DidKey(each.name, each.public_key, each.expires, each.revoked) for each in keys.all(ctx)],
    )
