"""Long work: what takes seconds of processor is done one after another, so that all other answers go on."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_ONE: Final = ThreadPoolExecutor(1, "long_work")


async def in_turn(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What some work answers, done in a thread once all that was asked for before it is.

    Whoever gives up while waiting takes their work back; what has begun goes on, for a thread cannot be ended, and is
    why there is only one: work that nobody waits for any more would pile up beside what is asked for anew.
    """
    return await asyncio.get_running_loop().run_in_executor(_ONE, partial(work, *args, **kwargs))
