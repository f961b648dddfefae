"""What all tables share.

Keys are 16-byte digests of canonical identifiers with the text beside them. Times are UTC, stored as text in
RFC 3339 form with microseconds, so that they order and compare alike in SQLite and PostgreSQL.
"""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Sequence = BigInteger().with_variant(Integer, "sqlite")


def operator() -> Column[str]:
    """The economic operator that a row belongs to; every table has one."""
    return Column("economic_operator_id", String(255), nullable=False)
