"""Baselines that learn from people's labels of pairs, tuned on a slice of those labels that shares no product."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils.extmath import randomized_svd

from evaluation.heuristics import PairScore
from gnn.labels import KINDS, PairLabels, folds_by_product
from measures.pairs import macro_f1
from measures.text import name_vectors, word_vectors
from schema.snapshot import GraphSnapshot

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
WEIGHTS = (None, "balanced")


@dataclass(frozen=True)
class PairBaseline:
    """A model of pairs over fixed columns.

    Attributes:
        columns: what it reads of pairs, dense or sparse `[num_pairs, num_columns]`.
        made: a classifier from one setting of the grid, by keyword.
    """

    name: str
    columns: Callable[[Rows, Rows], Any]
    made: Callable[..., Any]
    grid: dict[str, tuple[Any, ...]]

    def probabilities(self, train: PairLabels, test: PairLabels, num_products: int, seed: int) -> Floats:
        """P(substitute), P(complement), P(none) of the test pairs, learnt from the training pairs `[num_pairs, 3]`."""
        read, setting = self.columns(train.left, train.right), self._tuned(train, num_products, seed)
        model = self.made(**setting).fit(read, train.kinds)
        return _complete(model, self.columns(test.left, test.right))

    def _tuned(self, train: PairLabels, num_products: int, seed: int) -> dict[str, Any]:
        """The setting with the highest macro-F1 on a part of the training labels, the first of equals."""
        settings = [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]
        folds = folds_by_product(train, num_products, 4, seed)
        learnt, held_out = train.part(folds.learnt[0]), train.part(folds.held_out[0])
        if len(settings) == 1 or len(np.unique(learnt.kinds)) < 2 or not len(held_out):
            return settings[0]
        read, kept = (self.columns(part.left, part.right) for part in (learnt, held_out))
        scores = []
        for setting in settings:
            guess = _complete(self.made(**setting).fit(read, learnt.kinds), kept).argmax(axis=1)
            scores.append(macro_f1(held_out.kinds, guess, num_classes=len(KINDS)))
        return settings[int(np.argmax(scores))]


def pair_baselines(snapshot: GraphSnapshot, scores: dict[str, PairScore], seed: int) -> Iterator[PairBaseline]:
    """Majority, a linear and a boosted model on names, brand and category, and one model on each heuristic."""
    texts = NameColumns(snapshot, seed)
    yield PairBaseline("majority", lambda left, _: np.zeros((len(left), 1)), DummyClassifier, {})
    logistic = {"C": (0.3, 3.0, 30.0), "class_weight": WEIGHTS}
    yield PairBaseline("linear on names", texts.sparse, _logistic, logistic)
    boosted = {"num_leaves": (7, 31), "n_estimators": (80, 250), "class_weight": WEIGHTS}
    yield PairBaseline("boosted trees on names", texts.dense, _boosted, boosted)
    for name, score in scores.items():
        columns = _ScoreColumns(score)
        yield PairBaseline(name, columns, _logistic, {"C": (1.0,), "class_weight": WEIGHTS})


@dataclass(frozen=True)
class _ScoreColumns:
    score: PairScore

    def __call__(self, left: Rows, right: Rows) -> Floats:
        own = self.score.of(left, right)
        return np.stack([own, np.log1p(own), own > 0], axis=1)


class NameColumns:
    """What the linear and the boosted baseline read of two products.

    Args:
        seed: of the directions that n-grams are reduced to.
    """

    def __init__(self, snapshot: GraphSnapshot, seed: int) -> None:
        names = snapshot.nodes["Product"].column("name").to_pylist()
        self._grams, self._words = name_vectors(names), word_vectors([name or "" for name in names])
        self._groups = [_group_of(snapshot, name) for name in ("OF_BRAND", "IN_CATEGORY")]
        depth = max(1, min(32, self._grams.shape[0] - 1))
        self._reduced = np.zeros((len(names), depth), np.float32)
        if self._grams.nnz and self._grams.shape[0] > 1:
            left, strengths, _ = randomized_svd(self._grams, depth, n_iter=3, random_state=seed)
            self._reduced[:, : len(strengths)] = left * strengths

    def dense(self, left: Rows, right: Rows) -> Floats:
        """Likeness of names, equal brand and category, and the gaps and products of n-grams in 32 directions."""
        one, other = self._reduced[left], self._reduced[right]
        return np.concatenate([self._likeness(left, right), np.abs(one - other), one * other], axis=1)

    def sparse(self, left: Rows, right: Rows) -> sp.csr_matrix:
        """Likeness, equal brand and category, n-grams of both names and, apart, n-grams of one alone."""
        one, other = self._grams[left], self._grams[right]
        likeness = sp.csr_matrix(self._likeness(left, right))
        return sp.csr_matrix(sp.hstack([likeness, one.multiply(other).sqrt(), abs(one - other)]))

    def _likeness(self, left: Rows, right: Rows) -> Floats:
        """Cosine of n-grams, Jaccard of words weighted by rarity, equal brand, equal category `[num_pairs, 4]`."""
        cosine = np.asarray(self._grams[left].multiply(self._grams[right]).sum(axis=1)).ravel()
        shared = np.asarray(self._words[left].minimum(self._words[right]).sum(axis=1)).ravel()
        either = np.asarray(self._words[left].maximum(self._words[right]).sum(axis=1)).ravel()
        same = [(group[left] == group[right]) & (group[left] >= 0) for group in self._groups]
        return np.stack([cosine, shared / np.maximum(either, 1e-9), *same], axis=1).astype(np.float64)


def _group_of(snapshot: GraphSnapshot, name: str) -> Rows:
    group = np.full(snapshot.num_products, -1, np.int64)
    source, target = snapshot.edge_index(name)
    group[source] = target
    return group


def _logistic(**setting: Any) -> LogisticRegression:
    return LogisticRegression(max_iter=150, **setting)


def _boosted(**setting: Any) -> lgb.LGBMClassifier:
    return lgb.LGBMClassifier(
        learning_rate=0.06, min_child_samples=10, n_jobs=1, deterministic=True, random_state=0, verbose=-1, **setting
    )


def _complete(model: Any, columns: Any) -> Floats:
    result = np.zeros((columns.shape[0], len(KINDS)))
    result[:, model.classes_] = model.predict_proba(columns)
    return result
