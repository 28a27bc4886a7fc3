"""Nobody who asks by the released contract is broken without notice, and every notice has a day and a reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
from graphql import build_schema, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from api import compatibility
from api.compatibility import NOTICE_DAYS, changes, deprecations, release, released
from api.contract import PRINTED
from schema.errors import BadInput, NotFound

DAY = date(2026, 6, 1)
SHOP = """
type Query { product(sku: String!): Product  products(query: String, first: Int = 10): [Product!]! }
type Product { sku: String!  name: String
  price: Float @deprecated(reason: "2026-06-01: Use `cost`, which has a currency.")
  stock: Stock }
enum Stock { IN OUT }
input Change { sku: String!  units: Int }
type Mutation { record(change: Change!): Boolean }
"""


def test_what_was_released_can_still_be_asked():
    day, older = released()
    found = changes(older, PRINTED.read_text(), as_of=datetime.now(UTC).date())
    assert not found.breaking, (
        f"This breaks those who ask by the contract of {day}. Keep what was there beside what is new, marked with "
        "deprecation_reason='YYYY-MM-DD: why, and what to use', until that day."
    )


def test_every_deprecation_of_the_contract_has_a_day_and_a_reason():
    assert isinstance(deprecations(PRINTED.read_text()), list)


BREAKING = [
    ("name: String", ""),
    ("name: String", "name: Int"),
    ("Product { sku: String!", "Product { sku: String"),
    ("first: Int = 10", "first: Int!"),
    ("query: String, ", ""),
    ("product(sku: String!)", "product(sku: String!, storeId: ID!)"),
    ("IN OUT", "IN"),
    ("units: Int }", "units: Int! }"),
    ("units: Int }", "units: Int  storeId: ID! }"),
    ("record(change: Change!): Boolean", "recorded: Boolean"),
]
HARMLESS = [
    ("name: String", "name: String!"),
    ("name: String", "name: String  brand: String"),
    ("units: Int }", "units: Int  storeId: ID }"),
    ("product(sku: String!)", "product(sku: String!, storeId: ID)"),
    ("IN OUT", "IN OUT UNKNOWN"),
]


@pytest.mark.parametrize(("before", "after"), BREAKING)
def test_what_breaks_is_found(before, after):
    newer = SHOP.replace(before, after)
    assert newer != SHOP
    assert changes(SHOP, newer, as_of=DAY).breaking


@pytest.mark.parametrize(("before", "after"), HARMLESS)
def test_what_breaks_nobody_is_told_and_passes(before, after):
    newer = SHOP.replace(before, after)
    found = changes(SHOP, newer, as_of=DAY)
    assert newer != SHOP
    assert not found.breaking
    assert found.dangerous + found.additions


def test_a_harmless_change_keeps_every_operation_valid():
    operation = parse('{ product(sku: "1") { name stock } products { sku } }')
    for before, after in HARMLESS:
        assert validate(build_schema(SHOP.replace(before, after)), operation) == []


@settings(deadline=None)
@given(st.integers(-400, 400))
def test_what_is_deprecated_may_go_on_its_day_and_not_before(days):
    gone = "\n".join(line.split("price:")[0] for line in SHOP.splitlines())
    found = changes(SHOP, gone, as_of=DAY + timedelta(days=days))
    assert bool(found.breaking) == (days < 0)


def test_equal_contracts_differ_in_nothing():
    assert changes(SHOP, SHOP, as_of=DAY - timedelta(days=1)) == compatibility.Changes((), (), (), ())


def test_deprecations_are_told_with_place_day_and_reason():
    (told,) = deprecations(SHOP)
    assert (told.place, told.stays_until, told.reason) == ("Product.price", DAY, "Use `cost`, which has a currency.")
    before = SHOP.replace(' @deprecated(reason: "2026-06-01: Use `cost`, which has a currency.")', "")
    assert changes(before, SHOP, as_of=DAY).deprecations == (told,)


@pytest.mark.parametrize(
    "mark",
    ["@deprecated", '@deprecated(reason: "Use it no more.")', '@deprecated(reason: "2026-13-01: Why.")',
     '@deprecated(reason: "2026-06-01:")', '@deprecated(reason: "soon: Why.")'],
)  # fmt: skip
@pytest.mark.parametrize("place", ["name: String", "query: String", "IN", "units: Int"])
def test_a_deprecation_without_a_day_or_a_reason_is_refused(mark, place):
    with pytest.raises(BadInput, match="not until when"):
        deprecations(SHOP.replace(place, f"{place} {mark}", 1))


def test_a_release_is_what_later_contracts_are_compared_with(tmp_path, monkeypatch):
    monkeypatch.setattr(compatibility, "VERSIONS", tmp_path)
    with pytest.raises(NotFound):
        released()
    release(SHOP, on=date(2026, 1, 1))
    newer = SHOP.replace("name: String", "name: String  brand: String")
    release(newer, on=date(2026, 2, 1))
    assert released() == ("2026-02-01", newer)
    assert released("2026-01-01") == ("2026-01-01", SHOP)
    with pytest.raises(BadInput, match=r"Product\.brand"):
        release(SHOP, on=date(2026, 3, 1))
    assert released()[0] == "2026-02-01"


def test_a_release_gives_notice(tmp_path, monkeypatch):
    monkeypatch.setattr(compatibility, "VERSIONS", tmp_path)
    before = SHOP.replace(' @deprecated(reason: "2026-06-01: Use `cost`, which has a currency.")', "")
    release(before, on=DAY - timedelta(days=200))
    with pytest.raises(BadInput, match=r"Product\.price"):
        release(SHOP, on=DAY - timedelta(days=NOTICE_DAYS - 1))
    release(SHOP, on=DAY - timedelta(days=NOTICE_DAYS))
