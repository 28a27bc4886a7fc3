"""Lists by a key that grows, the newest first, read a stretch at a time from either end."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select


def newest_first(
    connection: Connection,
    query: Select[Any],
    key: ColumnElement[Any],
    *,
    limit: int,
    after: Any = None,
    before: Any = None,
    is_last: bool = False,
) -> Sequence[Row[Any]]:
    """A stretch of a query's rows, the greatest key first.

    Args:
        limit: at most so many.
        after: only rows that stand after this key: those with smaller ones.
        before: only rows that stand before this key: those with greater ones.
        is_last: the last of them rather than the first.
    """
    if after is not None:
        query = query.where(key < after)
    if before is not None:
        query = query.where(key > before)
    rows = connection.execute(query.order_by(key if is_last else key.desc()).limit(limit)).all()
    return rows[::-1] if is_last else rows
