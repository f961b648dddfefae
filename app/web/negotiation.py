"""Which form of an answer the caller prefers, by Accept with q-values (RFC 9110 12.5.1)."""

from flask import request

from app.core.credential import CREDENTIAL_MEDIA_TYPE
from app.core.jose import MEDIA_TYPE as TOKEN_MEDIA_TYPE

PAGE = "text/html"
CREDENTIAL_TYPES = (CREDENTIAL_MEDIA_TYPE, "application/ld+json", "application/json")


def wants_credential() -> bool:
    """True for machines that prefer a credential; people, and whoever says nothing, get the page."""
    machine = (*CREDENTIAL_TYPES, TOKEN_MEDIA_TYPE)
    return request.accept_mimetypes.best_match((PAGE, *machine), default=PAGE) in machine


def wants_token() -> bool:
    """True for whoever prefers the JOSE form of a credential, or follows a link to it (`?form=jwt`)."""
    if request.args.get("form") == "jwt":
        return True
    best = request.accept_mimetypes.best_match((*CREDENTIAL_TYPES, TOKEN_MEDIA_TYPE))
    return best == TOKEN_MEDIA_TYPE


def is_for_machines() -> bool:
    """True for the addresses that programs of a plant send to."""
    return request.path.startswith(("/api/", "/epcis/"))


def wants_page() -> bool:
    """True for a browser that shows a page: it names text/html, and not under the API."""
    if is_for_machines():
        return False
    return request.accept_mimetypes.best_match(
        ("application/problem+json", "application/json", PAGE)
    ) == PAGE and ("text/html" in request.headers.get("Accept", ""))
