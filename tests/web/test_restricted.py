"""What a role may not read stands in none of its answers: not in a page, a header, a list or an error."""

from collections.abc import Callable, Iterator

import orjson
import pytest
from sqlalchemy import update

from app.core import proof
from app.core.access import Reader
from app.core.multibase import digest_multibase
from app.core.sections import ROLES
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS, SECTIONS
from app.services import reading
from app.services.context import Context
from app.store.tables import documents
from tests.factories import (
    GTIN,
    batch_record,
    model_record,
    pack_record,
    release_record,
    values_for,
)
from tests.installation import ORIGIN, START
from tests.line import Line
from tests.vectors.kit import Key
from tests.web.conftest import Client

WORDS = {
    "composition": "Unobtainium-9317",
    "dismantling": "Lift-the-purple-lever-5521",
    "compliance": "Report-KX-77123",
    "condition": "83.917",
    "use": "481516",
    "warranty": "Hotline-of-the-maker-6620",
}
"""A word of each restricted section that stands nowhere else."""
SERIAL = "SECRET-1"


@pytest.fixture
def start() -> str:
    return "bare"


@pytest.fixture
def uuid(line: Line) -> str:
    """A passport whose restricted sections hold the words."""
    model = values_for("model")
    model["batteryMaterials"] = _marked(model["batteryMaterials"], WORDS["composition"])
    model["safetyMeasures.ventLocation"] = WORDS["dismantling"]
    model["resultOfTestReport"] = {"text": WORDS["compliance"]}
    model["warranty.serviceContact"] = WORDS["warranty"]
    item = values_for("item")
    item["stateOfCertifiedEnergy"] = {"value": WORDS["condition"], "unit": "%"}
    item["numberOfFullCycles"] = int(WORDS["use"])
    line.send_all(
        [
            model_record(START, values=model),
            batch_record(START),
            pack_record(START, SERIAL, values=item),
        ]
    )
    answer = line.send(release_record(START, SERIAL))
    assert answer["battery"]["state"] == "issued", answer
    return str(line.battery(SERIAL).passport_uuid)


def _marked(value: object, word: str) -> object:
    """The list with `word` as the name of its first entry."""
    assert isinstance(value, list)
    first = {name: (word if "ame" in name else member) for name, member in value[0].items()}
    assert word in first.values()
    return [first, *value[1:]]


def addresses(uuid: str) -> Iterator[str]:
    """Everything that has to do with one battery, and what anybody may fetch."""
    page = f"/passports/{uuid}"
    yield from (page, f"{page}/label", f"{page}/label.svg", f"{page}/label.png", f"{page}/label.ndef")
    for section in (*SECTIONS, "nope"):
        for version in ("", "/1", "/2"):
            yield f"{page}/sections/{section}{version}"
            yield f"/models/{GTIN}/sections/{section}{version}"
    yield from (
        f"/01/{GTIN}/21/{SERIAL}", f"/find?code=(01){GTIN}(21){SERIAL}", "/", "/scan", "/verify", "/about",
        "/terms",
        "/offline", "/precache.json", "/trust/list.json", "/status/revocation-1", "/status/suspension-1",
        "/.well-known/did.json", "/healthz", "/api/v1/openapi.json", f"/api/v1/drafts/{GTIN}/{SERIAL}",
        f"/drafts/{GTIN}/{SERIAL}", "/drafts", "/quarantine", "/quarantine/x", "/account",
        "/manifest.webmanifest", "/sw.js",
        "/problems/not-found", "/no-such-page",
    )  # fmt: skip


def test_the_words_are_really_in_their_sections(ctx: Context, uuid: str):
    maker = Reader("maker", "m", ctx.issuer.did)
    for section, word in WORDS.items():
        read = (
            reading.section_bytes(ctx, uuid, section, maker)
            if section in ITEM_SECTIONS
            else reading.model_section_bytes(ctx, GTIN, section, maker)
        )
        assert word in read.body.decode(), section


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_to_a_role_holds_a_word_of_a_section_that_is_not_its_own(
    client_of: Callable[[str], Client], ctx: Context, line: Line, uuid: str, role: str
):
    client = client_of(role)
    closed = {word for section, word in WORDS.items() if section not in ROLES[role].sections}
    hidden = set(ITEM_SECTIONS) - ROLES[role].sections
    digests = {row["digest"] for row in line.stored() if row["section"] in hidden}
    seen = ""
    for path in addresses(uuid):
        for accept in ("text/html", "application/json"):
            answer = client.get(path, headers={"Accept": accept})
            text = answer.data.decode("latin-1") + str(answer.headers)
            assert [word for word in closed if word in text] == [], (path, accept)
            assert [digest for digest in digests if digest in text] == [], (path, accept)
            seen += text
    for section in ROLES[role].sections - {"public"}:
        assert WORDS[section] in seen, section  # the check above could see it


@pytest.mark.parametrize("role", ROLES)
def test_restricted_answers_are_kept_by_nobody(client_of: Callable[[str], Client], uuid: str, role: str):
    client = client_of(role)
    for section in SECTIONS:
        path = (
            f"/models/{GTIN}/sections/{section}"
            if section in MODEL_SECTIONS
            else f"/passports/{uuid}/sections/{section}"
        )
        for version in ("", "/1"):
            answer = client.get(path + version)
            assert answer.status_code == (200 if section in ROLES[role].sections else 404)
            if section != "public":
                assert "no-store" in answer.headers["Cache-Control"]
                assert "Access-Control-Allow-Origin" not in answer.headers


def test_forbidden_and_unknown_cannot_be_told_apart(client_of: Callable[[str], Client], uuid: str):
    unknown = "00000000-0000-4000-8000-000000000000"
    for role in ("public", "authority"):
        client = client_of(role)
        shapes = set()
        for path in (
            f"/passports/{uuid}/sections/use",
            f"/passports/{uuid}/sections/use/1",
            f"/passports/{uuid}/sections/nope",
            f"/passports/{unknown}/sections/use",
            f"/passports/{unknown}/sections/public",
            "/models/09506000134369/sections/composition",
        ):
            answer = client.get(path)
            problem = answer.get_json() | {"instance": "", "reference": ""}
            headers = {name: value for name, value in answer.headers if name != "Content-Length"}
            shapes.add((answer.status_code, str(problem), str(sorted(headers.items()))))
        assert len(shapes) == 1


def test_an_etag_of_a_restricted_section_gets_no_304(
    client_of: Callable[[str], Client], line: Line, uuid: str
):
    for row in line.stored():
        if row["section"] in ("use", "condition", "warranty"):
            path = f"/passports/{uuid}/sections/{row['section']}"
            for sent in (f'"{row["digest"]}"', "*"):
                answer = client_of("public").get(path, headers={"If-None-Match": sent})
                assert answer.status_code == 404
                assert "ETag" not in answer.headers


def test_suppliers_lots_and_test_benches_are_in_no_signed_document(line: Line, uuid: str):
    assert uuid
    for row in line.stored():
        text = bytes(row["body"]).decode()
        for secret in ("end-of-line station", "EOL-1", "96s2p", "Hall 2"):
            assert secret not in text


def test_the_record_of_who_may_read_what_is_made_of_sets(ctx: Context, uuid: str):
    shown = {
        role: {one.section for one in reading.show(ctx, uuid, Reader(role, "x", ctx.issuer.did)).sections}
        for role in ROLES
    }
    assert shown == {role: set(info.sections) for role, info in ROLES.items()}
    assert not shown["recycler"] >= shown["authority"]
    assert not shown["authority"] >= shown["recycler"]


def test_the_log_and_the_lists_name_no_restricted_document(client: Client, line: Line, uuid: str):
    public = orjson.loads(client.get(f"/passports/{uuid}/sections/public").data)
    listed = {link["digestMultibase"] for link in public["relatedResource"]}
    digests = {row["section"]: row["digest"] for row in line.stored()}
    assert listed == {digests[section] for section in MODEL_SECTIONS}
    text = str(line.leaves())
    assert all(digest not in text for section, digest in digests.items() if section != "public")
    assert ORIGIN in public["relatedResource"][0]["id"]


# --- altered and foreign documents


@pytest.fixture
def overwrite(line: Line) -> Callable[[str, bytes], None]:
    """Somebody with the database in hand puts other bytes in a section's place."""

    def put(section: str, body: bytes) -> None:
        with line.ctx.engine.begin() as connection:
            connection.execute(
                update(documents)
                .where(documents.c.section == section)
                .values(body=body, digest=digest_multibase(body))
            )

    return put


def test_an_altered_passport_shows_none_of_its_values(
    client_of: Callable[[str], Client], line: Line, uuid: str, overwrite: Callable[[str, bytes], None]
):
    before = client_of("public").get(f"/passports/{uuid}").text
    (row,) = [row for row in line.stored() if row["section"] == "public"]
    body = bytes(row["body"]).replace(b"Some text", b"FORGED-VALUE-1", 1)
    assert body != bytes(row["body"])
    overwrite("public", body)
    for role in ("public", "maker", "recycler"):
        page = client_of(role).get(f"/passports/{uuid}").text
        assert "FORGED-VALUE-1" not in page
        assert "contact@maker.example" in before
        assert "contact@maker.example" not in page
    assert SERIAL in client_of("public").get(f"/passports/{uuid}/label").text


def test_a_passport_signed_by_a_stranger_is_shown_as_a_claim(
    client: Client, line: Line, uuid: str, overwrite: Callable[[str, bytes], None]
):
    (row,) = [row for row in line.stored() if row["section"] == "public"]
    stranger = Key.did_key("a stranger")
    document = orjson.loads(bytes(row["body"]))
    for name in ("proof", "credentialStatus", "relatedResource"):
        del document[name]
    document["issuer"] = {"id": stranger.did, "name": "The Real Maker GmbH"}
    signed = proof.add_proofs(document, stranger, START)
    overwrite("public", proof.serialize(signed))
    page = client.get(f"/passports/{uuid}")
    assert page.status_code == 200
    assert 'data-verdict="valid"' not in page.text
    assert "The Real Maker GmbH" not in page.text  # a name that a stranger gives itself (T3)
