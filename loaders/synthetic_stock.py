"""Stock that fits the sales: weekly deliveries, late ones that explain the stock-outs, counts and weekly sales."""

import numpy as np
import numpy.typing as npt

from loaders.synthetic_chance import Ints
from loaders.synthetic_deliveries import PACK, Delays, arrivals_of, write_arrivals, write_open_orders
from loaders.synthetic_files import Clock, Folder, days_from, names_of
from loaders.synthetic_masters import Suppliers
from loaders.synthetic_world import World
from schema.progress import Progress


def write_stock(
    folder: Folder,
    world: World,
    sold: npt.NDArray[np.int16],
    suppliers: Suppliers,
    clock: Clock,
    progress: Progress,
) -> Delays:
    """Write deliveries, stock counts and weekly sales so that on-hand units never contradict the receipts.

    Each week opens with deliveries, then the count, then the sales. A place that runs out sells its last unit before
    the stock-out, whose end is a late delivery (or none, where it lasts beyond the last receipt).
    """
    shelves, weeks = world.shelves, world.params.shop.weeks
    through = np.zeros((len(sold), weeks + 1), np.int32)
    np.cumsum(sold, axis=1, out=through[:, 1:])
    sampled = _best_sellers(through[:, -1], world)
    out_week, back_week = shelves.out_from // 7, shelves.out_to // 7
    has_out = back_week > 0
    delays = Delays.none(len(suppliers.supplier_ids))
    on_hand = np.zeros(len(sold), np.int64)
    for week in range(weeks):
        is_out = has_out & (out_week <= week) & (week < back_week)
        is_capped = has_out & (week < out_week)
        units = _delivered(week, on_hand, through, is_capped, out_week, world.params.stock.cover_weeks)
        arrivals = arrivals_of(world, suppliers, week, np.where(is_out, 0, units))
        delays = delays.plus(world.catalogue.supplier[shelves.product[arrivals.place]], arrivals.days_late)
        write_arrivals(folder, world, suppliers, week, arrivals)
        on_hand[arrivals.place] += arrivals.units
        _write_counts(folder, world, clock, week, on_hand, is_out)
        on_hand -= sold[:, week]
        _write_weekly(folder, world, week, sampled, sold[:, week], on_hand)
        progress("Shelves are filled", week + 1, weeks)
    write_open_orders(folder, world, suppliers)
    return delays


def _best_sellers(total: npt.NDArray[np.int32], world: World) -> Ints:
    """Places with a weekly history: each store's best-selling ones."""
    store, most = world.shelves.store, world.params.scale.weekly_pairs_per_store
    order = np.lexsort((-total, store))
    first = np.searchsorted(store[order], np.arange(len(world.stores)))
    rank = np.arange(len(order)) - first[store[order]]
    return np.sort(order[rank < most])


def _delivered(
    week: int,
    on_hand: Ints,
    through: npt.NDArray[np.int32],
    is_capped: npt.NDArray[np.bool_],
    out_week: Ints,
    cover_weeks: int,
) -> Ints:
    """Units that arrive: what the coming weeks sell, in packs; before a stock-out, no more than sells until then."""
    need = through[:, week + 1] - through[:, week]
    ahead = through[:, min(week + cover_weeks, through.shape[1] - 1)] - through[:, week]
    packs = -(-np.maximum(ahead + 2 - on_hand, 0) // PACK) * PACK
    until_out = through[np.arange(len(on_hand)), out_week] - through[:, week] - on_hand
    units = np.where(is_capped, np.minimum(packs, until_out), packs)
    is_due = on_hand < np.where(is_capped, need, need + 1)
    return np.where(is_due, units, 0)


def _write_counts(
    folder: Folder, world: World, clock: Clock, week: int, on_hand: Ints, is_out: npt.NDArray[np.bool_]
) -> None:
    """Counts after the week's deliveries: everything now and then and in the last week, what is out every week."""
    every, shelves = world.params.scale.count_every_weeks, world.shelves
    is_full = week % every == 0 or week == world.params.shop.weeks - 1
    on_sale = (shelves.first_day <= week * 7) & (week * 7 < shelves.last_day)
    rows = np.flatnonzero(on_sale if is_full else on_sale & is_out)
    if len(rows) == 0:
        return
    second = np.full(len(rows), world.params.stock.counts_at_hour * 3600)
    folder.write(
        "stocks",
        {
            "store_id": names_of(world.stores.store_ids, shelves.store[rows]),
            "sku": names_of(world.catalogue.skus, shelves.product[rows]),
            "counted_at": clock.at(np.full(len(rows), week * 7), second),
            "on_hand_units": on_hand[rows].astype(np.float64),
        },
    )


def _write_weekly(
    folder: Folder, world: World, week: int, sampled: Ints, units: npt.NDArray[np.int16], on_hand: Ints
) -> None:
    shelves, offers, kinds = world.shelves, world.offers, world.params.promotions.kinds
    is_known = (shelves.first_day[sampled] < week * 7 + 7) & (week * 7 < shelves.last_day[sampled])
    rows = sampled[is_known]
    product = shelves.product[rows]
    covered = offers.covered[product, week]
    kind = np.where(covered >= 0, offers.promotions.kind[offers.promotions.promotion[covered]], -1)
    regular = np.round(offers.regular[product, week].astype(np.float64), 2)
    folder.write(
        "weekly_sales",
        {
            "sku": names_of(world.catalogue.skus, product),
            "store_id": names_of(world.stores.store_ids, shelves.store[rows]),
            "week_starts_on": days_from(world.params.shop.starts_on, np.full(len(rows), week * 7)),
            "units": units[rows].astype(np.float64),
            "price": np.round(offers.price[product, week].astype(np.float64), 2),
            "base_price": regular,
            "feature_share": np.isin(kind, [kinds.index("feature"), kinds.index("mailer")]).astype(np.float64),
            "display_share": (kind == kinds.index("display")).astype(np.float64),
            "price_cut_share": (offers.price[product, week] < offers.regular[product, week]).astype(np.float64),
            "on_hand_units": on_hand[rows].astype(np.float64),
        },
    )
