"""The decoder's weights, from pairs that the heads which score them have not seen."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from gnn.decoding import Decoder
from gnn.targets import Pairs

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SAMPLE = 20_000
"""Pairs of each kind that the decoder is fitted on at most."""
SHARES = (0.125, 0.125, 0.75)
"""Of substitutes, complements and neither among candidates, as far as nobody has judged any."""
NEAR_SHARE = 0.15
"""Of all candidates at most, those that are neither but of one category; they are never more than there are beside
each substitute."""
WRONG_SHARE = 0.05
"""Of weak labels that are taken to be wrong, so that no single gate decides a pair."""
CAUTION = 2.0
"""How hard a scale of 1 and constants of 0 are held to where few pairs speak against them, as a normal prior."""
LEAST_HELD_OUT = 20
"""Held out pairs of each relation without which the weights are fitted on the pairs the heads have seen."""


@dataclass(frozen=True)
class WeakLabels:
    """What behaviour and names say of pairs, nobody having judged them.

    Attributes:
        substitutes, complements: what the heads learn from.
        avoided: keys (see `Pairs.keys`) of pairs switched between less often than by chance.
    """

    substitutes: Pairs
    complements: Pairs
    avoided: Rows

    def of_fold(self, fold: int, *, held_out: bool) -> "WeakLabels":
        """The pairs of one fold (`held_out`), or all others."""
        kept = [one.part((one.folds == fold) == held_out) for one in (self.substitutes, self.complements)]
        return WeakLabels(kept[0], kept[1], self.avoided)

    @property
    def is_enough(self) -> bool:
        """Whether every relation that has a pair has LEAST_HELD_OUT of them."""
        sizes = [len(one) for one in (self.substitutes, self.complements) if len(one)]
        return bool(sizes) and min(sizes) >= LEAST_HELD_OUT


def fit_weights(decoder: Decoder, labels: WeakLabels, every: WeakLabels, *, seed: int) -> Floats | None:
    """Weights of the gates by three-way cross-entropy on weak labels `[3, num_gates + 1]`; None without any label.

    A pair that is labelled both ways is left out. Weights are fitted as if WRONG_SHARE of the labels were wrong, and
    their common scale and the constants then as if all were right.

    Args:
        decoder: whose heads have best not seen `labels`.
        every: all labels; pairs among them are no examples of neither.

    Source: Szegedy et al. 2016, section 7, label smoothing; Guo et al. 2017, section 4.2, temperature.
    """
    examples = _examples(decoder, labels, every, np.random.default_rng(seed))
    kinds = np.repeat([0, 1, 2, 2], [len(one) for one in examples])
    if len(np.unique(kinds)) < 2:
        return None
    keys, size = np.concatenate(examples), len(decoder.log_counts)
    gates = decoder.gates(keys // size, keys % size)
    weights = np.concatenate(
        [np.full(len(one), share / max(len(one), 1)) for one, share in zip(examples, _shares(examples), strict=True)]
    )
    weights *= len(kinds) / weights.sum()
    return _rescaled(_logistic(gates, kinds, weights), gates, kinds, weights)


def _examples(
    decoder: Decoder, labels: WeakLabels, every: WeakLabels, generator: np.random.Generator
) -> tuple[Rows, Rows, Rows, Rows]:
    """Keys of substitutes, complements, pairs of one category that are neither, and other pairs that are neither."""
    category, size = decoder.content.category, len(decoder.log_counts)
    sub, comp = labels.substitutes.keys(size), labels.complements.keys(size)
    related = np.union1d(every.substitutes.keys(size), every.complements.keys(size))
    both = np.intersect1d(every.substitutes.keys(size), every.complements.keys(size))
    sub, comp = (np.setdiff1d(kind, both) for kind in (sub, comp))
    sub, comp = (generator.choice(kind, min(SAMPLE, len(kind)), replace=False) for kind in (sub, comp))
    number = 2 * (len(sub) + len(comp))
    near, far = unrelated(related, number, category, generator)
    near = np.union1d(near, np.setdiff1d(every.avoided, related))
    share = len(sub) / max(len(every.substitutes), 1)
    near = generator.choice(near, min(number, max(1, round(share * len(near)))) if len(near) else 0, replace=False)
    return sub, comp, near, far


def _shares(examples: tuple[Rows, Rows, Rows, Rows]) -> tuple[float, float, float, float]:
    sub, _, near, _ = (len(one) for one in examples)
    beside = min(NEAR_SHARE, SHARES[0] * near / sub) if sub else NEAR_SHARE
    return SHARES[0], SHARES[1], beside, SHARES[2] - beside


def _logistic(gates: Floats, kinds: Rows, weights: Floats) -> Floats:
    """Multinomial weights on the gates' own scale; a kind without examples keeps a far negative constant."""
    mean, spread = gates.mean(axis=0), np.maximum(gates.std(axis=0), 1e-6)
    present = np.unique(kinds)
    told = np.where(kinds == present[:, None], 1 - WRONG_SHARE, WRONG_SHARE / (len(present) - 1)) * weights
    model = LogisticRegression(C=1.0, max_iter=200).fit(
        np.tile((gates - mean) / spread, (len(present), 1)),
        np.repeat(present, len(kinds)),
        sample_weight=told.ravel(),
    )
    slopes, constants = model.coef_, model.intercept_
    if len(present) == 2:
        slopes, constants = np.concatenate([0 * slopes, slopes]), np.concatenate([[0.0], constants])
    result = np.zeros((3, gates.shape[1] + 1))
    result[:, -1] = -30.0
    scaled = slopes / spread
    result[present, :-1] = scaled
    result[present, -1] = constants - scaled @ mean
    return result


def _rescaled(fitted: Floats, gates: Floats, kinds: Rows, weights: Floats) -> Floats:
    """The same weights times one temperature, with constants added, by cross-entropy."""
    scores = gates @ fitted[:, :-1].T + fitted[:, -1]
    scale, constants = temperature(scores, kinds, weights)
    result = fitted * scale
    result[:, -1] += constants
    return result


def temperature(scores: Floats, kinds: Rows, weights: Floats) -> tuple[float, Floats]:
    """Scale of the scores `[num_pairs, 3]` and constants to add `[3]` that fit kinds best by weighted cross-entropy.

    Source: Guo et al. 2017, section 4.2, with one bias a class.
    """
    total, own = weights.sum(), np.arange(len(kinds))

    def loss(free: Floats) -> float:
        logs = log_softmax(scores * np.exp(free[0]) + np.array([free[1], free[2], 0.0]), axis=1)
        return float(-(weights * logs[own, kinds]).sum() / total + CAUTION / len(kinds) * (free**2).sum())

    free = minimize(loss, np.zeros(3), method="L-BFGS-B", bounds=[(-3, 3), (-10, 10), (-10, 10)]).x
    return float(np.exp(free[0])), np.array([free[1], free[2], 0.0])


def unrelated(related: Rows, number: int, category: Rows, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Keys of random pairs that are not related, of one category and drawn anywhere; `number` each at most."""
    size = len(category)
    left, right = generator.integers(0, size, number), generator.integers(0, size, number)
    order = np.argsort(category, kind="stable")
    starts, stops = (np.searchsorted(category[order], category, side=side) for side in ("left", "right"))
    inside = order[starts[left] + (generator.random(number) * (stops - starts)[left]).astype(np.int64)]
    near = (left * size + inside)[(left != inside) & (category[left] >= 0)]
    return np.setdiff1d(near, related), np.setdiff1d((left * size + right)[left != right], related)
