"""Load is offered at its rate whatever the answers take, and waiting is counted from when each request was due."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evaluation.load_generator import Target, closed_loop, open_loop
from evaluation.open_loop import arrivals, growth, percentile

WAITS = arrays.arrays(np.float64, st.integers(1, 300), elements=st.floats(0, 1e6))


@given(WAITS, st.floats(0.1, 100))
def test_percentiles_agree_with_numpys(values, percent):
    # numpy's own rank may fall on the other side of a whole number by rounding: its neighbours frame ours.
    ours = percentile(values, percent)
    low, high = (np.percentile(values, near, method="inverted_cdf") for near in (percent - 1e-9, percent))
    assert ours in (low, high)
    assert (values <= ours).mean() >= percent / 100 - 1e-9


def test_percentiles_of_nothing_are_zero():
    assert percentile(np.array([]), 99) == 0.0


@given(st.floats(1, 500), st.floats(0.1, 20), st.sampled_from(["constant", "poisson"]), st.integers(0, 5))
def test_arrivals_ascend_and_keep_their_rate(per_second, seconds, spacing, seed):
    due = arrivals(per_second=per_second, seconds=seconds, spacing=spacing, seed=seed)
    expected = per_second * seconds
    assert (np.diff(due) >= 0).all()
    assert (due < seconds).all()
    assert abs(len(due) - expected) <= (1 if spacing == "constant" else 6 * expected**0.5 + 2)
    assert (due == arrivals(per_second=per_second, seconds=seconds, spacing=spacing, seed=seed)).all()


def test_poisson_gaps_are_exponential():
    gaps = np.diff(arrivals(per_second=100, seconds=200, spacing="poisson", seed=3))
    assert gaps.mean() == pytest.approx(0.01, rel=0.05)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)


def test_growth_is_that_of_the_second_half():
    minutes = np.arange(0, 10, 0.1)
    held = np.where(minutes < 5, 100 + 50 * minutes, 350 + 2 * (minutes - 5))
    assert growth(60 * minutes, held) == pytest.approx(2, rel=0.05)
    assert growth(np.array([0.0]), np.array([1.0])) == 0.0


class Server:
    """A bare HTTP server: request `stalls_at` makes it do nothing for a while, as a blocked event loop does."""

    def __init__(self, *, stalls_at=None, stall=0.0, status=200, body=b"{}", head=b"", is_brief=False):
        self.stalls_at, self.stall, self.status, self.body, self.head = stalls_at, stall, status, body, head
        self.is_brief = is_brief
        self.num_asked, self.free_at = 0, 0.0

    async def answer(self, reader, writer):
        loop = asyncio.get_running_loop()
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
                self.num_asked += 1
                if self.num_asked == self.stalls_at:
                    self.free_at = loop.time() + self.stall
                await asyncio.sleep(max(0.0, self.free_at - loop.time()))
                told = b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n" % (self.status, self.head, len(self.body))
                writer.write(told + self.body)
                if self.is_brief:
                    writer.close()
                    return
        except asyncio.IncompleteReadError:
            writer.close()


def against(server, run):
    """What `run(target)` returns while a bare server runs."""

    async def main():
        async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            return await run(Target(f"http://127.0.0.1:{port}/graphql"))

    return asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("connections", [1, 64])
def test_a_stall_shows_in_everything_that_was_due_meanwhile(connections):
    due = arrivals(per_second=100, seconds=1.5, spacing="constant")
    server = Server(stalls_at=20, stall=0.6)
    body = [Target("http://127.0.0.1:1/graphql").request(b"{}")]
    measured = against(server, lambda target: open_loop(target, body, due, connections=connections))
    assert not measured.refused.any()
    # 60 requests fell due in 0.6 s: they waited from 0.6 s down to nothing, half of them more than half of it.
    slow = measured.waited[19:79]
    assert (measured.waited > 0.25).sum() >= 25
    assert slow.max() >= 0.55
    assert np.corrcoef(np.arange(60), slow)[0, 1] < -0.5  # a straight line down, bent by what else the machine does
    assert measured.percentiles()["p99"] >= 500
    assert measured.percentiles()["p50"] < 300


def test_a_closed_loop_hides_the_same_stall():
    body = [Target("http://127.0.0.1:1/graphql").request(b"{}")]
    measured = against(
        Server(stalls_at=20, stall=0.6), lambda target: closed_loop(target, body, connections=1, count=150)
    )
    assert 1 <= (measured.waited > 0.3).sum() <= 5  # one, and what a busy machine adds


def test_what_is_refused_is_counted_and_graph_reads_are_read():
    body = [Target("http://127.0.0.1:1/graphql").request(b"{}")]
    told = b'Server-Timing: graph;dur=1.5;desc="3 reads"\r\n'
    for server, refused in (
        (Server(head=told), 0),
        (Server(status=503), 10),
        (Server(body=b'{"data":null,"errors":[{"message":"no"}]}'), 10),
    ):
        measured = against(server, lambda target: closed_loop(target, body, connections=2, count=10))
        assert measured.refused.sum() == refused
        assert measured.graph_reads() == (3.0 if server.head else None)


def test_a_connection_that_the_server_closed_at_rest_is_opened_again():
    body = [Target("http://127.0.0.1:1/graphql").request(b"{}")]
    due = arrivals(per_second=20, seconds=0.5, spacing="constant")
    measured = against(Server(is_brief=True), lambda target: open_loop(target, body, due, connections=1))
    assert not measured.refused.any()


def test_a_server_that_is_gone_refuses_everything():
    measured = asyncio.run(
        open_loop(Target("http://127.0.0.1:9/graphql"), [b"x"], arrivals(per_second=50, seconds=0.2))
    )
    assert measured.refused.all()
    assert measured.per_second == 0.0
