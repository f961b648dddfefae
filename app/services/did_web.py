"""Fetching the DID document of a did:web: only when a person builds a trust list, never at a verification.

Whose address it is, a stranger may have chosen. So: https alone, the name resolved once, every address it has
looked at, the connection made to that very address; no redirect, 10 seconds, 256 kB (T20).
Source: did:web 2.5.2 (Read).
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Final

from app.core import did_keys
from app.core.errors import Rejected

TIMEOUT_S: Final = 10.0
_PIECE: Final = 16_384

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses."""
Permit = Callable[[str], bool]
"""Whether an address may be connected to."""


class NotFetched(Rejected):
    """A document that somebody else serves could not be had, or not in a way that is safe."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """An address of the public internet: no private, loopback, link-local or reserved one, also not inside
    an IPv6 one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None or found in _TRANSLATED:
            return False
    return found.is_global and not found.is_multicast


_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


def fetch(
    did: str, *, resolve: Resolve = resolve, permit: Permit = is_public, tls: ssl.SSLContext | None = None
) -> bytes:
    """The bytes of a DID document, as they are served; nobody has judged them yet.

    Raises: MalformedInput for what is no did:web; NotFetched.
    """
    host, port, path = did_keys.address_of(did)
    try:
        addresses = resolve(host, port)
    except OSError:
        raise NotFetched(f"{host} has no address.") from None
    if not addresses or not all(permit(address) for address in addresses):
        raise NotFetched(f"{host} leads to an address that is not public: nothing is fetched from there.")
    connection = _Pinned(host, port, addresses[0], tls or ssl.create_default_context())
    try:
        connection.request("GET", path, headers={"Accept": "application/did+json, application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise NotFetched(f"{host} answered {response.status}; redirects are not followed.")
        return _read(response, time.monotonic() + TIMEOUT_S)
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(f"{host} could not be asked: {_reason(error)}.") from None
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    """At most MAX_BYTES, in at most the time that is left: a peer that drips is cut off."""
    pieces = bytearray()
    while piece := response.read1(_PIECE):
        pieces += piece
        if len(pieces) > did_keys.MAX_BYTES:
            raise NotFetched("The document is larger than any DID document may be.")
        if time.monotonic() > until:
            raise NotFetched("The answer took too long.")
    return bytes(pieces)


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was looked at, and asks the certificate for the name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S, context=context)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate does not hold"
    return "it took too long" if isinstance(error, TimeoutError) else "the connection failed"
