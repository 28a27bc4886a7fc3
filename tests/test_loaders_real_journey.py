"""Complete Journey on its real rows: every count beside one made with the csv module alone."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from real_rows import Raw, assert_tallies_hold, load, raw

from schema.tables import RetailTables

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="session")
def journey_raw(shared_data: Path) -> dict[str, Raw]:
    folder = shared_data / "completejourney"
    return {path.name.split(".")[0]: raw(path) for path in folder.glob("*.csv.gz")}


@pytest.fixture(scope="session")
def journey(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RetailTables:
    return load("complete-journey", shared_data / "completejourney", tmp_path_factory)


def journey_path(row: dict[str, str]) -> list[str]:
    return [row[name] for name in ("department", "product_category", "product_type") if row[name]]


def coupon_id(row: dict[str, str]) -> str:
    return f"coupon-{row['campaign_id']}-{row['coupon_upc']}"


def test_journey_catalogue_counts(journey, journey_raw):
    products = journey_raw["products"]
    paths = {" > ".join(journey_path(row)[:depth]) for row in products for depth in (1, 2, 3)} - {""}
    assert set(journey.read("categories")["category_id"].to_pylist()) == paths
    assert set(journey.read("suppliers")["supplier_id"].to_pylist()) == {row["manufacturer_id"] for row in products}
    assert journey.read("products")["sku"].to_pylist() == [row["product_id"] for row in products]
    assert journey.tallies["categories"].kept == len(paths)
    assert len({tuple(journey_path(row)) for row in products}) > 3_800
    assert_tallies_hold(journey)


def test_journey_products_are_described(journey, journey_raw):
    products = journey.read("products").to_pylist()
    assert [row["is_private_label"] for row in products] == [
        row["brand"] == "Private" for row in journey_raw["products"]
    ]
    assert all(row["brand"] is None and row["name"] for row in products)
    ice = next(row for row in products if row["sku"] == "25671")
    assert (ice["name"], ice["size"], ice["size_unit"]) == ("Ice - Crushed/Cubed, 22 lb", 22.0, "lb")
    assert ice["category_id"] == "GROCERY > FRZN ICE > ICE - CRUSHED/CUBED"
    assert sum(row["size"] is not None for row in products) > 55_000


def test_journey_lines_are_kept_or_accounted_for(journey, journey_raw):
    lines = journey_raw["transactions_sample"]
    known = {row["product_id"] for row in journey_raw["products"]}
    sold = [row for row in lines if float(row["quantity"]) > 0]
    kept = [row for row in sold if row["product_id"] in known]
    tally = journey.tallies["purchases"]
    assert (tally.read, tally.kept, tally.rejected) == (len(lines), len(kept), len(lines) - len(kept))
    assert tally.rules == {"is not greater than 0": 416, "is not in products.sku": len(sold) - len(kept)}
    staged = journey.read("purchases").to_pylist()
    assert [row["sku"] for row in staged] == [row["product_id"] for row in kept]
    for row, line in zip(staged[::97], kept[::97], strict=True):
        paid = max(float(line["sales_value"]) - float(line["coupon_disc"]), 0.0)
        assert row["unit_price"] * row["units"] == pytest.approx(paid)
        assert row["bought_at"] == datetime.fromisoformat(line["transaction_timestamp"]).replace(tzinfo=UTC)
        discs = (float(line[name]) for name in ("retail_disc", "coupon_disc", "coupon_match_disc"))
        assert row["discount"] == pytest.approx(sum(discs))


def test_journey_line_numbers_count_each_basket(journey, journey_raw):
    seen: Counter[str] = Counter()
    for row in journey.read("purchases", ["basket_id", "line_id"]).to_pylist():
        seen[row["basket_id"]] += 1
        assert row["line_id"] == seen[row["basket_id"]]


def test_journey_fuel_is_sold_by_weight_or_volume(journey, journey_raw):
    poured = {row["product_id"] for row in journey_raw["transactions_sample"] if float(row["quantity"]) > 1_000}
    products = journey.read("products", ["sku", "is_sold_by_weight"]).to_pylist()
    assert poured <= {row["sku"] for row in products if row["is_sold_by_weight"]}
    assert sum(float(row["quantity"]) > 1_000 for row in journey_raw["transactions_sample"]) == 692


def test_journey_people_and_places(journey, journey_raw):
    sold = [row for row in journey_raw["transactions_sample"] if float(row["quantity"]) > 0]
    names = ("campaigns", "coupon_redemptions", "demographics")
    households = {row["household_id"] for rows in (sold, *map(journey_raw.get, names)) for row in rows}
    stores = {row["store_id"] for rows in (sold, journey_raw["promotions_sample"]) for row in rows}
    assert set(journey.read("customers")["customer_id"].to_pylist()) == households
    assert set(journey.read("stores")["store_id"].to_pylist()) == stores
    assert journey.tallies["customers"].kept == len(households)


def test_journey_promotions_and_their_windows(journey, journey_raw):
    placements = journey_raw["promotions_sample"]
    ids = {coupon_id(row) for row in journey_raw["coupons"]}
    for kind in ("display", "mailer"):
        ids |= {f"{kind}-week-{row['week']}" for row in placements if row[f"{kind}_location"] != "0"}
    promotions = {row["promotion_id"]: row for row in journey.read("promotions").to_pylist()}
    assert set(promotions) == ids
    campaign = next(row for row in journey_raw["campaign_descriptions"] if row["campaign_id"] == "26")
    coupon = promotions["coupon-26-10000085207"]
    assert coupon["starts_on"] == date.fromisoformat(campaign["start_date"])
    assert coupon["ends_on"] == date.fromisoformat(campaign["end_date"]) + timedelta(days=1)


def test_journey_weeks_of_promotions_are_those_of_the_lines(journey, journey_raw):
    """Each line's own `week` is the week of the display promotion of that number, in the shops' timezone."""
    promotions = {row["promotion_id"]: row for row in journey.read("promotions").to_pylist()}
    for row in journey_raw["transactions_sample"][::50]:
        at = datetime.fromisoformat(row["transaction_timestamp"]).replace(tzinfo=UTC)
        week = promotions[f"display-week-{row['week']}"]
        assert week["starts_on"] <= at.astimezone(ZoneInfo("America/New_York")).date() < week["ends_on"]


def test_journey_promoted_products(journey, journey_raw):
    known = {row["product_id"] for row in journey_raw["products"]}
    coupons = [(coupon_id(row), row["product_id"]) for row in journey_raw["coupons"]]
    placements = journey_raw["promotions_sample"]
    placed = [row for kind in ("display", "mailer") for row in placements if row[f"{kind}_location"] != "0"]
    unknown = sum(sku not in known for _, sku in coupons)
    distinct = {pair for pair in coupons if pair[1] in known}
    tally = journey.tallies["promotion_products"]
    assert tally.read == len(coupons) + len(placed)
    assert tally.rejected == unknown
    assert tally.duplicates == len(coupons) - unknown - len(distinct) == 4_872
    assert tally.kept == len(distinct) + len(placed)


def test_journey_placements_carry_both_locations(journey, journey_raw):
    both = [
        row for row in journey_raw["promotions_sample"] if "0" not in (row["display_location"], row["mailer_location"])
    ]
    staged = journey.read("promotion_products").to_pylist()
    filled = [row for row in staged if row["display_location"] and row["mailer_location"]]
    assert len(filled) == 2 * len(both) > 60_000


def test_journey_coupons_sent_and_redeemed(journey, journey_raw):
    kinds = {row["campaign_id"]: row["campaign_type"] for row in journey_raw["campaign_descriptions"]}
    redeemed = {(coupon_id(row), row["household_id"]) for row in journey_raw["coupon_redemptions"]}
    by_campaign: dict[str, set[str]] = {}
    for row in journey_raw["coupons"]:
        by_campaign.setdefault(row["campaign_id"], set()).add(coupon_id(row))
    sent = {
        (promotion, row["household_id"])
        for row in journey_raw["campaigns"]
        for promotion in by_campaign.get(row["campaign_id"], ())
        if kinds[row["campaign_id"]] != "Type A" or (promotion, row["household_id"]) in redeemed
    }
    rows = journey.read("promotion_customers").to_pylist()
    assert {(row["promotion_id"], row["customer_id"]) for row in rows} == sent
    assert len(rows) == len(sent)
    assert journey.tallies["redemptions"].kept == len(journey_raw["coupon_redemptions"])
    assert len(set(journey.read("redemptions")["redemption_id"].to_pylist())) == journey.tallies["redemptions"].kept
