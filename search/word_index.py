"""WordIndex: which products have the words searched for, and how well they fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt
from tantivy import Occur, Query

from measures.words import folded, letters, words
from schema.facts import Floats
from schema.listings import Listings
from search.difference import Difference
from search.documents import FIELDS, SCHEMA, Documents, shelves
from search.queries import Asking, Weighed, exactly
from search.synonyms import Slot, Synonyms

MAX_WORDS: Final = 32
"""Words that a search looks at; later ones are left out."""
_COMPLETED: Final = 1_000
_LOOKED_AT: Final = 20
_ALIKE: Final = 0.6


class Stage(IntEnum):
    """How strictly products had to match: words as written, with typos allowed, or only some of them."""

    WRITTEN = 0
    TYPOS = 1
    NEAR = 2
    NONE = 3


@dataclass(frozen=True)
class Found:
    """What a search found, in no order.

    Attributes:
        rows: `[n]` rows of the listings.
        fit: `[n]` 0 to 1, the share of what was searched for that was found, whole words of names counting fully.
        did_you_mean: the search spelled as the catalogue spells it; None where nothing is to be corrected.
    """

    rows: npt.NDArray[np.int64]
    fit: npt.NDArray[np.float32]
    stage: Stage
    did_you_mean: str | None = None


class WordIndex:
    """The words of every product in memory; read by any thread, never changed."""

    def __init__(self, listings: Listings, documents: Documents | None = None) -> None:
        self._listings = listings
        self._documents = Documents.of(listings) if documents is None else documents

    def renewed(self, listings: Listings, changed: Difference) -> "WordIndex":
        """The words of other listings, only those written anew that differ."""
        return WordIndex(listings, self._documents.renewed(listings, changed))

    @property
    def name_words(self) -> Floats:
        """`[num_products]` how many words each name holds."""
        return self._documents.name_words

    @property
    def is_worn(self) -> bool:
        """Whether it was renewed so often that building it anew saves memory."""
        return self._documents.is_worn

    def find(self, text: str, synonyms: Synonyms) -> Found:
        """The products that fit a text, as strictly as any do.

        Those that have every word, the last one perhaps only begun; where there is none, those that have them with
        typos; where there is none, those that have half of them (rounded down, one at least). A text that is a sku or
        a gtin finds that product. What a text holds besides words is looked over.
        """
        asked = words(text)[:MAX_WORDS]
        code = " ".join(folded(text).split())
        slots = synonyms.slots(asked)
        for stage in (Stage.WRITTEN, Stage.TYPOS, Stage.NEAR):
            found = self._stage(slots, code, stage)
            if len(found.rows):
                return found if stage is Stage.WRITTEN else self._corrected(found, asked, synonyms)
        return Found(np.empty(0, np.int64), np.empty(0, np.float32), Stage.NONE)

    def completed(self, prefix: str, most: int) -> list[str]:
        """A text with its last word completed by words of names that hold all the others, most names first."""
        asked = words(prefix)[:MAX_WORDS]
        if not asked or not asked[-1].isalpha() or letters(asked[-1]) or not prefix[-1].isalnum():
            return []
        others = [Query.term_query(SCHEMA, "name", word, "basic") for word in asked[:-1]]
        # Without a query, deleted documents would be counted.
        within = Query.boolean_query([(Occur.Must, each) for each in others]) if others else Query.all_query()
        told = self._documents.searcher.terms_with_prefix("name", asked[-1], within, limit=_COMPLETED)
        best = sorted(told, key=lambda pair: (-pair[1], pair[0]))[:most]
        return [" ".join([*asked[:-1], word]) for word, number in best if number]

    def _stage(self, slots: Sequence[Slot], code: str, stage: Stage) -> Found:
        asking = Asking(SCHEMA, self._rarity, has_typos=stage is not Stage.WRITTEN)
        weighed = [asking.slot(slot) for slot in slots]
        parts = [Weighed(_matching(weighed, stage), 1.0)] if weighed else []
        if code and stage is Stage.WRITTEN:
            parts.append(asking.code(code, weight=1.0 + 2.0 * sum(each.weight for each in weighed)))
        if not parts:
            return Found(np.empty(0, np.int64), np.empty(0, np.float32), stage)
        query = Query.disjunction_max_query([part.query for part in parts])
        hits = self._documents.searcher.search(query, limit=max(len(self._listings.skus), 1), count=False).hits
        rows = self._documents.rows_of([address for _, address in hits])
        fit = np.array([score for score, _ in hits], np.float32) / max(sum(each.weight for each in weighed), 1e-9)
        return Found(rows, fit, stage)

    def _rarity(self, word: str) -> float:
        number = max(self._documents.number_of(field, word) for field in FIELDS)
        return exactly(log(1.0 + (1.0 + len(self._listings.skus)) / (1.0 + number)))

    def _corrected(self, found: Found, asked: list[str], synonyms: Synonyms) -> Found:
        """What was found, with the search spelled by the words of what fits best, if that finds something."""
        best = found.rows[np.lexsort((found.rows, -found.fit))[:_LOOKED_AT]]
        there = dict.fromkeys(word for row in best for word in self._words_of(int(row)))
        spelled = [word if self._is_known(word) else _nearest(word, list(there)) for word in asked]
        if spelled == asked or not len(self._stage(synonyms.slots(spelled), "", Stage.WRITTEN).rows):
            return found
        return Found(found.rows, found.fit, found.stage, " ".join(spelled))

    def _is_known(self, word: str) -> bool:
        return any(self._documents.number_of(field, word) for field in FIELDS)

    def _words_of(self, row: int) -> list[str]:
        said = self._listings
        return words(" ".join((said.names[row], said.brands[row], shelves(said, said.category_ids[row]))))


def _matching(weighed: Sequence[Weighed], stage: Stage) -> Query:
    if stage is not Stage.NEAR:
        return Query.boolean_query([(Occur.Must, each.query) for each in weighed])
    least = max(1, len(weighed) // 2)
    return Query.boolean_query([(Occur.Should, each.query) for each in weighed], minimum_number_should_match=least)


def _nearest(word: str, known: list[str]) -> str:
    alike = [(SequenceMatcher(None, word, each).ratio(), each) for each in known]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, word))
    return best[1] if best[0] >= _ALIKE else word
