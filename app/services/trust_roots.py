"""Changing root keys: a new root, signed by the threshold of the old and of its own keys, and the list that
fits it, published together so that no reader stands between them.

Source: T5, T46; docs/decisions/0013-roots-follow-one-another.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.core import log, root_signatures, times, trust_draft, trust_root
from app.core.errors import Conflict, NotFound
from app.core.keys import PublicKey
from app.core.multibase import digest_multibase
from app.core.root_signatures import TrustListRefused
from app.core.trust_draft import Draft
from app.services import keys as seal_keys
from app.services import trust, trust_lists
from app.services.context import Context
from app.services.publication import append_log


@dataclass(frozen=True, slots=True)
class Rotation:
    """A new root and the list under it; `published` once both had all their signatures."""

    root: Draft
    list: Draft
    published: tuple[int, int] | None = None

    def lacks(self) -> tuple[str, ...]:
        return (*self.root.lacks(), *self.list.lacks())


def rotate(
    ctx: Context,
    *,
    add: Mapping[str, PublicKey],
    remove: Collection[str] = (),
    threshold: int | None = None,
) -> Rotation:
    """Draft the next root and the list under it; sign with what root keys lie here, publish if they suffice.

    Raises: NotFound for a name that is not in the root; Conflict for one that is; MalformedInput.
    """
    before = trust.root(ctx)
    keys = trust_root.keys_of(before)
    if unknown := set(remove) - set(keys):
        raise NotFound(f"The root has no key {sorted(unknown)[0]}: see `passport trust show`.")
    left = {name: key for name, key in keys.items() if name not in remove}
    if taken := set(add) & set(keys):
        raise Conflict(f"The root has a key {sorted(taken)[0]} already: a name is never used again.")
    seals = {record.public_key for record in seal_keys.all(ctx)}
    if seals & set(add.values()):
        raise Conflict("This key signs passports: each key has one purpose.")
    wanted = threshold or trust_root.threshold_of(before)
    signed = trust_root.next_signed(before, {**left, **add}, wanted, ctx.now())
    root = trust_lists.sign_beside(ctx, Draft(signed, (), (before,)))
    under = {"signed": signed, "signatures": []}
    following = trust_lists.sign_beside(ctx, Draft(trust_lists.draft(ctx).signed, (), (under,)))
    found = Rotation(root, following)
    if found.lacks():
        return found
    return Rotation(root, following, publish(ctx, root.finished(), following.finished()))


def publish(ctx: Context, root_data: bytes, list_data: bytes | None = None) -> tuple[int, int]:
    """Take a signed root, and with it a list that its keys signed. Returns both versions.

    Without `list_data` the newest list must hold under the new root already.
    Raises: MalformedInput, TooLarge; TrustListRefused; Conflict.
    """
    found = trust_draft.read(root_data)
    if not found.is_root:
        raise TrustListRefused("this is no trust root: publish a list with `passport trust publish`")
    body, now = found.finished(), ctx.now()
    with ctx.unit_of_work() as work:
        work.keys.held()  # one change of trust at a time
        earlier = work.trust_roots.all()
        newest = trust_root.walk(ctx.trust_root, earlier)
        if found.signed["version"] <= trust_root.version_of(newest):
            raise Conflict(
                f"Version {trust_root.version_of(newest)} of the root is there: draft a higher one."
            )
        root = trust_root.walk(newest, [body])
        version = trust_root.version_of(root)
        work.trust_roots.add(version, body, times.to_text(now))
        leaf = log.trust_root_published(version, digest_multibase(body), at=now)
        append_log(work, ctx, [leaf], now)
        if list_data is not None:
            list_version = trust_lists.take(work, ctx, trust_draft.read(list_data), root)
        else:
            list_version = _require_newest_holds(trust.published(ctx), root)
        work.commit()
    return version, list_version


def _require_newest_holds(data: bytes, root: Mapping[str, object]) -> int:
    """Else every reader who follows to the new root would have no list. Raises: TrustListRefused."""
    published = trust_draft.read(data)
    try:
        root_signatures.require_threshold(published.signed, list(published.signatures), root)
    except TrustListRefused:
        raise TrustListRefused(
            "the newest list is not signed by enough keys of the new root: sign one with them, and publish it"
            " together with the root (--list)"
        ) from None
    return int(published.signed["version"])
