"""How a week's units fall on its days: by store and category, with holidays and days closed told apart."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from forecast.day_grid import WEEK, Days
from forecast.history import Grid, Rows, SalesHistory
from forecast.holidays import are_holidays

Floats = npt.NDArray[np.float64]
HALF_LIFE = 26.0
"""Weeks after which a week counts half in what weekdays are usually worth."""
PRIOR_UNITS = 200.0
"""Units of a store's category that the whole store weighs as much as, of a store the shop, of the shop equal days."""
SERIES_AT_ONCE = 20_000
"""Series that are summed at a time, so that memory does not grow with their days."""
HOLIDAY_PRIOR = 20.0
"""Units expected of a store's holidays that the shop's weigh as much as, and of the shop's that plain days do."""
PLAIN, HOLIDAY, EVE = 0, 1, 2
"""Kinds of day."""


@dataclass(frozen=True)
class WeekdayShares:
    """What each day of a week is worth.

    Attributes:
        usual: `[num_groups, 7]` share of a plain week, by store and category; rows sum to 1.
        group, store: `[num_series]` row of `usual`, and of `special`.
        special: `[num_stores, 3]` by store and kind of day: what it sells over what its weekday usually does.
        kinds: `[num_weeks, 7]` PLAIN, HOLIDAY or EVE.
    """

    usual: Floats
    group: Rows
    store: Rows
    special: Floats
    kinds: npt.NDArray[np.int64]

    def shares(self, series: Rows, weeks: Rows, tilt: Grid) -> Floats:
        """Shares of weeks' units `[num_rows, 7]`, rows sum to 1.

        Args:
            series, weeks: `[num_rows]` rows and columns of the history.
            tilt: `[num_rows, 7]` what each day's own plan adds to log units beyond its week's.
        """
        special = self.special[self.store[series][:, None], self.kinds[weeks]]
        worth = self.usual[self.group[series]] * special * np.exp(tilt)
        total = worth.sum(axis=1, keepdims=True)
        return np.where(total > 0, worth / np.maximum(total, 1e-300), 1 / WEEK)


def kinds_of(days: Days, country: str) -> npt.NDArray[np.int64]:
    """Kind of each day `[num_weeks, 7]`: a public holiday, the day before one, or plain."""
    holiday, eve = are_holidays(days, country), are_holidays(days + 1, country)
    return np.where(holiday, HOLIDAY, np.where(eve, EVE, PLAIN))


def fit_weekdays(units: Grid, days: Days, history: SalesHistory) -> WeekdayShares:
    """Shares learnt from weeks all of whose days are known.

    Usual days are learnt from weeks without a special day or a day on which the store was closed out of turn; what
    special days are worth, from the others, against the plain days of the same week. Each is drawn to the level above.

    Args:
        units: `[num_series, n, 7]` of the first weeks, what a day's own plan adds taken off; NaN where unknown.
        days: `[num_weeks, 7]` of these weeks and all that are to be told.
    """
    all_kinds, number = kinds_of(days, history.country), units.shape[1]
    kinds = all_kinds[:number]
    group = np.unique(history.store * (int(history.category.max()) + 1) + history.category, return_inverse=True)[1]
    store_of = np.zeros(int(group.max()) + 1, np.int64)
    store_of[group] = history.store
    by_group, is_known = _of_whole_weeks(units, group)
    by_store = _summed(by_group, store_of)
    is_plain = ~_closed(by_store) & (kinds == PLAIN).all(axis=1)
    last = int(np.flatnonzero(is_known)[-1]) if is_known.any() else 0
    weight = 0.5 ** ((last - np.arange(number)) / HALF_LIFE) * (np.arange(number) <= last)
    plain = np.einsum("gwd,gw->gd", by_group, is_plain[store_of] * weight)
    stores = _summed(plain[:, None], store_of)[:, 0]
    shop = _drawn(stores.sum(axis=0)[None], np.full((1, WEEK), 1 / WEEK))
    store_shares = _drawn(stores, np.repeat(shop, len(stores), axis=0))
    usual = _drawn(plain, store_shares[store_of])
    special = _special(by_store, store_shares, kinds)
    return WeekdayShares(usual, group.astype(np.int64), history.store, special, all_kinds)


def equal_days(units: Grid, days: Days, history: SalesHistory) -> WeekdayShares:
    """Shares that know nothing of days: a seventh each."""
    equal = np.full((1, WEEK), 1 / WEEK)
    kinds = np.full(days.shape, PLAIN, np.int64)
    return WeekdayShares(
        equal, np.zeros(len(units), np.int64), history.store, np.ones((int(history.store.max()) + 1, 3)), kinds
    )


def _special(by_store: Floats, usual: Floats, kinds: npt.NDArray[np.int64]) -> Floats:
    """Units of each kind of day over what its weekday usually sells, by store `[num_stores, 3]`; PLAIN is 1."""
    is_plain = kinds == PLAIN
    worth = usual[:, None, :] * is_plain
    scale = (by_store * is_plain).sum(axis=2) / np.maximum(worth.sum(axis=2), 1e-9)
    expected = scale[:, :, None] * usual[:, None, :]
    found = np.ones((len(usual), 3))
    for kind in (HOLIDAY, EVE):
        sold, told = ((grid * (kinds == kind)).sum(axis=(1, 2)) for grid in (by_store, expected))
        shop = (sold.sum() + HOLIDAY_PRIOR) / (told.sum() + HOLIDAY_PRIOR)
        found[:, kind] = (sold + HOLIDAY_PRIOR * shop) / (told + HOLIDAY_PRIOR)
    return found


def _closed(by_store: Floats) -> npt.NDArray[np.bool_]:
    """Weeks in which a store sold nothing on a weekday on which it mostly sells `[num_stores, num_weeks]`."""
    is_sold = by_store > 0
    is_told = is_sold.any(axis=2, keepdims=True)
    usually = is_sold.sum(axis=1) * 2 > is_told.sum(axis=1)
    return np.asarray((~is_sold & usually[:, None, :] & is_told).any(axis=2))


def _drawn(units: Floats, prior: Floats) -> Floats:
    """Shares of rows of units `[num_rows, 7]`, drawn to those of the level above."""
    return (units + PRIOR_UNITS * prior) / (units.sum(axis=1, keepdims=True) + PRIOR_UNITS)


def _of_whole_weeks(units: Grid, group: Rows) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Units by group in weeks all of whose days are known `[num_groups, n, 7]`, and which weeks any series knows."""
    total = np.zeros((int(group.max()) + 1, *units.shape[1:]))
    is_known = np.zeros(units.shape[1], np.bool_)
    for start in range(0, len(units), SERIES_AT_ONCE):
        part, own = units[start : start + SERIES_AT_ONCE], group[start : start + SERIES_AT_ONCE]
        whole = np.asarray(np.isfinite(part).all(axis=2))
        summed = _summed(np.where(whole[:, :, None], part, 0), own)
        total[: len(summed)] += summed
        is_known |= whole.any(axis=0)
    return total, is_known


def _summed(values: npt.NDArray[np.floating], groups: Rows) -> Floats:
    """Sum over the members of each group `[num_groups, num_weeks, 7]`."""
    members = sp.csr_matrix((np.ones(len(groups)), (groups, np.arange(len(groups)))))
    return np.asarray(members @ values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])
