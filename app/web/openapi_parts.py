"""Pieces that the API's description is made of."""

from typing import Any, Final

Json = dict[str, Any]

TEXT: Final[Json] = {"type": "string"}
PLANT: Final[list[Json]] = [{"plant": []}, {"client": []}]
"""Who may: a plant with its token, or a client of it with one that it asked for."""


def path(name: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema or TEXT}


def query(name: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "query", "schema": schema or TEXT}


def ref(name: str | None) -> Json:
    """A schema by its name; without one, any object."""
    return {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}


def answer(description: str, schema: Json, media_type: str = "application/json") -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def body(schema: Json, media_type: str = "application/json") -> Json:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def problems(*statuses: int) -> Json:
    return {str(status): answer("Refused", ref("Problem"), "application/problem+json") for status in statuses}
