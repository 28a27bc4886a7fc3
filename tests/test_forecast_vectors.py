"""Product vectors as a feature family: their directions, where they are absent, and which may be looked at."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import service_shop
from forecast_shops import history_from, weekly_rows

from evaluation.forecast_rounds import Round, known_model
from forecast.features import features
from forecast.model import families_tried, fit_forecast
from forecast.panel import panel_of
from forecast.settings import ForecastSettings
from forecast.vectors import NUM_DIRECTIONS, with_vectors
from schema.embeddings import EmbeddingTable
from schema.errors import BadInput

SPACES = ("complement_anchor", "complement_candidate", "substitute_anchor", "substitute_candidate")
QUICK = ForecastSettings(num_trees=20, max_rows=4_000)


def vectors(skus, width=8, seed=0):
    generator = np.random.default_rng(seed)
    spaces = {name: generator.normal(size=(len(skus), width)).astype(np.float32) for name in SPACES}
    return EmbeddingTable(tuple(skus), spaces)


@pytest.fixture(scope="module")
def history():
    return history_from(weekly_rows(num_brands=24, num_stores=2, num_weeks=40))


@pytest.fixture(scope="module")
def table(history):
    return vectors([*sorted(set(history.keys["sku"]))[1:], "zz"])


def test_directions_keep_the_most_of_what_parts_products(history, table):
    """An independent oracle: distances by the directions are those by the best 16 of the covariance's."""
    found = with_vectors(history, table).vectors
    stacked = np.hstack([table.spaces[name] for name in SPACES]).astype(np.float64)
    stacked -= stacked.mean(axis=0)
    best = np.linalg.eigh(stacked.T @ stacked)[1][:, -NUM_DIRECTIONS:]
    wanted = stacked @ best
    row = {sku: at for at, sku in enumerate(history.keys["sku"])}
    for one, other in (("b01", "b02"), ("b07", "b23")):
        gap = np.linalg.norm(found[row[one]] - found[row[other]])
        mine, theirs = (wanted[table.rows[sku]] for sku in (one, other))
        assert gap == pytest.approx(np.linalg.norm(mine - theirs), rel=1e-4)


def test_a_product_without_vectors_is_unknown_and_stores_share_theirs(history, table):
    found, skus = with_vectors(history, table).vectors, history.keys["sku"].to_numpy()
    assert np.isnan(found[skus == "b00"]).all()
    assert np.isfinite(found[skus != "b00"]).all()
    np.testing.assert_array_equal(found[skus == "b05"][0], found[skus == "b05"][1])


def test_vectors_whose_signs_turn_are_the_same_directions(history, table):
    turned = replace(table, spaces={name: -values for name, values in table.spaces.items()})
    found, again = (with_vectors(history, one).vectors for one in (table, turned))
    np.testing.assert_allclose(np.abs(found), np.abs(again), rtol=1e-4, atol=1e-5)


def test_the_family_is_absent_without_vectors(history, table):
    known = history.known_weeks(36)
    chosen = QUICK.only(["lags", "embeddings"])
    assert fit_forecast(known, horizons=[1], settings=chosen).settings.families == ("lags",)
    panel = panel_of(with_vectors(known, table))
    matrix, families = features(panel, origin=30, target=31, rows=np.array([0, 3]), families=["lags", "embeddings"])
    assert list(families.values()).count("embeddings") == NUM_DIRECTIONS
    assert matrix.shape == (2, len(families))


@pytest.mark.slow
def test_vectors_that_say_nothing_do_not_pass(history, table):
    known = history.known_weeks(36)
    verdicts = {
        one.families: one for one in families_tried(with_vectors(known, table), horizons=[1], settings=QUICK)[1]
    }
    assert not verdicts["embeddings",].is_on
    without = families_tried(known, horizons=[1], settings=QUICK)[1]
    assert ("embeddings",) not in {one.families for one in without}


def test_a_model_that_has_seen_what_is_to_be_forecast_is_refused():
    model = replace(service_shop.artefact(), manifest={"as_of": "2024-09-16"})
    first = Round("1", date(2024, 9, 16), date(2024, 9, 16), date(2024, 9, 23))
    assert known_model(model, first) is model
    with pytest.raises(BadInput, match="--as-of 2024-09-09"):
        known_model(model, replace(first, train_before=date(2024, 9, 9)))
