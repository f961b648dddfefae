"""Names that never change with the installation: vocabulary addresses, sections, categories, levels.

Source: design of the credential profile; Regulation (EU) 2023/1542, Annex XIII and Art. 3(1)(11)-(15).
"""

from typing import Final, Literal, get_args

BASE: Final = "https://w3id.org/open-battery-passport"
CONTEXT_URL: Final = f"{BASE}/context/v1"
CREDENTIALS_V2_URL: Final = "https://www.w3.org/ns/credentials/v2"
CREDENTIALS_V1_URL: Final = "https://www.w3.org/2018/credentials/v1"
CONTEXTS: Final = (CREDENTIALS_V2_URL, CONTEXT_URL)
TERMS_URL: Final = f"{BASE}/terms#"
SCHEMA_VERSION: Final = "v1"

Section = Literal["public", "composition", "dismantling", "compliance", "condition", "use", "warranty"]
Category = Literal["ev", "lmt", "stationary", "industrial"]
Level = Literal["model", "batch", "item"]

SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

MODEL_SECTIONS: Final[tuple[Section, ...]] = ("composition", "dismantling", "compliance")
ITEM_SECTIONS: Final[tuple[Section, ...]] = ("public", "condition", "use", "warranty")

CREDENTIAL_TYPES: Final[dict[Section, str]] = {
    section: f"BatteryPassport{section.capitalize()}" for section in SECTIONS
}
"""Second member of a credential's `type`, for each section."""


def schema_url(section: Section, category: Category) -> str:
    """Address of the JSON Schema of one section for one battery category, the same in every installation."""
    return f"{BASE}/schema/{SCHEMA_VERSION}/{section}-{category}.json"
