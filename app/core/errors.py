"""One family of errors, named by cause.

`code` is public and frozen once released; `web/problems.py` is the only file that knows HTTP numbers.
A message may be shown to the caller: it carries no value that the caller did not send, and no inner text.
"""

from collections.abc import Sequence
from typing import Any, ClassVar


class PassportError(Exception):
    """Root of all errors that a caller may be told about."""

    code: ClassVar[str] = "error"

    def members(self) -> dict[str, Any]:
        """RFC 9457 extension members: public, so listed by hand."""
        return {}


class Rejected(PassportError):
    """What was sent cannot be taken as it is."""

    code = "rejected"


class MalformedInput(Rejected):
    """A value breaks a rule. Says where (JSON pointer), which rule, and which clause asks for it."""

    code = "malformed-input"

    def __init__(self, detail: str, *, pointer: str = "", rule: str = "", clause: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.rule = rule
        self.clause = clause

    def members(self) -> dict[str, Any]:
        found = {"pointer": self.pointer, "rule": self.rule, "clause": self.clause}
        return {name: value for name, value in found.items() if value or name == "pointer"}


class MalformedJson(MalformedInput):
    """The bytes are not one strict I-JSON document (RFC 7493)."""

    code = "malformed-json"


class MalformedIdentifier(MalformedInput):
    """A GS1 identifier has a wrong length, character or check digit."""

    code = "malformed-identifier"


class MalformedDate(MalformedInput):
    """A day or time to look back to is none, or has not come yet."""

    code = "malformed-date"


class TooLarge(Rejected):
    """A stated size limit is exceeded."""

    code = "too-large"


class IncompletePassport(Rejected):
    """Required attributes are missing; `missing` holds one mapping each, in catalogue order."""

    code = "incomplete-passport"

    def __init__(self, missing: Sequence[dict[str, Any]]) -> None:
        super().__init__(f"{len(missing)} required attributes are missing")
        self.missing = tuple(missing)

    def members(self) -> dict[str, Any]:
        return {"missing": list(self.missing)}


class Conflict(Rejected):
    """The same identifier was used before for something else."""

    code = "conflict"


class KindNotAllowed(Rejected):
    """The token of the sender does not take records of this kind; `kinds` are those that it takes."""

    code = "kind-not-allowed"

    def __init__(self, kind: str, kinds: Sequence[str]) -> None:
        takes = f"It takes {', '.join(kinds)}." if kinds else "It takes no records."
        super().__init__(f"The sender's token takes no records of kind {kind}. {takes}")
        self.kinds = tuple(kinds)

    def members(self) -> dict[str, Any]:
        return {"kinds": list(self.kinds)}


class NotFound(PassportError):
    """There is no such thing, or the reader may not know of it: the answers are the same."""

    code = "not-found"


class NotYet(NotFound):
    """It is here now, and was not at the moment that the reader looks back to."""


class Unauthenticated(PassportError):
    """Credentials are missing, unknown or expired."""

    code = "unauthenticated"


class TokenRefused(Unauthenticated):
    """A machine's token is missing, or `was_sent` and is unknown or over (RFC 6750 3)."""

    def __init__(self, detail: str, *, was_sent: bool) -> None:
        super().__init__(detail)
        self.was_sent = was_sent


class Forbidden(PassportError):
    """The caller is known and lacks the right."""

    code = "forbidden"


class InsufficientScope(Forbidden):
    """A token is known, and lacks the scope that the request needs (RFC 6750 3.1)."""

    code = "insufficient-scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This token lacks the scope {scope}. Ask the operator for one that has it.")
        self.scope = scope

    def members(self) -> dict[str, Any]:
        return {"scope": self.scope}


class RateLimited(PassportError):
    """Too many attempts; try again after `retry_after_s` seconds."""

    code = "rate-limited"

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Busy(PassportError):
    """Work of this kind is waiting already; try again after `retry_after_s` seconds."""

    code = "busy"

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class StoreFull(PassportError):
    """The disk that the database lies on is full: nothing more is taken until there is room."""

    code = "store-full"


class StoreAway(PassportError):
    """The database does not answer, or is held by another process for too long."""

    code = "store-away"


class CannotSign(PassportError):
    """Nothing can be signed now: no key is in use, or its token or service does not answer."""

    code = "cannot-sign"


class NotConfigured(PassportError):
    """A setting or file is missing or unfit; the message names it and says what to do."""

    code = "not-configured"


class ForkedLog(PassportError):
    """What the public log holds contradicts what was signed before; nothing new is signed over it (T43)."""

    code = "forked-log"
