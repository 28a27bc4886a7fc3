"""The ledger of decisions, and their outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("decided_on", sa.Date, nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False, index=True),
        sa.Column("lake_version", sa.BigInteger, nullable=False),
        sa.Column("changes_sequence", sa.BigInteger, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, index=True),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answer_hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "outcomes",
        sa.Column("idempotency_key", sa.String(255), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.String(32), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("happened_at", sa.DateTime, nullable=False),
        sa.Column("units", sa.Float),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
    )
