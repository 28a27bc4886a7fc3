"""Baskets parted at a day: what may be learnt from, and what is asked."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from evaluation.queries import Queries, complete_baskets
from lake.baskets import read_baskets
from ranking.baskets import BasketMatrix, basket_matrix, first_instant
from schema.errors import EmptyWindow
from schema.tables import RetailTables


@dataclass(frozen=True)
class Split:
    """Baskets before a day to learn from, and queries of those from it on.

    Attributes:
        skus: known products, ascending.
        until: the day, in days since 1970-01-01.
        large: queries of baskets of more than `max_items` products, reported apart.
        later: the baskets that the queries are made of.
    """

    as_of: date
    skus: tuple[str, ...]
    past: BasketMatrix
    until: float
    queries: Queries
    large: Queries
    later: BasketMatrix


def split_at(
    tables: RetailTables, *, as_of: date, until: date | None, seed: int, max_items: int, may_be_empty: bool = False
) -> Split:
    """Baskets before `as_of`, and queries from those in `[as_of, until)`.

    Raises:
        EmptyWindow: if either is empty, unless `may_be_empty`.
    """
    before = read_baskets(tables, before=as_of)
    after = read_baskets(tables, from_=as_of, before=until)
    skus = known_skus(tables, before, as_of)
    past, later = basket_matrix(before, skus), basket_matrix(after, skus)
    queries = complete_baskets(later, seed=seed, most=max_items)
    if not may_be_empty and not len(past.basket_ids):
        raise EmptyWindow(f"No basket precedes {as_of}.", remedy="Choose a later --as-of.")
    if not may_be_empty and not len(queries):
        raise EmptyWindow(
            f"No basket of 2 to {max_items} known products was bought on {as_of} or later.",
            remedy="Choose an earlier --as-of.",
        )
    large = complete_baskets(later, seed=seed, least=max_items + 1, most=None)
    return Split(as_of, skus, past, first_instant(as_of), queries, large, later)


def known_skus(tables: RetailTables, before: pa.Table, as_of: date) -> tuple[str, ...]:
    """Products sold before the cut-off or launched before it, ascending."""
    products = tables.read("products", ["sku", "launched_on"])
    launched = products.filter(pc.less(products.column("launched_on"), pa.scalar(as_of, pa.date32())))
    known = {*before.column("sku").unique().to_pylist(), *launched.column("sku").to_pylist()}
    return tuple(sorted(known & set(products.column("sku").to_pylist())))
