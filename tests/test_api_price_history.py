"""`Product.priceHistory`: what files said and what was told, newest first, without a round trip for each product."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
import service_shop as shop
from lake_shops import PUBLISHED_AT
from live_shops import NOON, tables
from service_client import serving

from jobs.carry import carry
from journal.store import Journal
from lake.price_book import read_price_book
from lake.store import Lake
from schema.changes import PriceChange
from schema.prices import BOOK_SCHEMA, PriceBook, PriceSource, PriceSpan

SPRING, LENT = date(2024, 3, 1), date(2024, 4, 1)
ROWS = [
    {"sku": "sauce", "valid_from": SPRING, "valid_to": LENT, "price": 1.5, "is_told": False, "is_replaced": True},
    {"sku": "sauce", "valid_from": LENT, "price": 1.9, "base_price": 2.1, "is_told": False, "is_replaced": False},
    {"sku": "sauce", "store_id": "S2", "valid_from": LENT, "price": 1.7, "is_told": True, "is_replaced": False},
    {"sku": "pesto", "valid_from": SPRING, "price": 3.0, "is_told": False, "is_replaced": False},
]
HISTORY = """query ($sku: String!, $storeId: String, $first: Int, $after: String) {
  product(sku: $sku) { priceHistory(storeId: $storeId, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { price { amount currencyCode } basePrice { amount } storeId validFrom validTo source isReplaced } }
} } }"""


@pytest.fixture
def service(loaded, tmp_path):
    asked = []

    def read(version):
        asked.append(version)
        return PriceBook.of(pa.Table.from_pylist(ROWS, schema=BOOK_SCHEMA))

    with serving(loaded, Journal(str(tmp_path / "journal.db")), read_prices=read) as running:
        running.books = asked
        yield running


def history(service, sku="sauce", **more):
    return service.data(HISTORY, sku=sku, **more)["product"]["priceHistory"]


def told(history):
    return [(edge["node"]["validFrom"], edge["node"]["storeId"], edge["node"]["source"]) for edge in history["edges"]]


@pytest.mark.graph
def test_files_and_what_was_told_since_stand_in_one_list(service):
    change = PriceChange("sauce", 0.99, None, shop.TODAY, shop.NEXT_WEEK)
    again = PriceChange("sauce", 1.8, None, LENT)
    sequence = service.journal.record([change, again], recorded_at=shop.NOON)[-1]
    while service.contexts == [] or service.contexts[-1].moment.facts.sequence < sequence:
        service.data("{ __typename }")
    found = history(service)
    assert found["totalCount"] == 4
    assert found["edges"][0]["node"] == {
        "price": {"amount": "0.99", "currencyCode": "EUR"},
        "basePrice": None,
        "storeId": None,
        "validFrom": "2024-05-01",
        "validTo": "2024-05-08",
        "source": "TOLD",
        "isReplaced": False,
    }
    assert told(found)[1:] == [
        ("2024-04-01", None, "TOLD"),
        ("2024-04-01", "S2", "TOLD"),
        ("2024-03-01", None, "LOADED"),
    ]
    assert found["edges"][3]["node"]["isReplaced"]


@pytest.mark.graph
def test_one_store_has_its_own_prices_and_those_of_everywhere(service):
    assert told(history(service, storeId="S1")) == [("2024-04-01", None, "LOADED"), ("2024-03-01", None, "LOADED")]
    assert len(history(service, storeId="S2")["edges"]) == 3
    assert service.code(HISTORY, sku="sauce", storeId="nowhere") == "NOT_FOUND"


@pytest.mark.graph
def test_pages_follow_each_other(service):
    first = history(service, first=2)
    rest = history(service, first=2, after=first["pageInfo"]["endCursor"])
    assert first["pageInfo"]["hasNextPage"]
    assert not rest["pageInfo"]["hasNextPage"]
    assert told(first) + told(rest) == told(history(service))


@pytest.mark.graph
def test_a_page_of_products_asks_the_lake_once_and_the_graph_no_more(service):
    page = """query ($first: Int!) {{
      category(categoryId: "pasta") {{ products(first: $first) {{ edges {{ node {{ sku {} }} }} }} }} }}"""
    field = "priceHistory(first: 3) { edges { node { validFrom } } }"
    without, few, many = (
        service.reads(page.format(fields), first=first) for fields, first in (("", 5), (field, 1), (field, 5))
    )
    assert without == few == many
    assert service.books == [1]


def test_a_lake_knows_current_windows_replaced_ones_and_told_ones(tmp_path):
    lake, journal = Lake(str(tmp_path / "lake")), Journal(str(tmp_path / "journal.db"))
    lake.publish(tables(tmp_path), published_at=PUBLISHED_AT, carried={"changes": 0, "events": 0})
    journal.record([PriceChange("a", 3.0)], recorded_at=NOON)
    carry(lake=lake, journal=journal, home=tmp_path, now=NOON)
    later = [{"sku": "a", "price": 4.0, "valid_from": NOON.date() + timedelta(7)}]
    lake.publish(tables(tmp_path, prices=later), published_at=PUBLISHED_AT)
    spans = sorted(read_price_book(lake.at()).windows("a"), key=lambda span: span.price)
    assert spans == [
        PriceSpan(2.0, date(2024, 1, 1), is_replaced=True),
        PriceSpan(3.0, NOON.date(), source=PriceSource.TOLD, is_replaced=True),
        PriceSpan(4.0, NOON.date() + timedelta(7)),
    ]
    assert read_price_book(lake.at(1)).windows("b") == []
