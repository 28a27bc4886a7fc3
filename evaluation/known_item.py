"""Known-item queries: names of real products, cut and misspelt as people would."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from measures.words import words
from schema.listings import Listings

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_LEAST: Final = 4
"""Letters of a word that a typo is put into."""


@dataclass(frozen=True)
class KnownItem:
    """A search for a product that exists.

    Attributes:
        wanted: every sku with the name that the query was made of.
    """

    kind: str
    query: str
    wanted: frozenset[str]


def known_items(listings: Listings, *, number: int, seed: int) -> list[KnownItem]:
    """Queries of every kind for `number` names of two words or more, drawn by chance."""
    by_name: dict[tuple[str, ...], set[str]] = {}
    for sku, name in zip(listings.skus, listings.names, strict=True):
        by_name.setdefault(tuple(words(name)), set()).add(sku)
    chance = random.Random(seed)  # noqa: S311 (a sample, no secret)
    names = [name for name in by_name if len(name) > 1]
    chosen = chance.sample(names, min(number, len(names)))
    return [
        KnownItem(kind, " ".join(change(list(name), chance)), frozenset(by_name[name]))
        for name in chosen
        for kind, change in KINDS.items()
    ]


def _whole(name: list[str], _: random.Random) -> list[str]:
    return name


def _some(name: list[str], chance: random.Random) -> list[str]:
    kept = sorted(chance.sample(range(len(name)), max(2, (len(name) + 1) // 2)))
    return [name[place] for place in kept]


def _reversed(name: list[str], _: random.Random) -> list[str]:
    return name[::-1]


def _begun(name: list[str], _: random.Random) -> list[str]:
    return [*name[:-1], name[-1][: max(1, len(name[-1]) // 2)]]


def _typo(name: list[str], chance: random.Random) -> list[str]:
    places = [place for place, word in enumerate(name) if len(word) >= _LEAST and word.isalpha()]
    if not places:
        return name
    place = chance.choice(places)
    return [*name[:place], misspelt(name[place], chance), *name[place + 1 :]]


def _some_typo(name: list[str], chance: random.Random) -> list[str]:
    return _typo(_some(name, chance), chance)


def _foreign(name: list[str], chance: random.Random) -> list[str]:
    return [*_some(name, chance), "qwxzy"]


def misspelt(word: str, chance: random.Random) -> str:
    """A word with one letter left out, doubled, changed or swapped with the next."""
    at = chance.randrange(len(word) - 1)
    ways: Sequence[str] = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + chance.choice(_LETTERS) + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return chance.choice(ways)


KINDS: Final[dict[str, Callable[[list[str], random.Random], list[str]]]] = {
    "whole name": _whole,
    "half of its words": _some,
    "backwards": _reversed,
    "last word begun": _begun,
    "a typo": _typo,
    "half of its words and a typo": _some_typo,
    "half of its words and a foreign one": _foreign,
}
"""How a name becomes a query."""
