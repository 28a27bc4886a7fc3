"""Turns: requests begin one after another, and what has begun goes on before the next begins."""

import asyncio
from collections import deque
from typing import Final

RESTS: Final = 16
"""Rounds of the loop between two beginnings: about what an answer of the graph takes from its socket to who waits."""


class Turns:
    """A queue in front of an event loop's requests, first come first served.

    A loop begins whatever is ready. Of ten requests that are, nine would be answered before one that waited for the
    graph goes on, though it came before them; and again at each round that it needs. So a request that finds another
    just begun waits until the loop has gone round a few times. Nobody waits where there is no crowd.

    Args:
        rests: how many times.
    """

    def __init__(self, *, rests: int = RESTS) -> None:
        self._rests = rests
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_resting = False

    async def turn(self) -> None:
        """Return when it is this caller's turn to begin."""
        loop = asyncio.get_running_loop()
        if self._is_resting:
            mine = loop.create_future()
            self._waiting.append(mine)
            await mine
        else:
            self._is_resting = True
            loop.call_soon(self._rest, loop, self._rests)

    def _rest(self, loop: asyncio.AbstractEventLoop, left: int) -> None:
        if left:
            loop.call_soon(self._rest, loop, left - 1)
            return
        while self._waiting:
            next_one = self._waiting.popleft()
            if not next_one.done():  # it may have given up
                next_one.set_result(None)
                loop.call_soon(self._rest, loop, self._rests)
                return
        self._is_resting = False
