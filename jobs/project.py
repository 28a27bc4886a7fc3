"""Project: changes told by mutation → the graph, one projector at a time, each batch once."""

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import uuid4

from decisions.standing import MANY, not_carried, outliving
from graph.connection import Graph
from graph.live import BATCH, Ground, LiveRows, lay, pieces
from graph.marker import Marker, read_marker
from jobs.words import Words
from journal.leases import Lease
from journal.store import Journal
from lake.ranges import choosy_stores, days_as_loaded
from lake.store import Lake
from lake.version import LakeVersion
from schema.changes import Delisting, RecordedChange
from schema.errors import Busy, ShelfgraphError
from schema.progress import Progress, silent
from schema.projection import LEASE, ProjectionState

LEASE_SECONDS: Final = 10.0
"""For how long nobody else takes over from a projector that says nothing."""
STAGE: Final = "bringing changes to the graph"


class Projector:
    """Carries the journal's changes to the graph, a batch a step, while it holds the lease; used by one thread.

    The graph itself says how far it is, in the transaction that writes the rows, so a projector may be killed anywhere.

    Args:
        connect: opens the graph; asked again after it was lost.
        holder: who this is, for other processes and people.
        clock: the instant now, aware.
        batch: changes a step.
    """

    def __init__(  # keywords only: a whole shop's parts
        self,
        *,
        journal: Journal,
        lake: Lake,
        connect: Callable[[], Graph],
        holder: str,
        clock: Callable[[], datetime],
        batch: int = BATCH,
    ) -> None:
        self._journal, self._lake, self._connect = journal, lake, connect
        # Of two projectors in one process one waits as well.
        self._holder, self._clock, self._batch = f"{holder}, {uuid4().hex[:6]}", clock, batch
        self._graph: Graph | None = None
        self._lease: Lease | None = None
        self._words = Words(journal)
        self._held: LakeVersion | None = None
        self._choosy: frozenset[str] = frozenset()

    def advance(self) -> ProjectionState:
        """How the graph stands, at most one batch further than before; what is wrong is told, not raised."""
        state = ProjectionState()
        try:
            state = self._look()
            graph = self._opened()
            marker = read_marker(graph)
            state = replace(state, projected=marker.sequence, problem=_unready(marker))
            if self._lease is not None and marker.is_ready:
                marker = self._carried(graph, marker, self._lease, state.told)
                # What was told since the look may have been carried too.
                state = replace(state, projected=marker.sequence, told=max(state.told, marker.sequence or 0))
            return replace(state, lag_seconds=self._waited(state))
        except ShelfgraphError as error:
            return replace(state, problem="waits for graph, journal or lake: see the log", diagnosis=error)

    def release(self) -> None:
        """Let another process project at once."""
        if self._lease is not None:
            self._journal.give_back(self._lease)
            self._lease = None

    def close(self) -> None:
        """Let another process project at once, and give the connection back."""
        with suppress(ShelfgraphError):
            self.release()
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def _look(self) -> ProjectionState:
        now = self._clock()
        lease, told = self._held_now(now), self._journal.last_sequence()
        is_held = lease is not None and lease.expires_at > now
        return ProjectionState(
            told, holder=lease.holder if lease and is_held else None, is_ours=self._lease is not None
        )

    def _held_now(self, now: datetime) -> Lease | None:
        """The lease, whoever holds it; written only when it is free or a third of ours is over: others write too."""
        fresh = now + timedelta(seconds=LEASE_SECONDS * 2 / 3)
        if self._lease is not None and self._lease.expires_at > fresh:
            return self._lease
        held = self._journal.lease(LEASE)
        if held is None or held.expires_at <= now or held.holder == self._holder:
            self._lease = self._journal.take_lease(LEASE, holder=self._holder, now=now, seconds=LEASE_SECONDS)
            return self._lease or self._journal.lease(LEASE)
        self._lease = None
        return held

    def _opened(self) -> Graph:
        if self._graph is None:
            self._graph = self._connect()
        return self._graph

    def _waited(self, state: ProjectionState) -> float | None:
        if state.projected is None:
            return None
        first = self._journal.changes_after(state.projected, limit=1)
        return max((self._clock() - first[0].recorded_at).total_seconds(), 0.0) if first else 0.0

    def _carried(self, graph: Graph, marker: Marker, lease: Lease, told: int) -> Marker:
        """The graph's marker after one batch; as it is where somebody else wrote first."""
        if marker.sequence is None:
            return self._settled(graph, marker, lease, told)
        if marker.marked < marker.published:
            self._mark(graph, marker, lease)
        changes = self._journal.changes_after(marker.sequence, limit=self._batch)
        if changes:
            words = self._words.told(changes)
            rows = replace(LiveRows.of(changes), verdicts=words, marks=self._words.marks(words))
            ground = self._ground_of(marker, changes)
            if lay(graph, rows, ground, marker, sequence=changes[-1].sequence, fence=lease.fence):
                return read_marker(graph)
            return _moved_on(graph, marker)
        return marker

    def _settled(self, graph: Graph, marker: Marker, lease: Lease, told: int) -> Marker:
        """All that stands over a load, laid over it; begun anew where it was cut off."""
        carried = carried_by(self._journal, self._source(marker))
        changes = standing(self._journal, carried=carried, until=told)
        words = self._words.all(changes)
        rows = replace(LiveRows.of(changes), verdicts=words, marks=self._words.marks(words))
        graph.write_alone("constrain_prices")
        graph.write_alone("close_prices", carried=carried, batch=self._batch)
        ground = self._ground_of(marker, changes)
        for piece in [*pieces(rows, self._batch), LiveRows()]:
            self._look()
            sequence = None if piece != LiveRows() else told
            if not lay(graph, piece, ground, marker, sequence=sequence, fence=lease.fence):
                return _moved_on(graph, marker)
            marker = read_marker(graph)
        return marker

    def _mark(self, graph: Graph, marker: Marker, lease: Lease) -> None:
        """People's words on relations that were just published."""
        words = self._words.all(outliving(self._journal, until=marker.sequence or 0))
        for piece in pieces(LiveRows(marks=self._words.marks(words)), self._batch):
            self._look()
            if not lay(graph, piece, self._ground_of(marker, []), marker, sequence=marker.sequence, fence=lease.fence):
                return
        graph.write("save_model_marked", published=marker.published)

    def _source(self, marker: Marker) -> LakeVersion:
        if self._held is None or self._held.lake_version != marker.lake_version:
            self._held = self._lake.at(marker.lake_version)
            self._choosy = choosy_stores(self._held)
        return self._held

    def _ground_of(self, marker: Marker, changes: Sequence[RecordedChange]) -> Ground:
        source = self._source(marker)
        told = [recorded.change for recorded in changes]
        back = {change.sku for change in told if isinstance(change, Delisting) and change.delisted_on is None}
        days = days_as_loaded(source, back, as_of=date.fromisoformat(marker.as_of)) if back else {}
        return Ground(marker.load_id, self._choosy, days)


def catch_up(
    *, journal: Journal, lake: Lake, graph: Graph, clock: Callable[[], datetime], progress: Progress = silent
) -> ProjectionState:
    """Bring all that was told to the graph; left to whoever else projects, where somebody does.

    Returns:
        How the graph stands then; `problem` says why it is not level.
    """
    projector = Projector(journal=journal, lake=lake, connect=lambda: graph, holder=this_process(), clock=clock)
    try:
        state = projector.advance()
        while state.is_ours and not state.is_level and state.problem is None:
            progress(STAGE, state.projected or 0, state.told)
            state = projector.advance()
        progress(STAGE, state.projected or 0, state.told)
        return state
    finally:
        projector.release()


def this_process() -> str:
    """The name by which this process holds leases."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def live_rows(journal: Journal, source: LakeVersion, marker: Marker) -> tuple[LiveRows, Ground]:
    """What lies over a lake version in a graph with this marker, and what it lies on; nothing before it is all laid."""
    ground = Ground(source.load_id, choosy_stores(source))
    if marker.sequence is None or marker.lake_version != source.lake_version:
        return LiveRows(), ground
    return LiveRows.of(standing(journal, carried=carried_by(journal, source), until=marker.sequence)), ground


def carried_by(journal: Journal, source: LakeVersion) -> int:
    """The last change whose stock or price a lake version holds."""
    if source.carried is not None:
        return source.carried["changes"]
    loads = journal.changes_after(0, kind="load_published", limit=MANY)
    named = [load.sequence for load in loads if getattr(load.change, "lake_version", 0) <= source.lake_version]
    return named[-1] if named else 0


def standing(journal: Journal, *, carried: int, until: int) -> list[RecordedChange]:
    """What lies over a load that carries the changes up to `carried`, when all up to `until` were told, ascending."""
    told = [*outliving(journal, until=until), *not_carried(journal, carried=carried, until=until)]
    return sorted(told, key=lambda change: change.sequence)


def _moved_on(graph: Graph, marker: Marker) -> Marker:
    """What the graph stands at, having refused a batch because somebody else wrote meanwhile.

    Raises:
        Busy: if it has not moved: then it was written under a lease that this journal has not given yet.
    """
    found = read_marker(graph)
    if found == marker:
        raise Busy(
            "The graph was last written under a later lease than this one: by a projector with another journal.",
            remedy="End that one; then `shelfgraph check --repair` writes the graph anew.",
        )
    return found


def _unready(marker: Marker) -> str | None:
    if marker.lake_version < 0 and not marker.is_ready:
        return "The graph holds no load yet."
    return None if marker.is_ready else "The graph is between two loads."
