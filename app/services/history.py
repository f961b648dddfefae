"""A passport's history as one reader may see it: versions of its sections, and what happened to it.

A section that the reader may not see is never asked of the store: neither its values nor how many versions
it has or when they were made (T11). Who asked for a change is told by role, never by name (T40). Each version
is judged like any document that is shown: of one that fails its checks nothing is told but that (T1).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from app.core import changes, verdict, verification
from app.core.access import Reader
from app.core.changes import Change
from app.core.errors import NotFound, NotYet
from app.core.identifiers import BatteryKey, ModelKey
from app.core.report import Report
from app.core.times import to_text
from app.core.verdict import Verdict
from app.core.vocabulary import MODEL_SECTIONS, SECTIONS, Section
from app.services import reading
from app.services import verification as verifying
from app.services.context import Context
from app.store.unit_of_work import Store

PAGE: Final = 60
"""Entries on one page of a history: each is verified anew."""
STATE_AFTER: Final[Mapping[str, str]] = {
    "revoked": "revoked",
    "suspended": "suspended",
    "reinstated": "issued",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One stored version of one section. `at` is when it was published."""

    section: Section
    version: int
    url: str
    subject: str
    at: str
    made_by: str | None
    reason: str | None
    digest: str
    signed_by: str
    """Verification method of the signatures; empty where the document cannot be believed."""
    is_newest: bool
    verdict: Verdict
    changes: tuple[Change, ...] | None
    """Against the version before; None where there is none, or one of the two cannot be believed."""


@dataclass(frozen=True, slots=True)
class Event:
    """The passport as a whole was revoked, suspended or reinstated: told to everybody."""

    kind: str
    at: str
    made_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class History:
    """One page of a history, newest first."""

    uuid: str
    key: BatteryKey
    state: str
    issued_at: str
    entries: tuple[Version | Event, ...]
    page: int
    has_older: bool


def show(ctx: Context, uuid: str, reader: Reader, *, at: datetime | None = None, page: int = 1) -> History:
    """What happened to a passport, as `reader` may know it; up to `at`, where it is given.

    Raises: NotFound, also for a page that is not there and for a time before the first issue.
    """
    sections = [section for section in SECTIONS if section in reader.sections]
    with ctx.read() as store:
        battery = reading.issued(store, uuid)
        require_existing(battery, at)
        rows = until(store.documents.versions_of([battery.key, battery.model_key], sections), at)
        events = until(events_of(store, battery), at)
        merged = sorted([*rows, *events], key=lambda row: row.created_at, reverse=True)
        wanted = merged[(page - 1) * PAGE : page * PAGE]
        if page < 1 or not wanted:
            raise NotFound(reading.NOTHING)
        shown = [row for row in wanted if not isinstance(row, Happened)]
        bodies = _bodies(store, shown)
    newest = {row.section: row.version for row in reversed(rows)}
    judge = _Judge(ctx, battery, bodies)
    return History(
        uuid=uuid,
        key=BatteryKey(battery.gtin, battery.serial),
        state=state_after(events),
        issued_at=battery.issued_at,
        entries=tuple(
            Event(row.kind, row.created_at, row.made_by, row.reason)
            if isinstance(row, Happened)
            else judge.version(row, is_newest=newest[row.section] == row.version)
            for row in wanted
        ),
        page=page,
        has_older=len(merged) > page * PAGE,
    )


def issued_at(ctx: Context, uuid: str) -> str:
    """When a passport was first issued. Raises: NotFound."""
    with ctx.read() as store:
        return str(reading.issued(store, uuid).issued_at)


@dataclass(frozen=True, slots=True)
class Happened:
    """A row of `battery_events`."""

    kind: str
    created_at: str
    made_by: str | None
    reason: str | None


def events_of(store: Store, battery: Any) -> list[Happened]:
    """What happened to the passport as a whole, oldest first.

    A state that was reached before events were written down is told by the battery's own row.
    """
    found = [
        Happened(row.kind, row.created_at, row.made_by, row.reason)
        for row in store.events.of_battery(battery.key)
    ]
    if not found and battery.state != "issued":
        found.append(Happened(battery.state, battery.changed_at, None, battery.reason))
    return found


def until(rows: Iterable[Any], at: datetime | None) -> list[Any]:
    """The rows that were there at a moment."""
    limit = to_text(at) if at is not None else None
    return [row for row in rows if limit is None or row.created_at <= limit]


def state_after(events: Sequence[Happened]) -> str:
    """The passport's state after the last of `events`."""
    return STATE_AFTER[events[-1].kind] if events else "issued"


def require_existing(battery: Any, at: datetime | None) -> None:
    """Raises: NotYet where the passport was issued later."""
    if at is not None and to_text(at) < battery.issued_at:
        raise NotYet("Nothing existed yet then: this passport was issued later.")


def _bodies(store: Store, rows: Iterable[Any]) -> dict[tuple[Section, int], bytes]:
    """Bytes of these versions and of those before them."""
    wanted = {
        (bytes(row.subject_key), row.section, version)
        for row in rows
        for version in (row.version, row.version - 1)
        if version > 0
    }
    found = [store.documents.version(*each) for each in sorted(wanted)]
    return {(row.section, row.version): bytes(row.body) for row in found if row is not None}


class _Judge:
    """Judges each version once, though two entries may need it."""

    def __init__(self, ctx: Context, battery: Any, bodies: Mapping[tuple[Section, int], bytes]) -> None:
        self._ctx = ctx
        self._battery = battery
        self._bodies = bodies
        self._policy = verifying.own(ctx).policy
        self._reports: dict[tuple[Section, int], Report] = {}

    def version(self, row: Any, *, is_newest: bool) -> Version:
        section = cast(Section, row.section)
        report = self._report(section, row.version)
        told = verdict.of_report(report.as_dict())
        origin, battery = self._ctx.settings.origin, self._battery
        url = reading.section_url(origin, battery.passport_uuid, battery.gtin, section)
        return Version(
            section=section,
            version=row.version,
            url=f"{url}/{row.version}",
            subject=self._subject_uri(section),
            at=row.created_at,
            made_by=row.made_by,
            reason=row.reason,
            digest=row.digest,
            signed_by=_signed_by(report.document) if told.shows_data else "",
            is_newest=is_newest,
            verdict=told,
            changes=self._changes(section, row.version),
        )

    def _changes(self, section: Section, version: int) -> tuple[Change, ...] | None:
        before, after = self._subject(section, version - 1), self._subject(section, version)
        if before is None or after is None:
            return None
        return changes.between(section, before, after)

    def _subject(self, section: Section, version: int) -> Mapping[str, Any] | None:
        if (section, version) not in self._bodies:
            return None
        return reading.believed(self._report(section, version))

    def _report(self, section: Section, version: int) -> Report:
        found = self._reports.get((section, version))
        if found is None:
            found = verification.verify(
                self._bodies[section, version],
                self._policy,
                now=self._ctx.now(),
                expected_subject=self._subject_uri(section),
                with_rdfc=False,
            )
            self._reports[section, version] = found
        return found

    def _subject_uri(self, section: Section) -> str:
        battery, origin = self._battery, self._ctx.settings.origin
        if section in MODEL_SECTIONS:
            return ModelKey(battery.gtin).uri(origin)
        return BatteryKey(battery.gtin, battery.serial).uri(origin)


def _signed_by(document: Mapping[str, Any] | None) -> str:
    proofs = (document or {}).get("proof", [])
    first = proofs[0] if isinstance(proofs, list) and proofs else proofs
    return str(first.get("verificationMethod", "")) if isinstance(first, dict) else ""
