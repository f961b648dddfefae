"""Where each value of a passport comes from: the record behind it, for every version of every section.

What is told was written down when the version was stored (`documents.sources`). For a version of before that
was noted it is worked out anew from the records that were there then, and said so. Suppliers, lots and plants
are the maker's alone: whoever calls this has made sure that the reader is the maker, or a plant of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from app.core import changes, csv_cells, file_links, verification
from app.core.errors import NotFound
from app.core.identifiers import BatteryKey, ModelKey
from app.core.nesting import nest
from app.core.vocabulary import MODEL_SECTIONS, SECTIONS, Section
from app.services import drafts, reading
from app.services import verification as verifying
from app.services.context import Context
from app.store.unit_of_work import Store

How = Literal["noted", "worked-out"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One record: how it came in, and when by the sender's clock and by ours."""

    number: int
    plant: str
    record_id: str
    kind: str
    level: str | None
    lot: str | None
    door: str | None
    origin: str | None
    """The message, or the file and row."""
    mapping: str | None
    sent_at: str
    received_at: str

    @property
    def document(self) -> str | None:
        """Path of the document in another format that it was made of, as it was sent."""
        return file_links.document_of(self.origin)

    def as_dict(self) -> dict[str, Any]:
        return {
            "plant": self.plant,
            "record": self.record_id,
            "kind": self.kind,
            "level": self.level,
            "lot": self.lot,
            "door": self.door,
            "origin": self.origin,
            "document": self.document,
            "mapping": self.mapping,
            "sentAt": self.sent_at,
            "receivedAt": self.received_at,
        }


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was signed, for people in `lines`, and the records behind it, where they are known."""

    attribute: str
    name: str
    unit: str
    signed: Any
    lines: tuple[str, ...]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One version of one section. `values` is None where the stored document does not pass its checks."""

    section: Section
    version: int
    published_at: str
    is_newest: bool
    how: How
    values: tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """What one passport's values come from."""

    uuid: str
    key: BatteryKey
    parts: tuple[Part, ...]
    versions: Mapping[Section, int]
    """The newest version of each section there is."""

    @property
    def by_record(self) -> list[tuple[Origin, list[Value]]]:
        """The records behind it in order of arrival, each with its values."""
        found: dict[int, tuple[Origin, list[Value]]] = {}
        for part in self.parts:
            for value in part.values or ():
                for one in value.origins:
                    found.setdefault(one.number, (one, []))[1].append(value)
        return [found[number] for number in sorted(found)]


def of_passport(
    ctx: Context, uuid: str, operator: str, section: str | None = None, version: int | None = None
) -> Lineage:
    """The newest version of each section, or of `section` alone; with `version` that one.

    Raises: NotFound, also for another operator's passport, a section that there is not, and a version
    without its section.
    """
    if (section is not None and section not in SECTIONS) or (version is not None and section is None):
        raise NotFound(reading.NOTHING)
    with ctx.read() as store:
        battery = reading.issued(store, uuid)
        if battery.economic_operator_id != operator:
            raise NotFound(reading.NOTHING)
        keys = [battery.key, battery.model_key]
        versions = {row.section: row.version for row in store.documents.heads_of(keys, SECTIONS)}
        wanted = {name: versions[name] for name in SECTIONS if name in versions and section in (None, name)}
        if version is not None:
            wanted = {name: version for name in wanted if 1 <= version <= versions[name]}
        if not wanted:
            raise NotFound(reading.NOTHING)
        rows = [_stored(store, battery, name, number) for name, number in wanted.items()]
        numbers = {row.section: _numbers(store, battery, row) for row in rows}
        known = origins(store, {one for each in numbers.values() for found in each.values() for one in found})
    return Lineage(
        uuid=uuid,
        key=BatteryKey(battery.gtin, battery.serial),
        parts=tuple(
            Part(
                section=row.section,
                version=row.version,
                published_at=row.created_at,
                is_newest=row.version == versions[row.section],
                how="noted" if row.sources is not None else "worked-out",
                values=_values(row.section, _believed(ctx, battery, row), numbers[row.section], known),
            )
            for row in rows
        ),
        versions=versions,
    )


def as_dict(found: Lineage) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "passport": f"urn:uuid:{found.uuid}",
        "gtin": found.key.gtin,
        "serial": found.key.serial,
        "sections": [
            {
                "section": part.section,
                "version": part.version,
                "publishedAt": part.published_at,
                "newest": part.is_newest,
                "noted": part.how == "noted",
                "values": None
                if part.values is None
                else [
                    {
                        "attribute": value.attribute,
                        "name": value.name,
                        "value": value.signed,
                        "unit": value.unit or None,
                        "records": [each.as_dict() for each in value.origins],
                    }
                    for value in part.values
                ],
            }
            for part in found.parts
        ],
    }


_COLUMNS: Final = (
    "section", "version", "published at", "attribute", "value", "unit", "plant", "record", "kind", "level",
    "lot", "door", "message, or file and row", "mapping", "sent at", "received at",
)  # fmt: skip


def as_csv(found: Lineage) -> bytes:
    """One row for each value and record; cells that a spreadsheet would run are neutralised (T26)."""
    return csv_cells.write(_COLUMNS, (tuple(map(csv_cells.text, row)) for row in _csv_rows(found)))


def _csv_rows(found: Lineage) -> Iterator[tuple[str, ...]]:
    for part in found.parts:
        for value in part.values or ():
            head = (part.section, str(part.version), part.published_at, value.attribute)
            shown = "; ".join(value.lines)
            for each in value.origins or (None,):
                told = (
                    (each.plant, each.record_id, each.kind, each.level, each.lot, each.door, each.origin,
                     each.mapping, each.sent_at, each.received_at)
                    if each else ("",) * 10
                )  # fmt: skip
                yield (*head, shown, value.unit, *(cell or "" for cell in told))


# --- one version


def _stored(store: Store, battery: Any, section: Section, version: int) -> Any:
    key = battery.model_key if section in MODEL_SECTIONS else battery.key
    row = store.documents.version(key, section, version)
    if row is None:
        raise NotFound(reading.NOTHING)
    return row


def _believed(ctx: Context, battery: Any, row: Any) -> Mapping[str, Any] | None:
    """The subject of a stored document that passes its checks (T1)."""
    origin = ctx.settings.origin
    is_model = row.section in MODEL_SECTIONS
    expected = (
        ModelKey(battery.gtin).uri(origin)
        if is_model
        else BatteryKey(battery.gtin, battery.serial).uri(origin)
    )
    report = verification.verify(
        bytes(row.body), verifying.own_policy(ctx), now=ctx.now(), expected_subject=expected, with_rdfc=False
    )
    return reading.believed(report)


def _values(
    section: Section,
    subject: Mapping[str, Any] | None,
    numbers: Mapping[str, tuple[int, ...]],
    known: Mapping[int, Origin],
) -> tuple[Value, ...] | None:
    if subject is None:
        return None
    return tuple(
        Value(
            attribute=each.attribute,
            name=each.name,
            unit=each.unit,
            signed=each.new,
            lines=each.after,
            origins=tuple(known[one] for one in numbers.get(each.attribute, ()) if one in known),
        )
        for each in changes.between(section, {}, subject)
    )


def _numbers(store: Store, battery: Any, row: Any) -> Mapping[str, tuple[int, ...]]:
    """Numbers of the records behind each value of a stored version, by attribute id."""
    if row.sources is None:
        return _worked_out(store, battery, row)
    found = orjson.loads(bytes(row.sources))
    return {name: (one,) for name, one in found.items()}


def _worked_out(store: Store, battery: Any, row: Any) -> Mapping[str, tuple[int, ...]]:
    """For what was stored before sources were noted: the records of then, as far as they say the same."""
    subject = orjson.loads(bytes(row.body)).get("credentialSubject", {})
    about = store.records.about(drafts.keys_of(battery), battery.economic_operator_id)
    rows = [
        (one.sequence, bytes(one.body), one.plant_id) for one in about if one.received_at <= row.created_at
    ]
    if not rows:
        return {}
    values = drafts.of_records(store, rows).values
    drafted = nest({name: sourced.value for name, sourced in values.items()})
    other = {each.attribute for each in changes.between(row.section, drafted, subject)}
    return {name: (sourced.sequence,) for name, sourced in values.items() if name not in other}


def origins(store: Store, numbers: Iterable[int]) -> dict[int, Origin]:
    """How these records came in, by number."""
    return {
        row.sequence: Origin(
            number=row.sequence,
            plant=row.plant_id,
            record_id=row.record_id,
            kind=row.kind,
            level=row.level,
            lot=row.lot,
            door=row.door,
            origin=row.origin,
            mapping=row.mapping,
            sent_at=row.sent_at,
            received_at=row.received_at,
        )
        for row in store.records.described(sorted(set(numbers)))
    }


# --- the record itself


def record(ctx: Context, plant_id: str, record_id: str, operator: str) -> dict[str, Any]:
    """One accepted record as it was sent. Raises: NotFound, also for another operator's."""
    with ctx.read() as store:
        row = store.records.find(plant_id, record_id)
        refused: Sequence[str] = store.quarantine.settled_under(plant_id, record_id) if row else ()
    if row is None or row.economic_operator_id != operator:
        raise NotFound("There is no such record.")
    return {
        "plant": row.plant_id,
        "record": row.record_id,
        "kind": row.kind,
        "level": row.level,
        "gtin": row.gtin,
        "lot": row.lot,
        "serial": row.serial,
        "door": row.door,
        "origin": row.origin,
        "mapping": row.mapping,
        "sentAt": row.sent_at,
        "receivedAt": row.received_at,
        "digest": bytes(row.body_digest).hex(),
        "refusedBefore": list(refused),
        "body": bytes(row.body).decode("utf-8", "backslashreplace"),
    }
