"""Jobs: work that takes longer than a request, asked for, run by a process of its own, and looked at meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from schema.progress import Progress


class JobKind(Enum):
    """What a job does."""

    LOAD = "load"
    RETRAINING = "retraining"
    PUBLISHING = "publishing"
    ERASURE = "erasure"


class JobState(Enum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True)
class Job:
    """One job as the journal keeps it.

    Attributes:
        number: ascending in the order in which jobs were asked for.
        arguments: what was asked, as JSON values.
        asked_by: who, as `Caller.name`, or `command line`.
        asked_at, started_at, ended_at, beat_at: aware; None where it has not come to that.
        step: what it does now, a short phrase; empty before the first.
        done, total: units of the step; None where the step does not count.
        message: what came of it, a sentence; empty before the end.
        error: why it failed; empty where it did not.
        result: the versions it made, as JSON values.
        is_cancelling: whether somebody wants it to end.
    """

    number: int
    kind: JobKind
    arguments: Mapping[str, Any]
    state: JobState
    asked_by: str
    asked_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    beat_at: datetime | None = None
    step: str = ""
    done: int | None = None
    total: int | None = None
    message: str = ""
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    is_cancelling: bool = False


@dataclass(frozen=True)
class JobEnd:
    """How a job ended.

    Attributes:
        message: what came of it, a sentence.
        error: why it failed.
        result: the versions it made, as JSON values.
    """

    state: JobState
    message: str = ""
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


Work = Callable[[Job, Progress], tuple[str, Mapping[str, Any]]]
"""Does a job; what came of it as a sentence, and the versions it made."""
