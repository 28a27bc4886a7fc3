"""Loading is timed on real parts: every step is told, and the projection beside the bare driver."""

from datetime import UTC, datetime

import pytest
from conftest import brief_server
from test_commands import write_tables

from evaluation import loading


@pytest.mark.graph
@pytest.mark.slow
def test_every_step_is_timed_and_the_server_is_gone_afterwards(neo4j_jars, tmp_path):
    tables = write_tables(tmp_path / "tables")
    server = brief_server(tmp_path / "neo4j", neo4j_jars)
    measured = loading.run(
        "retail-tables", tables, folder=tmp_path / "shop", server=server, now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert set(measured.seconds) == {"check", "publish", "count", "project"}
    assert measured.rows > 100
    assert measured.speed is not None
    assert measured.speed.report.num_written > 18
    assert not server.is_ready()
    told = loading.markdown(measured)
    assert "bare driver" in told
    assert f"{measured.rows:,} raw rows" in told
