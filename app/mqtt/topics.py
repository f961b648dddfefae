"""Topics: a plant's line sends to one and reads its receipts from another, both named by its login.

`passport/v1/PLANT/LINE/records` and `passport/v1/PLANT/LINE/receipts`. The login at the broker is PLANT/LINE,
and the broker's topic rights tie it to its own topics: a topic says who sent, and a payload never does (T14).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

ROOT: Final = "passport/v1"
RECORDS: Final = f"{ROOT}/+/+/records"
"""What the process subscribes to."""
GROUP: Final = "passport"
"""Of the shared subscription: the broker hands each message to one of the workers."""
_NAME: Final = r"[a-z0-9][a-z0-9-]{0,62}"
_LOGIN: Final = re.compile(rf"({_NAME})/({_NAME})")


@dataclass(frozen=True, slots=True)
class Sender:
    """A line of a plant."""

    plant: str
    line: str

    @property
    def login(self) -> str:
        return f"{self.plant}/{self.line}"

    @property
    def records(self) -> str:
        return f"{ROOT}/{self.login}/records"

    @property
    def receipts(self) -> str:
        return f"{ROOT}/{self.login}/receipts"

    def may_be_answered_at(self, topic: str) -> bool:
        """Whether a sender may ask for receipts there: its own topic of receipts, or one below it."""
        is_plain = not set(topic) & set("+#\0")
        return is_plain and (topic == self.receipts or topic.startswith(f"{self.receipts}/"))


def of_login(login: str) -> Sender | None:
    """The line that a login names; None for anything else."""
    found = _LOGIN.fullmatch(login)
    return Sender(found[1], found[2]) if found else None


@lru_cache(maxsize=1_024)
def of_topic(topic: str) -> Sender | None:
    """Who sent to a topic; None where it is no topic of records."""
    if not (topic.startswith(f"{ROOT}/") and topic.endswith("/records")):
        return None
    return of_login(topic.removeprefix(f"{ROOT}/").removesuffix("/records"))
