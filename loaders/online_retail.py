"""Online Retail: a British gift wholesaler's invoices, returns and all; the data that relations are learnt on.

Source: Chen, Sain and Guo 2012; UCI Machine Learning Repository, data set 352.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from loaders.contracts import Calendar
from loaders.intake import Dataset, Feed, Intake, Source
from loaders.raw_tables import RawShop, RawTable, raw_table_files
from schema.tables import DatasetInfo, cut_off_instant

TABLES: Final = (
    RawTable(
        "raw",
        "online*retail*",
        (
            "InvoiceNo! text",
            "StockCode! text",
            "Description text",
            "Quantity! units",
            "InvoiceDate! instant",
            "UnitPrice! amount",
            "CustomerID text",
            "Country text",
        ),
        "purchases",
    ),
)
_SPELT: Final = {
    "basket_id": "InvoiceNo",
    "return_id": "InvoiceNo",
    "sku": "StockCode",
    "bought_at": "InvoiceDate",
    "returned_at": "InvoiceDate",
    "units": "Quantity",
    "unit_price": "UnitPrice",
    "customer_id": "CustomerID",
    "name": "Description",
}

# Codes differ in case only 95 times: one product. Customers' numbers come as 17850.0.
_LINES = """
    create table lines as
    select InvoiceNo as invoice, upper(StockCode) as sku, Description as description, Quantity as quantity,
        InvoiceDate as booked_at, UnitPrice as price, regexp_replace(CustomerID, '\\.0$', '') as customer_id,
        Country as country, StockCode as code, _line, _file,
        case when upper(InvoiceNo) like 'C%' then 'returns' else 'purchases' end as booked_in,
        case when upper(StockCode) in (select code from non_products) then 'is the code of no product'
            when upper(InvoiceNo) like 'C%' then null
            when Quantity <= 0 then 'takes goods off the stock: no sale'
            when UnitPrice <= 0 then 'has no price: a stock correction or a gift, no sale' end as why_not
    from raw
"""
_LEFT_OUT = """
    select _file as file, _line as line,
        case why_not when 'is the code of no product' then 'StockCode'
            when 'takes goods off the stock: no sale' then 'Quantity' else 'UnitPrice' end as "column",
        case why_not when 'is the code of no product' then code
            when 'takes goods off the stock: no sale' then quantity::varchar else price::varchar end as value,
        why_not as rule
    from lines where why_not is not null and booked_in = '{table}' order by _line
"""
# The description most frequent before the cut-off; of a product not sold before it, the first one given.
_PRODUCTS = """
    with described as (
        select sku, description, count(*) filter (where epoch_us(booked_at) < {cut_off} and price > 0) as num_before,
            min(booked_at) as first_at, min(_line) as _line, min(_file) as _file
        from lines where why_not is null group by sku, description
    )
    select sku, description as name, min(_line) over (partition by sku) as _line, _file from described
    qualify row_number() over (
        partition by sku order by description is null, num_before desc, first_at, description) = 1
    order by sku
"""
_STORES = """
    select 'online' as store_id, 'Online' as name, 'online' as format, 'United Kingdom' as country,
        min(_line) as _line, min(_file) as _file
    from lines
"""
# Seven customers order from two countries: the one that they name most often.
_CUSTOMERS = """
    select customer_id, country as region, min(min(_line)) over (partition by customer_id) as _line,
        min(_file) as _file
    from lines where why_not is null and customer_id is not null group by customer_id, country
    qualify row_number() over (partition by customer_id order by count(*) desc, country) = 1
    order by customer_id
"""
_PURCHASES = """
    select invoice as basket_id, sku, booked_at as bought_at, quantity as units, price as unit_price, customer_id,
        'online' as store_id, _line, _file
    from lines where why_not is null and booked_in = 'purchases' order by _line
"""
_RETURNS = """
    select invoice as return_id, sku, booked_at as returned_at, -quantity as units, customer_id, 'online' as store_id,
        _line, _file
    from lines where why_not is null and booked_in = 'returns' order by _line
"""


def non_products() -> list[str]:
    """The stock codes that are no products, upper case."""
    text = Path(__file__).with_name("online_retail_non_products.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [row[:19].strip() for row in rows]


def _describe(folder: Path) -> Dataset:
    info = DatasetInfo(
        name="online-retail",
        source="online-retail",
        licence="CC BY 4.0",
        attribution=f"Chen, D. (2015). Online Retail. UCI Machine Learning Repository ({folder.name}).",
        currency="GBP",
        timezone="Europe/London",
    )
    return Dataset(info, Calendar(info.timezone, date(2009, 1, 1), date(2013, 1, 1)))


def _files(folder: Path) -> list[Path]:
    return raw_table_files(folder, TABLES)


def _feeds(intake: Intake) -> Iterator[Feed]:
    shop = RawShop(intake, TABLES)
    intake.database.execute("create table non_products as select unnest($1) as code", [non_products()])
    intake.database.execute(_LINES)
    calendar = intake.dataset.calendar
    cut_off = cut_off_instant(intake.options.as_of or calendar.last, calendar.timezone)
    yield Feed("products", shop.rows(_PRODUCTS.format(cut_off=int(cut_off.timestamp() * 1_000_000))), _SPELT)
    yield Feed("stores", shop.rows(_STORES))
    yield Feed("customers", shop.rows(_CUSTOMERS), _SPELT)
    for table, sql in (("purchases", _PURCHASES), ("returns", _RETURNS)):
        shop.leave_out(table, _LEFT_OUT.format(table=table))
        yield Feed(table, shop.rows(sql), _SPELT)


ONLINE_RETAIL: Final = Source("online-retail", _describe, _files, _feeds)
