"""Whether the product holds what the simulator knows: each pack by its draft, each refusal in quarantine."""

import time
from typing import Any
from urllib.parse import quote

import requests

from app.cli.simulate_doors import NoAnswer
from app.core.line_simulation import GTIN, Factory
from app.core.line_simulation_ledger import Ledger, pack_surprises

SETTLED_S = 30.0
"""How long the product may take to bring all batteries to the state that their records ask for."""
_PAGES = 1000


def check(
    factory: Factory, ledger: Ledger, server: str, token: str, *, verify: str | bool = True
) -> list[str]:
    """One sentence for each thing that is not as expected; silence is agreement. Raises: NoAnswer."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        session.verify = verify
        until = time.monotonic() + SETTLED_S
        while True:
            found = pack_surprises(
                factory, {serial: _draft(session, server, serial) for serial in factory.packs}
            )
            if not found or time.monotonic() > until:
                break
            time.sleep(1)  # a door that is not asked for an answer may still be at work
        return found + _quarantine_surprises(factory, ledger, session, server)


def _quarantine_surprises(
    factory: Factory, ledger: Ledger, session: requests.Session, server: str
) -> list[str]:
    expected = ledger.expected_in_quarantine()
    waiting = [entry for entry in _quarantine(session, server) if _is_ours(factory, entry)]
    found = []
    named = {entry["recordId"]: entry["problem"].get("rule", "") for entry in waiting if entry["recordId"]}
    for record_id, rule in named.items():
        if rule not in expected.get(record_id, ()):
            found.append(f"{record_id} waits in quarantine by the rule {rule or '-'}, which was not expected")
    torn = {m.record["recordId"] for m in ledger.sent if m.is_torn}
    found += [f"{one} is not in quarantine" for one in sorted(expected.keys() - named.keys() - torn)]
    return found


def _is_ours(factory: Factory, entry: dict[str, Any]) -> bool:
    return str(entry["recordId"] or "").startswith(f"SIM-{factory.tag}-")


def _quarantine(session: requests.Session, server: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, _PAGES):
        told = _get(session, f"{server}/api/v1/quarantine?page={page}")
        found += told["records"] if told else []
        if told is None or page >= told["pages"]:
            break
    return found


def _draft(session: requests.Session, server: str, serial: str) -> dict[str, Any] | None:
    return _get(session, f"{server}/api/v1/drafts/{GTIN}/{quote(serial, safe='')}")


def _get(session: requests.Session, address: str) -> dict[str, Any] | None:
    """The answer; None for 404. Raises: NoAnswer."""
    try:
        answer = session.get(address, timeout=60)
    except requests.RequestException as error:
        raise NoAnswer(f"{address} does not answer ({type(error).__name__}).") from None
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise NoAnswer(f"{address} answers {answer.status_code}.")
    found: dict[str, Any] = answer.json()
    return found
