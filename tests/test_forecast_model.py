"""The forecast: ordered quantiles, the same from the same, blind to later weeks, for shops of any size."""

from dataclasses import replace

import numpy as np
import pytest
from forecast_shops import history_from, weekly_rows, with_grid

from forecast.features import FAMILIES, features
from forecast.model import fit_forecast
from forecast.panel import panel_of
from forecast.quantiles import STEPS, at_levels, fit_residuals, median_by_share
from forecast.settings import ForecastSettings
from forecast.velocity import CLASSES, velocity_classes
from schema.demand import LEVELS
from schema.errors import EmptyWindow

pytestmark = pytest.mark.slow

QUICK = ForecastSettings(num_trees=20, is_on_trial=False)
KNOWN = 50


@pytest.fixture(scope="module")
def whole():
    return history_from(weekly_rows())


def predicted(history, known=KNOWN, ahead=(1, 2, 3), settings=QUICK):
    model = fit_forecast(history.known_weeks(known), horizons=ahead, settings=settings)
    series = np.tile(np.arange(history.num_series), len(ahead))
    return model.predict(series, np.repeat([known - 1 + step for step in ahead], history.num_series))


@pytest.fixture(scope="module")
def told(whole):
    return predicted(whole)


def test_quantiles_are_ordered_and_told(told):
    assert told.quantiles.shape == (len(told), len(LEVELS))
    assert np.isfinite(told.quantiles).all()
    assert (np.diff(told.quantiles, axis=1) >= 0).all()
    assert (told.quantiles >= 0).all()
    assert (told.mean > 0).all()


def test_equal_input_gives_equal_output(whole, told):
    again = predicted(whole)
    np.testing.assert_array_equal(again.mean, told.mean)
    np.testing.assert_array_equal(again.quantiles, told.quantiles)


@pytest.mark.parametrize("name", ["units", "on_hand_units"])
def test_no_fact_of_a_later_week_changes_a_forecast(whole, told, name):
    def spoil(grid):
        grid[:, KNOWN:] = 7 * np.nan_to_num(grid[:, KNOWN:])[::-1] + 13

    again = predicted(with_grid(whole, name, spoil))
    np.testing.assert_array_equal(again.quantiles, told.quantiles)


def test_no_feature_looks_past_its_origin(whole):
    def spoil(grid):
        grid[:, 40:] = 1000.0

    rows = np.arange(whole.num_series)
    effects = panel_of(whole.known_weeks(30)).effects
    seen = [panel_of(one, effects=effects) for one in (whole, with_grid(whole, "units", spoil))]
    for origin, target in ((39, 40), (35, 40), (39, 43)):
        one, two = (
            features(panel, origin=origin, target=target, rows=rows, families=list(FAMILIES))[0] for panel in seen
        )
        np.testing.assert_array_equal(one, two)


def cut_price(week, series=0):
    def change(grid):
        grid[series, week] *= 0.7

    return change


def test_each_week_sees_its_own_planned_price(whole):
    ahead = (1, 2, 3, 4, 5)
    calm = whole
    for name, value in (("price_cut_share", 0.0), ("feature_share", 0.0), ("display_share", 0.0)):
        calm = with_grid(
            calm, name, lambda grid, value=value: grid.__setitem__((slice(None), slice(KNOWN, None)), value)
        )
    calm = with_grid(calm, "price", lambda grid: grid.__setitem__((slice(None), slice(KNOWN, None)), 2.5))
    calm = with_grid(calm, "base_price", lambda grid: grid.__setitem__((slice(None), slice(KNOWN, None)), 2.5))
    plain, *moved = (
        predicted(one, ahead=ahead).mean.reshape(len(ahead), -1)[:, 0]
        for one in (calm, *(with_grid(calm, "price", cut_price(KNOWN + step)) for step in (1, 3)))
    )
    for step, told in zip((1, 3), moved, strict=True):
        lift = np.log(told / plain)
        assert (lift[:step] == 0).all(), "nothing moves before the promotion"
        assert lift[step] > 0.3, "the promoted week moves"
        assert np.abs(lift[step + 1 :]).max() < lift[step] / 3, "later weeks move by carry-over alone"


def test_a_promotion_moves_other_products_only_through_relations(whole):
    lone = replace(QUICK, families=tuple(name for name in QUICK.families if name != "relations"))
    promoted = with_grid(whole, "price", cut_price(KNOWN, series=0))
    others = np.arange(whole.num_series) > 0
    one, two = (predicted(history, ahead=(1,), settings=lone).mean[others] for history in (whole, promoted))
    np.testing.assert_array_equal(one, two)
    assert (predicted(promoted, ahead=(1,)).mean[others] != predicted(whole, ahead=(1,)).mean[others]).any()


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_family_can_be_left_out(whole, family):
    told = predicted(whole, ahead=(1,), settings=QUICK.without(family))
    assert np.isfinite(told.quantiles).all()


def test_more_horizons_than_are_learnt_from_each_week(whole):
    told = predicted(whole, known=30, ahead=tuple(range(1, 27)))
    assert np.isfinite(told.quantiles).all()


def test_one_week_alone_gives_a_forecast(whole):
    told = predicted(whole, known=1, ahead=(1,))
    assert np.isfinite(told.quantiles).all()


def test_no_week_at_all_is_refused(whole):
    with pytest.raises(EmptyWindow, match="cut-off"):
        predicted(whole, known=0, ahead=(1,))


def test_where_nothing_was_ever_sold_nothing_is_expected(whole):
    told = predicted(with_grid(whole, "units", lambda grid: grid.fill(0.0)))
    assert told.mean.max() < 0.01
    assert told.quantiles.max() < 0.1


def test_prices_may_be_unknown(whole):
    def forget(grid):
        grid[:, ::3] = np.nan

    some = with_grid(with_grid(whole, "price", forget), "base_price", forget)
    none = with_grid(
        with_grid(whole, "price", lambda grid: grid.fill(np.nan)), "base_price", lambda grid: grid.fill(np.nan)
    )
    for history in (some, none):
        told = predicted(history, ahead=(1,))
        assert np.isfinite(told.quantiles).all()
        assert (told.mean > 0).all()


def test_a_new_product_is_told_from_its_likes(whole):
    told = predicted(with_grid(whole, "units", lambda grid: grid[0].fill(np.nan)), ahead=(1,))
    assert 0.1 < told.mean[0] / np.median(told.mean[1:]) < 10


def test_percentage_points_lie_lower(whole, told):
    shares = predicted(whole, settings=replace(QUICK, objective="mape"))
    assert np.mean(shares.mean < told.mean) > 0.8


def test_intervals_cover_what_they_say():
    history = history_from(weekly_rows(num_stores=10, num_weeks=80, seed=3))
    told = predicted(history, known=70, ahead=(1, 2, 3, 4))
    actual = history.grids["units"][:, 70:74].T.ravel()
    known = np.isfinite(actual)
    inside = (actual >= told.quantiles[:, 0]) & (actual <= told.quantiles[:, -1])
    assert 0.84 < inside[known].mean() < 0.95


def test_residuals_of_a_small_group_are_drawn_to_its_class():
    generator = np.random.default_rng(0)
    scaled = np.concatenate(
        [generator.normal(0, 1, 20_000), generator.normal(0, 5, 40), generator.normal(0, 3, 20_000)]
    )
    groups = np.repeat([0, 1, 2], [20_000, 40, 20_000])
    cuts = fit_residuals(scaled, groups, np.array([0, 0, 1])).cuts
    widths = cuts[:, 94] - cuts[:, 4]
    assert widths[0] < widths[1] < 2 * widths[0]
    assert widths[2] == pytest.approx(3 * widths[0], rel=0.1)


def test_levels_are_columns_of_the_steps():
    np.testing.assert_allclose(at_levels(STEPS[None, :])[0], LEVELS)


def test_the_point_for_percentages_is_the_best_of_all():
    quantiles = np.sort(np.random.default_rng(1).lognormal(2, 0.8, 99))[None, :]
    point = median_by_share(quantiles)[0]
    losses = [(np.abs(quantiles - guess) / np.maximum(quantiles, 1)).mean() for guess in quantiles[0]]
    assert (np.abs(quantiles - point) / np.maximum(quantiles, 1)).mean() == pytest.approx(min(losses))


def test_velocity_classes_are_thirds_and_the_new_are_cold():
    units = np.tile(np.arange(1.0, 10.0)[:, None], (1, 20)).astype(np.float32)
    units[4, :15] = np.nan
    names = [CLASSES[at] for at in velocity_classes(units)]
    assert names == ["slow"] * 3 + ["medium", "cold", "medium"] + ["fast"] * 3
