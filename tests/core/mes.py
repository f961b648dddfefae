"""What a German MES exports at the end of line, and the mapping that reads it: the example of the guide."""

from pathlib import Path
from typing import Any

from app.core import mapping_text
from app.core.mapping import Mapping

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
TOML = (EXAMPLES / "mes-end-of-line.toml").read_bytes()
ROW = {
    "Auftrag": "4711", "Seriennummer": "EOL-0001", "GTIN": "9506000134352", "Datum": "18.11.2026",
    "Uhrzeit": "09:05:03", "Zellchargen": "C1, C2", "Gewicht [kg]": "412,50", "Nennkapazität [mAh]": "94.000",
    "Energie [Wh]": "34.400,5", "Temperatur [K]": "296,65", "Ergebnis": "IO", "Prüfstand": "EOL 2",
    "Bemerkung": "für Müller",
}  # fmt: skip


def mes(**source: Any) -> Mapping:
    """The example's mapping, with other members in `[source]`."""
    found = mapping_text.loads(TOML)
    if not source:
        return found
    document = {**found.document, "source": {**found.document["source"], **source}}
    return mapping_text.loads(mapping_text.dumps(document).encode())


def header(columns: dict[str, str] = ROW) -> str:
    return ";".join(columns)


def as_csv(*rows: dict[str, str]) -> bytes:
    """The rows as the MES writes them: Windows-1252, semicolons, line ends of Windows."""
    lines = [header(rows[0]), *(";".join(row.values()) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")
