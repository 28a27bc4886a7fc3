"""Neighbours: workers of one port, of whom the busier hands requests to the idler, each with its connection."""

import asyncio
import mmap
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from uvicorn.server import Server

AHEAD: Final = 1
"""Answers more under way here than there, from which a request is worth handing over."""
TOLD_SECONDS: Final = 0.05
"""How often a worker that nobody asks tells that it is there."""
SILENT_SECONDS: Final = 0.2
"""Who has told nothing for so long is handed nothing: it stands still, or is no more."""
MOST_BYTES: Final = 32_768
"""Of the first part of a request; who sends more at once is answered where they are."""
_NUMBERS: Final = 2
"""That a worker tells: answers under way, and when that was, by the machine's monotonic clock."""


@dataclass(frozen=True)
class Place:
    """Where a worker stands among its neighbours: descriptors that it inherits.

    Attributes:
        listener: the socket it listens on, bound.
        number: which of them it is, from 0.
        board: memory in which each tells how much it has under way.
        inbox: where it is handed connections.
        outboxes: by number, where each is handed them.
    """

    listener: int
    number: int
    board: int
    inbox: int
    outboxes: tuple[int, ...]

    @property
    def descriptors(self) -> list[int]:
        """All that is inherited."""
        return [self.listener, self.board, self.inbox, *self.outboxes]

    def __str__(self) -> str:
        """As `read` takes it."""
        return ",".join(map(str, [self.number, *self.descriptors]))

    @classmethod
    def read(cls, words: str) -> Self:
        """A place as it was written."""
        number, listener, board, inbox, *outboxes = map(int, words.split(","))
        return cls(listener, number, board, inbox, tuple(outboxes))


class Places:
    """The places of all workers, held by the process that starts them."""

    def __init__(self, count: int) -> None:
        self._board = os.memfd_create("shelfgraph workers")
        os.ftruncate(self._board, mmap.PAGESIZE)
        self._pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(count)]
        for end in (end for pair in self._pairs for end in pair):
            end.setblocking(False)

    def place(self, number: int, listener: int) -> Place:
        """A worker's place; what one that died there was handed and had not taken is closed, which its clients see."""
        inbox, _ = self._pairs[number]
        with suppress(BlockingIOError):
            while True:
                _, handed, _, _ = socket.recv_fds(inbox, MOST_BYTES, 1)
                for connection in handed:
                    os.close(connection)
        return Place(listener, number, self._board, inbox.fileno(), tuple(outbox.fileno() for _, outbox in self._pairs))


class Neighbours:
    """The other workers, as one of them sees them; used within one event loop.

    The system shares connections out once and by chance: while one worker has ten requests waiting, another may have
    none. So a request that finds more under way here than elsewhere goes there, and its connection stays there.

    Args:
        place: this worker's.
    """

    def __init__(self, place: Place) -> None:
        self._board = memoryview(mmap.mmap(place.board, mmap.PAGESIZE)).cast("d")
        self._own, self._under_way, self._is_leaving = _NUMBERS * place.number, 0, False
        self._inbox, *outboxes = (socket.socket(fileno=fd) for fd in (place.inbox, *place.outboxes))
        self._outboxes = {_NUMBERS * number: each for number, each in enumerate(outboxes) if number != place.number}

    def open(self, server: "Server", adopted: Callable[[bytes], asyncio.Protocol]) -> None:
        """Be handed requests from now until the server is told to end.

        Args:
            adopted: what answers on a connection of which these bytes were read elsewhere.
        """
        loop, coming = asyncio.get_running_loop(), set[asyncio.Task[None]]()

        async def adopt(data: bytes, connection: socket.socket) -> None:
            with suppress(OSError):  # its client has gone
                await loop.connect_accepted_socket(lambda: adopted(data), connection)

        def take() -> None:
            with suppress(BlockingIOError):
                data, handed, _, _ = socket.recv_fds(self._inbox, MOST_BYTES, 1)
                for connection in handed:  # none, where this process may open no more
                    task = loop.create_task(adopt(data, socket.socket(fileno=connection)))
                    coming.add(task)
                    task.add_done_callback(coming.discard)

        def tell() -> None:
            self._is_leaving = server.should_exit
            self.count(0)
            if not self._is_leaving:
                loop.call_later(TOLD_SECONDS, tell)

        loop.add_reader(self._inbox, take)
        tell()

    def count(self, change: int) -> None:
        """Tell that so many answers more are under way here."""
        self._under_way += change
        self._board[self._own] = self._under_way
        self._board[self._own + 1] = 0.0 if self._is_leaving else time.monotonic()

    def take(self, connection: socket.socket, data: bytes) -> bool:
        """Whether a neighbour took a connection and the first bytes of a request; it is then to be let go of here."""
        if self._under_way < AHEAD or len(data) > MOST_BYTES:
            return False
        board, since = self._board, time.monotonic() - SILENT_SECONDS
        there = [(board[start], start) for start in self._outboxes if board[start + 1] > since]
        fewest, idlest = min(there, default=(self._under_way, 0))
        if self._under_way - fewest < AHEAD:
            return False
        try:
            socket.send_fds(self._outboxes[idlest], [data], [connection.fileno()])
        except OSError:  # its inbox is full
            return False
        return True
