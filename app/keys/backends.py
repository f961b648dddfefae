"""Where the private halves of seal keys lie: files of this installation, a token, a sealing service.

The register names a key; this module finds it. What the register's rows could be made to say by whoever
writes the database reaches no further than here: a file name without a path, a label in the one token
library, a credential of the one service that the settings name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.core.errors import Conflict, NotConfigured
from app.core.key_register import Backend, KeyRecord
from app.core.keys import PublicKey
from app.core.proof import Signer
from app.keys import file, pkcs11, remote
from app.keys.file import FileSigner
from app.keys.pkcs11 import Pkcs11Signer, Place, Token
from app.keys.remote import RemoteSigner, SealingService

_FILE_NAME: Final = re.compile(r"seal-[a-z0-9-]{1,56}\.pem")


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was made or found, ready to be entered in the register."""

    backend: Backend
    reference: str
    public_key: PublicKey
    told: str
    """Where it lies, for people."""


@dataclass(frozen=True, slots=True)
class Backends:
    """The places of one installation. `hsm_pin` and `sealing_token` are asked when they are needed."""

    keys_dir: Path
    production: bool
    hsm_module: Path | None
    hsm_pin: Callable[[], str | None]
    sealing_url: str | None
    sealing_token: Callable[[], str]
    sealing_ca_file: str | None
    _tokens: dict[str, Token] = field(default_factory=dict)

    def open(self, record: KeyRecord, verification_method: str) -> Signer:
        """The signer of one key of the register. Raises: NotConfigured, CannotSign."""
        if record.backend == "file":
            return FileSigner(self._own_file(record.reference), verification_method)
        if record.backend == "pkcs11":
            place = Place.read(record.reference)
            return Pkcs11Signer(self._token(place.token), place.label, verification_method)
        return RemoteSigner(self._service(), record.reference, record.public_key, verification_method)

    def file(self, name: str, source: Path | None = None) -> Made:
        """A key file of that name in this installation: `source` copied, else a new one.

        A file that is there already was made by a call that did not finish, and is taken.
        """
        path = self.keys_dir / f"{name}.pem"
        if source is not None:
            self._require_fit(source)
            wanted = FileSigner(source, name).public_key
            if not path.exists():
                file.write_secret(path, file.read_secret(source))
        elif not path.exists():
            file.create(path, development=not self.production)
        self._require_fit(path)
        public_key = FileSigner(path, name).public_key
        if source is not None and wanted != public_key:
            raise Conflict(f"{path} is another key already.")
        return Made("file", path.name, public_key, f"the file {path}")

    def in_token(self, token: str, label: str) -> Made:
        """The key of that label in a token; made there if there is none."""
        place = Place(token, label)
        public_key = pkcs11.find_or_create(self._token(token), label)
        return Made("pkcs11", place.reference, public_key, f"the key {label} of the token {token}")

    def at_service(self, credential_id: str) -> Made:
        """A credential of the sealing service."""
        public_key = remote.public_key_of(self._service(), credential_id)
        return Made("remote", credential_id, public_key, f"the credential {credential_id}")

    def _own_file(self, name: str) -> Path:
        if not _FILE_NAME.fullmatch(name):
            raise NotConfigured(f"{name} is no name of a key file: those are seal-….pem, without a path.")
        self._require_fit(self.keys_dir / name)
        return self.keys_dir / name

    def _require_fit(self, path: Path) -> None:
        if self.production and file.is_development(path):
            raise NotConfigured(
                f"{path} is a development key of a demo: others may have it. Make your own with"
                " `passport keys create`."
            )

    def _token(self, label: str) -> Token:
        if self.hsm_module is None:
            raise NotConfigured("The setting PASSPORT_HSM_MODULE is missing: see deploy/env.example.")
        if label not in self._tokens:
            self._tokens[label] = Token(pkcs11.module(self.hsm_module), label, self.hsm_pin)
        return self._tokens[label]

    def _service(self) -> SealingService:
        if self.sealing_url is None:
            raise NotConfigured("The setting PASSPORT_SEALING_URL is missing: see deploy/env.example.")
        return SealingService(self.sealing_url, self.sealing_token, self.sealing_ca_file)
