"""Times on the maker's pages: one form everywhere, UTC, whatever the browser's language (filter `moment`)."""

from flask import Flask


def attach(application: Flask) -> None:
    """Make the filter known to templates."""
    application.add_template_filter(moment)


def moment(text: str | None) -> str:
    """`2026-11-24 08:00:05 UTC` of a stored time; nothing of none."""
    return f"{text[:10]} {text[11:19]} UTC" if text else ""
