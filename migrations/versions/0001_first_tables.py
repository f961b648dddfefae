"""first tables

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("disabled_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "attempts",
        sa.Column(
            "bucket",
            sa.LargeBinary(length=16),
            nullable=False,
            comment="digest of what is counted and for whom",
        ),
        sa.Column(
            "window_start",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "window_start", name=op.f("pk_attempts")),
    )
    op.create_table(
        "batteries",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("serial", sa.String(length=20), nullable=False),
        sa.Column("model_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("passport_uuid", sa.String(length=36), nullable=False),
        sa.Column(
            "lot",
            sa.String(length=20),
            nullable=True,
            comment="production batch, once the pack record names it",
        ),
        sa.Column("release", sa.String(length=16), nullable=False, comment="none, released or withdrawn"),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="draft, issued, suspended or revoked"
        ),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.String(length=32), nullable=True),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.CheckConstraint("release in ('none', 'released', 'withdrawn')", name=op.f("ck_batteries_release")),
        sa.CheckConstraint(
            "state in ('draft', 'issued', 'suspended', 'revoked')", name=op.f("ck_batteries_state")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_batteries")),
        sa.UniqueConstraint("passport_uuid", name=op.f("uq_batteries_passport_uuid")),
    )
    with op.batch_alter_table("batteries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batteries_model_key"), ["model_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_batteries_state_release"), ["state", "release"], unique=False)

    op.create_table(
        "documents",
        sa.Column("subject_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("section", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("credential_id", sa.String(length=64), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="digestMultibase of the bytes; also the ETag",
        ),
        sa.Column(
            "content_digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="of the subject: did it change?",
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the signed bytes, sent as they are"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", "section", "version", name=op.f("pk_documents")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_documents_credential_id")),
    )
    op.create_table(
        "log_entries",
        sa.Column(
            "log_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False, comment="canonical JSON, see app/core/log.py"),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False, comment="RFC 6962 2.1"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_log_entries")),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "plants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("revoked_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plants")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_plants_token_hash")),
    )
    op.create_table(
        "status_lists",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=True,
            comment="of the signed list; empty when it must be made anew",
        ),
        sa.Column("signed_at", sa.String(length=32), nullable=True),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True, comment="the signed list credential"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_status_lists")),
    )
    op.create_table(
        "trust_lists",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_trust_lists")),
    )
    op.create_table(
        "intake_records",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("plant_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the bytes as the sender wrote them"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "level", sa.String(length=16), nullable=True, comment="empty for lots of material and cells"
        ),
        sa.Column("subject_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("lot", sa.String(length=20), nullable=True),
        sa.Column("serial", sa.String(length=20), nullable=True),
        sa.Column("sent_at", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column(
            "answer", sa.Text(), nullable=True, comment="kept so that a repeated record gets the same answer"
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plants.id"], name=op.f("fk_intake_records_plant_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_intake_records")),
        sa.UniqueConstraint("plant_id", "record_id", name=op.f("uq_intake_records_plant_id_record_id")),
    )
    with op.batch_alter_table("intake_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intake_records_subject_key"), ["subject_key"], unique=False)

    op.create_table(
        "issuance_intentions",
        sa.Column("battery_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["battery_key"], ["batteries.key"], name=op.f("fk_issuance_intentions_battery_key")
        ),
        sa.PrimaryKeyConstraint("battery_key", name=op.f("pk_issuance_intentions")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("plant_id", sa.String(length=64), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False, comment="the refusal, as JSON"),
        sa.Column("record_id", sa.String(length=64), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("last_received_at", sa.String(length=32), nullable=False),
        sa.Column(
            "settled", sa.String(length=16), nullable=True, comment="replayed or replaced; empty while open"
        ),
        sa.Column("settled_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["plant_id"], ["plants.id"], name=op.f("fk_quarantine_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("plant_id", "body_digest", name=op.f("uq_quarantine_plant_id_body_digest")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_account_id"), ["account_id"], unique=False)

    op.create_table(
        "status_entries",
        sa.Column("subject_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("section", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("list_name", sa.String(length=64), nullable=False),
        sa.Column("list_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_name"], ["status_lists.name"], name=op.f("fk_status_entries_list_name")
        ),
        sa.PrimaryKeyConstraint("subject_key", "section", "purpose", name=op.f("pk_status_entries")),
        sa.UniqueConstraint("list_name", "list_index", name=op.f("uq_status_entries_list_name_list_index")),
    )


def downgrade() -> None:
    op.drop_table("status_entries")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_account_id"))

    op.drop_table("sessions")
    op.drop_table("quarantine")
    op.drop_table("issuance_intentions")
    with op.batch_alter_table("intake_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intake_records_subject_key"))

    op.drop_table("intake_records")
    op.drop_table("trust_lists")
    op.drop_table("status_lists")
    op.drop_table("plants")
    op.drop_table("log_head")
    op.drop_table("log_entries")
    op.drop_table("documents")
    with op.batch_alter_table("batteries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batteries_state_release"))
        batch_op.drop_index(batch_op.f("ix_batteries_model_key"))

    op.drop_table("batteries")
    op.drop_table("attempts")
    op.drop_table("accounts")
