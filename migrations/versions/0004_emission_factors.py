"""sets of emission factors

Revision: 0004, after 0003. Only adds: the code of 0003 goes on working on these tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "emission_factor_sets",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("economic_operator_id", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the body"),
        sa.Column(
            "body",
            sa.LargeBinary(),
            nullable=False,
            comment="canonical JSON, see app/core/carbon_factors.py",
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_emission_factor_sets")),
    )
