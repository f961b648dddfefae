"""Logins at Mosquitto: lines of its password file, made without its tools.

`login:$7$rounds$salt$hash`, PBKDF2 with SHA-512. Passwords are made here and have 192 random bits, so few
rounds do: each connection costs the broker as many, and nobody guesses such a password.
"""

import base64
import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import Final

from app.core.errors import NotConfigured
from app.mqtt import topics

OWN: Final = "passport"
"""The login of the process itself."""
_ROUNDS: Final = 1_000
_LINE: Final = re.compile(r"[^:\s]+:\$[67]\$\S+")


def is_fit(login: str) -> bool:
    """A line's, or that of the process."""
    return login == OWN or topics.of_login(login) is not None


def new_password() -> str:
    return secrets.token_urlsafe(24)


def entry(login: str, password: str) -> str:
    """One line of the password file."""
    salt = secrets.token_bytes(12)
    found = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"{login}:$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(found).decode()}"


def write(path: Path, wanted: str) -> None:
    """Put an entry into a password file, in place of the one that its login had.

    The file keeps its owner and mode; a new one can be read by its owner alone. Raises: NotConfigured.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        rows = [row for row in text.splitlines() if row]
        if not all(_LINE.fullmatch(row) for row in rows):
            raise NotConfigured(f"{path} is no password file of Mosquitto: name another.")
        login = wanted.split(":")[0]
        rows = [row for row in rows if not row.startswith(f"{login}:")] + [wanted]
        beside = path.with_name(f".{path.name}.tmp")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(rows) + "\n")
            if path.exists():
                known = path.stat()
                os.fchmod(file.fileno(), known.st_mode & 0o777)
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), known.st_uid, known.st_gid)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(f"{path} cannot be written: {getattr(error, 'strerror', 'no text')}.") from None
