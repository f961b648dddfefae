"""The web face: translates requests into one service call and its answer; decides nothing."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from app import wiring
from app.config import ROOT, Settings
from app.services import checkpoints, intake_batch, keys
from app.web import (
    api,
    assets,
    board,
    carbon,
    conformance,
    documents,
    epcis,
    files,
    forms,
    genealogy,
    history,
    imports,
    lineage,
    log,
    maker,
    mapping_pages,
    mappings,
    moments,
    oauth,
    pages,
    passports,
    problems,
    readers,
    renderings,
    resolver,
    security,
    sign_in,
    uploads,
    wellknown,
)

MAX_BODY_BYTES = 1_048_576

FINISHED_FIRST = 500
"""Records left unfinished by a crash that a start finishes before it listens; the rest is done beside it."""

__all__ = ["create_app"]


def create_app(settings: Settings, now: Callable[[], datetime] = wiring.clock) -> Flask:
    """The application of one installation. Finishes first what a crash may have left behind."""
    application = Flask("app.web", static_folder=None, template_folder=str(ROOT / "templates"))
    application.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    application.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    application.json.sort_keys = False  # type: ignore[attr-defined]
    context = wiring.build(settings, engine=wiring.attach_database(application, settings), now=now)
    application.extensions["passport"] = context
    for face in (security, problems, readers, assets, renderings, oauth, moments):
        face.attach(application)
    for part in (
        resolver,
        documents,
        files,
        forms,
        passports,
        history,
        pages,
        sign_in,
        maker,
        board,
        carbon,
        api,
        epcis,
        imports,
        genealogy,
        lineage,
        mappings,
        mapping_pages,
        uploads,
        log,
        wellknown,
        oauth,
    ):
        application.register_blueprint(part.blueprint)
    if settings.conformance:
        conformance.attach(application)
    keys.check(context)
    checkpoints.require_not_behind(context)
    intake_batch.finish(context, FINISHED_FIRST)
    return application
