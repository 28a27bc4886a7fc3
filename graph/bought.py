"""What customers buy, from the rows of the statements that read it."""

from datetime import UTC, datetime

from schema.decisions import Bought


def bought(sku: str, strength: float, num_baskets: int, last_bought_ms: int | None) -> Bought:
    """One product a customer buys, as the statements answer it."""
    return Bought(sku, strength, num_baskets, instant(last_bought_ms))


def instant(milliseconds: int | None) -> datetime | None:
    """An instant of milliseconds since 1970-01-01 UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
