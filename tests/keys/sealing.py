"""A small sealing service in the shape of the CSC API v2, which can be told to misbehave."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.core.keys import PublicKey, raw_signature

TOKEN = "a-token-with-the-scope-credential"
CREDENTIAL = "GX0112348"


@dataclass
class Sealing:
    """The service's state: its key, what it was asked, and how it answers."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    raw: bool = True
    """r and s; else DER."""
    status: int = 200
    body: bytes | None = None
    location: str | None = None
    asked: list[tuple[str, dict[str, Any], str | None]] = field(default_factory=list)
    url: str = ""

    @property
    def public_key(self) -> PublicKey:
        return PublicKey.from_cryptography(self.key.public_key())

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/csc/v2/credentials/info":
            certificate = base64.b64encode(self.certificate().public_bytes(Encoding.DER)).decode()
            return {"key": {"status": "enabled"}, "cert": {"certificates": [certificate]}}
        signed = self.key.sign(base64.b64decode(body["hashes"][0]), ec.ECDSA(Prehashed(hashes.SHA256())))
        return {"signatures": [base64.b64encode(raw_signature(signed) if self.raw else signed).decode()]}

    def certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Seal of a test")])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )


@contextmanager
def running() -> Iterator[Sealing]:
    """Serve on a port of this machine."""
    sealing = Sealing()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sealing.asked.append((self.path, body, self.headers["Authorization"]))
            status = sealing.status
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status = 401
            data = sealing.body
            if data is None:
                data = json.dumps(sealing.answer(self.path, body) if status == 200 else {}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if sealing.location:
                self.send_header("Location", sealing.location)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A caller that hung up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    sealing.url = f"http://127.0.0.1:{server.server_port}/csc/v2"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield sealing
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
