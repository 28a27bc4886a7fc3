"""Lines to order: demand, stock, terms and what is on its way, of what is served now."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.demand_scale import DemandScale
from decisions.facts_now import day_number
from decisions.lead_times import LeadTimes, lead_times
from decisions.moment import Moment
from decisions.transfers import takers
from schema.demand import SavedForecast
from schema.errors import BadInput, NotFound
from schema.order_policy import OrderPolicy
from schema.supply import OrderLines, SupplyFacts

MOST_LINES: Final = 5_000
LONGEST_LEAD_DAYS: Final = 84
"""Longer lead times count as this long."""
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OrderWish:
    """Which orders are asked for; None: all.

    Attributes:
        store_id, supplier_id: for this store, from this supplier.
        order_on: the day of the orders; None: the moment's, or the forecast's where that lies outside its weeks.
        uses_overrides: whether planners' words count in place of the model's means.
        skus: of these products; empty: of all.
    """

    store_id: str | None = None
    supplier_id: str | None = None
    order_on: date | None = None
    uses_overrides: bool = True
    skus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ordering:
    """The lines looked at, and where each stands among the forecast's series and the shop's facts.

    Attributes:
        on: the day of the orders.
        series, products, stores: `[num_lines]` rows of the forecast, and of the shop's products and stores.
        num_uncounted: lines that nobody ever counted, taken for empty.
    """

    on: date
    lines: OrderLines
    series: Rows
    products: Rows
    stores: Rows
    num_uncounted: int


def ordering(
    wish: OrderWish, policy: OrderPolicy, *, moment: Moment, later: tuple[str, float] | None = None
) -> Ordering:
    """The lines that a wish is about, with demand and lead times as known now.

    Args:
        later: a supplier all of whose orders come so many days later than usual.

    Raises:
        NotFound: if the shop has no such store or supplier, or the model no forecast.
        BadInput: if too many lines are asked for, or the day is not forecast.
        MissingTable: if the shop has no terms.
    """
    model, base = moment.trained(), moment.facts.base
    forecast = model.forecast
    if forecast is None:
        raise NotFound("forecast", f"of model version {model.model_version}", remedy="Train again.")
    moment.known_store(wish.store_id)
    if wish.supplier_id is not None and wish.supplier_id not in base.suppliers:
        raise NotFound("supplier", wish.supplier_id)
    on, supply = order_day(forecast, moment.on, wish.order_on), base.supply()
    series, products, stores = _chosen(wish, forecast, supply, moment, on)
    suppliers = np.array(supply.supplier_ids, object)[products]
    times = measured(supply) if later is None else measured(supply).later(*later)
    stated = supply.terms["lead_time_days"][products]
    lead = np.minimum(times.draws(suppliers, stated), LONGEST_LEAD_DAYS) if len(series) else np.zeros((0, 1))
    ahead = int(np.ceil((lead.max(initial=0) + policy.review_days) / 7)) + 1
    on_hand = shelves(moment, supply, stores, products)
    lines = OrderLines(
        sku=np.array(base.skus, object)[products],
        store_id=np.array(base.store_ids, object)[stores],
        supplier_id=suppliers,
        on_hand=np.maximum(np.nan_to_num(on_hand), 0),
        on_order=_on_order(moment, supply, stores, products, on),
        kept_share=_kept(moment, stores, products) if policy.pools_substitutes else np.zeros(len(series)),
        demand=_demand(forecast, series, (forecast.week_of(on), ahead)),
        lead_days=lead,
        **{name: supply.terms[name][products] for name in supply.terms if name != "lead_time_days"},
    )
    if wish.uses_overrides:
        lines = replace(lines, demand=_overridden(lines, forecast, series, forecast.week_of(on), moment))
    return Ordering(on, lines, series, products, stores, int(np.isnan(on_hand).sum()))


def kept_rows(found: Ordering, rows: Rows) -> Ordering:
    """Some of the lines, in the order of `rows`."""
    lines = OrderLines(**{name: values[rows] for name, values in vars(found.lines).items()})
    places = {name: getattr(found, name)[rows] for name in ("series", "products", "stores")}
    return replace(found, lines=lines, **places)


def order_day(forecast: SavedForecast, today: date, wanted: date | None) -> date:
    """The day of the orders.

    Raises:
        BadInput: if a day is wanted that no saved week holds.
    """
    number = len(forecast.weeks)
    if wanted is not None and not 0 <= forecast.week_of(wanted) < number:
        raise BadInput(
            f"{wanted} is not among the {number} weeks told from {forecast.as_of} on.", remedy="Ask for a day in them."
        )
    return wanted or (today if 0 <= forecast.week_of(today) < number else forecast.as_of)


@lru_cache(maxsize=2)
def measured(supply: SupplyFacts) -> LeadTimes:
    """Lead times by supplier."""
    return lead_times(supply.deliveries, supply.suppliers)


def shelves(moment: Moment, supply: SupplyFacts, stores: Rows, products: Rows) -> Floats:
    """Units on hand `[num_lines]`: live stock, else what the load counted last; NaN where nobody did."""
    live = np.array([moment.facts.on_hand[store][row] for store, row in zip(stores, products, strict=True)], np.float64)
    return np.where(np.isnan(live), supply.counted[stores, products], live)


def _chosen(
    wish: OrderWish, forecast: SavedForecast, supply: SupplyFacts, moment: Moment, on: date
) -> tuple[Rows, Rows, Rows]:
    """Series, products and stores of the lines that are asked for, in the range and have a supplier."""
    facts, base = moment.facts, moment.facts.base
    series = np.arange(len(forecast))
    if wish.store_id is not None:
        place = np.array([store == wish.store_id for store in forecast.store_ids.to_pylist()], np.bool_)
        series = series[place[forecast.stores]]
    skus, store_ids = forecast.keys(series)
    products = np.array([base.product_rows.get(sku, -1) for sku in skus], np.int64)
    stores = np.array([base.store_rows.get(store, -1) for store in store_ids], np.int64)
    is_own = np.array([one != "" and wish.supplier_id in (None, one) for one in supply.supplier_ids], np.bool_)
    kept = (products >= 0) & (stores >= 0)
    if wish.skus:
        kept &= np.isin(products, [base.product_rows[sku] for sku in wish.skus if sku in base.product_rows])
    kept[kept] = (
        is_own[products[kept]]
        & base.is_ranged[stores[kept], products[kept]]
        & (facts.delisted_on[products[kept]] > day_number(on))
    )
    if int(kept.sum()) > MOST_LINES:
        raise BadInput(f"{int(kept.sum()):,} lines are too many.", remedy="Name a store, a supplier or both.")
    return series[kept], products[kept], stores[kept]


def _on_order(moment: Moment, supply: SupplyFacts, stores: Rows, products: Rows, on: date) -> Floats:
    """Open deliveries of the load, and orders approved since that it does not know `[num_lines]`."""
    units = supply.on_order[stores, products].astype(np.float64)
    base, plans = moment.facts.base, moment.facts.plans
    if plans.approved:
        for at, (store, row) in enumerate(zip(stores.tolist(), products.tolist(), strict=True)):
            known = supply.ordered_until[store, row]
            until = None if np.isnat(known) else known.astype("datetime64[D]").item()
            units[at] += plans.on_the_way(base.skus[row], base.store_ids[store], on=on, known_until=until)
    return units


def _demand(forecast: SavedForecast, series: Rows, weeks: tuple[int, int]) -> Floats:
    """Quantiles of so many weeks from one on, put right as past forecasts were wrong `[num_lines, num_weeks, 19]`."""
    first, number = weeks
    quantiles = forecast.units[series, first : first + number, 1:].astype(np.float64)
    if not forecast.scale:
        return quantiles
    return DemandScale(**forecast.scale).of(quantiles, forecast.past[series].astype(np.float64))


def _overridden(lines: OrderLines, forecast: SavedForecast, series: Rows, first: int, moment: Moment) -> Floats:
    """The lines' demand with planners' words for means; a week keeps how wide the model takes it to be."""
    demand, words = lines.demand, moment.facts.plans.overrides
    if not words:
        return demand
    demand = demand.copy()
    for at, shelf in enumerate(zip(lines.store_id.tolist(), lines.sku.tolist(), strict=True)):
        for word in words.get(shelf, ()):
            week = forecast.week_of(word.week_starts_on) - first
            if 0 <= week < demand.shape[1] and word.units is not None:
                mean = float(forecast.units[series[at], first + week, 0])
                demand[at, week] = demand[at, week] * (word.units / mean) if mean > 0 else word.units
    return demand


def _kept(moment: Moment, stores: Rows, products: Rows) -> Floats:
    """Part of each line's demand that substitutes on the shelf would take over `[num_lines]`."""
    ids = moment.facts.base.store_ids
    pairs = zip(stores.tolist(), products.tolist(), strict=True)
    shares = [takers(row, moment=moment, store_id=ids[store]).shares.sum() for store, row in pairs]
    return np.clip(np.array(shares, np.float64), 0, 1)
