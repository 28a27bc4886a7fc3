"""Cards: what loads alone change of the catalogue, kept between requests and renewed beside them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Generic, TypeVar, cast

from strawberry.dataloader import DataLoader

from decisions.moment import Moment
from schema.errors import ShelfgraphError

V = TypeVar("V")
R = TypeVar("R")
C = TypeVar("C")
_NOTHING: Final = None, inf
_MADE: Final = "_made"
ByKey = Callable[[Sequence[str]], Awaitable[Mapping[str, V]]]
"""What reads values by key in one round trip."""
MOST: Final = 250_000
"""Entries: about 200 MiB."""
KEPT_SECONDS: Final = 900.0
"""A load has cards of its own at once; this is for what is written in the graph by hand."""
GATHERED_SECONDS: Final = 0.5
"""How long keys that are due are gathered before they are renewed in one read."""
READ_AT_ONCE: Final = 50
"""Keys of one read behind the answers: while its rows are unpacked nothing is answered."""
RESTS: Final = 3.0
"""How many times as long as a read behind the answers took the next one waits."""
FILLED_SHARE: Final = 0.4
"""Share of the entries that are read of one kind before anybody asked for them."""


def once(card: C, make: Callable[[C], V]) -> V:
    """What is made of a card, made once: most answers tell of products that others told of."""
    beside = vars(card)
    if _MADE not in beside:
        beside[_MADE] = make(card)
    return cast(V, beside[_MADE])


def with_empty(read: Callable[..., Awaitable[Mapping[str, list[V]]]], **page: object) -> ByKey[list[V]]:
    """A join's reader for one page, which tells of keys that nothing is joined to as well: to be kept, too."""

    async def whole(keys: Sequence[str]) -> Mapping[str, list[V]]:
        found = await read(keys, **page)
        return {key: found.get(key, []) for key in keys}

    return whole


def group_of(moment: Moment, read: Callable[..., object], **page: object) -> Hashable:
    """What is kept of a reader, or of one page of a join: each lake version has cards of its own."""
    return moment.facts.base.lake_version, getattr(read, "__name__", ""), *sorted(page.items())


class Cards:
    """Names and joins that the graph told before: a page of products costs its round trips once, not at every view.

    What is older than `seconds` and still asked for is read again behind the answers, many keys at once, so that no
    answer waits for it. Each lake version has cards of its own; those of earlier ones go first.

    Args:
        seconds: after which anything is renewed; 0 asks the graph every time.
        most: entries, those read longest ago going first.
        clock: seconds that only rise.

    Attributes:
        is_filled: whether all that is read ahead of the newest lake version was.
    """

    def __init__(
        self, *, seconds: float = KEPT_SECONDS, most: int = MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._clock, self._most = seconds, clock, most
        self._kept: dict[tuple[Hashable, str], list[Any]] = {}
        self.is_filled = False
        self._due: dict[Hashable, set[str]] = {}
        self._renewals: dict[Hashable, asyncio.Task[None]] = {}

    def kept(self, group: Hashable, keys: Sequence[str]) -> list[Any]:
        """The values that are kept, in the order of their keys; None where one is not.

        Args:
            group: what the keys are of, the lake version among it.
        """
        find, due, found = self._kept.get, self._clock() - self._seconds, []
        for key in keys:
            value, since = find((group, key), _NOTHING)
            if since <= due:
                self._due.setdefault(group, set()).add(key)
            found.append(value)
        return found

    def keep(self, group: Hashable, found: Mapping[str, Any]) -> None:
        """Keep values by key; one that is told as before stays what it was, with all that was made of it.

        Renewing then makes nothing that looks for cycles would go through: each would hold every answer up.
        """
        kept, since = self._kept, self._clock()
        if self._seconds <= 0:
            return
        for key, value in found.items():
            entry = kept.pop((group, key), None)
            if entry is None or entry[0] != value:
                entry = [value, since]
            entry[1] = since
            kept[group, key] = entry
        while len(kept) > self._most:
            del kept[next(iter(kept))]

    async def fill(self, group: Hashable, keys: Sequence[str], read: ByKey[Any]) -> None:
        """Keep what is not kept yet of the first keys, as many as are read ahead, with rests in which others go on.

        Raises:
            Unavailable: if the graph does not answer; what was read is kept.
        """
        absent = [key for key in keys[: int(FILLED_SHARE * self._most)] if (group, key) not in self._kept]
        if self._seconds > 0:
            await self._told(group, absent, read)

    def renew(self, group: Hashable, read: ByKey[Any]) -> None:
        """Have what is due of a group read again soon, beside the answers; at once where nothing is due.

        Args:
            read: used for as long as it lets itself be; what is not read by then is due again.
        """
        if group in self._due and group not in self._renewals:
            task = asyncio.get_running_loop().create_task(self._renewed(group, read))
            self._renewals[group] = task
            task.add_done_callback(lambda _: self._renewals.pop(group, None))

    async def _renewed(self, group: Hashable, read: ByKey[Any]) -> None:
        await asyncio.sleep(GATHERED_SECONDS)
        keys = sorted(self._due[group])
        # Where the graph does not answer now, the next who wants one of them has it asked again.
        with suppress(ShelfgraphError):
            await self._told(group, keys, read)
        del self._due[group]  # only now: what is being read is due no second time

    async def _told(self, group: Hashable, keys: Sequence[str], read: ByKey[Any]) -> None:
        for start in range(0, len(keys), READ_AT_ONCE):
            began = self._clock()
            self.keep(group, await read(keys[start : start + READ_AT_ONCE]))
            await asyncio.sleep(RESTS * (self._clock() - began))


@dataclass(frozen=True)
class CardLoader(Generic[V]):
    """One request's loader of cards by key: kept ones at once, the others gathered into one read.

    Attributes:
        read: what reads values by key in one round trip.
        gathered: reads what is not kept of all that is asked for at the same time.
    """

    cards: Cards
    group: Hashable
    read: ByKey[V]
    gathered: DataLoader[str, V]

    @classmethod
    def of(cls, cards: Cards, group: Hashable, read: ByKey[Any]) -> "CardLoader[V]":
        """A loader that reads what is not kept; keys that the catalogue has not got are None, asked for each time."""

        async def load(keys: list[str]) -> list[V]:
            found = await read(keys)
            cards.keep(group, found)
            return [cast(V, found.get(key)) for key in keys]

        return cls(cards, group, read, DataLoader(load_fn=load))

    async def load(self, key: str) -> V:
        """The value of a key."""
        return (await self.load_many([key]))[0]

    async def load_many(self, keys: Sequence[str]) -> list[V]:
        """The values of keys, in their order."""
        found = self._kept(keys)
        absent = [key for key, value in zip(keys, found, strict=True) if value is None]
        if not absent:
            return cast(list[V], found)
        read = dict(zip(absent, await self.gathered.load_many(absent), strict=True))
        return [read[key] if value is None else value for key, value in zip(keys, found, strict=True)]

    def then(self, keys: Sequence[str], make: Callable[[list[V]], R]) -> R:
        """What `make` makes of the values, at once where all are kept; else an awaitable of it.

        For resolvers: GraphQL waits for what has to be waited for, and a page's many fields that need not wait cost
        no task each.
        """
        found = self._kept(keys)
        return cast(R, self._later(keys, make)) if None in found else make(cast(list[V], found))

    async def _later(self, keys: Sequence[str], make: Callable[[list[V]], R]) -> R:
        return make(await self.load_many(keys))

    def _kept(self, keys: Sequence[str]) -> list[V | None]:
        found: list[V | None] = self.cards.kept(self.group, keys)
        self.cards.renew(self.group, self.read)
        return found
