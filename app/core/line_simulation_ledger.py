"""The simulator's books: what was sent, what was answered, what was to be expected, and where they differ."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.core.line_simulation import Factory, Pack
from app.core.line_simulation_faults import Message, standing

Answer = Literal["accepted", "repeated", "taken", "refused"]
"""`taken` where a door does not tell a new record from a repeated one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a door said of the message with this number; `rule` is what refused it."""

    number: int
    answer: Answer
    rule: str = ""


@dataclass(slots=True)
class Ledger:
    """Messages by their number, in the order of sending."""

    sent: list[Message] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    told: dict[int, Told] = field(default_factory=dict)

    def post(self, messages: Iterable[Message], door: str) -> list[tuple[int, Message]]:
        """Enter messages that are about to go out by a door."""
        numbered = list(enumerate(messages, len(self.sent)))
        self.sent += [message for _, message in numbered]
        self.doors += [door] * len(numbered)
        return numbered

    def note(self, answers: Iterable[Told]) -> None:
        self.told |= {each.number: each for each in answers}

    @property
    def unanswered(self) -> list[int]:
        return [number for number in range(len(self.sent)) if number not in self.told]

    def surprises(self) -> list[str]:
        """One sentence for each answer that is not the expected one; silence is none."""
        found = []
        for number, told in sorted(self.told.items()):
            expected = self.sent[number].expected
            as_taken = told.answer == "taken" and expected.outcome != "refused"
            as_refused = told.answer != "refused" or told.rule in expected.rules
            if not as_taken and (told.answer != expected.outcome or not as_refused):
                by = f" by the rule {told.rule}" if told.rule else ""
                wanted = f"{expected.outcome} {'/'.join(sorted(expected.rules))}".rstrip()
                record_id = self.sent[number].record["recordId"]
                found.append(f"{record_id} by {self.doors[number]}: {told.answer}{by}, expected {wanted}")
        return found

    def counts(self) -> dict[str, int]:
        """Answers by kind, and how many there are none to."""
        answers = Counter(each.answer for each in self.told.values())
        return {**dict(sorted(answers.items())), "unanswered": len(self.unanswered)}

    def by_door(self) -> dict[str, int]:
        return dict(sorted(Counter(self.doors).items()))

    def expected_kinds(self) -> dict[str, int]:
        """Records that are stored in the end, by kind; one that came twice is one."""
        stored = (m.record["kind"] for m in self.sent if m.expected.outcome == "accepted")
        return dict(sorted(Counter(stored).items()))

    def expected_in_quarantine(self) -> dict[str, frozenset[str]]:
        """Record ids that wait in quarantine in the end, with the rules of which one refused them."""
        return {m.record["recordId"]: m.expected.rules for m in self.sent if m.expected.outcome == "refused"}


def expected_standings(packs: Iterable[Pack]) -> dict[str, int]:
    return dict(sorted(Counter(pack.state for pack in packs).items()))


def pack_surprises(factory: Factory, drafts: Mapping[str, Mapping[str, Any] | None]) -> list[str]:
    """One sentence for each pack that does not stand as it should. `drafts` by serial, as the API tells them;
    None for one that it does not know."""
    found = []
    for serial, pack in factory.packs.items():
        draft = drafts.get(serial)
        if draft is None:
            found.append(f"{serial}: not known, expected {pack.state}")
            continue
        missing = frozenset(each["id"] for each in draft["missing"])
        stands = standing(draft["state"], draft["release"], bool(missing))
        if (stands, missing) != (pack.state, pack.missing):
            other = ", ".join(sorted(missing ^ pack.missing))
            found.append(
                f"{serial}: {stands}, expected {pack.state}" + (f"; differs in {other}" if other else "")
            )
    return found
