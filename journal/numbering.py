"""Numbers without gaps: writers of one table queue for them, so rows become visible in order."""

from sqlalchemy import Connection, Table, select, update

from journal.tables import NUMBERS


def take_numbers(connection: Connection, table: Table, count: int) -> int:
    """The last number before the `count` ones now taken; other writers wait until this transaction ends."""
    # Written before it is read: the row's lock is what puts writers in a queue.
    connection.execute(update(NUMBERS).where(NUMBERS.c.name == table.name).values(last=NUMBERS.c.last + count))
    last = connection.scalar(select(NUMBERS.c.last).where(NUMBERS.c.name == table.name))
    return int(last or 0) - count
