"""Pages for the maker: one battery's draft, the quarantine, and one's own account."""

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core import identifiers
from app.core.access import Permission
from app.services import drafts, intake, replaying
from app.services.intake import Quarantined
from app.web.current import context
from app.web.readers import current_reader, requires

blueprint = Blueprint("maker", __name__)


@blueprint.get("/account")
@requires(Permission.SIGNED_IN)
def account() -> str:
    """Who is signed in, what that role reads, and a way out."""
    return render_template("account.html", account=current_reader())


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
    page = request.args.get("page", 1, int)
    return render_template("quarantine.html", quarantine=intake.quarantine_list(context(), page=page))


@blueprint.get("/quarantine/<quarantine_id>")
@requires(Permission.READ_DRAFTS)
def quarantined(quarantine_id: str) -> str:
    """One refused record with its text, to be mended, replayed or dismissed."""
    return render_template("quarantined.html", record=intake.quarantine_entry(context(), quarantine_id))


@blueprint.post("/quarantine/<quarantine_id>/replay")
@requires(Permission.REPLAY_QUARANTINE)
def replay(quarantine_id: str) -> Response | Redirect:
    """Try a refused record again, as it was or with the text mended in the form."""
    ctx = context()
    mended = request.form.get("body", "").strip().encode()
    try:
        replaying.replay(ctx, intake.plant_of(ctx, quarantine_id), quarantine_id, mended or None)
    except Quarantined as refusal:
        entry = intake.quarantine_entry(ctx, refusal.quarantine_id)
        page = render_template("quarantined.html", record=entry, refusal=str(refusal))
        return Response(page, 422, mimetype="text/html")
    return redirect("/quarantine", 303)


@blueprint.post("/quarantine/<quarantine_id>/dismissal")
@requires(Permission.REPLAY_QUARANTINE)
def dismiss(quarantine_id: str) -> Redirect:
    """Close a refused record for good, with a reason."""
    ctx = context()
    plant = intake.plant_of(ctx, quarantine_id)
    intake.dismiss(ctx, plant, quarantine_id, request.form.get("reason", ""), current_reader().role)
    return redirect("/quarantine", 303)
