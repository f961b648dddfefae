"""A mapping proposed for a sample, with a reason for each column; what is guessed is called a guess.

A column goes where its name and its values fit best: words in German and English, the unit in its header,
check digits, days and times, magnitudes. A place is given once. Nothing here decides: people confirm it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from app.core import mapping_magnitudes, mapping_places, mapping_sample, mapping_words, unit_conversion
from app.core.catalogue import SHAPES, ValueForm
from app.core.csv_records import subject_columns
from app.core.intake import KINDS, Kind
from app.core.mapping_flat import Row
from app.core.mapping_sample import Marks
from app.core.mapping_targets import target
from app.core.units import COUNTS

MOST_JUDGED: Final = 300
"""Columns that are held against every place; those behind them wait for a person (T28)."""
ENOUGH: Final = 0.5
NEAR: Final = 0.2
_CHECK_DIGITS: Final = 1.3
"""More than any name can score: a number with check digits is the GTIN, whatever its column is called."""
_MEASURED: Final = ("decimal", "integer")
_TIMES: Final = ("date", "datetime", "year_month")
_GERMAN: Final = frozenset(
    {"datum", "uhrzeit", "seriennummer", "charge", "gewicht", "ergebnis", "auftrag", "pruefstand"}
)


@dataclass(slots=True)
class Suggestion:
    """What one column may mean. `to` is None where nothing fits: it must be mapped or ignored by a person."""

    column: str
    to: str | None = None
    unit: str | None = None
    format: str | None = None
    table: dict[str, Any] | None = None
    pad: int | None = None
    decimals: int | None = None
    split: str | None = None
    score: float = 0.0
    reasons: list[str] = field(default_factory=list)
    is_guess: bool = False

    def as_field(self) -> dict[str, Any]:
        """The same as a field of a mapping."""
        found = {
            "to": self.to, "from": self.column, "unit": self.unit, "format": self.format, "table": self.table,
            "pad": self.pad, "round": self.decimals,
            "split": self.split,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole mapping as a suggestion. `extra` are fields that no single column gives; `release` says which
    column stamps a pack."""

    kind: Kind
    kind_reason: str
    marks: Marks
    suggestions: tuple[Suggestion, ...]
    extra: tuple[dict[str, Any], ...]
    release: Suggestion | None
    zone: str

    def document(self, name: str, **source: Any) -> dict[str, Any]:
        """The mapping as it would be saved if all of it is right; unmapped columns are not in it."""
        fields = [*self.extra, *(each.as_field() for each in self.suggestions if each.to)]
        return {
            "name": name,
            "source": {
                **{key: value for key, value in source.items() if value},
                **source_of(self.marks),
                "zone": self.zone,
            },
            "records": [{"kind": self.kind, "fields": fields}],
        }


def source_of(marks: Marks) -> dict[str, Any]:
    """Marks as a mapping has them."""
    return {
        **({"decimal": marks.decimal} if marks.decimal != "." else {}),
        **({"thousands": marks.thousands} if marks.thousands else {}),
    }


def propose(
    columns: Sequence[str], rows: Sequence[Row], kind: Kind | None = None, units: Mapping[str, str] = {}
) -> Proposal:
    """The most likely mapping of a sample; of one kind, or of the kind that fits most of its columns. `units`
    stand in a row of their own below the header."""
    values = {column: mapping_sample.texts(rows, column) for column in columns}
    near = {column: _near(column) for column in columns[:MOST_JUDGED]}
    marks = mapping_sample.marks_of(text for found in values.values() for text in found)
    if kind is None:
        rated = [(_rate(_assigned(near, values, marks, each, units), each), each) for each in KINDS]
        _, kind = max(rated, key=lambda pair: pair[0])
        fit = sum(each.to is not None for each in _assigned(near, values, marks, kind, units))
        reason = f"most columns fit a record of this kind ({fit} of {len(columns)})"
    else:
        reason = "you chose it"
    found = _assigned(near, values, marks, kind, units)
    extra = _times(found, values)
    stamp = next(
        (each for each in found if each.to is None and mapping_sample.stamps_of(values[each.column])), None
    )
    if stamp is not None and kind == "pack":
        verdicts = mapping_sample.stamps_of(values[stamp.column]) or {}
        stamp.table = {text: "OK" for text, means in verdicts.items() if means} or {"OK": "OK"}
        stamp.reasons.append("its texts are verdicts: a pack that passed gets its stamp")
    words = {word for column in columns for word in mapping_words.words_of(column)}
    zone = "Europe/Berlin" if words & _GERMAN else "UTC"
    return Proposal(kind, reason, marks, tuple(found), tuple(extra), stamp if kind == "pack" else None, zone)


def _rate(found: Sequence[Suggestion], kind: Kind) -> float:
    """How well a kind fits: what its columns score, and whether what it needs is there."""
    given = {each.to for each in found if each.to}
    needed = {f"details.{each.name}" for each in SHAPES[f"details/{kind}"].fields if each.required}
    needed |= set(subject_columns(kind))
    return (
        sum(each.score for each in found if each.to)
        + sum(0.5 for each in needed if each in given)
        - 0.3 * len(needed - given)
    )


def _near(column: str) -> frozenset[str]:
    """Places whose name a column's may mean, whatever the kind; no value makes up for a name that is not."""
    name, _ = mapping_words.unit_of(column)
    return frozenset({"gtin"}) | {to for to in _every_place() if mapping_words.likeness(name, to)[0] >= NEAR}


@cache
def _every_place() -> tuple[str, ...]:
    return tuple(dict.fromkeys(to for kind in KINDS for to in mapping_places.targets(kind)))


def _assigned(
    near: Mapping[str, frozenset[str]], values: Mapping[str, tuple[str, ...]], marks: Marks, kind: Kind,
    units: Mapping[str, str],
) -> list[Suggestion]:  # fmt: skip
    """Each column with the place that fits it best, each place once; the best pairs first."""
    pairs: list[tuple[float, int, str, Suggestion]] = []
    places = mapping_places.targets(kind)
    for at, (column, likely) in enumerate(near.items()):
        for to in filter(likely.__contains__, places):
            made = _judge(column, values[column], to, kind, marks, units.get(column))
            if made.score >= ENOUGH:
                pairs.append((made.score, -at, to, made))
    taken: set[str] = set()
    found: dict[str, Suggestion] = {}
    for _, _, to, made in sorted(pairs, key=lambda pair: (-pair[0], -pair[1], places.index(pair[2]))):
        if made.column not in found and to not in taken:
            found[made.column] = made
            taken.add(to)
    return [found.get(name) or Suggestion(name) for name in values]


def _judge(
    column: str, values: tuple[str, ...], to: str, kind: Kind, marks: Marks, below: str | None
) -> Suggestion:
    """One column held against one place. `below` is the unit that a row below the header gives."""
    name, unit = mapping_words.unit_of(column)
    unit = unit or below
    like, as_name = mapping_words.likeness(name, to)
    made = Suggestion(column, to, score=like)
    if like >= 0.4:
        made.reasons.append(f"the name is like \u201c{as_name}\u201d")
    form = target(to, kind).form or ValueForm(type="datetime" if to == "sentAt" else "string")
    if to == "gtin":
        if mapping_sample.is_gtin(values):
            made.score += _CHECK_DIGITS
            made.reasons.append("the check digits of all values fit a GTIN")
            if like < NEAR:
                made.is_guess = True
                made.reasons.append("the name does not say so: look at it")
            made.pad = 14 if any(len(text) < 14 for text in values) else None
        elif values:
            made.score = 0.0
    elif form.type in _TIMES:
        _judge_times(made, values, form)
    elif form.type in _MEASURED:
        _judge_numbers(made, values, form, unit, marks)
        if unit is not None and unit is below:
            made.reasons = [
                each.replace("the header says", "the row below the header says") for each in made.reasons
            ]
    elif form.is_list:
        _judge_list(made, values)
    elif form.allowed:
        _judge_allowed(made, values, form)
    elif unit is not None and unit_conversion.is_unit(unit):
        made.score -= 0.5  # a unit stands in the header, and a text has none
    return made


def _judge_times(made: Suggestion, values: tuple[str, ...], form: ValueForm) -> None:
    formats = mapping_sample.formats_of(values)
    if form.type == "datetime":
        formats = [
            each for each in formats if "HH" in each or (each == "iso" and any(":" in v for v in values))
        ]
    if values and not formats:
        made.score = 0.0
        return
    if formats:
        made.score += 0.15
        made.format = None if formats[0] == "iso" else formats[0]
        made.reasons.append(f"all values are written as {formats[0]}")
        if len(formats) > 1 and formats[0] != "iso" and {formats[0][:2], formats[1][:2]} == {"DD", "MM"}:
            made.is_guess = True
            made.reasons.append("day and month could change places: look at it")


def _judge_numbers(
    made: Suggestion, values: tuple[str, ...], form: ValueForm, unit: str | None, marks: Marks
) -> None:
    found = mapping_sample.numbers(values, marks)
    code, odd = form.unit, len(values) - len(found)
    if odd * 2 > len(values):
        made.score = 0.0
        return
    if odd:
        made.reasons.append(f"{odd} of {len(values)} values are no numbers: they will be refused")
    if code is None or code in COUNTS:
        made.score -= 0.5 if unit is not None and unit_conversion.is_unit(unit) else 0.0
        return
    if unit is not None:
        if not unit_conversion.convertible(code, unit):
            made.score = 0.0
            return
        made.score += 0.3
        made.unit = unit_conversion.tidy(unit)
        made.reasons.append(f"the header says {unit}")
    else:
        made.unit, why = mapping_magnitudes.unit_of(made.to or "", code, found)
        made.is_guess = True
        made.reasons.append(why)
    if not unit_conversion.is_exact(code, made.unit):
        made.decimals = 6
        made.reasons.append("not every number converts exactly: 6 decimals are kept")


def _judge_allowed(made: Suggestion, values: tuple[str, ...], form: ValueForm) -> None:
    if set(values) <= set(form.allowed):
        made.score += 0.2 if values else 0.0
        return
    stamps = mapping_sample.stamps_of(values)
    if stamps is not None and set(form.allowed) == {"pass", "fail"}:
        made.score += 0.3
        made.table = {text: "pass" if means else "fail" for text, means in stamps.items()}
        made.reasons.append("the texts are verdicts: each gets a meaning")
    else:
        made.score = min(made.score, ENOUGH) if made.score >= 0.8 else 0.0
        made.is_guess = True
        made.reasons.append(f"its texts need a table: known are {', '.join(form.allowed[:6])}")


def _judge_list(made: Suggestion, values: tuple[str, ...]) -> None:
    mark = next((mark for mark in ";,/" if any(mark in text for text in values)), None)
    if mark is not None:
        made.split = mark
        made.reasons.append(f"several entries stand in a cell, with {mark} between them")


def _times(found: list[Suggestion], values: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """When a row was sent: a day beside a time of day, a column of moments, or else the file's own time."""
    if any(each.to == "sentAt" for each in found):
        return []
    clock = next((each for each in found if mapping_sample.clock_of(values[each.column])), None)
    days = [each for each in found if _is_day(values[each.column])]
    if clock is not None and days:
        day = days[0]
        first = mapping_sample.formats_of(values[day.column])[0]
        written = "YYYY-MM-DD" if first == "iso" else first
        clock.reasons.append(f"with {day.column} it is the time of the row")
        clock.score = max(clock.score, ENOUGH)
        return [
            {
                "to": "sentAt",
                "template": f"{{{day.column}}} {{{clock.column}}}",
                "format": f"{written} {mapping_sample.clock_of(values[clock.column])}",
            }
        ]
    moments = [each for each in found if each.to is None and _is_moment(values[each.column])]
    if moments:
        moments[0].to, moments[0].score = "sentAt", ENOUGH
        _judge_times(moments[0], values[moments[0].column], ValueForm(type="datetime"))
        return []
    return [{"to": "sentAt", "file": "time"}]


def _is_day(values: tuple[str, ...]) -> bool:
    return bool(mapping_sample.formats_of(values)) and not any(":" in text for text in values)


def _is_moment(values: tuple[str, ...]) -> bool:
    return bool(values) and all(":" in text for text in values) and bool(mapping_sample.formats_of(values))
