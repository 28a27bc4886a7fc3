"""Documents: the words of every product as tantivy holds them, written once and renewed where products differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from tantivy import DocAddress, Document, Index, Query, Schema, SchemaBuilder, Searcher, TextAnalyzerBuilder, Tokenizer

from measures.words import MAX_LETTERS, folded, letters, words
from schema.facts import Floats, Rows
from schema.listings import Listings
from search.difference import Difference

FIELDS: Final = ("name", "joined", "brand", "category", "description", "code")
MOST_FRESH: Final = 0.5
"""The share of all products up to which a difference is quicker written than everything anew."""
_WORN: Final = 1.5
"""Documents written for each product at most, those deleted since among them, before all are written anew."""
_HEAP: Final = 256_000_000


def _schema() -> Schema:
    builder = SchemaBuilder()
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="raw" if field == "code" else "words", index_option="basic")
    builder.add_unsigned_field("number", fast=True, indexed=True)
    return builder.build()


SCHEMA: Final = _schema()


class _Shared:
    """A tantivy index in memory, and how often it was written: only what stands on the last time may write again."""

    def __init__(self) -> None:
        self.index = Index(SCHEMA)
        self.index.register_tokenizer("words", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        self.times = 0

    def write(self, gone: Sequence[int], documents: Iterable[Document]) -> Searcher:
        """Delete documents by their numbers and add others: all of it or nothing, and nobody who reads waits."""
        self.times += 1
        writer = self.index.writer(_HEAP, 1)
        if gone:
            writer.delete_documents_by_query(Query.term_set_query(SCHEMA, "number", gone))
        for document in documents:
            writer.add_document(document)
        writer.commit()
        self.index.reload()
        searcher = self.index.searcher()
        writer.wait_merging_threads()
        return searcher


@dataclass(frozen=True)
class Documents:
    """The words of one listing's products; read by any thread, never changed, whatever is renewed from it.

    Attributes:
        searcher: tantivy's, over these documents alone.
        name_words: `[num_products]` how many words each name holds.
        numbers: `[num_products]` of each product's document; it keeps its number, whatever row the product moves to.
        rows: `[num_written]` the row of each document by number, -1 of those that were deleted.
    """

    searcher: Searcher
    name_words: Floats
    numbers: Rows
    rows: Rows
    _shared: _Shared
    _times: int

    @classmethod
    def of(cls, listings: Listings) -> "Documents":
        """The words of every product."""
        shared, none = _Shared(), np.empty(0, np.int64)
        empty = cls(shared.index.searcher(), np.empty(0, np.float32), none, none, shared, shared.times)
        return empty._written(listings, Difference(moved=none, fresh=np.arange(len(listings.skus), dtype=np.int64)))

    def renewed(self, listings: Listings, changed: Difference) -> "Documents":
        """The same of other listings: what differs is written, or everything where that is quicker.

        Whoever was renewed before, or failed to be, writes everything as well.
        """
        is_newest = self._times == self._shared.times
        if not is_newest or len(changed.fresh) > MOST_FRESH * len(listings.skus):
            return Documents.of(listings)
        return self if changed.is_none else self._written(listings, changed)

    def _written(self, listings: Listings, changed: Difference) -> "Documents":
        count, num_written = len(listings.skus), len(self.rows) + len(changed.fresh)
        stays = changed.moved >= 0
        name_words, numbers = np.zeros(count, np.float32), np.zeros(count, np.int64)
        name_words[changed.moved[stays]] = self.name_words[stays]
        numbers[changed.moved[stays]] = self.numbers[stays]
        numbers[changed.fresh] = np.arange(len(self.rows), num_written)
        documents = _documents(listings, changed.fresh.tolist(), numbers, name_words)
        searcher = self._shared.write(self.numbers[~stays].tolist(), documents)
        rows = np.full(num_written, -1, np.int64)
        rows[numbers] = np.arange(count)
        return Documents(searcher, name_words, numbers, rows, self._shared, self._shared.times)

    @property
    def is_worn(self) -> bool:
        """Whether so many deleted documents are kept that all should be written anew."""
        return len(self.rows) > _WORN * len(self.numbers)

    def rows_of(self, addresses: list[DocAddress]) -> Rows:
        """The rows of documents that were found."""
        return self.rows[np.array(self.searcher.fast_field_values("number", addresses), np.int64)]

    def number_of(self, field: str, word: str) -> int:
        """How many products have a word."""
        told = self.searcher.doc_freq(field, word)
        if not told or len(self.rows) == len(self.numbers):
            return told
        # What tantivy tells of a word holds deleted documents; what a search counts does not.
        asked = Query.term_query(SCHEMA, field, word, "basic")
        return int(self.searcher.search(asked, limit=1, count=True).count or 0)  # type: ignore[attr-defined]


def shelves(listings: Listings, category_id: str) -> str:
    """The names of a category and all above it."""
    return " ".join(listings.categories[key].name for key in listings.path(category_id))


def _documents(said: Listings, fresh: Sequence[int], numbers: Rows, name_words: Floats) -> Iterator[Document]:
    """The documents of products; how many words their names hold is noted in `name_words`."""
    above = {key: " ".join(words(shelves(said, key))) for key in {said.category_ids[row] for row in fresh}}
    brands = {name: " ".join(words(name)) for name in {said.brands[row] for row in fresh}}
    for row in fresh:
        name = said.names[row]
        own = words(name)
        name_words[row] = len(own)
        document = Document()
        document.add_text("name", " ".join([*own, *letters(name)]))
        document.add_text("joined", " ".join(first + second for first, second in pairwise(own)))
        document.add_text("brand", brands[said.brands[row]])
        document.add_text("category", above[said.category_ids[row]])
        document.add_text("description", " ".join(words(said.descriptions[row])))
        for code in (said.skus[row], said.gtins[row]):
            document.add_text("code", " ".join(folded(code).split())[: 4 * MAX_LETTERS])
        document.add_unsigned("number", int(numbers[row]))
        yield document
