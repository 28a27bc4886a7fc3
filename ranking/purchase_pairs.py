"""What is known of each customer and product bought: how often, when last, in which rhythm."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ranking.customers import CustomerBaskets, Rows

Floats = npt.NDArray[np.float32]
HALF_LIVES = (1.0, 3.0, 8.0, 20.0)
"""Of the decayed counts, in baskets of the customer."""
PAIR_NAMES = (
    "times_bought",
    "share_of_baskets",
    "share_since_first",
    "baskets_since",
    "baskets_since_first",
    "usual_gap",
    "gap_over_usual",
    "days_since",
    "days_over_usual",
    "in_last_three",
    *(f"decayed_{life:g}" for life in HALF_LIVES),
)


@dataclass(frozen=True)
class PurchasePairs:
    """Features of each customer and product bought.

    Attributes:
        keys: `[num_pairs]` customer row times number of products plus product row, ascending.
        features: `[num_pairs, num_features]` float32 in the order of PAIR_NAMES; NaN where only one purchase is known.
    """

    num_products: int
    keys: Rows
    features: Floats

    def of(self, customers: Rows, items: Rows) -> Floats:
        """Features of candidates `[num_candidates, num_features]`: counts 0 and all else NaN where never bought."""
        wanted = customers * self.num_products + items
        place = np.minimum(np.searchsorted(self.keys, wanted), max(len(self.keys) - 1, 0))
        never = np.array([0.0 if _is_count(name) else np.nan for name in PAIR_NAMES], np.float32)
        if not len(self.keys):
            return np.tile(never, (len(wanted), 1))
        return np.where((self.keys[place] == wanted)[:, None], self.features[place], never)


def purchase_pairs(history: CustomerBaskets) -> PurchasePairs:
    """The features of every customer and product that meet in a basket.

    Gaps are counted in baskets of the customer, and in days up to the customer's last basket: nothing depends on what
    day it is.
    """
    lines = history.held.tocoo()
    keys = history.owners[lines.row] * np.int64(len(history.skus)) + lines.col
    order = np.lexsort((lines.row, keys))
    keys, baskets = keys[order], lines.row[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    if not len(starts):
        return PurchasePairs(len(history.skus), keys, np.empty((0, len(PAIR_NAMES)), np.float32))
    ends = np.append(starts[1:], len(keys)) - 1
    number = (ends - starts + 1).astype(np.float32)
    back, days, owner = history.back[baskets], history.days[baskets], history.owners[baskets[starts]]
    last_day = _last_days(history)[owner]
    total = history.num_baskets[owner]
    several = number > 1
    steps = np.maximum(number - 1, 1)
    gap = np.where(several, (back[starts] - back[ends]) / steps, np.nan)
    day_gap = np.where(several, (days[ends] - days[starts]) / steps, np.nan)
    columns = [
        number,
        number / total,
        number / (back[starts] + 1),
        back[ends],
        back[starts],
        gap,
        (back[ends] + 1) / gap,
        last_day - days[ends],
        (last_day - days[ends]) / np.maximum(day_gap, 1.0),
        np.add.reduceat(back < 3, starts, dtype=np.float32),
        *(np.add.reduceat(np.exp2(-back / life), starts) for life in HALF_LIVES),
    ]
    return PurchasePairs(len(history.skus), keys[starts], np.column_stack(columns).astype(np.float32))


def _last_days(history: CustomerBaskets) -> npt.NDArray[np.float64]:
    """Day of each customer's last basket `[num_customers]`; 0 without one."""
    days = np.zeros(history.num_customers)
    days[history.owners] = history.days  # a customer's baskets stand oldest first: the last one is written last
    return days


def _is_count(name: str) -> bool:
    return name in {"times_bought", "share_of_baskets", "share_since_first", "in_last_three"} or "decayed" in name
