"""Keys in a token (PKCS#11): the private half never leaves it.

The mechanism is ECDSA over a ready digest, as not every token has ECDSA with SHA-256. A key is named by an
address as in RFC 7512, `pkcs11:token=passport;object=seal-2026`; which library to load, and the PIN, are
settings: what stands in the database must not choose the code that is run.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote

from cryptography.hazmat.primitives.asymmetric import ec

from app.core.errors import CannotSign, MalformedInput, NotConfigured
from app.core.keys import PublicKey

_SCHEME: Final = "pkcs11:"
_P256: Final = bytes.fromhex("06082a8648ce3d030107")  # its object identifier in DER, 1.2.840.10045.3.1.7
_PAUSES_S: Final = (0.02, 0.1, 0.4)
"""Before each further try. SoftHSM2 does not show its token while another process logs in to it."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key lies: the label of its token, and its own."""

    token: str
    label: str

    @property
    def reference(self) -> str:
        """As an address of RFC 7512."""
        return f"{_SCHEME}token={quote(self.token, safe='')};object={quote(self.label, safe='')}"

    @classmethod
    def read(cls, reference: str) -> "Place":
        """Raises: MalformedInput."""
        parts = dict(
            part.partition("=")[::2] for part in reference.removeprefix(_SCHEME).split(";") if "=" in part
        )
        if not reference.startswith(_SCHEME) or not {"token", "object"} <= parts.keys():
            raise MalformedInput(f"{reference} is not of the form pkcs11:token=…;object=…", rule="pkcs11-uri")
        return cls(unquote(parts["token"]), unquote(parts["object"]))


class Module:
    """One PKCS#11 library in this process. After a fork, and after a token went away, it begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = 0
        self._lock = threading.Lock()
        self._library: Any = None
        self.age = 0
        """Grows whenever all sessions became void."""

    def library(self) -> Any:
        """Ready for this process. Raises: NotConfigured when it cannot be loaded."""
        with self._lock:
            if self._library is None:
                self._load()
            elif self._process != os.getpid():
                self._begin_anew()
            return self._library

    def restart(self, seen: int) -> None:
        """Void all sessions, unless somebody did so since `seen`: the token may be another one now."""
        with self._lock:
            if self.age == seen and self._library is not None:
                self._begin_anew()

    def _load(self) -> None:
        pkcs11 = _api()
        try:
            self._library = pkcs11.lib(str(self._path))
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise NotConfigured(
                f"PASSPORT_HSM_MODULE cannot be loaded as a PKCS#11 library: {_said(error)}."
            ) from error
        self._process = os.getpid()

    def _begin_anew(self) -> None:
        self._library.reinitialize()
        self._process = os.getpid()
        self.age += 1


_modules: dict[Path, Module] = {}


def module(path: Path) -> Module:
    """The library at `path`: one for the whole process, as PKCS#11 counts its state by process."""
    return _modules.setdefault(path, Module(path))


class Token:
    """A session with one token. Calls wait for each other: a session serves one thread at a time."""

    def __init__(self, module: Module, token: str, pin: Callable[[], str | None]) -> None:
        """`pin` is asked at each login, and its answer is not kept."""
        self._module = module
        self._token = token
        self._pin = pin
        self._lock = threading.Lock()
        self._session: Any = None
        self._of = (-1, -1)

    def use(self, work: Callable[[Any], _T]) -> _T:
        """What `work` does with an open session; tried again with a new one, since tokens are unplugged and
        restarted. Raises: CannotSign; NotConfigured."""
        pkcs11 = _api()
        with self._lock:
            for pause_s in (*_PAUSES_S, None):
                try:
                    return work(self._opened())
                except pkcs11.PKCS11Error as error:
                    self._session = None
                    if pause_s is None or isinstance(error, pkcs11.PinIncorrect | pkcs11.PinLocked):
                        # a wrong PIN is not tried again: tokens lock themselves
                        raise CannotSign(f"The token {self._token} does not sign: {_said(error)}.") from error
                    time.sleep(pause_s)
                    self._module.restart(self._of[1])
            raise AssertionError

    def _opened(self) -> Any:
        library = self._module.library()
        now = (os.getpid(), self._module.age)
        if self._session is None or self._of != now:
            self._of = now
            token = library.get_token(token_label=self._token)
            try:
                self._session = token.open(rw=True, user_pin=self._pin())
            except _api().UserAlreadyLoggedIn:
                self._session = token.open(rw=True)  # by another session of this process, so for all
        return self._session


class Pkcs11Signer:
    """A P-256 key in a token."""

    def __init__(self, token: Token, label: str, verification_method: str) -> None:
        """Raises: CannotSign when the token does not answer; NotConfigured when it has no such key."""
        self.verification_method = verification_method
        self._token = token
        self._label = label
        self._key: tuple[Any, Any] = (None, None)
        self.public_key = token.use(lambda session: _public_key(session, label))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes of SHA-256. Returns 64 bytes, r then s. Raises: CannotSign."""
        signature = self._token.use(lambda session: self._sign(session, digest))
        if not self.public_key.verify_digest(digest, signature):
            raise CannotSign("The token answered with something that is not a signature of its key.")
        return signature

    def _sign(self, session: Any, digest: bytes) -> bytes:
        pkcs11 = _api()
        if self._key[0] is not session:
            found = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.KeyType.EC, self._label)
            self._key = (session, found)
        return bytes(self._key[1].sign(digest, mechanism=pkcs11.Mechanism.ECDSA))


def find_or_create(token: Token, label: str) -> PublicKey:
    """The public half of the key of that name in the token; made there if there is none. It cannot be taken
    out again. Raises: CannotSign; NotConfigured."""

    pkcs11 = _api()

    def work(session: Any) -> PublicKey:
        try:
            return _public_key(session, label)
        except NotConfigured:
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: _P256}, local=True
            )
            parameters.generate_keypair(
                id=secrets.token_bytes(8),
                label=label,
                store=True,
                capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
                private_template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
            )
            return _public_key(session, label)

    return token.use(work)


def _public_key(session: Any, label: str) -> PublicKey:
    pkcs11 = _api()
    try:
        session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.KeyType.EC, label)
        found = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.KeyType.EC, label)
    except pkcs11.NoSuchKey:
        raise NotConfigured(
            f"The token has no EC key pair {label}, or does not show it with this PIN."
        ) from None
    except pkcs11.MultipleObjectsReturned:
        raise NotConfigured(f"The token has several keys {label}: give each a label of its own.") from None
    point = bytes(found[pkcs11.Attribute.EC_POINT])
    if len(point) == 67 and point[:2] == b"\x04\x41":  # DER octet string around it, as PKCS#11 2.40 asks
        point = point[2:]
    if bytes(found[pkcs11.Attribute.EC_PARAMS]) != _P256 or len(point) != 65:
        raise NotConfigured(f"The key {label} of the token is not a P-256 key.")
    return PublicKey.from_cryptography(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def _said(error: Exception) -> str:
    """PKCS#11 errors often have no text but their name."""
    return str(error) or type(error).__name__


def _api() -> Any:
    import pkcs11  # costs a twentieth of a second, and most installations have no token

    return pkcs11
