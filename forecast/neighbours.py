"""Relation features: price and promotion of category peers, substitutes and complements in the same store and week."""

from typing import Any

import numpy as np
import numpy.typing as npt

from forecast.history import Grid, Rows
from forecast.panel import Panel

Floats = npt.NDArray[np.floating[Any]]
ACTIVE_WEEKS = 13
"""A peer that was not seen for so many weeks is taken to be gone."""


def relation_features(panel: Panel, origin: int, target: int, rows: Rows) -> dict[str, Grid]:
    """The target week's price, promotion and pull of the peers; those of the same category, and related ones."""
    peers, price = panel.peers, panel.price[:, target]
    seen = panel.num_known[:, origin] - (panel.num_known[:, origin - ACTIVE_WEEKS] if origin >= ACTIVE_WEEKS else 0)
    active = seen > 0
    change = panel.effect[:, target] - panel.usual_effect[:, origin]
    mass = np.where(active, np.exp(np.clip(panel.level[:, origin] + panel.usual_effect[:, origin], -5, 12)), 0)
    facts = {
        "price": np.nan_to_num(price),
        "discount": np.nan_to_num(price - panel.base_price[:, target]),
        "promotion": panel.promotion[:, target],
        "out_of_stock": np.nan_to_num(panel.out_of_stock[:, origin]),
        "change": change,
        "pull": np.exp(np.clip(change, -3, 4)),
        "change_before": panel.effect[:, max(target - 1, 0)] - panel.usual_effect[:, origin],
    }
    found: dict[str, Floats] = {}
    for name, values in facts.items():
        found[f"peers_{name}"] = _mean_of_others(values, active.astype(np.float64), peers.group)[rows]
    found["peers_pull_by_sales"] = _mean_of_others(facts["pull"], mass, peers.group)[rows]
    found["peers_share"] = (mass / np.maximum(np.bincount(peers.group, mass)[peers.group], 1e-9))[rows]
    found["price_against_peers"] = (price[rows] - found["peers_price"]).astype(np.float32)
    lowest = np.full(int(peers.group.max()) + 1, np.inf)
    np.minimum.at(lowest, peers.group[active], price[active])
    found["price_against_cheapest"] = price[rows] - lowest[peers.group[rows]]
    surprise = np.nan_to_num(panel.surprise[:, origin])
    seen_now = np.isfinite(panel.surprise[:, origin]).astype(np.float64)
    found["peers_surprise"] = _mean_of_others(surprise, seen_now, peers.group)[rows]
    for word, shares in (("substitutes", peers.substitutes), ("complements", peers.complements)):
        if shares is not None:
            known = np.asarray(shares[rows].sum(axis=1)).ravel() > 0
            for name in sorted(set(facts) - {"price", "pull"}):
                found[f"{word}_{name}"] = np.where(known, shares[rows] @ np.nan_to_num(facts[name]), np.nan)
    return {name: np.asarray(values, np.float32) for name, values in found.items()}


def _mean_of_others(values: Grid, weights: npt.NDArray[np.float64], groups: Rows) -> npt.NDArray[np.float64]:
    """Weighted mean over the other members of each one's group; NaN for one that is alone."""
    total = np.bincount(groups, weights)[groups] - weights
    summed = np.bincount(groups, weights * values)[groups] - weights * values
    return np.where(total > 1e-9, summed / np.maximum(total, 1e-9), np.nan)
