"""Plans: what a lake version knows beforehand of prices and promotions, by week and by day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lake.cut import Cut
from lake.ports import TableSource

Grids = dict[str, npt.NDArray[np.float32]]
Rows = npt.NDArray[np.int64]
SHARES: Final = {"feature": "feature_share", "mailer": "feature_share", "display": "display_share"}
"""Kinds of promotion and the share of a week that they fill; price cuts follow from prices."""
PAIR: Final = ["sku", "store_id"]
MOST_OF_WEEK: Final = 0.5
"""Share of a week from which on a promotion's price is the week's."""
WEEK: Final = 7


def planned_weeks(source: TableSource, keys: pd.DataFrame, weeks: Sequence[date]) -> Grids:
    """Planned price, base price and shares of feature, display and price cut, by name `[num_keys, num_weeks]`.

    A week's price is that of the window open on its first day, a store's own before one everywhere, or that of a
    promotion that covers most of it. NaN where no price is planned; shares are 0 where no promotion is.

    Args:
        keys: `sku` and `store_id` of each row.
        weeks: first days.
    """
    promotions = _promotions(source)
    return _side_by_side([_planned(source, promotions, keys, day, WEEK) for day in weeks], len(keys))


def planned_days(source: TableSource, keys: pd.DataFrame, weeks: Sequence[date]) -> tuple[Rows, Rows, Grids]:
    """Plans by day of the weeks in which a promotion or a price of a key begins or ends.

    Returns:
        Rows of the keys and places of the weeks `[num_uneven]`, ascending in both together; and by name, as
        `planned_weeks`, `[num_uneven, 7]`.
    """
    promotions, windows = _promotions(source), _price_windows(source)
    rows, places, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)], []
    for place, start in enumerate(weeks):
        uneven = _uneven(promotions, windows, keys, start)
        if len(uneven):
            some, days = keys.iloc[uneven], [start + timedelta(days=at) for at in range(WEEK)]
            found.append(_side_by_side([_planned(source, promotions, some, day, 1) for day in days], len(some)))
            rows.append(uneven)
            places.append(np.full(len(uneven), place, np.int64))
    row, week = np.concatenate(rows), np.concatenate(places)
    order = np.lexsort([week, row])
    grids = {name: np.concatenate([one[name] for one in found])[order] for name in (found[0] if found else ())}
    return row[order], week[order], grids


def _planned(source: TableSource, promotions: pd.DataFrame, keys: pd.DataFrame, day: date, num_days: int) -> Grids:
    """What is planned of so many days from one on, by name `[num_keys]`."""
    offers, prices = _covering(promotions, keys, day, num_days), _prices(source, keys, day)
    found = {name: np.zeros(len(keys), np.float32) for name in SHARES.values()}
    for kind, name in SHARES.items():
        own = offers[offers["kind"] == kind]
        np.maximum.at(found[name], own["row"].to_numpy(np.int64), own["share"].to_numpy(np.float32))
    cuts = offers[offers["promo_price"].notna() & (offers["share"] >= MOST_OF_WEEK)]
    cut = cuts.groupby("row")["promo_price"].min().reindex(range(len(keys))).to_numpy(np.float64)
    base = prices["base_price"].fillna(prices["price"]).to_numpy(np.float32)
    price = np.fmin(prices["price"].to_numpy(np.float64), cut).astype(np.float32)
    return {**found, "price": price, "base_price": base, "price_cut_share": (price < base).astype(np.float32)}


def _side_by_side(columns: Sequence[Grids], num_keys: int) -> Grids:
    """Grids `[num_keys, num_columns]` of as many columns."""
    names = (*dict.fromkeys(SHARES.values()), "price", "base_price", "price_cut_share")
    empty = np.empty((num_keys, 0), np.float32)
    return {name: np.column_stack([empty, *(one[name] for one in columns)]) for name in names}


def _uneven(promotions: pd.DataFrame, windows: pd.DataFrame, keys: pd.DataFrame, start: date) -> Rows:
    """Rows of the keys for which a promotion or a price begins or ends within the week."""
    offers = _covering(promotions, keys, start, WEEK)
    after, end = pd.Timestamp(start), pd.Timestamp(start + timedelta(days=WEEK))
    moves = pd.concat([windows[(windows[name] > after) & (windows[name] < end)] for name in ("valid_from", "valid_to")])
    everywhere = moves.loc[moves["store_id"].isna(), "sku"]
    own = pd.MultiIndex.from_frame(moves.loc[moves["store_id"].notna(), PAIR])
    is_moved = keys["sku"].isin(everywhere).to_numpy() | pd.MultiIndex.from_frame(keys[PAIR]).isin(own)
    return np.union1d(offers.loc[offers["share"] < 1, "row"].to_numpy(np.int64), np.flatnonzero(is_moved))


def _price_windows(source: TableSource) -> pd.DataFrame:
    names = ["valid_from", "valid_to"]
    found = source.rows("prices", [*PAIR, *names]).to_pandas()
    return found.assign(**{name: pd.to_datetime(found[name]) for name in names})


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


def _covering(promotions: pd.DataFrame, keys: pd.DataFrame, day: date, num_days: int) -> pd.DataFrame:
    """Promotions of so many days from one on by `row` of the keys, with the `share` of them that each covers."""
    start, end = pd.Timestamp(day), pd.Timestamp(day + timedelta(days=num_days))
    running = promotions[(promotions["starts_on"] < end) & ~(promotions["ends_on"] <= start)]
    rows, is_everywhere = keys.assign(row=np.arange(len(keys))), running["store_id"].isna()
    everywhere = running[is_everywhere].drop(columns="store_id").merge(rows, on="sku")
    found = pd.concat([everywhere, running[~is_everywhere].merge(rows, on=PAIR)])
    starts, ends = (pd.to_datetime(found[name]) for name in ("starts_on", "ends_on"))
    days = ends.fillna(end).where(ends <= end, end) - starts.where(starts >= start, start)
    return found.assign(share=days.dt.days / num_days)
