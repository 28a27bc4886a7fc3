"""Jobs: what is to be done by a process of its own, and how far it is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add their table, and number its rows."""
    op.create_table(
        "jobs",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("idempotency_key", sa.String(255), unique=True),
        sa.Column("worker", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("beat_at", sa.DateTime),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger),
        sa.Column("total", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("is_cancelling", sa.Boolean, nullable=False),
    )
    op.execute(
        "INSERT INTO numbers (name, last) SELECT 'jobs', 0 WHERE NOT EXISTS (SELECT 1 FROM numbers WHERE name = 'jobs')"
    )
