"""Operations: what those who run a shop may have done over the contract, as it is wired."""

from collections.abc import Collection
from dataclasses import dataclass

from journal.erasure_log import ErasureLog
from journal.job_log import JobLog
from schema.approvals import ModelRoom
from schema.errors import Unavailable


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
    if operations is None:
        raise Unavailable("No operations are offered here.")
    return operations


def models_of(operations: Operations | None) -> ModelRoom:
    """The model versions.

    Raises:
        Unavailable: if this service offers none.
    """
    models = wired(operations).models
    if models is None:
        raise Unavailable("No model versions are offered here.")
    return models


def erasures_of(operations: Operations | None) -> ErasureLog:
    """The erasures.

    Raises:
        Unavailable: if this service erases nobody.
    """
    erasures = wired(operations).erasures
    if erasures is None:
        raise Unavailable("Nobody is erased here.")
    return erasures
