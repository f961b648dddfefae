"""Signing anew what a revoked or retired key signed: the newest version of each section, from its content.

Steps, for a page of documents at a time: (1) the stored bytes are what the log says, and that key signed
them (`genuine`): a row that somebody forged is named and left out, never given a good signature; (2) the same
content, from the same records, with a new identifier, replacing the old version, the public section linked to
the model sections of today; (3) signed by the current key, on every core; (4) verified as any reader would;
(5) the page is stored with its log entries in one transaction. Model sections come first, since public ones
link to them.

What is left to do is read from `documents.signed_by` alone: after a kill the next run goes on where this one
was, and one more run does nothing. Source: T7, T53; credential profile section 4.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from app.core import proof, renewal
from app.core.credential import Earlier, Link
from app.core.errors import Conflict, MalformedInput, NotFound
from app.core.identifiers import ModelKey
from app.core.key_register import KeyRecord
from app.core.proof_error import ProofError
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS, SECTIONS, Section
from app.services import genuine, key_life, keys, publication, signing, verification
from app.services.context import Context
from app.services.publication import Cause, Signed
from app.services.signing import Unsigned
from app.services.signing_pool import Result as TaskResult
from app.services.signing_pool import SigningPool, Task
from app.store.unit_of_work import Collision, Store

PAGE = 64
_TRIES: Final = 5
REASON: Final = "Signed anew, with the same content: the key that had signed it is no longer in use."
"""What a version says that was made here, and the history's mark of one."""
_CAUSE: Final = Cause("maker", REASON)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A document that was not signed anew, and why."""

    subject: str
    """Its identifier as it stands in the document; empty where nothing of it can be read."""
    section: Section
    version: int
    credential_id: str
    why: str


@dataclass(slots=True)
class Result:
    """What one run did, or would do."""

    signed: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    ctx: Context
    retired: Mapping[str, KeyRecord]
    """By verification method."""
    result: Result
    pool: SigningPool | None
    """None: only look."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A stored document that is what the log says, and its next version."""

    row: Any
    next: Unsigned


@dataclass(frozen=True, slots=True)
class _Page:
    """Some documents of one section, in the order of their subjects, from `after` on."""

    method: str | None
    section: Section
    after: bytes
    last: bytes
    found: Sequence[_Found]
    left_out: Sequence[LeftOut]


def resign(
    ctx: Context,
    names: Sequence[str] = (),
    sections: Sequence[Section] = SECTIONS,
    *,
    dry_run: bool = False,
    told: Callable[[int, int], None] = lambda _done, _total: None,
    processes: int | None = None,
) -> Result:
    """Sign anew the newest versions that the keys `names` signed: expired or revoked ones; all revoked ones
    without names. `told` is called with how many are done, and of how many. `processes` sign beside this one:
    as many as there are cores, none with 0.

    Raises: NotFound, Conflict for keys that are not retired, or a current key that readers do not know;
    CannotSign while no key is in use.
    """
    retired = _retired(ctx, names)
    result = Result()
    if not retired:
        return result
    with ctx.read() as store:
        total = store.documents.count_newest_signed_by(retired, sections)
    with ExitStack() as stack:
        pool = None
        if not dry_run:
            _require_known_signer(ctx)
            pool = stack.enter_context(SigningPool(ctx, processes))
        job = _Job(ctx, retired, result, pool)
        for section in (*MODEL_SECTIONS, *ITEM_SECTIONS):
            if section in sections:
                for method in (*retired, None):
                    _sign_all(job, method, section, lambda: told(_done(result), max(total, _done(result))))
    return result


def _done(result: Result) -> int:
    return result.signed + len(result.left_out)


def _retired(ctx: Context, names: Sequence[str]) -> dict[str, KeyRecord]:
    now = ctx.now()
    records = {record.name: record for record in keys.all(ctx)}
    for name in names:
        if name not in records:
            raise NotFound(f"There is no key {name}: see `passport keys list`.")
        if records[name].state(now) not in ("expired", "revoked"):
            raise Conflict(f"{name} is neither expired nor revoked: what it signed stays as it is.")
    chosen = names or [name for name, record in records.items() if record.revoked]
    return {keys.method(ctx, records[name]): records[name] for name in chosen}


def _require_known_signer(ctx: Context) -> None:
    method = keys.signer(ctx).verification_method
    record = next(one for one in keys.all(ctx) if keys.method(ctx, one) == method)
    if not key_life.is_listed(ctx, record):
        raise Conflict(
            f"The published trust list does not have {record.name}: nobody would believe what it signs. Have"
            " a new list signed by the root keys (see docs/keys.md), then call this again."
        )


def _sign_all(job: _Job, method: str | None, section: Section, told: Callable[[], None]) -> None:
    pages = _pages(job, method, section)
    if job.pool is None:
        for page in pages:
            _note(job, len(page.found), page.left_out)
            told()
        return
    for page, results in job.pool.sign_all((page, _tasks(page)) for page in pages):
        _finish(job, page, *_signed(job.ctx, page, results, job.pool.signed_by))
        told()


def _pages(job: _Job, method: str | None, section: Section) -> Iterator[_Page]:
    page = _read(job, method, section, b"")
    while page is not None:
        yield page
        page = _read(job, method, section, page.last)


def _read(
    job: _Job, method: str | None, section: Section, after: bytes, upto: bytes | None = None
) -> _Page | None:
    """(1) and (2). `upto`: no subject beyond this one, which the next page has."""
    now = job.ctx.now()
    with job.ctx.read() as store:
        rows = store.documents.newest_signed_by(method, section, after, PAGE)
        if upto is not None:
            rows = [row for row in rows if bytes(row.subject_key) <= upto]
        if not rows:
            return None
        good, left_out = _checked(job, store, rows)
        links = _links(job, store, good) if section == "public" else {}
        found = [
            _Found(row, _next(row, document, subject, links.get(model.gtin, {}), store, now))
            for row, document, subject, model in good
        ]
    return _Page(method, section, after, bytes(rows[-1].subject_key), found, left_out)


# --- (1)

_Good = tuple[Any, dict[str, Any], str, ModelKey]
"""A row, its document, the identifier of its subject, and the model."""


def _checked(job: _Job, store: Store, rows: Sequence[Any]) -> tuple[list[_Good], list[LeftOut]]:
    leaves = store.log.leaves_at([row.log_position for row in rows if row.log_position is not None])
    found, left_out = [], []
    for row in rows:
        document = genuine.read(bytes(row.body))
        subject = genuine.subject_of(document)
        method = row.signed_by or genuine.method_of(document)
        if method not in job.retired:
            continue  # stored before signers were noted, and signed by another key
        try:
            model = genuine.require(job.ctx, store, row, document, leaves, method, job.retired[method])
            found.append((row, document, subject, model))
        except (MalformedInput, ProofError) as fault:
            left_out.append(_left_out(row, subject, fault))
    return found, left_out


def _left_out(row: Any, subject: str, why: object) -> LeftOut:
    return LeftOut(subject, row.section, row.version, row.credential_id, str(why))


# --- (2)


def _links(job: _Job, store: Store, found: Sequence[_Good]) -> dict[str, dict[str, Link]]:
    """By GTIN: the newest version of each model section. One that was left out keeps its old link."""
    models = {model.digest(): model for _, _, _, model in found}
    links: dict[str, dict[str, Link]] = {model.gtin: {} for model in models.values()}
    for row in store.documents.heads_of(list(models), MODEL_SECTIONS):
        if row.signed_by not in job.retired:
            gtin = models[bytes(row.subject_key)].gtin
            address = f"{job.ctx.settings.origin}/models/{gtin}/sections/{row.section}/{row.version}"
            links[gtin][row.section] = Link(address, row.digest)
    return links


def _next(
    row: Any,
    document: Mapping[str, Any],
    subject: str,
    links: Mapping[str, Link],
    store: Store,
    now: datetime,
) -> Unsigned:
    is_model = row.section in MODEL_SECTIONS
    earlier = store.documents.history(row.subject_key, row.section) if is_model else [row]
    credential_id = f"urn:uuid:{uuid.uuid4()}"
    made = renewal.unsigned(
        document,
        credential_id=credential_id,
        at=now,
        earlier=[Earlier(one.credential_id, one.digest) for one in earlier],
        links=links,
    )
    return Unsigned(
        row.section, bytes(row.subject_key), row.version + 1, credential_id, made, subject,
        bytes(row.content_digest), row.sources and bytes(row.sources),
    )  # fmt: skip


# --- (3), (4)


def _tasks(page: _Page) -> list[Task]:
    return [Task((proof.serialize(one.next.document),), one.next.expected_subject) for one in page.found]


def _signed(
    ctx: Context, page: _Page, results: Sequence[TaskResult], signed_by: str
) -> tuple[list[Signed], list[LeftOut]]:
    """What the processes made of a page. What they refused is tried here once more, and knows then why: a
    passport that was withdrawn is signed anew, and stays withdrawn."""
    made, left_out = [], []
    for one, result in zip(page.found, results, strict=True):
        if not isinstance(result, str):
            made.append(one.next.signed(result[0], signed_by))
            continue
        try:
            made.append(_sign_here(ctx, one.next))
        except (MalformedInput, ProofError) as fault:
            left_out.append(_left_out(one.row, one.next.expected_subject, fault))
    return made, left_out


def _sign_here(ctx: Context, unsigned: Unsigned) -> Signed:
    """Raises: ProofError, MalformedInput; CannotSign."""
    signer = keys.signer(ctx)
    body = signing.sign_document(
        unsigned.document, unsigned.expected_subject, signer, verification.own_policy(ctx), ctx.now(),
        with_rdfc=ctx.settings.rdfc_proofs, withdrawn_too=True,
    )  # fmt: skip
    return unsigned.signed(body, signer.verification_method)


# --- (5)


def _finish(job: _Job, page: _Page, made: Sequence[Signed], left_out: Sequence[LeftOut]) -> None:
    """Store a page. Where another worker signed one of it, or the key was changed meanwhile, it is read and
    signed again, in this process."""
    for _ in range(_TRIES):
        try:
            with job.ctx.unit_of_work() as work:
                if made:
                    publication.store(job.ctx, work, made, job.ctx.now(), _CAUSE)
                work.commit()
        except (Collision, keys.Superseded):
            again = _read(job, page.method, page.section, page.after, page.last)
            if again is None:
                return
            page = again
            made, left_out = _signed(job.ctx, page, [""] * len(page.found), "")
            continue
        _note(job, len(made), [*page.left_out, *left_out])
        return
    raise Conflict("Something else signs the same documents at this moment: call this again a little later.")


def _note(job: _Job, signed: int, left_out: Sequence[LeftOut]) -> None:
    job.result.signed += signed
    job.result.left_out += left_out
