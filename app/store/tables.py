"""Tables of passports: batteries, signed documents, the log, keys, trust and accounts.

Migrations in `migrations/` make them; a test compares the two.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from app.store.factory_tables import metadata as metadata  # loads them: one name stands for all tables
from app.store.table_parts import Sequence, operator

batteries = Table(
    "batteries", metadata,
    Column("key", LargeBinary(16), primary_key=True),
    operator(),
    Column("gtin", String(14), nullable=False),
    Column("serial", String(20), nullable=False),
    Column("model_key", LargeBinary(16), nullable=False),
    Column("passport_uuid", String(36), nullable=False, unique=True),
    Column("lot", String(20), comment="production batch, once the pack record names it"),
    Column("release", String(16), nullable=False, comment="none, released or withdrawn"),
    Column("state", String(16), nullable=False, comment="draft, issued, suspended or revoked"),
    Column("reason", String(500)),
    Column("created_at", String(32), nullable=False),
    Column("issued_at", String(32)),
    Column("changed_at", String(32), nullable=False),
    Column("waits_for", String(500), comment="required values that a stamped draft lacked; empty: ask"),
    Column("lacks", String(1000), comment="what blocked a stamped draft when it was judged; ! implausible"),
    Column("plant_id", String(64), comment="who sent its first record"),
    CheckConstraint("release in ('none', 'released', 'withdrawn')", name="release"),
    CheckConstraint("state in ('draft', 'issued', 'suspended', 'revoked')", name="state"),
    Index(None, "model_key"),
    Index(None, "state", "release"),
    Index("ix_batteries_waiting", "model_key", "state", "release", "lot", "waits_for"),
    # the board: newest first, all of them or those of one state
    Index(None, "created_at", "key"),
    Index(None, "state", "created_at", "key"),
    Index(None, "issued_at"),
)  # fmt: skip

documents = Table(
    "documents", metadata,
    Column("subject_key", LargeBinary(16), primary_key=True),
    Column("section", String(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    operator(),
    Column("credential_id", String(64), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, comment="digestMultibase of the bytes; also the ETag"),
    Column("content_digest", LargeBinary(32), nullable=False, comment="of the subject: did it change?"),
    Column("body", LargeBinary, nullable=False, comment="the signed bytes, sent as they are"),
    Column("created_at", String(32), nullable=False),
    Column("signed_by", String(255), comment="verification method; empty for what revision 0001 stored"),
    Column("log_position", Sequence, comment="row of log_entries that names this version"),
    Column("made_by", String(32), comment="role that asked for this version; empty: the records did"),
    Column("reason", String(500), comment="why it was made anew, as told by whoever asked"),
    Column("sources", LargeBinary, comment="number of the record behind each value, as JSON by attribute"),
    # by whom, then in the order in which documents are signed anew: nothing else is read for it
    Index(None, "signed_by", "section", "subject_key", "version"),
)  # fmt: skip

jose_documents = Table(
    "jose_documents", metadata,
    Column("subject_key", LargeBinary(16), primary_key=True),
    Column("section", String(16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    operator(),
    Column("digest", String(64), nullable=False, comment="digestMultibase of the bytes; also the ETag"),
    Column("body", LargeBinary, nullable=False, comment="the compact JWS, sent as it is"),
    Column("signed_by", String(255), nullable=False),
    Column("log_position", Sequence, nullable=False),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

battery_events = Table(
    "battery_events", metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("battery_key", LargeBinary(16), ForeignKey("batteries.key"), nullable=False),
    operator(),
    Column("kind", String(32), nullable=False, comment="revoked, suspended or reinstated"),
    Column("made_by", String(32), comment="role that asked for it; empty: the records did"),
    Column("reason", String(500)),
    Column("log_position", Sequence, comment="first row of log_entries about it"),
    Column("created_at", String(32), nullable=False),
    Index(None, "battery_key"),
)  # fmt: skip

issuance_intentions = Table(
    "issuance_intentions", metadata,
    Column("battery_key", LargeBinary(16), ForeignKey("batteries.key"), primary_key=True),
    operator(),
    Column("plan", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

status_lists = Table(
    "status_lists", metadata,
    Column("name", String(64), primary_key=True),
    operator(),
    Column("purpose", String(16), nullable=False),
    Column("digest", String(64), comment="of the signed list; empty when it must be made anew"),
    Column("signed_at", String(32)),
    # large, so last: what stands before them is read at every look-up
    Column("bits", LargeBinary, nullable=False),
    Column("body", LargeBinary, comment="the signed list credential"),
)  # fmt: skip

status_entries = Table(
    "status_entries", metadata,
    Column("subject_key", LargeBinary(16), primary_key=True),
    Column("section", String(16), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    operator(),
    Column("list_name", String(64), ForeignKey("status_lists.name"), nullable=False),
    Column("list_index", Integer, nullable=False),
    UniqueConstraint("list_name", "list_index"),
)  # fmt: skip

log_head = Table(
    "log_head", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # number of the log, from 1
    Column("size", Sequence, nullable=False),
    Column("first", Sequence, nullable=False, server_default="0", comment="row of its entry 0"),
    Column("closed_at", String(32), comment="a log that is not continued, after a restore from backup"),
)  # fmt: skip

log_entries = Table(
    "log_entries", metadata,
    Column("log_index", Sequence, primary_key=True, autoincrement=False),
    operator(),
    Column("leaf", LargeBinary, nullable=False, comment="canonical JSON, see app/core/log.py"),
    Column("leaf_hash", LargeBinary(32), nullable=False, comment="RFC 6962 2.1"),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

log_tiles = Table(
    "log_tiles", metadata,
    Column("log_id", Integer, ForeignKey("log_head.id"), primary_key=True, autoincrement=False),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("tile_index", Sequence, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="256 hashes; above level 0 as many as there are"),
)  # fmt: skip

log_checkpoints = Table(
    "log_checkpoints", metadata,
    Column("log_id", Integer, ForeignKey("log_head.id"), primary_key=True, autoincrement=False),
    Column("size", Sequence, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False, comment="the signed note, without cosignatures"),
    Column("created_at", String(32), nullable=False),
    Column("timestamp_token", LargeBinary, comment="RFC 3161 answer over the note"),
    Column("timestamped_at", String(32)),
)  # fmt: skip

log_cosignatures = Table(
    "log_cosignatures", metadata,
    Column("log_id", Integer, primary_key=True, autoincrement=False),
    Column("size", Sequence, primary_key=True, autoincrement=False),
    Column("witness", String(255), primary_key=True),
    Column("line", Text, nullable=False, comment="as it stands in a signed note"),
    Column("created_at", String(32), nullable=False),
    ForeignKeyConstraint(["log_id", "size"], ["log_checkpoints.log_id", "log_checkpoints.size"]),
)  # fmt: skip

signing_keys = Table(
    "signing_keys", metadata,
    Column("name", String(64), primary_key=True, comment="fragment of the verification method: seal-2026"),
    operator(),
    Column("backend", String(16), nullable=False, comment="file, pkcs11 or remote"),
    Column("reference", Text, nullable=False, comment="where the backend finds it; never a secret"),
    Column("public_key", String(128), nullable=False, comment="Multikey"),
    Column("created_at", String(32), nullable=False),
    Column("valid_from", String(32), comment="empty until it first signs"),
    Column("expires_at", String(32)),
    Column("revoked_at", String(32)),
    Column("reason", String(500)),
    CheckConstraint("backend in ('file', 'pkcs11', 'remote')", name="backend"),
)  # fmt: skip

trust_roots = Table(
    "trust_roots", metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False, comment="signed by the root before it and by itself"),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

trust_lists = Table(
    "trust_lists", metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", String(32), nullable=False),
)  # fmt: skip

accounts = Table(
    "accounts", metadata,
    Column("id", String(36), primary_key=True),
    operator(),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(32), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("disabled_at", String(32)),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.id"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Index(None, "account_id"),
)  # fmt: skip

attempts = Table(
    "attempts", metadata,
    Column("bucket", LargeBinary(16), primary_key=True, comment="digest of what is counted and for whom"),
    Column("window_start", Sequence, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
)  # fmt: skip
