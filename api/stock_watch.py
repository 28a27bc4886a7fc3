"""What changes on a store's shelves, moment by moment, for callers of any speed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from decisions.moment import Moment
from schema.decisions import Availability
from schema.facts import Floats

EVERY_SECONDS: Final = 0.2
_UNKNOWN, _OUT, _IN = 0, 1, 2
_NAMES: Final = {_UNKNOWN: Availability.UNKNOWN, _OUT: Availability.OUT, _IN: Availability.IN_STOCK}
States = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Passed:
    """A product that passed from one availability to another at a store, and the moment it is told at."""

    moment: Moment
    sku: str
    units: float
    before: Availability
    after: Availability


async def passed(
    moments: Callable[[], Moment], store_id: str, *, every_seconds: float = EVERY_SECONDS
) -> AsyncGenerator[Passed, None]:
    """Each product whose availability at a store is another than was told last, from now on and without end.

    Nothing is queued: a caller that is slow is told the newest state of what changed meanwhile, and nothing of what
    changed and changed back, so memory stays one small array a caller. A store that a load takes away ends it.

    Args:
        moments: the newest moment.
        store_id: a store that the first moment has.
    """
    moment = moments()
    skus, shelf = moment.facts.base.skus, _shelf(moment, store_id)
    told = _states(shelf)
    while True:
        changed = np.flatnonzero(_states(shelf) != told)
        if not len(changed):
            await asyncio.sleep(every_seconds)
        else:
            row = int(changed[0])
            before, told[row] = int(told[row]), _states(shelf[row : row + 1])[0]
            yield Passed(moment, skus[row], float(shelf[row]), _NAMES[before], _NAMES[int(told[row])])
        moment = moments()
        if store_id not in moment.facts.base.store_rows:
            return
        shelf = _shelf(moment, store_id)
        if moment.facts.base.skus is not skus:
            told, skus = _carried(told, skus, moment, _states(shelf)), moment.facts.base.skus


def _shelf(moment: Moment, store_id: str) -> Floats:
    return moment.facts.on_hand[moment.facts.base.store_rows[store_id]]


def _states(units: Floats) -> States:
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(units), _UNKNOWN, np.where(units > 0, _IN, _OUT)).astype(np.int8)


def _carried(told: States, skus: tuple[str, ...], moment: Moment, states: States) -> States:
    """What was told, by the rows of another load; products that are new are as they stand."""
    known = dict(zip(skus, told.tolist(), strict=True))
    return np.array(
        [known.get(sku, state) for sku, state in zip(moment.facts.base.skus, states.tolist(), strict=True)], np.int8
    )
