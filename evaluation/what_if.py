"""What if: changes to past weeks that are played again, and what a promotion moved in time does to their demand."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from forecast.effects import Effects, drivers_of
from forecast.history import ONE_WEEK, PLANNED, Rows, SalesHistory
from lake.ports import TableSource
from schema.errors import BadInput, NotFound


@dataclass(frozen=True)
class WhatIf:
    """A change to what happens, to see what it would do.

    Attributes:
        demand: times as much is wanted as was; policies do not know beforehand.
        supplier_id: whose orders come `days_late` later than they would, from the first day on; policies do not know.
        promotion_id: which runs `weeks_later` than it did, earlier where that is below 0; policies know their plans.
    """

    demand: float = 1.0
    supplier_id: str = ""
    days_late: int = 0
    promotion_id: str = ""
    weeks_later: int = 0

    def words(self) -> str:
        """The change in words; empty where nothing is changed."""
        late = f"supplier {self.supplier_id} {self.days_late} days later"
        direction = "later" if self.weeks_later > 0 else "earlier"
        moved = f"promotion {self.promotion_id} {abs(self.weeks_later)} weeks {direction}"
        told = (
            (self.demand != 1, f"{self.demand:g} times the demand"),
            (bool(self.supplier_id and self.days_late), late),
            (bool(self.promotion_id and self.weeks_later), moved),
        )
        changes = [words for is_changed, words in told if is_changed]
        return f"What if: {', '.join(changes)}." if changes else ""


AS_IT_WAS: Final = WhatIf()


@dataclass(frozen=True)
class PromotionMove:
    """A promotion's weeks changing places with those that it moves to.

    Attributes:
        rows: of the history that it covers; weeks: columns that it leaves or comes to.
    """

    rows: Rows
    weeks: slice
    weeks_later: int

    def of(self, history: SalesHistory, effects: Effects) -> SalesHistory:
        """The history with the plans moved, and each week selling as much more or less as the effects say of them.

        Args:
            effects: of plans on units, learnt before the weeks played.
        """
        grids = dict(history.grids)
        for name in PLANNED:
            grids[name] = grids[name].copy()
            grids[name][self.rows, self.weeks] = np.roll(grids[name][self.rows, self.weeks], self.weeks_later, axis=1)
        moved = replace(history, grids=grids)
        change = effects.of(drivers_of(moved)) - effects.of(drivers_of(history))
        grids["units"] = np.maximum((1 + history.grids["units"]) * np.exp(change) - 1, 0).astype(np.float32)
        return replace(history, grids=grids)


def promotion_move(
    history: SalesHistory, what_if: WhatIf, source: TableSource, *, first_week: int
) -> PromotionMove | None:
    """How a promotion moves; None where none does.

    Args:
        first_week: column of the first week that is played.

    Raises:
        NotFound: if there is no such promotion.
        BadInput: if it runs, or would run, in weeks that are not played, or covers nothing that has weekly sales.
    """
    if not what_if.promotion_id:
        return None
    start, stop = _weeks_of(what_if.promotion_id, history, source)
    weeks = slice(min(start, start + what_if.weeks_later), max(stop, stop + what_if.weeks_later))
    if weeks.start < first_week or weeks.stop > history.num_weeks:
        played = (pd.Timestamp(history.first_week + ONE_WEEK * week).date() for week in (first_week, history.num_weeks))
        raise BadInput(
            f"Promotion {what_if.promotion_id} would leave the weeks that are played, {' to '.join(map(str, played))}.",
            remedy="Play more weeks, or move it by fewer.",
        )
    return PromotionMove(_covered(what_if.promotion_id, history, source), weeks, what_if.weeks_later)


def _weeks_of(promotion_id: str, history: SalesHistory, source: TableSource) -> tuple[int, int]:
    """First column of the weeks that the promotion runs in, and the one after the last."""
    table = source.rows("promotions", ["promotion_id", "starts_on", "ends_on"]).to_pandas()
    found = table[table["promotion_id"] == promotion_id]
    if not len(found):
        raise NotFound("promotion", promotion_id, near=sorted(table["promotion_id"])[:5])
    days = (pd.to_datetime(found.iloc[0][["starts_on", "ends_on"]]) - pd.Timestamp(history.first_week)).dt.days
    return int(days["starts_on"] // 7), int(-(-days["ends_on"] // 7))


def _covered(promotion_id: str, history: SalesHistory, source: TableSource) -> Rows:
    """Rows of the history that the promotion covers."""
    table = source.rows("promotion_products", ["promotion_id", "sku", "store_id"]).to_pandas()
    own = table[table["promotion_id"] == promotion_id]
    pairs = pd.MultiIndex.from_frame(history.keys[["sku", "store_id"]])
    everywhere = history.keys["sku"].isin(own.loc[own["store_id"].isna(), "sku"]).to_numpy()
    here = pairs.isin(pd.MultiIndex.from_frame(own.loc[own["store_id"].notna(), ["sku", "store_id"]]))
    rows = np.flatnonzero(everywhere | here)
    if not len(rows):
        raise BadInput(
            f"Promotion {promotion_id} covers no product with weekly sales.", remedy="Load its `promotion_products`."
        )
    return rows
