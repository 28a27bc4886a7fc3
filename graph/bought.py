"""What customers buy, from the rows of the statements that read it."""

from datetime import UTC, datetime

from schema.decisions import Bought


def bought(sku: str, strength: float, num_baskets: int, last_bought_ms: int | None) -> Bought:
    """One product a customer buys, as the statements answer it; the instant in milliseconds since 1970-01-01 UTC."""
    instant = None if last_bought_ms is None else datetime.fromtimestamp(last_bought_ms / 1000, UTC)
    return Bought(sku, strength, num_baskets, instant)
