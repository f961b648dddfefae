"""Settings: read once at the start, then passed on as one value.

What must never change lies in `settings.json` in the data directory, written when that is made: the origin
(labels, identifiers and signatures carry it) and whether the data is a demo (its keys and passwords are for
development). The rest comes from the environment; `deploy/env.example` lists every setting.
"""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.core.errors import NotConfigured

ROOT: Final = Path(__file__).resolve().parent.parent
DEFAULT_DATA: Final = ROOT / "data"
DEFAULT_LAN_DATA: Final = ROOT / "data-lan"

SETTINGS_FILE: Final = "settings.json"
UNFINISHED_FILE: Final = ".unfinished"
"""Stands in a data directory while it is being made: without it, the directory holds all it needs."""
CA_DIRECTORY: Final = "dev-ca"
"""The development authority of `--lan`. Outlives a reset: a new one must be taken to every phone again."""

DEMO_OPERATOR_NAME: Final = "Example Passport Operator"

_FORMAT: Final = 1
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_DATABASES: Final = ("sqlite", "postgresql")
_MQTT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """What a token or a sealing service needs. The secrets are read when they are used, and never stored."""

    hsm_module: Path | None = None
    hsm_pin: str | None = field(default=None, repr=False)
    hsm_pin_file: Path | None = None
    sealing_url: str | None = None
    sealing_token: str | None = field(default=None, repr=False)
    sealing_token_file: Path | None = None
    sealing_ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker that lines send to, and how `passport mqtt` signs in there."""

    host: str = "localhost"
    port: int = 1883
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    client_id: str = "passport"
    """The beginning of every worker's client id: sessions belong to it."""
    version: str = "5"
    """Of the protocol: `5`, or `3.1.1` for a broker that knows no other."""

    @property
    def url(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """When the quarantine of a plant grows too much, and who is told."""

    open: int = 50
    """More entries than these are open."""
    recent: int = 20
    """More than these came in within `minutes`, and are open."""
    minutes: int = 10
    webhook: str | None = None
    """https, or http on this machine."""
    secret: str | None = field(default=None, repr=False)
    """Signs what the webhook is told."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation."""

    data_dir: Path
    origin: str
    """Public base URL without a path, e.g. `https://passports.example`; links never come from Host."""
    database_url: str = field(repr=False)  # may hold a password
    demo: bool = False
    """Development keys and printed sign-ins: fixed when the data directory was made, never for production."""
    operator_name: str = DEMO_OPERATOR_NAME
    rdfc_proofs: bool = True
    """Whether passports are signed over their meaning as well (`ecdsa-rdfc-2019`), or by every byte alone."""
    conformance: bool = False
    """Addresses for test suites are open: chosen at a start, in a data directory of its own, never stored."""
    tsa_url: str | None = None
    """Service that stamps the day's checkpoint of the public log (RFC 3161)."""
    plant_records_per_minute: int = 600_000
    """Records and requests that one plant may send by REST, so that it leaves room for others (T27)."""
    proxies: int = 0
    """Reverse proxies before the service: so many of the last X-Forwarded-For entries are believed."""
    signing: SigningSettings = field(default_factory=SigningSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    alarm: AlarmSettings = field(default_factory=AlarmSettings)

    @property
    def production(self) -> bool:
        return not self.demo

    @property
    def keys_dir(self) -> Path:
        """Private keys, as files of mode 0600."""
        return self.data_dir / "keys"

    @property
    def anchors_dir(self) -> Path:
        """Certificates that chains of listed keys may lead to, as PEM files; often there are none."""
        return self.data_dir / "anchors"

    @property
    def secure(self) -> bool:
        """The origin is https: cookies may be marked Secure."""
        return self.origin.startswith("https://")


def data_dir(option: str | None, environ: Mapping[str, str], default: Path = DEFAULT_DATA) -> Path:
    """Where the data lies: `--data`, else PASSPORT_DATA, else the `data` directory of the checkout."""
    chosen = option or environ.get("PASSPORT_DATA")
    return Path(chosen).expanduser().absolute() if chosen else default


def load(data_dir: Path, environ: Mapping[str, str]) -> Settings:
    """Settings of an existing installation.

    Raises: NotConfigured if there is none, if other users can read it, or if a setting is unfit.
    """
    path = data_dir / SETTINGS_FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        origin, demo = str(stored["origin"]), stored["demo"] is True
        known = stored["format"] == _FORMAT
    except FileNotFoundError:
        raise NotConfigured(
            f"There is no data in {data_dir}: start ./run for a demo, or make it with `passport init`."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NotConfigured(f"{path} cannot be read: restore it from a backup.") from None
    if not known:
        raise NotConfigured(f"{path} was written by another version of this program: use that version.")
    if stat.S_IMODE(data_dir.stat().st_mode) & 0o077:
        raise NotConfigured(f"Other users can read {data_dir}: run `chmod 700 {data_dir}`.")
    wanted = environ.get("PASSPORT_ORIGIN")
    if wanted and normal_origin(wanted) != origin:
        raise NotConfigured(
            f"PASSPORT_ORIGIN is {wanted}, but the data in {data_dir} was made for {origin}: labels carry"
            " that address, so unset PASSPORT_ORIGIN or use other data."
        )
    return Settings(
        data_dir=data_dir,
        origin=origin,
        database_url=_database_url(data_dir, environ),
        demo=demo,
        operator_name=_of_operator("PASSPORT_OPERATOR_NAME", DEMO_OPERATOR_NAME, demo, environ),
        rdfc_proofs=_rdfc_proofs(environ),
        tsa_url=_tsa_url(environ),
        plant_records_per_minute=_plant_records(environ),
        proxies=_proxies(environ),
        signing=_signing(environ),
        mqtt=_mqtt(environ),
        alarm=_alarm(environ),
    )


def create(data_dir: Path, origin: str, *, demo: bool, environ: Mapping[str, str]) -> Settings:
    """Make a data directory (mode 0700) with its settings file, and read it back.

    The mark of an unfinished directory stays in it until `finish`.
    Raises: NotConfigured if the directory holds something else, or the origin is unfit.
    """
    origin = normal_origin(origin)
    if not demo and not origin.startswith("https://"):
        raise NotConfigured(f"The origin {origin} is not https: readers could not trust what it serves.")
    if data_dir.exists() and not (
        data_dir.is_dir() and {e.name for e in data_dir.iterdir()} <= {CA_DIRECTORY}
    ):
        raise NotConfigured(f"{data_dir} holds something else: name a new or empty directory.")
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    (data_dir / UNFINISHED_FILE).touch(mode=0o600)
    text = json.dumps({"format": _FORMAT, "origin": origin, "demo": demo}, indent=1) + "\n"
    handle = os.open(data_dir / SETTINGS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return load(data_dir, environ)


def finish(settings: Settings) -> None:
    """Say that the data directory now holds all it needs."""
    (settings.data_dir / UNFINISHED_FILE).unlink(missing_ok=True)


def normal_origin(text: str) -> str:
    """Scheme, host in lower case, and the port where it is not the scheme's own. Raises: NotConfigured."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or not bare:
        raise NotConfigured(f"The origin {text} is not of the form https://host or https://host:port.")
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def _database_url(data_dir: Path, environ: Mapping[str, str]) -> str:
    given = environ.get("PASSPORT_DATABASE_URL")
    if not given:
        return f"sqlite:///{data_dir / 'passport.sqlite3'}"
    if given.split("://")[0].split("+")[0] not in _DATABASES:
        raise NotConfigured("PASSPORT_DATABASE_URL must begin with postgresql:// or sqlite:///.")
    return given


def _of_operator(name: str, demo_value: str, demo: bool, environ: Mapping[str, str]) -> str:
    """Who answers for the passports: nothing stands in for it outside a demo."""
    value = environ.get(name, "").strip()
    if value or demo:
        return value or demo_value
    raise NotConfigured(f"The setting {name} is missing: see deploy/env.example.")


def _path(name: str, environ: Mapping[str, str]) -> Path | None:
    given = environ.get(name, "").strip()
    return Path(given).expanduser().absolute() if given else None


def _mqtt(environ: Mapping[str, str]) -> MqttSettings:
    given = environ.get("PASSPORT_MQTT_URL", "").strip() or "mqtt://localhost"
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = (parts.hostname or "").lower()
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in _MQTT_PORTS or not host or not bare:
        raise NotConfigured(
            "PASSPORT_MQTT_URL is mqtts://host or mqtts://host:port, or mqtt://localhost for a broker on this"
            " machine. The login has settings of its own."
        )
    if parts.scheme == "mqtt" and host not in _LOOPBACK:
        raise NotConfigured(
            f"PASSPORT_MQTT_URL names {host} without TLS: passwords and records would travel in the clear."
            " Use mqtts://."
        )
    version = environ.get("PASSPORT_MQTT_VERSION", "").strip() or "5"
    if version not in ("5", "3.1.1"):
        raise NotConfigured("PASSPORT_MQTT_VERSION is the version of the protocol: 5 or 3.1.1.")
    client_id = environ.get("PASSPORT_MQTT_CLIENT_ID", "").strip() or "passport"
    if not _CLIENT_ID.fullmatch(client_id):
        raise NotConfigured("PASSPORT_MQTT_CLIENT_ID is made of letters, digits, - and _: 20 at most.")
    return MqttSettings(
        host, port or _MQTT_PORTS[parts.scheme], parts.scheme == "mqtts",
        username=environ.get("PASSPORT_MQTT_USERNAME", "").strip() or None,
        password=environ.get("PASSPORT_MQTT_PASSWORD") or None,
        password_file=_path("PASSPORT_MQTT_PASSWORD_FILE", environ),
        ca_file=_path("PASSPORT_MQTT_CA_FILE", environ),
        cert_file=_path("PASSPORT_MQTT_CERT_FILE", environ),
        key_file=_path("PASSPORT_MQTT_KEY_FILE", environ),
        client_id=client_id, version=version,
    )  # fmt: skip


def _signing(environ: Mapping[str, str]) -> SigningSettings:
    def path(name: str) -> Path | None:
        return _path(name, environ)

    ca_file = path("PASSPORT_SEALING_CA_FILE")
    return SigningSettings(
        hsm_module=path("PASSPORT_HSM_MODULE"),
        hsm_pin=environ.get("PASSPORT_HSM_PIN") or None,
        hsm_pin_file=path("PASSPORT_HSM_PIN_FILE"),
        sealing_url=environ.get("PASSPORT_SEALING_URL", "").strip() or None,
        sealing_token=environ.get("PASSPORT_SEALING_TOKEN") or None,
        sealing_token_file=path("PASSPORT_SEALING_TOKEN_FILE"),
        sealing_ca_file=str(ca_file) if ca_file else None,
    )


def _rdfc_proofs(environ: Mapping[str, str]) -> bool:
    given = environ.get("PASSPORT_PROOFS", "").strip() or "both"
    if given not in ("both", "jcs"):
        raise NotConfigured("PASSPORT_PROOFS says how passports are signed: both, or jcs alone.")
    return given == "both"


def _tsa_url(environ: Mapping[str, str]) -> str | None:
    given = environ.get("PASSPORT_TSA_URL", "").strip()
    if given and (urlsplit(given).scheme not in _DEFAULT_PORTS or not urlsplit(given).hostname):
        raise NotConfigured("PASSPORT_TSA_URL is the http or https address of a time stamping service.")
    return given or None


def _alarm(environ: Mapping[str, str]) -> AlarmSettings:
    def number(name: str, absent: int) -> int:
        given = environ.get(name, "").strip() or str(absent)
        if not (given.isascii() and given.isdigit() and len(given) <= 9):
            raise NotConfigured(f"{name} is a whole number.")
        return int(given)

    usual = AlarmSettings()
    webhook = environ.get("PASSPORT_ALARM_WEBHOOK", "").strip() or None
    secret = environ.get("PASSPORT_ALARM_SECRET", "").strip() or None
    if webhook is not None:
        try:
            parts = urlsplit(webhook)
            is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
            is_fit = bool(parts.hostname) and (parts.scheme == "https" or is_here) and parts.port != 0
        except ValueError:
            is_fit = False
        if not is_fit:
            raise NotConfigured("PASSPORT_ALARM_WEBHOOK is an https address, or an http one of this machine.")
        if secret is None or len(secret) < 16:
            raise NotConfigured(
                "PASSPORT_ALARM_SECRET, of 16 characters or more, signs what the webhook is told."
            )
    return AlarmSettings(
        open=number("PASSPORT_ALARM_OPEN", usual.open),
        recent=number("PASSPORT_ALARM_RECENT", usual.recent),
        minutes=max(number("PASSPORT_ALARM_MINUTES", usual.minutes), 1),
        webhook=webhook,
        secret=secret,
    )


def _plant_records(environ: Mapping[str, str]) -> int:
    given = environ.get("PASSPORT_PLANT_RECORDS_PER_MINUTE", "").strip() or "600000"
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= 10**9):
        raise NotConfigured("PASSPORT_PLANT_RECORDS_PER_MINUTE is a whole number from 1 on.")
    return int(given)


def _proxies(environ: Mapping[str, str]) -> int:
    given = environ.get("PASSPORT_PROXIES", "").strip() or "0"
    if given not in ("0", "1", "2", "3"):
        raise NotConfigured("PASSPORT_PROXIES is the number of reverse proxies before the service: 0 to 3.")
    return int(given)
