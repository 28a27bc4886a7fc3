"""Erasure: customers who were taken out of every store, known afterwards by keyed hashes alone."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Tombstones:
    """Who was erased; loads and events leave them out.

    Attributes:
        salt: hex, the journal's own: without it nobody can try customers' keys out.
        hashes: of those who were erased.
    """

    salt: str
    hashes: Collection[str] = field(default_factory=frozenset)

    def hash_of(self, customer_id: str) -> str:
        """The customer's hash, 64 hex digits."""
        return hmac.new(
            bytes.fromhex(self.salt), customer_id.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()

    def names(self, customer_id: str | None) -> bool:
        """Whether a customer was erased."""
        return customer_id is not None and bool(self.hashes) and self.hash_of(customer_id) in self.hashes


@dataclass(frozen=True)
class Erasure:
    """What a customer's erasure did; it names them by hash alone.

    Attributes:
        counts: how many of what are gone, by store and kind, such as `journal events`.
        job: the job that takes them out of graph, lake, audit and files.
        ended_at: when that had ended, aware; None before.
    """

    number: int
    customer_hash: str
    asked_by: str
    asked_at: datetime
    reason: str
    counts: Mapping[str, int]
    job: int
    ended_at: datetime | None = None
