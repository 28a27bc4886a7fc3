"""What is searched for as tantivy's queries, built from values alone: no query language is ever parsed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tantivy import Occur, Query, Schema

from search.synonyms import Phrase, Slot

PLACES: Final = {"name": 1.0, "joined": 0.9, "brand": 0.8, "category": 0.5, "description": 0.25}
"""What a whole word counts by where it stands. Both tie-breaks together count less than the gap name to category."""
BEGUN: Final = 0.7
"""What a word that is only begun counts of a whole one."""
TYPOS: Final = (0.6, 0.4)
"""What a word counts that is one letter off, or two."""
OTHER: Final = 0.9
"""What a synonym counts of the word itself."""
_PARTS: Final = 1 << 14
"""Of one: sums below 1,024 then fit into the 24 bits of a 32-bit number."""
_FEW, _MANY = 4, 8
"""Letters from which a word may be one letter off, or two."""
_TYPO_PLACES: Final = ("name", "joined", "brand", "category")


@dataclass(frozen=True)
class Weighed:
    """A query, and what it scores at most."""

    query: Query
    weight: float


@dataclass(frozen=True)
class Asking:
    """How words are asked for.

    Attributes:
        rarity: of a word in the catalogue: what it counts.
    """

    schema: Schema
    rarity: Callable[[str], float]
    has_typos: bool

    def slot(self, slot: Slot) -> Weighed:
        """A part of what is searched for, or a synonym of it."""
        own = self._phrase(slot.words, is_begun=slot.is_last)
        if not slot.others:
            return own
        scales = [OTHER * own.weight / sum(map(self.rarity, other)) for other in slot.others]
        others = [self._phrase(each, scale=scale).query for each, scale in zip(slot.others, scales, strict=True)]
        return Weighed(Query.disjunction_max_query([own.query, *others]), own.weight)

    def code(self, code: str, *, weight: float) -> Weighed:
        """A whole sku or gtin."""
        return Weighed(_counting(Query.term_query(self.schema, "code", code, "basic"), weight), weight)

    def _phrase(self, phrase: Phrase, *, is_begun: bool = False, scale: float = 1.0) -> Weighed:
        last = len(phrase) - 1
        each = [self._word(word, is_begun=is_begun and place == last, scale=scale) for place, word in enumerate(phrase)]
        if len(each) == 1:
            return each[0]
        query = Query.boolean_query([(Occur.Must, one.query) for one in each])
        return Weighed(query, sum(one.weight for one in each))

    def _word(self, word: str, *, is_begun: bool, scale: float) -> Weighed:
        rarity = self.rarity(word)
        weight = scale * rarity
        ways = [
            _counting(Query.term_query(self.schema, place, word, "basic"), weight * counts)
            for place, counts in PLACES.items()
        ]
        if is_begun:
            ways += [self._near(place, word, 0, weight * BEGUN, is_begun=True) for place in PLACES]
        if self.has_typos and word.isalpha():
            most = (len(word) >= _FEW) + (len(word) >= _MANY)
            for off in range(1, most + 1):
                counts = weight * TYPOS[off - 1]
                ways += [self._near(place, word, off, counts, is_begun=is_begun) for place in _TYPO_PLACES]
        return Weighed(Query.disjunction_max_query(ways), rarity)

    def _near(self, place: str, word: str, off: int, counts: float, *, is_begun: bool) -> Query:
        query = Query.fuzzy_term_query(self.schema, place, word, off, True, is_begun)
        return _counting(query, counts * PLACES[place])


def exactly(weight: float) -> float:
    """A weight whose 32-bit sums are exact in any order: each part of an index adds up in an order of its own."""
    return round(weight * _PARTS) / _PARTS


def _counting(query: Query, weight: float) -> Query:
    return Query.const_score_query(query, exactly(weight))
