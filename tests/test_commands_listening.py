"""What is written to a caller in one turn of the loop goes out at once, in order, and before a connection closes."""

import asyncio

from commands.listening import Joined


class Recorder:
    """A transport that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def write_eof(self) -> None:
        self.told.append("eof")

    def close(self) -> None:
        self.told.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.told

    def get_extra_info(self, name: str) -> str:
        return name


def told(*turns: str) -> list[object]:
    """What a transport is told when each turn's letters are written, `.` closes and `!` ends."""
    recorder = Recorder()

    async def run() -> None:
        joined = Joined(recorder, asyncio.get_running_loop())
        for turn in turns:
            for letter in turn:
                if letter == ".":
                    joined.close()
                elif letter == "!":
                    joined.write_eof()
                else:
                    joined.write(letter.encode())
            await asyncio.sleep(0)
        assert joined.get_extra_info("peername") == "peername"

    asyncio.run(run())
    return recorder.told


def test_a_turns_parts_are_one():
    assert told("ab", "c", "", "de") == [b"ab", b"c", b"de"]


def test_what_was_written_goes_before_an_end():
    assert told("a", "bc.") == [b"a", b"bc", "closed"]
    assert told("ab!", ".") == [b"ab", "eof", "closed"]


def test_nothing_is_written_to_what_is_closed():
    assert told("a.b", "c") == [b"a", "closed"]


def test_lines_are_written_in_their_order():
    recorder = Recorder()

    async def run() -> None:
        joined = Joined(recorder, asyncio.get_running_loop())
        joined.write(b"a")
        joined.writelines([b"b", b"c"])
        await asyncio.sleep(0)

    asyncio.run(run())
    assert recorder.told == [b"abc"]
