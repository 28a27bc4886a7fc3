"""Simulation: what a policy would have led to day by day, with lost sales, substitutes, late suppliers and waste."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from decisions.lead_demand import Floats

LONGEST_LIFE_DAYS: Final = 60
"""What keeps longer than this is taken to keep for good."""
Orders = Callable[[int, Floats], Floats]
"""Number of the review and units on shelf and on order `[num_lines]` → units to order `[num_lines]`."""


@dataclass(frozen=True)
class Scene:
    """What every policy meets.

    Attributes:
        demand: `[num_lines, num_days]` units wanted of each line each day.
        lead_days: `[num_lines, num_reviews]` days that an order placed at each review takes, whole, at least 0.
        transfer: `[num_lines, num_lines]` part of a row's unmet demand that goes to each column; rows sum to 1 at most.
        shelf_life_days: `[num_lines]`; NaN keeps for good.
        review_days: days between reviews; the first is on day 0.
        skip_days: first days that no figure counts, while the opening stock wears off.
    """

    demand: Floats
    lead_days: npt.NDArray[np.int64]
    transfer: sp.csr_matrix
    shelf_life_days: Floats
    review_days: int = 7
    skip_days: int = 0

    @property
    def num_days(self) -> int:
        """Days that are played."""
        return self.demand.shape[1]


@dataclass(frozen=True)
class Course:
    """What came of a policy, `[num_lines, num_days]` each.

    Attributes:
        received, sold, spoiled: units; `sold` includes `moved`.
        moved: units sold to those who came for another product.
        own: units sold to those who came for them.
        lost: units wanted that nobody sold.
        closing: units on the shelf at the day's end.
        opening: `[num_lines]` units on the shelf before the first day.
    """

    received: Floats
    sold: Floats
    spoiled: Floats
    moved: Floats
    own: Floats
    lost: Floats
    closing: Floats
    opening: Floats

    def figures(self, scene: Scene) -> dict[str, float]:
        """What the days after `skip_days` come to.

        Returns:
            `fill_rate`: wanted units met from their own shelf; `kept_rate`: met at all; `stock_out_rate`: lines and
            days with demand that was not wholly met; `stock_units`: mean units on all shelves; `weeks_of_supply`: that
            over a week's demand; `turnover`: times a year; `waste_share`: spoiled of received units.
        """
        part = slice(scene.skip_days, None)
        wanted, days = scene.demand[:, part], scene.num_days - scene.skip_days
        total, stock = max(float(wanted.sum()), 1e-9), float(self.closing[:, part].sum()) / days
        sold, asked = float(self.sold[:, part].sum()), wanted > 0
        short = asked & (self.own[:, part] < wanted - 1e-9)
        return {
            "fill_rate": float(self.own[:, part].sum()) / total,
            "kept_rate": 1 - float(self.lost[:, part].sum()) / total,
            "stock_out_rate": float(short.sum()) / max(int(asked.sum()), 1),
            "stock_units": stock,
            "weeks_of_supply": stock * days / total / 7,
            "turnover": sold / days * 365 / max(stock, 1e-9),
            "waste_share": float(self.spoiled[:, part].sum()) / max(float(self.received[:, part].sum()), 1e-9),
        }


def simulate(scene: Scene, orders: Orders, *, opening: Floats) -> Course:
    """Play a policy from an opening stock, with nothing on its way.

    Each day: what is too old goes, a review may order, deliveries come, demand takes the oldest units first, and part
    of what is not met turns to substitutes that have some left.
    """
    number, days = scene.demand.shape
    life = _life(scene.shelf_life_days)
    shelf = np.zeros((number, int(life.max(initial=0)) + 1))
    shelf[np.arange(number), life] = opening
    coming = np.zeros((number, days + int(scene.lead_days.max(initial=0)) + 1))
    kept: dict[str, list[Floats]] = {
        name: [] for name in ("received", "sold", "spoiled", "moved", "own", "lost", "closing")
    }
    for day in range(days):
        spoiled = _aged(shelf, life) if day else np.zeros(number)
        if day % scene.review_days == 0:
            position = shelf.sum(axis=1) + coming[:, day:].sum(axis=1)
            units = orders(day // scene.review_days, position)
            coming[np.arange(number), day + scene.lead_days[:, day // scene.review_days]] += units
        shelf[np.arange(number), life] += coming[:, day]
        wanted, stock = scene.demand[:, day], shelf.sum(axis=1)
        own = np.minimum(wanted, stock)
        unmet = wanted - own
        turned = np.asarray(scene.transfer.T @ unmet).ravel()
        moved = np.minimum(turned, stock - own)
        _take(shelf, own + moved)
        values = (coming[:, day], own + moved, spoiled, moved, own, _lost(scene.transfer, unmet, turned, moved))
        for name, value in zip(kept, (*values, shelf.sum(axis=1)), strict=True):
            kept[name].append(value.copy())
    return Course(**{name: np.stack(each, axis=1) for name, each in kept.items()}, opening=opening)


def _lost(transfer: sp.csr_matrix, unmet: Floats, turned: Floats, moved: Floats) -> Floats:
    """Units of each line's demand that neither it nor a substitute met `[num_lines]`."""
    met = np.divide(moved, turned, out=np.zeros_like(moved), where=turned > 0)
    return np.asarray(unmet * (1 - np.asarray(transfer @ met).ravel()))


def _life(days: Floats) -> npt.NDArray[np.int64]:
    """Place of a fresh unit in the shelf's columns: days it has left; 0 is where it keeps for good."""
    return np.where(np.isfinite(days) & (days <= LONGEST_LIFE_DAYS), np.maximum(days, 1), 0).astype(np.int64)


def _aged(shelf: Floats, life: npt.NDArray[np.int64]) -> Floats:
    """Units that pass their shelf life overnight `[num_lines]`; the others come a day nearer."""
    if shelf.shape[1] == 1:
        return np.zeros(len(shelf))
    perishes = life > 0
    spoiled = np.where(perishes, shelf[:, 1], 0.0)
    shelf[perishes, 1:-1] = shelf[perishes, 2:]
    shelf[perishes, -1] = 0.0
    return spoiled


def _take(shelf: Floats, units: Floats) -> None:
    """Take units off each shelf, those with the fewest days left first."""
    before = np.cumsum(shelf, axis=1) - shelf
    shelf -= np.clip(units[:, None] - before, 0, shelf)
