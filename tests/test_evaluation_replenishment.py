"""Replay: past weeks played again under several policies."""

from dataclasses import replace

import numpy as np
import pytest
from forecast_shops import with_grid
from lake_shops import stage
from test_jobs_planning import shop

from evaluation import replenishment
from evaluation.replay import read_replay
from evaluation.replenishment import stock_at
from evaluation.what_if import WhatIf
from forecast.reading import history_by
from lake.sources import table_source
from schema.errors import EmptyWindow, MissingTable


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return stage(tmp_path_factory.mktemp("replay"), {**shop(), "supplies": []})


@pytest.mark.slow
def test_every_policy_is_played_and_more_demand_fills_less(tables):
    usual = replenishment.run(tables, weeks=12, skip_weeks=4, level=0.95)
    assert usual.results["shelfgraph"]["fill_rate"] > 0.9
    assert set(usual.results) >= {"as it was", "Z·σ·√L, past sales", "Z·σ·√L, our forecast"}
    late = replenishment.run(tables, weeks=12, skip_weeks=4, level=0.95, what_if=WhatIf(1.3, "V1", 14))
    assert late.results["shelfgraph"]["fill_rate"] < usual.results["shelfgraph"]["fill_rate"]


@pytest.mark.slow
def test_what_puts_forecasts_right_knows_the_weeks_before_a_review_and_none_after(tables):
    source = table_source(tables)
    replay = read_replay(source, history_by(source.rows, source.info), weeks=10)
    review = 3

    def spoil(units):
        units[:, replay.origin + review :] = 999

    spoilt = replace(replay, rolling=replace(replay.rolling, history=with_grid(replay.rolling.history, "units", spoil)))
    scales = [one.scale(at) for one in (replay, spoilt) for at in (review, review + 1)]
    assert all(one is not None for one in scales)
    same, moved = ([np.concatenate(list(vars(one).values())) for one in pair] for pair in (scales[::2], scales[1::2]))
    np.testing.assert_array_equal(*same)
    assert not np.array_equal(*moved)
    assert not np.array_equal(same[0], moved[0])


def test_stock_at_equal_fill_lies_between_its_neighbours():
    swept = [{"fill_rate": 0.9, "stock_units": 10.0}, {"fill_rate": 0.96, "stock_units": 16.0}]
    assert stock_at(swept, 0.93) == pytest.approx(13)
    assert np.isnan(stock_at(swept, 0.99))


def test_too_few_weeks_and_no_deliveries_are_refused(tables, tmp_path):
    with pytest.raises(EmptyWindow):
        replenishment.run(tables, weeks=28)
    bare = {name: rows for name, rows in shop().items() if name not in {"deliveries", "supplies"}}
    with pytest.raises(MissingTable, match="deliveries"):
        replenishment.run(stage(tmp_path, bare), weeks=12)
