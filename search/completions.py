"""Completions: what a person who has begun to type may be looking for."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from heapq import nlargest

from measures.words import folded
from schema.facts import Floats
from schema.listings import Listings
from search.columns import Flags
from search.word_index import WordIndex

_AFTER = "\U0010ffff"
_MOST = 2_000
"""Names that one beginning is looked up among; a beginning that more names share is completed by words as well."""


class CompletionKind(StrEnum):
    """What a completion is: a brand, a category, words that one name holds, or a whole name."""

    BRAND = "BRAND"
    CATEGORY = "CATEGORY"
    WORDS = "WORDS"
    NAME = "NAME"


@dataclass(frozen=True)
class Completion:
    """A text to search for."""

    text: str
    kind: CompletionKind


class Completions:
    """Brands, categories and names by their beginnings, and the words of names."""

    def __init__(self, listings: Listings, index: WordIndex) -> None:
        self._index = index
        groups = [(name, CompletionKind.BRAND) for name in {*listings.brands} - {""}]
        shelves = {listings.categories[key].name for each in {*listings.category_ids} for key in listings.path(each)}
        groups += [(name, CompletionKind.CATEGORY) for name in shelves]
        self._groups = sorted((_key(name), name, kind) for name, kind in groups)
        self._names = sorted((_key(name), row) for row, name in enumerate(listings.names) if name)
        self._listings = listings

    def of(self, prefix: str, *, most: int, is_offered: Flags, weights: Floats) -> list[Completion]:
        """What begins with a text: brands and categories, then words that complete its last one, then names.

        Args:
            most: how many at most.
            is_offered: `[num_products]` products whose names may be told.
            weights: `[num_products]` the heaviest names come first.
        """
        key = _key(prefix)
        if not key:
            return []
        found: dict[str, Completion] = {}
        for completion in self._told(key, prefix, most, is_offered, weights):
            found.setdefault(folded(completion.text), completion)
            if len(found) == most:
                break
        return list(found.values())

    def _told(self, key: str, prefix: str, most: int, is_offered: Flags, weights: Floats) -> Iterator[Completion]:
        start, stop = _span(self._groups, key)
        yield from (Completion(name, kind) for _, name, kind in self._groups[start : min(stop, start + most)])
        first, last = _span(self._names, key)
        rows = [row for _, row in self._names[first : min(last, first + _MOST)] if is_offered[row]]
        best = nlargest(most, rows, key=lambda row: (weights[row], -row))
        names = [Completion(self._listings.names[row], CompletionKind.NAME) for row in best]
        yield from names[: max(most // 2, 1)]
        yield from (Completion(text, CompletionKind.WORDS) for text in self._index.completed(prefix, most))
        yield from names[max(most // 2, 1) :]


def _key(text: str) -> str:
    return " ".join(folded(text).split())


def _span(entries: "list[tuple[str, str, CompletionKind]] | list[tuple[str, int]]", key: str) -> tuple[int, int]:
    return bisect_left(entries, key, key=lambda each: each[0]), bisect_left(
        entries, key + _AFTER, key=lambda each: each[0]
    )
