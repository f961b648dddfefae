"""Many records in one request: an answer for each, nobody keeps a neighbour out, nothing is unpacked."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import record_stream
from app.core.intake import KINDS
from app.services import intake_batch
from app.services.context import Context
from app.web import many
from tests.factories import a_record, body
from tests.installation import START, TOKEN, rows

DETAILS = {
    "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
    "quantity": 1200, "materialLots": ["M1", "M2"],
}  # fmt: skip
LINES = "application/x-ndjson"


def lots(count: int) -> list[dict[str, Any]]:
    return [a_record("cell-lot", {"lot": f"C{number}"}, START, details=DETAILS) for number in range(count)]


def post(client: FlaskClient, data: Any, kind: str = "application/json", **headers: str) -> TestResponse:
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, **headers}
    return client.post("/api/v1/intake/records", data=data, headers=given)


def as_array(*records: bytes) -> bytes:
    return b"[" + b",\n ".join(records) + b"]"


@pytest.mark.parametrize("kind", ["application/json", LINES])
def test_each_of_many_records_has_its_answer_in_order(client: FlaskClient, ctx: Context, kind: str):
    one, two = (body(lot) for lot in lots(2))
    sent = [one, b'{"recordId": "x"}', two, one]
    answer = post(client, as_array(*sent) if kind != LINES else b"\n".join(sent), kind)
    assert answer.status_code == 207
    told = answer.get_json()
    assert [entry["code"] for entry in told["records"]] == [201, 422, 201, 200]
    assert [entry["record"] for entry in told["records"]] == [1, 2, 3, 4]
    assert (told["accepted"], told["repeated"], told["refused"]) == (2, 1, 1)
    problem = told["records"][1]["problem"]
    assert problem["pointer"]
    assert problem["quarantine"]
    stored = {bytes(row["body"]): row for row in rows(ctx.engine, "intake_records")}
    assert stored[one]["origin"] == f"request {told['request']}:1"
    (kept,) = rows(ctx.engine, "quarantine")
    assert kept["origin"] == f"request {told['request']}:2"


def test_a_request_that_is_repeated_changes_nothing(client: FlaskClient, ctx: Context):
    sent = as_array(*(body(lot) for lot in lots(3)))
    first = post(client, sent).get_json()
    before = rows(ctx.engine, "intake_records")
    again = post(client, sent).get_json()
    assert [entry["answer"] for entry in again["records"]] == [entry["answer"] for entry in first["records"]]
    assert (again["accepted"], again["repeated"]) == (0, 3)
    assert rows(ctx.engine, "intake_records") == before


def test_an_empty_array_and_an_empty_stream_are_no_fault(client: FlaskClient):
    for data, kind in ((b"[ ]", "application/json"), (b"", LINES), (b"\n\r\n", LINES)):
        answer = post(client, data, kind)
        assert (answer.status_code, answer.get_json()["records"]) == (207, [])


@pytest.mark.parametrize("sent", [b"[{}", b"[{}] {}", b'["a', b"[1,2"])
def test_an_array_that_is_not_closed_is_refused_and_kept_whole(
    client: FlaskClient, ctx: Context, sent: bytes
):
    before = len(rows(ctx.engine, "intake_records"))
    answer = post(client, sent)
    assert (answer.status_code, answer.get_json()["title"]) == (400, "malformed json")
    assert len(rows(ctx.engine, "intake_records")) == before
    (kept,) = rows(ctx.engine, "quarantine")
    assert bytes(kept["body"]) == sent


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP"])
def test_a_packed_body_is_refused_unread(client: FlaskClient, encoding: str):
    for kind in ("application/json", LINES):
        answer = post(client, b"\x1f\x8b", kind, **{"Content-Encoding": encoding})
        assert answer.status_code == 415


def test_a_line_that_is_too_long_is_told_and_the_others_are_taken(client: FlaskClient, ctx: Context):
    one, two = (body(lot) for lot in lots(2))
    sent = b"\n".join([one, b'{"recordId": "' + b"x" * record_stream.MAX_LINE_BYTES + b'"}', two])
    told = post(client, sent, LINES).get_json()
    assert [entry["code"] for entry in told["records"]] == [201, 413, 201]
    (kept,) = rows(ctx.engine, "quarantine")
    assert len(bytes(kept["body"])) == record_stream.KEPT_OF_LONG_LINE


def test_a_stream_is_taken_while_it_arrives_and_larger_than_any_body_may_be(
    client: FlaskClient, ctx: Context, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(intake_batch, "CHUNK", 20)
    seen: list[int] = []
    before = len(rows(ctx.engine, "intake_records"))
    made = lots(60)

    class Arriving(io.RawIOBase):
        """Looks into the store while it is read, as the wire would let it."""

        def __init__(self) -> None:
            self._lines: Iterator[bytes] = (body(lot) + b" " * 30_000 + b"\n" for lot in made)

        def readable(self) -> bool:
            return True

        def readinto(self, into: Any) -> int:
            seen.append(len(rows(ctx.engine, "intake_records")) - before)
            line = next(self._lines, b"")
            into[: len(line)] = line
            return len(line)

    told = client.post(
        "/api/v1/intake/records",
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": LINES},
        environ_overrides={"wsgi.input": Arriving(), "wsgi.input_terminated": True},
    ).get_json()
    assert told["accepted"] == 60
    assert max(seen) >= 40
    assert seen == sorted(seen)


def test_more_records_than_a_request_may_hold_are_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(many, "MOST_RECORDS", 3)
    sent = [body(lot) for lot in lots(5)]
    assert post(client, as_array(*sent)).status_code == 413
    told = post(client, b"\n".join(sent), LINES).get_json()
    assert told["accepted"] == 3
    assert "line 4" in told["notRead"]["detail"]
    assert json.dumps(told["notRead"])


def test_other_types_are_refused(client: FlaskClient):
    for kind in ("text/csv", "application/xml", "multipart/form-data", ""):
        assert post(client, b"[]", kind).status_code == 415


def test_each_kind_has_a_spreadsheet_to_begin_with(client: FlaskClient):
    for kind in KINDS:
        answer = client.get(f"/api/v1/templates/{kind}.csv")
        assert (answer.status_code, answer.mimetype) == (200, "text/csv")
        assert answer.get_data().startswith(b"\xef\xbb\xbfrecordId;kind;sentAt;")
    assert client.get("/api/v1/templates/spaceship.csv").status_code == 404


def test_a_stream_without_end_is_left_and_says_where(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(many, "MOST_BYTES", 200_000)
    (first,) = (body(record) for record in lots(1))
    told = post(client, first + b"\n" * 1_000_000, LINES).get_json()
    assert told["accepted"] == 1
    assert "what follows line 1 was not read" in told["notRead"]["detail"]
