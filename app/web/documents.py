"""Signed documents as they were stored: bytes, digest as ETag, 304. Nothing is parsed or written anew.

By Accept, each address has the embedded form or the JOSE form (`application/vc+jwt`)."""

import re
from datetime import datetime

from flask import Blueprint, Response, request

from app.core import log_proof
from app.core.access import ANYONE, Reader
from app.core.credential import CREDENTIAL_MEDIA_TYPE
from app.core.errors import NotFound
from app.core.jose import MEDIA_TYPE as TOKEN_MEDIA_TYPE
from app.core.times import looking_back
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS
from app.services import as_of, reading
from app.services.reading import Stored
from app.web.current import context
from app.web.negotiation import wants_token
from app.web.readers import anyone, current_reader
from app.web.security import open_to_all

blueprint = Blueprint("documents", __name__)

PUBLIC_CACHE = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
FOREVER = "public, max-age=31536000, immutable"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@blueprint.get("/passports/<uuid>/sections/public")
@anyone
def public_section(uuid: str) -> Response:
    """The public section, for anybody: one select, the bytes as they are."""
    if looked_back_to() is not None or wants_token():
        response: Response = item_section(uuid, "public")
        return response
    return open_to_all(send_form(reading.public_bytes(context(), well_formed(uuid)), PUBLIC_CACHE))


@blueprint.get("/passports/<uuid>/sections/<section>")
@blueprint.get("/passports/<uuid>/sections/<section>/<int:version>")
@anyone
def item_section(uuid: str, section: str, version: int | None = None) -> Response:
    """A section of one battery, newest or one version for ever, to whom it is for."""
    is_public = section == "public"
    reader = ANYONE if is_public else current_reader()
    as_token = wants_token()
    at = looked_back_to() if version is None else None
    if at is None:
        stored = reading.section_bytes(
            context(), well_formed(uuid), section, reader, version, as_token=as_token
        )
        cache = FOREVER if version and not as_token else PUBLIC_CACHE  # a token may be made anew
    else:
        stored = as_of.section_bytes(context(), well_formed(uuid), section, reader, at, as_token=as_token)
        cache = "no-store"
    response = send_form(stored, cache if is_public else "private, no-store", as_token=as_token)
    return open_to_all(response) if is_public else response


@blueprint.get("/models/<gtin>/sections/<section>")
@blueprint.get("/models/<gtin>/sections/<section>/<int:version>")
@anyone
def model_section(gtin: str, section: str, version: int | None = None) -> Response:
    """A section that all batteries of a model share, to whom it is for."""
    if section not in MODEL_SECTIONS:
        raise NotFound(reading.NOTHING)
    as_token = wants_token()
    stored = reading.model_section_bytes(
        context(), gtin, section, current_reader(), version, as_token=as_token
    )
    return send_form(stored, "private, no-store", as_token=as_token)


def looked_back_to() -> datetime | None:
    """The moment that `?at=` names; None without it. Raises: MalformedDate."""
    if not request.query_string:
        return None
    text = request.args.get("at")
    return None if text is None else looking_back(text, context().now())


@blueprint.get("/passports/<uuid>/sections/<section>/<int:version>/log-proof")
@anyone
def item_log_proof(uuid: str, section: str, version: int) -> Response:
    """That this version is entered in the public log, to whom the section is for (C2SP tlog-proof)."""
    if section not in ITEM_SECTIONS:
        raise NotFound(reading.NOTHING)
    reader = ANYONE if section == "public" else current_reader()
    response = _log_proof(well_formed(uuid), section, reader, version)
    return open_to_all(response) if section == "public" else response


@blueprint.get("/models/<gtin>/sections/<section>/<int:version>/log-proof")
@anyone
def model_log_proof(gtin: str, section: str, version: int) -> Response:
    """The same for a section of the model."""
    if section not in MODEL_SECTIONS:
        raise NotFound(reading.NOTHING)
    return _log_proof(gtin, section, current_reader(), version)


def _log_proof(subject: str, section: str, reader: Reader, version: int) -> Response:
    """Holds the salt of a restricted section, so others never keep it. `?form=jwt` asks for the token's."""
    as_token = request.args.get("form") == "jwt"
    text = reading.log_proof(context(), subject, section, reader, version, as_token=as_token)
    response = Response(text, mimetype=log_proof.MEDIA_TYPE)
    response.headers["Cache-Control"] = "public, max-age=60" if section == "public" else "private, no-store"
    if section != "public":
        response.headers["Vary"] = "Cookie"
    return response


def well_formed(uuid: str) -> str:
    """A passport's own identifier, before any look-up. Raises: NotFound."""
    if not _UUID.fullmatch(uuid):
        raise NotFound(reading.NOTHING)
    return uuid


def send_form(stored: Stored, cache: str, *, as_token: bool = False) -> Response:
    """One of the two forms of a section; caches keep them apart by Accept."""
    response = send(stored, cache, TOKEN_MEDIA_TYPE if as_token else CREDENTIAL_MEDIA_TYPE)
    response.headers["Vary"] = "Accept, Cookie" if cache.startswith("private") else "Accept"
    return response


def send(stored: Stored, cache: str, media_type: str = CREDENTIAL_MEDIA_TYPE) -> Response:
    """The stored bytes, or 304 when the caller has them."""
    etag = f'"{stored.digest}"'
    # A restricted answer carries its ETag only to a reader who got this far.
    # Compared weakly (RFC 9110 13.1.2): a proxy that packs an answer marks its ETag as weak.
    if request.if_none_match.contains_weak(stored.digest) or request.headers.get("If-None-Match") == "*":
        response = Response(status=304)
    else:
        response = Response(stored.body, mimetype=media_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = cache
    if cache.startswith("private"):
        response.headers["Vary"] = "Cookie"
    return response
