"""Approvals of model versions, and customers who were erased, known by keyed hashes alone."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add their tables, number the rows of both, and draw the key of the hashes."""
    op.create_table(
        "approvals",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("from_version", sa.String(64)),
        sa.Column("to_version", sa.String(64), nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("approved_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("job", sa.BigInteger),
        sa.Column("idempotency_key", sa.String(255), unique=True),
    )
    op.create_table(
        "erasures",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("customer_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("customer_id", sa.Text),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("job", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.DateTime),
    )
    salts = op.create_table(
        "salts", sa.Column("name", sa.String(32), primary_key=True), sa.Column("value", sa.String(64), nullable=False)
    )
    op.bulk_insert(salts, [{"name": "erasures", "value": secrets.token_hex(32)}])
    for name in ("approvals", "erasures"):
        op.execute(
            f"INSERT INTO numbers (name, last) SELECT '{name}', 0 "  # the two names above
            f"WHERE NOT EXISTS (SELECT 1 FROM numbers WHERE name = '{name}')"
        )
