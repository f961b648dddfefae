"""What is in what, and when, from all that records state about it.

(1) Of records that take each other's place, the newest by the sender's time stands; links of the others are
*superseded*. (2) Between one parent and one child, acts at a moment (`add`, `remove`) decide in the order of
their times over how it was made. (3) A way from a lot up to a battery holds while each of its links does.

A list of cell lots beside a list of modules says in sum what is in the modules. It counts for a battery only
as long as its parts leave the question open. Order of arrival decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

Spans = tuple[tuple[str, str], ...]
"""Times from which to which, in order, apart from each other; `""` is from the beginning, `END` until now."""
END: Final = "~"
ALWAYS: Final[Spans] = (("", END),)
Label = Literal["firm", "own", "batch"]
Standing = Literal["now", "former", "corrected"]
"""Holds it; held it once, and it was taken out; an earlier record said so and a newer one does not."""
STANDINGS: Final[tuple[Standing, ...]] = ("now", "former", "corrected")


class Stated(Protocol):
    """One link as it is stored."""

    @property
    def act(self) -> str: ...
    @property
    def at(self) -> str: ...
    @property
    def superseded(self) -> bool: ...
    @property
    def parent_kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Held:
    """How one parent holds one child. No spans: only what newer records no longer say."""

    spans: Spans
    label: Label

    @property
    def standing(self) -> Standing:
        return standing_of(self.spans) or "corrected"


def held(stated: Sequence[Stated]) -> Held:
    """All links between one parent and one child, in any order."""
    made = [link for link in stated if link.act in ("hold", "sum") and not link.superseded]
    acts = sorted((link.at, link.act == "add") for link in stated if _is_act(link) and not link.superseded)
    label: Label = "firm"
    if not acts and all(link.act == "sum" for link in made or stated):
        label = "batch" if stated[0].parent_kind == "batch" else "own"
    if not acts:
        return Held(ALWAYS if made else (), label)
    spans: list[tuple[str, str]] = []
    since: str | None = "" if made or not acts[0][1] else None
    for at, is_put_in in acts:
        if is_put_in and since is None:
            since = at
        elif not is_put_in and since is not None:
            spans.append((since, at))
            since = None
    if since is not None:
        spans.append((since, END))
    return Held(tuple(span for span in spans if span[0] < span[1]), label)


def _is_act(link: Stated) -> bool:
    return link.act in ("add", "remove")


def standing_of(spans: Spans) -> Standing | None:
    if not spans:
        return None
    return "now" if spans[-1][1] == END else "former"


def both(one: Spans, other: Spans) -> Spans:
    """When both were so."""
    if one == ALWAYS or not other:
        return other
    if other == ALWAYS or not one:
        return one
    found = [
        (max(a[0], b[0]), min(a[1], b[1])) for a in one for b in other if max(a[0], b[0]) < min(a[1], b[1])
    ]
    return tuple(sorted(found))


def either(one: Spans, other: Spans) -> Spans:
    """When one or the other was so."""
    if one == other or not other:
        return one
    if not one or other == ALWAYS:
        return other
    merged: list[tuple[str, str]] = []
    for start, end in sorted((*one, *other)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@dataclass(frozen=True, slots=True)
class Reach:
    """When a thing held what is asked for: by its parts, by its own list of lots, by its batch's list."""

    firm: Spans = ()
    own: Spans = ()
    batch: Spans = ()
    corrected: bool = False

    def above(self, link: Held) -> "Reach":
        """The same one link higher."""
        spans = link.spans
        if not spans:
            # a way that was never there at once is no way; one that was only said wrongly is told as that
            return Reach(corrected=True) if link.standing == "corrected" and self != Reach() else Reach()
        firm, own, batch = both(self.firm, spans), both(self.own, spans), both(self.batch, spans)
        if link.label == "own":
            firm, own = (), either(firm, own)
        elif link.label == "batch":
            firm, own, batch = (), (), either(firm, either(own, batch))
        return Reach(firm, own, batch, self.corrected)

    def joined(self, other: "Reach") -> "Reach":
        """By this way or another one."""
        return Reach(
            either(self.firm, other.firm), either(self.own, other.own), either(self.batch, other.batch),
            self.corrected or other.corrected,
        )  # fmt: skip

    @property
    def depends(self) -> bool:
        """Whether the answer depends on what the battery's parts leave open."""
        if standing_of(self.firm) == "now":
            return False
        if standing_of(self.own) == "now" and not self.firm:
            return False
        return "now" in (standing_of(self.own), standing_of(self.batch))

    def standing(self, *, is_open: bool = False) -> tuple[Standing, Spans] | None:
        """For a battery: how it stands and when it held it. None: it never did.

        `is_open`: some of what is in it now says nothing about its cells, or nothing of it is known.
        """
        summed = self.own if not self.firm or is_open else ()
        listed = self.batch if is_open else ()
        spans = either(self.firm, either(summed, listed))
        found = standing_of(spans)
        if found is not None:
            return found, spans
        return ("corrected", ()) if self.corrected else None
