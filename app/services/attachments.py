"""Files of a battery's making: reports, certificates, manuals, pictures; kept by the digest of their bytes.

What a file is, its bytes say. Who may read it follows from the passports that link to it: whoever reads a
section reads the files of that section, and nobody but the maker a file that no passport links to.
Source: T10, T28, T29; Annex XIII points 1 to 4.
"""

import hashlib
import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.core import file_links
from app.core.access import Permission, Reader
from app.core.errors import MalformedInput, NotFound, TooLarge
from app.core.late import Late
from app.core.multibase import digest_multibase
from app.core.times import parse, to_seconds, to_text
from app.services import drafts
from app.services.context import Context
from app.services.plants import Plant
from app.store.unit_of_work import Collision, Store

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = Late("PIL.Image")

MAX_BYTES: Final = 26_214_400
"""25 MiB: a test report with its pictures."""
MAX_PIXELS: Final = 100_000_000
MEDIA_TYPES: Final = ("application/pdf", "image/png", "image/jpeg", "text/csv")
PAGE_LENGTH: Final = 50
_PICTURES: Final = {"PNG": "image/png", "JPEG": "image/jpeg"}
_NOTHING: Final = "There is no such file here, or it is not for you to read."


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is told: `url` and `digest` go into a value of type document."""

    digest: str
    url: str
    media_type: str
    size: int
    name: str
    received_at: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "digestMultibase": self.digest,
            "mediaType": self.media_type,
            "size": self.size,
            "name": self.name,
            "receivedAt": self.received_at,
        }


def take(
    ctx: Context, plant: Plant, body: bytes, name: str, declared: str | None = None
) -> tuple[File, bool]:
    """Keep a file. Returns what it is, and whether it is new. Returns only after it is durable.

    `declared` is the media type that the sender told, where it told one.
    Raises: TooLarge; MalformedInput for what is no file of the types taken, or another than declared.
    """
    if len(body) > MAX_BYTES:
        raise TooLarge(f"A file has at most {MAX_BYTES} bytes.")
    media_type = media_type_of(body)
    if declared is not None and declared != media_type:
        raise MalformedInput(
            f"The bytes are {media_type}, not {declared}. Send the file under its own type.",
            rule="media-type",
        )
    is_new = _kept(ctx, plant, body, name, media_type)
    with ctx.read() as store:
        row = store.attachments.about(hashlib.sha256(body).digest())
    return _told(ctx, row, digest_multibase(body)), is_new


def keep_document(ctx: Context, plant: Plant, body: bytes, name: str) -> None:
    """Keep a document in another format that records are made of, so that they lead to it. It was read
    already; no passport links to it, so it is the maker's alone."""
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    packed_or_xml = "application/zip" if start.startswith(b"PK") else "application/xml"
    _kept(ctx, plant, body, name, packed_or_xml if start.startswith((b"PK", b"<")) else "application/json")


def _kept(ctx: Context, plant: Plant, body: bytes, name: str, media_type: str) -> bool:
    """Whether the bytes are new. Durable when it returns."""
    try:
        with ctx.unit_of_work() as work:
            work.attachments.add(
                digest=hashlib.sha256(body).digest(), operator=plant.economic_operator_id, plant_id=plant.id,
                media_type=media_type, name=_shown(name), body=body, at=to_text(ctx.now()),
            )  # fmt: skip
            work.commit()
    except Collision:
        return False
    return True


def read(ctx: Context, digest: str, reader: Reader) -> tuple[File, bytes, bool]:
    """A file for a reader: what it is, its bytes, and whether everybody may read it. Raises: NotFound, with
    the same answer for what is not there and what is not for this reader."""
    try:
        key = file_links.digest_of(digest)
    except MalformedInput:
        raise NotFound(_NOTHING) from None
    with ctx.read() as store:
        row = store.attachments.about(key)
        if row is None:
            raise NotFound(_NOTHING)
        sections = store.attachments.sections_of(key)
        is_makers = (
            Permission.READ_DRAFTS in reader.permissions
            and reader.economic_operator_id == row.economic_operator_id
        )
        if not (is_makers or sections & reader.sections):
            raise NotFound(_NOTHING)
        found = store.attachments.get(key)
    if found is None:
        raise NotFound(_NOTHING)
    return _told(ctx, found, digest), bytes(found.body), "public" in sections


def newest(ctx: Context, operator: str, page: int = 1) -> list[File]:
    """The maker's own files, newest first, a page at a time."""
    offset = (min(max(page, 1), 1_000_000) - 1) * PAGE_LENGTH
    with ctx.read() as store:
        rows = store.attachments.newest(operator, limit=PAGE_LENGTH, offset=offset)
    return [_told(ctx, row, file_links.text_of(bytes(row.digest))) for row in rows]


def require_kept(ctx: Context, store: Store, body: bytes) -> None:
    """Refuse a record whose values link to a file that is not here: a passport would bind what nobody can
    read. Raises: MalformedInput."""
    if b"/files/u" not in body:
        return
    values = drafts.read(body).values  # one of many records comes without them
    wanted = dict(file_links.required(values, ctx.settings.origin))
    known = store.attachments.known([file_links.digest_of(digest) for digest in wanted])
    for digest, pointer in wanted.items():
        if file_links.digest_of(digest) not in known:
            raise MalformedInput(
                "This file is not here yet. Send it to /api/v1/files, then replay this record.",
                pointer=pointer, rule="file-not-here", clause="docs/files.md",
            )  # fmt: skip


def media_type_of(body: bytes) -> str:
    """What the bytes are, judged by themselves. Raises: MalformedInput; TooLarge for a picture of too many
    pixels, before any is unpacked (T28)."""
    if body.startswith(b"%PDF-") and b"%%EOF" in body[-2048:]:
        return "application/pdf"
    if body.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _picture(body)
    if body and _is_table(body):
        return "text/csv"
    raise MalformedInput(
        f"These bytes are no whole file of a type that is taken: {', '.join(MEDIA_TYPES)}.",
        rule="media-type", clause="docs/files.md",
    )  # fmt: skip


def _picture(body: bytes) -> str:
    try:
        with Image.open(io.BytesIO(body), formats=list(_PICTURES)) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Image.DecompressionBombError
            picture.verify()
            return _PICTURES[picture.format or ""]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(f"A picture has at most {MAX_PIXELS} pixels.") from None
    except (OSError, SyntaxError, ValueError):
        raise MalformedInput("This picture is damaged or cut off.", rule="media-type") from None


def _is_table(body: bytes) -> bool:
    """Text with a delimiter in its first line, and nothing that a browser would take for a page."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    first = text.partition("\n")[0]
    return (
        any(mark in first for mark in ",;\t")
        and "<" not in first
        and not any(unicodedata.category(mark) == "Cc" and mark not in "\r\n\t" for mark in text)
    )


def _shown(name: str) -> str:
    """A name that can be stored and shown; no path, and never used as one (T29)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(mark if mark.isprintable() else "\ufffd" for mark in last).strip()
    return clean[:200] or "file"


def _told(ctx: Context, row: Any, digest: str) -> File:
    return File(
        digest, f"{ctx.settings.origin}{file_links.PATH}{digest}", row.media_type, row.size, row.name,
        to_seconds(parse(row.created_at)),
    )  # fmt: skip
