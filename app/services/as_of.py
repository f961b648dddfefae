"""Reading as of a moment: what stood then, judged with what is known about signers and withdrawals today.

Which versions were newest then is told by when they were published; the passport's state by its events.
Nothing is kept: such pages are rare.
"""

from datetime import datetime
from typing import Any

from app.core.access import Reader
from app.core.errors import NotFound, NotYet
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS, SECTIONS
from app.services import history, reading, verification
from app.services.context import Context
from app.services.reading import PassportShown, State, Stored
from app.store.unit_of_work import Store


def show(ctx: Context, uuid: str, reader: Reader, at: datetime) -> PassportShown:
    """The passport as it stood. Raises: NotFound, also where it was issued later."""
    sections = [section for section in SECTIONS if section in reader.sections]
    with ctx.read() as store:
        battery = reading.issued(store, uuid)
        history.require_existing(battery, at)
        rows = _standing(store, battery, sections, at)
        events = history.until(history.events_of(store, battery), at)
    last = events[-1] if events else None
    state = State(
        history.state_after(events),
        last.reason if last else None,
        last.created_at if last else battery.issued_at,
    )
    return reading.shown(ctx, battery, rows, state, verification.own(ctx), pinned=True)


def section_bytes(
    ctx: Context, uuid: str, section: str, reader: Reader, at: datetime, *, as_token: bool = False
) -> Stored:
    """The bytes of a section as they stood, of a battery or of its model, `as_token` in its JOSE form.

    Raises: NotFound, also for what the reader may not see and where there was nothing yet.
    """
    if section not in (*ITEM_SECTIONS, *MODEL_SECTIONS) or section not in reader.sections:
        raise NotFound(reading.NOTHING)
    with ctx.read() as store:
        battery = reading.issued(store, uuid)
        history.require_existing(battery, at)
        found = _standing(store, battery, [section], at)
    if not found:
        raise NotYet("This part was issued later: nothing of it existed yet then.")
    return reading.form(ctx, found[0], as_token)


def _standing(store: Store, battery: Any, sections: list[Any], at: datetime) -> list[Any]:
    """The version of each section that was the newest one."""
    keys = [battery.key, battery.model_key]
    then = {}
    for row in reversed(history.until(store.documents.versions_of(keys, sections), at)):
        then[row.section] = row  # oldest first, so the last one stays
    found = [store.documents.version(row.subject_key, row.section, row.version) for row in then.values()]
    return [row for row in found if row is not None]
