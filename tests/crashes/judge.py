"""What must hold after any number of crashes: nothing told is lost, nothing is there twice, all is whole."""

from collections import Counter

from app.core.identifiers import BatteryKey
from app.core.multibase import digest_multibase
from app.services import intake_batch, log_audit, verification
from app.services.context import Context
from tests import factories
from tests.crashes.senders import Books
from tests.installation import rows

SECTIONS = ("public", "condition", "use")
"""Item sections of the lean packs."""


def faults(ctx: Context, books: Books, *, verified: int = 40) -> list[str]:
    """One sentence for each thing that does not hold. `verified` passports are verified as a reader would."""
    intake_batch.finish(ctx)
    return [*_records(ctx, books), *_passports(ctx, books, verified), *_log(ctx)]


def _records(ctx: Context, books: Books) -> list[str]:
    stored = rows(ctx.engine, "intake_records")
    texts = {str(row["record_id"]): bytes(row["body"]) for row in stored}
    found = [f"an odd answer: {each}" for each in books.odd]
    twice = [name for name, count in Counter(str(row["record_id"]) for row in stored).items() if count > 1]
    found += [f"record {name} is there twice" for name in twice]
    for name, text in books.acknowledged.items():
        if name not in texts or (text and texts[name] != text):
            found.append(f"record {name} was acknowledged and is {'another' if name in texts else 'lost'}")
    kept = {str(row["id"]): bytes(row["body"]) for row in rows(ctx.engine, "quarantine")}
    found += [f"refusal {name} is lost" for name, text in books.refused.items() if kept.get(name) != text]
    bodies = Counter(kept.values())
    found += ["a refused record is kept twice" for count in bodies.values() if count > 1]
    return found


def _passports(ctx: Context, books: Books, verified: int) -> list[str]:
    batteries = {bytes(row["key"]): row for row in rows(ctx.engine, "batteries")}
    documents = rows(ctx.engine, "documents")
    found = [f"intention left: {row['battery_key']!r}" for row in rows(ctx.engine, "issuance_intentions")]
    stamped = {key for key, row in batteries.items() if row["release"] == "released"}
    found += [
        f"{batteries[key]['serial']} is stamped and {batteries[key]['state']}"
        for key in stamped
        if batteries[key]["state"] != "issued"
    ]
    of_battery = Counter(
        (bytes(row["subject_key"]), row["section"])
        for row in documents
        if bytes(row["subject_key"]) in batteries
    )
    wanted = {(key, section) for key in stamped for section in SECTIONS}
    found += [
        f"{section} is there {of_battery[key, section]} times"
        for key, section in wanted | of_battery.keys()
        if of_battery[key, section] != ((key, section) in wanted)
    ]
    found += [
        f"document {row['id']} is not what its digest says"
        for row in documents
        if digest_multibase(bytes(row["body"])) != row["digest"]
    ]
    bodies = {
        bytes(row["subject_key"]): bytes(row["body"]) for row in documents if row["section"] == "public"
    }
    told = list(books.issued.items())
    for number, (serial, address) in enumerate(reversed(told)):
        key = BatteryKey(factories.GTIN, serial).digest()
        if key not in bodies or not address.endswith(str(batteries[key]["passport_uuid"])):
            found.append(f"{serial} was told issued at {address} and is not")
        elif number < verified:
            report = verification.verify_bytes(ctx, bodies[key])
            if report.verdict != "valid":
                found.append(f"{serial} was told issued and its passport is {report.verdict}")
    return found


def _log(ctx: Context) -> list[str]:
    audit = log_audit.verify(ctx)
    return [f"the log: {each}" for each in audit.faults]
