"""Context: what one request holds on to, from its first field to its last."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from starlette.datastructures import MutableHeaders
from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from api.access import Access
from api.callers import Shown
from api.cards import ByKey, CardLoader, Cards, group_of, with_empty
from api.operations import Operations
from api.price_desk import PriceDesk
from api.search_desk import SearchDesk
from decisions.advisor import Advisor
from decisions.moment import Moment
from decisions.ports import ChangeLog
from decisions.relations import Related
from decisions.replay import Replayer
from graph.catalogue import Catalogue
from journal.ledger import Build, Ledger
from schema.access import Caller
from schema.catalogue import Brand, Category, Customer, Product, Promotion, Store, Supplier
from schema.decisions import Bought, Explanation
from schema.errors import Unavailable
from schema.ledger import Outcome

V = TypeVar("V")
Row = dict[str, Any]


class GraphReader(Protocol):
    """The graph's connection, as far as the API uses it."""

    async def read(self, name: str, *, deadline_seconds: float | None = None, **params: Any) -> list[Row]:
        """Every row that a reading statement returns."""

    async def verify(self) -> None:
        """Return if the server answers and lets us in."""


@dataclass(frozen=True)
class BoundedReader:
    """Reads for one request: each is given the time that is left.

    Attributes:
        ends_at: by the monotonic clock.
    """

    graph: GraphReader
    ends_at: float

    async def __call__(self, name: str, **params: Any) -> list[Row]:
        """Every row of a reading statement, read within the time that is left.

        Raises:
            Unavailable: if the graph does not answer in time.
        """
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise Unavailable("The operation's time was up before the graph was asked.") from TimeoutError()
        return await self.graph.read(name, deadline_seconds=left, **params)


@dataclass
class Context:
    """One request's view: a moment of facts and model, and loaders that gather keys into one read each.

    Attributes:
        connection_params, shown: what a socket's `connection_init` carried, and what that or its handshake showed of
            who asks; empty over HTTP.
        closing: with which code and reason a socket is closed that was not let in.
        is_counted: whether this is one of its caller's open sockets.
        answer_headers: what the answer will carry beside its own.
        is_lasting: whether the answer holds only what changes by loads, so that it may be kept for a minute.
        before: what stood before the mutation that is being made, if it tells; kept in its audit row.
    """

    moment: Moment
    advisor: Advisor
    journal: ChangeLog
    search: SearchDesk
    reader: BoundedReader
    clock: Callable[[], datetime]
    request_id: str
    caller: Caller
    access: Access
    cards: Cards
    answer_headers: MutableHeaders
    before: Any = None
    is_lasting: bool = False
    ledger: Ledger | None = None
    replayer: Replayer | None = None
    prices: PriceDesk | None = None
    operations: Operations | None = None
    num_replays: int = 0
    connection_params: dict[str, Any] = field(default_factory=dict)
    shown: Shown | None = None
    closing: tuple[int, str] | None = None
    is_counted: bool = False
    _loaders: dict[object, DataLoader[Any, Any]] = field(default_factory=dict)
    _cards_by: dict[Hashable, CardLoader[Any]] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue, within this request's time."""
        return Catalogue(self.reader)

    @property
    def products(self) -> CardLoader[Product | None]:
        """Products by sku."""
        return self._by_key(self.catalogue.products)

    @property
    def categories(self) -> CardLoader[Category | None]:
        """Categories by key."""
        return self._by_key(self.catalogue.categories)

    @property
    def brands(self) -> CardLoader[Brand | None]:
        """Brands by name."""
        return self._by_key(self.catalogue.brands)

    @property
    def suppliers(self) -> CardLoader[Supplier | None]:
        """Suppliers by key."""
        return self._by_key(self.catalogue.suppliers)

    @property
    def stores(self) -> CardLoader[Store | None]:
        """Stores by key."""
        return self._by_key(self.catalogue.stores)

    @property
    def promotions(self) -> CardLoader[Promotion | None]:
        """Promotions by key."""
        return self._by_key(self.catalogue.promotions)

    @property
    def customers(self) -> DataLoader[str, Customer | None]:
        """Customers by key; what is personal is not kept between requests, for an erasure must be seen."""
        return self._loader("customers", partial(_values, self.catalogue.customers))

    @property
    def bought(self) -> DataLoader[str, list[Bought] | None]:
        """What customers buy, by their keys; not kept between requests either."""
        return self._loader("bought", partial(_values, self.catalogue.bought))

    def personal(
        self, read: Callable[..., Awaitable[Mapping[str, list[V]]]], **page: Any
    ) -> DataLoader[str, list[V] | None]:
        """One of the catalogue's joins by customers' keys, as `joined`; not kept between requests either."""
        return self._loader((read.__name__, *sorted(page.items())), partial(_values, partial(read, **page)))

    @property
    def explanations(self) -> DataLoader[Related, Explanation]:
        """Explanations by relation edge."""
        return self._loader("explanations", self._explain)

    @property
    def outcomes(self) -> DataLoader[str, list[Outcome]]:
        """What became of decisions, by their ids."""
        return self._loader("outcomes", self._outcomes)

    def keep(self, build: Build) -> Awaitable[str | None]:
        """The decision's id once its entry is kept; None where it cannot be. Begun at once, awaited when wanted."""
        kept = None if self.ledger is None else self.ledger.keep(build)
        if kept is not None and not kept.done():
            return asyncio.wrap_future(kept)
        known: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        known.set_result(None if kept is None else kept.result())
        return known

    def renew(self, moment: Moment, *, seconds: float) -> None:
        """See a newer moment, forget what was read before, and have so much time from now on."""
        self.moment = moment
        self.reader = BoundedReader(self.reader.graph, time.monotonic() + seconds)
        self._loaders.clear()
        self._cards_by.clear()

    def joined(self, read: Callable[..., Awaitable[Mapping[str, list[V]]]], **page: Any) -> CardLoader[list[V]]:
        """One of the catalogue's joins by key; fields that ask for the same page share a read."""
        return self._loaded(group_of(self.moment, read, **page), with_empty(read, **page))

    def _by_key(self, read: ByKey[V]) -> CardLoader[V | None]:
        return self._loaded(group_of(self.moment, read), read)

    def _loaded(self, group: Hashable, read: ByKey[Any]) -> CardLoader[Any]:
        if group not in self._cards_by:
            self._cards_by[group] = CardLoader.of(self.cards, group, read)
        return self._cards_by[group]

    def _loader(self, name: object, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        if name not in self._loaders:
            self._loaders[name] = DataLoader(load_fn=load)
        return self._loaders[name]

    async def _outcomes(self, keys: list[str]) -> list[list[Outcome]]:
        found = {} if self.ledger is None else await asyncio.to_thread(self.ledger.log.outcomes, keys)
        return [found.get(key, []) for key in keys]

    async def _explain(self, edges: list[Related]) -> list[Explanation]:
        skus = list(dict.fromkeys(sku for edge in edges for sku in (edge.sku, edge.other_sku)))
        products = [product for product in await self.products.load_many(skus) if product is not None]
        ids = list(dict.fromkeys(product.category_id for product in products if product.category_id))
        named = {c.category_id: c.name or c.category_id for c in await self.categories.load_many(ids) if c is not None}
        names = {product.sku: product.name for product in products if product.name}
        categories = {p.sku: named[p.category_id] for p in products if p.category_id in named}
        return await self.advisor.explain(edges, names=names, categories=categories)


Info = StrawberryInfo[Context, None]


async def _values(read: ByKey[V], keys: list[str]) -> list[V | None]:
    found = await read(keys)
    return [found.get(key) for key in keys]
