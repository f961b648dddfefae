"""Two writers between each other's steps: what one has not committed, the other does not see (PostgreSQL)."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import delete, insert

from app.core.errors import MalformedInput
from app.core.genealogy_things import Thing
from app.services import mappings, recall, subjects
from app.services.intake_batch import Message, accept_many
from app.store import recall_links
from app.store.factory_tables import genealogy_links
from tests.core.mes import mes
from tests.factories import GTIN, SERIAL, a_record, body, model_record
from tests.installation import START, rows
from tests.line import Line

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"])
"""SQLite has one writer at a time, so that what is told there cannot happen."""


@POSTGRESQL
@pytest.mark.parametrize("is_late", [True, False])
def test_a_recall_keeps_no_answer_that_a_link_of_a_lower_number_is_missing_in(
    line: Line, monkeypatch: pytest.MonkeyPatch, is_late: bool
):
    monkeypatch.setattr(recall_links, "SETTLES_S", 0.02 if is_late else 5.0)
    modules = [
        a_record(
            "module", {"serial": f"M{number}"}, START,
            details={"moduleModel": "K", "cellLots": [{"lot": "C1"}]},
        )
        for number in (1, 2)
    ]  # fmt: skip
    line.send(modules[0])
    (link,) = rows(line.ctx.engine, "genealogy_links")
    del link["sequence"]

    def loose() -> set[str]:
        operator = line.plant.economic_operator_id
        return {each.number for each in recall.of_thing(line.ctx, operator, Thing("cell-lot", "C1")).loose}

    with line.ctx.engine.begin() as connection:
        connection.execute(delete(genealogy_links))
    slow = line.ctx.engine.connect()
    slow.begin()
    slow.execute(insert(genealogy_links), link)  # draws its number first
    line.send(modules[1])
    if is_late:
        first = loose()
        slow.commit()
    else:
        commits = threading.Timer(0.1, slow.commit)
        commits.start()
        first = loose()
        commits.join()
    slow.close()
    assert first == ({"M2"} if is_late else {"M1", "M2"})
    assert loose() == {"M1", "M2"}
    monkeypatch.setattr(recall_links.RecallLinks, "is_settled", None)
    assert loose() == {"M1", "M2"}  # is kept by now


def test_of_two_mappings_that_are_saved_at_once_one_gets_the_line(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    document = mes().document
    source = {**document["source"], "mqtt": ["line-2"]}
    texts = [json.dumps({**document, "source": source, "name": name}).encode() for name in ("one", "other")]
    check = mappings._require_free_lines
    with ThreadPoolExecutor(1) as pool:
        beside: list[Any] = []

        def checked(*arguments: Any) -> None:
            check(*arguments)
            if not beside:
                beside.append(None)
                beside[0] = pool.submit(mappings.save, line.ctx, line.plant, texts[1], "a test")
                wait(beside, timeout=0.3)

        monkeypatch.setattr(mappings, "_require_free_lines", checked)
        mappings.save(line.ctx, line.plant, texts[0], "a test")
        with pytest.raises(MalformedInput, match="line-2 sends through the mapping one"):
            beside[0].result()


@POSTGRESQL
@pytest.mark.parametrize("by_stream", [False, True])
def test_an_event_beside_its_model_has_its_draft(
    line: Line, monkeypatch: pytest.MonkeyPatch, by_stream: bool
):
    details = {
        "eventId": "urn:uuid:00000000-0000-4000-8000-000000000001", "eventType": "ObjectEvent",
        "action": "OBSERVE", "eventTime": "2026-11-24T10:00:00Z", "eventTimeZoneOffset": "+00:00",
    }  # fmt: skip
    event = a_record("event", {"gtin": GTIN, "serial": SERIAL}, START, details=details)
    known = subjects.models_known

    def before_the_model(*arguments: Any) -> set[bytes]:
        monkeypatch.setattr(subjects, "models_known", known)
        found = known(*arguments)
        line.send(model_record(START))  # in a transaction of its own, which sees no event
        return found

    monkeypatch.setattr(subjects, "models_known", before_the_model)
    if by_stream:
        accept_many(line.ctx, line.plant, [Message(body(event))])
    else:
        line.send(event)
    assert [row["serial"] for row in rows(line.ctx.engine, "batteries")] == [SERIAL]
