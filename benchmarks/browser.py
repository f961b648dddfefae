"""Verification in the browser: elapsed time in Chromium at a sixth of this machine's pace, beside one
WebCrypto verification of 64 bytes at the same pace.

Chromium slows the page's own thread down, not its workers: so RDFC is told twice, in its worker at full pace
and on the page's thread at a sixth.
"""

from pathlib import Path

from benchmarks import chromium, installation, measure, serving, verifying
from benchmarks.measure import Figure, Group, Spread, Target

SLOWDOWN = 6
PAGES = 3
FLOOR = "bare WebCrypto verification"
SCRIPT = (Path(__file__).parent / "browser.js").read_text(encoding="utf-8")
LABELS = {
    "floor": FLOOR,
    "jcs": "JCS proof",
    "report": "whole report without RDFC",
    "rdfcWorker": "RDFC proof, in the worker (not slowed)",
    "rdfcHere": "RDFC proof, on the page's thread",
    "manyWorker": f"RDFC, {verifying.UNNAMED_NODES} nodes, in the worker (not slowed)",
    "manyHere": f"RDFC, {verifying.UNNAMED_NODES} nodes, on the page's thread",
}
TARGETS = {"jcs": Target(30, "value", "ms"), "report": Target(150, "value", "ms")}


def run(rounds: int) -> list[Group]:
    """The public section with every attribute set, over loopback."""
    costs: dict[str, list[float]] = {label: [] for label in LABELS.values()}
    first: dict[str, list[float]] = {}
    with (
        installation.new(serving.free_port()) as made,
        serving.served(made) as client,
        chromium.browser() as running,
    ):
        given = {
            "section": f"/passports/{made.uuid}/sections/public",
            "many": verifying.many_nodes(made).decode(),
            "subject": f"{made.settings.origin}/01/{installation.GTIN}/21/{installation.FIRST_SERIAL}",
            "rounds": max(2, rounds // PAGES),
        }
        for _ in range(PAGES):
            page, _session = chromium.new_page(running, cpu=SLOWDOWN)
            page.goto(f"{made.settings.origin}/bench/page")
            found = page.evaluate(f"({SCRIPT.partition('*/')[2].strip()})", given)
            for name, label in LABELS.items():
                costs[label] += found["costs"][name]
                first.setdefault(name, []).append(found["first"].get(name, 0.0))
            page.context.close()
        version = running.version
        client.cpu_ns()
    figures: list[Figure] = [
        Figure(
            "whole report without RDFC, first of a fresh page",
            Spread.of([seconds * 1e3 for seconds in first["report"]]),
            "ms",
            target=Target(150, "value", "ms"),
        ),
        *(
            measure.figure(costs, label, FLOOR, unit="ms", target=TARGETS.get(name))
            for name, label in LABELS.items()
            if name != "floor"
        ),
    ]
    started = Spread.of(first["rdfcWorker"]).median
    notes = (
        f"the first RDFC proof of a fresh page takes {started:.1f} s: its worker is loaded and started",
        f"Chromium {version}",
    )
    return [Group(f"Verifying in the browser, {SLOWDOWN} times slowed: elapsed time", tuple(figures), notes)]
