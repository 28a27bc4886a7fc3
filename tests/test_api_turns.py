"""Requests begin in the order they came, and what has begun goes on first."""

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from api.turns import Turns

Said = list[tuple[str, int]]


async def go_round(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def asked(turns: Turns, said: Said, needs: int) -> Callable[[int], Awaitable[None]]:
    async def ask(number: int) -> None:
        await turns.turn()
        said.append(("begins", number))
        await go_round(needs)
        said.append(("ends", number))

    return ask


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(4, 12))
def test_first_come_first_served_and_what_began_ends_before_the_next_begins(pauses: list[int], rests: int) -> None:
    said: Said = []

    async def crowd() -> None:
        ask = asked(Turns(rests=rests), said, rests - 2)
        tasks = []
        for number, pause in enumerate(pauses):
            await go_round(pause)
            tasks.append(asyncio.ensure_future(ask(number)))
        await asyncio.gather(*tasks)

    asyncio.run(crowd())
    assert said == [(what, number) for number in range(len(pauses)) for what in ("begins", "ends")]


def test_without_turns_all_begin_before_one_ends() -> None:
    """The law above would tell a queue that lets all pass."""
    said: Said = []

    async def crowd() -> None:
        ask = asked(Turns(rests=0), said, 6)
        await asyncio.gather(*(ask(number) for number in range(3)))

    asyncio.run(crowd())
    assert [what for what, _ in said] == ["begins"] * 3 + ["ends"] * 3


def test_who_comes_alone_begins_at_once() -> None:
    async def alone() -> None:
        turns = Turns(rests=8)
        for _ in range(3):
            turn = turns.turn()
            try:
                turn.send(None)
            except StopIteration:
                await go_round(12)  # until the loop has rested
            else:
                raise AssertionError("it waited for nobody")

    asyncio.run(alone())


def test_who_gives_up_is_passed_over_and_costs_the_others_nothing() -> None:
    said: Said = []

    async def crowd() -> None:
        ask = asked(Turns(rests=6), said, 1)
        tasks = [asyncio.ensure_future(ask(number)) for number in range(4)]
        await go_round(2)
        for number in (1, 2):
            tasks[number].cancel()
        await go_round(8)
        assert ("begins", 3) in said
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(crowd())
    assert [number for what, number in said if what == "begins"] == [0, 3]


def test_turns_go_on_after_a_crowd_has_gone() -> None:
    said: Said = []

    async def crowds() -> None:
        ask = asked(Turns(rests=4), said, 1)
        for crowd in range(3):
            await asyncio.gather(*(ask(10 * crowd + number) for number in range(3)))
            await go_round(10 * (crowd % 2))

    asyncio.run(crowds())
    assert [number for what, number in said if what == "begins"] == [0, 1, 2, 10, 11, 12, 20, 21, 22]
