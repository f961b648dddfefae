"""`python -m tests.independent.judge WORK`: our verdict on WORK/theirs.json, which check.js wrote."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.core.authenticity import Policy
from app.core.verification import verify


def main(work: Path) -> int:
    failures = 0
    policy = Policy(conformance=True)
    for case in json.loads((work / "theirs.json").read_text()):
        altered = case["credential"] | {"validFrom": "2020-01-01T00:00:00Z"}
        for name, document, expected in (
            (case["name"], case["credential"], "valid"),
            (f"{case['name']}, altered", altered, "invalid"),
        ):
            report = verify(json.dumps(document).encode(), policy, now=datetime.now(UTC))
            agrees = report.verdict == expected
            failures += not agrees
            said = f"theirs, {name}: {report.verdict} {report.error or ''}"
            print("agrees  " if agrees else "DIFFERS ", said)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
