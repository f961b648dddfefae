"""Tables of what a factory sends: plants, records, what was refused, genealogy, files and who may send.

Migrations in `migrations/` make them; a test compares the two.
"""

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
)

from app.store.table_parts import Sequence, operator
from app.store.table_parts import metadata as metadata

plants = Table(
    "plants", metadata,
    Column("id", String(64), primary_key=True),
    operator(),
    Column("name", String(200), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
)  # fmt: skip

intake_records = Table(
    "intake_records", metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("body_digest", LargeBinary(32), nullable=False),
    Column("body", LargeBinary, nullable=False, comment="the bytes as the sender wrote them"),
    Column("kind", String(32), nullable=False),
    Column("level", String(16), comment="empty for lots of material and cells"),
    Column("subject_key", LargeBinary(16), nullable=False),
    Column("gtin", String(14)),
    Column("lot", String(20)),
    Column("serial", String(20)),
    Column("sent_at", String(32), nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("answer", Text, comment="kept so that a repeated record gets the same answer"),
    Column("door", String(16), comment="rest, file, page or command; empty for what revision 0001 stored"),
    Column("origin", String(300), comment="message, or file and row, that it came by"),
    Column("mapping", String(100), comment="name and version of the mapping that made it, such as mes:3"),
    UniqueConstraint("plant_id", "record_id"),
    Index("ix_intake_records_subject_key_sequence", "subject_key", "sequence"),
)  # fmt: skip

Index(
    "ix_intake_records_unanswered", intake_records.c.sequence,
    sqlite_where=intake_records.c.answer.is_(None), postgresql_where=intake_records.c.answer.is_(None),
)  # fmt: skip
# Stamps and their withdrawals, which decide by the sender's time: few, whatever else is known of a battery.
_is_act = intake_records.c.kind.in_(("release", "withdrawal"))
Index("ix_intake_records_acts", intake_records.c.subject_key, sqlite_where=_is_act, postgresql_where=_is_act)
# Records of whole models: few, and asked for all together.
_is_of_model = intake_records.c.level == "model"
Index(
    "ix_intake_records_models", intake_records.c.gtin,
    sqlite_where=_is_of_model, postgresql_where=_is_of_model,
)  # fmt: skip
_is_stamp = intake_records.c.kind == "release"
Index(
    "ix_intake_records_stamps", intake_records.c.received_at, intake_records.c.subject_key,
    sqlite_where=_is_stamp, postgresql_where=_is_stamp,
)  # fmt: skip


def is_event_of_item() -> ColumnElement[bool]:
    """As the index of them has it, word for word, else it is not used."""
    return and_(
        intake_records.c.kind == literal_column("'event'"), intake_records.c.level == literal_column("'item'")
    )


# What events have named of a model before anything was known of it.
Index(
    "ix_intake_records_events", intake_records.c.gtin, intake_records.c.sequence,
    sqlite_where=is_event_of_item(), postgresql_where=is_event_of_item(),
)  # fmt: skip

record_summaries = Table(
    "record_summaries", metadata,
    Column("subject_key", LargeBinary(16), primary_key=True),
    operator(),
    Column("through", Sequence, nullable=False, comment="sequence of the newest record that it holds"),
    Column("body", LargeBinary, nullable=False, comment="made from the records; may be thrown away"),
)  # fmt: skip

quarantine = Table(
    "quarantine", metadata,
    Column("id", String(36), primary_key=True),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False),
    Column("body_digest", LargeBinary(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("problem", Text, nullable=False, comment="the refusal, as JSON"),
    Column("record_id", String(64)),
    Column("times", Integer, nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("last_received_at", String(32), nullable=False),
    Column("settled", String(16), comment="replayed or replaced; empty while open"),  # or mended, dismissed
    Column("settled_at", String(32)),
    Column("settled_by", String(32), comment="who dismissed it: a role or a plant"),
    Column("reason", String(500), comment="why it was dismissed"),
    Column("mended_from", String(36), comment="the entry whose text was mended into this one"),
    Column("door", String(16), comment="as in intake_records"),
    Column("origin", String(300), comment="as in intake_records"),
    Column("mapping", String(100), comment="as in intake_records"),
    Column("rule", String(64), comment="that it breaks, or else the kind of refusal"),
    UniqueConstraint("plant_id", "body_digest"),
    Index(None, "plant_id", "record_id"),
)  # fmt: skip

_is_open = quarantine.c.settled.is_(None)
Index(
    "ix_quarantine_open", quarantine.c.plant_id, quarantine.c.rule, quarantine.c.received_at,
    sqlite_where=_is_open, postgresql_where=_is_open,
)  # fmt: skip

emission_factor_sets = Table(
    "emission_factor_sets", metadata,
    Column("name", String(64), primary_key=True),
    Column("version", String(32), primary_key=True),
    operator(),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of the body"),
    Column("body", LargeBinary, nullable=False, comment="canonical JSON, see app/core/carbon_factors.py"),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

genealogy_links = Table(
    "genealogy_links", metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False),
    Column("record_id", String(64), nullable=False, comment="record of that plant that says so"),
    Column("source_key", LargeBinary(16), comment="a newer record of it takes the place; empty: none does"),
    Column("head", Integer, nullable=False, comment="1 for the first link of its record, else 0"),
    Column("sent_at", String(32), nullable=False, comment="of the record"),
    Column("act", String(8), nullable=False, comment="hold, sum, add or remove: app/core/genealogy.py"),
    Column("parent_kind", String(16), nullable=False, comment="kinds: app/core/genealogy_things.py"),
    Column("parent_key", LargeBinary(16), nullable=False),
    Column("parent", Text, nullable=False, comment="its number, as it was sent"),
    Column("child_kind", String(16), nullable=False),
    Column("child_key", LargeBinary(16), nullable=False),
    Column("child", Text, nullable=False),
    Column("quantity", String(40), comment="decimal; empty where it was not told"),
    Column("unit", String(16)),
    Column("at", String(32), nullable=False, comment="day or time when it happened, by the sender"),
    Index(None, "parent_key"),
    Index(None, "child_key", "parent_key"),
)  # fmt: skip
_is_head = genealogy_links.c.head == literal_column("1")
Index(
    "ix_genealogy_links_heads", genealogy_links.c.source_key, genealogy_links.c.sent_at,
    sqlite_where=_is_head, postgresql_where=_is_head,
)  # fmt: skip

genealogy_backfill = Table(
    "genealogy_backfill", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1: there is one row, or none"),
    operator(),
    Column("through", Sequence, nullable=False, comment="records up to this number have their links"),
    Column("until", Sequence, nullable=False, comment="newest record of before there were links"),
)  # fmt: skip

mappings = Table(
    "mappings", metadata,
    Column("plant_id", String(64), ForeignKey("plants.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    operator(),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of the body"),
    Column("body", LargeBinary, nullable=False, comment="canonical JSON, see app/core/mapping.py"),
    Column("made_by", String(80), nullable=False, comment="account or command that saved it"),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

files = Table(
    "files", metadata,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the bytes"),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False, comment="that sent it first"),
    Column("media_type", String(64), nullable=False, comment="found in the bytes, not told by the sender"),
    Column("size", Sequence, nullable=False),
    Column("name", String(200), nullable=False, comment="as the sender called it"),
    Column("created_at", String(32), nullable=False),
    # large, so last
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip

file_uses = Table(
    "file_uses", metadata,
    Column("digest", LargeBinary(32), ForeignKey("files.digest"), primary_key=True),
    Column("subject_key", LargeBinary(16), primary_key=True, comment="of the document that links to it"),
    Column("section", String(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    operator(),
)  # fmt: skip

clients = Table(
    "clients", metadata,
    Column("id", String(48), primary_key=True),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("scopes", String(1000), nullable=False, comment="as in RFC 6749 3.3"),
    Column("created_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
    Index(None, "plant_id"),
)  # fmt: skip

client_secrets = Table(
    "client_secrets", metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    operator(),
    Column("client_id", String(48), ForeignKey("clients.id"), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), comment="an older secret goes on for a while after a new one is made"),
    Index(None, "client_id"),
)  # fmt: skip

access_tokens = Table(
    "access_tokens", metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False),
    Column("client_id", String(48), ForeignKey("clients.id"), comment="empty: a static token of the plant"),
    Column("scopes", String(1000), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), comment="empty for a static token without an end"),
    Column("revoked_at", String(32)),
    Index(None, "plant_id"),
    Index(None, "expires_at"),
)  # fmt: skip

epcis_captures = Table(
    "epcis_captures", metadata,
    Column("id", String(36), primary_key=True),
    operator(),
    Column("plant_id", String(64), ForeignKey("plants.id"), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("finished_at", String(32), comment="the row is written then"),
    Column("answer", Text, comment="counts and errors, as JSON"),
    Index(None, "plant_id", "created_at"),
)  # fmt: skip

alarms = Table(
    "alarms", metadata,
    Column("name", String(80), primary_key=True, comment="what is watched: quarantine and a plant"),
    operator(),
    Column("state", String(16), nullable=False, comment="quiet or raised"),
    Column("told_at", String(32), comment="when the webhook took it; empty: not yet"),
    Column("detail", Text, nullable=False, comment="what is told, as JSON"),
    Column("changed_at", String(32), nullable=False),
)  # fmt: skip
