"""What goes wrong between a line and its passports, and what the product has to make of it.

A fault strikes one pack. It either costs nothing in the end (a record that is late, doubled or out of
order), or the pack waits and the reason is known beforehand: the rule that refuses its assembly record, or
the attribute that it lacks.
"""

import copy
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, get_args

from app.core.catalogue import CATALOGUE, list_parent
from app.core.times import parse, to_seconds

Fault = Literal[
    "late", "doubled", "disordered", "malformed", "wrong-unit", "missing-value", "clock-ahead", "clock-behind"
]
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)
HARMLESS: Final[frozenset[Fault]] = frozenset({"late", "doubled", "disordered"})
RULES: Final[Mapping[Fault, frozenset[str]]] = {
    "malformed": frozenset({"syntax", "columns"}),
    "wrong-unit": frozenset({"unit"}),
    "clock-ahead": frozenset({"sent-at"}),
    "clock-behind": frozenset({"sent-at"}),
}
"""Rules that refuse the assembly record: one of them, by the door's form (JSON or CSV)."""
LACKING: Final = "capacityFade"
"""What the fault `missing-value` leaves out."""

Outcome = Literal["accepted", "repeated", "refused"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a door has to answer; `rules` of which one must have refused."""

    outcome: Outcome
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """One record on its way. `is_torn` says that its text loses its end, whatever form the door gives it."""

    record: Mapping[str, Any]
    expected: Expected
    is_torn: bool = False

    @property
    def text(self) -> bytes:
        """As JSON, as most doors send it."""
        whole = json.dumps(self.record, ensure_ascii=False).encode()
        return whole[:-1] if self.is_torn else whole


def broken(
    records: Sequence[Mapping[str, Any]], fault: Fault | None, chance: random.Random
) -> tuple[list[Message], list[Message]]:
    """The messages of one pack as they travel: those that come much later, and those that come now.

    The first of `records` is the assembly.
    """
    taken = Expected("accepted")
    messages = [Message(record, taken) for record in records]
    first = records[0]
    if fault == "late":
        return messages[:1], messages[1:]
    if fault == "disordered":
        return [], messages[::-1]
    if fault == "doubled":
        at = chance.randrange(len(messages))
        messages.insert(at + 1, Message(records[at], Expected("repeated")))
    elif fault == "missing-value":
        messages[0] = Message(_without(first, LACKING), taken)
    elif fault is not None:
        messages[0] = Message(
            _spoilt(first, fault), Expected("refused", RULES[fault]), is_torn=fault == "malformed"
        )
    return [], messages


def _spoilt(record: Mapping[str, Any], fault: Fault) -> Mapping[str, Any]:
    changed = copy.deepcopy(dict(record))
    if fault == "wrong-unit":
        reading = changed["values"]["remainingCapacity"]
        changed["values"]["remainingCapacity"] = {**reading, "value": 14000, "unit": "mAh"}
    elif fault in ("clock-ahead", "clock-behind"):
        by = timedelta(hours=2) if fault == "clock-ahead" else timedelta(days=-40)
        changed["sentAt"] = to_seconds(parse(record["sentAt"]) + by)
    return changed


def _without(record: Mapping[str, Any], attribute_id: str) -> Mapping[str, Any]:
    values = {name: value for name, value in record["values"].items() if name != attribute_id}
    return {**record, "values": values}


def expected_pack(
    kinds: Sequence[str], fault: Fault | None, assembly: Mapping[str, Any]
) -> tuple[str, frozenset[str]]:
    """How the pack stands when all is in, in the words of `standing`, and what it then lacks: ids of
    attributes.

    A reading from use carries a capacity fade of its own, so nothing is lacking that it brings.
    """
    missing: frozenset[str] = frozenset()
    if fault == "missing-value":
        missing = frozenset({LACKING})
    elif fault is not None and fault not in HARMLESS:
        missing = _owed(assembly["values"]) | _OF_THE_BATCH
    if "reading" in kinds:
        missing -= {LACKING}
    if missing:
        return "incomplete", missing
    if "withdrawal" in kinds:
        return "withdrawn", missing
    return ("issued" if "release" in kinds else "waiting-for-stamp"), missing


def standing(state: str, release: str, is_lacking: bool) -> str:
    """How a pack stands, from what its draft says: `withdrawn` whether the stamp was taken back before the
    passport was out or after."""
    if state == "draft" and is_lacking:
        return "incomplete"
    if release == "withdrawn":
        return "withdrawn"
    return "waiting-for-stamp" if state == "draft" else state


_OF_THE_BATCH: Final = frozenset({"manufacturingPlace"})
"""What a pack lacks whose assembly never came: nothing says which batch it belongs to."""


def _owed(values: Mapping[str, Any]) -> frozenset[str]:
    """Attributes among `values` that a battery of this category must have."""
    given = set(values)
    for name, value in values.items():
        if isinstance(value, dict):
            given |= {f"{name}.{inner}" for inner in value}
    return frozenset(
        row.id
        for row in CATALOGUE
        if row.id in given
        and not row.system
        and list_parent(row) is None
        and row.obligation["lmt"].kind in ("required", "conditional")
    )
