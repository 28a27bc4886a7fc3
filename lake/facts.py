"""What a decision must check of every candidate, as arrays of one lake version."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.catalogue import Ends
from lake.cut import Cut
from lake.nodes import entities
from lake.shelves import newest_counts
from lake.sources import table_source
from lake.store import Lake
from schema.facts import NO_DAY, Days, Flags, Floats, Rows, ShopFacts


def read_facts(lake: Lake, *, version: int, as_of: date) -> ShopFacts:
    """The facts of a lake version: prices and ranges open at `as_of`, the newest stock counts before it.

    Launch and delisting days are as the lake knows them, coming ones among them, since decisions are made later.

    Raises:
        NotFound: if there is no such version.
    """
    source = lake.at(version)
    cut = Cut(table_source(source), as_of)
    products = cut.source.rows("products").sort_by("sku")
    ends = Ends({"Product": products, "Store": entities(cut, "Store")})
    store_prices = _known(ends, cut.open_rows("prices", ["sku", "store_id", "valid_from", "valid_to", "price"]))
    return ShopFacts(
        as_of=as_of,
        lake_version=version,
        currency=cut.source.info.currency,
        skus=_words(products, "sku"),
        names=tuple(pc.coalesce(products.column("name"), products.column("sku")).to_pylist()),
        category_ids=_words(products, "category_id"),
        prices=_prices(cut, ends),
        sizes=_floats(products.column("size")),
        size_units=_words(products, "size_unit"),
        minimum_ages=pc.fill_null(products.column("minimum_age"), 0).to_numpy().astype(np.int16),
        launched_on=_days(products, "launched_on", -NO_DAY),
        delisted_on=_days(products, "delisted_on", NO_DAY),
        store_ids=_words(ends.nodes["Store"], "store_id"),
        is_ranged=_is_ranged(cut, ends),
        on_hand=_by_store(ends, _known(ends, newest_counts(cut)), "on_hand_units"),
        store_prices=_by_store(ends, store_prices, "price") if store_prices.num_rows else None,
        brands=_words(products, "brand"),
        suppliers=_suppliers(cut, products),
        parents=_parents(cut),
        carried_sequence=None if source.carried is None else source.carried["changes"],
    )


def _prices(cut: Cut, ends: Ends) -> Floats:
    prices = _floats(ends.nodes["Product"].column("list_price"))
    rows = cut.open_rows("prices", ["sku", "store_id", "valid_from", "valid_to", "price"])
    rows = rows.filter(pc.is_null(rows.column("store_id")))
    products = ends.rows_of("Product", rows.column("sku"))
    is_known = pc.is_valid(products)
    prices[products.filter(is_known).to_numpy()] = _floats(rows.column("price").filter(is_known))
    return prices


def _suppliers(cut: Cut, products: pa.Table) -> dict[str, Rows]:
    """Product rows by supplier: of offers open at the cut-off, and as products name them."""
    rows = cut.open_rows("supplies", ["supplier_id", "sku", "valid_from", "valid_to"]).select(["supplier_id", "sku"])
    pairs = pa.concat_tables([rows, products.select(["supplier_id", "sku"])])
    places = pc.cast(pc.index_in(pairs.column("sku"), value_set=products.column("sku").combine_chunks()), pa.int64())
    known = pa.table({"supplier_id": pairs.column("supplier_id"), "row": places}).drop_null()
    found = known.group_by("supplier_id").aggregate([("row", "distinct")]).to_pydict()
    all_ids = cut.source.rows("suppliers", ["supplier_id"]).column("supplier_id").to_pylist()
    none = {supplier_id: np.empty(0, np.int64) for supplier_id in all_ids}
    by_id = zip(found["supplier_id"], found["row_distinct"], strict=True)
    return {**none, **{supplier_id: np.sort(np.array(own, np.int64)) for supplier_id, own in by_id}}


def _parents(cut: Cut) -> dict[str, str]:
    rows = cut.source.rows("categories", ["category_id", "parent_id"])
    return dict(zip(_words(rows, "category_id"), _words(rows, "parent_id"), strict=True))


def _is_ranged(cut: Cut, ends: Ends) -> Flags:
    shape = ends.nodes["Store"].num_rows, ends.nodes["Product"].num_rows
    listed = ends.rows_of("Store", cut.source.rows("assortments", ["store_id"]).column("store_id").unique())
    if not len(listed):
        return np.broadcast_to(np.True_, shape)
    is_ranged = np.ones(shape, np.bool_)
    is_ranged[listed.to_numpy(zero_copy_only=False)] = False
    rows = _known(ends, cut.open_rows("assortments", ["store_id", "sku", "valid_from", "valid_to"]))
    is_ranged[_cells(ends, rows)] = True
    return is_ranged


def _by_store(ends: Ends, rows: pa.Table, column: str) -> Floats:
    # A table without rows stands as one number seen everywhere: stores × products would take long to fill.
    unknown = np.broadcast_to(np.float32(np.nan), (ends.nodes["Store"].num_rows, ends.nodes["Product"].num_rows))
    if not rows.num_rows:
        return unknown
    values = unknown.copy()
    values[_cells(ends, rows)] = _floats(rows.column(column))
    return values


def _known(ends: Ends, rows: pa.Table) -> pa.Table:
    """The rows of stores and products that are there: what is appended may outlive what a full load has closed."""
    store_rows, product_rows = _ends(ends, rows)
    return rows.filter(pc.and_(pc.is_valid(store_rows), pc.is_valid(product_rows)))


def _ends(ends: Ends, rows: pa.Table) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    return ends.rows_of("Store", rows.column("store_id")), ends.rows_of("Product", rows.column("sku"))


def _cells(ends: Ends, rows: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    stores, products = _ends(ends, rows)
    return stores.to_numpy(), products.to_numpy()


def _words(rows: pa.Table, column: str) -> tuple[str, ...]:
    return tuple(pc.fill_null(rows.column(column), "").to_pylist())


def _floats(values: pa.ChunkedArray) -> Floats:
    return pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float32)


def _days(rows: pa.Table, column: str, unknown: int) -> Days:
    days = pc.cast(rows.column(column), pa.int32())
    return pc.fill_null(days, unknown).to_numpy().astype(np.int32)
