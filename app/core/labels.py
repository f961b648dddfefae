"""The carrier on the battery: a QR code whose picture is decoded again before it leaves, and an NDEF message.

Source: Regulation (EU) 2023/1542 Annex VI Part C, Art. 77(3); ISO/IEC 18004; GS1 Digital Link; T58.
"""

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import ndef
import segno
import zxingcpp
from PIL import Image

from app.core.errors import PassportError
from app.core.identifiers import BatteryKey

QUIET_ZONE_MODULES: Final = 4
ERROR_LEVEL: Final = "q"
_READING_SCALE: Final = 4
_ALPHANUMERIC: Final = re.compile(r"[0-9A-Z $%*+\-./:]*")


class UnreadableLabel(PassportError):
    """The picture, read back, does not say what the passport says; it must not be printed."""

    code = "unreadable-label"


@dataclass(frozen=True, slots=True)
class Label:
    """One battery's label: the text in the symbol, and the symbol."""

    key: BatteryKey
    digital_link: str
    text: str
    symbol: segno.QRCode

    def svg(self, module_mm: float = 0.5) -> bytes:
        """A standalone SVG, sized in millimetres, white quiet zone included."""
        buffer = io.BytesIO()
        self.symbol.save(
            buffer,
            kind="svg",
            scale=module_mm,
            unit="mm",
            border=QUIET_ZONE_MODULES,
            dark="#000",
            light="#fff",
            svgclass=None,
            lineclass=None,
            title=self.key.element_string(),
        )
        return buffer.getvalue()

    def png(self, module_px: int = 12) -> bytes:
        """A PNG of 8-bit grey, read back before it is handed out. Raises: UnreadableLabel."""
        buffer = io.BytesIO()
        self.symbol.save(
            buffer, kind="png", scale=module_px, border=QUIET_ZONE_MODULES, dark="#000", light="#fff"
        )
        with Image.open(io.BytesIO(buffer.getvalue())) as picture:
            grey = picture.convert("L")
        _require_text(memoryview(grey.tobytes()).cast("B", shape=[grey.height, grey.width]), self.text)
        return buffer.getvalue()


@lru_cache(maxsize=256)
def label(key: BatteryKey, origin: str) -> Label:
    """The label of one battery, kept while it is asked for.

    Level Q, never Micro QR; read back once. Raises: UnreadableLabel.
    """
    link = key.uri(origin)
    text = _carried(link)
    symbol = segno.make_qr(text, error=ERROR_LEVEL, boost_error=False)
    rows = [
        bytes(0 if dark else 255 for dark in row)
        for row in symbol.matrix_iter(scale=_READING_SCALE, border=QUIET_ZONE_MODULES)
    ]
    _require_text(memoryview(b"".join(rows)).cast("B", shape=[len(rows), len(rows[0])]), text)
    return Label(key, link, text, symbol)


def _carried(link: str) -> str:
    """The link in upper case where only scheme and host change: one QR version smaller, same meaning."""
    parts = urlsplit(link)
    upper = link.upper()
    after_host = link.split(parts.netloc, 1)[1]
    return upper if after_host == after_host.upper() and _ALPHANUMERIC.fullmatch(upper) else link


def _require_text(picture: memoryview, text: str) -> None:
    found = zxingcpp.read_barcodes(picture)
    if [code.text for code in found] != [text]:
        raise UnreadableLabel("The code was drawn but does not read back as this battery's link.")


def ndef_message(link: str) -> bytes:
    """One URI record, type `U`, `https://` abbreviated: what goes on an NFC tag (NFC Forum URI RTD)."""
    record = ndef.UriRecord()
    record.iri = link  # `.uri` would escape `=` and `&` once more
    return b"".join(ndef.message_encoder([record]))
