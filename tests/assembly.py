"""A plant that builds packs, as the records it sends; and who holds what, worked out the slow way.

`Oracle` knows the records alone and looks at every moment and every way one by one; it shares no code with
the product.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.core.times import to_seconds
from tests.factories import GTIN

Node = tuple[str, str]
BEGINNING, NOW = "", "~"


class Assembly:
    """Records of lots, cells, modules, batches and packs, with exchanges and corrections among them."""

    def __init__(self, seed: int, start: datetime, packs: int, *, lots: int = 12) -> None:
        self.chance, self.start, self.lots = random.Random(seed), start, lots
        self.packs = [f"P{number:04}" for number in range(packs)]
        self.modules = [f"M{number:04}" for number in range(2 * packs + packs // 4)]
        self.records: list[dict[str, Any]] = []
        self._spare = list(self.modules[2 * packs :])
        self._build()

    def _record(self, kind: str, subject: dict[str, str], hours: float, **details: Any) -> None:
        number = f"R-{len(self.records):05}-{self.chance.randrange(10**6):06}"
        at = to_seconds(self.start - timedelta(days=20) + timedelta(hours=hours))
        self.records.append(
            {"recordId": number, "kind": kind, "sentAt": at, "subject": subject, "details": details}
        )

    def lot(self) -> str:
        return f"C{self.chance.randrange(self.lots)}"

    def material(self) -> str:
        return f"ML{self.chance.randrange(6)}"

    def _build(self) -> None:
        for number in range(6):
            self._record(
                "material-lot", {"lot": f"ML{number}"}, 0, material="lithium", lotNumber=f"{number % 4}",
                supplier={"name": "Salar" if number % 2 else "Other"}, dateReceived="2026-10-01",
            )  # fmt: skip
        for number in range(self.lots):
            for again in range(2 if self.chance.random() < 0.2 else 1):
                self._record(
                    "cell-lot", {"lot": f"C{number}"}, 1 + again, cellModel="N", manufacturer="E", format="p",
                    chemistry="NMC", quantity=9, materialLots=[self.material()],
                )  # fmt: skip
        for number in range(3):
            lots = sorted({self.lot(), self.lot()})
            self._record(
                "batch", {"gtin": GTIN, "lot": f"B{number}"}, 2, plant="Hall", cellLots=lots,
                materialLots=[self.material()],
            )  # fmt: skip
        for module in self.modules:
            self._module(module)
        for place, pack in enumerate(self.packs):
            self._pack(pack, self.modules[2 * place : 2 * place + 2])
        self.chance.shuffle(self.records)

    def _module(self, module: str) -> None:
        form = self.chance.random()
        if form < 0.6:
            for again in range(2 if self.chance.random() < 0.1 else 1):
                self._record(
                    "module", {"serial": module}, 3 + again, moduleModel="K", cellLots=[{"lot": self.lot()}]
                )
        elif form < 0.8:
            cells = [f"X{module}{letter}" for letter in "ab"]
            self._record("module", {"serial": module.lower()}, 3, moduleModel="K", cells=cells)
            for cell in cells[: self.chance.randrange(3)]:
                self._record("cell", {"serial": cell}, 3, cellModel="N", manufacturer="E", cellLot=self.lot())

    def _pack(self, pack: str, modules: list[str]) -> None:
        subject, form = {"gtin": GTIN, "serial": pack}, self.chance.random()
        for again in range(2 if self.chance.random() < 0.15 else 1):
            details: dict[str, Any] = {"assembledOn": "2026-11-05", "configuration": "2s1p"}
            if self.chance.random() < 0.7:
                details["batchLot"] = f"B{self.chance.randrange(3)}"
            if form < 0.3:
                details["cellLots"] = sorted({self.lot(), self.lot()})
            else:
                named = modules if again == 0 else [self.chance.choice(self.modules), modules[1]]
                details["modules"] = [
                    {"moduleNumber": each, **({"cellLot": self.lot()} if self.chance.random() < 0.2 else {})}
                    for each in dict.fromkeys(named)
                ]
                if self.chance.random() < 0.5:
                    details["cellLots"] = sorted({self.lot(), self.lot()})
            self._record("pack", subject, 4 + again, **details)
        if self.chance.random() < 0.4:
            self._happen(subject, modules)

    def _happen(self, subject: dict[str, str], modules: list[str]) -> None:
        hours = 10 + self.chance.randrange(100)
        at = to_seconds(self.start - timedelta(days=20) + timedelta(hours=hours))
        there = [{"part": "module", "number": modules[0]}]
        into = {"part": "module", "number": self.chance.choice([*self._spare, *self.modules[:4]])}
        form = self.chance.random()
        if form < 0.6:
            details: dict[str, Any] = {"removed": there, "installed": [into]}
        elif form < 0.8:
            details = {"installed": [{**into, "cellLot": self.lot()}]}
        else:
            number, action = self.chance.randrange(10**9), self.chance.choice(["ADD", "DELETE"])
            self._record(
                "event", subject, hours, eventId=f"ni:///e{number}", eventType="AssociationEvent",
                action=action, eventTime=at, eventTimeZoneOffset="+00:00",
                parent=f"https://x.example/01/{GTIN}/21/{subject['serial']}",
                children=[f"https://w3id.org/open-battery-passport/id/module/{into['number']}"],
                **({"declaredWrongAt": at} if self.chance.random() < 0.2 else {}),
            )  # fmt: skip
            return
        self._record(
            "exchange", subject, hours, performedAt=at, reason="drift", workshop="Example, Lyon", **details
        )


class Oracle:
    """Who holds what, from the records."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.base: set[tuple[Node, Node]] = set()
        self.sums: set[tuple[Node, Node]] = set()
        self.ever: set[tuple[Node, Node]] = set()
        self.firmly: set[tuple[Node, Node]] = set()
        self.acts: dict[tuple[Node, Node], list[tuple[str, bool]]] = defaultdict(list)
        newest: dict[Any, dict[str, Any]] = {}
        for record in records:
            if record["kind"] not in ("exchange", "event"):
                about = (record["kind"], str(record["subject"]).upper())
                if about not in newest or _order(record) > _order(newest[about]):
                    newest[about] = record
        for record in records:
            if record["kind"] in ("exchange", "event"):
                self._happened(record)
                continue
            stands = record is newest[record["kind"], str(record["subject"]).upper()]
            for edge, is_sum in _stated(record):
                self.ever.add(edge)
                (self.sums if is_sum else self.firmly).add(edge)
                if stands:
                    self.base.add(edge)
        self.up: dict[Node, set[Node]] = defaultdict(set)
        for parent, child in (*self.ever, *self.acts):
            self.up[child].add(parent)
        times = {at for acts in self.acts.values() for at, _ in acts}
        self.moments = frozenset({BEGINNING, NOW, *times})

    def _happened(self, record: dict[str, Any]) -> None:
        details, subject = record["details"], record["subject"]
        pack = ("battery", subject["serial"])
        if record["kind"] == "event":
            if "declaredWrongAt" not in details:
                for child in details["children"]:
                    part = ("module", child.rpartition("/")[2])
                    self.acts[pack, part].append((details["eventTime"], details["action"] == "ADD"))
            return
        for member in ("removed", "installed"):
            for each in details.get(member, ()):
                part = ("module", each["number"])
                self.acts[pack, part].append((details["performedAt"], member == "installed"))
                if "cellLot" in each:
                    edge = (part, ("cell-lot", each["cellLot"]))
                    self.base.add(edge)
                    self.ever.add(edge)
                    self.firmly.add(edge)

    def there(self, edge: tuple[Node, Node], moment: str) -> bool:
        """Whether the parent holds the child at a moment, by its acts, else as it was made."""
        acts = sorted(self.acts.get(edge, ()))
        before = [put_in for at, put_in in acts if at <= moment]
        if before:
            return before[-1]
        return edge in self.base or (bool(acts) and not acts[0][1])

    def when(self, edge: tuple[Node, Node]) -> frozenset[str]:
        return frozenset(moment for moment in self.moments if self.there(edge, moment))

    def ways(self, node: Node) -> Iterator[tuple[Node, str, frozenset[str], bool]]:
        """Every way up to a battery: the battery, what kind of way, when it was there, whether corrected."""
        todo = [(node, "firm", self.moments, False)]
        while todo:
            here, label, moments, corrected = todo.pop()
            for parent in self.up[here]:
                edge = (parent, here)
                when = self.when(edge)
                told_wrong = corrected or (not when and bool(moments))
                left = moments & when
                if not left and not told_wrong:
                    continue
                worse = label
                if edge in self.sums and edge not in self.firmly and edge not in self.acts:
                    worse = "batch" if "batch" in (label, parent[0]) else "own"
                if parent[0] == "battery":
                    yield parent, worse, left, told_wrong
                else:
                    todo.append((parent, worse, left, told_wrong))

    def is_open(self, pack: Node) -> bool:
        edges = [edge for edge in (*self.ever, *self.acts) if edge[0] == pack and self.there(edge, NOW)]
        modules = [child for _, child in edges if child[0] == "module"]
        lots = [edge for edge in edges if edge[1][0] == "cell-lot" and edge in self.firmly]
        if not modules:
            return not lots
        return any(
            not any(edge[0] == module and edge[1][0] in ("cell", "cell-lot") for edge in self.base)
            for module in modules
        )

    def recall(self, node: Node) -> dict[str, str]:
        """Serials of all packs that hold it, held it, or were said to, and how it stands."""
        found: dict[Node, list[tuple[str, frozenset[str], bool]]] = defaultdict(list)
        for pack, *way in self.ways(node):
            found[pack].append((way[0], way[1], way[2]))  # type: ignore[arg-type]
        answer = {}
        for pack, ways in found.items():
            firm, own, batch = (
                frozenset().union(*(moments for label, moments, _ in ways if label == which))
                for which in ("firm", "own", "batch")
            )
            is_open = self.is_open(pack)
            held = firm | (own if is_open or not firm else frozenset()) | (batch if is_open else frozenset())
            if held:
                answer[pack[1]] = "now" if NOW in held else "former"
            elif any(corrected for _, _, corrected in ways):
                answer[pack[1]] = "corrected"
        return answer


def _order(record: dict[str, Any]) -> tuple[str, str]:
    return record["sentAt"], record["recordId"]


def _stated(record: dict[str, Any]) -> Iterator[tuple[tuple[Node, Node], bool]]:
    details, subject, kind = record["details"], record["subject"], record["kind"]
    if kind == "material-lot":
        bought = ("bought", details["supplier"]["name"] + details["lotNumber"])
        yield (("material-lot", subject["lot"]), bought), False
        return
    node = {
        "pack": ("battery", subject.get("serial", "")), "batch": ("batch", subject.get("lot", "")),
        "module": ("module", subject.get("serial", "").upper()), "cell": ("cell", subject.get("serial", "")),
        "cell-lot": ("cell-lot", subject.get("lot", "")),
    }[kind]  # fmt: skip
    for lot in details.get("materialLots", ()):
        yield (node, ("material-lot", lot)), False
    for lot in details.get("cellLots", ()):
        name = lot if isinstance(lot, str) else lot["lot"]
        yield (node, ("cell-lot", name)), kind == "batch" or (kind == "pack" and "modules" in details)
    for cell in details.get("cells", ()):
        yield (node, ("cell", cell)), False
    if "cellLot" in details:
        yield (node, ("cell-lot", details["cellLot"])), False
    if "batchLot" in details:
        yield (node, ("batch", details["batchLot"])), False
    for module in details.get("modules", ()):
        part = ("module", module["moduleNumber"])
        yield (node, part), False
        if "cellLot" in module:
            yield (part, ("cell-lot", module["cellLot"])), False
