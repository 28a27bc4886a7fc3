"""Breakfast at the Frat: weekly sales and promotions of 58 products in 77 stores.

Source: dunnhumby, Breakfast at the Frat (its weeks end on Wednesday, so they start on Thursday).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from loaders.contracts import Calendar
from loaders.intake import Dataset, Feed, Intake, Source
from loaders.raw_tables import RawShop, RawTable, raw_table_files
from loaders.sizes import with_sizes
from schema.tables import DatasetInfo

TABLES: Final = (
    RawTable(
        "products_raw",
        "product",
        (
            "upc_id! text",
            "description text",
            "manufacturer text",
            "category text",
            "sub_category text",
            "product_size text",
            "volume_ml amount >= 0",
            "mass_oz amount >= 0",
        ),
        "products",
    ),
    RawTable(
        "stores_raw",
        "store",
        (
            "store_id! text",
            "store_name text",
            "address_city_name text",
            "address_state_prov_code text",
            "msa_code amount",
            "seg_value_name text",
            "parking_space_qty amount >= 0",
            "sales_area_size_num amount > 0",
            "avg_weekly_baskets amount >= 0",
        ),
        "stores",
    ),
    RawTable(
        "weeks",
        "transactions*",
        (
            "week_end_date! day",
            "store_id! text",
            "upc_id! text",
            "units! units >= 0",
            "visits count >= 0",
            "hhs count >= 0",
            "spend amount >= 0",
            "price amount >= 0",
            "base_price amount >= 0",
            "feature share >= 0",
            "display share >= 0",
            "tpr_only share >= 0",
        ),
        "weekly_sales",
    ),
)

_CATEGORIES = """
    select path as category_id, name, parent_id, min(_line) as _line, arg_min(_file, _line) as _file
    from (
        select category as path, category as name, null as parent_id, _line, _file from products_raw
        union all
        select category || ' > ' || sub_category, sub_category, category, _line, _file from products_raw
    )
    where path is not null group by all order by _line, category_id
"""
_SUPPLIERS = """
    select manufacturer as supplier_id, manufacturer as name, min(_line) as _line, arg_min(_file, _line) as _file
    from products_raw where manufacturer is not null group by all order by _line
"""
_PRODUCTS = """
    select upc_id as sku, description as name, nullif(concat_ws(' > ', category, sub_category), '') as category_id,
        manufacturer as supplier_id, manufacturer = 'PRIVATE LABEL' as is_private_label, product_size, volume_ml,
        mass_oz, _line, _file
    from products_raw order by _line
"""
_STORES = """
    select store_id, store_name as name, address_city_name as city, address_state_prov_code as region,
        'United States' as country, seg_value_name as format, sales_area_size_num * 0.09290304 as area_m2, msa_code,
        parking_space_qty, avg_weekly_baskets, _line, _file
    from stores_raw order by _line
"""
# tpr_only marks only about half of the price cuts: a price below the base price is one too.
_WEEKLY_SALES = """
    select upc_id as sku, store_id, week_end_date - 6 as week_starts_on, units, price, base_price,
        feature as feature_share, display as display_share,
        greatest(tpr_only, (price < base_price)::double) as price_cut_share, visits, hhs, spend, _line, _file
    from weeks order by _file, _line
"""


def _describe(folder: Path) -> Dataset:
    info = DatasetInfo(
        name="breakfast-at-the-frat",
        source="breakfast-at-the-frat",
        attribution=f"dunnhumby, Breakfast at the Frat ({folder.name})",
        currency="USD",
        timezone="America/New_York",
        first_weekday=3,
    )
    return Dataset(info, Calendar(info.timezone, date(2008, 1, 1), date(2013, 1, 1)))


def _files(folder: Path) -> list[Path]:
    return raw_table_files(folder, TABLES)


def _feeds(intake: Intake) -> Iterator[Feed]:
    shop = RawShop(intake, TABLES)
    product = {"sku": "upc_id"}
    yield Feed("categories", shop.rows(_CATEGORIES), {"category_id": "category"})
    yield Feed("suppliers", shop.rows(_SUPPLIERS), {"supplier_id": "manufacturer"})
    yield Feed("products", map(_sized, shop.rows(_PRODUCTS)), product | {"supplier_id": "manufacturer"})
    yield Feed("stores", shop.rows(_STORES), {"area_m2": "sales_area_size_num"})
    yield Feed("weekly_sales", shop.rows(_WEEKLY_SALES), product | {"week_starts_on": "week_end_date"})


def _sized(rows: pa.Table) -> pa.Table:
    return with_sizes(rows, "product_size")


BREAKFAST_AT_THE_FRAT: Final = Source("breakfast-at-the-frat", _describe, _files, _feeds)
