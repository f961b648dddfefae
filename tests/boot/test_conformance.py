"""`./run --conformance`: an installation of its own that opens the VC API, refused beside production."""

import json
import ssl
import urllib.request
from pathlib import Path

import pytest

from tests.boot.started import attempt, free_port, running
from tests.installation import PRODUCTION

pytestmark = pytest.mark.xdist_group("run")  # one server after the other: each takes both cores for a moment

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:replaced",
    "credentialSubject": {"id": "did:example:subject"},
}


def post(address: str, body: object, ca_file: str | None = None) -> tuple[int, dict]:
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    with urllib.request.urlopen(request, timeout=30, context=context) as answer:
        return answer.status, json.load(answer)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_mode_issues_and_verifies_and_leaves_nothing_behind(scheme: str, tmp_path: Path):
    port = free_port()
    options = ["--conformance", "--port", str(port)] + (["--lan", "127.0.0.1"] if scheme == "https" else [])
    with running(*options, last_line="Stop with", TMPDIR=str(tmp_path)) as server:
        ca_file = server.find("Certificate authority to believe:") if scheme == "https" else None
        origin = f"{scheme}://{'127.0.0.1' if ca_file else 'localhost'}:{port}"
        status, made = post(f"{origin}/credentials/issue", {"credential": CREDENTIAL}, ca_file)
        assert status == 201
        status, verdict = post(f"{origin}/credentials/verify", {"verifiableCredential": made}, ca_file)
        assert (status, verdict["verified"]) == (200, True)
        assert server.interrupt() == 0
    assert not list(tmp_path.glob("passport-conformance-*"))


def test_the_mode_is_refused_beside_production_and_on_other_data(data_dir: Path):
    beside = attempt("--conformance", PASSPORT_DATA=str(data_dir), **PRODUCTION)
    assert beside.returncode == 2
    assert "in production" in beside.stderr
    for option in (["--data", str(data_dir)], ["--reset"]):
        refused = attempt("--conformance", *option)
        assert refused.returncode == 2
        assert "data of its own" in refused.stderr
