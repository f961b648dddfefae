"""Whatever comes in at the API: one shape of refusal, never a 5xx, nothing stored by halves."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.services.context import Context
from tests.factories import GTIN, body, owed_values, pack_record
from tests.installation import START, TOKEN, rows
from tests.web.conftest import Client

GOOD = body(pack_record(START, "H1", values=owed_values("item")))
TABLES = ("intake_records", "batteries", "documents", "log_entries")


def with_member(text: str) -> bytes:
    """The good record with one more member, written as it is."""
    return GOOD[:-1] + b"," + text.encode() + b"}"


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n",
    "no JSON": b"<xml/>",
    "cut off": GOOD[:-5],
    "two documents": GOOD + GOOD,
    "text behind": GOOD + b"x",
    "a list that is not closed": b"[" + GOOD,
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "byte-order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "not UTF-8": GOOD.replace(b'"pack"', b'"\xff\xfe"'),
    "doubled member": with_member('"kind":"model"'),
    "doubled member, escaped": with_member('"\\u006bind":"model"'),
    "NaN": with_member('"x":NaN'),
    "Infinity": with_member('"x":-Infinity'),
    "huge integer": with_member('"x":' + "9" * 400),
    "integer beyond 2^53": with_member('"x":9007199254740993'),
    "huge exponent": with_member('"x":1e999999999'),
    "huge fraction": with_member('"x":0.' + "1" * 100_000),
    "lone surrogate": with_member('"x":"\\ud800"'),
    "zero character": with_member('"x":"\\u0000"'),
    "control character": with_member('"x":"\x01"'),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep and closed": b'{"values":' * 70 + b"1" + b"}" * 70,
    "many members": b"{" + b",".join(b'"m%d":1' % number for number in range(3000)) + b"}",
    "many items": b'{"values":[' + b"1," * 20_000 + b"1]}",
    "long text": with_member('"x":"' + "y" * 20_000 + '"'),
    "unknown member": with_member('"colour":"blue"'),
    "prototype member": with_member('"__proto__":{}'),
    "wrong kind": GOOD.replace(b'"pack"', b'"spaceship"'),
    "kind of another type": GOOD.replace(b'"pack"', b'["pack"]'),
    "kind that is an object": GOOD.replace(b'"pack"', b'{"a":1}'),
    "time without zone": GOOD.replace(b"12:00:00Z", b"12:00:00"),
    "impossible date": GOOD.replace(b"2026-11-24T", b"2026-02-30T"),
    "time as number": GOOD.replace(b'"2026-11-24T12:00:00Z"', b"1764000000"),
    "year 0": GOOD.replace(b'"2026-11-24T', b'"0000-11-24T'),
    "year 9999": GOOD.replace(b'"sentAt": "2026', b'"sentAt": "9999'),
    "offset beyond the calendar": GOOD.replace(b'"2026-11-24T12:00:00Z"', b'"0001-01-01T00:00:00+14:00"'),
    "wrong check digit": GOOD.replace(GTIN.encode(), b"09506000134353"),
    "digits of another script": GOOD.replace(GTIN.encode(), "٠٩٥٠٦٠٠٠١٣٤٣٥٢".encode()),
    "serial with a slash back": GOOD.replace(b'"H1"', b'"..\\\\x"'),
    "serial too long": GOOD.replace(b'"H1"', b'"' + b"H" * 21 + b'"'),
    "empty serial": GOOD.replace(b'"H1"', b'""'),
    "serial null": GOOD.replace(b'"H1"', b"null"),
    "serial as number": GOOD.replace(b'"H1"', b"1"),
    "empty values": b'{"values":{"":{"":1}}}',
    "values as list": with_member('"notApplicable":[1]'),
    "id with blanks": GOOD.replace(b'"recordId": "', b'"recordId": " '),
    "id as list": b'{"recordId":[]}',
    "markup in a name": with_member('"<script>":1'),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_gets_a_problem_with_a_reference_and_stores_nothing(
    ctx: Context, send: Callable[..., TestResponse], name: str
):
    before = {table: rows(ctx.engine, table) for table in TABLES}
    answer = send(BODIES[name])
    assert 400 <= answer.status_code < 500, answer.text
    problem = answer.get_json()
    assert problem["reference"]
    assert problem["quarantine"]
    assert len(answer.data) < 4000
    assert {table: rows(ctx.engine, table) for table in TABLES} == before
    (kept,) = rows(ctx.engine, "quarantine")
    assert bytes(kept["body"]) == BODIES[name]
    assert json.loads(kept["problem"])["code"] == problem["type"].rpartition("/")[2]


def test_the_good_body_is_good(send: Callable[..., TestResponse]):
    assert send(GOOD).status_code == 201
    assert send(GOOD).status_code == 200
    assert send(GOOD + b" ").status_code == 409


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "application/jsonp"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Encoding": "identity, gzip"}, 415),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer unknown-token-of-nobody"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer " + "x" * 5000}, 401),
        ({"Authorization": "Bearer é-token-with-accents"}, 401),
    ],
)
def test_a_request_of_the_wrong_form_is_refused(
    ctx: Context, client: Client, headers: dict[str, str], status: int
):
    good = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/api/v1/intake/records", data=GOOD, headers={**good, **headers})
    assert answer.status_code == status
    assert rows(ctx.engine, "quarantine") == []
    assert len(rows(ctx.engine, "intake_records")) == 4  # what the installation began with


def test_a_token_in_the_address_is_no_token(client: Client):
    answer = client.post(
        f"/api/v1/intake/records?access_token={TOKEN}",
        data=GOOD,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 401


def test_a_body_without_end_is_refused_and_not_kept(ctx: Context, send: Callable[..., TestResponse]):
    answer = send(b'{"x":"' + b"y" * 1_100_000 + b'"}')
    assert answer.status_code == 413
    assert rows(ctx.engine, "quarantine") == []


def test_a_packed_bomb_is_not_unpacked(send: Callable[..., TestResponse]):
    assert send(gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip").status_code == 415


# --- the verifier


@pytest.mark.parametrize("name", [name for name in BODIES if BODIES[name]])
def test_the_verifier_judges_anything_and_breaks_at_nothing(client: Client, name: str):
    answer = client.post("/api/v1/verify", data=BODIES[name], headers={"Content-Type": "application/vc"})
    assert answer.status_code == 200
    assert answer.get_json()["verdict"] == "invalid"
    page = client.post("/verify", data={"credential": BODIES[name].decode("latin-1")})
    assert page.status_code == 200
    assert '<script>"' not in page.text


@pytest.mark.parametrize("data", [b"", b"x" * 300_000, b"{}", b"null"])
def test_the_verifier_takes_odd_sizes(client: Client, data: bytes):
    answer = client.post("/api/v1/verify", data=data, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.get_json()["verdict"] == "invalid"


def test_the_verifier_can_be_asked_only_so_often(client: Client):
    codes = [
        client.post("/api/v1/verify", data=b"{}", headers={"Content-Type": "application/vc"}).status_code
        for _ in range(31)
    ]
    assert codes == [200] * 30 + [429]


def test_the_verifier_says_whether_a_credential_is_about_what_was_scanned(client: Client, uuid: str):
    data = client.get(f"/passports/{uuid}/sections/public").data
    subject = json.loads(data)["credentialSubject"]["id"]
    parts = subject.split("/")
    label = f"(01){parts[4]}(21){parts[6]}"
    verdicts: list[Any] = []
    for asked in (subject, label, subject.upper(), subject + "0", "x" * 1500, "\0"):
        answer = client.post(
            "/api/v1/verify",
            query_string={"subject": asked},
            data=data,
            headers={"Content-Type": "application/vc"},
        )
        verdicts.append(answer.get_json().get("verdict", answer.status_code))
    # What is no identifier is refused: to call the record invalid would blame the record.
    assert verdicts == ["valid", "valid", "valid", "invalid", 400, 400]


def test_a_credential_with_one_byte_changed_is_invalid(client: Client, uuid: str):
    data = client.get(f"/passports/{uuid}/sections/public").data
    changed = data.replace(b'"batteryMass":"7', b'"batteryMass":"8')
    assert changed != data
    answer = client.post("/api/v1/verify", data=changed, headers={"Content-Type": "application/vc"})
    assert answer.get_json()["verdict"] == "invalid"
