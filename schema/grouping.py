"""How finely forecasts are told: by week or day, and what they are summed by."""

from enum import StrEnum


class Grouping(StrEnum):
    """What forecasts are summed by."""

    PRODUCT = "product"
    CATEGORY = "category"
    SUPPLIER = "supplier"
    STORE = "store"
    TOTAL = "total"


class Grain(StrEnum):
    """How long a time each row of a forecast is of."""

    WEEK = "week"
    DAY = "day"
