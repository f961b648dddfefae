"""Who reads what: each role exactly its own sections, and the rest as if it were not there."""

import pytest
from sqlalchemy import update

from app.core.access import ANYONE, Reader
from app.core.errors import NotFound
from app.core.identifiers import BatteryKey
from app.core.sections import ROLES
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS, SECTIONS
from app.services import labelling, reading, verification
from app.services.context import Context
from app.store.tables import documents
from tests.factories import GTIN, SERIAL, a_further_pack, owed_values, pack_record
from tests.installation import START, Clock
from tests.line import Line

UNKNOWN = "00000000-0000-4000-8000-000000000000"
LAW = {
    "public": {"public"},
    "service": {"public", "composition", "dismantling", "condition", "use", "warranty"},
    "recycler": {"public", "composition", "dismantling", "condition", "use"},
    "purchaser": {"public", "condition", "use"},
    "authority": {"public", "composition", "dismantling", "compliance"},
    "notified-body": {"public", "composition", "dismantling", "compliance"},
    "commission": {"public", "composition", "dismantling", "compliance"},
    "maker": set(SECTIONS),
    "admin": {"public"},
    "no-such-role": set(),
}


@pytest.fixture
def start() -> str:
    return "issued"


@pytest.fixture
def uuid(line: Line) -> str:
    return str(line.battery().passport_uuid)


def reader(ctx: Context, role: str) -> Reader:
    return ANYONE if role == "public" else Reader(role, "somebody", ctx.issuer.did)


def test_every_role_is_in_the_table():
    assert set(ROLES) | {"no-such-role"} == set(LAW)


@pytest.mark.parametrize("role", LAW)
def test_a_role_reads_exactly_its_sections_as_bytes_and_on_the_page(ctx: Context, uuid: str, role: str):
    who = reader(ctx, role)
    as_bytes = set()
    for section in SECTIONS:
        try:
            if section in ITEM_SECTIONS:
                reading.section_bytes(ctx, uuid, section, who)
                reading.section_bytes(ctx, uuid, section, who, 1)
            else:
                reading.model_section_bytes(ctx, GTIN, section, who)
                reading.model_section_bytes(ctx, GTIN, section, who, 1)
            as_bytes.add(section)
        except NotFound:
            continue
    shown = reading.show(ctx, uuid, who)
    assert as_bytes == {one.section for one in shown.sections} == LAW[role]
    assert {one.report.verdict for one in shown.sections} <= {"valid"}


def test_forbidden_and_unknown_have_one_answer(ctx: Context, uuid: str):
    words = set()
    for call in (
        lambda: reading.section_bytes(ctx, uuid, "condition", ANYONE),
        lambda: reading.section_bytes(ctx, UNKNOWN, "condition", ANYONE),
        lambda: reading.section_bytes(ctx, uuid, "no-such-section", ANYONE),
        lambda: reading.section_bytes(ctx, uuid, "composition", reader(ctx, "maker")),
        lambda: reading.section_bytes(ctx, uuid, "public", ANYONE, 2),
        lambda: reading.section_bytes(ctx, UNKNOWN, "public", ANYONE),
        lambda: reading.public_bytes(ctx, UNKNOWN),
        lambda: reading.model_section_bytes(ctx, GTIN, "composition", ANYONE),
        lambda: reading.model_section_bytes(ctx, "09506000134369", "composition", reader(ctx, "maker")),
        lambda: reading.model_section_bytes(ctx, "no gtin", "composition", ANYONE),
        lambda: reading.model_section_bytes(ctx, GTIN, "public", reader(ctx, "maker")),
        lambda: reading.show(ctx, UNKNOWN, ANYONE),
    ):
        with pytest.raises(NotFound) as caught:
            call()
        words.add(str(caught.value))
    assert len(words) == 1


def test_what_is_read_is_what_was_stored(ctx: Context, line: Line, uuid: str):
    stored = {row["section"]: row for row in line.stored()}
    maker = reader(ctx, "maker")
    for section in SECTIONS:
        read = (
            reading.section_bytes(ctx, uuid, section, maker)
            if section in ITEM_SECTIONS
            else reading.model_section_bytes(ctx, GTIN, section, maker)
        )
        assert (read.body, read.digest) == (bytes(stored[section]["body"]), stored[section]["digest"])


def test_a_label_resolves_to_the_item_exactly_as_it_is_written(ctx: Context, uuid: str):
    assert reading.passport_uuid(ctx, BatteryKey(GTIN, SERIAL)) == uuid
    for serial in (SERIAL.lower(), SERIAL + "0", "NOPE"):
        with pytest.raises(NotFound):
            reading.passport_uuid(ctx, BatteryKey(GTIN, serial))


def test_a_draft_is_not_there_for_anybody(ctx: Context, line: Line):
    line.send(pack_record(START, "D1", values=owed_values("item")))
    draft = str(line.battery("D1").passport_uuid)
    maker = reader(ctx, "maker")
    for call in (
        lambda: reading.show(ctx, draft, maker),
        lambda: reading.public_bytes(ctx, draft),
        lambda: reading.section_bytes(ctx, draft, "public", maker),
        lambda: reading.passport_uuid(ctx, BatteryKey(GTIN, "D1")),
        lambda: labelling.label(ctx, draft),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_signer_on_a_page_is_named_by_the_trust_list(ctx: Context, uuid: str):
    assert reading.show(ctx, uuid, ANYONE).signer == ctx.issuer.name


def test_an_altered_document_gives_none_of_its_values(ctx: Context, line: Line, uuid: str):
    _overwrite(line, "public", b'"ratedCapacity":"', b'"ratedCapacity":"9')
    (public,) = reading.show(ctx, uuid, ANYONE).sections
    assert (public.report.verdict, public.document) == ("invalid", {})


def test_a_document_that_is_no_json_gives_a_page_without_it(ctx: Context, line: Line, uuid: str):
    _overwrite(line, "public", b"{", b"{{")
    shown = reading.show(ctx, uuid, reader(ctx, "maker"))
    verdicts = {one.section: one.report.verdict for one in shown.sections}
    assert verdicts["public"] == "invalid"
    assert set(verdicts) == set(SECTIONS)


def test_a_document_of_another_battery_is_found_out(ctx: Context, line: Line, clock: Clock):
    line.send_all(a_further_pack(clock.now, "P0002"))
    other = next(
        row for row in line.stored() if b"P0002" in bytes(row["body"]) and row["section"] == "public"
    )
    _overwrite(line, "public", None, bytes(other["body"]))
    (public,) = reading.show(ctx, str(line.battery().passport_uuid), ANYONE).sections
    assert (public.report.verdict, public.report.error) == ("invalid", "LOG_PROOF_INVALID")
    label = BatteryKey(GTIN, SERIAL).uri(ctx.settings.origin)
    elsewhere = verification.verify_bytes(ctx, bytes(other["body"]), expected_subject=label)
    assert elsewhere.error == "SUBJECT_MISMATCH"


def test_the_list_of_passports_names_every_section_with_its_address(ctx: Context, line: Line, uuid: str):
    (one,) = reading.list_passports(ctx)
    assert set(one["sections"]) == set(SECTIONS)
    assert one["passport"] == f"urn:uuid:{uuid}"
    assert all(GTIN in one["sections"][section] for section in MODEL_SECTIONS)


def _overwrite(line: Line, section: str, find: bytes | None, put: bytes) -> None:
    """Somebody with the database in hand."""
    key = line.battery().key
    row = next(
        row for row in line.stored() if (row["section"], bytes(row["subject_key"])) == (section, bytes(key))
    )
    with line.ctx.engine.begin() as connection:
        body = put if find is None else bytes(row["body"]).replace(find, put, 1)
        connection.execute(
            update(documents).where(documents.c.credential_id == row["credential_id"]).values(body=body)
        )
