"""Stamped drafts that wait for a value, and which of them a record about their model or batch can complete.

A model may have thousands of packs that wait: judging each at each record about the model would make a record
cost as much as all of them. So what a draft lacked is kept beside it, as far as every battery category owes
it: as long as neither model nor batch says anything about one of these, the draft stays incomplete whatever
else came in. Records about the battery itself judge it anyway.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.core.catalogue import CATALOGUE, list_parent
from app.core.identifiers import BatteryKey, ModelKey
from app.services import drafts, subjects
from app.services.context import Context
from app.store.unit_of_work import Store

ALWAYS_OWED: Final[frozenset[str]] = frozenset(
    row.id
    for row in CATALOGUE
    if not row.system
    and list_parent(row) is None
    and all(owed.kind == "required" for owed in row.obligation.values())
)
_LONGEST: Final = 500
_LONGEST_NOTED: Final = 1000
IMPLAUSIBLE: Final = "!"
"""Marks a value that is there and cannot be true: that the model gives it, too, settles nothing."""


def note(ctx: Context, battery: Any, missing: Sequence[Mapping[str, Any]], newest_record: int) -> bool:
    """Keep what a stamped draft lacked. False when another record came in meanwhile: judge again.

    That record, if it is about the model or batch, looked for who waits for it by what was kept before, and
    may have passed this draft over. Who comes after this note finds what it says; who came before is seen
    here, by the second look too, as the note holds no record back.
    """
    text, lacks = _text(missing), noted(missing)
    if (text, lacks) == (battery.waits_for, battery.lacks):
        return True
    with ctx.unit_of_work() as work:
        held = work.batteries.held(battery.key)
        if held is None or drafts.newest_record(work, held) != newest_record:
            return False
        work.batteries.change(battery.key, held.changed_at, waits_for=text, lacks=lacks)
        work.commit()
    with ctx.read() as store:
        return drafts.newest_record(store, held) == newest_record


def noted(missing: Iterable[Mapping[str, Any]]) -> str | None:
    """All that blocks a stamped draft, for the board (`batteries.lacks`); None where nothing does."""
    names = sorted(
        {f"{each['id']}{IMPLAUSIBLE if each['state'] == 'implausible' else ''}" for each in missing}
    )
    while len(" ".join(names)) > _LONGEST_NOTED:
        names.pop()
    return " ".join(names) or None


def for_subject(store: Store, gtin: str, lot: str | None) -> list[BatteryKey]:
    """Stamped drafts of a model, or of one batch of it, that may be complete now."""
    model = ModelKey(gtin).digest()
    groups = store.batteries.waiting_groups(model, lot)
    if not groups:
        return []
    given = drafts.claimed(store, model)
    of_lots: dict[str | None, frozenset[str]] = {
        name: drafts.claimed(store, subjects.batch_key(gtin, name)) for name, _ in groups if name is not None
    }
    found: list[BatteryKey] = []
    for name, waits_for in groups:
        known = given | of_lots.get(name, frozenset())
        if waits_for is None or known.issuperset(waits_for.split()):
            rows = store.batteries.waiting_in(model, name, waits_for)
            found.extend(BatteryKey(row.gtin, row.serial) for row in rows)
    return found


def _text(missing: Iterable[Mapping[str, Any]]) -> str | None:
    owed = sorted(each["id"] for each in missing if each["state"] == "missing" and each["id"] in ALWAYS_OWED)
    while owed and len(" ".join(owed)) > _LONGEST:
        owed.pop()  # each of them keeps the draft back by itself
    return " ".join(owed) or None
