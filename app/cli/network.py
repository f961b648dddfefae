"""Addresses of this machine: is a port free, and which one does a phone in the same network see."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from app import config
from app.core.errors import NotConfigured

PORT: Final = 8000
LAN_PORT: Final = 8443
_SOMEWHERE = ("10.255.255.255", 9)
"""Any address outside: connecting a datagram socket sends nothing, it only picks the way out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens."""

    addresses: tuple[str, ...]
    port: int

    @property
    def binds(self) -> list[str]:
        """As gunicorn is told."""
        return [bind_text(address, self.port) for address in self.addresses]


def place(lan: str | None, port: int) -> tuple[str, Place]:
    """Origin and place of a server for tries: http on loopback, or https on the address of `--lan`.

    Raises: NotConfigured.
    """
    if lan is None:
        return f"http://localhost:{port}", Place(loopback_addresses(), port)
    addresses = lan_binds(lan)
    return config.normal_origin(f"https://{addresses[0]}:{port}"), Place(addresses, port)


def loopback_addresses() -> tuple[str, ...]:
    """Where `localhost` leads: a browser tries the IPv6 one first, so both belong to us where both exist."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ("127.0.0.1",)
    return ("127.0.0.1", "::1")


def lan_address() -> str:
    """This machine's IPv4 address in its network. Raises: NotConfigured when there is none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_SOMEWHERE)
            found = str(probe.getsockname()[0])
    except OSError:
        found = "0.0.0.0"  # noqa: S104  (compared below, never bound)
    if found in ("0.0.0.0", "127.0.0.1"):  # noqa: S104
        raise NotConfigured(
            "This machine has no network address: join a network, or name the address (--lan ADDRESS)."
        )
    return found


def lan_binds(wanted: str) -> tuple[str, ...]:
    """Where `--lan [ADDRESS]` listens: the address that is wanted or found, then this machine's own.

    Raises: NotConfigured.
    """
    address = wanted or lan_address()
    try:
        IPv4Address(address)
    except ValueError:
        raise NotConfigured(
            f"{address} is no IPv4 address: name one of this machine (--lan ADDRESS)."
        ) from None
    return (address,) if address == "127.0.0.1" else (address, "127.0.0.1")


def require_free(addresses: Iterable[str], port: int, otherwise: str = "--port N") -> None:
    """Raises: NotConfigured if the port is taken or may not be used; `otherwise`: options that help."""
    if not 1 <= port <= 65535:
        raise NotConfigured(f"{port} is not a port: choose one from 1024 to 65535 ({otherwise}).")
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            # as gunicorn does: a connection that just ended does not make the port busy
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen()
            except OSError as error:
                raise NotConfigured(_why_not(error, address, port, otherwise)) from None


def bind_text(address: str, port: int) -> str:
    """`127.0.0.1:8000` or `[::1]:8000`."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _why_not(error: OSError, address: str, port: int, otherwise: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use: stop what listens there, or choose another ({otherwise})."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have: choose one from 1024 on ({otherwise})."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is not an address of this machine: name one that is (--lan ADDRESS)."
    return (
        f"Cannot listen on {bind_text(address, port)}: {error.strerror}. Choose another port ({otherwise})."
    )
