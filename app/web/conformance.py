"""VC API for test suites: registered in the conformance mode alone, never in production.

Answers: 201 with the credential, 200 `{"verified": true}`, else 400 with problem objects (RFC 9457) whose
types are the error names of the standards.
"""

from collections.abc import Iterable
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from app.core import form_values, json_strict
from app.core.credential import CREDENTIAL_MEDIA_TYPE
from app.core.errors import MalformedInput, NotConfigured, NotFound, TooLarge
from app.core.proof_error import ErrorName, ProofError, type_of
from app.core.report import Report
from app.services import conformance
from app.services.conformance import Conformance
from app.web.current import context
from app.web.problems import answer
from app.web.readers import anyone
from app.web.security import open_to_all

blueprint = Blueprint("conformance", __name__)

_NAME: Final = "conformance"
MAX_BYTES: Final = 786_432
"""A presentation may hold several credentials of the largest size."""


def attach(application: Flask) -> None:
    """Open the addresses. Raises: NotConfigured outside a demo."""
    ctx = application.extensions["passport"]
    if ctx.settings.production:
        raise NotConfigured("The conformance mode is for test suites: production never opens it.")
    application.extensions[_NAME] = Conformance(ctx.settings.origin, ctx.now)
    application.register_blueprint(blueprint)


@blueprint.get("/conformance")
@anyone
def issuers() -> Response:
    """Who issues here, with which suites."""
    return open_to_all(jsonify({"issuers": _state().issuers()}))


@blueprint.get("/conformance/status/<key_name>/<purpose>")
@anyone
def status(key_name: str, purpose: str) -> Response:
    """A status list of one of the issuers, signed now."""
    try:
        body = conformance.list_at(_state(), key_name, purpose)
    except LookupError:
        raise NotFound("There is no such status list.") from None
    return open_to_all(Response(body, mimetype=CREDENTIAL_MEDIA_TYPE))


@blueprint.post("/credentials/issue")
@anyone
def issue() -> Response:
    """`{credential, options}` to a signed credential."""
    body = _body()
    credential = body.get("credential")
    if not isinstance(credential, dict):
        raise form_values.malformed("credential")
    response = jsonify(conformance.issue(_state(), credential, _options(body)))
    response.status_code = 201
    return response


@blueprint.post("/credentials/verify")
@anyone
def verify() -> Response:
    """`{verifiableCredential, options}` to a verdict."""
    body = _body()
    return _verdict([conformance.verify(_state(), body.get("verifiableCredential"), _options(body))])


@blueprint.post("/presentations/verify")
@anyone
def verify_presentation() -> Response:
    """`{verifiablePresentation, options}` to a verdict."""
    body = _body()
    found = conformance.verify_presentation(_state(), body.get("verifiablePresentation"), _options(body))
    return _verdict(found)


@blueprint.post("/credentials/status")
@anyone
def set_status() -> Response:
    """`{credentialId, credentialStatus: {statusPurpose}, status}`: withdraw what was issued here."""
    body = _body()
    entry = form_values.objects(body.get("credentialStatus"), "credentialStatus", 1)[0]
    wanted = body.get("status", True)
    if not isinstance(wanted, bool):
        raise form_values.malformed("status")
    credential_id = form_values.iri(body.get("credentialId"), "credentialId")
    conformance.set_status(_state(), credential_id, str(entry.get("statusPurpose")), to=wanted)
    return jsonify({"status": wanted})


def _state() -> Conformance:
    return cast(Conformance, current_app.extensions[_NAME])


def _body() -> dict[str, Any]:
    try:
        found = json_strict.loads(request.get_data(), max_bytes=MAX_BYTES, max_text_bytes=262_144)
    except (MalformedInput, TooLarge) as fault:
        raise ProofError("PARSING_ERROR", str(fault)) from None
    if not isinstance(found, dict):
        raise ProofError("PARSING_ERROR", "An object is expected.")
    return found


def _options(body: dict[str, Any]) -> dict[str, Any]:
    found = body.get("options", {})
    if not isinstance(found, dict):
        raise form_values.malformed("options")
    return found


def _verdict(reports: Iterable[Report]) -> Response:
    """200 when every report is valid; else 400 with what each found."""
    found = list(reports)
    problems = [
        _problem(check.error or "PROOF_VERIFICATION_ERROR", check.sentence)
        for report in found
        if report.verdict != "valid"
        for check in report.checks
        if check.error is not None
    ]
    if any(report.verdict != "valid" for report in found):
        return _refusal(problems or [_problem("PROOF_VERIFICATION_ERROR", "Not fully checked.")])
    checks = [{"check": check.name, "outcome": check.outcome} for report in found for check in report.checks]
    return jsonify(
        {"verified": True, "checks": checks, "problemDetails": [], "checkedAt": _now(), "errors": []}
    )


@blueprint.errorhandler(ProofError)
def _refused(fault: ProofError) -> Response:
    return _refusal([_problem(fault.name, str(fault))])


def _refusal(problems: list[dict[str, str]]) -> Response:
    return answer(
        ProofError.code,
        400,
        problems[0]["detail"],
        {"verified": False, "problemDetails": problems, "errors": problems},
    )


def _problem(name: ErrorName, sentence: str) -> dict[str, str]:
    return {"type": type_of(name), "title": name, "detail": sentence}


def _now() -> str:
    return context().now().isoformat(timespec="seconds").replace("+00:00", "Z")
