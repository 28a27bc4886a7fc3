"""The local server starts once, stops, says what is wrong, and comes back after anything."""

import os
import signal
import socket
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import brief_server

from graph.connection import connect
from graph.processes import command_line
from graph.server import HOST, USER, LocalServer
from schema.errors import Busy, NotFound, Unavailable

pytestmark = pytest.mark.graph


def test_starting_what_runs_changes_nothing(neo4j_server: LocalServer) -> None:
    pid = neo4j_server.pid()
    assert neo4j_server.start() == pid
    assert neo4j_server.is_ready()
    assert neo4j_server.status().startswith(f"running: {neo4j_server.uri}")


def test_the_password_is_for_its_owner_only(neo4j_server: LocalServer) -> None:
    mode = (neo4j_server.home / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len(neo4j_server.password()) >= 8


@pytest.mark.parametrize("name", ["bolt", "http"])
def test_a_port_in_use_is_told_at_once(tmp_path: Path, neo4j_jars: Path, name: str) -> None:
    server = brief_server(tmp_path, neo4j_jars)
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(Busy, match=rf"Port {port}.*SHELFGRAPH_{name.upper()}_PORT"):
            replace(server, **{f"{name}_port": port}).start()
        assert time.monotonic() - began < 5
    assert server.pid() is None


def test_a_stale_pid_file_counts_for_nothing(tmp_path: Path, neo4j_jars: Path) -> None:
    server = brief_server(tmp_path, neo4j_jars)
    for stale in (str(os.getpid()), "999999999", "not a pid", ""):
        (tmp_path / "server.pid").write_text(stale)
        assert server.pid() is None
        assert not server.stop()
    assert command_line(os.getpid())
    assert server.status().startswith("stopped")
    with pytest.raises(NotFound, match="graph start"):
        server.password()


def test_a_server_that_dies_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("made-up-before")
    with pytest.raises(Unavailable, match=r"CommunityEntryPoint.*server\.log"):
        brief_server(tmp_path, tmp_path / "no jars").start()


@pytest.mark.slow
def test_a_neo4j_that_refuses_is_told_with_its_reason_and_the_log_that_holds_it(
    tmp_path: Path, neo4j_jars: Path
) -> None:
    (tmp_path / "password").write_text("made-up-before")
    greedy = replace(brief_server(tmp_path, neo4j_jars), page_cache_mib=100_000_000)
    with pytest.raises(Unavailable, match=r"ERROR .*exceeds physical memory.*neo4j\.log") as told:
        greedy.start()
    log = Path(told.value.remedy.removeprefix("Read ").removesuffix("."))
    assert "server.memory.pagecache.size" in log.read_text()
    assert greedy.pid() is None


def test_no_jars_at_all_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="password could not be set"):
        brief_server(tmp_path, tmp_path / "no jars").start()


@pytest.mark.slow
def test_half_made_killed_and_stopped_servers_start_again(tmp_path: Path, neo4j_jars: Path) -> None:
    server = brief_server(tmp_path / "home", neo4j_jars)
    torn = server.home / "data" / "dbms" / "auth.ini"
    torn.parent.mkdir(parents=True)
    torn.write_text("torn")
    try:
        first = server.start()
        with connect(server.uri, user=USER, password=server.password()) as graph:
            graph.write("merge_brands", rows=[["kept", "load"]])
        os.kill(first, signal.SIGKILL)
        assert server.start() != first
        with connect(server.uri, user=USER, password=server.password()) as graph:
            assert [row["name"] for row in graph.read("read_brands", share=1.0)] == ["kept"]
        assert server.stop()
        assert not server.stop()
        assert server.pid() is None
    finally:
        server.stop()
