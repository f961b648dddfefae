"""1,000 packs through four doors at once: each is issued or named with its reason, and counts agree."""

import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app import config, wiring
from app.cli import simulate_check, simulate_run
from app.cli.simulate_doors import Folder, Rest
from app.cli.simulate_events import Epcis, Mqtt
from app.core.genealogy_things import Thing, ThingKind
from app.core.line_simulation import GTIN, Factory, Plan
from app.services import board, log_audit, plants, recall
from app.services.context import Context
from tests import installation
from tests.boot.started import ROOT, free_port
from tests.installation import TOKEN
from tests.mqtt import brokers
from tests.mqtt.brokers import PASSWORDS, Amqtt, Mosquitto

PACKS = 1000
PATIENCE_S = 120
LINE = "hall-1/line-2"
PLAN = Plan(faults=0.03, activity=False)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto | Amqtt]:
    place = tmp_path / "broker"
    place.mkdir()
    made: Mosquitto | Amqtt = Mosquitto(place) if brokers.mosquitto() else Amqtt(place)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def plant(tmp_path: Path, broker: Mosquitto | Amqtt) -> Iterator[Context]:
    """By the real clock: gunicorn, a folder watcher and an MQTT worker, each in a process of its own."""
    port = free_port()
    data = tmp_path / "data"
    origin = f"http://localhost:{port}"
    settings = config.create(data, origin, demo=True, environ=installation.PRODUCTION)
    wiring.create_data(settings)
    wiring.migrate(settings)
    config.finish(settings)
    ctx = wiring.build(config.load(data, installation.PRODUCTION))
    plants.add(ctx, "hall-1", "Hall 1", TOKEN)
    (tmp_path / "inbox").mkdir()
    own = broker.settings()
    password = tmp_path / "password"
    password.write_text(PASSWORDS["passport"])
    password.chmod(0o600)
    environ = {
        **installation.PRODUCTION, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT),
        "PASSPORT_DATA": str(data),
        "PASSPORT_PROOFS": "jcs", "PASSPORT_MQTT_URL": f"mqtt://127.0.0.1:{own.port}",
        "PASSPORT_PLANT_RECORDS_PER_MINUTE": "100000",
    }  # fmt: skip
    if broker.is_five:
        environ |= {"PASSPORT_MQTT_USERNAME": "passport", "PASSPORT_MQTT_PASSWORD_FILE": str(password)}
    else:
        environ["PASSPORT_MQTT_VERSION"] = "3.1.1"
    words = (
        ["serve", "--demo", "--port", str(port)],
        ["files", "watch", str(tmp_path / "inbox"), "--plant", "hall-1", "--settled", "0"],
        ["mqtt"],
    )
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((tmp_path / "log").open("wb"))
        for each in words:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli.main", *each], cwd=ROOT, env=environ, stdout=log, stderr=log
            )
            stack.callback(process.wait, PATIENCE_S)
            stack.callback(process.terminate)
        until = time.monotonic() + PATIENCE_S
        while "Connected" not in (tmp_path / "log").read_text() or not _answers(origin):
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield ctx
    ctx.dispose()


def _answers(origin: str) -> bool:
    try:
        return requests.get(f"{origin}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def test_every_pack_is_issued_or_named_with_its_reason_and_all_counts_agree(
    plant: Context, broker: Mosquitto | Amqtt, tmp_path: Path
):
    origin, scheme = plant.settings.origin, "mqtts" if broker.is_five else "mqtt"
    doors = [
        Rest("rest-ndjson", origin, TOKEN, "ndjson"),
        Folder("folder-csv", tmp_path / "inbox", "csv"),
        Mqtt(
            "mqtt", f"{scheme}://localhost:{broker.line_port}", LINE,
            PASSWORDS[LINE] if broker.is_five else None,
            ca=str(broker.ca_file) if broker.ca_file else None, is_five=broker.is_five,
        ),
        Epcis("epcis", origin, TOKEN),
    ]  # fmt: skip
    before = board.counts(plant)["batteries"]  # the demo's own
    factory = Factory(20261124, plant.now(), PLAN)
    ledger, troubles = simulate_run.run(factory, doors, PACKS, now=plant.now, batch=50, patience_s=PATIENCE_S)
    assert troubles == []
    assert ledger.unanswered == []
    assert ledger.surprises() == []
    assert simulate_check.check(factory, ledger, origin, TOKEN) == []

    stood = Counter(pack.state for pack in factory.packs.values())
    assert stood["issued"] > PACKS * 0.9
    assert stood["incomplete"] > 5
    refused = ledger.expected_in_quarantine()
    told = requests.get(
        f"{origin}/api/v1/quarantine", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    quarantine = installation.rows(plant.engine, "quarantine")
    assert told.json()["count"] == len(quarantine) == len(refused)

    batteries = [row for row in installation.rows(plant.engine, "batteries") if row["gtin"] == GTIN]
    assert {row["serial"] for row in batteries} == factory.packs.keys()
    states = Counter(row["state"] for row in batteries)
    assert states["issued"] == stood["issued"]
    counts = board.counts(plant)["batteries"]
    assert counts["issued"] - before["issued"] == stood["issued"]
    stamped = [row for row in batteries if (row["state"], row["release"]) == ("draft", "released")]
    assert counts["waiting"] - before["waiting"] == len(stamped)

    records = installation.rows(plant.engine, "intake_records")
    kinds = Counter(str(row["kind"]) for row in records if row["plant_id"] == "hall-1")
    by_event = {
        message.record["recordId"]
        for message, door in zip(ledger.sent, ledger.doors, strict=True)
        if door == "epcis" and message.record["kind"] in ("release", "withdrawal")
    }
    assert kinds == ledger.expected_kinds() | {"event": len(by_event)}  # kept beside the stamp that it gives
    assert {"cell", "cell-lot", "module", "exchange", "document", "material-lot"} <= kinds.keys()
    names = {row["record_id"] for row in records if str(row["record_id"]).startswith("SIM-")}
    sent = {
        message.record["recordId"]
        for message, door in zip(ledger.sent, ledger.doors, strict=True)
        if message.expected.outcome == "accepted"
        and not (door == "epcis" and message.record["kind"] in ("release", "withdrawal"))
    }
    assert names == sent
    assert {row["door"] for row in records} == {"rest", "file", "mqtt", "epcis"}

    documents = installation.rows(plant.engine, "documents")
    leaves = [json.loads(bytes(row["leaf"])) for row in installation.rows(plant.engine, "log_entries")]
    assert sum(leaf["type"] in log_audit.ISSUED for leaf in leaves) == len(documents)
    keys = {bytes(row["key"]) for row in batteries}
    public = [row for row in documents if row["section"] == "public" and bytes(row["subject_key"]) in keys]
    assert len(public) == PACKS - states["draft"]

    for lot in {*factory.lots, *(lot for made in factory.lots.values() for lot in made)}:
        kind: ThingKind = "cell-lot" if lot.startswith("C-") else "material-lot"
        found = recall.of_thing(plant, plant.issuer.did, Thing(kind, lot))
        packs = itertools.chain.from_iterable(recall.all_packs(plant, plant.issuer.did, found))
        held = {pack.serial for pack in packs if pack.gtin == GTIN and pack.standing == "now"}
        # A pack whose assembly record waits in quarantine has told nobody what is in it.
        known = {
            serial
            for serial in factory.packs_of_lot(lot)
            if not (factory.packs[serial].missing - {"capacityFade"})
        }
        assert held == known
        assert not found.is_cut
