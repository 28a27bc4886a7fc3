"""People's labels of pairs, checked against the catalogue, and cut into parts that share no product."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

Rows = npt.NDArray[np.int64]
KINDS = ("substitute", "complement", "none")
WORDS: Mapping[str, int] = {
    "substitute": 0,
    "substitutes": 0,
    "complement": 1,
    "complements": 1,
    "none": 2,
    "irrelevant": 2,
}
"""The kind that each word for a relation stands for, whatever its case."""
DENIALS: Mapping[str, int] = {"not_substitute": 0, "not_complement": 1}
"""The kind that each of these words denies of a candidate (`sku`) and its anchor (`other_sku`)."""


@dataclass(frozen=True)
class DeniedPairs:
    """Candidates that people say are not of a kind to an anchor; they may be of another.

    Attributes:
        candidates, anchors: `[num_pairs]` product rows.
        kinds: `[num_pairs]` places in KINDS.
    """

    candidates: Rows
    anchors: Rows
    kinds: Rows

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def none(cls) -> "DeniedPairs":
        """No pair."""
        return cls(*(np.empty(0, np.int64) for _ in range(3)))


@dataclass(frozen=True)
class PairLabels:
    """Judged pairs of known products, each unordered pair once.

    Attributes:
        left, right: `[num_pairs]` product rows, left < right.
        kinds: `[num_pairs]` places in KINDS.
        left_out: how many rows were not taken, by reason.
        denied: what was said against pairs.
    """

    left: Rows
    right: Rows
    kinds: Rows
    left_out: Mapping[str, int]
    denied: DeniedPairs = field(default_factory=DeniedPairs.none)

    def __len__(self) -> int:
        return len(self.left)

    @property
    def says_anything(self) -> bool:
        """Whether there is a pair that is said to be, or not to be, of a kind."""
        return len(self) + len(self.denied) > 0

    def part(self, chosen: npt.NDArray[np.bool_]) -> "PairLabels":
        """The pairs chosen by a mask `[num_pairs]`."""
        return replace(self, left=self.left[chosen], right=self.right[chosen], kinds=self.kinds[chosen])


def read_labels(table: pa.Table, skus: pa.Array) -> PairLabels:
    """The usable rows of a table of labels: `sku`, `other_sku`, `relation` (see WORDS and DENIALS).

    Rows that name an unknown product or relation, or a product twice, are left out and counted, and so is every row of
    a pair that rows contradict each other about.

    Args:
        skus: of the catalogue, in row order.
    """
    columns = {name: table.column(name).to_pylist() for name in ("sku", "other_sku", "relation")}
    row_of = {sku: row for row, sku in enumerate(skus.to_pylist())}
    left = np.array([row_of.get(sku, -1) for sku in columns["sku"]], np.int64)
    right = np.array([row_of.get(sku, -1) for sku in columns["other_sku"]], np.int64)
    words = [(word or "").strip().lower() for word in columns["relation"]]
    kinds, denied = (np.array([known.get(word, -1) for word in words], np.int64) for known in (WORDS, DENIALS))
    is_known, is_pair = (left >= 0) & (right >= 0), left != right
    against = is_known & is_pair & (denied >= 0)
    is_told = kinds >= 0
    usable = is_known & is_told & is_pair
    low, high = np.minimum(left, right)[usable], np.maximum(left, right)[usable]
    keys = low * len(skus) + high
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    said = np.zeros((len(first), len(KINDS)), bool)
    said[place, kinds[usable]] = True
    is_clear = said.sum(axis=1) == 1
    chosen = first[is_clear]
    left_out = {
        "unknown product": int((~is_known).sum()),
        "unknown relation": int((is_known & ~is_told & (denied < 0)).sum()),
        "one product twice": int((is_known & is_told & ~is_pair).sum()),
        "contradicted": int((~is_clear)[place].sum()),
        "repeated": int(is_clear[place].sum() - len(chosen)),
    }
    return PairLabels(
        left=low[chosen],
        right=high[chosen],
        kinds=kinds[usable][chosen],
        left_out={reason: number for reason, number in left_out.items() if number},
        denied=DeniedPairs(left[against], right[against], denied[against]),
    )


@dataclass(frozen=True)
class Folds:
    """Parts of labelled pairs for validation.

    Attributes:
        held_out: `[num_folds, num_pairs]` what each fold is validated on.
        learnt: `[num_folds, num_pairs]` what is learnt for it; no product stands on both sides.
    """

    held_out: npt.NDArray[np.bool_]
    learnt: npt.NDArray[np.bool_]


def folds_by_product(labels: PairLabels, num_products: int, num_folds: int, seed: int) -> Folds:
    """Folds that share no product: connected products stay together, and where most are connected pairs across go.

    Where one connected part holds more than half of the pairs, products are dealt out instead, and a fold is validated
    on the pairs within its products and learnt on the pairs without any of them.
    """
    group = connected_products(labels, num_products)
    sizes = np.bincount(group[labels.left], minlength=int(group.max(initial=0)) + 1)
    generator = np.random.default_rng(seed)
    numbers = np.arange(num_folds)[:, None]
    if sizes.max(initial=0) <= len(labels) / 2:
        dealt = np.empty(len(sizes), np.int64)
        dealt[np.lexsort((generator.random(len(sizes)), -sizes))] = np.arange(len(sizes)) % num_folds
        held_out = dealt[group[labels.left]][None, :] == numbers
        return Folds(held_out, ~held_out)
    bucket = generator.integers(0, num_folds, num_products)
    left, right = bucket[labels.left][None, :] == numbers, bucket[labels.right][None, :] == numbers
    return Folds(left & right, ~left & ~right)


def connected_products(labels: PairLabels, num_products: int) -> Rows:
    """Number of the connected part of labelled pairs that each product is in `[num_products]`."""
    ends = (labels.left, labels.right)
    graph = sp.csr_matrix((np.ones(len(labels), np.int8), ends), shape=(num_products,) * 2)
    return connected_components(graph, directed=False)[1].astype(np.int64)
