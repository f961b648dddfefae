"""Verification in the browser: elapsed time in Chromium at a sixth of this machine's pace, beside one WebCrypto
verification of 64 bytes at the same pace.

Chromium slows the page's own thread down, not its workers: so RDFC is told twice, in its worker at full pace and
on the page's thread at a sixth.
"""

from pathlib import Path

from benchmarks import chromium, installation, measure, serving, verifying
from benchmarks.measure import Figure, Group, Target

SLOWDOWN = 6
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
    with (
        installation.new(serving.free_port()) as made,
        serving.served(made) as client,
        chromium.browser() as running,
    ):
        page, _ = chromium.new_page(running, cpu=SLOWDOWN)
        page.goto(f"{made.settings.origin}/bench/page")
        found = page.evaluate(
            f"({SCRIPT.partition('*/')[2].strip()})",
            {
                "section": f"/passports/{made.uuid}/sections/public",
                "many": verifying.many_nodes(made).decode(),
                "subject": f"{made.settings.origin}/01/{installation.GTIN}/21/{installation.FIRST_SERIAL}",
                "rounds": rounds,
            },
        )
        version = running.version
        client.cpu_ns()
    costs = {LABELS[name]: values for name, values in found["costs"].items()}
    figures: list[Figure] = [
        measure.figure(costs, label, FLOOR, unit="ms", target=TARGETS.get(name))
        for name, label in LABELS.items()
        if name != "floor"
    ]
    first = ", ".join(f"{LABELS[name]} {seconds * 1e3:.1f}" for name, seconds in found["first"].items())
    notes = (
        f"the first of each in a fresh page, ms, in this order, with what it starts: {first}",
        f"Chromium {version}",
    )
    return [Group(f"Verifying in the browser, {SLOWDOWN} times slowed: elapsed", tuple(figures), notes)]
