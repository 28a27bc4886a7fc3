"""Generated weekly sales with planted effects, in the shape of public weekly benchmarks."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from forecast.history import SalesHistory
from forecast.reading import history_of
from schema.table_specs import SPECS

MONDAY = date(2020, 1, 6)
ELASTICITY = -2.0
FEATURE_LIFT = 0.6
COLUMNS = ["sku", "store_id", "week_starts_on", "units", "on_hand_units"]
COLUMNS += ["price", "base_price", "feature_share", "display_share", "price_cut_share"]


def weekly_rows(num_brands=11, num_stores=4, num_weeks=60, seed=0, pack=64, cross=0.5, missing=0.02):
    """Rows of brands in stores: units in packs, log-linear in own and in the others' price, more when featured."""
    generator, rows = np.random.default_rng(seed), []
    prices = 2 + generator.random(num_brands)
    levels = generator.normal(2.5, 0.6, (num_stores, num_brands))
    for week in range(num_weeks):
        deal = generator.random(num_brands) < 0.2
        feature = deal & (generator.random(num_brands) < 0.5)
        for store in range(num_stores):
            paid = prices * np.where(deal, 0.75, 1.0) * np.exp(generator.normal(0, 0.03, num_brands))
            others = (np.log(paid).sum() - np.log(paid)) / max(num_brands - 1, 1)
            logs = levels[store] + ELASTICITY * np.log(paid / prices) + FEATURE_LIFT * feature + cross * others
            units = pack * np.maximum(np.round(np.exp(logs + generator.normal(0, 0.25, num_brands))), 1)
            for brand in range(num_brands):
                if generator.random() >= missing:
                    rows.append(
                        {
                            "sku": f"b{brand:02d}",
                            "store_id": f"s{store:02d}",
                            "week_starts_on": MONDAY + timedelta(weeks=week),
                            "units": float(units[brand]),
                            "price": float(paid[brand]),
                            "base_price": float(prices[brand]),
                            "feature_share": float(feature[brand]),
                            "display_share": 0.0,
                            "price_cut_share": float(deal[brand]),
                        }
                    )
    return rows


def shop_rows(weekly):
    """The tables of a shop around rows of weekly sales."""
    return {
        "products": [{"sku": sku} for sku in sorted({row["sku"] for row in weekly})],
        "stores": [{"store_id": store} for store in sorted({row["store_id"] for row in weekly})],
        "weekly_sales": weekly,
    }


def history_from(weekly, products=None, stores=None) -> SalesHistory:
    """The grid of such rows."""
    tables = shop_rows(weekly)

    def table(name, rows):
        return pa.Table.from_pylist(rows, schema=SPECS[name].arrow_schema)

    return history_of(
        table("weekly_sales", weekly).select(COLUMNS),
        products=table("products", products or tables["products"]),
        categories=SPECS["categories"].empty(),
        stores=table("stores", stores or tables["stores"]),
    )


def with_grid(history: SalesHistory, name, change) -> SalesHistory:
    """The same history with one grid changed in a copy."""
    grid = history.grids[name].copy()
    change(grid)
    return replace(history, grids={**history.grids, name: grid})


def assert_told_once(outcome, rows, rounds, day):
    """Every row of the tables that a round predicts is told in it, once; `day` is the column that dates them."""
    told = outcome.predictions.to_pylist()
    keys = [(row["round"], row["sku"], row["store_id"], row[day]) for row in told]
    wanted = {
        (one.name, row["sku"], row["store_id"], row[day])
        for one in rounds
        for row in rows
        if one.from_ <= row[day] < one.to
    }
    assert len(keys) == len(set(keys))
    assert set(keys) == wanted
