"""What a phone fetches before it shows something, and how long that takes over slow 4G.

Bytes are those of the network, headers left out, as Chromium counts them: every file that the page makes it
load, each packed as the server sends it. The same pages with an empty cache over slow 4G at a quarter of this
machine's pace are timed beside an empty page of the same server.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from benchmarks import chromium, installation, measure, serving
from benchmarks.installation import Installation
from benchmarks.measure import Figure, Group, Spread, Target

SLOWDOWN = 4
PAINT = """
() => ({
  first: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  loaded: performance.getEntriesByType('navigation')[0].loadEventEnd,
})
"""
PARTS = ("document", "stylesheet", "script")
LIMIT = Target(60, "value", "kB")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file on the network."""

    path: str
    kind: str
    body: int
    """Bytes of the body as sent."""
    packed: int
    """The same packed by gzip, where it was sent as it is and packing helps: what nginx would send."""


def run(rounds: int) -> list[Group]:
    """The public passport page and the scanner, before the camera is started."""
    with (
        installation.new(serving.free_port()) as made,
        serving.served(made) as client,
        chromium.browser() as running,
    ):
        pages = {"public passport page": f"/passports/{made.uuid}", "scanner": "/scan"}
        client.cpu_ns()
        return [_sizes(running, made, pages), _times(running, made, pages, rounds)]


def _sizes(running: Browser, made: Installation, pages: dict[str, str]) -> Group:
    figures: list[Figure] = []
    notes = []
    for name, path in pages.items():
        loaded = _load(running, made.settings.origin + path)
        parts = [one for one in loaded if one.kind in PARTS]
        figures += [
            Figure(f"{name}: HTML, CSS, script", _kilobytes(parts), "kB", target=LIMIT),
            Figure(f"{name}: with what its script fetches", _kilobytes(loaded), "kB"),
        ]
        kinds = sorted({one.kind for one in loaded})
        told = ", ".join(
            f"{kind} {sum(one.body for one in loaded if one.kind == kind) / 1000:.1f}"
            f" ({sum(one.kind == kind for one in loaded)})"
            for kind in kinds
        )
        plain = sum(one.body - one.packed for one in loaded) / 1000
        notes.append(f"{name}: kB (files) by kind: {told}; {plain:.1f} kB less if nginx packs the rest")
        largest = sorted(loaded, key=lambda one: -one.body)[:5]
        notes.append(f"{name}, largest: " + ", ".join(f"{one.path} {one.body / 1000:.1f}" for one in largest))
    return Group("First view: bytes on the network", tuple(figures), tuple(notes))


def _kilobytes(files: Sequence[Loaded]) -> Spread:
    return Spread.of([sum(one.body for one in files) / 1000])


def _load(running: Browser, url: str) -> list[Loaded]:
    page, session = chromium.new_page(running)
    answers: dict[str, dict[str, Any]] = {}
    sizes: dict[str, int] = {}
    heads: dict[str, int] = {}
    session.on("Network.responseReceived", lambda told: answers.update({told["requestId"]: told}))
    session.on(
        "Network.responseReceivedExtraInfo",
        lambda told: heads.update({told["requestId"]: len(told.get("headersText", ""))}),
    )
    session.on(
        "Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]})
    )
    page.goto(url, wait_until="networkidle")
    found = []
    for request, size in sizes.items():
        answer = answers[request]
        response = answer["response"]
        if response.get("fromServiceWorker") or response.get("fromDiskCache"):
            continue
        headers = {name.lower(): value for name, value in response["headers"].items()}
        body = int(headers.get("content-length") or max(0, size - heads.get(request, 0)))
        packed = body
        if "content-encoding" not in headers and answer["type"] != "Image":
            content = page.request.get(response["url"], headers={"Accept-Encoding": "identity"}).body()
            packed = min(body, len(gzip.compress(content, 6)))
        path = response["url"].removeprefix(url.split("/", 3)[0] + "//" + url.split("/")[2])
        found.append(Loaded(path, answer["type"].lower(), body, packed))
    page.context.close()
    return found


def _times(running: Browser, made: Installation, pages: dict[str, str], rounds: int) -> Group:
    floor = "empty page"
    paints: dict[str, list[float]] = {}
    loads: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, path in {floor: "/bench/page", **pages}.items():
            page, _session = chromium.new_page(running, cpu=SLOWDOWN, network=chromium.SLOW_4G)
            page.goto(made.settings.origin + path, wait_until="load")
            page.wait_for_function(
                "() => performance.getEntriesByName('first-contentful-paint').length > 0"
                " && performance.getEntriesByType('navigation')[0].loadEventEnd > 0"
            )
            told = page.evaluate(PAINT)
            paints.setdefault(name, []).append(told["first"] / 1000)
            loads.setdefault(name, []).append(told["loaded"] / 1000)
            page.context.close()
    figures = [
        measure.figure(costs, name, floor, unit="s", label=f"{name}, {what}", target=target)
        for name in pages
        for what, costs, target in (
            ("first contentful paint", paints, Target(1.5, "value", "s") if "passport" in name else None),
            ("loaded", loads, None),
        )
    ]
    return Group(
        f"First view, cold: slow 4G (150 ms, 1.6 Mbit/s) and {SLOWDOWN} times slowed",
        tuple(figures),
        ("each fetch waits 562 ms, as Lighthouse has it: the empty page is one such wait and nothing else",),
    )
