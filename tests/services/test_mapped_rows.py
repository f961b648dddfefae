"""Records that a mapping made of a plant's own row: the row is what waits, whole, with its mapping."""

import json
from typing import Any

from app.core.errors import MalformedInput
from app.services import intake
from app.services.intake import Accepted, Quarantined, Source
from app.services.intake_batch import CHUNK, Message, accept_many
from tests.factories import a_record, body, model_record
from tests.installation import START, rows
from tests.line import Line

CELL_LOT = {
    "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
    "quantity": 1200, "materialLots": ["M1"],
}  # fmt: skip


def a_lot(name: str, **members: Any) -> dict[str, Any]:
    return a_record("cell-lot", {"lot": name}, START, details=CELL_LOT) | members


def of_row(row: dict[str, str], *records: dict[str, Any], mapping: str = "mes:1") -> list[Message]:
    text = json.dumps(row).encode()
    return [Message(body(record), "mes.csv:2", mapping=mapping, row=text) for record in records]


def test_a_record_says_which_mapping_made_it(line: Line):
    accept_many(line.ctx, line.plant, of_row({"Los": "C1"}, a_lot("C1")), door="file")
    sent = body(model_record(START))
    intake.accept(line.ctx, line.plant, sent, source=Source("mqtt", "t", "bms:2"))
    assert [row["mapping"] for row in rows(line.ctx.engine, "intake_records")] == ["mes:1", "bms:2"]


def test_of_a_refused_record_its_row_is_kept_and_leaves_once_all_of_it_is_taken(line: Line):
    good, bad = a_lot("C1"), a_lot("C2", details={})
    found = accept_many(line.ctx, line.plant, of_row({"Los": "C1;C2"}, good, bad))
    assert isinstance(found[0], Accepted)
    assert isinstance(found[1], Quarantined)
    entry = intake.quarantine_entry(line.ctx, found[1].quarantine_id)
    assert (entry["mapping"], json.loads(entry["body"])) == ("mes:1", {"Los": "C1;C2"})
    assert entry["recordId"] == bad["recordId"]
    # The good record of the row comes once more; the other does not: the row goes on waiting.
    accept_many(line.ctx, line.plant, of_row({"Los": "C1;C2"}, a_lot("C3"), bad, mapping="mes:2"))
    assert intake.quarantine_list(line.ctx)["records"][0]["mapping"] == "mes:2"
    accept_many(line.ctx, line.plant, of_row({"Los": "C1;C2"}, good, a_lot("C2"), mapping="mes:3"))
    assert intake.quarantine_list(line.ctx)["count"] == 0


def test_what_no_mapping_could_read_waits_as_the_row_that_it_is(line: Line):
    refusal = MalformedInput("Row 2: Los is empty.", rule="mapping")
    row = b'{"Los":""}'
    accept_many(line.ctx, line.plant, [Message(row, "mes.csv:2", refusal, "mes:1", row)])
    (entry,) = intake.quarantine_list(line.ctx)["records"]
    assert (entry["mapping"], entry["recordId"], entry["problem"]["rule"]) == ("mes:1", None, "mapping")


def test_records_of_one_row_stay_in_one_transaction(line: Line):
    filler = [Message(body(a_lot(f"F{number}"))) for number in range(CHUNK - 1)]
    row = of_row({"Los": "two"}, a_lot("C2", details={}), a_lot("C1"))
    found = accept_many(line.ctx, line.plant, [*filler, *row])
    assert len(found) == CHUNK + 1
    assert intake.quarantine_list(line.ctx)["count"] == 1
