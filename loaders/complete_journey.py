"""Complete Journey: a grocer's households over a year, with campaigns, coupons, displays and mailers.

Source: dunnhumby, The Complete Journey, as the R package completejourney gives it (a sample of its lines).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from loaders.contracts import Calendar
from loaders.intake import Dataset, Feed, Intake, Source
from loaders.raw_tables import RawShop, RawTable, raw_table_files
from loaders.sizes import with_sizes
from schema.tables import DatasetInfo

_CAMPAIGN: Final = "campaign_id! text -> campaign_descriptions.campaign_id"
TABLES: Final = (
    RawTable(
        "campaign_descriptions",
        "campaign_descriptions",
        ("campaign_id! text", "campaign_type! text", "start_date! day", "end_date! day"),
        "promotions",
        key=("campaign_id",),
    ),
    RawTable(
        "products_raw",
        "products",
        (
            "product_id! text",
            "manufacturer_id text",
            "department text",
            "brand text",
            "product_category text",
            "product_type text",
            "package_size text",
        ),
        "products",
    ),
    RawTable(
        "lines",
        "transactions*",
        (
            "household_id! text",
            "store_id! text",
            "basket_id! text",
            "product_id! text",
            "quantity! units > 0",
            "sales_value! amount >= 0",
            "retail_disc amount >= 0",
            "coupon_disc amount >= 0",
            "coupon_match_disc amount >= 0",
            "transaction_timestamp! instant",
        ),
        "purchases",
    ),
    RawTable(
        "placements",
        "promotions*",
        (
            "product_id! text",
            "store_id! text",
            "display_location! text",
            "mailer_location! text",
            "week! count >= 1",
        ),
        "promotion_products",
    ),
    RawTable("campaigns", "campaigns", (_CAMPAIGN, "household_id! text"), "promotion_customers"),
    RawTable("coupons", "coupons", ("coupon_upc! text", "product_id! text", _CAMPAIGN), "promotion_products"),
    RawTable(
        "redeemed",
        "coupon_redemptions",
        ("household_id! text", "coupon_upc! text", _CAMPAIGN, "redemption_date! day"),
        "redemptions",
    ),
    RawTable(
        "demographics",
        "demographics",
        (
            "household_id! text",
            "age text",
            "income text",
            "home_ownership text",
            "marital_status text",
            "household_size text",
            "household_comp text",
            "kids_count text",
        ),
        "customers",
    ),
)

# A path names its ancestors, because 304 names of categories stand at several places.
_CATEGORIES = """
    with places as (
        select [x for x in [department, product_category, product_type] if x is not null] as names, _line, _file
        from products_raw
    ), nodes as (
        select unnest([names[1:depth] for depth in range(1, len(names) + 1)]) as path, _line, _file from places
    )
    select array_to_string(path, ' > ') as category_id, any_value(path[-1]) as name,
        any_value(nullif(array_to_string(path[:-2], ' > '), '')) as parent_id,
        min(_line) as _line, arg_min(_file, _line) as _file
    from nodes group by category_id order by _line, category_id
"""
_SUPPLIERS = """
    select manufacturer_id as supplier_id, 'Manufacturer ' || manufacturer_id as name,
        min(_line) as _line, arg_min(_file, _line) as _file
    from products_raw where manufacturer_id is not null group by all order by _line
"""
# `brand` tells only National from Private. Fuel is counted in small parts of a gallon: it is sold by volume.
_PRODUCTS = """
    select product_id as sku, coalesce(product_type, product_category, department, 'Product ' || product_id) as name,
        nullif(concat_ws(' > ', department, product_category, product_type), '') as category_id,
        manufacturer_id as supplier_id, brand = 'Private' as is_private_label,
        coalesce(product_type, '') like 'GASOLINE%' as is_sold_by_weight, package_size, _line, _file
    from products_raw order by _line
"""
_STORES = """
    select store_id, min(_line) as _line, arg_min(_file, _line) as _file
    from (select store_id, _line, _file from lines union all select store_id, _line, _file from placements)
    group by store_id order by store_id
"""
_CUSTOMERS = """
    select household_id as customer_id, household_comp as segment, age, income, home_ownership, marital_status,
        household_size, kids_count, _line, _file
    from demographics
    union all by name
    select household_id as customer_id, min(_line) as _line, arg_min(_file, _line) as _file
    from (
        select household_id, _line, _file from lines union all select household_id, _line, _file from campaigns
        union all select household_id, _line, _file from redeemed
    )
    where household_id not in (select household_id from demographics) group by household_id
    order by customer_id
"""
_COUPON_PROMOTIONS = """
    select 'coupon-' || campaign_id || '-' || coupon_upc as promotion_id, campaign_id, 'coupon' as kind,
        'Coupon ' || coupon_upc || ' of campaign ' || campaign_id || ' (' || campaign_type || ')' as name,
        start_date as starts_on, end_date + 1 as ends_on, min(c._line) as _line, arg_min(c._file, c._line) as _file
    from coupons c join campaign_descriptions using (campaign_id) group by all order by _line
"""
_PLACEMENT_PROMOTIONS = """
    select '{kind}-week-' || week as promotion_id, '{kind}' as kind, upper('{kind}'[1]) || '{kind}'[2:] || ', week '
        || week as name, (date '{first}' + (7 * (week - 1))::int) as starts_on,
        (date '{first}' + (7 * week)::int) as ends_on, min(_line) as _line, arg_min(_file, _line) as _file
    from placements where {kind}_location <> '0' group by week order by week
"""
_COUPON_PRODUCTS = """
    select 'coupon-' || campaign_id || '-' || coupon_upc as promotion_id, product_id as sku, _line, _file
    from coupons order by _line
"""
_PLACEMENT_PRODUCTS = """
    select '{kind}-week-' || week as promotion_id, product_id as sku, store_id,
        nullif(display_location, '0') as display_location, nullif(mailer_location, '0') as mailer_location, _line, _file
    from placements where {kind}_location <> '0' order by _line
"""
# Campaigns of type A send each household 16 coupons of a larger pool, nobody knows which: what it redeemed it was sent.
_PROMOTION_CUSTOMERS = """
    select distinct on (promotion_id, customer_id) 'coupon-' || campaign_id || '-' || coupon_upc as promotion_id,
        household_id as customer_id, start_date as sent_on, g._line, g._file
    from campaigns g join campaign_descriptions d using (campaign_id)
        join (select distinct campaign_id, coupon_upc from coupons) using (campaign_id)
    where campaign_type <> 'Type A'
        or (campaign_id, coupon_upc, household_id) in (select (campaign_id, coupon_upc, household_id) from redeemed)
    order by g._line, promotion_id
"""
_REDEMPTIONS = """
    select 'coupon-' || campaign_id || '-' || coupon_upc as promotion_id, household_id as customer_id,
        redemption_date as redeemed_at, _line, _file
    from redeemed order by _line
"""
# What the household paid is what the shop received less the maker's coupon (never below nothing), for each unit.
_PURCHASES = """
    select basket_id, product_id as sku, transaction_timestamp as bought_at, quantity as units,
        greatest(sales_value - coalesce(coupon_disc, 0), 0) / quantity as unit_price,
        coalesce(retail_disc, 0) + coalesce(coupon_disc, 0) + coalesce(coupon_match_disc, 0) as discount,
        household_id as customer_id, store_id, _line, _file
    from lines order by _line
"""
_FIRST_MONDAY: Final = date(2016, 12, 26)
"""Week 1 of the source ends on Sunday 2017-01-01."""


def _describe(folder: Path) -> Dataset:
    info = DatasetInfo(
        name="complete-journey",
        source="complete-journey",
        attribution=f"dunnhumby, The Complete Journey ({folder.name})",
        currency="USD",
        timezone="America/New_York",
        first_weekday=0,
    )
    return Dataset(info, Calendar(info.timezone, date(2016, 1, 1), date(2019, 1, 1)))


def _files(folder: Path) -> list[Path]:
    return raw_table_files(folder, TABLES)


def _feeds(intake: Intake) -> Iterator[Feed]:
    shop = RawShop(intake, TABLES, timezone="UTC")
    product, household = {"sku": "product_id"}, {"customer_id": "household_id"}
    yield Feed("categories", shop.rows(_CATEGORIES), {"category_id": "department"})
    yield Feed("suppliers", shop.rows(_SUPPLIERS), {"supplier_id": "manufacturer_id"})
    yield Feed("products", map(_titled, shop.rows(_PRODUCTS)), product | {"supplier_id": "manufacturer_id"})
    yield Feed("stores", shop.rows(_STORES))
    yield Feed("customers", shop.rows(_CUSTOMERS), household)
    yield from _promotions(shop)
    campaign = {"promotion_id": "campaign_id"}
    yield Feed("promotion_customers", shop.rows(_PROMOTION_CUSTOMERS), household | campaign)
    yield Feed("redemptions", shop.rows(_REDEMPTIONS), household | {"promotion_id": "coupon_upc"})
    yield Feed(
        "purchases",
        shop.rows(_PURCHASES),
        product | household | {"bought_at": "transaction_timestamp", "units": "quantity"},
    )


def _promotions(shop: RawShop) -> Iterator[Feed]:
    spelt = {"sku": "product_id", "starts_on": "campaign_id", "promotion_id": "coupon_upc"}
    yield Feed("promotions", shop.rows(_COUPON_PROMOTIONS), spelt)
    yield Feed("promotion_products", shop.rows(_COUPON_PRODUCTS), spelt)
    for kind in ("display", "mailer"):
        promotions = _PLACEMENT_PROMOTIONS.format(kind=kind, first=_FIRST_MONDAY)
        yield Feed("promotions", shop.rows(promotions), {"promotion_id": "week"})
        yield Feed("promotion_products", shop.rows(_PLACEMENT_PRODUCTS.format(kind=kind)), {"sku": "product_id"})


def _titled(rows: pa.Table) -> pa.Table:
    """Products with a readable name, their type and size, and the size read."""
    title = pc.replace_substring(pc.utf8_title(rows.column("name")), "'S", "'s")
    size = pc.utf8_lower(rows.column("package_size"))
    name = pc.binary_join_element_wise(title, size, ", ", null_handling="skip")
    rows = rows.set_column(rows.column_names.index("name"), "name", name)
    return with_sizes(rows, "package_size")


COMPLETE_JOURNEY: Final = Source("complete-journey", _describe, _files, _feeds)
