"""Public holidays of a country."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]


@lru_cache(maxsize=64)
def holiday_days(country: str, year: int) -> Days:
    """Public holidays of the year before, the year and the year after, ascending; none for an unknown country.

    Args:
        country: its name or two- or three-letter code, as a `stores` table spells it.

    Source: the `holidays` package.
    """
    import holidays  # noqa: PLC0415  # only forecasts want it

    wanted = country.strip().lower().replace(" ", "_")
    for module, (_, *codes) in holidays.registry.COUNTRIES.items():
        if wanted and wanted in {module, *(code.lower() for code in codes)}:
            days = holidays.country_holidays(codes[0], years=[year - 1, year, year + 1])
            return np.array(sorted(days), "datetime64[D]")
    return np.array([], "datetime64[D]")


def are_holidays(days: Days, country: str) -> npt.NDArray[np.bool_]:
    """Whether each day is a public holiday, in the shape of `days`."""
    years = np.unique(days.astype("datetime64[Y]").astype(np.int64) + 1970)
    found = [holiday_days(country, int(year)) for year in years]
    return np.isin(days.astype("datetime64[D]"), np.concatenate(found)) if found else np.zeros(days.shape, np.bool_)
