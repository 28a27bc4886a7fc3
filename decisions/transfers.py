"""Transfers: to whom a product's demand goes in one store when it cannot be had, by relations, verdicts and stock."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisions.facts_now import day_number
from decisions.moment import Moment
from decisions.relations import rejected_rows
from schema.facts import Rows

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Takers:
    """Who takes over one product's unmet demand.

    Attributes:
        rows: `[n]` product rows, the likeliest substitute first.
        shares: `[n]` of the unmet demand, above 0, together at most 1.
    """

    rows: Rows
    shares: Floats


def takers(anchor: int, *, moment: Moment, store_id: str, in_stock_only: bool = True) -> Takers:
    """The substitutes that a store ranges and that nobody rejected, with their transfer shares.

    Args:
        anchor: the row of the product that cannot be had.
        in_stock_only: only those on the shelf now; one that nobody counted is not.
    """
    facts, table = moment.facts, moment.trained().candidates("SUBSTITUTES_FOR", anchor)
    rows, shares = table.rows, table.columns["transfer_share"].astype(np.float64)
    rejected = rejected_rows([facts.base.skus[anchor]], "SUBSTITUTES_FOR", moment=moment, store_id=store_id)
    kept = (shares > 0) & facts.base.is_ranged[facts.base.store_rows[store_id], rows]
    kept &= facts.delisted_on[rows] > day_number(moment.on)
    if rejected:
        kept &= ~np.isin(rows, list(rejected))
    if in_stock_only:
        kept &= facts.units(rows, store_id=store_id) > 0
    return Takers(rows[kept], shares[kept])


def is_out(row: int, *, moment: Moment, store_id: str) -> bool:
    """Whether a product that a store ranges is known to be out of stock there."""
    facts = moment.facts
    ranged = facts.base.is_ranged[facts.base.store_rows[store_id], row]
    return bool(ranged and facts.units(np.array([row]), store_id=store_id)[0] <= 0)
