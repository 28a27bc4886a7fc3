"""What forecasts of products in stores are summed by."""

from enum import StrEnum


class Grouping(StrEnum):
    """What forecasts are summed by."""

    PRODUCT = "product"
    CATEGORY = "category"
    SUPPLIER = "supplier"
    STORE = "store"
    TOTAL = "total"
