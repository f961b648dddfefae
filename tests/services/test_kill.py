"""kill -9 while records come in: what was acknowledged is there, once; what was stamped has one passport."""

import http.client
import json
import multiprocessing
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.core import merkle
from app.core.multibase import digest_multibase
from app.services import intake_batch
from app.services.context import Context
from tests.factories import SERIAL, a_further_pack, a_lean_pack, body
from tests.installation import START, TOKEN, rows
from tests.line import Line
from tests.services import victim

ROUNDS = {"sqlite": 20, "postgresql": 8}
SENDERS = 2
PATIENCE_S = 60
HEADERS = {
    "Host": "passports.example",
    "Content-Type": "application/json",
    "Authorization": f"Bearer {TOKEN}",
}


@dataclass
class Sender:
    """Sends packs and stamps one after the other, and again what was not acknowledged, as a plant does."""

    name: str
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    packs: int = 0

    def run(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            while True:
                if not self.waiting:
                    self.packs += 1
                    self.waiting = list(a_further_pack(START, f"{self.name}{self.packs:04}"))
                record = self.waiting[0]
                connection.request("POST", "/api/v1/intake/records", body(record), HEADERS)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status not in (200, 201):
                    self.refused.append(text)
                    return
                self.acknowledged[record["recordId"]] = json.loads(text)
                self.waiting.pop(0)
        except (OSError, http.client.HTTPException):
            return  # the server is dead
        finally:
            connection.close()


@pytest.mark.parametrize("start", ["bare"])
def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    ctx: Context, line: Line, data_dir: Path, database: str, database_url: str | None
):
    line.send_all(a_lean_pack(START))  # the model and its sections are there
    senders = [Sender(letter) for letter in "AB"[:SENDERS]]
    chance = random.Random(20260218)
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.services.victim"])
    for _ in range(ROUNDS[database]):
        ours, theirs = forks.Pipe()
        process = forks.Process(target=victim.serve, args=(data_dir, database_url, theirs), daemon=True)
        process.start()
        assert ours.poll(PATIENCE_S)
        port = ours.recv()
        threads = [threading.Thread(target=sender.run, args=(port,)) for sender in senders]
        for thread in threads:
            thread.start()
        process.join(chance.uniform(0.02, 0.6))  # it does not end by itself: this is when it is killed
        process.kill()
        process.join(PATIENCE_S)
        for thread in threads:
            thread.join(PATIENCE_S)
    assert [sender.refused for sender in senders] == [[]] * SENDERS
    intake_batch.finish(ctx)
    require_whole(line, senders)


def require_whole(line: Line, senders: list[Sender]) -> None:
    engine = line.ctx.engine
    records = Counter(str(row["record_id"]) for row in rows(engine, "intake_records"))
    assert set(records.values()) == {1}
    acknowledged = {name: answer for sender in senders for name, answer in sender.acknowledged.items()}
    assert acknowledged.keys() <= records.keys()
    assert len(acknowledged) > len(senders)
    batteries = {bytes(row["key"]): row for row in rows(engine, "batteries")}
    stamped = [row for row in batteries.values() if row["release"] == "released"]
    assert {row["state"] for row in stamped} == {"issued"}
    documents = rows(engine, "documents")
    of_battery = Counter(
        (bytes(row["subject_key"]), row["section"])
        for row in documents
        if bytes(row["subject_key"]) in batteries
    )
    assert of_battery == {
        (bytes(row["key"]), section): 1 for row in stamped for section in ("public", "condition", "use")
    }
    assert all(digest_multibase(bytes(row["body"])) == row["digest"] for row in documents)
    for answer in acknowledged.values():
        battery = answer["battery"]
        if battery["state"] == "issued":
            uuid = line.battery(battery["serial"]).passport_uuid
            assert battery["passport"].endswith(uuid)
    assert rows(engine, "issuance_intentions") == []
    leaves = sorted(rows(engine, "log_entries"), key=lambda row: int(row["log_index"]))
    assert [row["log_index"] for row in leaves] == list(range(len(leaves)))
    told = [row for row in leaves if b'"type":"credential-' in bytes(row["leaf"])]
    assert len(told) == len(documents)
    assert all(row["leaf_hash"] == merkle.leaf_hash(bytes(row["leaf"])) for row in leaves)
    newest = max((str(row["serial"]) for row in stamped if row["serial"] != SERIAL), default=SERIAL)
    assert line.report("public", newest).verdict == "valid"
