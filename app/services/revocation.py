"""Withdrawing a passport for good. It still resolves, and says so."""

from app.core import access
from app.core.access import Permission, Reader
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.times import to_text
from app.services import reasons, status
from app.services.context import Context
from app.services.publication import Cause


def revoke(ctx: Context, passport_uuid: str, reason: str, actor: Reader) -> None:
    """Withdraw every item credential of one passport. Calling it twice changes nothing.

    Raises: NotFound; Forbidden if `actor` is not the maker of this battery; MalformedInput without a reason.
    """
    access.require(Permission.REVOKE, actor)
    reason = reasons.checked(reason)
    now = ctx.now()
    with ctx.unit_of_work() as work:
        battery = work.batteries.held_by_uuid(passport_uuid)
        if battery is None:
            raise NotFound("There is no such passport.")
        if battery.economic_operator_id != actor.economic_operator_id:
            raise Forbidden("Only the maker of this battery can revoke its passport.")
        if battery.state == "revoked":
            return
        if battery.state == "draft":
            raise Conflict("This passport has not been issued, so there is nothing to revoke.")
        cause = Cause(actor.role, reason)
        status.change(work, ctx, battery.key, "revocation", "revoked", now, cause, to=True)
        work.batteries.change(battery.key, to_text(now), state="revoked", reason=reason)
        work.commit()
