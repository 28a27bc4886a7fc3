"""Workers share one port, are replaced when they die, and end with the process that started them, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
WORKER = """
import asyncio, os, socket, sys, uvloop
from commands.neighbours import Place
from commands.workers import end_with_parent
end_with_parent()
async def told(_reader, writer):
    writer.write(str(os.getpid()).encode())
    await asyncio.sleep(0.01)
    writer.close()
async def main():
    server = await asyncio.start_server(told, sock=socket.socket(fileno=Place.read(sys.argv[1]).listener))
    await server.serve_forever()
uvloop.run(main())
"""
PARENT = """
import sys
from commands.workers import Workers
sys.exit(Workers([sys.executable, "-c", sys.argv[2]], "127.0.0.1", int(sys.argv[1]), 2).run())
"""
CALLS = 60


class Service:
    """A parent with two workers that answer with their pids."""

    def __init__(self, worker: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-c", PARENT, str(self.port), worker]
        self.parent = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})

    def answer(self) -> int | None:
        """The pid of whoever answers a call now; None where nobody listens, or dies meanwhile."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as call:
                return int(call.recv(16) or 0) or None
        except OSError:
            return None

    def until(self, holds, *, within: float = 20.0) -> set[int]:
        """Pids that answered, once they satisfy `holds`."""
        seen: set[int] = set()
        ends = time.monotonic() + within
        while not holds(seen):
            assert time.monotonic() < ends, seen
            seen |= {pid for pid in (self.answer(),) if pid}
        return seen


@pytest.fixture
def service():
    running = Service(WORKER)
    yield running
    running.parent.kill()
    running.parent.wait()


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except OSError:
        return True
    return state == "Z"


def wait_until_gone(pids: set[int]) -> None:
    ends = time.monotonic() + 15
    while not all(map(is_gone, pids)):
        assert time.monotonic() < ends, pids
        time.sleep(0.05)


def test_a_worker_that_dies_is_replaced_and_the_end_of_the_parent_is_the_end_of_all(service):
    first = service.until(lambda seen: len(seen) == 2)
    killed = min(first)
    os.kill(killed, signal.SIGKILL)
    replaced = service.until(lambda seen: len(seen - first) == 1)
    service.parent.terminate()
    assert service.parent.wait(15) == 0
    wait_until_gone(first | replaced)
    assert service.answer() is None


def test_calls_are_shared_out_while_all_workers_are_free(service):
    service.until(lambda seen: len(seen) == 2)
    answered: Counter[int | None] = Counter()
    for _ in range(CALLS):
        time.sleep(0.02)
        answered[service.answer()] += 1
    assert len(answered) == 2
    assert min(answered.values()) > CALLS // 8  # by chance less once in fifty million times


def test_workers_end_when_their_parent_is_killed(service):
    workers = service.until(lambda seen: len(seen) == 2)
    service.parent.kill()
    wait_until_gone(workers)


def test_workers_that_cannot_serve_end_the_service_with_what_they_said():
    refusing = Service("import sys; sys.exit(4)")
    assert refusing.parent.wait(20) == 4


def test_workers_that_die_one_after_the_other_at_the_start_end_the_service():
    dying = Service("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert dying.parent.wait(20) == 9
