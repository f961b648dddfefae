"""keys, checkpoints and history

Revision: 0002, after 0001. Only adds: the code of 0001 goes on working on these tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jose_documents",
        sa.Column("subject_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("section", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="digestMultibase of the bytes; also the ETag",
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the compact JWS, sent as it is"),
        sa.Column("signed_by", sa.String(length=255), nullable=False),
        sa.Column("log_position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", "section", "version", name=op.f("pk_jose_documents")),
    )
    op.create_table(
        "signing_keys",
        sa.Column(
            "name",
            sa.String(length=64),
            nullable=False,
            comment="fragment of the verification method: seal-2026",
        ),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("backend", sa.String(length=16), nullable=False, comment="file, pkcs11 or remote"),
        sa.Column(
            "reference", sa.Text(), nullable=False, comment="where the backend finds it; never a secret"
        ),
        sa.Column("public_key", sa.String(length=128), nullable=False, comment="Multikey"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.String(length=32), nullable=True, comment="empty until it first signs"),
        sa.Column("expires_at", sa.String(length=32), nullable=True),
        sa.Column("revoked_at", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("backend in ('file', 'pkcs11', 'remote')", name=op.f("ck_signing_keys_backend")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "trust_roots",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="signed by the root before it and by itself"
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_trust_roots")),
    )
    op.create_table(
        "battery_events",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("battery_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="revoked, suspended or reinstated"),
        sa.Column(
            "made_by",
            sa.String(length=32),
            nullable=True,
            comment="role that asked for it; empty: the records did",
        ),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column(
            "log_position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="first row of log_entries about it",
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["battery_key"], ["batteries.key"], name=op.f("fk_battery_events_battery_key")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_battery_events")),
    )
    op.create_index(op.f("ix_battery_events_battery_key"), "battery_events", ["battery_key"], unique=False)
    op.create_table(
        "log_checkpoints",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="the signed note, without cosignatures"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column(
            "timestamp_token", sa.LargeBinary(), nullable=True, comment="RFC 3161 answer over the note"
        ),
        sa.Column("timestamped_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["log_id"], ["log_head.id"], name=op.f("fk_log_checkpoints_log_id")),
        sa.PrimaryKeyConstraint("log_id", "size", name=op.f("pk_log_checkpoints")),
    )
    op.create_table(
        "log_tiles",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "tile_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "hashes",
            sa.LargeBinary(),
            nullable=False,
            comment="256 hashes; above level 0 as many as there are",
        ),
        sa.ForeignKeyConstraint(["log_id"], ["log_head.id"], name=op.f("fk_log_tiles_log_id")),
        sa.PrimaryKeyConstraint("log_id", "level", "tile_index", name=op.f("pk_log_tiles")),
    )
    op.create_table(
        "log_cosignatures",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("witness", sa.String(length=255), nullable=False),
        sa.Column("line", sa.Text(), nullable=False, comment="as it stands in a signed note"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["log_id", "size"],
            ["log_checkpoints.log_id", "log_checkpoints.size"],
            name=op.f("fk_log_cosignatures_log_id_size"),
        ),
        sa.PrimaryKeyConstraint("log_id", "size", "witness", name=op.f("pk_log_cosignatures")),
    )
    op.add_column(
        "documents",
        sa.Column(
            "signed_by",
            sa.String(length=255),
            nullable=True,
            comment="verification method; empty for what revision 0001 stored",
        ),
    )
    op.add_column(
        "documents",
        sa.Column(
            "log_position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="row of log_entries that names this version",
        ),
    )
    op.add_column(
        "documents",
        sa.Column(
            "made_by",
            sa.String(length=32),
            nullable=True,
            comment="role that asked for this version; empty: the records did",
        ),
    )
    op.add_column(
        "documents",
        sa.Column(
            "reason",
            sa.String(length=500),
            nullable=True,
            comment="why it was made anew, as told by whoever asked",
        ),
    )
    op.create_index(
        op.f("ix_documents_signed_by_section_subject_key_version"),
        "documents",
        ["signed_by", "section", "subject_key", "version"],
        unique=False,
    )
    op.add_column(
        "log_head",
        sa.Column(
            "first",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
            comment="row of its entry 0",
        ),
    )
    op.add_column(
        "log_head",
        sa.Column(
            "closed_at",
            sa.String(length=32),
            nullable=True,
            comment="a log that is not continued, after a restore from backup",
        ),
    )
    op.add_column(
        "quarantine",
        sa.Column(
            "settled_by",
            sa.String(length=32),
            nullable=True,
            comment="who dismissed it: a role or a plant",
        ),
    )
    op.add_column(
        "quarantine",
        sa.Column("reason", sa.String(length=500), nullable=True, comment="why it was dismissed"),
    )
    op.add_column(
        "quarantine",
        sa.Column(
            "mended_from",
            sa.String(length=36),
            nullable=True,
            comment="the entry whose text was mended into this one",
        ),
    )
