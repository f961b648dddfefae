"""The one place where real parts are put together."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from app.config import ROOT, UNFINISHED_FILE, Settings
from app.core import did, log, trust_root
from app.core.credential import Issuer
from app.core.errors import NotConfigured
from app.core.key_register import KeyRecord
from app.core.keys import PublicKey
from app.core.late import Late
from app.keys import file as key_files
from app.keys import log as log_key_files
from app.keys.backends import Backends
from app.keys.file import FileSigner
from app.keys.log import NoteKey
from app.services import keys, trust
from app.services.context import Context
from app.store import engine as engines
from app.store.tables import metadata

if TYPE_CHECKING:
    import flask_sqlalchemy
    from alembic import command as alembic
    from alembic import config as alembic_config
    from flask import Flask
else:
    # twenty megabytes that only a server and the making of tables need
    alembic = Late("alembic.command")
    alembic_config = Late("alembic.config")
    flask_sqlalchemy = Late("flask_sqlalchemy")

SEAL_KEYS = "seal-*.pem"
"""Key names carry a year. Which of them signs is the register's word."""
ROOT_KEY = "trust-root.pem"
ROOT_KEYS = "trust-root*.pem"
"""One, or one for each of several people: `trust-root-1.pem` and so on."""
ROOT_PUBLIC = "trust-root.json"
LOG_KEYS = "log-*.pem"
"""One for each log, by its number: a log that is begun anew has a key and a name of its own."""
LOG_SECRET = "log-secret.bin"  # noqa: S105  (a file's name)


def clock() -> datetime:
    """The one clock of the product."""
    return datetime.now(UTC)


def create_data(
    settings: Settings,
    now: Callable[[], datetime] = clock,
    *,
    root_keys: int = 1,
    root_threshold: int = 1,
) -> None:
    """Make the keys of a new data directory, each for one purpose, mode 0600 (T6).

    `root_threshold` of the `root_keys` must sign a trust list (T46). Raises: MalformedInput.
    """
    settings.keys_dir.mkdir(mode=0o700, exist_ok=True)
    seal_key = settings.keys_dir / SEAL_KEYS.replace("*", f"{now():%Y}")
    key_files.create(seal_key, development=settings.demo)
    roots = {}
    for name in [f"root-{number}" for number in range(1, root_keys + 1)]:
        path = settings.keys_dir / (ROOT_KEY if root_keys == 1 else f"trust-{name}.pem")
        key_files.create(path, development=settings.demo)
        roots[name] = FileSigner(path, name).public_key
    log_key_files.create(settings.keys_dir / LOG_KEYS.replace("*", "1"))
    key_files.write_secret(settings.keys_dir / LOG_SECRET, secrets.token_bytes(32))
    public = json.dumps(trust_root.first(roots, root_threshold), indent=1).encode()
    key_files.write_secret(settings.keys_dir / ROOT_PUBLIC, public)


def migrate(settings: Settings, now: Callable[[], datetime] = clock) -> None:
    """Bring the tables up to date and make the first rows; does nothing where all is there.

    Raises: NotConfigured when a finished installation has lost its database file: an empty one in its place
    would forget every passport and every revocation without a word.
    """
    database = _sqlite_file(settings)
    unfinished = (settings.data_dir / UNFINISHED_FILE).exists()
    if database is not None and not database.exists() and not unfinished:
        raise NotConfigured(f"The database {database} is gone: restore it from your backup.")
    context = build(settings, now=now)
    try:
        upgrade(context.engine)
        if not context.log_keys:
            _make_log_key(context)
            context = replace(context, log_keys=_log_keys(settings))
        _register_first_key(context)
        trust.ensure(context)
    finally:
        context.dispose()
    if database is not None:
        os.chmod(database, 0o600)


def root_key_files(settings: Settings) -> list[Path]:
    """Files of root keys that lie in the data directory."""
    return sorted(settings.keys_dir.glob(ROOT_KEYS))


def root_signers(settings: Settings) -> list[FileSigner]:
    """Keys that sign the trust list; none where they are kept offline, as they should be.

    Raises: NotConfigured where production is given the root key of a demo.
    """
    paths = root_key_files(settings)
    for path in paths:
        if settings.production and key_files.is_development(path):
            raise NotConfigured(f"{path} is a development key of a demo: take it away.")
    return [FileSigner(path, path.stem) for path in paths]


def make_root_key(path: Path, *, development: bool = False) -> PublicKey:
    """A new root key in a new file. Raises: NotConfigured."""
    try:
        key_files.create(path, development=development)
    except OSError as error:
        raise NotConfigured(f"{path} cannot be made: {error.strerror}.") from None
    return FileSigner(path, path.stem).public_key


def load_root_key(path: Path) -> FileSigner:
    """A root key to sign with, wherever it is kept. Raises: NotConfigured."""
    return FileSigner(path, path.stem)


def key_backends(settings: Settings) -> Backends:
    """The places where seal keys of this installation may lie."""
    signing = settings.signing

    def pin() -> str | None:
        return signing.hsm_pin or _secret_text(signing.hsm_pin_file)

    def token() -> str:
        found = signing.sealing_token or _secret_text(signing.sealing_token_file)
        if found is None:
            raise NotConfigured("The setting PASSPORT_SEALING_TOKEN is missing: see deploy/env.example.")
        return found

    return Backends(
        settings.keys_dir,
        settings.production,
        signing.hsm_module,
        pin,
        signing.sealing_url,
        token,
        signing.sealing_ca_file,
    )


def mqtt_password(settings: Settings) -> str | None:
    """What `passport mqtt` signs in with. Raises: NotConfigured where others can read its file."""
    return settings.mqtt.password or _secret_text(settings.mqtt.password_file)


def _secret_text(path: Path | None) -> str | None:
    return None if path is None else key_files.read_secret(path).decode("utf-8").strip()


def _register_first_key(context: Context) -> None:
    """The file that `create_data` made; in data of before the register, the one that signed everything."""
    if keys.all(context):
        return
    files = sorted(context.settings.keys_dir.glob(SEAL_KEYS))
    if not files:
        raise NotConfigured(
            f"No signing key lies in {context.settings.keys_dir}; restore it from your backup."
        )
    since = trust.key_valid_from(context) or context.now().replace(microsecond=0)
    public = FileSigner(files[-1], files[-1].stem).public_key
    keys.adopt(context, KeyRecord(files[-1].stem, "file", files[-1].name, public, since, since))


def _make_log_key(context: Context) -> None:
    """The key of a log that was begun before logs had keys. Raises: NotConfigured where one was lost."""
    with context.read() as store:
        if store.log.has_checkpoints():
            raise NotConfigured(
                f"No key of the log lies in {context.settings.keys_dir}; restore it from your backup."
            )
    log_key_files.create(context.settings.keys_dir / LOG_KEYS.replace("*", "1"))


def _sqlite_file(settings: Settings) -> Path | None:
    """The database's file; None where a server keeps it."""
    prefix = "sqlite:///"
    url = settings.database_url
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


def upgrade(engine: Engine) -> None:
    """Run the migrations on one connection."""
    options = alembic_config.Config()
    options.set_main_option("script_location", str(ROOT / "migrations"))
    with engine.connect() as connection:
        options.attributes["connection"] = connection
        alembic.upgrade(options, "head")
        connection.commit()


def build(
    settings: Settings, *, engine: Engine | None = None, now: Callable[[], datetime] = clock
) -> Context:
    """Everything that services need. Raises: NotConfigured, naming what is missing."""
    issuer = did.did_web(settings.origin)
    backends = key_backends(settings)
    root = settings.keys_dir / ROOT_PUBLIC
    if not root.exists():
        raise NotConfigured(f"{root} is missing; restore it from your backup.")
    for path in settings.keys_dir.glob(SEAL_KEYS):
        key_files.read_secret(path)  # refused where others may read it
    engine = engine or engines.create(settings.database_url)
    return Context(
        settings=settings,
        engine=engine,
        reader=engines.reading(engine),
        now=now,
        open_signer=lambda record: backends.open(record, f"{issuer}#{record.name}"),
        issuer=Issuer(issuer, settings.operator_name),
        trust_root=json.loads(root.read_text(encoding="utf-8")),
        secret=key_files.read_secret(settings.keys_dir / LOG_SECRET),
        root_signers=lambda: root_signers(settings),
        log_keys=_log_keys(settings),
    )


def _log_keys(settings: Settings) -> dict[int, NoteKey]:
    found = {}
    for path in settings.keys_dir.glob(LOG_KEYS):
        number = path.stem.removeprefix("log-")
        if number.isascii() and number.isdigit():
            found[int(number)] = NoteKey(path, log.origin(settings.origin, int(number)))
    return found


def attach_database(application: "Flask", settings: Settings) -> Engine:
    """The engine of a Flask application, with our durability settings on it."""
    application.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    application.config["SQLALCHEMY_ENGINE_OPTIONS"] = engines.options(settings.database_url)
    database = flask_sqlalchemy.SQLAlchemy(application, metadata=metadata)
    with application.app_context():
        return engines.prepare(database.engine)
