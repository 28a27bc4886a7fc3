"""Long work is done one after another, and whoever gives up while waiting takes theirs back."""

import asyncio
import threading
import time

import pytest

from api.long_work import in_turn
from commands.parts import _once


def test_one_work_is_done_at_a_time_in_the_order_asked():
    told = []

    def work(number):
        told.append(("begins", number))
        time.sleep(0.01)
        told.append(("ends", number))
        return number

    async def all_of_them():
        return await asyncio.gather(*(in_turn(work, number) for number in range(5)))

    assert asyncio.run(all_of_them()) == [0, 1, 2, 3, 4]
    assert told == [(word, number) for number in range(5) for word in ("begins", "ends")]


def test_work_that_nobody_waits_for_any_more_is_never_begun():
    done, may_end = [], threading.Event()

    async def crowd():
        first = asyncio.create_task(in_turn(may_end.wait, 10))
        given_up = [asyncio.create_task(in_turn(done.append, number)) for number in range(20)]
        await asyncio.sleep(0.05)
        for each in given_up:
            each.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)
        may_end.set()
        await first
        await in_turn(done.append, "last")

    asyncio.run(crowd())
    assert done == ["last"]


def test_what_fails_is_told_to_who_asked_and_the_next_goes_on():
    async def both():
        with pytest.raises(ZeroDivisionError):
            await in_turn(lambda: 1 / 0)
        return await in_turn(lambda: "done")

    assert asyncio.run(both()) == "done"


def test_what_many_ask_for_at_once_is_read_once_and_again_only_if_it_failed():
    times = []

    def read():
        times.append(1)
        time.sleep(0.02)
        if len(times) == 1:
            raise OSError("not now")
        return "read"

    held, found = _once(read), []
    with pytest.raises(OSError, match="not now"):
        held()
    threads = [threading.Thread(target=lambda: found.append(held())) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == ["read"] * 8
    assert len(times) == 2
