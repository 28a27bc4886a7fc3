"""What is counted over receipts and shelves, as Ibis expressions that any engine can run."""

from datetime import date, datetime
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from schema.edges import BOUGHT_HALF_LIFE_DAYS

HEAVY_BASKET: Final = 100
"""Baskets of more distinct products are a shelf's restocking, not a need: no pairs are counted in them."""
MIN_PAIR_BASKETS: Final = 3
"""Pairs in fewer baskets are not kept."""
_FIXED_POINT_BITS: Final = 40
_MILLION: Final = 1_000_000


def receipt_lines(purchases: ir.Table, cut_off: datetime) -> ir.Table:
    """Receipt lines before the cut-off, less what no count needs."""
    lines = purchases.filter(_.bought_at < ibis.timestamp(cut_off.isoformat(), timezone="UTC"))
    return lines.select("basket_id", "sku", "customer_id", "store_id", "bought_at", "units")


def baskets(receipts: ir.Table, customers: ir.Table, stores: ir.Table) -> ir.Table:
    """One row a basket: `basket` (numbered by time), `customer` and `store` (node rows, or null), `bought_at`.

    Args:
        receipts: of `receipt_lines`; where its lines disagree, a basket takes the lowest customer and store.
        customers: `customer_id` and `customer`, its node row.
        stores: `store_id` and `store`, its node row.
    """
    each = receipts.group_by("basket_id").agg(
        customer_id=_.customer_id.min(), store_id=_.store_id.min(), bought_at=_.bought_at.min()
    )
    numbered = each.mutate(basket=ibis.row_number().over(order_by=[_.bought_at, _.basket_id]))
    joined = numbered.left_join(customers, "customer_id").left_join(stores, "store_id")
    return joined.select("basket_id", "basket", "customer", "store", "bought_at")


def basket_lines(receipts: ir.Table, each: ir.Table, products: ir.Table) -> ir.Table:
    """One row a basket and product, however often it was scanned: `basket`, `product`, `micro_units`.

    Args:
        each: of `baskets`.
        products: `sku` and `product`, its node row.
    """
    # Millionths in whole numbers add up to the same sum in any order; floats do not.
    lines = receipts.inner_join(products, "sku").inner_join(each.select("basket_id", "basket"), "basket_id")
    micro_units = (_.units * _MILLION).round().cast("int64").sum()
    return lines.group_by("basket", "product").agg(micro_units=micro_units)


def without_heavy(lines: ir.Table) -> ir.Table:
    """`basket` and `product` of the baskets with at most HEAVY_BASKET products."""
    sizes = lines.group_by("basket").agg(num_products=_.count())
    return lines.semi_join(sizes.filter(_.num_products <= HEAVY_BASKET), "basket").select("basket", "product")


def product_baskets(lines: ir.Table) -> ir.Table:
    """`product` and `num_baskets` that hold it."""
    return lines.group_by("product").agg(num_baskets=_.count())


def num_pairs(lines: ir.Table) -> ir.Scalar:
    """How many pairs of lines share a basket: the work that `pair_counts` is."""
    sizes = lines.group_by("basket").agg(size=_.count())
    return (sizes.size * (sizes.size - 1)).sum() // 2


def pair_counts(lines: ir.Table, *, part: int, num_parts: int) -> ir.Table:
    """`source` < `target` (product rows) and `num_baskets` that hold both, MIN_PAIR_BASKETS at least.

    Args:
        lines: `basket` and `product`, unique.
        part, num_parts: only sources whose row leaves `part` when divided by `num_parts`, so that memory is bounded.
    """
    sources = lines.filter(_.product % num_parts == part).select("basket", source="product")
    targets = lines.select("basket", target="product")
    pairs = sources.inner_join(targets, ["basket", sources.source < targets.target])
    return pairs.group_by("source", "target").agg(num_baskets=_.count()).filter(_.num_baskets >= MIN_PAIR_BASKETS)


def bought(lines: ir.Table, each: ir.Table, *, cut_off: datetime, cap: int) -> ir.Table:
    """What each customer bought, the `cap` strongest: columns of BOUGHT, `source` customer, `target` product.

    `strength` is the number of baskets, each halved every BOUGHT_HALF_LIFE_DAYS from purchase to cut-off.
    """
    known = each.filter(_.customer.notnull()).select("basket", "customer", "bought_at")
    aged = lines.inner_join(known, "basket").mutate(age=_age_days(cut_off))
    totals = aged.group_by(source=_.customer, target=_.product).agg(
        num_baskets=_.count(),
        units=_.micro_units.sum() / _MILLION,
        last_bought_at=_.bought_at.max(),
        strength=_decayed(_.age).sum() / 2**_FIXED_POINT_BITS,
    )
    order = [_.strength.desc(), _.num_baskets.desc(), _.target]
    ranked = totals.mutate(place=ibis.row_number().over(group_by="source", order_by=order))
    return ranked.filter(_.place < cap).drop("place")


def shops_at(each: ir.Table) -> ir.Table:
    """Where each customer shops: columns of SHOPS_AT, `source` customer, `target` store."""
    known = each.filter(_.customer.notnull() & _.store.notnull())
    return known.group_by(source=_.customer, target=_.store).agg(
        num_baskets=_.count(), last_bought_at=_.bought_at.max()
    )


def sold_at(lines: ir.Table, each: ir.Table) -> ir.Table:
    """`store` and `product` of all that was sold, each pair once."""
    known = each.filter(_.store.notnull()).select("basket", "store")
    return lines.inner_join(known, "basket").select("store", "product").distinct()


def reported_at(sales: ir.Table, limit: date, day: str, products: ir.Table, stores: ir.Table) -> ir.Table:
    """`store` and `product` of all rows of weekly or daily sales with `day` before `limit`, each pair once."""
    rows = sales.filter(sales[day] < ibis.date(limit.isoformat()))
    joined = rows.inner_join(products, "sku").inner_join(stores, "store_id")
    return joined.select("store", "product").distinct()


def _age_days(cut_off: datetime) -> ibis.Deferred:
    return (int(cut_off.timestamp()) - _.bought_at.epoch_seconds()) // 86_400


def _decayed(age_days: ibis.Deferred) -> ibis.Deferred:
    # Whole numbers again, so that the order of rows cannot change a sum.
    return (2.0 ** (_FIXED_POINT_BITS - age_days / BOUGHT_HALF_LIFE_DAYS)).round().cast("int64")
