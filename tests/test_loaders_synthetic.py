"""The synthetic shop as a retail-tables folder: closed and consistent, apart from the dirt that is planted."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from loaders.staging import LoadOptions, stage
from loaders.synthetic import make_shop
from loaders.synthetic_truths import Truths, read_truths
from schema.table_specs import SPECS


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop("small", seed=3, into=tmp_path_factory.mktemp("shop") / "small")


@pytest.fixture(scope="module")
def truths(shop: Path) -> Truths:
    return read_truths(shop)


def read(shop: Path, table: str) -> pd.DataFrame:
    return pq.read_table(shop / f"{table}.parquet").to_pandas(types_mapper=pd.ArrowDtype)


def test_every_table_but_verdicts_labels_and_daily_sales_is_there(shop: Path) -> None:
    there = {file.stem for file in shop.glob("*.parquet")}
    assert there == set(SPECS) - {"verdicts", "labels", "daily_sales"}


def test_columns_have_the_contract_s_types_but_where_dirt_needs_text(shop: Path) -> None:
    for file in shop.glob("*.parquet"):
        for field in pq.read_schema(file):
            wanted = SPECS[file.stem].column(field.name).arrow_type
            assert field.type == wanted or (file.stem, field.name) == ("returns", "returned_at")


DIRTY: dict[tuple[str, str], Callable[[pd.DataFrame], pd.Series]] = {
    ("products", "negative_price"): lambda t: t.list_price < 0,
    ("promotions", "ends_before_it_starts"): lambda t: t.ends_on <= t.starts_on,
    ("promotion_products", "unknown_promotion"): lambda t: t.promotion_id == "NO-SUCH-PROMOTION",
    ("promotion_products", "share_above_one"): lambda t: t.discount_share > 1,
    ("prices", "window_reversed"): lambda t: t.valid_to <= t.valid_from,
    ("supplies", "unknown_sku"): lambda t: t.sku == "NO-SUCH-SKU",
    ("deliveries", "unknown_supplier"): lambda t: t.supplier_id == "NO-SUCH-SUPPLIER",
    ("deliveries", "negative_units"): lambda t: t.units_ordered < 0,
    ("purchases", "unknown_sku"): lambda t: t.sku == "NO-SUCH-SKU",
    ("purchases", "zero_units"): lambda t: t.units == 0,
    ("purchases", "negative_units"): lambda t: t.units < 0,
    ("purchases", "missing_instant"): lambda t: t.bought_at.isna(),
    ("purchases", "instant_out_of_range"): lambda t: t.bought_at < pd.Timestamp(1970, 1, 1, tz="UTC"),
    ("returns", "unparsable_instant"): lambda t: pd.to_datetime(
        t.returned_at, errors="coerce", format="ISO8601"
    ).isna(),
    ("stocks", "unknown_store"): lambda t: t.store_id == "NO-SUCH-STORE",
    ("redemptions", "unknown_promotion"): lambda t: t.promotion_id == "NO-SUCH-PROMOTION",
    ("weekly_sales", "share_above_one"): lambda t: t.price_cut_share > 1,
    ("events", "unknown_kind"): lambda t: ~t.kind.isin(SPECS["events"].column("kind").choices),
}


def is_faulty(table: str, rows: pd.DataFrame) -> pd.Series:
    masks = [test(rows).fillna(False).astype(bool) for (name, _), test in DIRTY.items() if name == table]
    return pd.concat(masks, axis=1).any(axis=1) if masks else pd.Series(False, index=rows.index)


@pytest.mark.parametrize("table", sorted(set(SPECS) - {"verdicts", "labels", "daily_sales"}))
def test_dirt_is_what_was_planted_and_no_more(shop: Path, truths: Truths, table: str) -> None:
    rows, planted = read(shop, table), truths.dirt[table]
    found = {kind: int(test(rows).fillna(False).sum()) for (name, kind), test in DIRTY.items() if name == table}
    good = rows[~is_faulty(table, rows)]
    key = list(SPECS[table].key)
    key = [name for name in key if name in good.columns]
    exact = int(good.duplicated(keep="first").sum())
    conflicts = int(good.drop_duplicates().duplicated(key, keep="first").sum())
    found |= {"exact_duplicate": exact} if exact else {}
    found |= {"conflicting_duplicate": conflicts} if conflicts else {}
    assert found == planted["faults"]
    assert planted["rows"] == len(rows)
    assert planted["duplicates"] == exact
    assert planted["rejected"] == sum(found.values()) - exact
    assert planted["rejected"] < 0.05 * len(rows)


@pytest.mark.slow
def test_the_retail_tables_loader_counts_the_same_dirt(shop: Path, truths: Truths, tmp_path: Path) -> None:
    staged = stage("retail-tables", shop, into=tmp_path / "staged", options=LoadOptions())
    counted = {name: (tally.read, tally.duplicates, tally.rejected) for name, tally in staged.tallies.items()}
    planted = {name: (dirt["rows"], dirt["duplicates"], dirt["rejected"]) for name, dirt in truths.dirt.items()}
    assert counted == planted


def test_references_are_closed_apart_from_the_dirt(shop: Path) -> None:
    checked = 0
    for file in shop.glob("*.parquet"):
        rows = read(shop, file.stem)
        good = rows[~is_faulty(file.stem, rows)]
        for column in SPECS[file.stem].columns:
            if column.references and column.name in good.columns:
                table, key = column.references.split(".")
                parents = read(shop, table)
                known = set(parents[~is_faulty(table, parents)][key])
                assert set(good[column.name].dropna()) <= known, (file.stem, column.name)
                checked += 1
    assert checked > 20


def test_products_read_like_a_shop_s(shop: Path) -> None:
    products = read(shop, "products").drop_duplicates()
    products = products[products.list_price >= 0]
    assert products.name.is_unique
    assert products.sku.is_unique
    weights = np.resize([1, 3], 13)
    for gtin in products.gtin:
        assert len(gtin) == 13
        assert sum(int(digit) * int(weight) for digit, weight in zip(gtin, weights, strict=True)) % 10 == 0
    assert (products.unit_cost < products.list_price).all()
    assert products.minimum_age.dropna().isin([16, 18]).all()
    assert 0.05 < products.is_private_label.mean() < 0.4
    assert products.brand.nunique() > 10


def test_receipts_stay_within_range_life_and_shelf(shop: Path, truths: Truths) -> None:
    lines = read(shop, "purchases")
    lines = lines[~is_faulty("purchases", lines)]
    day = lines.bought_at.dt.tz_convert("Europe/Paris").dt.date
    assert day.min() >= date(2024, 1, 1)
    assert day.max() <= date(2024, 12, 29)
    lines = lines.assign(day=pd.to_datetime(day))
    ranges = read(shop, "assortments")[["store_id", "sku", "valid_from", "valid_to"]]
    joined = lines.merge(ranges, on=["store_id", "sku"], how="left")
    assert (pd.to_datetime(joined.valid_from) <= joined.day).all()
    assert (joined.day < pd.to_datetime(joined.valid_to).fillna(pd.Timestamp.max)).all()
    outs = truths.stock_outs.to_pandas()
    joined = lines.merge(outs, on=["store_id", "sku"])
    during = (pd.to_datetime(joined.from_on) <= joined.day) & (joined.day < pd.to_datetime(joined.to_on))
    assert len(joined) > 100
    assert not during.any()


def test_cold_products_are_launched_last_and_never_bought(shop: Path, truths: Truths) -> None:
    needs = truths.needs.to_pandas()
    cold = set(needs.sku[needs.is_cold])
    assert len(cold) >= 5
    assert cold.isdisjoint(read(shop, "purchases").sku)
    products = read(shop, "products").set_index("sku")
    assert (pd.to_datetime(products.loc[list(cold)].launched_on) >= pd.Timestamp(2024, 12, 22)).all()


def test_stock_never_contradicts_the_receipts(shop: Path, truths: Truths) -> None:
    weeks = read(shop, "weekly_sales")
    weeks = weeks[~is_faulty("weekly_sales", weeks)]
    assert (weeks.on_hand_units >= 0).all()
    counts = read(shop, "stocks")
    counts = counts[~is_faulty("stocks", counts)]
    counts["day"] = pd.to_datetime(counts.counted_at.dt.tz_convert("Europe/Paris").dt.date)
    opening = counts.merge(weeks.assign(day=pd.to_datetime(weeks.week_starts_on)), on=["store_id", "sku", "day"])
    assert len(opening) > 30_000
    assert (opening.on_hand_units_x - opening.units == opening.on_hand_units_y).all()
    during = counts.merge(truths.stock_outs.to_pandas(), on=["store_id", "sku"])
    is_out = (pd.to_datetime(during.from_on) <= during.day) & (during.day < pd.to_datetime(during.to_on))
    assert is_out.sum() > 50
    assert (during.on_hand_units[is_out] == 0).all()


def test_stock_outs_end_with_a_late_delivery_or_none(shop: Path, truths: Truths) -> None:
    outs = truths.stock_outs.to_pandas()
    deliveries = read(shop, "deliveries")
    ends = deliveries.merge(outs, on=["store_id", "sku"])
    late = ends[pd.to_datetime(ends.promised_on) == pd.to_datetime(ends.from_on)]
    arrived = pd.to_datetime(late.delivered_on)
    assert ((arrived == pd.to_datetime(late.to_on)) | arrived.isna()).mean() > 0.9
    lasting = outs[pd.to_datetime(outs.to_on) == pd.Timestamp(2024, 12, 30)]
    assert len(lasting.merge(late[late.delivered_on.isna()], on=["store_id", "sku"])) == len(lasting) > 0


def test_sales_by_week_equal_the_receipts(shop: Path) -> None:
    lines = read(shop, "purchases")
    lines = lines[~is_faulty("purchases", lines)]
    local = lines.bought_at.dt.tz_convert("Europe/Paris").dt.tz_localize(None)
    monday = (local - pd.to_timedelta(local.dt.weekday.astype(int), unit="D")).dt.date
    counted = lines.assign(week=monday).groupby(["sku", "store_id", "week"]).units.sum()
    weeks = read(shop, "weekly_sales")
    key = ["sku", "store_id", "week_starts_on"]
    told = weeks[~is_faulty("weekly_sales", weeks)].set_index(key).units
    assert told.sum() == counted.sum()
    assert (told[told > 0].sort_index().to_numpy() == counted.sort_index().to_numpy()).all()


def test_planned_prices_and_promotions_reach_beyond_the_last_receipt(shop: Path) -> None:
    assert read(shop, "prices").valid_from.max() >= date(2024, 12, 30)
    assert read(shop, "promotions").starts_on.max() >= date(2024, 12, 30)


def test_paid_prices_are_the_window_s_but_for_coupons(shop: Path) -> None:
    lines = read(shop, "purchases")
    lines = lines[~is_faulty("purchases", lines)]
    lines["day"] = pd.to_datetime(lines.bought_at.dt.tz_convert("Europe/Paris").dt.date).astype("datetime64[ns]")
    prices = read(shop, "prices")
    prices = prices[~is_faulty("prices", prices)].drop_duplicates(["sku", "valid_from"])
    prices["day"] = pd.to_datetime(prices.valid_from).astype("datetime64[ns]")
    lines, prices = lines.sort_values("day"), prices.sort_values("day")
    joined = pd.merge_asof(lines.astype({"sku": str}), prices.astype({"sku": str}), on="day", by="sku")
    assert (joined.day < pd.to_datetime(joined.valid_to).fillna(pd.Timestamp.max)).all()
    assert (joined.unit_price <= joined.price + 1e-9).all()
    coupons = (joined.unit_price < joined.price - 1e-9).sum()
    redeemed = read(shop, "redemptions")
    assert coupons == (~is_faulty("redemptions", redeemed)).sum()
