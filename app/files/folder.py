"""A watched folder: files come in by renaming, and leave to done/ or failed/ with a result beside them.

(1) A file is touched only when it is whole: its name is no temporary one, and it has not changed for a
while. (2) Its records are taken, chunk by chunk. (3) The result is written beside the place where the
file goes, and (4) the file follows. A process that dies in between leaves the file where it was: its records
are known by then, and are told as repeated. The folder itself remembers which content came: the name of a
result carries it.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError

from app.core.errors import PassportError, Rejected
from app.core.late import Late
from app.services import files, mappings, plants, sheet_rows
from app.services.context import Context
from app.services.files import How, Result
from app.services.plants import Plant

if TYPE_CHECKING:
    from app.services import spreadsheets
else:
    spreadsheets = Late("app.services.spreadsheets")

DONE, FAILED = "done", "failed"
SETTLED_S: Final = 2.0
"""How long a file must not have changed, for senders that copy instead of renaming."""
_TEMPORARY: Final = (".tmp", ".part", ".partial", ".crdownload", "~")
_NAME_BYTES: Final = 120
_log = logging.getLogger("app.files")


@dataclass(slots=True)
class Folder:
    """One folder of one plant."""

    ctx: Context
    plant: Plant
    place: Path
    how: How = field(default_factory=How)
    mapping: str | None = None
    """A mapping of the plant's: its newest version at each file, or the one that is named."""
    settled_s: float = SETTLED_S
    tell: Callable[[str], None] = print
    clock: Callable[[], float] = time.time
    _troubles: dict[str, str] = field(default_factory=dict)
    _taken: dict[str, tuple[Path, Result, str]] = field(default_factory=dict)
    """Files that are taken and cannot be moved yet: where to, their result, and what is told of it."""

    def look(self) -> list[Result]:
        """Take what is whole. What goes wrong with one file is told, and the others go on."""
        found = []
        for path in self._whole():
            try:
                result = self._take(path)
            except Exception as error:
                # A full disk, a database that is away, a file that vanished: it stays and is tried again.
                # What nobody thought of must not keep the others out, either.
                trouble = f"{files.name_of(path)} waits: {_sentence(error)}"
                if self._troubles.get(path.name) != trouble:
                    self.tell(trouble)
                    if not isinstance(error, OSError | DBAPIError | PassportError):
                        _log.exception("a file of %s cannot be taken", self.plant.id)
                self._troubles[path.name] = trouble
                continue
            self._troubles.pop(path.name, None)
            found.append(result)
        return found

    def _whole(self) -> list[Path]:
        """(1) Oldest first."""
        known = []
        with os.scandir(self.place) as entries:
            for entry in entries:
                name = entry.name
                if (
                    name.startswith(".")
                    or name.endswith(_TEMPORARY)
                    or not entry.is_file(follow_symlinks=False)
                ):
                    continue
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if self.clock() - facts.st_mtime >= self.settled_s:
                    known.append((facts.st_mtime_ns, name))
        return [self.place / name for _, name in sorted(known)]

    def _take(self, path: Path) -> Result:
        digest = files.digest(path)
        known = self._taken.get(path.name)
        if known is not None and known[1].digest == digest:
            return self._follow(path, *known)  # not sent again: only the way out was shut
        before = self._came_before(digest)
        how = self.how
        if self.mapping is not None:
            how = replace(how, mapping=mappings.get(self.ctx, self.plant, self.mapping))
        plants.get(self.ctx, self.plant.id)  # asked anew: it may have been disabled while this goes on
        result = files.send(self.ctx, self.plant, path, how)  # (2)
        is_failed = result.refusal is not None or (
            result.refused > 0 and not (result.accepted or result.repeated)
        )
        target = self.place / (FAILED if is_failed else DONE)
        target.mkdir(mode=0o750, exist_ok=True)
        # Stored names are ours: the content's digest, then what the sender called it (T29).
        name = _free(target, result.digest[:16], result.name.encode()[-_NAME_BYTES:].decode(errors="ignore"))
        told: dict[str, Any] = {"plant": self.plant.id, **result.as_dict()}
        if before is not None:
            told["cameBefore"] = before
        _write(target / f"{name}.result.json", json.dumps(told, indent=1, ensure_ascii=False).encode())  # (3)
        if path.suffix.lower() == sheet_rows.SUFFIX and result.errors:
            self._mark(path, result, how, target / f"{name}.marked.xlsx")
        again = ", the same content as before" if before is not None else ""
        text = (
            f"{result.name} -> {target.name}/: {result.accepted} accepted, {result.repeated} repeated,"
            f" {result.refused} refused{again}" + (f": {result.refusal}" if result.refusal else "")
        )
        self._taken[path.name] = (target / name, result, text)
        return self._follow(path, target / name, result, text)

    def _follow(self, path: Path, target: Path, result: Result, text: str) -> Result:
        os.replace(path, target)  # (4)
        _sync(target.parent)
        _sync(self.place)
        del self._taken[path.name]
        self.tell(text)
        return result

    def _mark(self, path: Path, result: Result, how: How, beside: Path) -> None:
        """A workbook may be readable row by row and not as a whole: its result says all that the marks do."""
        try:
            made = spreadsheets.marked(path, result.errors, how.kind, before=how.lines_before)
        except Rejected:
            self.tell(f"{result.name}: its cells cannot be marked; see the result beside it.")
            return
        _write(beside, made)

    def _came_before(self, digest: str) -> str | None:
        """Name of a file with the same content that left this folder."""
        for directory in (DONE, FAILED):
            for known in sorted((self.place / directory).glob(f"{digest[:16]}-*.result.json")):
                if known.with_name(known.name.removesuffix(".result.json")).exists():
                    return f"{directory}/{known.name.removesuffix('.result.json')}"
        return None


def _free(target: Path, digest: str, name: str) -> str:
    """A name that no file has there; a result without its file is of a run that did not finish."""
    found, number = f"{digest}-{name}", 1
    while (target / found).exists():
        number += 1
        found = f"{digest}-{number}-{name}"
    return found


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, also in a power cut."""
    beside = path.with_name(f".{path.name}.tmp")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sentence(error: Exception) -> str:
    if isinstance(error, DBAPIError):
        return f"the database cannot be used ({str(error.orig).strip().splitlines()[0]})"
    if isinstance(error, OSError):
        return str(error.strerror or error)
    if isinstance(error, PassportError):
        return str(error)
    return "a fault of this program, told in its log"


def watch(folder: Folder, *, pause_s: float, stop: Callable[[], bool], once: bool = False) -> None:
    """Look, and look again, until told to stop."""
    while True:
        folder.look()
        if once or stop():
            return
        time.sleep(pause_s)
