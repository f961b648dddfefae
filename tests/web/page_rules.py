"""What every answer of the site keeps to, checked at each answer that a test gets."""

import gzip
from collections import Counter
from typing import Any

import lxml.html
from werkzeug.test import TestResponse

from app.web.explanations import PROBLEMS

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}
CLOSED = ("default-src 'none'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'")
UNSAFE = ("unsafe-inline", "unsafe-eval", "http:", "https:", "*")
NEEDS_NO_LABEL = {"hidden", "submit", "button", "image", "reset"}


def require(response: TestResponse, path: str) -> None:
    """Every rule that applies to this answer. Raises: AssertionError, naming the address."""
    _require_headers(response, path)
    if response.mimetype == "text/html" and response.status_code not in (304, 301, 302, 303, 307, 308):
        packed = response.headers.get("Content-Encoding") == "gzip"
        require_page((gzip.decompress(response.data) if packed else response.data).decode(), path)
    if response.status_code >= 400:
        _require_problem(response, path)


def _require_headers(response: TestResponse, path: str) -> None:
    for name, value in ALWAYS.items():
        assert response.headers.get(name) == value, f"{path}: {name} is {response.headers.get(name)}"
    policy = response.headers.get("Content-Security-Policy", "")
    directives = [directive.strip() for directive in policy.split(";")]
    for directive in CLOSED:
        assert directive in directives, f"{path}: the policy lacks {directive}"
    for word in UNSAFE:
        assert not any(word == part for one in directives for part in one.split()[1:]), f"{path}: {word}"
        assert f"'{word}'" not in policy, f"{path}: the policy allows {word}"
    assert response.headers.get("Cross-Origin-Resource-Policy") in ("same-origin", "cross-origin"), path
    may_film = "camera=(self)" in response.headers["Permissions-Policy"]
    only = path.partition("?")[0]
    assert may_film == (only in ("/scan", "/genealogy") or only.startswith("/forms/")), f"{path}: camera"
    assert response.headers.get("Cache-Control"), f"{path}: no Cache-Control"
    assert "Server" not in response.headers or "Werkzeug" not in response.headers["Server"]
    if response.headers.get("Access-Control-Allow-Origin"):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers


def _require_problem(response: TestResponse, path: str) -> None:
    assert response.status_code != 500, f"{path}: {response.text[:2000]}"
    if response.mimetype == "text/html":
        return
    if path.startswith("/oauth/") and response.mimetype == "application/json":
        assert response.get_json()["error"], f"{path}: not the form of RFC 6749 5.2"
        return
    assert response.mimetype == "application/problem+json", f"{path}: {response.mimetype}"
    problem = response.get_json()
    assert {"type", "title", "status", "detail", "reference"} <= problem.keys(), path
    assert problem["status"] == response.status_code
    assert len(problem["reference"]) >= 8
    base, _, code = problem["type"].rpartition("/")
    assert base.endswith("/problems")
    assert code in PROBLEMS, f"{path}: nothing explains {code}"
    assert "Traceback" not in response.text


def require_page(text: str, path: str) -> None:
    """The rules of a page."""
    document = lxml.html.document_fromstring(text)
    assert document.get("lang"), f"{path}: no lang"
    assert len(document.findall(".//h1")) == 1, f"{path}: not exactly one h1"
    assert (document.findtext(".//title") or "").strip(), f"{path}: no title"
    assert len(document.findall(".//main")) == 1, f"{path}: not exactly one main"
    doubled = [name for name, count in Counter(document.xpath("//@id")).items() if count > 1]
    assert not doubled, f"{path}: id twice: {doubled}"
    ids = set(document.xpath("//@id"))
    for element in document.iter():
        if isinstance(element.tag, str):
            _require_element(element, document, ids, path)


def _require_element(element: Any, document: Any, ids: set[str], path: str) -> None:
    tag, where = element.tag, f"{path}: {lxml.html.tostring(element)[:160]!r}"
    assert "style" not in element.attrib, f"inline style at {where}"
    assert not [name for name in element.attrib if name.startswith("on")], f"inline handler at {where}"
    assert tag not in ("style", "base", "iframe", "object", "embed"), where
    if tag == "script":
        is_data = element.get("type") in ("application/json", "application/ld+json")
        assert is_data or (element.get("src") and not (element.text or "").strip()), f"inline {where}"
    for name in ("src", "href", "action", "formaction"):
        target = (element.get(name) or "").strip().lower()
        assert not target.startswith(("javascript:", "data:text", "vbscript:")), where
        loads = name == "src" or (tag == "link" and name == "href") or tag == "form"
        assert not loads or not target.startswith(("http:", "https:", "//")), f"another host at {where}"
    if tag == "img":
        assert "alt" in element.attrib, f"no alt at {where}"
    is_field = tag in ("select", "textarea") or (tag == "input" and element.get("type") not in NEEDS_NO_LABEL)
    if is_field:
        assert _is_labelled(element, document), f"no label at {where}"
    for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
        for target in (element.get(name) or "").split():
            assert target in ids, f"{name} leads nowhere at {where}"
    if tag == "form" and (element.get("method") or "get").lower() == "post":
        named = {field.get("name") for field in element.iter("input")}
        open_to_all = element.get("action") in ("/sign-in", "/verify")
        assert open_to_all or "csrf_token" in named, f"no token in {where}"


def _is_labelled(element: Any, document: Any) -> bool:
    if element.get("aria-label") or element.get("aria-labelledby"):
        return True
    if any(True for _ in element.iterancestors("label")):
        return True
    name = element.get("id")
    return bool(name) and bool(document.xpath("//label[@for=$name]", name=name))
