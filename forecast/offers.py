"""Features of planned price and promotion in the target week, beside what they were until then."""

import numpy as np

from forecast.effects import SHARES
from forecast.history import Grid, Rows
from forecast.panel import Panel


def price_features(panel: Panel, origin: int, target: int, rows: Rows) -> dict[str, Grid]:
    """The target week's own price against its base price, the usual price and the lowest lately."""
    price, base = panel.price, panel.base_price
    now, past = price[rows, target], price[rows, max(origin - 25, 0) : origin + 1]
    return {
        "log_price": now,
        "discount": now - base[rows, target],
        "price_against_usual": now - past.mean(axis=1),
        "price_against_lowest": now - past.min(axis=1),
        "price_against_week_before": now - price[rows, max(target - 1, 0)],
        "price_against_origin": now - price[rows, origin],
        "base_price_against_usual": base[rows, target] - base[rows, max(origin - 25, 0) : origin + 1].mean(axis=1),
        "effect": panel.effect[rows, target],
        "effect_against_usual": panel.effect[rows, target] - panel.usual_effect[rows, origin],
    }


def promotion_features(panel: Panel, origin: int, target: int, rows: Rows) -> dict[str, Grid]:
    """Promotion in the target week, and before it what carry-over needs: planned in earlier weeks, and how often."""
    grids, promotion = panel.history.grids, panel.promotion
    found = {name: grids[name][rows, target] for name in SHARES}
    for back in (1, 2):
        found[f"promotion_{back}_before"] = promotion[rows, max(target - back, 0)]
        found[f"effect_{back}_before"] = panel.effect[rows, max(target - back, 0)] - panel.usual_effect[rows, origin]
    lately = promotion[rows, max(origin - 12, 0) : origin + 1]
    found["promotion_lately"] = lately.mean(axis=1)
    run = (promotion[rows, max(target - 8, 0) : target] > 0)[:, ::-1]
    found["weeks_promoted_before"] = np.cumprod(run, axis=1).sum(axis=1).astype(np.float32)
    found["weeks_since_promotion"] = np.cumprod(~run, axis=1).sum(axis=1).astype(np.float32)
    return found


def store_features(panel: Panel, _origin: int, _target: int, rows: Rows) -> dict[str, Grid]:
    """Codes of product, category and store, the store's attributes, and its level against other stores'."""
    history = panel.history
    found = {
        "product": history.product[rows].astype(np.float32),
        "category": history.category[rows].astype(np.float32),
        "store": history.store[rows].astype(np.float32),
    }
    for at, name in enumerate(("area", "region", "city", "format")):
        found[name] = history.store_attributes[rows, at]
    return found
