"""Changes, verdicts and their numbers, as journals had them before there were revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create what is absent: a journal from before there were revisions is adopted as it is."""
    _create_changes()
    _create_verdicts()
    op.create_table(
        "numbers",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    for table in ("changes", "verdicts"):
        op.execute(
            f"INSERT INTO numbers (name, last) SELECT '{table}', 0 "
            f"WHERE NOT EXISTS (SELECT 1 FROM numbers WHERE name = '{table}')"
        )


def _create_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("idempotency_key", "position"),
        if_not_exists=True,
    )
    op.create_index("ix_changes_kind", "changes", ["kind"], if_not_exists=True)


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("verdict_id", sa.String(255), nullable=False, unique=True),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("other_sku", sa.Text, nullable=False),
        sa.Column("relation", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("is_directed", sa.Boolean, nullable=False),
        sa.Column("judged_by", sa.Text, nullable=False),
        sa.Column("judged_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("store_id", sa.Text),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        if_not_exists=True,
    )
