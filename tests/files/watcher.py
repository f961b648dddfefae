"""A watching process that a test kills, its clock at the tests' noon."""

import time
from pathlib import Path

from app.files.folder import Folder
from app.services import plants
from app.services.files import How
from tests import installation
from tests.installation import TOKEN


def watch(directory: Path, database_url: str | None, place: Path) -> None:
    """Take in what is there, again and again, until killed."""
    with installation.opened(directory, installation.Clock(), database_url) as ctx:
        plant = plants.of_token(ctx, TOKEN)
        folder = Folder(ctx, plant, place, How("cell-lot"), settled_s=0, tell=lambda _text: None)
        while True:
            folder.look()
            time.sleep(0.02)
