"""Files: what is taken, who reads it, and that a passport binds the bytes that it links to."""

import io
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from app.core.multibase import digest_multibase
from app.services.context import Context
from app.services.plants import Plant
from tests import factories
from tests.factories import body
from tests.installation import ORIGIN, START, TOKEN, Clock
from tests.line import Line
from tests.web import multipart
from tests.web.conftest import Client

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "green").save(made, kind)
    return made.getvalue()


def send(
    client: Client, data: bytes, media_type: str = "application/pdf", name: str = "a.pdf"
) -> TestResponse:
    return client.post(
        "/api/v1/files", query_string={"name": name}, data=data,
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": media_type},
    )  # fmt: skip


def linked(client: Client, data: bytes = PDF) -> dict[str, Any]:
    """A value that links to a file that was sent."""
    told = send(client, data).get_json()
    return {
        "documentTitle": "Of a test",
        **{name: told[name] for name in ("url", "digestMultibase", "mediaType")},
    }


def path_of(value: dict[str, Any]) -> str:
    return str(value["url"]).removeprefix(ORIGIN)


@pytest.fixture
def start() -> str:
    return "bare"


@pytest.fixture
def line(ctx: Context, plant: Plant) -> Line:
    return Line(ctx, plant)


def issue(line: Line, clock: Clock, **values: Any) -> None:
    """A battery whose model record has these values."""
    line.send(factories.model_record(clock.now, values=factories.values_for("model") | values))
    line.send_all(record for record in factories.a_whole_pack(clock.now) if record["kind"] != "model")
    assert line.state() == "issued"


@pytest.mark.parametrize(("data", "media_type"), [
    (PDF, "application/pdf"), (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg"),
    (b"cycle;capacity\n1;94.1\n", "text/csv"),
])  # fmt: skip
def test_a_file_is_kept_once_by_its_bytes(client: Client, data: bytes, media_type: str):
    answer = send(client, data, media_type)
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["digestMultibase"] == digest_multibase(data)
    assert told["url"] == answer.headers["Location"] == f"{ORIGIN}/files/{told['digestMultibase']}"
    again = send(client, data, media_type, "another name.pdf")
    assert (again.status_code, again.get_json()) == (200, told)


@pytest.mark.parametrize(("data", "media_type", "status"), [
    (b"", "application/pdf", 422),
    (b"MZ\x90\x00", "application/pdf", 422),
    (b"%PDF-1.7 cut off", "application/pdf", 422),
    (PDF, "image/png", 422),
    (picture()[:40], "image/png", 422),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "text/csv", 422),
    (b"<html><script>a,b</script>", "text/csv", 422),
    (b"a,b\n\x00", "text/csv", 422),
    (b"\xff\xfea,b", "text/csv", 422),
    (PDF, "text/html", 415),
    (b"x" * 26_214_401, "application/pdf", 413),
])  # fmt: skip
def test_what_is_no_whole_file_of_its_type_is_refused(
    client: Client, data: bytes, media_type: str, status: int
):
    assert send(client, data, media_type).status_code == status


def test_a_picture_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(client: Client):
    small = picture(size=(1, 1))
    # the header's width and height, with its checksum made anew
    header = small[12:16] + (60_000).to_bytes(4) * 2 + small[24:29]
    bomb = small[:12] + header + zlib.crc32(header).to_bytes(4) + small[33:]
    assert send(client, bomb, "image/png").status_code == 413


def test_a_name_is_shown_and_never_a_path(client_of: Callable[[str], Client], client: Client):
    told = send(client, PDF, name="../../etc/pass\nwd\x00<b>.pdf").get_json()
    assert told["name"] == "pass\ufffdwd\ufffd<b>.pdf"
    page = client_of("maker").get("/files")
    assert "<b>" not in page.text
    assert "&lt;b&gt;" in page.text


def test_a_file_of_the_public_section_is_everybodys(
    client: Client, line: Line, clock: Clock, client_of: Callable[[str], Client]
):
    value = linked(client)
    assert client.get(path_of(value)).status_code == 404  # no passport links to it yet
    issue(line, clock, declarationOfConformity=value)
    answer = client.get(path_of(value))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "sandbox" not in answer.headers["Content-Security-Policy"]
    etag = answer.headers["ETag"]
    assert client.get(path_of(value), headers={"If-None-Match": etag}).status_code == 304
    signed = line.history("public")[-1]["credentialSubject"]["declarationOfConformity"]
    assert signed["digestMultibase"] == digest_multibase(answer.data)


def test_a_file_of_a_restricted_section_is_for_its_readers(
    client: Client, line: Line, clock: Clock, client_of: Callable[[str], Client]
):
    value = linked(client)
    issue(line, clock, resultOfTestReport=value)
    found = {
        role: client_of(role).get(path_of(value))
        for role in ("public", "service", "recycler", "authority", "maker")
    }
    assert {role: answer.status_code for role, answer in found.items()} == {
        "public": 404, "service": 404, "recycler": 404, "authority": 200, "maker": 200,
    }  # fmt: skip
    assert found["authority"].headers["Cache-Control"] == "private, no-store"
    absent = client.get("/files/" + digest_multibase(b"not here"))
    assert found["public"].get_json().keys() == absent.get_json().keys()
    assert found["public"].get_json()["detail"] == absent.get_json()["detail"]


def test_a_file_that_no_passport_links_to_is_the_makers(client: Client, client_of: Callable[[str], Client]):
    path = path_of(linked(client))
    assert {role: client_of(role).get(path).status_code for role in ("public", "authority", "maker")} == {
        "public": 404, "authority": 404, "maker": 200,
    }  # fmt: skip


def test_a_record_waits_for_the_file_that_it_links_to(client: Client, line: Line):
    digest = digest_multibase(PDF)
    value = {"documentTitle": "T", "url": f"{ORIGIN}/files/{digest}", "digestMultibase": digest}
    record = factories.model_record(START, values={"declarationOfConformity": value})
    refused = line.refused(record)
    assert refused.members()["rule"] == "file-not-here"
    assert refused.members()["pointer"] == "/values/declarationOfConformity/url"
    many = client.post(
        "/api/v1/intake/records", data=body(record), headers={
            "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-ndjson",
        },
    )  # fmt: skip
    assert many.get_json()["refused"] == 1
    send(client, PDF)
    replayed = client.post(
        f"/api/v1/quarantine/{refused.quarantine_id}/replay", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert replayed.status_code == 201


@pytest.mark.parametrize("digest", [None, digest_multibase(b"another")])
def test_a_link_whose_digest_is_not_beside_it_is_refused(client: Client, line: Line, digest: str | None):
    value = linked(client)
    value = {name: one for name, one in value.items() if name != "digestMultibase"}
    if digest:
        value["digestMultibase"] = digest
    refused = line.refused(factories.model_record(START, values={"declarationOfConformity": value}))
    assert refused.members()["rule"] == "file-digest"


def test_the_makers_form_keeps_a_file_larger_than_other_bodies(client_of: Callable[[str], Client]):
    maker = client_of("maker")
    page = maker.get("/files").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    large = PDF + b"% " + b"x" * 2_000_000 + b"\n%%EOF\n"
    form = multipart.body([("csrf_token", token), ("plant", "hall-1")], "file", "large.pdf", large)
    answer = maker.post("/files", data=form, content_type=multipart.CONTENT_TYPE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/files#{digest_multibase(large)}")
    assert digest_multibase(large) in maker.get("/files").text
    nothing = maker.post(
        "/files", data={"csrf_token": token, "plant": "hall-1"}, content_type="multipart/form-data"
    )
    assert nothing.status_code == 422
