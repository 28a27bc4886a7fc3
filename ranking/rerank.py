"""A learnt order of candidates: LambdaRank over what several simple models say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
LEAST_QUERIES = 40
"""Queries with a wanted candidate below which nothing is learnt."""
MOST_CANDIDATES = 10_000
"""Candidates a query, LightGBM's own bound."""
REFIT_BELOW = 1_000_000
"""Candidates above which a fifth held out for early stopping is not missed, and fewer, finer trees will do."""
ALONE_BELOW = 1_000_000
"""Candidates below which one thread learns and orders them."""
_HELD_OUT: Final = 0.2
_MOST_ROUNDS: Final = 600
_PATIENCE: Final = 40
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "lambdarank",
    "metric": "ndcg",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 1.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,  # by row: by query, two threads draw differently from run to run (LightGBM 4.7)
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_MANY: Final[dict[str, Any]] = {"learning_rate": 0.1, "num_leaves": 31}


@dataclass(frozen=True)
class Pool:
    """Candidates of several queries, what is known of each, sorted by query.

    Attributes:
        queries: `[num_candidates]` row of the query, ascending.
        items: `[num_candidates]` row of the product; distinct within a query.
        features: `[num_candidates, num_features]` float32; NaN where a feature cannot be told.
    """

    queries: Rows
    items: Rows
    features: Floats

    def __len__(self) -> int:
        return len(self.queries)

    @property
    def sizes(self) -> Rows:
        """Number of candidates of each query that has any, in order."""
        return np.diff(np.append(np.flatnonzero(np.diff(self.queries, prepend=-1)), len(self)))

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Pool":
        """The candidates where `chosen` `[num_candidates]` holds."""
        return Pool(self.queries[chosen], self.items[chosen], self.features[chosen])

    def wanted_in(self, wanted: sp.csr_matrix) -> Floats:
        """Which candidates are wanted, 1 or 0 `[num_candidates]`.

        Args:
            wanted: `[num_queries, num_items]`, not 0 where a query wants an item.
        """
        rows, columns = wanted.nonzero()
        held = rows.astype(np.int64) * wanted.shape[1] + columns
        return np.isin(self.queries * wanted.shape[1] + self.items, held).astype(np.float32)

    def lists(self, scores: Floats, k: int, num_queries: int) -> tuple[Rows, Floats]:
        """The k best candidates of each query and their scores, ties by item row.

        Args:
            scores: `[num_candidates]`, higher is better; -inf leaves a candidate out.

        Returns:
            Item rows and scores, both `[num_queries, k]`; -1 and -inf in places that nothing fills.
        """
        order = np.lexsort((self.items, -scores, self.queries))
        order = order[np.isfinite(scores[order])]
        queries = self.queries[order]
        place = np.arange(len(order)) - np.searchsorted(queries, queries)
        items, best = np.full((num_queries, k), -1, np.int64), np.full((num_queries, k), -np.inf, np.float32)
        kept = place < k
        items[queries[kept], place[kept]] = self.items[order[kept]]
        best[queries[kept], place[kept]] = scores[order[kept]]
        return items, best


@dataclass(frozen=True)
class Reranker:
    """A fitted order of candidates; equal pools get equal scores on every machine with one model text."""

    booster: "Booster"

    def __call__(self, pool: Pool) -> Floats:
        """Score of each candidate `[num_candidates]`, comparable within a query alone.

        Raises:
            ValueError: if the pool has not the features the model was fitted on.
        """
        if pool.features.shape[1] != len(self.names):
            raise ValueError(f"needs the {len(self.names)} features {self.names}, not {pool.features.shape[1]}")
        if not len(pool):
            return np.empty(0, np.float32)
        return np.asarray(self.booster.predict(pool.features, num_threads=_threads(pool)), dtype=np.float32)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features in order."""
        return tuple(self.booster.feature_name())

    @property
    def num_trees(self) -> int:
        """How many trees were grown."""
        return self.booster.best_iteration if self.booster.best_iteration > 0 else self.booster.num_trees()

    @property
    def gains(self) -> dict[str, float]:
        """Share of the fit's gain that each feature's splits brought, largest first; all 0 without a split."""
        gain = self.booster.feature_importance(importance_type="gain")
        shares = gain / max(float(gain.sum()), 1e-12)
        return {self.names[row]: float(shares[row]) for row in np.argsort(-shares, kind="stable")}

    def to_text(self) -> str:
        """LightGBM's own text form of the model."""
        return self.booster.model_to_string()

    @classmethod
    def from_text(cls, text: str) -> "Reranker":
        """The model that `to_text` wrote."""
        from lightgbm import Booster  # noqa: PLC0415 heavy, and not wanted by all who read a Pool

        return cls(Booster(model_str=text))


@dataclass(frozen=True)
class Growth:
    """How trees are grown.

    Attributes:
        settings: LightGBM's, as far as they are to differ from this module's.
        num_trees: how many; None stops early by held-out queries.
        is_trial: whether the order is wanted for its figures alone, and need not be fitted on all queries.
    """

    settings: Mapping[str, float] = field(default_factory=dict)
    num_trees: int | None = None
    is_trial: bool = False


def fit_reranker(
    pool: Pool,
    relevance: Floats,
    *,
    names: Sequence[str],
    seed: int,
    at: int = 10,
    growth: Growth = Growth(),
) -> Reranker:
    """The order that puts wanted candidates first, fitted with early stopping on held-out queries.

    It is fitted once more on all queries with as many trees, unless there are over REFIT_BELOW candidates or it is a
    trial.

    Args:
        pool: candidates with their features; queries without a wanted candidate teach nothing and are left out.
        relevance: `[num_candidates]` whole numbers from 0 for unwanted; higher is wanted more.
        names: of the features: words without spaces and punctuation.
        seed: draws the held-out queries and the samples of each tree.
        at: places of the list that the order is made for.
        growth: how trees are grown.

    Raises:
        ValueError: if fewer than LEAST_QUERIES queries hold a wanted candidate, or one has over MOST_CANDIDATES.

    Source: Burges 2010, LambdaMART, in LightGBM's form.
    """
    from lightgbm import early_stopping, train  # noqa: PLC0415

    wanted = np.zeros(int(pool.queries.max(initial=-1)) + 1, bool)
    wanted[pool.queries[relevance > 0]] = True
    teaching = np.flatnonzero(wanted)
    if len(teaching) < LEAST_QUERIES:
        raise ValueError(f"need {LEAST_QUERIES} queries with a wanted candidate, not {len(teaching)}")
    if pool.sizes.max() > MOST_CANDIDATES:
        raise ValueError(f"a query may have {MOST_CANDIDATES} candidates, not {pool.sizes.max()}")
    held_out = np.zeros_like(wanted)
    held_out[np.random.default_rng(seed).permutation(teaching)[: int(len(teaching) * _HELD_OUT)]] = True
    settings = {
        **_SETTINGS,
        **(_MANY if len(pool) > REFIT_BELOW else {}),
        **growth.settings,
        "num_threads": _threads(pool),
        "seed": seed,
        "eval_at": [at],
        "lambdarank_truncation_level": at + 10,
    }
    if growth.num_trees is not None:
        return Reranker(train(settings, _dataset(pool, relevance, wanted, names, settings), growth.num_trees))
    learning = _dataset(pool, relevance, wanted & ~held_out, names, settings)
    checking = _dataset(pool, relevance, held_out, names, settings, like=learning)
    stop = early_stopping(_PATIENCE, verbose=False)
    booster = train(settings, learning, _MOST_ROUNDS, valid_sets=[checking], callbacks=[stop])
    if growth.is_trial or len(pool) > REFIT_BELOW:
        return Reranker(booster)
    return Reranker(train(settings, _dataset(pool, relevance, wanted, names, settings), max(booster.best_iteration, 1)))


def _threads(pool: Pool) -> int:
    # In smaller pools two threads wait for each other longer than they work as soon as the machine is busy.
    return 1 if len(pool) < ALONE_BELOW else 2


def _dataset(
    pool: Pool,
    relevance: Floats,
    queries: npt.NDArray[np.bool_],
    names: Sequence[str],
    settings: dict[str, Any],
    like: "Dataset | None" = None,
) -> "Dataset":
    """The candidates of the queries where `queries` `[num_queries]` holds."""
    from lightgbm import Dataset  # noqa: PLC0415

    chosen = queries[pool.queries]
    part = pool.part(chosen)
    return Dataset(
        part.features,
        label=relevance[chosen],
        group=part.sizes,
        feature_name=list(names),
        reference=like,
        params={key: settings[key] for key in ("verbosity", "num_threads", "force_row_wise", "seed")},
    )
