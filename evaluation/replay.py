"""Replay: a shop's own past weeks played again, day by day, under one policy after another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc
import scipy.sparse as sp

from decisions.demand_scale import SCALE_REVIEWS, SCALE_WEEKS, DemandScale, scale_by
from decisions.lead_times import LeadTimes, lead_times
from decisions.simulation import LONGEST_LIFE_DAYS, Scene
from evaluation.what_if import AS_IT_WAS, WhatIf, promotion_move
from forecast.history import ONE_WEEK, SalesHistory
from forecast.kept_demand import wanted_units
from forecast.rolling import RollingForecast, extended, roll_forecast
from forecast.settings import ForecastSettings
from lake.ports import TableSource
from lake.terms import known_deliveries, order_terms
from schema.demand import LEVELS
from schema.errors import EmptyWindow, MissingTable, NotFound
from schema.progress import Progress, silent
from schema.relations import Relations
from schema.supply import OrderLines

Floats = npt.NDArray[np.float64]
REVIEW_DAYS = 7
LONGEST_LEAD_DAYS = 56
"""Longer lead times count as this long."""


@dataclass(frozen=True)
class Replay:
    """Past weeks to be played again: what happened, and what was known at each review.

    Attributes:
        rolling: forecasts of the lines, fitted SCALE_REVIEWS weeks before the first review, as the shop's own are.
        origin: the week of the first review.
        lines: terms of the lines as of then; their demand is replaced review by review.
    """

    rolling: RollingForecast
    origin: int
    lines: OrderLines
    scene: Scene

    @property
    def num_reviews(self) -> int:
        """Weekly reviews, the first in the week `origin`."""
        return self.scene.num_days // 7

    @cached_property
    def quantiles(self) -> list[Floats]:
        """By review, of the weeks from it on, by what was known then: told once for all policies."""
        return [self.rolling.quantiles(self.origin + review) for review in range(self.num_reviews)]

    def scale(self, review: int) -> DemandScale | None:
        """What puts forecasts right at a review, learnt in the SCALE_REVIEWS weeks before it, as orders learn it."""
        told, past, wanted = self._hindsight
        part = slice(review, review + SCALE_REVIEWS)
        return scale_by(told[part], past[part], wanted[:, part])

    @cached_property
    def _hindsight(self) -> tuple[list[Floats], list[Floats], Floats]:
        """What is put right, of the weeks from SCALE_REVIEWS before the first review to the last one."""
        told, past, wanted = self.rolling.hindsight(self.origin, num_weeks=SCALE_WEEKS)
        later = range(self.num_reviews)
        played = wanted_units(self.rolling.history)[self.rolling.rows, self.origin :][:, : self.num_reviews]
        return (
            told + [self.quantiles[review][:, :SCALE_WEEKS] for review in later],
            past + [self.past_sales(review)[0] for review in later],
            np.concatenate([wanted, played.astype(np.float64)], axis=1),
        )

    def past_sales(self, review: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of units a week, known at a review `[num_lines]`."""
        return self.rolling.past_sales(self.origin + review)


def read_replay(  # noqa: PLR0913  # keywords only: what is played and how
    source: TableSource,
    history: SalesHistory,
    *,
    weeks: int,
    skip_weeks: int = 0,
    relations: Relations | None = None,
    what_if: WhatIf = AS_IT_WAS,
    plays_perishables: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Replay:
    """The last weeks of a shop, ready to be played; lines without a supplier or a known week are left out.

    Demand is what was sold and, in weeks of an empty shelf, what would usually have been; a week is parted among its
    days by chance. Lead times are drawn from those of the supplier's deliveries, whole.

    Args:
        weeks: how many are played; skip_weeks: the first of them, which no figure counts.
        relations: with transfer shares; None lets no unmet demand turn to substitutes.
        plays_perishables: whether what keeps LONGEST_LIFE_DAYS or less is played too; weekly reviews waste much of it.

    Raises:
        MissingTable: if there are no deliveries.
        EmptyWindow: if there is nothing to play.
        NotFound, BadInput: if the supplier or promotion that is changed is not among what is played.
    """
    if "deliveries" not in source:
        raise MissingTable("Simulating orders", "deliveries")
    origin = history.num_weeks - weeks
    if origin < 8 or skip_weeks >= weeks:
        raise EmptyWindow(f"{history.num_weeks} weeks are too few to learn from and play {weeks}.")
    as_of = pd.Timestamp(history.first_week + ONE_WEEK * origin).date()
    times = lead_times(known_deliveries(source, as_of), source.rows("suppliers", _SUPPLIER))
    lines, rows = _lines(source, history, origin, times, plays_perishables=plays_perishables)
    late, move = _days_late(lines, what_if), promotion_move(history, what_if, source, first_week=origin)
    ahead = int(np.ceil((lines.lead_days.max() + REVIEW_DAYS) / 7)) + 1
    settings, fitted = ForecastSettings(seed=seed), max(origin - SCALE_REVIEWS, 1)
    rolling = roll_forecast(history, rows, origin=fitted, num_ahead=ahead, settings=settings, progress=progress)
    if move is not None:
        history = move.of(history, rolling.fitted.panel.effects)
        rolling = replace(rolling, history=extended(history, ahead))
    rng = np.random.default_rng(seed)
    every = lead_times(source.rows("deliveries", _DELIVERIES), source.rows("suppliers", _SUPPLIER))
    scene = Scene(
        demand=_days(wanted_units(history)[rows, origin:].astype(np.float64) * what_if.demand, rng),
        lead_days=_leads(lines, every, weeks, rng) + late[:, None],
        transfer=_transfer(lines, relations),
        shelf_life_days=lines.shelf_life_days,
        review_days=REVIEW_DAYS,
        skip_days=7 * skip_weeks,
    )
    return Replay(rolling, origin, lines, scene)


_SUPPLIER = ["supplier_id", "lead_time_days", "lead_time_sd_days"]
_DELIVERIES = ["supplier_id", "sku", "store_id", "ordered_on", "promised_on", "delivered_on"]
_DELIVERIES += ["units_ordered", "units_delivered"]


def _lines(
    source: TableSource, history: SalesHistory, origin: int, times: LeadTimes, *, plays_perishables: bool
) -> tuple[OrderLines, npt.NDArray[np.int64]]:
    as_of = pd.Timestamp(history.first_week + ONE_WEEK * origin).date()
    terms = order_terms(source, as_of)
    if not plays_perishables:
        terms = terms[~(terms["shelf_life_days"] <= LONGEST_LIFE_DAYS)]
    keys = history.keys.assign(row=np.arange(history.num_series)).merge(terms, on="sku")
    played = np.isfinite(history.grids["units"])
    at = keys["row"].to_numpy()
    keys = keys.iloc[np.flatnonzero(played[at, :origin].any(axis=1) & played[at, origin:].all(axis=1))]
    if not len(keys):
        raise EmptyWindow("No product with a supplier sold in every week to be played.")
    rows, number = keys["row"].to_numpy(), len(keys)
    supplier = keys["supplier_id"].to_numpy(object)
    stated = keys["lead_time_days"].to_numpy(np.float64)
    lines = OrderLines(
        sku=keys["sku"].to_numpy(object),
        store_id=keys["store_id"].to_numpy(object),
        supplier_id=supplier,
        on_hand=np.zeros(number),
        on_order=np.zeros(number),
        unit_cost=keys["unit_cost"].to_numpy(np.float64),
        price=keys["price"].to_numpy(np.float64),
        pack_units=keys["pack_units"].to_numpy(np.float64),
        min_order_units=keys["min_order_units"].to_numpy(np.float64),
        shelf_life_days=keys["shelf_life_days"].to_numpy(np.float64),
        kept_share=np.zeros(number),
        demand=np.zeros((number, 1, len(LEVELS))),
        lead_days=np.minimum(times.draws(supplier, stated), LONGEST_LEAD_DAYS),
    )
    return lines, rows.astype(np.int64)


def _days(weekly: Floats, rng: np.random.Generator) -> Floats:
    """Whole units by day `[num_lines, 7 × num_weeks]`, each unit of a week on any of its days."""
    whole = np.round(weekly).astype(np.int64)
    return rng.multinomial(whole, np.full(7, 1 / 7)).reshape(len(weekly), -1).astype(np.float64)


def _leads(lines: OrderLines, times: LeadTimes, num_reviews: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Whole lead times by line and review: one draw for all that a store orders of a supplier at once."""
    order, group = np.unique(lines.store_id.astype(str) + "\0" + lines.supplier_id.astype(str), return_inverse=True)
    draws = np.minimum(times.draws(lines.supplier_id, np.full(len(lines), np.nan)), LONGEST_LEAD_DAYS)
    place = rng.integers(0, draws.shape[1], (len(order), num_reviews))
    return np.round(np.take_along_axis(draws, place[group], axis=1)).astype(np.int64)


def _days_late(lines: OrderLines, what_if: WhatIf) -> npt.NDArray[np.int64]:
    is_late = lines.supplier_id == what_if.supplier_id
    if what_if.supplier_id and not is_late.any():
        near = sorted(set(lines.supplier_id.tolist()))
        raise NotFound("supplier of what is played", what_if.supplier_id, near=near)
    return np.where(is_late, what_if.days_late, 0)


def _transfer(lines: OrderLines, relations: Relations | None) -> sp.csr_matrix:
    number = len(lines)
    if relations is None:
        return sp.csr_matrix((number, number))
    table = relations.table.filter(pc.is_valid(relations.table.column("transfer_share")))
    edges = table.select(["sku", "other_sku", "transfer_share"]).to_pandas()
    own = pd.DataFrame({"sku": lines.sku, "store_id": lines.store_id, "row": np.arange(number)})
    met = edges.merge(own.rename(columns={"row": "to"}), on="sku")
    met = met.merge(own.rename(columns={"sku": "other_sku", "row": "from"}), on=["other_sku", "store_id"])
    return sp.csr_matrix((met["transfer_share"], (met["from"], met["to"])), shape=(number, number))


def history_figures(replay: Replay) -> Mapping[str, float]:
    """What the shop itself had in the weeks counted: stock at weeks' ends, sales over estimated demand."""
    rolling = replay.rolling
    part = slice(replay.origin + replay.scene.skip_days // 7, replay.origin + replay.num_reviews)
    units = np.nan_to_num(rolling.history.grids["units"][rolling.rows, part])
    stock = np.nan_to_num(rolling.history.grids["on_hand_units"][rolling.rows, part])
    wanted = replay.scene.demand[:, replay.scene.skip_days :].sum()
    weeks, mean = units.shape[1], float(stock.sum()) / units.shape[1]
    return {
        "fill_rate": float(units.sum()) / max(float(wanted), 1e-9),
        "stock_units": mean,
        "weeks_of_supply": mean * weeks / max(float(wanted), 1e-9),
        "turnover": float(units.sum()) / weeks * 365 / 7 / max(mean, 1e-9),
    }
