"""Verification opens no connection (T20): a canary watches every socket, and is shown to sing."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.config import ROOT

CANARY = """
import sys

seen = []
WATCHED = ("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "ssl.", "subprocess.", "os.system")

def canary(event, arguments):
    if event.startswith(WATCHED):
        seen.append(event)

import json
from tests.core.test_vectors import load, run
from tests.js.test_mutation_agreement import changes, POLICY, k, verify
from app.core import jsonld

sys.addaudithook(canary)
"""
VERIFYING = """
cases = load("verification")[::2]
for case in cases:
    run(case)
for _, _, data in changes(60):
    verify(data, POLICY, now=k.NOW, linked={"https://x.example/other": data})
for context in ("https://x.example/context", {"@import": "https://x.example/context"}, ["http://127.0.0.1:9/"]):
    document = k.a_credential() | {"@context": context}
    verify(json.dumps(k.sign(document, k.JCS)).encode(), POLICY, now=k.NOW)
    try:
        jsonld.canonicalize(document)
    except Exception as fault:
        assert type(fault).__name__ == "UnknownContext", fault
print(len(cases), seen)
"""
SINGING = """
import socket, urllib.request
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError:
    pass
try:
    urllib.request.urlopen("http://127.0.0.1:9/", timeout=1)
except OSError:
    pass
print(seen)
"""


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CANARY + script], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_verifying_opens_no_connection_and_starts_no_program() -> None:
    count, _, seen = run(VERIFYING).partition(" ")
    assert int(count) > 100
    assert seen == "[]"


def test_the_canary_sings_when_somebody_connects() -> None:
    seen = run(SINGING)
    assert "socket.connect" in seen
    assert "urllib.Request" in seen


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_a_document_that_names_addresses_of_a_server_at_hand_does_not_reach_it(
    listener: socket.socket,
) -> None:
    """A second canary, at the other end: nobody knocks."""
    script = f"""
address = "http://127.0.0.1:{listener.getsockname()[1]}/x"
for place in ("credentialSchema", "credentialStatus", "relatedResource", "evidence", "termsOfUse",
              "refreshService"):
    entry = {{
        "id": address, "type": "JsonSchema", "statusListCredential": address, "statusPurpose": "revocation",
        "statusListIndex": "1", "digestMultibase": "uEiAbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    }}
    document = k.a_credential(**{{place: [entry]}})
    verify(json.dumps(k.sign(document, k.JCS)).encode(), POLICY, now=k.NOW)
issuer = k.a_credential(issuer={{"id": address, "name": "x"}})
verify(json.dumps(k.sign(issuer, k.JCS)).encode(), POLICY, now=k.NOW)
print(seen)
"""
    assert run(script) == "[]"
    with pytest.raises(BlockingIOError):
        listener.accept()
