"""Every error of the house: a class per diagnosis, saying what, where, what was expected and what to do."""

from collections.abc import Iterable


class ShelfgraphError(Exception):
    """A diagnosis a person can act on: `what` is wrong and the `remedy`.

    Args:
        what: the offending thing and what was expected of it, one sentence.
        remedy: what to do about it, one imperative sentence; empty where nothing can be done.
    """

    exit_code = 1

    def __init__(self, what: str, *, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}".strip())


class BadInput(ShelfgraphError):
    """Files or rows that cannot be read as what they claim to be.

    Args:
        what: what is wrong.
        file: the file's name as the caller gave it.
        line: 1-based physical line, the header being line 1; None where it has none.
        column: the column's name as the file spells it; None where it has none.
        remedy: what to do.
    """

    exit_code = 2

    def __init__(
        self, what: str, *, file: str = "", line: int | None = None, column: str | None = None, remedy: str = ""
    ) -> None:
        self.file, self.line, self.column = file, line, column
        place = ", ".join(
            part
            for part in (
                file,
                f"line {line}" if line is not None else "",
                f"column {column!r}" if column is not None else "",
            )
            if part
        )
        super().__init__(f"{place}: {what}" if place else what, remedy=remedy)


class KeyReused(BadInput):
    """An idempotency key, or an id that identifies a row for ever, came again with other content.

    Args:
        key: the key as given.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The key {key!r} was used before with other content.",
            remedy="Repeat the first content under this key, or give the new content a new key.",
        )


class TooManyRejects(BadInput):
    """More rows of a table broke the contract than `--max-rejects` allows; nothing was published."""

    exit_code = 3


class EmptyWindow(ShelfgraphError):
    """No row precedes the cut-off, or the window asked for holds none."""

    exit_code = 2


class MissingTable(ShelfgraphError):
    """A capability needs a table that the shop has not loaded.

    Args:
        needed_by: the capability, as a person calls it.
        table: the table's name in retail-tables.
    """

    exit_code = 2

    def __init__(self, needed_by: str, table: str) -> None:
        super().__init__(
            f"{needed_by} needs the table `{table}`, which this shop has not loaded.",
            remedy=f"Add {table}.csv, {table}.csv.gz or {table}.parquet to the tables folder and load again.",
        )


class NotFound(ShelfgraphError):
    """Something asked for by its key does not exist.

    Args:
        kind: what was asked for (`product`, `lake version`, …).
        key: the key as given.
        near: keys that do exist and look alike, best first.
    """

    exit_code = 4

    def __init__(self, kind: str, key: object, *, near: Iterable[str] = (), remedy: str = "") -> None:
        self.kind, self.key = kind, str(key)
        close = ", ".join(list(near)[:5])
        super().__init__(f"There is no {kind} {key!s}.", remedy=remedy or (f"Near it: {close}." if close else ""))


class Unavailable(ShelfgraphError):
    """A server or a file this needs cannot be reached now; trying again later may help."""

    exit_code = 5


class TooLittleMemory(Unavailable):
    """A work would hold more memory than there is; nothing was begun.

    Args:
        work: what it is, as a person calls it.
        wanted, there: MiB.
    """

    def __init__(self, work: str, wanted: float, there: float) -> None:
        super().__init__(
            f"{work} would hold about {wanted:,.0f} MiB of memory, and {there:,.0f} MiB are there.",
            remedy="Free some, use a larger machine, or say what it may hold by SHELFGRAPH_MEMORY_MIB.",
        )


class WrongCredentials(ShelfgraphError):
    """The graph server refused the user name or the password."""

    exit_code = 6


class Tampered(ShelfgraphError):
    """A file's content does not match the hash recorded for it."""

    exit_code = 7


class Busy(ShelfgraphError):
    """Somebody else holds what this needs: a port, a lock, a lease."""

    exit_code = 8


class NotTrained(ShelfgraphError):
    """There is no published model version yet."""

    exit_code = 9

    def __init__(self) -> None:
        super().__init__("No model version has been published yet.", remedy="Run `shelfgraph train`.")


class Unauthenticated(ShelfgraphError):
    """Whoever asks showed no key or token where one is needed, or one that does not count."""

    exit_code = 10


class Forbidden(ShelfgraphError):
    """The role of whoever asks does not allow this."""

    exit_code = 11
