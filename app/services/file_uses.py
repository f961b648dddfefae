"""Which signed documents link to which files: what decides who may read a file."""

from collections.abc import Sequence
from typing import Any

from app.core import file_links
from app.store.unit_of_work import UnitOfWork


def note(work: UnitOfWork, operator: str, documents: Sequence[Any]) -> None:
    """Enter which files new signed documents link to, in the transaction that stores them."""
    wanted = {digest for document in documents for digest in file_links.linked(document.body)}
    if not wanted:
        return
    known = work.attachments.known([file_links.digest_of(digest) for digest in wanted])
    rows = [
        {
            "digest": key, "subject_key": document.subject_key, "section": document.section,
            "version": document.version, "economic_operator_id": operator,
        }
        for document in documents
        for digest in file_links.linked(document.body)
        if (key := file_links.digest_of(digest)) in known
    ]  # fmt: skip
    if rows:
        work.attachments.add_uses(rows)
