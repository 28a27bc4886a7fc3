"""Cards: what loads alone change of the catalogue, kept between requests."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from cachetools import TTLCache
from strawberry.dataloader import DataLoader

V = TypeVar("V")
ByKey = Callable[[Sequence[str]], Awaitable[Mapping[str, V]]]
"""What reads values by key in one round trip."""
MOST: Final = 50_000
KEPT_SECONDS: Final = 60.0


class Cards:
    """Names and joins that the graph told before: a page of products costs its round trips once, not at every view.

    What belongs to a lake version is forgotten with it; what was mended in the graph by hand is seen `seconds` later.

    Args:
        seconds: how long anything is kept; 0 asks the graph every time.
        most: entries, the longest unused going first.
    """

    def __init__(self, *, seconds: float = KEPT_SECONDS, most: int = MOST) -> None:
        self._kept: TTLCache[Hashable, Any] = TTLCache(most, seconds)

    def kept(self, group: Hashable, key: str) -> Any:
        """A value that is kept; None where it is not.

        Args:
            group: what the key is of, the lake version among it.
        """
        return self._kept.get((group, key))

    def keep(self, group: Hashable, found: Mapping[str, Any]) -> None:
        """Keep values by key."""
        self._kept.update({(group, key): value for key, value in found.items()})


@dataclass(frozen=True)
class CardLoader(Generic[V]):
    """One request's loader of cards by key: kept ones at once, the others gathered into one read.

    Attributes:
        missing: what stands for a key that the catalogue has not got; such keys are asked for again each time.
    """

    cards: Cards
    group: Hashable
    gathered: DataLoader[str, V]

    @classmethod
    def of(cls, cards: Cards, group: Hashable, read: ByKey[V], *, missing: Callable[[], V]) -> "CardLoader[V]":
        """A loader that reads what is not kept."""

        async def load(keys: list[str]) -> list[V]:
            found = await read(keys)
            cards.keep(group, found)
            return [found[key] if key in found else missing() for key in keys]

        return cls(cards, group, DataLoader(load_fn=load))

    async def load(self, key: str) -> V:
        """The value of a key."""
        kept: V | None = self.cards.kept(self.group, key)
        return await self.gathered.load(key) if kept is None else kept

    async def load_many(self, keys: Sequence[str]) -> list[V]:
        """The values of keys, in their order."""
        found: list[V | None] = [self.cards.kept(self.group, key) for key in keys]
        absent = [key for key, value in zip(keys, found, strict=True) if value is None]
        if not absent:
            return cast(list[V], found)
        read = dict(zip(absent, await self.gathered.load_many(absent), strict=True))
        return [read[key] if value is None else value for key, value in zip(keys, found, strict=True)]
