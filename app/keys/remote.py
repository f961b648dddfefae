"""Keys of a sealing service: it is sent a digest and answers with a signature.

Shape: Cloud Signature Consortium API v2, `signatures/signHash` and `credentials/info`; the bearer token has
the scope `credential`, so that no activation data is sent. Which service, and the token, are settings: what
stands in the database must not choose where the token goes. No answer is believed before the public key says
so.
"""

import base64
import binascii
import ipaddress
import json
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from app.core.errors import CannotSign, NotConfigured
from app.core.keys import PublicKey, raw_signature

TIMEOUT_S: Final = (3.05, 15)
"""To connect, and for each pause in the answer."""
MAX_ANSWER_BYTES: Final = 65_536
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"


class SealingService:
    """One service, over https alone (or on this machine)."""

    def __init__(self, url: str, token: Callable[[], str], ca_file: str | None = None) -> None:
        """`token` is asked at each call, as it may be renewed. Raises: NotConfigured."""
        parts = urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment or parts.username or parts.password:
            raise NotConfigured("PASSPORT_SEALING_URL is not of the form https://host/csc/v2.")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname)):
            raise NotConfigured("PASSPORT_SEALING_URL is not https: its token could be read on the way.")
        self._url = url.rstrip("/")
        self._token = token
        self._ca_file = ca_file
        self._local = threading.local()

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one call. Raises: CannotSign, never with what the service said."""
        requests = _api()
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        try:
            with self._session().post(
                f"{self._url}/{method}",
                json=body,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,  # the token must not follow
                stream=True,
            ) as answer:
                if answer.status_code != 200:
                    raise CannotSign(f"The sealing service answers {method} with {answer.status_code}.")
                data = answer.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        except (requests.RequestException, requests.packages.urllib3.exceptions.HTTPError, OSError) as error:
            raise CannotSign("The sealing service cannot be reached.") from error
        try:
            found = json.loads(data) if len(data) <= MAX_ANSWER_BYTES else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise CannotSign("The sealing service answers with something that is no JSON object.")
        return found

    def _session(self) -> Any:
        """One for each thread of each process: connections are kept, and never shared."""
        known: tuple[int, Any] | None = getattr(self._local, "session", None)
        if known is not None and known[0] == os.getpid():
            return known[1]
        made = _api().Session()
        made.trust_env = False  # else a .netrc could put another password in the place of the token
        made.verify = self._ca_file or True
        self._local.session = (os.getpid(), made)
        return made


class RemoteSigner:
    """A P-256 key of a sealing service."""

    def __init__(
        self, service: SealingService, credential_id: str, public_key: PublicKey, verification_method: str
    ) -> None:
        self.verification_method = verification_method
        self.public_key = public_key
        self._service = service
        self._credential_id = credential_id

    def sign_digest(self, digest: bytes) -> bytes:
        """Have 32 bytes of SHA-256 signed. Returns 64 bytes, r then s. Raises: CannotSign."""
        answer = self._service.call(
            "signatures/signHash",
            {
                "credentialID": self._credential_id,
                "hashes": [base64.b64encode(digest).decode("ascii")],
                "hashAlgorithmOID": _SHA256,
                "signAlgo": _ECDSA_WITH_SHA256,
                "operationMode": "S",
            },
        )
        # services differ in the form, and the public key decides
        for signature in _readings(answer.get("signatures")):
            if self.public_key.verify_digest(digest, signature):
                return signature
        raise CannotSign("The sealing service answered with something that is not a signature of its key.")


def public_key_of(service: SealingService, credential_id: str) -> PublicKey:
    """The key in the certificate of a credential; whether it signs, a trial must show. Raises: CannotSign."""
    answer = service.call(
        "credentials/info", {"credentialID": credential_id, "certificates": "single", "certInfo": False}
    )
    try:
        der = base64.b64decode(answer["cert"]["certificates"][0], validate=True)
        key = x509.load_der_x509_certificate(der).public_key()
    except (KeyError, IndexError, TypeError, ValueError, x509.InvalidVersion):
        raise CannotSign("The sealing service shows no certificate of this credential.") from None
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise CannotSign("The certificate of this credential is not for a P-256 key.")
    return PublicKey.from_cryptography(key)


def _readings(signatures: Any) -> list[bytes]:
    """The one signature, as r and s or as DER."""
    if not (isinstance(signatures, list) and len(signatures) == 1 and isinstance(signatures[0], str)):
        return []
    try:
        data = base64.b64decode(signatures[0], validate=True)
    except (binascii.Error, ValueError):
        return []
    if len(data) == 64:
        return [data]
    try:
        return [raw_signature(data)]
    except (ValueError, OverflowError):
        return []


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _api() -> Any:
    import requests  # costs a seventh of a second, and most installations have no such service

    return requests
