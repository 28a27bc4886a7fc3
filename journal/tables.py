"""The journal's SQL tables; rows are only ever added, but for those of jobs, `numbers` and `leases`."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
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

DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("decision_id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("decided_at", DateTime, nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("model_version", String(64), nullable=False, index=True),
    Column("lake_version", BigInteger, nullable=False),
    Column("changes_sequence", BigInteger, nullable=False),
    Column("policy", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("customer_id", Text, index=True),
    Column("inputs", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answer_hash", String(64), nullable=False),
)
"""The ledger. Ids ascend with `decided_at`, which is UTC; JSON stands as the very text that was hashed."""

OUTCOMES: Final = Table(
    "outcomes",
    METADATA,
    Column("idempotency_key", String(255), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("decision_id", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("sku", Text, nullable=False),
    Column("happened_at", DateTime, nullable=False),
    Column("units", Float),
    Column("recorded_at", DateTime, nullable=False),
)
"""What became of decisions. `happened_at` and `recorded_at` are UTC; `position` counts from 0 within a batch."""

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String(255), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("happened_at", DateTime, nullable=False),
    *(
        Column(name, Text)
        for name in ("session_id", "customer_id", "sku", "query", "store_id", "decision_id", "device", "region")
    ),
    Column("recorded_at", DateTime, nullable=False),
)
"""What shoppers did, in the order in which it arrived. Instants are UTC."""

ACCESS_KEYS: Final = Table(
    "access_keys",
    METADATA,
    Column("key_id", String(32), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("role", String(32), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("customer_id", Text),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime),
    Column("revoked_at", DateTime),
)
"""Keys without their secrets. Instants are UTC; `revoked_at` is written once, and nothing else ever after."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("asked_at", DateTime, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("caller", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("mutation", String(255), nullable=False),
    Column("arguments", JSON(none_as_null=True)),
)
"""What was about to be changed, by whom, written before it is tried. `asked_at` is UTC."""

AUDIT_OUTCOMES: Final = Table(
    "audit_outcomes",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("ended_at", DateTime, nullable=False),
    Column("is_done", Boolean, nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
)
"""How the attempt of the same number in `audit` ended; an attempt without one was cut off. `ended_at` is UTC."""

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", DateTime, nullable=False),
)
"""Who alone does a piece of work, until when (UTC). `fence` rises whenever the holder changes."""

JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("idempotency_key", String(255), unique=True),
    Column("worker", String(64), nullable=False),
    Column("started_at", DateTime),
    Column("ended_at", DateTime),
    Column("beat_at", DateTime),
    Column("step", Text, nullable=False),
    Column("done", BigInteger),
    Column("total", BigInteger),
    Column("message", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("result", JSON, nullable=False),
    Column("is_cancelling", Boolean, nullable=False),
)
"""Jobs. Instants are UTC; `worker` is whose process runs it, empty before; `beat_at` says that it lives."""

APPROVALS: Final = Table(
    "approvals",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("action", String(16), nullable=False),
    Column("from_version", String(64)),
    Column("to_version", String(64), nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("approved_at", DateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("job", BigInteger),
    Column("idempotency_key", String(255), unique=True),
)
"""Changes of the champion, written before it changes. `approved_at` is UTC; `job` brings it to the graph."""

ERASURES: Final = Table(
    "erasures",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_hash", String(64), nullable=False, unique=True),
    Column("customer_id", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("job", BigInteger, nullable=False),
    Column("ended_at", DateTime),
)
"""Customers who were erased, by a keyed hash; `customer_id` stands until that has ended. Instants are UTC."""

SALTS: Final = Table(
    "salts", METADATA, Column("name", String(32), primary_key=True), Column("value", String(64), nullable=False)
)
"""The keys of hashes, drawn when the journal was made and never changed."""
