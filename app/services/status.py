"""Status lists: a bit for each section chain, set at revocation or suspension, signed anew when due.

Source: Bitstring Status List 1.0; credential profile section 6.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal

from app.core import log, proof
from app.core.errors import CannotSign, NotConfigured, NotFound
from app.core.multibase import digest_multibase
from app.core.proof import Signer
from app.core.proof_error import ProofError
from app.core.status_list import MIN_ENTRIES, StatusList, credential
from app.core.times import parse, to_text
from app.core.vocabulary import Section
from app.services import keys
from app.services.context import Context
from app.services.publication import RECORDS, Cause, append_log
from app.store.unit_of_work import Store

PURPOSES: Final = ("revocation", "suspension")
REFRESH: Final = timedelta(hours=1)
Change = Literal["revoked", "suspended", "reinstated"]
Chain = tuple[Section, bytes]
"""A section and the key of its subject: what keeps its places on the lists over all versions."""
_TRIES: Final = 16
"""Random tries before a list counts as full: at four fifths taken, one in forty finds no place."""


def url(ctx: Context, list_name: str) -> str:
    """Where a list is served."""
    return f"{ctx.settings.origin}/status/{list_name}"


def create_lists(store: Store, operator: str) -> None:
    """The first list of each purpose, all bits 0."""
    for purpose in PURPOSES:
        _add_list(store, operator, purpose, 1)


def give_indexes(
    store: Store, operator: str, chains: Mapping[Section, bytes]
) -> dict[Section, list[tuple[str, str, int]]]:
    """(purpose, list, index) twice for each section: random, never reused, kept over versions.

    `chains` has each section with the key of its subject. Raises: Collision, where another worker takes a
    place at the same moment: the transaction begins anew.
    """
    given = give_all_indexes(store, operator, chains.items())
    return {section: given[section, key] for section, key in chains.items()}


def give_all_indexes(
    store: Store, operator: str, chains: Iterable[Chain]
) -> dict[Chain, list[tuple[str, str, int]]]:
    """As `give_indexes`, for many batteries."""
    ours = list(dict.fromkeys(chains))
    asked = set(ours)
    known: dict[tuple[Chain, str], tuple[str, int]] = {
        ((entry.section, bytes(entry.subject_key)), entry.purpose): (entry.list_name, entry.list_index)
        for entry in store.status_lists.entries_of(sorted({key for _, key in ours}))
        if (entry.section, bytes(entry.subject_key)) in asked
    }
    lacking = [(chain, purpose) for chain in ours for purpose in PURPOSES if (chain, purpose) not in known]
    if lacking:
        drawn = _draw(store, operator, lacking)
        store.status_lists.give_all(
            [
                {
                    "subject_key": key, "section": section, "purpose": purpose,
                    "economic_operator_id": operator, "list_name": name, "list_index": index,
                }
                for ((section, key), purpose), (name, index) in drawn.items()
            ]
        )  # fmt: skip
        known |= drawn
    return {chain: [(purpose, *known[chain, purpose]) for purpose in PURPOSES] for chain in ours}


def _draw(
    store: Store, operator: str, lacking: Sequence[tuple[Chain, str]]
) -> dict[tuple[Chain, str], tuple[str, int]]:
    """A place that nobody has for each (chain, purpose), on the newest list; on a new one once that is so
    full that a few tries find none."""
    newest: dict[str, int] = {}
    for purpose, name in store.status_lists.names():
        newest[purpose] = max(newest.get(purpose, 0), int(name.rpartition("-")[2]))
    found: dict[tuple[str, int], tuple[Chain, str]] = {}
    waiting, tries = list(lacking), 0
    while waiting:
        if tries == _TRIES:
            for purpose in {purpose for _, purpose in waiting}:
                newest[purpose] += 1
                _add_list(store, operator, purpose, newest[purpose])
            tries = 0
        drawn = {(f"{one[1]}-{newest[one[1]]}", secrets.randbelow(MIN_ENTRIES)): one for one in waiting}
        gone = store.status_lists.taken(drawn) | found.keys()
        found |= {place: one for place, one in drawn.items() if place not in gone}
        placed = set(found.values())
        waiting, tries = [one for one in lacking if one not in placed], tries + 1
    return {one: place for place, one in found.items()}


def _add_list(store: Store, operator: str, purpose: str, number: int) -> None:
    name = f"{purpose}-{number}"
    store.status_lists.add(name=name, operator=operator, purpose=purpose, bits=StatusList.empty().bits)


def change(
    work: Store,
    ctx: Context,
    battery_key: bytes,
    purpose: str,
    kind: Change,
    now: datetime,
    cause: Cause = RECORDS,
    *,
    to: bool,
) -> None:
    """Set or clear the bits of every section of one battery: a leaf for each, and one event for people."""
    changed = _set_bits(work, battery_key, purpose, to=to)
    salts = [log.derived_salt(ctx.secret, f"{name}#{index}{to_text(now)}") for name, index in changed]
    leaves = [
        log.status_changed(f"credential-{kind}", name, index, salt=salt, at=now)
        for (name, index), salt in zip(changed, salts, strict=True)
    ]
    position = append_log(work, ctx, leaves, now)
    work.events.add(
        battery_key=battery_key, operator=ctx.issuer.did, kind=kind, made_by=cause.made_by,
        reason=cause.reason, log_position=position, at=to_text(now),
    )  # fmt: skip


def _set_bits(store: Store, subject_key: bytes, purpose: str, *, to: bool) -> Sequence[tuple[str, int]]:
    """Set or clear the bits of every section of one battery. Returns (list, index) of each."""
    entries = [e for e in store.status_lists.entries_of([subject_key]) if e.purpose == purpose]
    for name in sorted({entry.list_name for entry in entries}):
        row = store.status_lists.held(name)
        if row is None:
            raise NotFound("There is no such status list.")
        indexes = [entry.list_index for entry in entries if entry.list_name == name]
        bits = StatusList(bytes(row.bits)).with_bits(indexes, to).bits
        store.status_lists.save(name, bits=bits, body=None, digest=None, signed_at=None)
    return [(entry.list_name, entry.list_index) for entry in entries]


def published(ctx: Context, list_name: str) -> tuple[bytes, str]:
    """The signed list and its digest; signed anew when a bit or the key changed, or the hour is over.

    What was signed is verified before it is stored. A list that grows old because no key may sign, cannot be
    opened, or signs wrongly, is shown with its age. Raises: NotFound; CannotSign, NotConfigured.
    """
    now = ctx.now()
    with ctx.read() as store:
        row = store.status_lists.get(list_name)
    if row is None:
        raise NotFound("There is no such status list.")
    if row.body is not None and now - parse(row.signed_at) < REFRESH:
        return bytes(row.body), str(row.digest)
    try:
        return _sign_anew(ctx, keys.signer(ctx), list_name, now)
    except keys.Superseded:  # a change of key came between
        return published(ctx, list_name)
    except (CannotSign, NotConfigured):
        if row.body is None:
            raise
        return bytes(row.body), str(row.digest)


def _sign_anew(ctx: Context, signer: Signer, list_name: str, now: datetime) -> tuple[bytes, str]:
    with ctx.unit_of_work() as work:
        row = work.status_lists.held(list_name)
        if row is None:
            raise NotFound("There is no such status list.")
        keys.require_good(work, [signer.verification_method], now)
        body = _signed(ctx, signer, row.name, row.purpose, row.bits, now)
        digest = digest_multibase(body)
        work.status_lists.save(list_name, body=body, digest=digest, signed_at=to_text(now))
        work.commit()
    return body, digest


def all_published(ctx: Context) -> dict[str, bytes]:
    """Every list by the address it is served at, fresh: what our own verifier is given. One that cannot be
    signed now is left out, so that verdicts are unknown."""
    with ctx.read() as store:
        names = store.status_lists.names()
    found: dict[str, bytes] = {}
    for _, name in names:
        with suppress(CannotSign, NotConfigured):
            found[url(ctx, name)] = published(ctx, name)[0]
    return found


def drop_signatures(store: Store) -> None:
    """Have every list signed by the current key when it is next asked for: the one before was changed."""
    for _, name in store.status_lists.names():
        store.status_lists.save(name, body=None, digest=None, signed_at=None)


def _signed(ctx: Context, signer: Signer, name: str, purpose: str, bits: bytes, now: datetime) -> bytes:
    unsigned = credential(url(ctx, name), purpose, StatusList(bits), ctx.issuer.as_member(), now)
    signed = proof.add_proofs(unsigned, signer, now)
    try:
        for one in signed["proof"]:
            proof.verify_proof(signed, one, signer.public_key)
    except ProofError:
        raise CannotSign("The key signed a status list, but its signature does not fit.") from None
    return proof.serialize(signed)
