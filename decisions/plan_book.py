"""PlanBook: what planners said of demand to come, and of the orders proposed to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from schema.changes import ForecastOverridden, OrderJudged, RecordedChange

LOST_AFTER_DAYS: Final = 60
"""An approved order this long overdue is taken for lost, and no longer counted as on its way."""
Shelf = tuple[str, str]
"""Store and product."""
Line = tuple[str, str, str]
"""Decision, store and product."""


@dataclass(frozen=True)
class PlanBook:
    """Planners' words, never changed once made; they outlive loads.

    Attributes:
        overrides: those in force by store and product, ascending by week; the newest word of a week counts.
        orders: the first word on each proposed line.
        approved: the approved lines among them, by store and product.
    """

    overrides: Mapping[Shelf, tuple[ForecastOverridden, ...]] = field(default_factory=dict)
    orders: Mapping[Line, OrderJudged] = field(default_factory=dict)
    approved: Mapping[Shelf, tuple[OrderJudged, ...]] = field(default_factory=dict)

    def with_changes(self, changes: Sequence[RecordedChange]) -> "PlanBook":
        """These words and later ones, in order."""
        words = [recorded.change for recorded in changes]
        overrides = [word for word in words if isinstance(word, ForecastOverridden)]
        orders = [word for word in words if isinstance(word, OrderJudged)]
        if not overrides and not orders:
            return self
        return PlanBook(_overridden(self.overrides, overrides), *_judged(self.orders, self.approved, orders))

    def on_the_way(self, sku: str, store_id: str, *, on: date, known_until: date | None) -> float:
        """Approved units that have not come by a day, as far as is known.

        Args:
            known_until: the newest order day of this shelf that the load's deliveries hold: of orders up to it the load
                knows itself; None where it holds none.
        """
        return sum(
            order.units
            for order in self.approved.get((store_id, sku), ())
            if order.order_on <= on < order.expected_on + timedelta(days=LOST_AFTER_DAYS)
            and (known_until is None or order.order_on > known_until)
        )


def _overridden(
    known: Mapping[Shelf, tuple[ForecastOverridden, ...]], words: Iterable[ForecastOverridden]
) -> Mapping[Shelf, tuple[ForecastOverridden, ...]]:
    found = dict(known)
    for word in words:
        shelf = word.store_id, word.sku
        others = [one for one in found.get(shelf, ()) if one.week_starts_on != word.week_starts_on]
        kept = [*others, word] if word.units is not None else others
        found[shelf] = tuple(sorted(kept, key=lambda one: one.week_starts_on))
    return found


def _judged(
    known: Mapping[Line, OrderJudged], approved: Mapping[Shelf, tuple[OrderJudged, ...]], words: Iterable[OrderJudged]
) -> tuple[Mapping[Line, OrderJudged], Mapping[Shelf, tuple[OrderJudged, ...]]]:
    orders, coming = dict(known), dict(approved)
    for word in words:
        line = word.decision_id, word.store_id, word.sku
        if line not in orders:  # two planners at the same moment: the first word counts
            orders[line] = word
            if word.is_approved:
                coming[line[1:]] = (*coming.get(line[1:], ()), word)
    return orders, coming
