"""Operations: what those who run a shop may have done over the contract, as it is wired."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

from journal.erasure_log import ErasureLog
from journal.job_log import JobLog
from schema.approvals import ModelRoom
from schema.errors import Unavailable

P = TypeVar("P")


@dataclass(frozen=True)
class Operations:
    """What stands behind the contract's operations.

    Attributes:
        jobs: work that takes longer than a request.
        load_names: the sources that callers may have loaded, as an operator named them.
        models: the versions, and which is served; None offers none.
        erasures: customers who were erased; None erases none.
    """

    jobs: JobLog
    load_names: Collection[str] = ()
    models: ModelRoom | None = None
    erasures: ErasureLog | None = None


def wired(operations: Operations | None) -> Operations:
    """The operations.

    Raises:
        Unavailable: if this service offers none.
    """
    return _offered(operations, "No operations are offered here.")


def models_of(operations: Operations | None) -> ModelRoom:
    """The model versions.

    Raises:
        Unavailable: if this service offers none.
    """
    return _offered(wired(operations).models, "No model versions are offered here.")


def erasures_of(operations: Operations | None) -> ErasureLog:
    """The erasures.

    Raises:
        Unavailable: if this service erases nobody.
    """
    return _offered(wired(operations).erasures, "Nobody is erased here.")


def _offered(part: P | None, problem: str) -> P:
    if part is None:
        raise Unavailable(problem)
    return part
