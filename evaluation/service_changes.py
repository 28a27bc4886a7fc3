"""Whether answers honour what was changed before they were asked for."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

GRACE_SECONDS: Final = 2.0
"""How long after its acknowledgement a change may go unnoticed."""


@dataclass
class _Change:
    """Units on a shelf, when they were told and when the service said that it has them."""

    units: float
    sent: float
    acknowledged: float = float("inf")


class ChangeBook:
    """Stock changes sent to a service, and which of its answers go against one; instants by one steady clock."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], list[_Change]] = defaultdict(list)
        self.num_checked = 0

    def send(self, store_id: str, sku: str, units: float, *, at: float) -> _Change:
        """A change that goes out now; set its `acknowledged` when the service says that it has it."""
        change = _Change(units, at)
        self._changes[store_id, sku].append(change)
        return change

    def violations(self, store_id: str, answer: dict[str, Any], *, asked: float, answered: float) -> list[str]:
        """What an answer for a store says against changes acknowledged GRACE_SECONDS before it was asked for.

        A product with a younger change, or with one under way while the answer was made, may be told either way.
        """
        found = []
        for sku, is_had, what in _told(answer):
            units = self._settled(store_id, sku, asked=asked, answered=answered)
            if units is not None:
                self.num_checked += 1
                if is_had != (units > 0):
                    found.append(f"{sku} at {store_id} is told {what}, with {units:g} units for more than 2 s")
        return found

    def _settled(self, store_id: str, sku: str, *, asked: float, answered: float) -> float | None:
        """Units by the last change that every answer must honour; None where there is none, or a younger one."""
        changes = [change for change in self._changes.get((store_id, sku), ()) if change.sent <= answered]
        if not changes or changes[-1].acknowledged > asked - GRACE_SECONDS:
            return None
        # Batches under way at the same time may be recorded in either order.
        last = changes[-1]
        is_alone = all(change.acknowledged <= last.sent for change in changes[:-1])
        return last.units if is_alone else None


def _told(answer: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Sku, whether it is told to be in stock, and the word for it."""
    for offer in answer["products"]:
        if offer["availability"] != "UNKNOWN":
            yield offer["product"]["sku"], offer["availability"] == "IN_STOCK", offer["availability"]
    for withheld in answer["withheld"]:
        if withheld["reason"] == "OUT_OF_STOCK":
            yield withheld["product"]["sku"], False, withheld["reason"]


RECORD: Final = """mutation Record($input: RecordStockInput!) {
  recordStock(input: $input) { sequence userErrors { message code } } }"""


@dataclass(frozen=True)
class Batch:
    """Changes that go out together, and the request that tells them."""

    body: bytes
    changes: tuple[tuple[str, str, float], ...]


def batches(
    skus: Sequence[str], store_id: str, *, count: int, size: int, since: datetime, run: str, seed: int = 0
) -> list[Batch]:
    """Batches that empty and fill shelves of one store by turns, no shelf twice in a batch.

    Args:
        since: an aware instant later than every count the shop has; each batch was counted a hundredth second on.
        run: makes idempotency keys of this run its own.
    """
    draw, found = np.random.default_rng(seed), []
    for number in range(count):
        counted_at = (since + timedelta(milliseconds=10 * number)).isoformat()
        chosen = draw.choice(len(skus), size=min(size, len(skus)), replace=False)
        changes = tuple((store_id, skus[row], float(draw.choice([0, 7]))) for row in chosen)
        rows = [
            {"storeId": store, "sku": sku, "onHandUnits": str(units), "countedAt": counted_at}
            for store, sku, units in changes
        ]
        variables = {"input": {"idempotencyKey": f"{run}-{number}", "changes": rows}}
        found.append(Batch(json.dumps({"query": RECORD, "variables": variables}).encode(), changes))
    return found
