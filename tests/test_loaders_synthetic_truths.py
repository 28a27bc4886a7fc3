"""Planted truths of the synthetic shop are seen in its data, by simple independent counts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.sparse import csr_matrix

from loaders.synthetic import make_shop
from loaders.synthetic_truths import Truths, read_truths
from schema.errors import BadInput

# Many stock-outs, prices that move often and hardly a promotion: effects stand out of the noise.
LOUD = """
[scales.small]
customers = 5_000
customers_per_chunk = 2_500
promotions_per_week = 0.3
[stock]
out_share = 0.3
out_weeks = [2, 4]
[prices]
changes_per_year = 12.0
change_sd = 0.18
[dirt]
scale = 0
"""


def read_lines(shop: Path) -> pd.DataFrame:
    lines = pq.read_table(shop / "purchases.parquet").to_pandas()
    lines = lines[
        (lines.units > 0) & (lines.bought_at > pd.Timestamp(2000, 1, 1, tz="UTC")) & (lines.sku != "NO-SUCH-SKU")
    ]
    local = lines.bought_at.dt.tz_convert("Europe/Paris").dt.tz_localize(None)
    return lines.assign(week=(local - pd.Timestamp(2024, 1, 1)).dt.days // 7)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop("small", seed=7, into=tmp_path_factory.mktemp("shop") / "small")


@pytest.fixture(scope="module")
def truths(shop: Path) -> Truths:
    return read_truths(shop)


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("loud")
    (home / "loud.toml").write_text(LOUD)
    return make_shop("small", seed=7, into=home / "shop", params=home / "loud.toml")


def together(lines: pd.DataFrame, group: str, skus: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """How many groups hold both products of a pair, and how many would by chance, `[num_products, num_products]`."""
    rows, row = {sku: row for row, sku in enumerate(skus)}, pd.factorize(lines[group])[0]
    held = csr_matrix((np.ones(len(lines)), (row, lines.sku.map(rows))), shape=(row.max() + 1, len(skus)))
    held.data[:] = 1
    both = (held.T @ held).toarray()
    return both, np.outer(both.diagonal(), both.diagonal()) / held.shape[0]


def pooled_lift(labels: pd.DataFrame, lines: pd.DataFrame, group: str, skus: list[str]) -> pd.Series:
    both, chance = together(lines, group, skus)
    rows = {sku: row for row, sku in enumerate(skus)}
    first, second = labels.sku.map(rows), labels.other_sku.map(rows)
    pairs = labels.assign(both=both[first, second], chance=chance[first, second]).groupby("relation")
    return pairs.both.sum() / pairs.chance.sum()


def test_substitutes_share_households_and_seldom_baskets_complements_share_baskets(shop: Path, truths: Truths) -> None:
    lines, labels = read_lines(shop), truths.labels.to_pandas()
    skus = truths.needs["sku"].to_pylist()
    baskets = pooled_lift(labels, lines, "basket_id", skus)
    households = pooled_lift(labels, lines, "customer_id", skus)
    assert baskets["substitute"] < 0.5
    assert 0.8 < baskets["none"] < 1.3
    assert baskets["complement"] > 1.5
    assert households["substitute"] > 1.5
    assert households["none"] < 1.4


def test_households_alternate_between_substitutes(shop: Path, truths: Truths) -> None:
    """A household that changes product keeps to its form: what it takes next replaces what it took before."""
    needs = truths.needs.to_pandas().set_index("sku")
    lines = read_lines(shop)
    lines = lines.assign(need=lines.sku.map(needs.need)).sort_values(["customer_id", "need", "bought_at"])
    before = lines.shift()
    same = (lines.customer_id == before.customer_id) & (lines.need == before.need)
    pairs = pd.DataFrame({"before": before.sku, "after": lines.sku})[same & (lines.basket_id != before.basket_id)]
    changed = pairs[pairs.before != pairs.after]
    assert 0.15 < len(changed) / len(pairs) < 0.85
    special = changed[needs.form.loc[changed.before].to_numpy() > 0]
    keeps = (needs.form.loc[special.after] > 0).mean()
    assert keeps > 2.5 * (needs.form.loc[changed.after] > 0).mean()


@pytest.mark.slow
def test_complements_are_directed(shop: Path, truths: Truths) -> None:
    """More of the anchor's baskets hold the partner than the partner's baskets hold the anchor, for most links."""
    need = truths.needs.to_pandas().set_index("sku").need
    lines = read_lines(shop)
    held = lines.assign(need=lines.sku.map(need))[["basket_id", "need"]].drop_duplicates()
    matrix = pd.crosstab(held.basket_id, held.need).astype(bool)
    lift = []
    for row in truths.links.to_pandas().itertuples():
        if row.need in matrix and row.partner_need in matrix and row.need != row.partner_need:
            anchor, partner = matrix[row.need], matrix[row.partner_need]
            lift.append((partner[anchor].mean() - partner[~anchor].mean(), row.strength))
    gain, strength = np.array(lift).T
    assert len(gain) > 10
    assert (gain > 0).mean() > 0.9
    assert np.corrcoef(gain, strength)[0, 1] > 0.5


def test_demand_of_what_is_out_goes_to_its_substitutes(loud: Path) -> None:
    """Extra purchases of its need's other products, over its own usual ones, are what its transfer shares sum to."""
    truths, lines = read_truths(loud), read_lines(loud)
    needs = truths.needs.to_pandas().set_index("sku")
    need = needs.need
    weekly = lines.groupby(["store_id", "sku", "week"]).size()
    table = weekly.unstack(fill_value=0).reindex(columns=range(52), fill_value=0)
    by_need = table.groupby(
        [table.index.get_level_values(0), need.loc[table.index.get_level_values(1)].to_numpy()]
    ).sum()
    gained = usual = 0.0
    for row in truths.stock_outs.to_pandas().itertuples():
        if (row.store_id, row.sku) not in table.index:
            continue
        own = table.loc[(row.store_id, row.sku)].to_numpy(float)
        rest = by_need.loc[(row.store_id, need[row.sku])].to_numpy(float) - own
        first, last = ((day - pd.Timestamp(2024, 1, 1).date()).days // 7 for day in (row.from_on, row.to_on))
        near = np.r_[max(0, first - 6) : first, last : min(52, last + 6)]
        gained += (rest[first:last] - rest[near].mean()).sum()
        usual += own[near].mean() * (last - first)
    planted = truths.stock_outs.to_pandas()
    expected = 1 - planted.num_lost.sum() / planted.num_wanted.sum()
    assert planted.num_wanted.sum() > 2_000
    assert abs(usual / planted.num_wanted.sum() - 1) < 0.2
    assert abs(gained / usual - expected) < 0.2


def test_transfer_and_lost_shares_sum_to_one(loud: Path) -> None:
    truths = read_truths(loud)
    transfers, outs = truths.transfers.to_pandas(), truths.stock_outs.to_pandas()
    shares = transfers.groupby("other_sku").transfer_share.sum()
    seen = transfers.groupby("other_sku").num_moves.sum()
    by_sku = outs.groupby("sku")[["num_wanted", "num_lost"]].sum().loc[shares.index]
    assert (shares <= 1 + 1e-6).all()
    many = by_sku.num_wanted >= 50
    assert many.sum() >= 10
    assert np.abs(shares + by_sku.num_lost / by_sku.num_wanted - 1)[many].max() < 0.25
    assert abs(seen.sum() + by_sku.num_lost.sum() - by_sku.num_wanted.sum()) < 0.05 * by_sku.num_wanted.sum()
    joined = transfers.merge(truths.needs.to_pandas(), on="sku").merge(
        truths.needs.to_pandas(), left_on="other_sku", right_on="sku", suffixes=("", "_anchor")
    )
    assert (joined.need == joined.need_anchor).all()


def slope(part: pd.DataFrame) -> float:
    """Weighted least squares of relative sales on log price, both centred within product, through the origin."""
    return float((part.chance * part.change * part.moved).sum() / (part.chance * part.change**2).sum())


def priced_weeks(shop: Path, truths: Truths) -> pd.DataFrame:
    """Purchases of each product, store and week, relative to its usual share of its need's, beside its price."""
    weeks = pq.read_table(shop / "weekly_sales.parquet").to_pandas()
    weeks["week"] = (pd.to_datetime(weeks.week_starts_on) - pd.Timestamp(2024, 1, 1)).dt.days // 7
    bought = read_lines(shop).groupby(["store_id", "sku", "week"]).size().rename("bought").reset_index()
    weeks = weeks.merge(bought, on=["store_id", "sku", "week"], how="left").fillna({"bought": 0})
    weeks = weeks[(weeks.on_hand_units + weeks.units > 0) & (weeks.feature_share + weeks.display_share == 0)]
    weeks = weeks.merge(truths.needs.to_pandas(), on="sku").merge(truths.elasticities.to_pandas(), on="sku")
    place = ["store_id", "sku"]
    share = weeks.groupby(place).bought.transform("sum")
    of_need = weeks.groupby(["store_id", "need", "week"]).bought.transform("sum")
    weeks["chance"] = of_need * share / weeks.assign(n=of_need).groupby(place).n.transform("sum")
    log_price = np.log(weeks.price)
    mean = (log_price * weeks.chance).groupby([weeks.store_id, weeks.sku]).transform("sum")
    weeks["change"] = log_price - mean / weeks.groupby(place).chance.transform("sum")
    weeks["moved"] = weeks.bought / weeks.chance - 1
    return weeks[weeks.chance > 0]


def test_price_elasticities_are_found_by_a_simple_regression(loud: Path) -> None:
    truths = read_truths(loud)
    weeks = priced_weeks(loud, truths)
    weight = weeks.chance * weeks.change**2
    planted = (weight * weeks.elasticity).sum() / weight.sum()
    assert abs(slope(weeks) / planted - 1) < 0.15
    strong = weeks.elasticity < weeks.elasticity.median()
    assert slope(weeks[strong]) < 1.3 * slope(weeks[~strong]) < 0


def test_promotions_lift_what_they_cover(shop: Path, truths: Truths) -> None:
    weeks = pq.read_table(shop / "weekly_sales.parquet").to_pandas()
    weeks = weeks[weeks.price_cut_share <= 1]
    covered = weeks.display_share == 1
    usual = weeks[~covered & (weeks.feature_share == 0) & (weeks.price_cut_share == 0)]
    mean = usual.groupby(["store_id", "sku"]).units.mean().rename("mean")
    on = weeks[covered].merge(mean, on=["store_id", "sku"])
    lifts = truths.lifts.to_pandas()
    planted = lifts[lifts.kind == "display"]
    expected = planted.num_choices.sum() / (planted.num_choices / planted.lift).sum()
    assert expected > 1.2
    assert abs(on.units.sum() / on["mean"].sum() / expected - 1) < 0.25
    assert lifts.groupby("kind").lift.mean()["price_cut"] > lifts.groupby("kind").lift.mean()["mailer"]


def test_labels_follow_from_needs_and_leave_nothing_of_an_anchor_out(truths: Truths) -> None:
    needs, labels = truths.needs.to_pandas().set_index("sku"), truths.labels.to_pandas()
    assert not labels.duplicated(["sku", "other_sku"]).any()
    assert (labels.sku < labels.other_sku).all()
    first, second = needs.loc[labels.sku].reset_index(), needs.loc[labels.other_sku].reset_index()
    is_like = (first.need == second.need) & (first.form == second.form) & ((first.tier - second.tier).abs() <= 1)
    linked = {frozenset((row.need, row.partner_need)) for row in truths.links.to_pandas().itertuples()}
    is_linked = [frozenset(pair) in linked for pair in zip(first.need, second.need, strict=True)]
    assert ((labels.relation == "substitute") == is_like).all()
    assert ((labels.relation == "complement") == (np.array(is_linked) & (first.need != second.need))).all()
    wanted = needs.reset_index().merge(needs.reset_index(), on=["need", "form"])
    wanted = wanted[(wanted.sku_x < wanted.sku_y) & ((wanted.tier_x - wanted.tier_y).abs() <= 1)]
    assert truths.anchors == set(needs.index)
    assert len(wanted) == (labels.relation == "substitute").sum()


def test_labels_are_not_told_by_ids_order_or_category_alone(shop: Path, truths: Truths) -> None:
    products = pq.read_table(shop / "products.parquet").to_pandas().drop_duplicates("sku").set_index("sku")
    labels = truths.labels.to_pandas()
    place = {sku: row for row, sku in enumerate(truths.needs["sku"].to_pylist())}
    apart = (labels.sku.map(place) - labels.other_sku.map(place)).abs().groupby(labels.relation).mean()
    number = (labels.sku.str[1:].astype(int) - labels.other_sku.str[1:].astype(int)).abs()
    numbers = number.groupby(labels.relation).mean()
    assert apart.max() < 1.2 * apart.min()
    assert numbers.max() < 1.2 * numbers.min()
    leaf = products.category_id
    is_same = leaf.loc[labels.sku].to_numpy() == leaf.loc[labels.other_sku].to_numpy()
    substitutes = labels.relation == "substitute"
    assert 0.05 < 1 - is_same[substitutes].mean() < 0.6
    assert is_same[labels.relation == "none"].sum() > 0.2 * is_same[substitutes].sum()


def test_delays_equal_what_the_deliveries_say(shop: Path, truths: Truths) -> None:
    deliveries = pq.read_table(shop / "deliveries.parquet").to_pandas()
    done = deliveries[deliveries.delivered_on.notna() & (deliveries.units_ordered >= 0)]
    done = done[done.supplier_id != "NO-SUCH-SUPPLIER"]
    late = (pd.to_datetime(done.delivered_on) - pd.to_datetime(done.promised_on)).dt.days
    counted = late.groupby(done.supplier_id).agg(["size", "mean"])
    planted = truths.delays.to_pandas().set_index("supplier_id").loc[counted.index]
    assert (planted.num_deliveries == counted["size"]).all()
    assert np.allclose(planted.mean_days_late, counted["mean"])


def test_a_folder_without_truths_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no planted truths"):
        read_truths(tmp_path)
