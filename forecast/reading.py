"""Sales histories read: from weekly sales, the whole weeks of daily ones, or those counted from receipts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecast.day_grid import PAIR, weeks_of_days
from forecast.history import OBSERVED, PLANNED, TOLD, Grid, ReadRows, Rows, SalesHistory
from forecast.receipts import weeks_of_receipts
from schema.errors import BadInput, EmptyWindow, MissingTable
from schema.tables import DatasetInfo, RetailTables

_STORE_COLUMNS = ("region", "city", "format")
_CURRENCIES = {"USD": "United States", "GBP": "United Kingdom", "PLN": "Poland", "JPY": "Japan"}
NewShelves = Callable[[pa.Table], pd.DataFrame]


def read_history(tables: RetailTables, *, before: date | None = None) -> SalesHistory:
    """The grid of a shop's `weekly_sales`, with the catalogue's categories and the stores' attributes.

    A shop without weekly sales has the weeks of its `daily_sales` whose seven days are all known; one without either
    has the weeks that are counted from its receipts (`forecast/receipts.py`).

    Args:
        before: the first cut-off, as of which products sold too seldom are left out of counted weeks; None: the end.

    Raises:
        MissingTable: if the shop has none of them.
        EmptyWindow: if they hold no row, or no whole week.
        BadInput: if weeks start on several weekdays.
    """
    if not any(name in tables for name in (*TOLD, "purchases")):
        raise MissingTable("Forecasting", "weekly_sales")
    return history_by(tables.read, tables.info, before=before)


def history_by(
    read: ReadRows, info: DatasetInfo, *, before: date | None = None, new: NewShelves | None = None
) -> SalesHistory:
    """As `read_history`, from whatever holds the tables.

    Args:
        read: the rows of a table, of the columns named.
        new: finds, by the rows of sales, `sku` and `store_id` of series without any that are to be told of too.
    """
    stores = read("stores", ["store_id", *_STORE_COLUMNS, "country", "area_m2"])
    by_currency, left_out = _CURRENCIES.get(info.currency, ""), None
    sales = _weekly_rows(read, info.first_weekday, _country(stores) or by_currency)
    if not sales.num_rows and (lines := read("purchases", [*PAIR, "bought_at", "units"])).num_rows:
        counted = weeks_of_receipts(lines, info, before=before)
        sales, left_out = counted.rows, counted.num_left_out
    history = history_of(
        sales,
        products=read("products", ["sku", "category_id", "launched_on"]),
        categories=read("categories", ["category_id", "parent_id"]),
        stores=stores,
        also=None if new is None else new(sales),
    )
    return replace(history, country=history.country or by_currency, num_left_out=left_out)


def _weekly_rows(read: ReadRows, first_weekday: int, country: str) -> pa.Table:
    """Rows of `weekly_sales`; those that `daily_sales` make where there are none."""
    sales = read("weekly_sales", ["sku", "store_id", "week_starts_on", *PLANNED, *OBSERVED])
    daily = read("daily_sales", ["sku", "store_id", "sold_on", *PLANNED, *OBSERVED]) if not sales.num_rows else None
    if daily is None or not daily.num_rows:
        return sales
    weeks = weeks_of_days(daily, PLANNED, first_weekday, country)
    if not weeks.num_rows:
        raise EmptyWindow(
            "No product has a week in `daily_sales` of which all seven days are known.",
            remedy="Load the missing days, those without sales with zero units.",
        )
    return weeks


def history_of(
    sales: pa.Table,
    *,
    products: pa.Table,
    categories: pa.Table,
    stores: pa.Table,
    also: pd.DataFrame | None = None,
) -> SalesHistory:
    """The grid of rows of `weekly_sales`, unique by `sku, store_id, week_starts_on`; see `read_history`.

    Args:
        also: `sku` and `store_id` of series without a row.
    """
    if not sales.num_rows:
        raise EmptyWindow("The table `weekly_sales` holds no row.", remedy="Load weekly sales first.")
    days = sales.column("week_starts_on").to_numpy().astype("datetime64[D]")
    first = days.min()
    steps = (days - first).astype(np.int64)
    if (steps % 7).any():
        odd = days[int((steps % 7 > 0).argmax())]
        raise BadInput(
            f"weekly_sales has weeks that start on {first} and on {odd}, which are not whole weeks apart.",
            column="week_starts_on",
            remedy="Let every week start on the same weekday.",
        )
    pairs = pd.concat([sales.select(PAIR).to_pandas(), *([] if also is None else [also[PAIR]])], ignore_index=True)
    (sku, skus), (store, store_ids) = (pd.factorize(pairs[name], sort=True) for name in PAIR)
    series, row = np.unique(sku * len(store_ids) + store, return_inverse=True)
    row = row[: sales.num_rows]
    product_codes, store_codes = series // len(store_ids), series % len(store_ids)
    shape = (len(series), int(steps.max()) // 7 + 1)
    keys = pd.DataFrame({"sku": np.asarray(skus)[product_codes], "store_id": np.asarray(store_ids)[store_codes]})
    return SalesHistory(
        keys=keys,
        first_week=first,
        grids={name: _grid(sales, name, row, steps // 7, shape) for name in (*OBSERVED, *PLANNED)},
        product=product_codes.astype(np.int64),
        store=store_codes.astype(np.int64),
        category=_categories(products, categories, keys["sku"]),
        store_attributes=_attributes(stores, keys["store_id"]),
        launch_week=_launch_weeks(products, keys["sku"], first),
        country=_country(stores.filter(pc.is_in(stores.column("store_id"), pa.array(store_ids, pa.string())))),
    )


def _grid(sales: pa.Table, name: str, row: Rows, week: Rows, shape: tuple[int, int]) -> Grid:
    grid = np.full(shape, np.nan, np.float32)
    if name not in sales.column_names:
        return grid
    values = sales.column(name).to_numpy().astype(np.float32)
    if name in {"price", "base_price"}:
        values = np.where(values > 0, values, np.nan)
    grid[row, week] = values
    return grid


def _categories(products: pa.Table, categories: pa.Table, skus: "pd.Series[str]") -> Rows:
    """Code of each series' category: the top one where there are too few products below it, else the product's own."""
    parent = dict(zip(*(categories.column(name).to_pylist() for name in ("category_id", "parent_id")), strict=True))
    own = dict(zip(*(products.column(name).to_pylist() for name in ("sku", "category_id")), strict=True))

    def top(category: str | None) -> str:
        seen: set[str | None] = set()
        while category not in seen and parent.get(category or "") is not None:
            seen.add(category)
            category = parent[category or ""]
        return category or ""

    return pd.factorize(skus.map(lambda sku: top(own.get(sku))), sort=True)[0].astype(np.int64)


def _launch_weeks(products: pa.Table, skus: "pd.Series[str]", first_week: np.datetime64) -> Rows:
    """Column of the week in which each series' product was launched; −1 where that is earlier or not known."""
    if "launched_on" not in products.column_names:
        return np.full(len(skus), -1, np.int64)
    day_of = dict(zip(*(products.column(name).to_pylist() for name in ("sku", "launched_on")), strict=True))
    weeks = (pd.to_datetime(skus.map(day_of)) - pd.Timestamp(first_week)).dt.days // 7
    return np.asarray(weeks.fillna(-1).clip(lower=-1), np.int64)


def _attributes(stores: pa.Table, store_ids: "pd.Series[str]") -> Grid:
    frame = stores.to_pandas().set_index("store_id").reindex(store_ids.unique())
    codes = frame[list(_STORE_COLUMNS)].apply(lambda column: pd.factorize(column, sort=True)[0].astype(np.float32))
    found = pd.concat([frame["area_m2"].astype(np.float32), codes.where(codes >= 0)], axis=1).reindex(store_ids)
    return found.to_numpy(np.float32)


def _country(stores: pa.Table) -> str:
    """The stores' country as the table spells it, "" if there is none or several."""
    countries = stores.column("country").drop_null().unique().to_pylist()
    return str(countries[0]) if len(countries) == 1 else ""
