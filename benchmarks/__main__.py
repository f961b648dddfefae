"""`python -m benchmarks [NAME ...] [--rounds N] [--json FILE]`: run them, print the table."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Group

NAMES = (
    "lookup",
    "mqtt",
    "issuing",
    "log",
    "intake",
    "intake_many",
    "csv_files",
    "recall",
    "verifying",
    "browser",
    "first_view",
    "start",
    "crashes",
)


def main() -> None:
    """Run what is named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What things cost.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (all)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each comparison (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables here as Markdown")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    groups: list[Group] = []
    for name in given.names or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        run: Callable[[int], list[Group]] = import_module(f"benchmarks.{name}").run
        found = run(max(3, given.rounds))
        print(measure.table(found), flush=True)
        groups += found
    if given.json:
        told = {
            "takenAt": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": measure.machine(),
            "groups": [
                {**asdict(group), "figures": [one.as_dict() for one in group.figures]} for group in groups
            ],
        }
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if given.markdown:
        given.markdown.write_text(measure.markdown(groups).lstrip() + "\n", encoding="utf-8")
    missed = [one.name for group in groups for one in group.figures if one.met is False]
    print(f"\n{len(missed)} missed: {'; '.join(missed)}" if missed else "\nEvery target is met.")


if __name__ == "__main__":
    main()
