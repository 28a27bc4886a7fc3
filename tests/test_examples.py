"""The examples are run: the product page in a real Chromium and the Python one, each against the running service."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import service_shop as shop
from conftest import free_port
from service_client import open_service

from journal.store import Journal
from schema.changes import StockChange

EXAMPLES = Path(__file__).parent.parent / "examples"
PAGE = EXAMPLES / "product-page"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.graph, pytest.mark.slow]


@pytest.fixture
def journal(tmp_path):
    """A journal in which pesto has run out at S1."""
    journal = Journal(str(tmp_path / "journal.db"))
    journal.record([StockChange("S1", "pesto", 0.0, shop.NOON)], recorded_at=shop.NOON)
    return journal


@pytest.fixture(scope="module")
def npm() -> str:
    """npm, beside Node 20 or newer, Chromium and the page's packages; skipped by name without them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("no Node: install nodejs and npm")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < 20:
        pytest.skip(f"Node is {version.strip()}: the page wants 20 or newer")
    if not CHROMIUM:
        pytest.skip("no Chromium: install chromium")
    if not (PAGE / "node_modules").is_dir():
        pytest.skip("the page's packages are not installed: run `make clients`")
    return npm


def run(command: list[str], **environment: str) -> str:
    """What a program printed; it must end well."""
    wanted = {**os.environ, "CHROMIUM": CHROMIUM or "", **environment}
    ended = subprocess.run(command, cwd=PAGE, env=wanted, capture_output=True, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@contextmanager
def shown(npm: str, service: str) -> Iterator[str]:
    """The address of the built page, its questions handed on to a service."""
    port = free_port()
    vite = [str(PAGE / "node_modules" / ".bin" / "vite"), "preview", "--host", "127.0.0.1", "--strictPort"]
    process = subprocess.Popen([*vite, "--port", str(port)], cwd=PAGE, env={**os.environ, "SHELFGRAPH_URL": service})
    address = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert process.poll() is None, "vite ended"
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def test_the_python_example_prints_offers_with_their_reasons(loaded, journal):
    source = (EXAMPLES / "basket.py").read_text()
    assert len(source.splitlines()) < 40
    with open_service(loaded, journal) as service:
        told = run([sys.executable, str(EXAMPLES / "basket.py"), "spaghetti", "cola"], SHELFGRAPH_URL=service)
    assert "Tomato sauce: Goes with Spaghetti" in told
    assert "not Pale ale: UNDER_AGE" in told


def test_the_python_example_tells_a_refusal_in_the_services_words(loaded, journal):
    with open_service(loaded, journal) as service:
        command = [sys.executable, str(EXAMPLES / "basket.py"), *["cola"] * 300]
        wanted = {**os.environ, "SHELFGRAPH_URL": service}
        ended = subprocess.run(command, env=wanted, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "BAD_USER_INPUT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.timeout(600)
def test_a_person_at_the_product_page_sees_what_the_service_knows(npm, loaded, journal):
    run([npm, "run", "build"])
    with open_service(loaded, journal) as service, shown(npm, service) as page:
        told = run(["node", "--test", "browser/page.test.mjs"], PAGE=page)
        assert "# fail 0" in told, told
        assert "# skipped 0" in told, told
        loaded.stop()
        try:
            run(["node", "--test", "browser/graph-away.test.mjs"], PAGE=page)
        finally:
            loaded.start()
