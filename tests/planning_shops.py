"""The service shop with weeks to come, terms and deliveries, for the tests of what planners ask."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import service_shop as shop
from scipy.special import ndtri

from schema.artefact import Artefact
from schema.demand import DRIVERS, LEVELS, SavedForecast
from schema.demand_days import WEEK, SavedDays
from schema.facts import ShopFacts
from schema.supply import SupplyFacts
from schema.table_specs import SPECS

MONDAY = date(2024, 4, 29)
"""The week that holds the shop's today."""
NUM_WEEKS = 20
RATES = {"spaghetti": 14.0, "fusilli": 7.0, "penne": 21.0, "cola": 3.0, "sauce": 8.0}
"""Units a week by product, the same in both stores; what is not named has no forecast."""


def forecast(rates=RATES, stores=shop.STORES, *, as_of=MONDAY, lifted=(), with_days=True) -> SavedForecast:
    """Normal demand about these rates, a third of them wide, the same each week.

    Args:
        lifted: places of weeks that sell twice as much by their promotion.
    """
    skus, count = sorted(rates), len(rates) * len(stores)
    factor = np.ones(NUM_WEEKS)
    factor[list(lifted)] = 2.0
    mean = np.repeat([rates[sku] for sku in skus], len(stores))[:, None] * factor
    quantiles = np.maximum(mean[..., None] * (1 + ndtri(np.array(LEVELS)) / 3), 0)
    drivers = np.ones((count, NUM_WEEKS, len(DRIVERS)), np.float32)
    drivers[:, :, DRIVERS.index("promotion")] = factor
    return SavedForecast(
        skus=pa.array(skus, pa.string()),
        store_ids=pa.array(sorted(stores), pa.string()),
        starts=np.arange(0, count + 1, len(stores), dtype=np.int64),
        stores=np.tile(np.arange(len(stores), dtype=np.int32), len(skus)),
        weeks=np.array([as_of + timedelta(weeks=at) for at in range(NUM_WEEKS)], "datetime64[D]"),
        units=np.concatenate([mean[..., None], quantiles], axis=2).astype(np.float32),
        base=mean[:, 0].astype(np.float32),
        drivers=drivers,
        past=mean[:, 0].astype(np.float32),
        scale={},
        days=days(count, len(stores)) if with_days else None,
    )


WORTH = (1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 0.0)
"""What each weekday sells."""
HOLIDAY = 2
"""The Wednesday of the first week, which sells nothing in the first store."""


def days(num_series, num_stores) -> SavedDays:
    """Days of WORTH, half and twice as much with a chance of 1 in 20 each, a day closed in the first store."""
    special = np.ones((num_stores, NUM_WEEKS, WEEK), np.float32)
    special[0, 0, HOLIDAY] = 0
    return SavedDays(
        usual=np.array([WORTH], np.float32),
        special=special,
        groups=np.zeros(num_series, np.int32),
        velocity=np.zeros(num_series, np.int8),
        bounds=np.array([1.0], np.float32),
        factors=np.tile(np.geomspace(0.5, 2, len(LEVELS), dtype=np.float32), (2, 4, 1)),
    )


def artefact(**values) -> Artefact:
    """The service shop's model version with that forecast."""
    return replace(shop.artefact(), forecast=forecast(**values))


PACK, MINIMUM = 4.0, 8.0


def stock(units: float) -> np.ndarray:
    """So many units of everything in S1; S2 was never counted."""
    return np.stack([np.full(len(shop.SKUS), units), np.full(len(shop.SKUS), np.nan)]).astype(np.float32)


def supply() -> SupplyFacts:
    """Packs of four, at least eight, ten deliveries of a week each by acme; five units of penne are on their way."""
    count, shape = len(shop.SKUS), (len(shop.STORES), len(shop.SKUS))
    on_order, until = np.zeros(shape, np.float32), np.full(shape, np.datetime64("NaT", "D"))
    on_order[0, shop.SKUS.index("penne")] = 5
    until[0, shop.SKUS.index("penne")] = shop.TODAY - timedelta(1)
    order = {"supplier_id": "acme", "sku": "penne", "store_id": "S1", "units_ordered": 5.0, "units_delivered": 5.0}
    days = [shop.TODAY - timedelta(70 - 7 * n) for n in range(11)]
    done = [{**order, "ordered_on": day, "promised_on": None, "delivered_on": day + timedelta(7)} for day in days[:10]]
    words = {"unit_cost": 1.0, "price": 2.0, "pack_units": PACK, "min_order_units": MINIMUM}
    words |= {"lead_time_days": np.nan, "shelf_life_days": np.nan}
    return SupplyFacts(
        supplier_ids=tuple(shop.SUPPLIERS[n % 2] for n in range(count)),
        terms={name: np.full(count, value) for name, value in words.items()},
        counted=np.full(shape, np.nan, np.float32),
        on_order=on_order,
        ordered_until=until,
        deliveries=pa.Table.from_pylist(done, schema=SPECS["deliveries"].arrow_schema),
        suppliers=pa.table(
            {"supplier_id": list(shop.SUPPLIERS), "lead_time_days": [6.0, 10.0], "lead_time_sd_days": [1.0, 2.0]}
        ),
    )


def facts(on_hand=None) -> ShopFacts:
    """The service shop's facts with those terms."""
    changes = {} if on_hand is None else {"on_hand": on_hand}
    return shop.facts(supply=cache(supply), **changes)
