"""Reads: how often one request asked the graph, and how long it waited."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Reads:
    """What was asked of the graph.

    Attributes:
        num: round trips so far.
        seconds: waited for them so far, those at the same time added up.
    """

    num: int = 0
    seconds: float = 0.0


_reads: ContextVar[Reads | None] = ContextVar("reads", default=None)


def count_reads() -> Reads:
    """The count, from now on, of what this task and those that it begins ask; who begins a shared read counts it."""
    reads = Reads()
    _reads.set(reads)
    return reads


def reads_of_task() -> Reads:
    """What this task's reads are added to; a count that nobody sees where none was begun."""
    return _reads.get() or Reads()
