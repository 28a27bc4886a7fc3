"""What customers buy: the graph's part of a recommendation."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from graph.catalogue import Catalogue, Read
from schema.decisions import Bought

KEPT_SECONDS: Final = 60.0
"""Whoever clicks through a shop is back sooner; whoever was erased is forgotten by then."""
MOST: Final = 20_000
"""Customers, about 60 MiB."""


class _Kept(NamedTuple):
    lake_version: int
    since: float
    products: tuple[Bought, ...]


class CustomerHistory:
    """What customers buy, by the graph's BOUGHT relationships; used within one event loop.

    Those who ask in the same turn of the loop share a read, and who comes back soon is spared one.

    Args:
        read: how a statement is run.
        seconds: for which a customer's products are kept in memory; 0 asks the graph every time.
        most: customers, those read longest ago going first.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        read: Read,
        *,
        seconds: float = KEPT_SECONDS,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue, self._seconds, self._most, self._clock = Catalogue(read), seconds, most, clock
        self._kept: dict[str, _Kept] = {}
        self._wanted: set[str] = set()
        self._reading: asyncio.Task[dict[str, list[Bought]]] | None = None

    async def bought(self, customer_id: str, *, lake_version: int) -> Sequence[Bought]:
        """A customer's strongest products, strongest first; empty for a customer nobody knows.

        Args:
            lake_version: the load whose facts the caller goes by; what was read under another is read again.

        Raises:
            Unavailable: if the graph does not answer in time.
        """
        since = self._clock()
        self._forget(since - self._seconds)
        known = self._kept.get(customer_id)
        if known is not None and known.lake_version == lake_version and known.since > since - self._seconds:
            return known.products
        self._wanted.add(customer_id)
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._read())
        # Whoever gives up leaves the others their answer.
        products = tuple((await asyncio.shield(self._reading)).get(customer_id, ()))
        if self._seconds > 0:
            self._kept.pop(customer_id, None)
            self._kept[customer_id] = _Kept(lake_version, since, products)
        return products

    async def _read(self) -> dict[str, list[Bought]]:
        wanted, self._wanted, self._reading = self._wanted, set(), None
        return await self._catalogue.bought(sorted(wanted))

    def _forget(self, due: float) -> None:
        """Let go of what was asked for by then, and of more than there is room for."""
        kept = self._kept
        while kept and (len(kept) > self._most or next(iter(kept.values())).since <= due):
            del kept[next(iter(kept))]
