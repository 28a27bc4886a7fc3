"""Ledger: decisions kept durably without making their answers wait for the store."""

import json
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from journal.decision_log import DecisionLog
from journal.spool import Spool, SpoolFull
from schema.errors import ShelfgraphError, Unavailable
from schema.ledger import LedgerEntry

log = structlog.get_logger("shelfgraph.ledger")
Kept = Future[str | None]
Build = Callable[[], LedgerEntry]
Waiting = tuple[str, bytes, Kept]
"""A decision's id, its entry as a line of the spool, and who waits for it to be kept."""

SYNC_SECONDS: Final = 0.05
"""How long what was answered may be younger than what is on the disk: what a power cut may lose."""
STORE_SECONDS: Final = 1.0
"""How long what was kept waits for its row: a transaction costs as much as ten rows."""
RETRY_SECONDS: Final = 1.0
MOST_WAITING: Final = 2_000
"""Decisions that may wait to be written; those past it are answered without an id."""
AT_ONCE: Final = 256


class Ledger:
    """Hands out an id for every decision that is kept; safe to share between threads.

    An entry is appended to the spool before its id is known to anybody, and carried to the store by a thread. While
    the store is away decisions go on being kept, up to the spool's bound. Whoever asks writes: what reaches the system
    alone is written sooner than handed over. Where ids wait for the disk, a thread writes for all who wait.

    Args:
        log: the store.
        folder: the spool's.
        max_bytes: the spool's bound.
        is_power_safe: whether an id is handed out only when its entry is on the disk, not only written.

    Raises:
        Unavailable: if the folder cannot be written.
    """

    def __init__(self, log: DecisionLog, folder: Path, *, max_bytes: int, is_power_safe: bool = False) -> None:
        try:
            self._spool = Spool(folder, max_bytes=max_bytes)
        except OSError as error:
            raise Unavailable(
                f"The ledger cannot write to {folder}: {error.strerror}.", remedy="Let this user write there."
            ) from error
        self.log, self._is_power_safe = log, is_power_safe
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closing, self._ended, self._flush = threading.Event(), threading.Event(), threading.Event()
        self._stored = threading.Condition()
        self._spool_problem: str | None = None
        self._store_problem: str | None = None
        jobs = (self._write, self._store) if is_power_safe else (self._sync, self._store)
        self._threads = [threading.Thread(target=job, daemon=True, name=f"ledger{job.__name__}") for job in jobs]
        for thread in self._threads:
            thread.start()

    @property
    def problem(self) -> str | None:
        """What is wrong with keeping decisions now; None if nothing is."""
        return self._spool_problem or self._store_problem

    def keep(self, build: Build) -> Kept:
        """The decision's id once its entry is kept; None where it could not be, and then nobody knows the id.

        Args:
            build: the entry; called at once.
        """
        kept: Kept = Future()
        kept.set_running_or_notify_cancel()
        if self._closing.is_set() or self._waiting.qsize() >= MOST_WAITING:
            kept.set_result(None)
            return kept
        try:
            entry = build()
            waiting = (entry.decision_id, payload_of(entry), kept)
        except Exception as error:  # an answer goes on without an entry that cannot be made
            log.error("an entry could not be made", exc_info=error)
            kept.set_result(None)
            return kept
        if self._is_power_safe:
            self._waiting.put(waiting)
        else:
            self._append([waiting])
        return kept

    def flush(self, *, within_seconds: float) -> bool:
        """Whether every entry whose id was known before this call reached the store in time."""
        goal = self._spool.num_appended
        with self._stored:
            self._flush.set()
            return self._stored.wait_for(lambda: self._spool.num_forgotten >= goal, timeout=within_seconds)

    def close(self, *, within_seconds: float = 2.0) -> None:
        """Store what can be stored in time; the rest waits in the spool for the next process."""
        self._closing.set()
        if self._is_power_safe:
            self._waiting.put(None)
            self._threads[0].join()
            while not self._waiting.empty():
                if (late := self._waiting.get()) is not None:
                    late[-1].set_result(None)
        self.flush(within_seconds=within_seconds)
        self._ended.set()
        self._flush.set()
        for thread in self._threads:
            thread.join()
        self._spool.close()
        self.log.close()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                if (another := self._waiting.get()) is None:
                    self._waiting.put(None)
                    break
                batch.append(another)
            self._append(batch)

    def _append(self, batch: list[Waiting]) -> None:
        problem = None
        try:
            self._spool.append([payload for _, payload, _ in batch])
            if self._is_power_safe:
                self._spool.sync()
        except SpoolFull:
            problem = "the spool is full: decisions are answered without an id"
        except OSError as error:
            problem = f"the spool cannot be written: {error.strerror}"
        self._spool_problem = problem
        for decision_id, _, kept in batch:
            kept.set_result(decision_id if problem is None else None)

    def _sync(self) -> None:
        while not self._ended.wait(SYNC_SECONDS):
            try:
                self._spool.sync()
            except OSError as error:
                self._spool_problem = f"the spool cannot be written: {error.strerror}"

    def _store(self) -> None:
        while not self._ended.is_set():
            self._flush.wait(STORE_SECONDS)
            self._flush.clear()
            self._carry()

    def _carry(self) -> None:
        while self._spool.num_bytes:
            try:
                self.log.add(_readable(self._spool.read()))
            except (ShelfgraphError, OSError) as error:
                if self._store_problem is None:
                    log.warning("ledger", state=str(error))
                self._store_problem = "the store does not answer: decisions wait in the spool"
                self._ended.wait(RETRY_SECONDS)
                return
            self._spool.forget()
            self._store_problem = None
            with self._stored:
                self._stored.notify_all()


def _readable(payloads: list[bytes]) -> list[LedgerEntry]:
    entries = []
    for payload in payloads:
        try:
            entries.append(entry_of(payload))
        except (ValueError, TypeError, KeyError) as error:
            log.error("an entry of another program was passed by", payload=payload.decode(), exc_info=error)
    return entries


def payload_of(entry: LedgerEntry) -> bytes:
    """An entry as one line of the spool."""
    body = {**vars(entry), "decided_at": entry.decided_at.isoformat(), "decided_on": entry.decided_on.isoformat()}
    try:
        return orjson.dumps(body)
    except TypeError:  # half a surrogate pair in a customer's id, say
        return json.dumps(body, separators=(",", ":")).encode()


def entry_of(payload: bytes) -> LedgerEntry:
    """The entry that a line of the spool holds."""
    try:
        body: dict[str, Any] = orjson.loads(payload)
    except orjson.JSONDecodeError:  # half a surrogate pair, as above
        body = json.loads(payload)
    body["decided_at"] = datetime.fromisoformat(body["decided_at"])
    body["decided_on"] = date.fromisoformat(body["decided_on"])
    return LedgerEntry(**body)
