"""Labels, signed documents, what an Accept header gets, and what may be cached for how long."""

import base64
import gzip
import hashlib
import io
from collections.abc import Callable
from urllib.parse import quote

import ndef
import orjson
import pytest
import zxingcpp
from PIL import Image

from app.core.access import Reader
from app.core.identifiers import check_digit
from app.core.multibase import digest_multibase
from app.services import revocation
from app.services.context import Context
from tests.factories import GTIN, SERIAL, a_further_pack, pack_record
from tests.installation import ORIGIN, START, Clock
from tests.line import Line
from tests.web.conftest import Client

LABEL = f"/01/{GTIN}/21/{SERIAL}"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PAGE, CREDENTIAL = "page", "credential"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (BROWSER, PAGE),
        ("*/*", PAGE),
        ("", PAGE),
        ("text/html", PAGE),
        ("application/vc", CREDENTIAL),
        ("application/ld+json", CREDENTIAL),
        ("application/json", CREDENTIAL),
        ("application/vc, text/html;q=0.9", CREDENTIAL),
        ("text/html;q=0.1, application/vc;q=0.2", CREDENTIAL),
        ("text/html, application/vc;q=0.2", PAGE),
        ("application/vc;q=0, */*", PAGE),
        ("application/vc;q=0, text/html;q=0.1", PAGE),
        ("image/png", PAGE),
        ("application/*", CREDENTIAL),
        ("not a media type at all", PAGE),
        ("application/vc;q=banana", PAGE),
        ("," * 500, PAGE),
    ],
)
def test_a_label_leads_to_the_form_that_is_preferred(client: Client, uuid: str, accept: str, form: str):
    response = client.get(LABEL, headers={"Accept": accept})
    page = f"{ORIGIN}/passports/{uuid}"
    assert response.status_code == 307
    assert response.headers["Location"] == (page if form == PAGE else f"{page}/sections/public")
    assert response.headers["Vary"] == "Accept"


def test_a_label_without_any_accept_leads_to_the_page(client: Client, uuid: str):
    assert client.get(LABEL).headers["Location"] == f"{ORIGIN}/passports/{uuid}"


@pytest.mark.parametrize("path", [LABEL, f"{LABEL}/", f"{LABEL}?linkType=all", f"{LABEL}?17=271231"])
def test_what_stands_behind_the_serial_is_left_aside(client: Client, uuid: str, path: str):
    assert client.get(path).headers["Location"] == f"{ORIGIN}/passports/{uuid}"


@pytest.mark.parametrize(
    "serial", ["A/B", "/A", "A//B", "A/", "A%B", "A?B", "A+B", "a&b=c", '"<>!', "%2F", "A:B;C", "()", "A.."]
)
def test_any_serial_that_gs1_allows_is_found_and_only_that_one(client: Client, line: Line, serial: str):
    line.send_all(a_further_pack(START, serial))
    uuid = line.battery(serial).passport_uuid
    found = client.get(f"/01/{GTIN}/21/{quote(serial, safe='')}")
    assert (found.status_code, found.headers.get("Location")) == (307, f"{ORIGIN}/passports/{uuid}")
    typed = client.get("/find", query_string={"code": f"(01){GTIN}(21){serial}"})
    assert typed.status_code == 303
    followed = client.get(typed.headers["Location"].removeprefix(ORIGIN))
    assert followed.headers.get("Location") == f"{ORIGIN}/passports/{uuid}"
    assert client.get(f"/passports/{uuid}").status_code == 200
    assert client.get(f"/passports/{uuid}/label").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/01/{GTIN[:-1]}3/21/{SERIAL}",
        f"/01/{GTIN[1:]}/21/{SERIAL}",
        f"/01/{GTIN}",
        f"/01/{GTIN}/21/",
        f"/01/{GTIN}/10/L1",
        f"/01/{GTIN}/21/{SERIAL}/10/L1",
        f"/01/{GTIN}/21/{'x' * 21}",
        f"/01/{GTIN}/21/%00",
        f"/01/{GTIN}/21/A%",
        f"/01/{GTIN}/21/A%zz",
        f"/01/{GTIN}/21/%FF",
        f"/01/{GTIN}/21/A%20B",
        f"/01/{GTIN}/21/{quote('Ä')}",
        f"/01/{GTIN}/21/{quote('A/../B')}/x",
        f"/01/{quote('٠' * 14)}/21/A",
        "/01/../etc/passwd",
    ],
)
def test_a_malformed_label_is_refused_before_any_look_up(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
):
    def looked_up(*_: object) -> None:
        raise AssertionError("a look-up of something malformed")

    monkeypatch.setattr("app.services.reading.passport_uuid", looked_up)
    response = client.get(path)
    assert response.status_code == 400
    assert response.get_json()["type"].rpartition("/")[2] in ("malformed-identifier", "bad-request")
    assert client.get("/find", query_string={"code": ORIGIN + path}).status_code == 400


def test_an_unknown_label_is_not_found_and_cannot_be_guessed_at_for_long(client: Client):
    for number in range(30):
        assert client.get(f"/01/{GTIN}/21/NOPE{number}").status_code == 404
    limited = client.get(f"/01/{GTIN}/21/NOPE")
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert client.get(LABEL).status_code == 307  # what exists is still found


def test_another_models_number_leads_nowhere(client: Client):
    other = "0950600013437"
    assert client.get(f"/01/{other}{check_digit(other)}/21/{SERIAL}").status_code == 404


# --- stored bytes


def test_a_section_is_the_stored_bytes_with_their_digest_as_etag(client: Client, line: Line, uuid: str):
    stored = next(row for row in line.stored() if row["section"] == "public")
    response = client.get(f"/passports/{uuid}/sections/public")
    assert response.data == bytes(stored["body"])
    assert response.headers["ETag"] == f'"{digest_multibase(response.data)}"'
    assert response.mimetype == "application/vc"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "immutable" not in response.headers["Cache-Control"]


def test_whoever_has_the_bytes_already_gets_none(client: Client, uuid: str):
    path = f"/passports/{uuid}/sections/public"
    etag = client.get(path).headers["ETag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(path, headers={"If-None-Match": sent})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_one_version_stays_for_ever_and_the_newest_is_looked_for_again(
    client_of: Callable[[str], Client], line: Line, clock: Clock, uuid: str
):
    client, maker = client_of("public"), client_of("maker")
    version = client.get(f"/passports/{uuid}/sections/public/1")
    assert version.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    first = maker.get(f"/passports/{uuid}/sections/condition").data
    clock.forward(hours=3)
    line.send(pack_record(clock.now, values={"batteryStatus": "repurposed"}))
    newest = maker.get(f"/passports/{uuid}/sections/condition")
    assert newest.data != first
    assert orjson.loads(newest.data)["sequence"] == 2
    assert maker.get(f"/passports/{uuid}/sections/condition/1").data == first
    assert maker.get(f"/passports/{uuid}/sections/condition/2").data == newest.data
    assert maker.get(f"/passports/{uuid}/sections/condition/3").status_code == 404


@pytest.mark.parametrize("version", ["0", "2", "99999999999999999999", "-1", "1.0", "x", "01", "٣"])
def test_a_version_that_is_not_there_is_not_found(client: Client, uuid: str, version: str):
    response = client.get(f"/passports/{uuid}/sections/public/{quote(version)}")
    assert response.status_code in ((200, 404) if version == "01" else (404,))


@pytest.mark.parametrize(
    "uuid",
    [
        "00000000-0000-4000-8000-000000000000",
        "x",
        "00000000-0000-1000-8000-000000000000",
        "' OR 1=1 --",
        "00000000000040008000000000000000",
        "A" * 300,
        "%00",
        "../../etc/passwd",
    ],
)
def test_an_unknown_passport_is_not_found_in_any_form(client: Client, uuid: str):
    name = quote(uuid, safe="")
    sections = ("/sections/public", "/sections/public/1", "/sections/use")
    for rest in ("", *sections, "/label", "/label.svg", "/label.png", "/label.ndef"):
        assert client.get(f"/passports/{name}{rest}").status_code in (404, 400), rest


def test_a_sections_links_lead_to_the_linked_bytes(client_of: Callable[[str], Client], uuid: str):
    maker = client_of("maker")
    public = orjson.loads(maker.get(f"/passports/{uuid}/sections/public").data)
    assert len(public["relatedResource"]) == 3
    for link in public["relatedResource"]:
        body = maker.get(link["id"].removeprefix(ORIGIN)).data
        assert digest_multibase(body) == link["digestMultibase"]


def test_a_revoked_passport_still_resolves_with_its_bytes_and_a_banner(
    client: Client, ctx: Context, line: Line, uuid: str
):
    before = client.get(f"/passports/{uuid}/sections/public").data
    reason = "Cells of this pack were recalled"
    revocation.revoke(ctx, uuid, reason, Reader("maker", "m", ctx.issuer.did))
    assert client.get(LABEL).status_code == 307
    assert client.get(f"/passports/{uuid}/sections/public").data == before
    page = client.get(f"/passports/{uuid}")
    assert page.status_code == 200
    assert reason in page.text
    assert "revoked" in page.text.lower() or "withdrawn" in page.text.lower()


# --- fixed addresses


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/healthz", "application/json"),
        ("/.well-known/did.json", "application/did+json"),
        ("/trust/root.json", "application/json"),
        ("/trust/roots/1.json", "application/json"),
        ("/trust/list.json", "application/json"),
        ("/status/revocation-1", "application/vc"),
        ("/status/suspension-1", "application/vc"),
        ("/context/v1", "application/ld+json"),
        ("/context/credentials-v2", "application/ld+json"),
        ("/schema/v1/public-ev.json", "application/schema+json"),
        ("/precache.json", "application/json"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/sw.js", "text/javascript"),
        ("/api/v1/openapi.json", "application/json"),
    ],
)
def test_a_fixed_address_answers(client: Client, path: str, media_type: str):
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, media_type)


@pytest.mark.parametrize(
    "path",
    [
        "/status/nope",
        "/status/..%2f..%2fetc",
        "/context/v2",
        "/schema/v1/public-toy.json",
        "/schema/v1/secret-ev.json",
        "/static/nope.js",
        "/static/../app/config.py",
        "/static/%2e%2e/app/config.py",
        "/static/vendor/vendor.py",
        "/static/",
        "/.git/config",
        "/trust/root.pem",
        "/trust/roots/2.json",
        "/trust/roots/0.json",
    ],
)
def test_what_is_not_published_is_not_there(client: Client, path: str):
    assert client.get(path).status_code == 404


def test_everything_the_worker_keeps_is_there_with_the_digest_it_names(client: Client):
    listed = client.get("/precache.json").get_json()
    for entry in listed["urls"]:
        response = client.get(entry["url"], headers={"Accept": "text/html"})
        assert response.status_code == 200, entry["url"]
        if "sha256" in entry:
            digest = base64.urlsafe_b64encode(hashlib.sha256(response.data).digest()).decode().rstrip("=")
            assert digest == entry["sha256"], entry["url"]
    assert client.get("/precache.json").get_json() == listed


def test_a_static_file_is_sent_packed_or_not_and_not_again(client: Client):
    plain = client.get("/static/css/app.css")
    packed = client.get("/static/css/app.css", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    again = client.get("/static/css/app.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    refused = client.get("/static/css/app.css", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_the_label_says_in_every_form_what_was_issued(client: Client, uuid: str):
    link = f"{ORIGIN}{LABEL}"
    (record,) = ndef.message_decoder(client.get(f"/passports/{uuid}/label.ndef").data)
    assert record.uri == link
    picture = Image.open(io.BytesIO(client.get(f"/passports/{uuid}/label.png").data)).convert("L")
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text.lower() == link.lower()  # scheme and host in capitals make the code smaller
    assert code.text.endswith(LABEL)
    assert client.get(f"/passports/{uuid}/label.svg").text.startswith("<")


TOKEN = {"Accept": "application/vc+jwt"}


def test_a_section_has_a_jose_form_made_once_with_an_etag_of_its_own(client: Client, ctx: Context, uuid: str):
    path = f"/passports/{uuid}/sections/public"
    first, embedded = client.get(path, headers=TOKEN), client.get(path)
    assert first.mimetype == "application/vc+jwt"
    assert embedded.mimetype == "application/vc"
    assert first.headers["Vary"] == embedded.headers["Vary"] == "Accept"
    assert first.headers["ETag"] == f'"{digest_multibase(first.data)}"' != embedded.headers["ETag"]
    again = client.get(f"{path}/1?form=jwt")
    assert again.data == first.data
    header = orjson.loads(base64.urlsafe_b64decode(first.data.split(b".")[0] + b"=="))
    assert (header["alg"], header["typ"], header["cty"]) == ("ES256", "vc+jwt", "vc")
    methods = client.get("/.well-known/did.json").get_json(force=True)["verificationMethod"]
    assert [one["type"] for one in methods if one["id"] == header["kid"]] == ["JsonWebKey"]
    payload = orjson.loads(base64.urlsafe_b64decode(first.data.split(b".")[1] + b"=="))
    assert payload | {"proof": embedded.get_json(force=True)["proof"]} == embedded.get_json(force=True)
    unchanged = client.get(path, headers=TOKEN | {"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    with ctx.engine.connect() as connection:
        leaves = [bytes(leaf) for (leaf,) in connection.exec_driver_sql("SELECT leaf FROM log_entries")]
    assert sum(digest_multibase(first.data).encode() in leaf for leaf in leaves) == 1


def test_no_cache_keeps_a_jose_form_for_ever_as_a_stolen_key_has_it_made_anew(client: Client, uuid: str):
    path = f"/passports/{uuid}/sections/public"
    assert "immutable" in client.get(f"{path}/1").headers["Cache-Control"]
    cache = client.get(path, headers=TOKEN).headers["Cache-Control"]
    assert "max-age=60" in cache
    for asked in (client.get(f"{path}/1", headers=TOKEN), client.get(f"{path}/1?form=jwt")):
        assert asked.headers["Cache-Control"] == cache


def test_a_jose_form_is_valid_by_the_api_until_the_passport_is_revoked(
    client: Client, ctx: Context, uuid: str
):
    token = client.get(f"/passports/{uuid}/sections/public", headers=TOKEN).data
    sent = {"data": token, "content_type": "application/vc+jwt"}
    report = client.post(f"/api/v1/verify?subject=(01){GTIN}(21){SERIAL}", **sent).get_json()
    assert report["verdict"] == "valid"
    assert report["digestMultibase"] == digest_multibase(token)
    revocation.revoke(ctx, uuid, "recalled", Reader("maker", "m", ctx.issuer.did))
    report = client.post("/api/v1/verify", **sent).get_json()
    assert [one["error"] for one in report["checks"] if one["outcome"] == "failed"] == ["REVOKED"]
    assert client.get(f"/passports/{uuid}/sections/public", headers=TOKEN).data == token


def test_a_restricted_jose_form_has_the_rights_of_its_section(
    client: Client, client_of: Callable[[str], Client], uuid: str
):
    for path in (f"/passports/{uuid}/sections/use", f"/models/{GTIN}/sections/composition"):
        assert client.get(path, headers=TOKEN).status_code == 404
    found = client_of("recycler").get(f"/models/{GTIN}/sections/composition", headers=TOKEN)
    assert found.mimetype == "application/vc+jwt"
    assert found.headers["Cache-Control"] == "private, no-store"
    assert found.headers["Vary"] == "Accept, Cookie"


def test_no_jose_form_is_signed_of_a_stored_document_that_was_altered(
    client: Client, ctx: Context, uuid: str
):
    with ctx.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE documents SET body = CAST(REPLACE(CAST(body AS TEXT), '\"item\"', '\"iten\"') AS BLOB)"
            " WHERE section = 'public'"
        )
    path = f"/passports/{uuid}/sections/public"
    assert b"iten" in client.get(path).data
    assert client.get(path, headers=TOKEN).status_code == 404
