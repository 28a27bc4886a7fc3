"""What two products' names and catalogue rows share and do not share, as columns for a pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.content import Content, first_target, leading_directions, unit_rows
from gnn.settings import TrainSettings
from measures.text import pair_similarity, word_vectors, words
from schema.snapshot import GraphSnapshot

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Column = npt.NDArray[Any]
NARROW = 16
"""Directions whose products and gaps stand as columns of their own."""


@dataclass(frozen=True)
class Likeness:
    """Everything about single products that pairs are compared by.

    Attributes:
        vocabulary: `[num_products, buckets]` weights of words.
        common: the same, of words that more than one name holds: the others tell nothing of other products.
        numbers: `[num_products, k]` whether a name holds a number; a unit stands with its number.
        ends: `[num_products, 2]` numbers of the first and last word, -1 for none.
        brand: `[num_products]` its row, else of the first word; -1 for none.
        meaning: `[num_products, width]` common words in few directions, rows of length 1 or 0.
        sizes: `[num_products, 2]` words and characters of a name.
    """

    content: Content
    vocabulary: sp.csr_matrix
    common: sp.csr_matrix
    numbers: sp.csr_matrix
    ends: Rows
    brand: Rows
    meaning: Floats
    sizes: Floats

    def columns(self, left: Rows, right: Rows) -> Floats:
        """What is compared of each pair `[num_pairs, num_columns]`, the same whichever product comes first."""
        content = self.content
        text, meaning = (np.einsum("ij,ij->i", space[left], space[right]) for space in (content.text, self.meaning))
        category = content.category
        same_category = (category[left] == category[right]) & (category[left] >= 0)
        tier = np.abs(content.price[left] - content.price[right])
        both = [
            *self._words_shared(left, right),
            *self._numbers_shared(left, right),
            pair_similarity(content.names, left, right),
            text,
            meaning,
            same_category.astype(np.float32) - (np.minimum(category[left], category[right]) < 0) * 0.5,
            tier,
            *_low_and_high(self.sizes[left, 0], self.sizes[right, 0]),
            np.abs(np.log1p(self.sizes[left, 1]) - np.log1p(self.sizes[right, 1])),
            *((known[left] == known[right]) & (known[left] >= 0) for known in (*self.ends.T, self.brand)),
        ]
        spaces = np.concatenate([content.text[:, :NARROW], self.meaning[:, :NARROW]], axis=1)
        products, gaps = spaces[left] * spaces[right], np.abs(spaces[left] - spaces[right])
        return np.concatenate([np.stack(both, axis=1), products, gaps], axis=1).astype(np.float32)

    def _words_shared(self, left: Rows, right: Rows) -> list[Column]:
        """Weight of the words of both, its share of either name, and the weight that only one name has."""
        shared = pair_similarity(self.vocabulary.sqrt(), left, right)
        whole = np.asarray(self.vocabulary.sum(axis=1)).ravel()
        low, high = _low_and_high(whole[left], whole[right])
        rest = _low_and_high(whole[left] - shared, whole[right] - shared)
        shares = [shared / np.maximum(one, 1e-6) for one in (low, high, whole[left] + whole[right] - shared)]
        return [shared, *shares, *rest]

    def _numbers_shared(self, left: Rows, right: Rows) -> list[Column]:
        shared = pair_similarity(self.numbers, left, right)
        count = np.asarray(self.numbers.sum(axis=1)).ravel()
        low, high = _low_and_high(count[left], count[right])
        return [shared, low, high, ((shared == high) & (high > 0)).astype(np.float32)]

    def unlike(self, left: Rows, right: Rows) -> sp.csr_matrix:
        """n-grams and words that both names have and, apart, those that one has `[num_pairs, 4 × buckets]`."""
        blocks = []
        for vectors in (self.content.names, self.vocabulary):
            one, other = vectors[left], vectors[right]
            blocks += [one.multiply(other).sqrt(), abs(one - other)]
        return sp.csr_matrix(sp.hstack([_unit(sp.csr_matrix(block)) for block in blocks]), dtype=np.float32)


def read_likeness(snapshot: GraphSnapshot, content: Content, settings: TrainSettings) -> Likeness:
    """What the products of a snapshot are compared by."""
    names = [name or "" for name in snapshot.nodes["Product"].column("name").to_pylist()]
    told = [words(name) for name in names]
    vocabulary = word_vectors(names)
    first, last = (_numbered([row[place] if row else None for row in told]) for place in (0, -1))
    brand = first_target(snapshot, "OF_BRAND")
    known = snapshot.nodes["Brand"].num_rows
    common = _common(vocabulary)
    meaning = unit_rows(leading_directions(common, settings.text_width, settings.seed))
    sizes = np.array([[len(row), len(name)] for row, name in zip(told, names, strict=True)], np.float32)
    return Likeness(
        content=content,
        vocabulary=vocabulary,
        common=common,
        numbers=_numbers(told),
        ends=np.stack([first, last], axis=1),
        brand=np.where(brand >= 0, brand, np.where(first >= 0, first + known, -1)),
        meaning=meaning,
        sizes=sizes.reshape(len(names), 2),
    )


def _common(vocabulary: sp.csr_matrix) -> sp.csr_matrix:
    number = np.bincount(vocabulary.indices, minlength=vocabulary.shape[1])
    kept = vocabulary.copy()
    kept.data[number[kept.indices] < 2] = 0.0
    kept.eliminate_zeros()
    return kept


def _numbers(told: Sequence[Sequence[str]]) -> sp.csr_matrix:
    """Which numbers each name holds, the word behind a number, if short, standing with it."""
    marks = [
        {
            word + (row[place + 1] if place + 1 < len(row) and len(row[place + 1]) <= 2 else "")
            for place, word in enumerate(row)
            if word[0].isdigit()
        }
        for row in told
    ]
    number_of = {mark: place for place, mark in enumerate(sorted(set().union(*marks)))}
    rows = np.repeat(np.arange(len(marks)), [len(one) for one in marks])
    columns = [number_of[mark] for one in marks for mark in sorted(one)]
    shape = (len(marks), max(len(number_of), 1))
    return sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)


def _numbered(values: Sequence[str | None]) -> Rows:
    number_of = {value: place for place, value in enumerate(sorted({one for one in values if one is not None}))}
    return np.array([-1 if one is None else number_of[one] for one in values], np.int64)


def _low_and_high(left: Column, right: Column) -> tuple[Column, Column]:
    return np.minimum(left, right), np.maximum(left, right)


def _unit(matrix: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_matrix(sp.diags(1.0 / np.maximum(lengths, 1e-9)) @ matrix)
