"""Who took one product in place of another: by turns, before an empty shelf, or having looked at both."""

from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from lake.counts import HEAVY_BASKET

EMPTY_SHELF_DAYS: Final = 28
"""A shelf counted empty is taken to be so until the next count, but no longer than this."""
MIN_SWITCHES: Final = 2
"""Pairs switched between less often are not kept."""
NO_NEED: Final = -1
"""Stands for the need of a product without a category: its switches are gated by the likeness of names instead."""


def occasions(lines: ir.Table, each: ir.Table, products: ir.Table) -> ir.Table:
    """Lines of known customers by need and turn: `customer, need, step, product, basket, store, bought_at`.

    Two baskets of a customer follow each other in a need when no basket between them holds anything of it; `step`
    numbers them. `is_new` says that the step before did not hold the product, `is_last` that the next will not.

    Args:
        lines: `basket` and `product`, heavy baskets left out.
        each: one row a basket.
        products: `product` and its `need`, a number (the category's node row, or NO_NEED).
    """
    known = each.filter(_.customer.notnull()).select("basket", "customer", "store", "bought_at")
    rows = lines.inner_join(known, "basket").inner_join(products.select("product", "need"), "product")
    turn = ibis.dense_rank().over(group_by=["customer", "need"], order_by=[_.bought_at, _.basket])
    stepped = rows.select("customer", "need", "product", "basket", "store", "bought_at", step=turn)
    own = ibis.window(group_by=["customer", "product"], order_by="step")
    return stepped.mutate(
        is_new=(_.step.lag().over(own) != _.step - 1).fill_null(True),
        is_last=(_.step.lead().over(own) != _.step + 1).fill_null(True),
    )


def alternations(turns: ir.Table, alike: ir.Table, *, part: int, num_parts: int) -> ir.Table:
    """`source` dropped and `target` taken up at the next turn: with `customer` and the later `basket`, unique.

    Args:
        turns: of `occasions`.
        alike: `source` and `target` products without a category whose names are alike, both directions.
        part, num_parts: only sources whose row leaves `part` when divided by `num_parts`.
    """
    dropped = turns.filter(_.is_last & (_.product % num_parts == part))
    dropped = dropped.select("customer", "need", source="product", step=_.step + 1)
    taken = turns.filter(_.is_new).select("customer", "need", "step", "basket", target="product")
    columns = ["source", "target", "customer", "basket"]
    return _of_one_need(dropped, taken, alike, ["customer", "need", "step"]).select(columns)


def empty_shelves(stocks: ir.Table, cut_off: datetime, products: ir.Table, stores: ir.Table) -> ir.Table:
    """When shelves were empty: `store`, `source` (product), half-open `[begins_at, ends_at)`."""
    past = stocks.filter(_.counted_at < ibis.timestamp(cut_off.isoformat(), timezone="UTC"))
    following = _.counted_at.lead().over(group_by=["store_id", "sku"], order_by="counted_at")
    counted = past.select("store_id", "sku", "on_hand_units", begins_at="counted_at", next_at=following)
    longest = _.begins_at + ibis.interval(days=EMPTY_SHELF_DAYS)
    empty = counted.filter(_.on_hand_units <= 0).mutate(ends_at=ibis.least(_.next_at.coalesce(longest), longest))
    placed = empty.inner_join(products, "sku").inner_join(stores, "store_id")
    return placed.select("store", "begins_at", "ends_at", source="product")


def replacements(turns: ir.Table, empty: ir.Table, *, part: int, num_parts: int) -> ir.Table:
    """`source`, which the customer had bought before and found empty, and `target` of its category, newly taken.

    Args:
        turns: of `occasions`.
        empty: of `empty_shelves`.

    Returns:
        `source, target, customer, basket`, perhaps repeated.
    """
    sources = turns.filter((_.need != NO_NEED) & (_.product % num_parts == part)).semi_join(
        empty, [turns.product == empty.source]
    )
    habits = sources.group_by("customer", "need", source=_.product).agg(first_at=_.bought_at.min())
    taken = turns.filter(_.is_new & _.store.notnull()).select(
        "customer", "need", "basket", "store", "bought_at", target="product"
    )
    met = taken.inner_join(habits, ["customer", "need"]).filter((_.source != _.target) & (_.first_at < _.bought_at))
    found = met.inner_join(empty, ["store", "source"]).filter((_.begins_at <= _.bought_at) & (_.bought_at < _.ends_at))
    had = turns.select("basket", source="product")
    return found.anti_join(had, ["basket", "source"]).select("source", "target", "customer", "basket")


def sessions(events: ir.Table, cut_off: datetime, products: ir.Table, needs: ir.Table, customers: ir.Table) -> ir.Table:
    """What happened to each product in each session: `basket, customer, need, product, is_left, is_taken`.

    `is_taken`: bought, or put into the basket more often than out of it; `is_left`: looked at and not taken. Sessions
    take part in counting as baskets do, with numbers below 0; those of more than HEAVY_BASKET products are left out.

    Args:
        products, customers: `sku` and `product`, `customer_id` and `customer`, node rows.
        needs: `product` and its `need`.
    """
    known = events.filter(
        _.session_id.notnull() & (_.happened_at < ibis.timestamp(cut_off.isoformat(), timezone="UTC"))
    )
    each = (
        known.inner_join(products, "sku")
        .group_by("session_id", "product")
        .agg(
            customer_id=_.customer_id.min(),
            num_views=(_.kind == "view").sum(),
            num_kept=(_.kind == "add_to_basket").sum() - (_.kind == "remove_from_basket").sum(),
            num_purchases=(_.kind == "purchase").sum(),
        )
    )
    light = each.group_by("session_id").agg(customer_id=_.customer_id.min(), num_products=_.count())
    light = light.filter(_.num_products <= HEAVY_BASKET).left_join(customers, "customer_id")
    numbered = light.select("session_id", "customer", basket=-1 - ibis.row_number().over(order_by="session_id"))
    is_taken = (_.num_kept > 0) | (_.num_purchases > 0)
    told = each.mutate(is_taken=is_taken, is_left=(_.num_views > 0) & ~is_taken)
    joined = told.drop("customer_id").inner_join(numbered, "session_id").inner_join(needs, "product")
    return joined.select("basket", "customer", "need", "product", "is_left", "is_taken")


def looked_past(each: ir.Table, alike: ir.Table, *, part: int, num_parts: int) -> ir.Table:
    """`source` looked at and left, and `target` taken in the same session: with `customer` (or null) and `basket`.

    One taken in place of the other is what an alternation says too, so both are counted as switches.

    Args:
        each: of `sessions`.
    """
    left = each.filter(_.is_left & (_.product % num_parts == part))
    left = left.select("basket", "customer", "need", source="product")
    taken = each.filter(_.is_taken).select("basket", "need", target="product")
    return _of_one_need(left, taken, alike, ["basket", "need"]).select("source", "target", "customer", "basket")


def _of_one_need(left: ir.Table, taken: ir.Table, alike: ir.Table, keys: list[str]) -> ir.Table:
    """Rows of `left` (`source`) with those of `taken` (`target`) that share the keys and a category, or alike names."""
    in_category = left.filter(_.need != NO_NEED).inner_join(taken, keys)
    by_name = left.filter(_.need == NO_NEED).inner_join(alike, "source").inner_join(taken, [*keys, "target"])
    columns = ["source", "target", *(name for name in in_category.columns if name not in ("source", "target"))]
    return in_category.select(columns).union(by_name.select(columns))


def switch_counts(switches: ir.Table) -> ir.Table:
    """`source`, `target`, `num_switches` (baskets and sessions) and `num_customers`."""
    once = switches.distinct()
    return once.group_by("source", "target").agg(num_switches=_.count(), num_customers=_.customer.nunique())
