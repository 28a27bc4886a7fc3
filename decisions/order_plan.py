"""Which of the orders wanted to place when money or room do not suffice for all: a small integer programme."""

from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.lead_demand import Floats
from schema.errors import Unavailable

NUM_SIZES: Final = 16
"""Sizes beside nothing at which each order may be placed."""
SECONDS: Final = 30.0


def affordable(
    units: Floats,
    *,
    pack: Floats,
    least: Floats,
    cost: Floats,
    gained: Floats,
    limits: tuple[float | None, float | None],
) -> Floats:
    """Units to order of each line within the limits `[num_lines]`, so that most demand is met.

    Each is 0, or a multiple of its pack from its minimum up to what is wanted.

    Args:
        units: wanted, multiples of `pack`.
        cost: money a unit.
        gained: `[num_lines, num_draws]` demand beyond the stock without an order: what an order can meet.
        limits: money and units that all may come to; None: no limit.

    Raises:
        Unavailable: if no plan was found in SECONDS.
    """
    totals = (cost, np.ones(len(units)))
    chosen = [(each, limit) for each, limit in zip(totals, limits, strict=True) if limit is not None]
    if all(float(each @ units) <= limit for each, limit in chosen):
        return units
    sizes = _sizes(units, pack, least)
    values = np.stack([np.minimum(gained, size[:, None]).mean(axis=1) for size in sizes.T], axis=1)
    values -= 1e-6 * sizes
    return np.asarray((sizes * _picked(sizes, values, chosen)).sum(axis=1))


def _sizes(units: Floats, pack: Floats, least: Floats) -> Floats:
    """Sizes from the minimum to what is wanted, in packs `[num_lines, NUM_SIZES]`; 0 where nothing is wanted."""
    first = np.minimum(np.ceil(least / pack) * pack, units)[:, None]
    between = first + (units[:, None] - first) * np.linspace(0, 1, NUM_SIZES)[None, :]
    return np.asarray(np.minimum(np.ceil(between / pack[:, None]) * pack[:, None], units[:, None]))


def _picked(sizes: Floats, values: Floats, chosen: list[tuple[Floats, float]]) -> npt.NDArray[np.bool_]:
    """Which size of each line is ordered, at most one `[num_lines, NUM_SIZES]`."""
    import scipy.sparse as sp  # noqa: PLC0415  # heavy, and wanted for orders alone
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  # takes a while, and is seldom wanted

    number, many = sizes.shape
    one_each = sp.kron(sp.eye(number), np.ones((1, many)), format="csr")
    rules = [LinearConstraint(one_each, -np.inf, 1)]
    rules += [LinearConstraint((each[:, None] * sizes).ravel()[None, :], -np.inf, limit) for each, limit in chosen]
    found = milp(
        -values.ravel(),
        integrality=np.ones(values.size, np.int64),
        bounds=Bounds(0, 1),
        constraints=rules,
        options={"time_limit": SECONDS, "mip_rel_gap": 1e-3},
    )
    if found.x is None:
        raise Unavailable(f"No plan within budget and capacity was found in {SECONDS:.0f} s.", remedy="Ask for fewer.")
    return np.asarray(found.x.reshape(sizes.shape) > 0.5)
