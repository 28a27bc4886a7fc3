"""A smooth order of candidates: which one is wanted, as a choice among all of a query's."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from ranking.rerank import LEAST_QUERIES, Pool

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
PENALTY: Final = 10.0
"""Weight of the squared coefficients beside the log-likelihood of all queries."""
MOST_STEPS: Final = 150


@dataclass(frozen=True)
class ListwiseLogit:
    """A linear score of the features and of their signed square roots, both standardised.

    Attributes:
        means, spreads, weights: `[2 * num_features]` float32.
    """

    means: Floats
    spreads: Floats
    weights: Floats

    def __call__(self, pool: Pool) -> Floats:
        """Score of each candidate `[num_candidates]`: log odds within a query."""
        return _standard(pool.features, self.means, self.spreads) @ self.weights


def fit_listwise(pool: Pool, relevance: Floats) -> ListwiseLogit:
    """The coefficients under which the wanted candidates are likeliest to be chosen.

    Args:
        relevance: `[num_candidates]`, above 0 where wanted; a query's wanted ones count one choice each, and queries
            without any teach nothing.

    Raises:
        ValueError: if fewer than LEAST_QUERIES queries hold a wanted candidate.

    Source: McFadden 1974, conditional logit; as a loss for ranking Cao et al. 2007, ListNet with one item.
    """
    teaching = np.isin(pool.queries, pool.queries[relevance > 0])
    from scipy.optimize import minimize  # noqa: PLC0415 heavy, and serving fits nothing

    pool, wanted = pool.part(teaching), relevance[teaching] > 0
    starts = np.flatnonzero(np.diff(pool.queries, prepend=-1))
    if len(starts) < LEAST_QUERIES:
        raise ValueError(f"need {LEAST_QUERIES} queries with a wanted candidate, not {len(starts)}")
    doubled = _doubled(pool.features)
    means, spreads = doubled.mean(axis=0), doubled.std(axis=0) + 1e-6
    features = (doubled - means) / spreads
    query = np.repeat(np.arange(len(starts)), pool.sizes)
    choices = np.bincount(query[wanted], minlength=len(starts)).astype(np.float32)
    chosen = features[wanted].sum(axis=0, dtype=np.float64)

    # As many steps as features that hang together would cost are spared by a start from the curvature at 0.
    scale = np.linalg.cholesky(_curvature(features, starts, choices))

    def loss(scaled: Weights) -> tuple[float, Weights]:
        weights = solve_triangular(scale, scaled, trans="T", lower=True)
        scores = features @ weights.astype(np.float32)
        tops = np.maximum.reduceat(scores, starts)
        odds = np.exp(scores - tops[query])
        totals = np.add.reduceat(odds, starts)
        likely = float((choices * (np.log(totals) + tops)).sum(dtype=np.float64)) - float(chosen @ weights)
        slope = features.T @ (odds * (choices / totals)[query]) - chosen + PENALTY * weights
        return likely + PENALTY / 2 * float(weights @ weights), solve_triangular(scale, slope, lower=True)

    found = minimize(loss, np.zeros(len(means)), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    weights = solve_triangular(scale, found.x, trans="T", lower=True)
    return ListwiseLogit(means, spreads, weights.astype(np.float32))


def _curvature(features: Floats, starts: Rows, choices: Floats) -> Weights:
    """Second derivatives of the loss where all candidates are equally likely `[num_features, num_features]`."""
    sizes = np.diff(np.append(starts, len(features)))
    means = np.add.reduceat(features, starts) / sizes[:, None]
    weighed = features * np.repeat(choices / sizes, sizes)[:, None].astype(np.float32)
    spread = features.T @ weighed - means.T @ (means * choices[:, None])
    return spread.astype(np.float64) + PENALTY * np.eye(features.shape[1])


def _doubled(features: Floats) -> Floats:
    known = np.where(np.isfinite(features), features, np.float32(0.0))
    return np.concatenate([known, np.copysign(np.sqrt(np.abs(known)), known)], axis=1, dtype=np.float32)


def _standard(features: Floats, means: Floats, spreads: Floats) -> Floats:
    return (_doubled(features) - means) / spreads
