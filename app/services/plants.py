"""Plants: who may send records, each with a bearer token of its own."""

import hashlib
import re
import secrets
from dataclasses import dataclass

from app.core.errors import Conflict, MalformedInput, NotFound, Unauthenticated
from app.core.times import to_text
from app.services.context import Context
from app.services.publication import log_grant
from app.store.unit_of_work import Collision

_PLANT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Plant:
    """One sender."""

    id: str
    economic_operator_id: str


def add(ctx: Context, plant_id: str, name: str, token: str | None = None) -> str:
    """Register a plant. Returns its token, which is shown once and kept as a hash alone.

    Raises: MalformedInput; Conflict.
    """
    if not _PLANT_ID.fullmatch(plant_id):
        raise MalformedInput("A plant's id is made of a-z, 0-9 and -, such as hall-2.", rule="plant-id")
    token = token or secrets.token_urlsafe(32)
    try:
        with ctx.unit_of_work() as work:
            work.plants.add(
                plant_id=plant_id,
                operator=ctx.issuer.did,
                name=name,
                token_hash=_hash(token),
                at=to_text(ctx.now()),
            )
            log_grant(ctx, work, "plant-added", f"plant:{plant_id}")
            work.commit()
    except Collision:
        raise Conflict(f"The plant {plant_id} exists already.") from None
    return token


def of_token(ctx: Context, token: str) -> Plant:
    """The plant that a bearer token stands for. Raises: Unauthenticated."""
    with ctx.read() as store:
        row = store.plants.by_token_hash(_hash(token)) if 16 <= len(token) <= 256 else None
    if row is None:
        raise Unauthenticated("This bearer token is not known here. Make one with: passport plants add")
    return Plant(row.id, row.economic_operator_id)


def get(ctx: Context, plant_id: str) -> Plant:
    """A registered plant, by the id that an operator names. Raises: NotFound."""
    with ctx.read() as store:
        row = store.plants.get(plant_id)
    if row is None:
        raise NotFound(f"There is no plant {plant_id} here. See which are: passport plants list")
    return Plant(row.id, row.economic_operator_id)


def names(ctx: Context) -> list[dict[str, str]]:
    """Every plant, for the operator."""
    with ctx.read() as store:
        return [{"id": row.id, "name": row.name} for row in store.plants.all()]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
