"""What a planner asks of orders; apart, so that the command line can name it without numpy."""

from dataclasses import dataclass
from enum import StrEnum


class Target(StrEnum):
    """What an order is sized for."""

    FILL_RATE = "fill-rate"
    SERVICE_LEVEL = "service-level"
    NEWSVENDOR = "newsvendor"


@dataclass(frozen=True)
class OrderPolicy:
    """What a planner asks for.

    Attributes:
        target: the share of all lines' demand met from the shelf, the chance of each line to meet all of its demand, or
            the balance of margin against the cost of what is left.
        level: of fill rate or service level, above 0 and below 1.
        review_days: days until the next order can be placed, at least 1.
        holding_share: cost of holding a unit for a year, as a share of its cost: what a newsvendor weighs.
        pools_substitutes: whether demand that substitutes on the shelf would take over counts as met.
        waste_share: most of an order that may be expected to pass its shelf life; None: no limit.
        budget: money that all proposals may cost; None: no limit.
        capacity_units: units that all proposals may bring; None: no limit.
    """

    target: Target = Target.FILL_RATE
    level: float = 0.95
    review_days: int = 7
    holding_share: float = 0.25
    pools_substitutes: bool = False
    waste_share: float | None = None
    budget: float | None = None
    capacity_units: float | None = None
