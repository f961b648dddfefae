"""What went into what: the maker's page with tree and recall list, the same by API, and the list as CSV."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from app.core import csv_cells, holding
from app.core.access import Permission
from app.core.genealogy_things import Thing
from app.services import genealogy, recall
from app.services.plants import Plant
from app.services.recall import Pack
from app.web.current import context
from app.web.readers import current_reader, of_plant, requires

blueprint = Blueprint("genealogy", __name__)

PAGE_LENGTH: Final = 100
STANDINGS: Final = {
    "now": "In it now",
    "former": "Was in it, taken out",
    "corrected": "Named by mistake, corrected",
}
STATES: Final = {
    "draft": "In the making", "issued": "Issued", "suspended": "Suspended", "revoked": "Revoked",
    "unknown": "No record",
}  # fmt: skip
CUT: Final = "NOT COMPLETE: more links hang on it than one question may read. Ask for its parts one by one."
FILLING: Final = "NOT COMPLETE: records of before this version are still being read. Ask again later."
_HEADER: Final = ("gtin", "serial", "lot", "standing", "from", "until", "state", "passport")


@blueprint.get("/genealogy")
@requires(Permission.READ_DRAFTS)
def page() -> str:
    """Look for a battery, lot, cell or module; then what it is made of, and which batteries hold it."""
    operator, ctx = _operator(), context()
    text = request.args.get("find", "").strip()
    if request.args.get("kind"):
        thing = _asked_for()
    else:
        found = genealogy.find(ctx, operator, text)
        if len(found) != 1:
            return render_template(
                "genealogy.html", text=text, found=found, thing=None, kinds=genealogy.KINDS, query=query,
                examples=() if text else genealogy.newest(ctx, operator),
            )  # fmt: skip
        (thing,) = found
    tree = genealogy.tree(ctx, operator, thing)
    recalled = recall.of_thing(ctx, operator, thing, request.args.get("asOf", None, int))
    pages = max(1, -(-len(recalled) // PAGE_LENGTH))
    number = min(max(request.args.get("page", 1, int), 1), pages)
    return render_template(
        "genealogy.html", text=text, found=(), thing=thing, kinds=genealogy.KINDS, tree=tree, recall=recalled,
        packs=recall.packs_of_page(ctx, operator, recalled, number, PAGE_LENGTH), page=number, pages=pages,
        standings=STANDINGS, states=STATES, query=query, until=_until,
    )  # fmt: skip


@blueprint.get("/genealogy/recall.csv")
@requires(Permission.READ_DRAFTS)
def page_csv() -> Response:
    """Every battery that holds a thing or held it, for the maker's spreadsheet."""
    return _csv(_operator(), _asked_for())


@blueprint.get("/api/v1/genealogy")
@of_plant
def found(plant: Plant) -> Response:
    """What a number, or the content of a code, may name."""
    things = genealogy.find(context(), plant.economic_operator_id, request.args.get("find", ""))
    return jsonify(found=[_named(thing) for thing in things])


@blueprint.get("/api/v1/genealogy/tree")
@of_plant
def made_of(plant: Plant) -> Response:
    """What a thing is made of, down to lots and suppliers."""
    tree = genealogy.tree(context(), plant.economic_operator_id, _asked_for())
    return jsonify(genealogy.as_dict(tree.root) | {"isCut": tree.is_cut})


@blueprint.get("/api/v1/genealogy/recall")
@of_plant
def recalled_packs(plant: Plant) -> Response:
    """Every battery that holds a thing or held it, a page at a time; `next` is where it goes on."""
    thing = _asked_for()
    genealogy.require_known(context(), plant.economic_operator_id, thing)
    answer, packs, mark = recall.page_after(
        context(), plant.economic_operator_id, thing, request.args.get("after"), PAGE_LENGTH
    )
    counts = {
        standing: {
            state: answer.counts[standing, state] for state in STATES if answer.counts[standing, state]
        }
        for standing in holding.STANDINGS
    }
    following = (
        f"{context().settings.origin}/api/v1/genealogy/recall?{query(thing, after=mark)}" if mark else None
    )
    return jsonify(
        of=_named(thing), counts=counts, isCut=answer.is_cut, isFilling=answer.is_filling,
        packs=[_as_dict(pack) for pack in packs], next=following,
        loose={"count": answer.loose_count, "parts": [_named(part) for part in answer.loose]},
    )  # fmt: skip


@blueprint.get("/api/v1/genealogy/recall.csv")
@of_plant
def recalled_csv(plant: Plant) -> Response:
    """The whole list as CSV."""
    return _csv(plant.economic_operator_id, _asked_for())


def query(thing: Thing, **more: str | int) -> str:
    """The thing as the query of an address."""
    of = {"of": thing.of} if thing.of is not None else {}
    return urlencode({"kind": thing.kind, "number": thing.number, **of, **more})


def _operator() -> str:
    return current_reader().economic_operator_id or ""


def _asked_for() -> Thing:
    given = request.args
    return genealogy.asked_for(given.get("kind", ""), given.get("number", ""), given.get("of"))


def _until(pack: Pack) -> str:
    """When it was taken out, for one that holds it no more."""
    return pack.spans[-1][1] if pack.standing == "former" else ""


def _named(thing: Thing) -> dict[str, Any]:
    origin = context().settings.origin
    return {
        "kind": thing.kind, "number": thing.number, "of": thing.of,
        "tree": f"{origin}/api/v1/genealogy/tree?{query(thing)}",
        "recall": f"{origin}/api/v1/genealogy/recall?{query(thing)}",
    }  # fmt: skip


def _as_dict(pack: Pack) -> dict[str, Any]:
    return {
        "gtin": pack.gtin, "serial": pack.serial, "lot": pack.lot, "standing": pack.standing,
        "spans": [genealogy.spans_as_dict(span) for span in pack.spans], "state": pack.state,
        "passport": _passport(pack),
    }  # fmt: skip


def _passport(pack: Pack) -> str | None:
    return f"{context().settings.origin}/passports/{pack.passport}" if pack.passport else None


def _csv(operator: str, thing: Thing) -> Response:
    """Sent in pieces, so that a lot of a hundred thousand batteries is no hundred thousand rows in memory.

    A list that may lack batteries says so in its name and in its last row: it goes from hand to hand.
    """
    ctx = context()
    genealogy.require_known(ctx, operator, thing)
    answer = recall.of_thing(ctx, operator, thing)
    origin = ctx.settings.origin
    lacking = CUT if answer.is_cut else FILLING if answer.is_filling else None

    def pieces() -> Iterator[bytes]:
        yield csv_cells.write(_HEADER, ())
        for packs in recall.all_packs(ctx, operator, answer):
            yield b"".join(csv_cells.write(row, ()) for row in _rows(packs, origin))
        if lacking is not None:
            yield csv_cells.write((lacking,), ())

    response = Response(pieces(), mimetype="text/csv")
    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in thing.number)[:60]
    name = f"recall-{name}{'-not-complete' if lacking else ''}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows(packs: Iterable[Pack], origin: str) -> Iterator[list[str]]:
    for pack in packs:
        span = genealogy.spans_as_dict(pack.spans[-1]) if pack.spans else {}
        cells = (
            pack.gtin, pack.serial, pack.lot or "", pack.standing, span.get("from") or "",
            span.get("until") or "", pack.state,
            f"{origin}/passports/{pack.passport}" if pack.passport else "",
        )  # fmt: skip
        yield [csv_cells.text(cell) for cell in cells]
