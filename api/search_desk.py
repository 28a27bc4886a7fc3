"""SearchDesk: the search over the lake version served, built in the background and followed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from api.request_log import log
from decisions.facts_now import day_number
from decisions.moment import Moment
from schema.errors import ShelfgraphError, Unavailable
from schema.facts import Flags, Rows, ShopFacts
from schema.listings import Listings
from search.catalogue import CatalogueSearch, Now
from search.synonyms import Synonyms

RETRY_SECONDS: Final = 5.0
BUILT_SECONDS: Final = 25.0
"""How long who searches waits for the first search: less than an operation may take meanwhile, so that it is told."""
T = TypeVar("T", bound=np.generic)


class SearchDesk:
    """Answers by the newest search built; whoever asks before the first stands waits for it.

    Args:
        read_listings: the products of a lake version, in words.
        read_synonyms: the shop's synonyms as they stand, asked for at every look; quick where nothing changed.
    """

    def __init__(
        self, read_listings: Callable[[int], Listings], *, read_synonyms: Callable[[], Synonyms] = Synonyms
    ) -> None:
        self._read_listings, self._read_synonyms = read_listings, read_synonyms
        self._search: CatalogueSearch | None = None
        self._looked = asyncio.Event()
        self._aligned: tuple[ShopFacts, CatalogueSearch, Rows] | None = None
        self.synonyms = Synonyms()
        self._failure: str | None = None

    @property
    def state(self) -> str:
        """`ready`, or what is wrong."""
        if self._failure is not None:
            return "does not follow the lake or its synonyms: see the log"
        return "is being built" if self._search is None else "ready"

    @property
    def is_starting(self) -> bool:
        """Whether the first search is being built."""
        return not self._looked.is_set()

    async def current(self) -> CatalogueSearch:
        """The newest search.

        Raises:
            Unavailable: if the first is not built within BUILT_SECONDS, or cannot be.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(BUILT_SECONDS):
                await self._looked.wait()
        if self._search is None:
            raise Unavailable(f"The search {self.state}.", remedy="Try again in some seconds.")
        return self._search

    async def follow(self, moment: Callable[[], Moment], *, every_seconds: float) -> None:
        """Keep up with the lake version that moments stand on, until cancelled; what fails is told and tried again."""
        while True:
            try:
                await asyncio.to_thread(self._look, moment().facts.base.lake_version)
                self._tell(None)
            except ShelfgraphError as error:
                self._tell(str(error))
            except Exception as error:  # noqa: BLE001 (following must not end; what failed is told until it works again)
                self._tell(repr(error))
            self._looked.set()
            await asyncio.sleep(every_seconds if self._failure is None else max(every_seconds, RETRY_SECONDS))

    def _tell(self, failure: str | None) -> None:
        if failure != self._failure:
            log.warning("search", state=failure or "follows the lake")
        self._failure = failure

    def now(self, search: CatalogueSearch, moment: Moment, store_id: str | None, *, with_delisted: bool = False) -> Now:
        """What changes, by row of a search's listings: as a store sees it, or any store where none is named."""
        facts, base = moment.facts, moment.facts.base
        rows = self._rows(search, base)
        known = rows >= 0
        popularity = np.zeros(len(base.skus), np.float32)
        if moment.model is not None:
            popularity[moment.model.popular] = moment.model.popularity
        is_offered = np.ones(len(base.skus), np.bool_) if with_delisted else _is_offered(moment, store_id)
        everything = np.arange(len(base.skus), dtype=np.int64)
        return Now(
            is_offered=_taken(is_offered, rows, known),
            is_stocked=_taken(_is_stocked(moment, store_id), rows, known),
            prices=np.where(
                known, _taken(facts.price(everything, store_id=store_id, on=moment.on), rows, known), np.float32(np.nan)
            ),
            minimum_ages=_taken(base.minimum_ages, rows, known),
            popularity=_taken(popularity, rows, known),
            launched_on=_taken(base.launched_on, rows, known),
        )

    def _look(self, version: int) -> None:
        if self._search is None:
            self._search = CatalogueSearch(self._read_listings(version))
        elif self._search.listings.lake_version != version:
            self._search = self._search.renewed(self._read_listings(version))
            if self._search.is_worn:
                self._search = CatalogueSearch(self._search.listings)
        self.synonyms = self._read_synonyms()

    def _rows(self, search: CatalogueSearch, base: ShopFacts) -> Rows:
        """The facts' row of each listed product, -1 where they lack it: both may be of neighbouring lake versions."""
        known = self._aligned
        if known is None or known[0] is not base or known[1] is not search:
            places = base.product_rows
            rows = np.fromiter((places.get(sku, -1) for sku in search.listings.skus), np.int64, len(search.rows))
            known = self._aligned = (base, search, rows)
        return known[2]


def _is_offered(moment: Moment, store_id: str | None) -> Flags:
    facts, base, day = moment.facts, moment.facts.base, day_number(moment.on)
    is_ranged = facts.is_ranged_anywhere if store_id is None else base.is_ranged[base.store_rows[store_id]]
    flags: Flags = is_ranged & (base.launched_on <= day) & (facts.delisted_on > day)
    return flags


def _is_stocked(moment: Moment, store_id: str | None) -> Flags:
    facts, base = moment.facts, moment.facts.base
    with np.errstate(invalid="ignore"):
        if store_id is not None:
            at: Flags = facts.on_hand[base.store_rows[store_id]] > 0
            return at
        anywhere = np.zeros(len(base.skus), np.bool_)
        for units, is_ranged in zip(facts.on_hand, base.is_ranged, strict=True):
            anywhere |= (units > 0) & is_ranged
    return anywhere


def _taken(values: npt.NDArray[T], rows: Rows, known: Flags) -> npt.NDArray[T]:
    """The value of each row, nothing (0, False) where it is not known."""
    taken = np.zeros(len(rows), values.dtype)
    taken[known] = values[rows[known]]
    return taken
