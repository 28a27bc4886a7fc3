"""Plans: what a lake version knows beforehand of prices and promotions, week by week."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lake.cut import Cut
from lake.ports import TableSource

Grids = dict[str, npt.NDArray[np.float32]]
SHARES: Final = {"feature": "feature_share", "mailer": "feature_share", "display": "display_share"}
"""Kinds of promotion and the share of a week that they fill; price cuts follow from prices."""
PAIR: Final = ["sku", "store_id"]
MOST_OF_WEEK: Final = 0.5
"""Share of a week from which on a promotion's price is the week's."""


def planned_weeks(source: TableSource, keys: pd.DataFrame, weeks: Sequence[date]) -> Grids:
    """Planned price, base price and shares of feature, display and price cut, by name `[num_keys, num_weeks]`.

    A week's price is that of the window open on its first day, a store's own before one everywhere, or that of a
    promotion that covers most of it. NaN where no price is planned; shares are 0 where no promotion is.

    Args:
        keys: `sku` and `store_id` of each row.
        weeks: first days.
    """
    shape, promotions = (len(keys), len(weeks)), _promotions(source)
    grids = {name: np.full(shape, np.nan, np.float32) for name in ("price", "base_price")}
    grids |= {name: np.zeros(shape, np.float32) for name in ("feature_share", "display_share", "price_cut_share")}
    for at, day in enumerate(weeks):
        offers = _covering(promotions, keys, day)
        for kind, name in SHARES.items():
            own = offers[offers["kind"] == kind]
            np.maximum.at(grids[name][:, at], own["row"].to_numpy(np.int64), own["share"].to_numpy(np.float32))
        prices = _prices(source, keys, day)
        cuts = offers[offers["promo_price"].notna() & (offers["share"] >= MOST_OF_WEEK)]
        cut = cuts.groupby("row")["promo_price"].min().reindex(range(len(keys))).to_numpy(np.float64)
        grids["base_price"][:, at] = prices["base_price"].fillna(prices["price"])
        grids["price"][:, at] = np.fmin(prices["price"].to_numpy(np.float64), cut)
        grids["price_cut_share"][:, at] = grids["price"][:, at] < grids["base_price"][:, at]
    return grids


def _prices(source: TableSource, keys: pd.DataFrame, day: date) -> pd.DataFrame:
    """`price` and `base_price` on a day, in the order of the keys."""
    names = ["price", "base_price"]
    columns = [*PAIR, "valid_from", "valid_to", *names]
    rows = Cut(source, day).open_rows("prices", columns).to_pandas()[[*PAIR, *names]]
    everywhere = keys.merge(rows[rows["store_id"].isna()].drop(columns="store_id"), on="sku", how="left")[names]
    own = keys.merge(rows[rows["store_id"].notna()], on=PAIR, how="left")[names]
    return everywhere.where(own["price"].isna(), own)


def _promotions(source: TableSource) -> pd.DataFrame:
    """A row a promotion and product it covers, with its kind and days."""
    promotions = source.rows("promotions", ["promotion_id", "kind", "starts_on", "ends_on"]).to_pandas()
    names = ["promotion_id", "sku", "store_id", "promo_price"]
    found = source.rows("promotion_products", names).to_pandas().merge(promotions, on="promotion_id")
    return found.assign(**{name: pd.to_datetime(found[name]) for name in ("starts_on", "ends_on")})


def _covering(promotions: pd.DataFrame, keys: pd.DataFrame, day: date) -> pd.DataFrame:
    """Promotions of a week by `row` of the keys, with the `share` of the week that each covers."""
    start, end = pd.Timestamp(day), pd.Timestamp(day + timedelta(days=7))
    running = promotions[(promotions["starts_on"] < end) & ~(promotions["ends_on"] <= start)]
    rows, is_everywhere = keys.assign(row=np.arange(len(keys))), running["store_id"].isna()
    everywhere = running[is_everywhere].drop(columns="store_id").merge(rows, on="sku")
    found = pd.concat([everywhere, running[~is_everywhere].merge(rows, on=PAIR)])
    starts, ends = (pd.to_datetime(found[name]) for name in ("starts_on", "ends_on"))
    days = ends.fillna(end).where(ends <= end, end) - starts.where(starts >= start, start)
    return found.assign(share=days.dt.days / 7)
