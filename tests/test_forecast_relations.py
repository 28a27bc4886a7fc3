"""Relations as features: substitutes share their anchor within its store, and nothing later is seen."""

import numpy as np
import pyarrow as pa
import pytest
from forecast_shops import history_from, weekly_rows, with_grid

from forecast.features import features
from forecast.model import fit_forecast
from forecast.panel import panel_of
from forecast.peers import with_relations
from forecast.settings import ForecastSettings
from schema.relations import RELATION_SCHEMA, Relations

ORIGIN, TARGET = 30, 32


def relation(relation, sku, other_sku, probability, transfer_share=None):
    row = {"relation": relation, "sku": sku, "other_sku": other_sku, "rank": 1, "probability": probability}
    return {**row, "transfer_share": transfer_share}


@pytest.fixture(scope="module")
def history():
    return history_from(weekly_rows(num_brands=4, num_stores=3, num_weeks=40, missing=0.0))


@pytest.fixture(scope="module")
def relations():
    rows = [
        relation("SUBSTITUTES_FOR", "b01", "b00", 0.9, 0.3),
        relation("SUBSTITUTES_FOR", "b02", "b00", 0.9, 0.1),
        relation("COMPLEMENTS", "b03", "b00", 0.8),
        relation("COMPLEMENTS", "elsewhere", "b00", 0.8),
    ]
    return Relations(pa.Table.from_pylist(rows, schema=RELATION_SCHEMA), is_calibrated=True)


def named(history, relations=None, rows=None):
    history = history if relations is None else with_relations(history, relations)
    panel = panel_of(history.known_weeks(ORIGIN + 1))
    rows = np.arange(history.num_series) if rows is None else rows
    matrix, names = features(panel, origin=ORIGIN, target=TARGET, rows=rows, families=["relations"])
    return dict(zip(names, matrix.T, strict=True))


def test_substitutes_share_their_anchor_within_its_store(history, relations):
    shares = with_relations(history, relations).substitutes.toarray()
    keys = [tuple(key) for key in history.keys.itertuples(index=False)]
    for row, (sku, store) in enumerate(keys):
        wanted = {("b01", store): 0.75, ("b02", store): 0.25} if sku == "b00" else {}
        assert {keys[at]: shares[row, at] for at in np.flatnonzero(shares[row])} == pytest.approx(wanted)


def test_a_substitutes_discount_is_seen_by_its_anchor_alone(history, relations):
    discount = np.log(history.grids["price"] / history.grids["base_price"])[:, TARGET]
    told = named(history, relations)["substitutes_discount"]
    skus, stores = history.keys["sku"].to_numpy(), history.keys["store_id"].to_numpy()
    for row, (sku, store) in enumerate(zip(skus, stores, strict=True)):
        mates = {mate: discount[(skus == mate) & (stores == store)][0] for mate in ("b01", "b02")}
        wanted = 0.75 * mates["b01"] + 0.25 * mates["b02"] if sku == "b00" else np.nan
        np.testing.assert_allclose(told[row], wanted, rtol=1e-4)


def test_without_relations_the_category_stands_in(history):
    price = np.log(history.grids["price"])[:, TARGET]
    found = named(history)
    assert "substitutes_discount" not in found
    for store in history.keys["store_id"].unique():
        mates = np.flatnonzero(history.keys["store_id"] == store)
        for row in mates:
            others = price[mates[mates != row]].mean()
            np.testing.assert_allclose(found["price_against_peers"][row], price[row] - others, rtol=1e-3, atol=1e-5)


def test_some_rows_have_the_features_that_all_rows_have(history, relations):
    rows = np.array([7, 2])
    whole, some = named(history, relations), named(history, relations, rows)
    for name, values in some.items():
        np.testing.assert_allclose(values, whole[name][rows], rtol=1e-6)


def test_stock_outs_count_up_to_the_origin_alone(history):
    def empty(weeks):
        return lambda grid: (grid.fill(5.0), grid.__setitem__((slice(None), weeks), 0.0))

    late, early = (with_grid(history, "on_hand_units", empty(weeks)) for weeks in (ORIGIN + 1, ORIGIN))
    assert (named(late)["peers_out_of_stock"] == 0).all()
    assert (named(early)["peers_out_of_stock"] == 1).all()


def test_a_forecast_can_be_fitted_with_relations(history, relations):
    settings = ForecastSettings(num_trees=10, is_on_trial=False)
    model = fit_forecast(with_relations(history, relations).known_weeks(36), horizons=[1], settings=settings)
    told = model.predict(np.arange(history.num_series), np.full(history.num_series, 36))
    assert np.isfinite(told.quantiles).all()
    assert told.table().num_rows == history.num_series
