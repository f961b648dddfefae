"""What a refusal of the database means, for faces, which do not know the store."""

from sqlalchemy.exc import DBAPIError

from app.core.errors import PassportError
from app.store.unit_of_work import trouble


def meant(error: DBAPIError) -> PassportError | None:
    """A full disk, or a database that is away; None for a fault of ours."""
    return trouble(error)
