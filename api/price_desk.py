"""PriceDesk: the price windows of the lake version served."""

import asyncio
from collections.abc import Callable

from schema.prices import PriceBook

ReadPrices = Callable[[int], PriceBook]
"""The price windows of a lake version."""


class PriceDesk:
    """The price windows of the lake version served, read when first asked for and kept until another one is."""

    def __init__(self, read: ReadPrices) -> None:
        self._read, self._lock = read, asyncio.Lock()
        self._held: tuple[int, PriceBook] | None = None

    async def book(self, lake_version: int) -> PriceBook:
        """The windows of a lake version; of many who ask together one reads.

        Raises:
            Unavailable: if the lake cannot be read.
        """
        async with self._lock:
            if self._held is None or self._held[0] != lake_version:
                self._held = lake_version, await asyncio.to_thread(self._read, lake_version)
            return self._held[1]
