"""`shelfgraph project`: carries what stands, survives any kill, and takes its turn."""

import signal
from datetime import timedelta

import own_process
import pytest
from live_shops import DELISTED, Shop, held, level, stock
from test_commands import run
from test_commands import shop as environment  # noqa: F401  (a fixture)

from jobs.check import check
from jobs.project import Projector
from registry.store import Registry
from schema.changes import PriceChange

pytestmark = [pytest.mark.graph, pytest.mark.slow]
TOLD = (stock("a", 0), PriceChange("a", 3.0), stock("b", 2), DELISTED, stock("b", 4, "all"))
LATER = timedelta(days=4_000)
"""After every lease of the killed, who lived by the real clock."""
KILLED_AT = [
    ("journal.store.Journal.take_lease 1", "after", "following"),
    ("graph.connection.Graph.write_if 1", "before", "following"),
    ("graph.connection.Graph.write_if 2", "after", "following"),
    ("graph.connection.Graph.write_alone 2", "before", "settling"),
    ("graph.connection.Graph.write_if 1", "after", "settling"),
    ("graph.connection.Graph.write_if 4", "after", "settling"),
    ("jobs.words.Words.all 1", "after", "settling"),
]
"""The how-manieth call of what, before it or after it, following the journal or laying all of it over a load."""


@pytest.fixture
def shop(environment, graph, tmp_path):  # noqa: F811
    made = Shop(tmp_path / "home", graph)
    made.load()
    return made


def test_once_carries_what_stands_and_says_so(environment, shop):  # noqa: F811
    shop.judge(1)
    told = shop.tell(*TOLD)
    assert f"all {told} changes" in run(environment, "project", "--once")
    assert len(held(shop.graph)["prices"]) == len(held(shop.graph)["judged"]) == 1
    assert "agree" in run(environment, "check")
    assert f"all {told} changes" in run(environment, "project", "--once")


def test_a_shop_that_was_never_loaded_is_told(environment):  # noqa: F811
    assert "no load" in run(environment, "project", "--once", code=5)


def by_twos() -> None:
    """From now on this process carries two changes at a time."""
    Projector.__init__.__kwdefaults__["batch"] = 2  # type: ignore[index]


@pytest.mark.parametrize(("point", "moment", "state"), KILLED_AT)
def test_killed_anywhere_the_next_run_ends_as_if_nothing_had_been(environment, shop, point, moment, state):  # noqa: F811
    shop.judge(1)
    shop.tell(*TOLD)
    if state == "settling":
        shop.graph.write("save_live_sequence", lake_version=1, before=1, sequence=None, fence=2, digests="{}")
    victim, call = point.split()
    death = (victim, int(call), moment)
    ended, told = own_process.shelfgraph(environment, "project", "--once", death=death, before=by_twos)
    assert ended == -signal.SIGKILL, told
    shop.time += LATER
    level(shop.projector())
    assert [row[0] for row in held(shop.graph)["prices"]] == ["a"]
    assert len(held(shop.graph)["judged"]) == 1
    registry = Registry(shop.folder / "registry")
    assert check(lake=shop.lake, graph=shop.graph, registry=registry, journal=shop.journal).is_equal
