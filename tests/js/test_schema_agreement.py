"""The browser's small validator and the server's agree on every schema of the product (T22)."""

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.schema import schema, validate
from app.core.vocabulary import CATEGORIES, SECTIONS
from tests.core.test_schema import a_subject
from tests.js.node import NODE, QUIET

HERE = Path(__file__).resolve().parent
WRONG: tuple[Any, ...] = (
    7,
    -1,
    "",
    "x",
    "7.5",
    "2026-02-30",
    True,
    [],
    ["a", "a"],
    {},
    {"x": 1},
    "P8Y",
    "https://a b",
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield (*path, step)
        yield from places(below, (*path, step))


def mutations(subject: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One change each: a member or item taken out, replaced by something else, or put beside."""
    for number, path in enumerate(places(subject)):
        for change in ("remove", "replace", "add"):
            changed = copy.deepcopy(subject)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]  # type: ignore[index]
            if change == "remove":
                del holder[path[-1]]  # type: ignore[arg-type]
            elif change == "replace":
                holder[path[-1]] = WRONG[number % len(WRONG)]  # type: ignore[index]
            elif isinstance(holder, dict):
                holder["unknownMember"] = "1"
            else:
                holder.append(copy.deepcopy(holder[0]))
            yield changed


def test_both_validators_agree_on_every_schema_and_on_each_single_change() -> None:
    asked: list[tuple[list[bool], str]] = []
    for section in SECTIONS:
        subject = a_subject(section)
        for category in CATEGORIES:
            documents = [subject, *mutations(subject)]
            rules = {"$ref": "#/$defs/subject", "$defs": schema(section, category)["$defs"]}
            expected = [not validate(section, category, one) for one in documents]
            assert expected[0], validate(section, category, subject)
            assert not all(expected)
            asked.append((expected, json.dumps({"schema": rules, "documents": documents})))
    done = subprocess.run(
        [NODE, QUIET, HERE / "schema-verdicts.js"],
        input="".join(f"{line}\n" for _, line in asked),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(asked)
    for (expected, line), answer in zip(asked, answers, strict=True):
        documents = json.loads(line)["documents"]
        wrong = [
            documents[at]
            for at, (one, other) in enumerate(zip(expected, answer, strict=True))
            if one != other
        ]
        assert not wrong, json.dumps(wrong[0])[:3000]
