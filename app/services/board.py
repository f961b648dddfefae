"""The line at a glance: how many batteries stand where, why those that wait do, and each of them by filter.

A stamped draft keeps what it lacked when it was judged (`batteries.lacks`). What its model or batch have said
since is taken off here, so that a count is never of what has long been there.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from app.core import csv_cells, identifiers, supply, times
from app.core.catalogue import by_id
from app.core.errors import MalformedInput
from app.services import alarms, drafts, subjects
from app.services.context import Context
from app.services.waiting import IMPLAUSIBLE as _ODD
from app.store.board import Wanted
from app.store.unit_of_work import Store

PAGE: Final = 50
MOST: Final = 500
"""Batteries in one answer of the API."""
_EXPORT_PAGE: Final = 1000
_GROUPS: Final = 2000
"""Groups of stamped drafts (model, batch, what they lack) that are told apart; the largest come first."""

State = Literal["making", "waiting", "issued", "suspended", "revoked"]
STATES: Final[tuple[State, ...]] = get_args(State)
_STANDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "making": ("draft", None),
    "waiting": ("draft", "released"),
    "issued": ("issued", None),
    "suspended": ("suspended", None),
    "revoked": ("revoked", None),
}
"""State and stamp in the store; what is in the making has no stamp, or lost it."""
NOT_STAMPED: Final = "not-stamped"
WITHDRAWN: Final = "stamp-withdrawn"
READY: Final = "ready"
WORDS: Final[Mapping[str, str]] = {
    NOT_STAMPED: "Not stamped OK yet",
    WITHDRAWN: "Its stamp was withdrawn",
    READY: "Complete: about to be issued",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody asks for. `reason` is an attribute id, or one of `WORDS`; days are UTC."""

    state: str | None = None
    plant: str | None = None
    gtin: str | None = None
    lot: str | None = None
    reason: str | None = None
    text: str | None = None
    since: str | None = None
    until: str | None = None

    def as_query(self) -> dict[str, str]:
        """As it stands in an address."""
        named = {
            "state": self.state, "plant": self.plant, "gtin": self.gtin, "lot": self.lot,
            "reason": self.reason, "text": self.text, "from": self.since, "to": self.until,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value}


def asked(given: Mapping[str, str]) -> Filter:
    """A filter from an address. Empty members count for nothing. Raises: MalformedInput."""
    sent = {name: value.strip() for name, value in given.items() if value.strip()}
    for name, value in sent.items():
        if len(value) > 100 or not value.isprintable():
            raise MalformedInput("That is too long, or no text.", pointer=f"/{name}", rule="filter")
    found = Filter(
        sent.get("state"), sent.get("plant"), sent.get("gtin"), sent.get("lot"), sent.get("reason"),
        sent.get("text"), sent.get("from"), sent.get("to"),
    )  # fmt: skip
    if found.state is not None and found.state not in STATES:
        raise MalformedInput(f"Ask for one of {', '.join(STATES)}.", pointer="/state", rule="filter")
    if found.reason is not None and found.reason not in WORDS and by_id(found.reason) is None:
        raise MalformedInput("A reason is an attribute's id.", pointer="/reason", rule="filter")
    for name, day in (("from", found.since), ("to", found.until)):
        if day is not None:
            _day(day, name)
    return replace(found, gtin=identifiers.gtin(found.gtin, "/gtin")) if found.gtin else found


# --- counts


@dataclass(frozen=True, slots=True)
class Reason:
    """Why stamped packs wait: one attribute, or one of `WORDS`. A pack that lacks two counts in both."""

    key: str
    name: str
    count: int
    supply: supply.Supply | None
    clause: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "reason": self.key,
            "name": self.name,
            "count": self.count,
            "clause": self.clause or None,
            "supply": self.supply.as_dict() if self.supply else None,
        }


def counts(ctx: Context, plant: str | None = None) -> dict[str, Any]:
    """How many batteries stand where, now and today (UTC), and why the stamped ones wait: all, or those that
    a plant began; with what it stamped and what of it is in quarantine."""
    now = ctx.now()
    today = times.to_text(now.replace(hour=0, minute=0, second=0, microsecond=0))
    with ctx.read() as store:
        by_state: Counter[str] = Counter()
        for state, release, number in store.board.counts(plant):
            by_state[_standing(state, release)] += number
            by_state[f"{state}/{release}"] += number
        groups = _Given(store).groups(plant)
        refused = store.board.refused(plant)
        stamped, issued = store.board.stamped_since(today, plant), store.board.issued_since(today, plant)
    rules: Counter[str] = Counter()
    refused_by: Counter[str] = Counter()
    for row in refused:
        rules[row.rule or "other"] += row.number
        refused_by[row.plant_id] += row.number
    return {
        "at": times.to_seconds(now),
        "today": {"since": today[:10], "stamped": stamped, "issued": issued},
        "batteries": {state: by_state[state] for state in STATES},
        "total": sum(by_state[state] for state in STATES),
        "notStamped": by_state["draft/none"],
        "stampWithdrawn": by_state["draft/withdrawn"],
        "waiting": [reason.as_dict() for reason in _reasons(groups)],
        "waitingBeyond": by_state["waiting"] - sum(group.count for group in groups),
        "quarantine": {
            "count": sum(rules.values()),
            "rules": dict(rules.most_common()),
            "plants": dict(refused_by.most_common()),
        },
        "alarms": [each for each in alarms.raised(ctx) if plant in (None, each["plant"])],
    }


def _standing(state: str, release: str) -> str:
    return ("waiting" if release == "released" else "making") if state == "draft" else state


def _reasons(groups: Sequence["_Group"]) -> list[Reason]:
    found: Counter[str] = Counter()
    for group in groups:
        for key in group.lacking or (READY,):
            found[key] += group.count
    return [_reason(key, count) for key, count in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


def _reason(key: str, count: int) -> Reason:
    row = by_id(key)
    if row is None:
        return Reason(key, WORDS.get(key, key), count, None, "")
    return Reason(key, row.name, count, None if row.system else supply.of(key), row.clause)


@dataclass(frozen=True, slots=True)
class _Group:
    """Stamped drafts of one model and batch for which the same was noted; `lacking`: what of it still is."""

    model_key: bytes
    lot: str | None
    noted: str | None
    lacking: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class _Given:
    """What models and batches say meanwhile, looked up once each."""

    store: Store
    known: dict[bytes, frozenset[str]] = field(default_factory=dict)

    def groups(self, plant: str | None = None) -> list[_Group]:
        return [
            _Group(bytes(row.model_key), row.lot, row.lacks, self.lacking(row), row.number)
            for row in self.store.board.lacking(_GROUPS, plant)
        ]

    def lacking(self, row: Any) -> tuple[str, ...]:
        """What a stamped draft, or a group of them, lacks still."""
        noted = (row.lacks or "").split()
        if not noted:
            return ()
        given = self._claimed(bytes(row.model_key))
        if row.lot:
            given |= self._claimed(subjects.batch_key(row.gtin, row.lot))
        return tuple(each.removesuffix(_ODD) for each in noted if each not in given)

    def _claimed(self, key: bytes) -> frozenset[str]:
        if key not in self.known:
            self.known[key] = drafts.claimed(self.store, key)
        return self.known[key]


def plants(ctx: Context) -> list[str]:
    """Who may have sent a battery's first record."""
    with ctx.read() as store:
        return [row.id for row in store.plants.all()]


# --- the list


@dataclass(frozen=True, slots=True)
class Page:
    """Some batteries, the newest first, and where the next ones begin."""

    batteries: tuple[dict[str, Any], ...]
    after: str | None


def page(ctx: Context, wanted: Filter, after: str | None = None, limit: int = PAGE) -> Page:
    """The batteries that a filter names, after the mark `after`. Raises: MalformedInput for another mark."""
    limit = min(max(limit, 1), MOST)
    return _page(ctx, _asked(ctx, wanted), _mark(after) if after else None, limit)


def export(ctx: Context, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Every battery that a filter names, however many: read a page at a time."""
    after: tuple[str, bytes] | None = None
    query = _asked(ctx, wanted)
    while True:
        found = _page(ctx, query, after, _EXPORT_PAGE)
        yield from found.batteries
        if found.after is None:
            return
        after = _mark(found.after)


def _asked(ctx: Context, wanted: Filter) -> Wanted:
    """A filter as the store takes it; worked out once, however many pages follow."""
    with ctx.read() as store:
        return _query(wanted, _Given(store))


def _page(ctx: Context, query: Wanted, after: tuple[str, bytes] | None, limit: int) -> Page:
    with ctx.read() as store:
        given = _Given(store)
        rows = store.board.page(query, after, limit + 1)
        shown = tuple(_told(ctx, row, given) for row in rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(shown, _text_of(last.created_at, bytes(last.key)) if last is not None else None)


def _query(wanted: Filter, given: _Given) -> Wanted:
    state, release = _STANDS[wanted.state] if wanted.state else (None, None)
    lacking = None
    if wanted.reason in (NOT_STAMPED, WITHDRAWN):
        state, release = "draft", "none" if wanted.reason == NOT_STAMPED else "withdrawn"
    elif wanted.reason is not None:
        state, release = "draft", "released"
        lacking = [
            (group.model_key, group.lot, group.noted)
            for group in given.groups()
            if wanted.reason in (group.lacking or (READY,))
        ]
    return Wanted(
        state=state, release=release, not_released=release is None and wanted.state == "making",
        plant=wanted.plant, gtin=wanted.gtin, lot=wanted.lot, serial=wanted.text,
        since=times.to_text(_day(wanted.since, "from")) if wanted.since else None,
        until=times.to_text(_day(wanted.until, "to") + timedelta(days=1)) if wanted.until else None,
        lacking=lacking,
    )  # fmt: skip


def _told(ctx: Context, row: Any, given: _Given) -> dict[str, Any]:
    is_out = row.state != "draft"
    return {
        "gtin": row.gtin,
        "serial": row.serial,
        "lot": row.lot,
        "plant": row.plant_id,
        "state": _standing(row.state, row.release),
        "release": row.release,
        "reasons": list(_why(row, given)),
        "reason": row.reason,
        "createdAt": row.created_at,
        "changedAt": row.changed_at,
        "issuedAt": row.issued_at,
        "passport": f"{ctx.settings.origin}/passports/{row.passport_uuid}" if is_out else None,
    }


def _why(row: Any, given: _Given) -> tuple[str, ...]:
    if row.state != "draft":
        return ()
    if row.release != "released":
        return (NOT_STAMPED,) if row.release == "none" else (WITHDRAWN,)
    return given.lacking(row) or (READY,)


def name_of(reason: str) -> str:
    """A reason for people."""
    row = by_id(reason)
    return row.name if row is not None else WORDS.get(reason, reason)


# --- export


COLUMNS: Final = (
    "gtin", "serial", "lot", "plant", "state", "release", "reasons", "createdAt", "changedAt", "issuedAt",
    "passport",
)  # fmt: skip


def csv_lines(found: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """A table as it is read; cells that a spreadsheet would run are neutralised (T26)."""
    yield csv_cells.write(COLUMNS, ())
    for battery in found:
        cells = [battery[name] for name in COLUMNS]
        texts = [" ".join(cell) if isinstance(cell, list) else str(cell or "") for cell in cells]
        yield csv_cells.line(tuple(map(csv_cells.text, texts)))


def json_lines(found: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """One array, one battery a line."""
    before = b"[\n"
    for battery in found:
        yield before + json.dumps(battery, ensure_ascii=False).encode()
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


# --- marks and days


def _text_of(created_at: str, key: bytes) -> str:
    return base64.urlsafe_b64encode(created_at.encode() + b" " + key).decode().rstrip("=")


def _mark(text: str) -> tuple[str, bytes]:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= 100 else b""
        moment, _, key = raw[:-16].decode("ascii"), raw[-17:-16], raw[-16:]
        times.parse(moment.strip())
    except (ValueError, binascii.Error):
        raise MalformedInput("Take `after` from the page before.", pointer="/after", rule="after") from None
    return moment.strip(), key


def _day(text: str, name: str) -> datetime:
    try:
        return times.parse(f"{text}T00:00:00Z")
    except ValueError:
        raise MalformedInput("Give a day, such as 2026-11-24.", pointer=f"/{name}", rule="date") from None
