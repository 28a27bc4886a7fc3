"""Live eligibility, proved: several serving processes, concurrent writers, and nothing outdated for two seconds."""

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import free_port

from evaluation.freshness import measure
from evaluation.staleness import Diary, Seen, Told
from schema.errors import BadInput, Unavailable

ROOT = Path(__file__).parents[1]


def stale(told, said, begun_at, *, unsure=()):
    diary = Diary()
    diary.add_told((("price", "a"), Told(*each)) for each in told)
    for value, sent_at in unsure:
        diary.add_unsure([(("price", "a"), value)], sent_at)
    diary.add_seen([Seen(("price", "a"), begun_at, begun_at + 1.0, lambda value: value == said, "")])
    ((age, _),) = diary.stale_seconds()
    return age


HISTORY = [(1.0, 0.0, 1.0, 1), (2.0, 10.0, 11.0, 2), (3.0, 20.0, 21.0, 3)]
"""Value, sent at, acknowledged at, sequence."""


@pytest.mark.parametrize(
    ("said", "begun_at", "age"),
    [
        (1.0, 5.0, 0.0),
        (1.0, 10.5, 0.0),
        (1.0, 13.0, 2.0),
        (1.0, 25.0, 14.0),
        (2.0, 9.5, 0.0),
        (2.0, 22.0, 1.0),
        (3.0, 19.5, 0.0),
        (9.0, 25.0, 24.0),
        (3.0, 5.0, 4.0),
    ],
)
def test_an_answer_is_as_old_as_the_oldest_change_it_missed(said, begun_at, age):
    assert stale(HISTORY, said, begun_at) == age


def test_a_value_told_twice_counts_as_the_newer_and_one_never_acknowledged_as_possible():
    assert stale([*HISTORY, (1.0, 30.0, 31.0, 4)], 1.0, 35.0) == 0.0
    assert stale(HISTORY, 7.0, 25.0, unsure=[(7.0, 24.0)]) == 0.0
    assert stale(HISTORY, 7.0, 25.0, unsure=[(7.0, 27.0)]) == 24.0


def test_services_that_are_not_there_are_told():
    with pytest.raises(Unavailable, match="did not answer"):
        measure([f"http://127.0.0.1:{free_port()}"], store_id="S1", seconds=1)
    with pytest.raises(BadInput, match="addresses"):
        measure(["nowhere"], store_id="S1", seconds=1)


@pytest.fixture
def services(loaded, tmp_path, request):
    """Processes that serve one shop from one journal, each looking at it every so many seconds."""
    ports = {free_port(): every for every in request.param}
    program, journal = str(Path(__file__).with_name("serving_process.py")), str(tmp_path / "journal.db")
    command = [sys.executable, program, journal, loaded.uri, loaded.password()]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    started = [
        subprocess.Popen([*command, str(port), str(every)], env={**os.environ, "PYTHONPATH": path}, cwd=tmp_path)
        for port, every in ports.items()
    ]
    try:
        for port in ports:
            _wait_for(port)
        yield [f"http://127.0.0.1:{port}" for port in ports]
    finally:
        for process in started:
            process.kill()
            process.wait()


def _wait_for(port):
    ends = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            assert time.monotonic() < ends, "a serving process did not start"
            time.sleep(0.1)
        finally:
            connection.close()


@pytest.mark.slow
@pytest.mark.graph
@pytest.mark.parametrize("services", [(0.2, 0.2, 0.2)], indirect=True)
def test_every_answer_honours_what_was_acknowledged_two_seconds_before(services):
    found = measure(services, store_id="S1", seconds=8)
    assert found.num_violations == 0, found
    assert found.num_failures == 0, found
    assert found.num_changes >= 8 * 150, found
    assert found.num_answers > 30, found


@pytest.mark.slow
@pytest.mark.graph
@pytest.mark.parametrize("services", [(0.2, 60.0)], indirect=True)
def test_a_service_that_does_not_follow_is_found_out(services):
    found = measure(services, store_id="S1", seconds=5, told_urls=services[:1])
    assert found.num_violations > 0, found
    assert found.oldest_seconds >= 2.0
    assert "after it was not so" in found.examples[0]
