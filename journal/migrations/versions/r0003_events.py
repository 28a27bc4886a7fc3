"""Shoppers' events, and the number of the last one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table and its numbering."""
    texts = ("session_id", "customer_id", "sku", "query", "store_id", "decision_id", "device", "region")
    op.create_table(
        "events",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.String(255), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("happened_at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.Text) for name in texts),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
    )
    op.execute("INSERT INTO numbers (name, last) VALUES ('events', 0)")
