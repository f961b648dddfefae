"""Filters of the maker's pages: times in one form, UTC, whatever the browser's language (`moment`); the
document in another format that a record was made of (`document_of`)."""

from flask import Flask

from app.core.file_links import document_of


def attach(application: Flask) -> None:
    """Make the filters known to templates."""
    application.add_template_filter(moment)
    application.add_template_filter(document_of)


def moment(text: str | None) -> str:
    """`2026-11-24 08:00:05 UTC` of a stored time; nothing of none."""
    return f"{text[:10]} {text[11:19]} UTC" if text else ""
