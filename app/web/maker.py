"""Pages for the maker: the line's board, one battery's draft, the quarantine, and one's own account."""

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core import identifiers
from app.core.access import Permission
from app.services import drafts, intake, keys
from app.services.intake import Quarantined
from app.web.current import context
from app.web.readers import current_reader, requires

blueprint = Blueprint("maker", __name__)


@blueprint.get("/account")
@requires(Permission.SIGNED_IN)
def account() -> str:
    """Who is signed in, what that role reads, and a way out."""
    return render_template("account.html", account=current_reader())


@blueprint.get("/drafts")
@requires(Permission.READ_DRAFTS)
def board() -> str:
    """Every battery of the line with its state."""
    ctx = context()
    return render_template(
        "drafts.html",
        drafts=drafts.board(ctx),
        quarantine_count=intake.quarantine_list(ctx)["count"],
        cannot_sign=keys.trouble(ctx),
    )


@blueprint.get("/drafts/<gtin>/<path:serial>")
@requires(Permission.READ_DRAFTS)
def draft(gtin: str, serial: str) -> str:
    """What one battery has, what it lacks and who can supply it."""
    operator = current_reader().economic_operator_id or ""
    return render_template(
        "draft.html", draft=drafts.show(context(), identifiers.battery_key(gtin, serial), operator)
    )


@blueprint.get("/quarantine")
@requires(Permission.READ_DRAFTS)
def quarantine() -> str:
    """Refused records with what is wrong and where."""
    return render_template("quarantine.html", quarantine=intake.quarantine_texts(context()), refusal=None)


@blueprint.post("/quarantine/<quarantine_id>/replay")
@requires(Permission.REPLAY_QUARANTINE)
def replay(quarantine_id: str) -> Response | Redirect:
    """Try a refused record again, as it was or with the text mended in the form."""
    ctx = context()
    mended = request.form.get("body", "").strip().encode()
    try:
        intake.replay(ctx, intake.plant_of(ctx, quarantine_id), quarantine_id, mended or None)
    except Quarantined as refusal:
        page = render_template(
            "quarantine.html",
            quarantine=intake.quarantine_texts(ctx),
            refusal=str(refusal),
            refused=quarantine_id,
        )
        return Response(page, 422, mimetype="text/html")
    return redirect("/quarantine", 303)
