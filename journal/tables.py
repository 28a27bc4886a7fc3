"""The journal's SQL tables; rows are only ever added."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()

NUMBERS: Final = Table(
    "numbers",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last number given out, by table. Writers queue on its row: numbers have no gaps and become visible in order."""

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False, index=True),
    Column("payload", JSON, nullable=False),
    Column("recorded_at", DateTime, nullable=False),
    Column("idempotency_key", String(255)),
    Column("position", Integer, nullable=False),
    UniqueConstraint("idempotency_key", "position"),
)
"""Facts that changed after a load. `recorded_at` is UTC; `position` counts from 0 within a batch."""

VERDICTS: Final = Table(
    "verdicts",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("verdict_id", String(255), nullable=False, unique=True),
    Column("sku", Text, nullable=False),
    Column("other_sku", Text, nullable=False),
    Column("relation", String(32), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("is_directed", Boolean, nullable=False),
    Column("judged_by", Text, nullable=False),
    Column("judged_at", DateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("position", Integer),
    Column("store_id", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
)
"""People's words on pairs, in the order in which they arrived. `judged_at` is UTC."""
