"""A model says what it lacks, who supplies that and how, and what is due later, before a pack is built."""

import pytest

from app.core.errors import NotFound
from app.services import models
from tests.factories import GTIN, OTHER_GTIN, batch_record, model_record, owed_values, pack_record
from tests.installation import START
from tests.line import Line


def test_a_model_and_its_batches_are_judged_by_themselves(line: Line):
    energy = {"value": "80000", "unit": "kWh"}
    line.send(
        model_record(
            START, values=owed_values("model", batteryMass=None, certifiedUsableBatteryEnergy=energy)
        )
    )
    line.send(batch_record(START, values={}))
    line.send(pack_record(START, "P1", values={}))
    found = models.as_dict(models.of_model(line.ctx, GTIN, line.ctx.issuer.did))
    assert (found["category"], found["complete"]) == ("ev", False)
    missing = [one for one in found["findings"] if one["state"] == "missing"]
    (mass,) = [one for one in missing if one["section"] == "public"]
    assert (mass["id"], mass["clause"], mass["dataPoint"]) == ("batteryMass", "Annex VI A(5)", 10)
    assert mass["supply"]["records"][0] == {"kind": "model", "level": "model"}
    assert mass["supply"]["column"] == "batteryMass"
    assert found["there"] == found["owed"] - len(missing)
    assert {one["level"] for one in found["findings"]} == {"model"}
    assert "certifiedUsableBatteryEnergy" in {one["attributes"][0] for one in found["doubts"]}
    (batch,) = found["batches"]
    assert batch["lot"] == "L1"
    assert [one["id"] for one in batch["missing"]] == ["manufacturingPlace"]
    assert batch["doubts"] == []
    assert "manufacturingDate" in {one["id"] for one in found["owedByPack"]}
    (report,) = [one for one in found["findings"] if one["id"] == "supplyChainDueDiligenceReport"]
    assert report["due"] == {"date": "2027-08-18", "words": "2027-08-18"}
    line.send(model_record(START, values={"batteryMass": owed_values("model")["batteryMass"]}))
    line.send(batch_record(START, values=owed_values("batch")))
    now = models.as_dict(models.of_model(line.ctx, GTIN, line.ctx.issuer.did))
    assert (now["complete"], now["batches"][0]["complete"]) == (True, True)


def test_a_model_of_another_operator_is_as_unknown_as_none(line: Line):
    line.send(model_record(START))
    for gtin, operator in ((GTIN, "did:web:elsewhere.example"), (OTHER_GTIN, line.ctx.issuer.did)):
        with pytest.raises(NotFound):
            models.of_model(line.ctx, gtin, operator)
