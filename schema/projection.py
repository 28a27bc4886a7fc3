"""How far the graph has followed the journal."""

from dataclasses import dataclass

from schema.errors import ShelfgraphError

LEASE = "project changes"
"""The journal's name for the work of bringing changes to graph and lake, which one process at a time does."""


@dataclass(frozen=True)
class ProjectionState:
    """What a look at the projection found.

    Attributes:
        told: the journal's last change.
        projected: every change up to it is in the graph; None while that is not known, or laid anew over a load.
        lag_seconds: for how long the oldest change that is not in the graph has been waiting; None while not known.
        holder: who projects; None if nobody.
        is_ours: whether that is who looked.
        problem: why nothing moves, in words for anybody; None where all is well.
        diagnosis: the same for who can mend it, where it is an error.
    """

    told: int = 0
    projected: int | None = None
    lag_seconds: float | None = None
    holder: str | None = None
    is_ours: bool = False
    problem: str | None = None
    diagnosis: ShelfgraphError | None = None

    @property
    def lag_changes(self) -> int:
        """How many changes the graph lacks, or may lack."""
        return max(self.told - (self.projected or 0), 0)

    @property
    def is_level(self) -> bool:
        """Whether the graph holds all that was told."""
        return self.projected is not None and self.lag_changes == 0
