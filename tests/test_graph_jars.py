"""The jars' folder holds what the lock says whatever happens on the way there."""

import hashlib
import multiprocessing
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from graph import jars
from graph.jars import LOCK, Jar, fetch, read_lock
from schema.errors import Tampered, Unavailable

NAMES = ("a", "b", "c")


class _Repository(SimpleHTTPRequestHandler):
    """Serves a folder as Maven does; `slow` and `lost` are file names that it delays or loses the first time."""

    slow: float = 0.0
    lost: set[str] = set()  # noqa: RUF012 - set by the tests

    def do_GET(self) -> None:
        time.sleep(self.slow)
        if Path(self.path).name in self.lost:
            self.lost.discard(Path(self.path).name)
            self.send_error(503)
            return
        super().do_GET()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[dict[str, str]]:
    root = tmp_path / "maven"
    for name in NAMES:
        folder = root / "org" / "shop" / name / "1.0"
        folder.mkdir(parents=True)
        content = f"jar {name}".encode() * 1_000
        (folder / f"{name}-1.0.jar").write_bytes(content)
        (folder / f"{name}-1.0.jar.sha1").write_text(hashlib.sha1(content).hexdigest())
    handler = partial(_Repository, directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield {"shop": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    _Repository.slow, _Repository.lost = 0.0, set()


@pytest.fixture
def lock() -> list[Jar]:
    return [Jar(f"org.shop:{name}:1.0", hashlib.sha256(f"jar {name}".encode() * 1_000).hexdigest()) for name in NAMES]


def assert_whole(folder: Path, lock: list[Jar]) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(jar.file for jar in lock)
    assert all(jars.is_right(folder / jar.file, jar) for jar in lock)


def test_the_committed_lock_names_the_server_and_no_address() -> None:
    locked = read_lock()
    assert {*jars.WANTED} <= {jar.coordinates for jar in locked}
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in locked)
    assert len({jar.file for jar in locked}) == len(locked)
    assert "://" not in LOCK.read_text()


def test_fetching_twice_fetches_once(tmp_path: Path, repository: dict[str, str], lock: list[Jar]) -> None:
    told: list[tuple[int, int | None]] = []
    folder = fetch(
        tmp_path, jars=lock, repositories=repository, progress=lambda _, done, total=None: told.append((done, total))
    )
    assert_whole(folder, lock)
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert fetch(tmp_path, jars=lock, repositories={"nowhere": "http://127.0.0.1:9"}) == folder


def test_torn_and_missing_jars_are_fetched_again(tmp_path: Path, repository: dict[str, str], lock: list[Jar]) -> None:
    folder = fetch(tmp_path, jars=lock, repositories=repository)
    (folder / lock[0].file).write_bytes(b"torn")
    (folder / lock[1].file).unlink()
    assert_whole(fetch(tmp_path, jars=lock, repositories=repository), lock)


def test_a_jar_that_is_not_what_the_lock_says_is_refused_by_name(
    tmp_path: Path, repository: dict[str, str], lock: list[Jar]
) -> None:
    wrong = [lock[0], Jar(lock[1].coordinates, "0" * 64), lock[2]]
    with pytest.raises(Tampered, match=r"org\.shop:b:1\.0 has sha256"):
        fetch(tmp_path, jars=wrong, repositories=repository)
    assert not list(tmp_path.rglob(lock[1].file))
    assert not list(tmp_path.rglob(".fetching-*"))


def test_a_lost_look_up_is_tried_again(tmp_path: Path, repository: dict[str, str], lock: list[Jar]) -> None:
    _Repository.lost = {"a-1.0.jar", "c-1.0.jar"}
    assert_whole(fetch(tmp_path, jars=lock, repositories=repository), lock)
    assert not _Repository.lost


def test_an_absent_repository_is_told_with_the_jars_name(
    tmp_path: Path, lock: list[Jar], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setattr(jars, "ATTEMPTS", 1)
    with pytest.raises(Unavailable, match=r"org\.shop:.:1\.0 could not be fetched"):
        fetch(tmp_path, jars=lock, repositories={"gone": address})


def test_killed_in_mid_fetch_and_started_twice_at_once(
    tmp_path: Path, repository: dict[str, str], lock: list[Jar]
) -> None:
    _Repository.slow = 0.3
    work = partial(fetch, tmp_path, jars=lock, repositories=repository)
    killed = multiprocessing.get_context("spawn").Process(target=work)
    killed.start()
    while not list(tmp_path.rglob(".fetching-*")) and killed.is_alive():
        time.sleep(0.01)
    assert killed.pid is not None
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()
    _Repository.slow = 0.05
    both = [Thread(target=work) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    folder = work()
    assert all(jars.is_right(folder / jar.file, jar) for jar in lock)


def test_a_missing_extra_is_named(tmp_path: Path, lock: list[Jar], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jgo.maven", None)
    with pytest.raises(Unavailable, match=r"shelfgraph\[neo4j\]"):
        fetch(tmp_path, jars=lock)
