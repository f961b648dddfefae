"""intake at scale: where a record came by, summaries, what a stamped draft waits for

Revision: 0003, after 0002. The code of 0002 goes on working on these tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "record_summaries",
        sa.Column("subject_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column(
            "through", _Sequence, nullable=False, comment="sequence of the newest record that it holds"
        ),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="made from the records; may be thrown away"
        ),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_record_summaries")),
    )
    op.add_column(
        "intake_records",
        sa.Column(
            "door",
            sa.String(length=16),
            nullable=True,
            comment="rest, file, page or command; empty for what revision 0001 stored",
        ),
    )
    op.add_column(
        "intake_records",
        sa.Column(
            "origin",
            sa.String(length=300),
            nullable=True,
            comment="message, or file and row, that it came by",
        ),
    )
    op.add_column(
        "quarantine",
        sa.Column("door", sa.String(length=16), nullable=True, comment="as in intake_records"),
    )
    op.add_column(
        "quarantine",
        sa.Column("origin", sa.String(length=300), nullable=True, comment="as in intake_records"),
    )
    op.add_column(
        "batteries",
        sa.Column(
            "waits_for",
            sa.String(length=500),
            nullable=True,
            comment="required values that a stamped draft lacked; empty: ask",
        ),
    )
    op.create_index(
        "ix_intake_records_subject_key_sequence", "intake_records", ["subject_key", "sequence"], unique=False
    )
    op.drop_index("ix_intake_records_subject_key", table_name="intake_records")
    unanswered = sa.text("answer IS NULL")
    op.create_index(
        "ix_intake_records_unanswered",
        "intake_records",
        ["sequence"],
        unique=False,
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    acts = sa.text("kind IN ('release', 'withdrawal')")
    op.create_index(
        "ix_intake_records_acts",
        "intake_records",
        ["subject_key"],
        unique=False,
        sqlite_where=acts,
        postgresql_where=acts,
    )
    op.create_index(
        op.f("ix_quarantine_plant_id_record_id"), "quarantine", ["plant_id", "record_id"], unique=False
    )
    op.create_index(
        "ix_batteries_waiting",
        "batteries",
        ["model_key", "state", "release", "lot", "waits_for"],
        unique=False,
    )
