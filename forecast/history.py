"""Weekly sales as a dense grid: one row a product and store, one column a week, NaN where nothing is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecast.day_grid import PAIR, weeks_of_days
from forecast.receipts import SILENT_WEEKS, weeks_of_receipts
from schema.errors import BadInput, EmptyWindow, MissingTable
from schema.tables import DatasetInfo, RetailTables

Grid = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
OBSERVED = ("units", "on_hand_units")
"""Facts that only a week's end tells."""
PLANNED = ("price", "base_price", "feature_share", "display_share", "price_cut_share")
"""Facts that a retailer knows beforehand."""
TOLD = ("weekly_sales", "daily_sales")
"""Tables that tell weeks: without them weeks are counted from receipts."""
_STORE_COLUMNS = ("region", "city", "format")
_CURRENCIES = {"USD": "United States", "GBP": "United Kingdom", "PLN": "Poland", "JPY": "Japan"}
ONE_WEEK = np.timedelta64(7, "D")
ReadRows = Callable[[str, list[str]], pa.Table]


@dataclass(frozen=True)
class SalesHistory:
    """Weekly sales of `num_series` products in stores over `num_weeks` consecutive weeks.

    A week without a row is unknown, not zero: it is NaN everywhere, is neither learnt from nor counted in a mean.
    A row with zero units is a zero. A price that is missing or not above zero is NaN.

    Attributes:
        keys: `sku` and `store_id` of each series.
        first_week: first day of the first column.
        grids: by column name `[num_series, num_weeks]` float32, those of OBSERVED and PLANNED.
        product, store, category: `[num_series]` codes; category is that of the catalogue, 0 for all without one.
        store_attributes: `[num_series, 4]` float32: area and codes of region, city and format; NaN unknown.
        country: the stores' country as the table spells it, "" if there is none or several.
        vectors: `[num_series, num_directions]` float32, what is learnt of the product (`with_vectors`); None: nothing.
        num_left_out: where weeks are counted from receipts, products in stores that are sold too seldom to be told of
            (`forecast/receipts.py`); None where the shop tells its weeks or days.
    """

    keys: pd.DataFrame
    first_week: np.datetime64
    grids: Mapping[str, Grid]
    product: Rows
    store: Rows
    category: Rows
    store_attributes: Grid
    country: str = ""
    vectors: Grid | None = None
    num_left_out: int | None = None

    @property
    def num_series(self) -> int:
        """Products in stores."""
        return len(self.keys)

    @property
    def num_weeks(self) -> int:
        """Columns of the grids."""
        return self.grids["units"].shape[1]

    @property
    def weeks(self) -> npt.NDArray[np.datetime64]:
        """First day of every column `[num_weeks]`."""
        return self.first_week + ONE_WEEK * np.arange(self.num_weeks)

    @property
    def is_counted(self) -> bool:
        """Whether weeks are counted from receipts."""
        return self.num_left_out is not None

    def on_sale(self, origin: int) -> npt.NDArray[np.bool_]:
        """Series that a forecast seen from week `origin` tells of: all, or those with a receipt in its last weeks."""
        if not self.is_counted:
            return np.ones(self.num_series, np.bool_)
        return np.any(self.grids["units"][:, max(origin + 1 - SILENT_WEEKS, 0) : origin + 1] > 0, axis=1)

    def wanted_units(self, origin: int) -> Grid:
        """Units that a forecast seen from week `origin` is scored by `[num_series, num_weeks]`, NaN where by none.

        They are those known; where they are counted from receipts, all weeks of what was on sale at the origin, zeros
        however long nothing is sold, so that no later sale decides which rows count.
        """
        units = self.grids["units"]
        if not self.is_counted:
            return units
        is_open = np.zeros((int(self.store.max()) + 1, self.num_weeks), np.bool_)
        np.logical_or.at(is_open, self.store, np.isfinite(units))
        is_scored = self.on_sale(origin)[:, None] & is_open[self.store]
        return np.where(is_scored, np.nan_to_num(units), np.float32(np.nan))

    def week_of(self, day: np.datetime64) -> int:
        """The column of the first week that starts on or after `day`; may lie outside the grid."""
        return -int((self.first_week - day).astype(int) // 7)

    def known_before(self, day: np.datetime64) -> "SalesHistory":
        """The same grid with OBSERVED facts of weeks that had not ended by `day` unknown; PLANNED ones stay."""
        return self.known_weeks(int((day - self.first_week).astype(int) // 7))

    def known_weeks(self, number: int) -> "SalesHistory":
        """The same grid with OBSERVED facts of all but the first `number` weeks unknown."""
        grids = dict(self.grids)
        for name in OBSERVED:
            grids[name] = grids[name].copy()
            grids[name][:, max(number, 0) :] = np.nan
        return replace(self, grids=grids)


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


def history_by(read: ReadRows, info: DatasetInfo, *, before: date | None = None) -> SalesHistory:
    """As `read_history`, from whatever holds the tables.

    Args:
        read: the rows of a table, of the columns named.
    """
    stores = read("stores", ["store_id", *_STORE_COLUMNS, "country", "area_m2"])
    by_currency, left_out = _CURRENCIES.get(info.currency, ""), None
    sales = _weekly_rows(read, info.first_weekday, _country(stores) or by_currency)
    if not sales.num_rows and (lines := read("purchases", [*PAIR, "bought_at", "units"])).num_rows:
        counted = weeks_of_receipts(lines, info, before=before)
        sales, left_out = counted.rows, counted.num_left_out
    history = history_of(
        sales,
        products=read("products", ["sku", "category_id"]),
        categories=read("categories", ["category_id", "parent_id"]),
        stores=stores,
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


def history_of(sales: pa.Table, *, products: pa.Table, categories: pa.Table, stores: pa.Table) -> SalesHistory:
    """The grid of rows of `weekly_sales`, unique by `sku, store_id, week_starts_on`; see `read_history`."""
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
    sku, skus = pd.factorize(sales.column("sku").to_pandas(), sort=True)
    store, store_ids = pd.factorize(sales.column("store_id").to_pandas(), sort=True)
    series, row = np.unique(sku * len(store_ids) + store, return_inverse=True)
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


def _attributes(stores: pa.Table, store_ids: "pd.Series[str]") -> Grid:
    frame = stores.to_pandas().set_index("store_id").reindex(store_ids.unique())
    codes = frame[list(_STORE_COLUMNS)].apply(lambda column: pd.factorize(column, sort=True)[0].astype(np.float32))
    found = pd.concat([frame["area_m2"].astype(np.float32), codes.where(codes >= 0)], axis=1).reindex(store_ids)
    return found.to_numpy(np.float32)


def _country(stores: pa.Table) -> str:
    """The stores' country as the table spells it, "" if there is none or several."""
    countries = stores.column("country").drop_null().unique().to_pylist()
    return str(countries[0]) if len(countries) == 1 else ""
