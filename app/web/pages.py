"""Pages that are not about one battery: the front page, the scanner, the verifier, what things mean."""

from flask import Blueprint, Response, render_template, request

from app.core import verdict
from app.core.catalogue import CATALOGUE, GROUPS
from app.core.errors import NotFound
from app.core.sections import SECTION_INFO
from app.services import reading, verification
from app.web import explanations, renderings
from app.web.current import address, context
from app.web.readers import anyone, require_same_origin
from app.web.vendored import LICENCES

blueprint = Blueprint("pages", __name__)

PAGE_CACHE = "public, max-age=60"


@blueprint.get("/")
@anyone
def home() -> Response:
    """What this is, a way to scan, and the batteries of a demo."""
    ctx = context()
    batteries = reading.cards(ctx) if ctx.settings.demo else []
    return _public(render_template("home.html", batteries=batteries))


@blueprint.get("/scan")
@anyone
def scan() -> Response:
    """The scanner."""
    return _public(render_template("scan.html", origin=context().settings.origin))


@blueprint.get("/verify")
@anyone
def verify() -> Response:
    """A place to check any credential."""
    return _public(render_template("verify.html", report=None, submitted=""))


@blueprint.post("/verify")
@anyone
def verify_form() -> str:
    """The server's report on a pasted credential, for browsers without script."""
    require_same_origin()
    submitted = request.form.get("credential", "")
    # a form adds line breaks, which JSON may have and a token may not
    report = verification.verify_bytes(context(), submitted.strip().encode(), address=address())
    answer = report.as_dict()
    return render_template(
        "verify.html",
        report=answer,
        told=verdict.of_report(answer),
        findings=verdict.findings(answer),
        submitted=submitted,
    )


@blueprint.get("/about")
@anyone
def about() -> Response:
    """Licences of what is carried along, and what is stored."""
    return _public(render_template("about.html", licences=LICENCES))


@blueprint.get("/terms")
@anyone
def terms() -> Response:
    """Every attribute with its definition; the anchors are the terms' own addresses."""
    groups = [
        {"id": name, "title": title, "attributes": [row for row in CATALOGUE if row.group == name]}
        for name, title in GROUPS.items()
    ]
    return _public(render_template("terms.html", groups=groups, sections=SECTION_INFO))


@blueprint.get("/problems/<code>")
@anyone
def problem(code: str) -> Response:
    """What a problem type means and what to do about it."""
    explained = explanations.PROBLEMS.get(code)
    if explained is None:
        raise NotFound("There is no such problem type.")
    return _public(render_template("problem.html", code=code, explained=explained))


def _public(page: str) -> Response:
    response = renderings.public(page)
    response.headers["Cache-Control"] = PAGE_CACHE
    return response
