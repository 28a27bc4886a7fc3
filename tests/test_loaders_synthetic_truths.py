"""Planted truths of the synthetic shop are seen in its data, by simple independent counts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.sparse import csr_matrix
from synthetic_lines import read_lines

from loaders.synthetic import make_shop
from loaders.synthetic_truths import Truths, read_truths
from schema.errors import BadInput


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop("small", seed=7, into=tmp_path_factory.mktemp("shop") / "small")


@pytest.fixture(scope="module")
def truths(shop: Path) -> Truths:
    return read_truths(shop)


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
