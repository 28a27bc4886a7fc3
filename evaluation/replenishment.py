"""Protocol replenishment: policies played over a shop's past weeks, ours beside the textbook's and the shop's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from decisions.order_points import Tradeoff, order_points
from decisions.replenish import LineDemand, batch_units, checked, choices, ordered_units
from decisions.simulation import Orders, simulate
from decisions.textbook import fill_rate_points, service_points
from evaluation.replay import REVIEW_DAYS, Replay, history_figures, read_replay
from evaluation.report import OURS, Report, peak_mib
from evaluation.what_if import AS_IT_WAS, WhatIf
from forecast.reading import history_by
from lake.ports import TableSource
from lake.sources import table_source
from lake.version import LakeVersion
from schema.errors import MissingTable
from schema.order_policy import OrderPolicy
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.tables import RetailTables

Floats = npt.NDArray[np.float64]
Points = Callable[[int], Floats]
"""Number of the review → order points `[num_lines]`."""
Family = Callable[[float], Points]
"""A policy by the level asked of it."""
SERVICES: Final = (0.3, 0.5, 0.7, 0.8, 0.9, 0.97)
"""Service levels at which Z·σ·√L is played besides, to find the stock that it needs for the fill rate asked."""
FILLS: Final = (0.85, 0.9, 0.93, 0.97, 0.985)
"""Fill rates that the others are asked for besides, to the same end."""


def policies_played(replay: Replay, level: float, *, progress: Progress = silent) -> Mapping[str, Mapping[str, float]]:
    """Figures by policy, the shop's own past first.

    Each policy is played at the level asked and at others; `stock_at_asked` is the stock at which it would fill just
    what was asked, between its two nearest levels, and is left out where none of them come so low or high.

    Args:
        level: the fill rate asked of ours, and of the textbook's fill-rate form; Z·σ·√L takes it for its service level,
            as is often done.
    """
    demands = _demands(replay, progress)
    ours = [choices(replay.lines, demand, OrderPolicy(review_days=REVIEW_DAYS)) for demand in demands]
    families: dict[str, tuple[Family, Sequence[float]]] = {
        "Z·σ·√L, past sales": (partial(_textbook, replay, None), SERVICES),
        "Z·σ·√L, our forecast": (partial(_textbook, replay, demands), SERVICES),
        "textbook fill rate, our forecast": (partial(_filling, replay, demands), FILLS),
        "substitutes pooled": (partial(_ours, replay, ours, True), ()),
        OURS: (partial(_ours, replay, ours, False), FILLS),
    }
    number = sum(1 + len(others) for _, others in families.values())
    found: dict[str, Mapping[str, float]] = {"as it was": history_figures(replay)}
    done = 0
    for name, (family, others) in families.items():
        played = []
        for one in (level, *others):
            played.append(_played(replay, family(one), demands))
            done += 1
            progress("policies played", done, number)
        stock = stock_at(played, level)
        found[name] = {**played[0], **({} if np.isnan(stock) else {"stock_at_asked": stock})}
    return found


def _demands(replay: Replay, progress: Progress) -> list[LineDemand]:
    """Demand as forecast at each review, put right by how forecasts did in the weeks before it."""
    found = []
    for review in range(replay.num_reviews):
        told, scale = replay.quantiles[review], replay.scale(review)
        if scale is not None:
            told = scale.of(told, replay.past_sales(review)[0])
        demand = LineDemand.of(replace(replay.lines, demand=told), REVIEW_DAYS)
        found.append(demand)
        progress("forecasts by review", review + 1, replay.num_reviews)
    return found


def stock_at(swept: Sequence[Mapping[str, float]], fill_rate: float) -> float:
    """The stock at which a swept policy would fill as much, between its two nearest levels; NaN outside them."""
    fills, stocks = ([one[name] for one in swept] for name in ("fill_rate", "stock_units"))
    order = np.argsort(fills)
    return float(np.interp(fill_rate, np.array(fills)[order], np.array(stocks)[order], left=np.nan, right=np.nan))


def _played(replay: Replay, points: Points, demands: list[LineDemand]) -> dict[str, float]:
    first = points(0)
    batch = batch_units(replay.lines, demands[0].in_review)
    sells = demands[0].until_next.mean(axis=1) > 0

    def orders(review: int, position: Floats) -> Floats:
        return ordered_units(first if review == 0 else points(review), position, replay.lines, sells)

    play: Orders = orders
    return simulate(replay.scene, play, opening=first + above_point(batch)).figures(replay.scene)


def above_point(batch: Floats) -> Floats:
    """Units that shelves begin with above the order point `[num_lines]`: any from 1 to a batch, alike for all policies.

    Batches that last longer than the weeks played would hide, begun at their middle, what running out of one costs.
    """
    return np.asarray(np.ceil(batch * np.random.default_rng(0).uniform(1e-9, 1, len(batch))))


def _ours(replay: Replay, ours: Sequence[Tradeoff], pools: bool, level: float) -> Points:
    policy = OrderPolicy(level=level, review_days=REVIEW_DAYS, pools_substitutes=pools)
    kept = np.asarray(replay.scene.transfer.sum(axis=1)).ravel()
    lines = replace(replay.lines, kept_share=np.clip(kept, 0, 1))
    return lambda review: order_points(ours[review], lines, policy)


def _textbook(replay: Replay, demands: list[LineDemand] | None, level: float) -> Points:
    def points(review: int) -> Floats:
        mean, sd = _by_day(replay, review, demands)
        return np.maximum(service_points(mean, sd, replay.lines.lead_days, review_days=REVIEW_DAYS, level=level), 0)

    return points


def _filling(replay: Replay, demands: list[LineDemand], level: float) -> Points:
    def points(review: int) -> Floats:
        mean, sd = _by_day(replay, review, demands)
        return fill_rate_points(mean, sd, replay.lines.lead_days, review_days=REVIEW_DAYS, level=level)

    return points


def _by_day(replay: Replay, review: int, demands: list[LineDemand] | None) -> tuple[Floats, Floats]:
    if demands is not None:
        return demands[review].day_mean, demands[review].day_sd
    mean, sd = replay.past_sales(review)
    return mean / 7, sd / np.sqrt(7)


def run(  # noqa: PLR0913  # keywords only: what is played
    source: LakeVersion | RetailTables,
    *,
    weeks: int = 24,
    skip_weeks: int = 6,
    level: float = 0.95,
    relations: Relations | None = None,
    what_if: WhatIf = AS_IT_WAS,
    plays_perishables: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Play a shop's last weeks under each policy; see `read_replay` and `policies_played`.

    Raises:
        MissingTable: if there are no weekly sales or no deliveries.
        EmptyWindow: if there are too few weeks.
        BadInput: if the level is not between 0 and 1.
    """
    checked(OrderPolicy(level=level))
    tables = table_source(source)
    if "weekly_sales" not in tables:
        raise MissingTable("Simulating orders", "weekly_sales")
    history = history_by(tables.rows, tables.info)
    replay = read_replay(
        tables,
        history,
        weeks=weeks,
        skip_weeks=skip_weeks,
        relations=relations,
        what_if=what_if,
        plays_perishables=plays_perishables,
        seed=seed,
        progress=progress,
    )
    report = _report(replay, policies_played(replay, level, progress=progress), tables, level, seed)
    changed = what_if.words()
    return replace(report, notes=(changed, *report.notes)) if changed else report


def _report(
    replay: Replay, results: Mapping[str, Mapping[str, float]], tables: TableSource, level: float, seed: int
) -> Report:
    start, skipped = replay.rolling.history.weeks[replay.origin], replay.scene.skip_days // 7
    return Report(
        protocol="replenishment",
        tables=tables.info.name,
        data_hash=tables.load_ids[-1].as_py(),
        as_of=pd.Timestamp(start).date(),
        seed=seed,
        fit_seconds=0.0,
        peak_mib=peak_mib(),
        results=results,
        differences={},
        notes=(
            f"{len(replay.lines):,} lines, {replay.num_reviews} weeks, the first {skipped} not counted; "
            f"asked: a fill rate of {level:g}.",
            "stock_at_asked: units on all shelves where each policy's level is chosen afterwards so that it fills just "
            "what was asked.",
            "As it was: the shop's own weeks' ends, sales over estimated demand.",
        ),
    )
