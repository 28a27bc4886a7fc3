"""`shelfgraph jobs` as an operator meets it: a real load, asked for in the journal, run by a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loader_shops import SHOPS, write_shop
from typer.testing import CliRunner

from commands.application import application
from commands.jobs import how_far
from commands.settings import Settings
from graph.server import USER
from journal.job_log import JobLog
from schema.jobs import ENDED, JobKind, JobState
from shelfgraph import clock, wire

ROOT = Path(__file__).parents[1]
OPTIONS = {"folder": "2024-05-01", "max_rejects": 0.5, "create_missing": [], "pseudonymise": False}


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def jobs(home):
    home.mkdir()
    return JobLog(str(home / "journal.db"))


def invoke(home, *words):
    return CliRunner().invoke(application, words, obj=wire(Settings(home=home)))


def ask(jobs, source="nightly", **options):
    arguments = {"source": source, **OPTIONS, **options}
    return jobs.ask(JobKind.LOAD, arguments, asked_by="key:ann", asked_at=clock()).number


def test_jobs_are_listed_shown_and_cancelled(home, jobs):
    ask(jobs)
    ask(jobs)
    assert "Job 2 is cancelled." in invoke(home, "jobs", "cancel", "2").stdout
    told = invoke(home, "jobs", "list").stdout
    assert "queued" in told
    assert "cancelled" in told
    assert "2024-05-01" in invoke(home, "jobs", "show", "1").stdout
    jobs.claim(worker="w", at=clock())
    jobs.beat(1, worker="w", at=clock(), step="reading [red]", done=1_000, total=4_000)
    assert how_far(jobs.job(1)) == "reading [red] 1,000 of 4,000"
    assert "[red]" in invoke(home, "jobs", "list").stdout
    assert "told to end" in invoke(home, "jobs", "cancel", "1").stdout
    assert invoke(home, "jobs", "show", "9").exit_code != 0


@pytest.mark.slow
@pytest.mark.graph
def test_a_follower_runs_what_is_asked_for_and_nothing_elsewhere(home, jobs, graph, neo4j_server, tmp_path):
    del graph  # it is emptied for us
    write_shop(SHOPS["retail-tables"], tmp_path / "exports" / "2024-05-01")
    (tmp_path / "exports" / "out").symlink_to(tmp_path)
    settings = {
        "SHELFGRAPH_HOME": str(home),
        "SHELFGRAPH_LOADS": f'{{"nightly": "retail-tables {tmp_path / "exports"}"}}',
        "NEO4J_URI": neo4j_server.uri,
        "NEO4J_USER": USER,
        "NEO4J_PASSWORD": neo4j_server.password(),
    }
    numbers = [ask(jobs), ask(jobs, folder="out"), ask(jobs, source="elsewhere"), ask(jobs)]
    command = [sys.executable, "-m", "shelfgraph", "jobs", "run", "--follow"]
    follower = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings})
    try:
        deadline = time.monotonic() + 120
        while jobs.job(numbers[-1]).state not in ENDED:
            assert time.monotonic() < deadline
            assert follower.poll() is None
            time.sleep(0.2)
    finally:
        follower.terminate()
        follower.wait(20)
    first, out, elsewhere, again = map(jobs.job, numbers)
    assert (first.state, first.result["lake_version"], first.error) == (JobState.DONE, 1, "")
    assert "nothing new" in again.message
    assert (out.state, elsewhere.state) == (JobState.FAILED, JobState.FAILED)
    assert "There is no folder of this source out." in out.error
    assert "SHELFGRAPH_LOADS" in elsewhere.error
