"""What stock-outs and prices do in a loud synthetic shop is what was planted, by simple independent counts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from synthetic_lines import read_lines

from loaders.synthetic import make_shop
from loaders.synthetic_truths import Truths, read_truths

pytestmark = pytest.mark.slow

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


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("loud")
    (home / "loud.toml").write_text(LOUD)
    return make_shop("small", seed=7, into=home / "shop", params=home / "loud.toml")


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
