"""Operations: what those who run a shop may have done over the contract, as it is wired."""

from collections.abc import Collection
from dataclasses import dataclass

from journal.job_log import JobLog
from schema.errors import Unavailable


@dataclass(frozen=True)
class Operations:
    """What stands behind the contract's operations.

    Attributes:
        jobs: work that takes longer than a request.
        load_names: the sources that callers may have loaded, as an operator named them.
    """

    jobs: JobLog
    load_names: Collection[str] = ()


def wired(operations: Operations | None) -> Operations:
    """The operations.

    Raises:
        Unavailable: if this service offers none.
    """
    if operations is None:
        raise Unavailable("No operations are offered here.")
    return operations
