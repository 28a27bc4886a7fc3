"""Keys of the service, and the audit of its mutations."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their tables, and number the audit's rows."""
    op.create_table(
        "access_keys",
        sa.Column("key_id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("mutation", sa.String(255), nullable=False),
        sa.Column("arguments", sa.JSON),
    )
    op.create_table(
        "audit_outcomes",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sa.Column("is_done", sa.Boolean, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.execute(
        "INSERT INTO numbers (name, last) SELECT 'audit', 0 "
        "WHERE NOT EXISTS (SELECT 1 FROM numbers WHERE name = 'audit')"
    )
