"""What each head learns from: weighted pairs out of the graph's counted edges, cut into folds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gnn.content import Content
from gnn.settings import TrainSettings
from measures.text import pair_similarity
from schema.edges import EDGES
from schema.snapshot import GraphSnapshot

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

TWIN_SIMILARITY = 0.6
"""Names at least this alike, seldom bought together, count weakly as substitutes."""
TWINS = 8
"""Alike names looked at for each product."""
TWIN_WEIGHT = 0.25
"""What an alike name counts beside one full row of switches."""
TOGETHER_POWER = 0.6
"""Chosen on Online Retail's eight weeks before 2011-08-01: 0.5 and 0.75 complete fewer baskets."""
HEADS = 3
"""Most bought products that stand for a category which goes with another."""
SWITCH_LIFT = 0.9
"""Switched between less often than this beside chance, two products are avoided for each other, not substitutes."""
MAX_LIFT = 4.0
"""Beyond this lift a switch counts no more: such lifts rest on a handful of them."""
BLOCK = 1024


@dataclass(frozen=True)
class Pairs:
    """Weighted directed pairs, anchor to candidate.

    Attributes:
        anchors, candidates: `[num_pairs]` product rows.
        weights: `[num_pairs]` float32, > 0.
        folds: `[num_pairs]` the part each pair is in; both directions, and both relations, are in the same part.
    """

    anchors: Rows
    candidates: Rows
    weights: Floats
    folds: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.anchors)

    def masses(self, num_products: int) -> Floats:
        """Weight of each anchor's pairs over the mean anchor's `[num_products]`; of anchors without any the least."""
        totals = np.bincount(self.anchors, weights=self.weights, minlength=num_products)
        known = totals > 0
        if not known.any():
            return np.ones(num_products, np.float32)
        return (np.where(known, totals, totals[known].min()) / totals[known].mean()).astype(np.float32)

    def keys(self, num_products: int) -> Rows:
        """One number for each pair `[num_pairs]`, ascending: anchor's row times `num_products` plus candidate's."""
        return np.unique(self.anchors * num_products + self.candidates)

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Pairs":
        """The pairs chosen by a mask `[num_pairs]`."""
        return Pairs(self.anchors[chosen], self.candidates[chosen], self.weights[chosen], self.folds[chosen])

    def matrix(self, num_products: int, fold: int | None = None) -> sp.csr_matrix:
        """The weights `[num_products, num_products]`, of one fold or of all."""
        chosen = slice(None) if fold is None else self.folds == fold
        ends = (self.anchors[chosen], self.candidates[chosen])
        return sp.csr_matrix((self.weights[chosen], ends), shape=(num_products, num_products))


def fold_of(left: Rows, right: Rows, num_folds: int, seed: int) -> npt.NDArray[np.int8]:
    """The fold of each unordered pair `[num_pairs]`, a fixed function of the two rows and the seed."""
    low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (low * np.uint64(0x9E3779B97F4A7C15) + high + np.uint64(seed)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
    return ((mixed >> np.uint64(33)) % np.uint64(num_folds)).astype(np.int8)


def complement_pairs(snapshot: GraphSnapshot, category: Rows, counts: Floats, *, num_folds: int, seed: int) -> Pairs:
    """Products bought together, both directions, weighted by (lift × common baskets) to the power TOGETHER_POWER.

    Lift × common baskets is the squared cosine of the two products' baskets, up to a constant. Products that were sold
    too seldom for pairs of their own inherit those of their category.

    Args:
        category: `[num_products]` rows, -1 for none.
        counts: `[num_products]` baskets holding each product.
    """
    own = _both_ways(snapshot, "BOUGHT_WITH")
    inherited = _inherited(
        _both_ways(snapshot, "GOES_WITH"), category, np.where(own.getnnz(axis=1) > 0, 0, counts), counts
    )
    pairs = sp.coo_matrix(own + inherited)
    return sorted_pairs(pairs.row.astype(np.int64), pairs.col.astype(np.int64), pairs.data, num_folds, seed)


def _both_ways(snapshot: GraphSnapshot, name: str) -> sp.csr_matrix:
    """Strength of each pair of a symmetric relationship `[num_nodes, num_nodes]`."""
    source, target = snapshot.edge_index(name)
    size = snapshot.nodes[EDGES[name].source].num_rows
    strength = snapshot.edge_values(name, "lift") * snapshot.edge_values(name, "num_baskets")
    weights = np.maximum(strength, 1e-6).astype(np.float32) ** TOGETHER_POWER
    half = sp.csr_matrix((weights, (source, target)), shape=(size, size))
    return sp.csr_matrix(half + half.T)


def _inherited(together: sp.csr_matrix, category: Rows, heirs: Floats, counts: Floats) -> sp.csr_matrix:
    """Pairs of each heir with the HEADS most bought products of each category that goes with its own.

    Args:
        together: `[num_categories, num_categories]` strength of categories bought together.
        heirs: `[num_products]`, > 0 for products that inherit.
    """
    size, num_categories = len(category), together.shape[0]
    members = np.flatnonzero((category >= 0) & (counts > 0))
    ranked = members[np.lexsort((-counts[members], category[members]))]
    place = np.arange(len(ranked)) - np.searchsorted(category[ranked], category[ranked])
    heads = ranked[place < HEADS]
    shares = _row_shares(sp.csr_matrix((counts[heads], (category[heads], heads)), shape=(num_categories, size)))
    anchors = np.flatnonzero((category >= 0) & (heirs > 0))
    belongs = sp.csr_matrix(
        (np.ones(len(anchors), np.float32), (anchors, category[anchors])), shape=(size, num_categories)
    )
    pairs = sp.coo_matrix(belongs @ (together @ shares))
    kept = pairs.row != pairs.col
    return sp.csr_matrix((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=(size, size), dtype=np.float32)


def substitute_pairs(snapshot: GraphSnapshot, content: Content, settings: TrainSettings) -> Pairs:
    """Weak labels of substitution: switches, and alike names of one category neither avoided nor bought together."""
    switched, avoided = switches(snapshot, by_lift="switch lift" not in settings.without)
    twins = alike_names(content) * float("twins" not in settings.without)
    apart = twins - twins.multiply((bought_with(snapshot) + avoided) > 0)
    pairs = sp.coo_matrix(_row_shares(switched) + TWIN_WEIGHT * _row_shares(sp.csr_matrix(apart)))
    kept = (pairs.data > 0) & (pairs.row != pairs.col)
    anchors, candidates = pairs.row[kept].astype(np.int64), pairs.col[kept].astype(np.int64)
    return sorted_pairs(anchors, candidates, pairs.data[kept].astype(np.float32), settings.num_folds, settings.seed)


def switches(snapshot: GraphSnapshot, *, by_lift: bool = True) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Strength of switches, and where they are avoided: both `[num_products, num_products]`, anchor to candidate.

    A pair is avoided, both ways, where the lifts of its switches have a geometric mean below SWITCH_LIFT;
    without `by_lift` none is, and all lifts count alike.
    """
    shape = (snapshot.num_products,) * 2
    ends, lift = tuple(snapshot.edge_index("SWITCHED_TO")), snapshot.edge_values("SWITCHED_TO", "lift")
    lift = lift if by_lift else np.ones_like(lift)
    back = np.asarray(sp.csr_matrix((lift, ends), shape=shape)[ends[::-1]]).ravel() if len(lift) else lift
    chosen = np.where(back > 0, np.sqrt(lift * back), lift) >= SWITCH_LIFT
    strength = np.log1p(snapshot.edge_values("SWITCHED_TO", "num_switches")) * np.minimum(lift, MAX_LIFT)
    switched = sp.csr_matrix((strength[chosen], (ends[0][chosen], ends[1][chosen])), shape=shape)
    avoided = sp.csr_matrix((np.ones(int((~chosen).sum()), np.float32), (ends[0][~chosen], ends[1][~chosen])), shape)
    return switched, sp.csr_matrix((avoided + avoided.T) > 0, dtype=np.float32)


def bought_with(snapshot: GraphSnapshot) -> sp.csr_matrix:
    """PPMI of products bought together `[num_products, num_products]`, symmetric."""
    source, target = snapshot.edge_index("BOUGHT_WITH")
    ppmi = snapshot.edge_values("BOUGHT_WITH", "ppmi")
    half = sp.csr_matrix((ppmi, (source, target)), shape=(snapshot.num_products,) * 2)
    return sp.csr_matrix(half + half.T)


def alike_names(content: Content) -> sp.csr_matrix:
    """Cosine of each product's most alike names of its category `[num_products, num_products]`, TWINS a row at most."""
    size = len(content.text)
    order = np.argsort(content.category, kind="stable")
    starts = np.flatnonzero(np.diff(content.category[order], prepend=content.category.min(initial=0) - 1))
    pairs = [pair for group in np.split(order, starts[1:]) for pair in _nearest_within(group, content.text)]
    left, right = np.concatenate([np.empty((2, 0), np.int64), *pairs], axis=1)
    cosine = pair_similarity(content.names, left, right)
    alike = (cosine >= TWIN_SIMILARITY) & (left != right)
    return sp.csr_matrix((cosine[alike], (left[alike], right[alike])), shape=(size, size))


def _nearest_within(group: Rows, text: Floats) -> Iterator[Rows]:
    """Pairs `[2, num_pairs]` of each product of a category with the TWINS others whose text vectors are nearest."""
    depth = min(TWINS, len(group) - 1)
    for start in range(0, len(group) if depth else 0, BLOCK):
        rows = group[start : start + BLOCK]
        scores = text[rows] @ text[group].T
        scores[np.arange(len(rows)), np.arange(start, start + len(rows))] = -np.inf
        best = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
        yield np.stack([np.repeat(rows, depth), group[best.ravel()]])


def _row_shares(matrix: sp.csr_matrix) -> sp.csr_matrix:
    totals = np.asarray(matrix.sum(axis=1)).ravel()
    return sp.csr_matrix(sp.diags(1.0 / np.maximum(totals, 1e-9)) @ matrix)


def sorted_pairs(anchors: Rows, candidates: Rows, weights: Floats, num_folds: int, seed: int) -> Pairs:
    """Pairs sorted by anchor and candidate, with their folds."""
    order = np.lexsort((candidates, anchors))
    anchors, candidates = anchors[order], candidates[order]
    return Pairs(anchors, candidates, weights[order], fold_of(anchors, candidates, num_folds, seed))
