"""Reading passports: bytes as they were stored, and the parts of a page that a reader may see.

A section that a reader may not see is never read from the store, so it cannot leak (T11). Unknown and
forbidden have the same answer (T52).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from app.core import json_strict, verdict
from app.core.access import ANYONE, Reader
from app.core.errors import NotFound, Rejected
from app.core.identifiers import BatteryKey, ModelKey, gtin
from app.core.report import Report
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS, SECTIONS, Section
from app.services import jose_form, log_proofs, throttling, verification
from app.services.context import Context
from app.services.verification import Kept
from app.store.unit_of_work import Store

UNKNOWN_LIMIT: Final = throttling.Limit("unknown-id", 30, throttling.MINUTE)
MAX_VERSION: Final = 2**31 - 1
"""More than a database's number can hold is asked for by nobody honest."""
NOTHING: Final = "There is nothing here, or nothing that you may read."


@dataclass(frozen=True, slots=True)
class Stored:
    """One signed document as it was stored, and its digest, which is its ETag."""

    body: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One section for a page: the signed document with our own report on it."""

    section: Section
    url: str
    digest: str
    version: int
    created_at: str
    document: Mapping[str, Any]
    """Empty when it could not be read, or its signature does not fit: then nothing of it may be shown."""
    report: Report


@dataclass(frozen=True, slots=True)
class PassportShown:
    """A passport as one reader may see it."""

    uuid: str
    key: BatteryKey
    state: str
    reason: str | None
    issued_at: str | None
    changed_at: str
    signer: str
    """The issuer's name from the trust list; empty when it is not on it (T3)."""
    sections: tuple[SectionShown, ...]


def passport_uuid(ctx: Context, key: BatteryKey) -> str:
    """Which passport a label stands for. The item is resolved, never only its model.

    Raises: NotFound, also while the passport is not issued.
    """
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
    if battery is None or battery.serial != key.serial or battery.state == "draft":
        raise NotFound("No passport is known here for this number.")
    return str(battery.passport_uuid)


def public_bytes(ctx: Context, uuid: str) -> Stored:
    """The newest public section. One select, nothing parsed. Raises: NotFound."""
    with ctx.read() as store:
        row = store.documents.newest_of_passport(uuid, "public")
    if row is None:
        raise NotFound(NOTHING)
    return Stored(bytes(row.body), row.digest)


@dataclass(frozen=True, slots=True)
class PublicMark:
    """Everything that a public page depends on: it changes when anything of it does."""

    uuid: str
    body_digest: bytes
    state: str
    marks: tuple[object, ...]
    """Of the trust and status lists."""


def public_mark(ctx: Context, uuid: str) -> PublicMark:
    """What the public page of a passport depends on, in one select. Raises: NotFound."""
    with ctx.read() as store:
        found = store.documents.public_page(uuid)
    if found is None:
        raise NotFound(NOTHING)
    body, state, marks = found
    return PublicMark(uuid, hashlib.sha256(body).digest(), state, marks)


def section_bytes(
    ctx: Context,
    uuid: str,
    section: str,
    reader: Reader,
    version: int | None = None,
    *,
    as_token: bool = False,
) -> Stored:
    """An item section, newest or of one version, `as_token` in its JOSE form. Raises: NotFound, also for what
    the reader may not see."""
    if section not in ITEM_SECTIONS or section not in reader.sections:
        raise NotFound(NOTHING)
    with ctx.read() as store:
        battery = store.batteries.by_uuid(uuid)
        if battery is None:
            raise NotFound(NOTHING)
        row = _version(store, battery.key, section, version)
    return form(ctx, row, as_token)


def model_section_bytes(
    ctx: Context,
    gtin_text: str,
    section: str,
    reader: Reader,
    version: int | None = None,
    *,
    as_token: bool = False,
) -> Stored:
    """A model section, newest or of one version, `as_token` in its JOSE form. Raises: NotFound, also for what
    the reader may not see."""
    if section not in MODEL_SECTIONS or section not in reader.sections:
        raise NotFound(NOTHING)
    with ctx.read() as store:
        row = _version(store, ModelKey(gtin(gtin_text)).digest(), section, version)
    return form(ctx, row, as_token)


def log_proof(
    ctx: Context, subject: str, section: str, reader: Reader, version: int, *, as_token: bool = False
) -> str:
    """The proof that one version of a section is entered in the public log; `subject` is the passport's UUID
    or, for a model section, its GTIN. Raises: NotFound, also for what the reader may not see."""
    if section not in reader.sections:
        raise NotFound(NOTHING)
    with ctx.read() as store:
        if section in MODEL_SECTIONS:
            key: bytes | None = ModelKey(gtin(subject)).digest()
        else:
            battery = store.batteries.by_uuid(subject)
            key = None if battery is None else battery.key
        row = _version(store, key, section, version) if key is not None else None
        if row is not None and as_token:
            row = store.jose_documents.of(row.subject_key, row.section, row.version)
    if row is None:
        raise NotFound(NOTHING)
    return log_proofs.proof(ctx, row.log_position, row.digest)


def show(ctx: Context, uuid: str, reader: Reader, marks: object = None) -> PassportShown:
    """Everything of a passport that `reader` may see, each section verified as any reader would.

    `marks` are those of a `PublicMark` that was just looked up. Raises: NotFound.
    """
    sections = [section for section in SECTIONS if section in reader.sections]
    with ctx.read() as store:
        battery = issued(store, uuid)
        rows = (
            store.documents.newest_of([battery.key, battery.model_key], sections)
            if len(sections) > 1
            else [row for section in sections if (row := store.documents.newest(battery.key, section))]
        )
    state = State(battery.state, battery.reason, battery.changed_at)
    return shown(ctx, battery, rows, state, verification.own(ctx, marks))


@dataclass(frozen=True, slots=True)
class State:
    """Of a passport as a whole: issued, suspended or revoked; why and since when."""

    name: str
    reason: str | None
    since: str


def shown(
    ctx: Context, battery: Any, rows: Iterable[Any], state: State, kept: Kept, *, pinned: bool = False
) -> PassportShown:
    """These stored versions, one a section, each verified. `pinned`: their addresses name the version."""
    uuid, key = str(battery.passport_uuid), BatteryKey(battery.gtin, battery.serial)
    by_section = {row.section: row for row in rows}
    bodies = {name: bytes(row.body) for name, row in by_section.items()}
    found = tuple(
        _section(ctx, uuid, key, by_section[section], bodies, kept, pinned=pinned)
        for section in SECTIONS
        if section in by_section
    )
    return PassportShown(
        uuid=uuid,
        key=key,
        state=state.name,
        reason=state.reason,
        issued_at=battery.issued_at,
        changed_at=state.since,
        signer=next((one.report.issuer_name for one in found if one.report.issuer_name), ""),
        sections=found,
    )


def issued(store: Store, uuid: str) -> Any:
    """The battery of a passport that is out. Raises: NotFound."""
    battery = store.batteries.by_uuid(uuid)
    if battery is None or battery.state == "draft":
        raise NotFound(NOTHING)
    return battery


def subjects(ctx: Context, battery: Any, sections: Iterable[Section]) -> dict[Section, Mapping[str, Any]]:
    """What the newest versions of `sections` say; of one that cannot be believed, nothing."""
    with ctx.read() as store:
        rows = store.documents.newest_of([battery.key, battery.model_key], sections)
    out = shown(ctx, battery, rows, State("issued", None, ""), verification.own(ctx))
    found = {one.section: believed(one.report) for one in out.sections}
    return {section: subject for section, subject in found.items() if subject is not None}


def believed(report: Report) -> Mapping[str, Any] | None:
    """The subject of a document of which something may be shown, else None (T1)."""
    if not verdict.of_report(report.as_dict()).shows_data or report.document is None:
        return None
    subject = report.document.get("credentialSubject")
    return subject if isinstance(subject, dict) else None


def list_passports(ctx: Context) -> list[dict[str, Any]]:
    """Every battery with its state and the addresses of its page and sections: for the operator."""
    origin = ctx.settings.origin
    with ctx.read() as store:
        batteries = store.batteries.all(limit=100_000)
        return [
            {
                "identifier": BatteryKey(row.gtin, row.serial).uri(origin),
                "gtin": row.gtin,
                "serial": row.serial,
                "state": row.state,
                "passport": f"urn:uuid:{row.passport_uuid}",
                "page": f"{origin}/passports/{row.passport_uuid}",
                "sections": {
                    found.section: section_url(origin, row.passport_uuid, row.gtin, found.section)
                    for found in store.documents.newest_of([row.key, row.model_key], SECTIONS)
                }
                if row.state != "draft"
                else {},
            }
            for row in batteries
        ]


def section_url(origin: str, uuid: str, gtin_text: str, section: str) -> str:
    """Where the newest version of a section is served."""
    if section in MODEL_SECTIONS:
        return f"{origin}/models/{gtin_text}/sections/{section}"
    return f"{origin}/passports/{uuid}/sections/{section}"


def cards(ctx: Context, limit: int = 60) -> list[dict[str, str]]:
    """The batteries of a demo's front page, each by its public facts; a record that fails its checks by its
    number alone."""
    with ctx.read() as store:
        rows = [row for row in store.batteries.all(limit=limit) if row.state != "draft"]
    return [_card(show(ctx, row.passport_uuid, ANYONE)) for row in rows]


def _card(shown: PassportShown) -> dict[str, str]:
    public = next((one for one in shown.sections if one.section == "public"), None)
    subject = public.document.get("credentialSubject", {}) if public else {}
    maker = subject.get("manufacturerInformation", {})
    return {
        "uuid": shown.uuid,
        "gtin": shown.key.gtin,
        "serial": shown.key.serial,
        "state": shown.state,
        "verdict": public.report.verdict if public else "unknown",
        "category": str(subject.get("batteryCategory", "")),
        "model": str(subject.get("batteryModelIdentifier", "")),
        "maker": str(maker.get("contactName", "")),
        "chemistry": str(subject.get("batteryChemistry", {}).get("shortName", "")),
    }


def count_unknown(ctx: Context, address: str) -> None:
    """Count one look-up of something that is not here. Raises: RateLimited (T13)."""
    throttling.count(ctx, UNKNOWN_LIMIT, address)


def _version(store: Any, subject_key: bytes, section: str, version: int | None) -> Any:
    if version is None:
        return store.documents.newest(subject_key, section)
    if not 1 <= version <= MAX_VERSION:
        return None
    return store.documents.version(subject_key, section, version)


def form(ctx: Context, row: Any, as_token: bool) -> Stored:
    """A stored version in the form asked for. Raises: NotFound where there is none."""
    if row is None:
        raise NotFound(NOTHING)
    return Stored(*jose_form.of(ctx, row)) if as_token else Stored(bytes(row.body), row.digest)


def _section(
    ctx: Context,
    uuid: str,
    key: BatteryKey,
    row: Any,
    bodies: Mapping[str, bytes],
    kept: Kept,
    *,
    pinned: bool,
) -> SectionShown:
    section = cast(Section, row.section)
    origin = ctx.settings.origin
    is_model = section in MODEL_SECTIONS
    expected = ModelKey(key.gtin).uri(origin) if is_model else key.uri(origin)
    body = bodies[section]
    report = verification.verify_own(
        ctx, body, kept, expected, _linked(section, bodies, origin, uuid),
        lambda: log_proofs.evidence(ctx, kept.policy, body, row.log_position, row.digest),
    )  # fmt: skip
    url = section_url(origin, uuid, key.gtin, section)
    return SectionShown(
        section=section,
        url=f"{url}/{row.version}" if pinned else url,
        digest=row.digest,
        version=row.version,
        created_at=row.created_at,
        document=report.document or {},
        report=report,
    )


def _linked(section: Section, bodies: Mapping[str, bytes], origin: str, uuid: str) -> dict[str, bytes]:
    """The documents that a section is compared with, by the address at which it knows them.

    The public section lists model sections by the address of one version, under which a later version may
    stand in for it; every other section is compared with the public one.
    """
    if "public" not in bodies:
        return {}
    if section != "public":
        return {f"{origin}/passports/{uuid}/sections/public": bodies["public"]}
    if not set(MODEL_SECTIONS) & bodies.keys():
        return {}
    try:
        related = json_strict.loads(bodies["public"]).get("relatedResource", [])
    except (AttributeError, Rejected):
        return {}
    return {
        entry["id"]: bodies[name]
        for entry in related
        for name in MODEL_SECTIONS
        if name in bodies and f"/sections/{name}/" in entry["id"]
    }
